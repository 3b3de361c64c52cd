"""A load streams, reports everything once, and keeps what it committed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up import body, record, records

from accrual.errors import SourceError, StoreError
from accrual.registry.files import Refusal, SourceRecord
from accrual.store import load as loading
from accrual.store.load import LoadReport, Progress, load, load_records
from accrual.store.records import RecordStore, writer_lock


def report_lines(report: LoadReport) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(report.report).read_text().splitlines()]


def test_every_record_is_counted_once(tmp_path: Path) -> None:
    source = [record(1), record(1), record(1, "2026-02-02"), record(1, "2025-02-02"), record(2)]
    with RecordStore(tmp_path) as store:
        report = load_records(store, source)
    assert (report.seen, report.added, report.changed, report.kept_older, report.unchanged) == (5, 2, 1, 1, 1)
    assert report.bytes == sum(one.source_bytes for one in source)
    assert not report.nothing_loaded


def test_refusals_and_warnings_stand_in_the_report_file_and_the_rest_loads(tmp_path: Path) -> None:
    doubtful = SourceRecord(
        trial=record(2).trial,
        body=record(2).body,
        where="b.json",
        warnings=("start date 2021-13-45 is no date",),
    )
    source = [Refusal(where="a.jsonl.gz:7", reason="not JSON at byte 12"), record(1), doubtful]
    with RecordStore(tmp_path) as store:
        report = load_records(store, source)
        assert store.count() == 2
    assert (report.refused, report.warnings, report.seen) == (1, 1, 2)
    assert [(one.where, one.reason) for one in report.refusals] == [("a.jsonl.gz:7", "not JSON at byte 12")]
    first, second, summary = report_lines(report)
    assert first == {"where": "a.jsonl.gz:7", "reason": "not JSON at byte 12"}
    assert second == {"where": "b.json", "warning": "start date 2021-13-45 is no date"}
    assert summary["seen"] == 2
    assert summary["refused"] == 1


def test_the_report_is_written_afresh_for_each_load(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [Refusal(where="x", reason="y")])
        assert len(report_lines(load_records(store, [record(1)]))) == 1


def test_refusals_are_few_in_memory_and_all_in_the_file(tmp_path: Path) -> None:
    source = (Refusal(where=str(number), reason="bad") for number in range(5000))
    with RecordStore(tmp_path) as store:
        report = load_records(store, source)
    assert report.refused == 5000
    assert len(report.refusals) == loading.REPORTED_REFUSALS
    assert len(report_lines(report)) == 5001
    assert report.nothing_loaded


def test_a_load_of_what_is_here_already_did_load_something(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(3))
        report = load_records(store, records(3))
    assert report.unchanged == 3
    assert not report.nothing_loaded


def test_large_records_make_small_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH_BYTES", 3000)
    with RecordStore(tmp_path) as store:
        load_records(store, records(20))
        assert store.generation >= 5
        assert store.count() == 20


def test_a_source_is_read_no_further_ahead_than_two_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_RECORDS", 10)
    furthest = 0
    with RecordStore(tmp_path) as store:

        def source() -> Iterator[SourceRecord]:
            nonlocal furthest
            for number, one in enumerate(records(200), start=1):
                furthest = max(furthest, number - store.count())
                yield one

        load_records(store, source())
        assert store.count() == 200
    assert furthest <= 20


def test_progress_grows_to_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PROGRESS_SECONDS", 0.0)
    told: list[Progress] = []
    source = [*records(45, first=1), Refusal(where="z", reason="bad", consumed_bytes=46)]
    with RecordStore(tmp_path) as store:
        load_records(store, source, told.append, bytes_total=46)
    assert [one.records for one in told] == [*range(1, 46), 45, 45]
    assert told[-1] == Progress(45, 46, 46, 1, "done")
    assert [one.bytes_done for one in told] == sorted(one.bytes_done for one in told)


def test_a_source_that_breaks_off_leaves_what_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "BATCH_RECORDS", 10)

    def source() -> Iterator[SourceRecord]:
        yield from records(35)
        raise SourceError("a.zip: the disk went away")

    with RecordStore(tmp_path) as store:
        with pytest.raises(SourceError, match="went away"):
            load_records(store, source())
        assert store.count() in (20, 30)
        store.verify()
        assert load_records(store, records(35)).added == 35 - store.count() or store.count() == 35


def test_a_second_loader_is_told_who_loads(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store, RecordStore(tmp_path) as other:

        def source() -> Iterator[SourceRecord]:
            with pytest.raises(StoreError, match=r"process \d+ on .*, loading"):
                load_records(other, records(1))
            yield from records(2)

        assert load_records(store, source()).added == 2
        assert other.count() == 2
        assert load_records(other, records(3)).added == 1
    with writer_lock(tmp_path):
        pass


def test_a_report_that_cannot_be_written_stops_the_load_before_it_begins(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        with pytest.raises(StoreError, match="report cannot be written"):
            load_records(store, records(3), report_path=tmp_path / "no" / "such" / "folder.jsonl")
        assert store.count() == 0


def test_files_load_by_path_with_one_bad_line_refused(tmp_path: Path) -> None:
    source = tmp_path / "studies.jsonl"
    source.write_bytes(b"\n".join([body(1), b"{not json", body(2)]) + b"\n")
    told: list[Progress] = []
    with RecordStore(tmp_path / "home") as store:
        report = load(store, [source], told.append)
    assert (report.added, report.refused) == (2, 1)
    assert "studies.jsonl" in report.refusals[0].where
    assert told[-1].bytes_total == source.stat().st_size


def test_no_path_at_all_that_exists_is_an_error(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "home") as store, pytest.raises(SourceError, match="nowhere"):
        load(store, [tmp_path / "nowhere"])
