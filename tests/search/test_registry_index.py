"""The registry index on disk: idempotent, never half, readable while it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from accrual.errors import StoreError
from accrual.search.registry_index import RegistryIndex
from accrual.search.registry_schema import COUNTED, MEASURED, STUDY_SCHEMA
from accrual.search.studies import StudyQuery, find_studies

from .conftest import Change, site, study


def test_applying_a_change_again_changes_nothing(tmp_path: Path) -> None:
    changes = [
        study(n, "A", sites=[site("Oslo", 60, 10), site("Oslo", 60, 10), site("Rome", 42, 12)])
        for n in (1, 2)
    ]
    index = RegistryIndex(tmp_path, writable=True)
    for _ in range(3):
        index.apply(changes)
        index.apply(changes[:1])
        index.commit()
    snapshot = index.snapshot()
    assert (snapshot.studies.num_docs, snapshot.sites.num_docs) == (2, 4)
    index.close()


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    index = RegistryIndex(tmp_path, writable=True)
    index.apply([study(1, "A")])
    index.commit()
    index.apply([study(2, "B"), study(1, "C")])
    index.close()
    assert find_studies(RegistryIndex(tmp_path), StudyQuery()).nct_ids == ("NCT00000001",)


def test_a_body_that_is_no_study_is_counted_and_takes_its_study_away(tmp_path: Path) -> None:
    index = RegistryIndex(tmp_path, writable=True)
    index.apply([study(1, "A"), study(2, "B")])
    index.apply([Change(1, b"[1, 2"), Change(3, b'{"protocolSection": {}}'), Change(4, b"[" * 5000)])
    index.commit()
    index.close()
    assert index.skipped == 3
    assert find_studies(RegistryIndex(tmp_path), StudyQuery()).nct_ids == ("NCT00000002",)


def test_a_reader_sees_what_another_process_commits(tmp_path: Path) -> None:
    index = RegistryIndex(tmp_path, writable=True)
    index.commit()
    reader = RegistryIndex(tmp_path)
    assert reader.count() == 0
    index.apply([study(1, "A")])
    assert reader.count() == 0
    index.commit()
    assert reader.count() == 1
    assert reader.snapshot() is reader.snapshot()
    index.close()


def test_a_second_writer_and_a_folder_without_an_index_are_refused(tmp_path: Path) -> None:
    index = RegistryIndex(tmp_path / "a", writable=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        RegistryIndex(tmp_path / "a", writable=True)
    index.close()
    with pytest.raises(StoreError, match="cannot be opened"):
        RegistryIndex(tmp_path / "b")
    with pytest.raises(StoreError, match="reading only"):
        RegistryIndex(tmp_path / "a").apply([study(1, "A")])


def test_a_torn_row_of_points_is_left_out(tmp_path: Path) -> None:
    index = RegistryIndex(tmp_path, writable=True)
    index.apply([study(1, "A", sites=[site("Oslo", 60, 10)])])
    index.commit()
    index.close()
    with (tmp_path / "study_points.bin").open("ab") as file:
        file.write(b"torn")
    again = RegistryIndex(tmp_path, writable=True)
    again.apply([study(2, "A", sites=[site("Oslo", 60, 10)])])
    again.commit()
    again.close()
    assert (tmp_path / "study_points.bin").stat().st_size == 48


def test_every_measured_and_counted_field_has_a_column() -> None:
    assert STUDY_SCHEMA is not None
    assert len({field.piece for field in MEASURED}) == len(MEASURED) > 40
    assert len({field.piece for field in COUNTED}) == len(COUNTED) > 200
