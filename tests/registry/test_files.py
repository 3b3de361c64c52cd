"""Records out of files and folders: every form, every kind of damage, bounded memory."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from accrual.errors import SourceError
from accrual.registry.files import Refusal, SourceRecord, measure, read_records


def body(number: int, **protocol: object) -> bytes:
    identification = {"identificationModule": {"nctId": f"NCT{number:08d}"}}
    return json.dumps({"protocolSection": {**identification, **protocol}}, separators=(",", ":")).encode()


def xml(number: int) -> bytes:
    return f"<clinical_study><id_info><nct_id>NCT{number:08d}</nct_id></id_info></clinical_study>".encode()


def jsonl(*numbers: int) -> bytes:
    return b"".join(body(number) + b"\n" for number in numbers)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(*paths: Path, **options: int) -> tuple[list[str], list[Refusal]]:
    """Return the NCT numbers read, and the refusals."""
    found = list(read_records(paths, **options))
    return (
        [one.trial.nct_id for one in found if isinstance(one, SourceRecord)],
        [one for one in found if isinstance(one, Refusal)],
    )


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "pack", [None, gzip.compress, lzma.compress, zstandard.compress], ids=["plain", "gz", "xz", "zst"]
)
@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", body(1), ["NCT00000001"]),
        ("a.JSON", json.dumps(json.loads(body(1)), indent=2).encode(), ["NCT00000001"]),
        (
            "a.json",
            b'{"studies":[%b,%b],"nextPageToken":"x"}' % (body(1), body(2)),
            ["NCT00000001", "NCT00000002"],
        ),
        ("a.json", b'{"totalCount":1, "studies":[%b]}' % body(1), ["NCT00000001"]),
        ("a.json", b" [%b,\n%b]" % (body(1), body(2)), ["NCT00000001", "NCT00000002"]),
        ("a.jsonl", jsonl(1, 2), ["NCT00000001", "NCT00000002"]),
        ("a.ndjson", b"\xef\xbb\xbf" + body(1) + b"\r\n\r\n" + body(2), ["NCT00000001", "NCT00000002"]),
        ("a.xml", xml(1), ["NCT00000001"]),
    ],
)
def test_every_form_is_read_plain_and_packed(
    tmp_path: Path, name: str, data: bytes, expected: list[str], pack: Callable[[bytes], bytes] | None
) -> None:
    suffix = {None: "", gzip.compress: ".gz", lzma.compress: ".xz", zstandard.compress: ".zst"}[pack]
    path = file(tmp_path, name + suffix, pack(data) if pack else data)
    assert read(path) == (expected, [])
    inside = file(tmp_path, "b.zip", zipped({name + suffix: path.read_bytes(), "readme.txt": b"x"}))
    assert read(inside) == (expected, [])


def test_record_carries_body_place_and_sizes(tmp_path: Path) -> None:
    path = file(tmp_path, "a.jsonl", jsonl(1) + b"  " + body(2) + b"  \n")
    first, second = read_records([path])
    assert isinstance(first, SourceRecord)
    assert isinstance(second, SourceRecord)
    assert (first.where, second.where) == (f"{path}:1", f"{path}:2")
    assert second.body == body(2)
    assert second.source_bytes == len(body(2))
    assert second.consumed_bytes == path.stat().st_size == measure([path])


def test_dated_versions_bring_their_own_dates(tmp_path: Path) -> None:
    line = {
        "nct_id": "NCT00000001",
        "last_update_posted": "2024-05-06",
        "version_holder": "2024-06-01",
        "study": json.loads(body(1)),
    }
    bad_date = {**line, "version_holder": "2024-06-31"}
    other_study = {**line, "nct_id": "NCT00000002"}
    data = b"\n".join(json.dumps(one).encode() for one in (line, bad_date, other_study))
    good, warned, refused = read_records([file(tmp_path, "v.jsonl", data)])
    assert isinstance(good, SourceRecord)
    assert (good.last_update, good.version_holder, good.body) == ("2024-05-06", "2024-06-01", body(1))
    assert isinstance(warned, SourceRecord)
    assert warned.version_holder == ""
    assert "2024-06-31" in warned.warnings[0]
    assert isinstance(refused, Refusal)
    assert "NCT00000002" in refused.reason


def test_shared_history_loads_as_versions(shared_data: Path) -> None:
    found = list(read_records([shared_data / "registry/history"]))
    assert all(isinstance(one, SourceRecord) and one.version_holder and one.last_update for one in found)
    assert len(found) == 104


def test_folder_is_read_in_sorted_order_and_other_files_are_passed_over(tmp_path: Path) -> None:
    file(tmp_path, "b/2.json", body(2))
    file(tmp_path, "a/3.xml", xml(3))
    file(tmp_path, "1.jsonl", jsonl(1))
    file(tmp_path, "notes.txt", b"x")
    file(tmp_path, ".hidden.json", b"x")
    file(tmp_path, ".git/4.json", body(4))
    assert read(tmp_path) == (["NCT00000001", "NCT00000003", "NCT00000002"], [])


def test_folder_without_studies_is_refused(tmp_path: Path) -> None:
    file(tmp_path, "notes.txt", b"x")
    _, refusals = read(tmp_path)
    assert [one.where for one in refusals] == [str(tmp_path)]
    assert "no study files in this folder" in refusals[0].reason


def test_missing_path_is_an_error_at_once_unless_another_exists(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with pytest.raises(SourceError, match="nowhere"):
        read_records([missing])
    with pytest.raises(SourceError, match="name a file or folder"):
        read_records([])
    numbers, refusals = read(missing, file(tmp_path, "a.json", body(1)))
    assert numbers == ["NCT00000001"]
    assert (refusals[0].where, refusals[0].reason) == (str(missing), "no such file or folder")


def test_unknown_kind_named_directly_is_refused(tmp_path: Path) -> None:
    _, refusals = read(file(tmp_path, "a.csv", b"x"))
    assert "unknown kind of file" in refusals[0].reason


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gz", "xz"])
def test_truncated_stream_gives_the_lines_before_the_break(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    many = jsonl(*range(1, 3001))
    packed = pack(many)
    suffix = "gz" if pack is gzip.compress else "xz"
    path = file(tmp_path, f"a.jsonl.{suffix}", packed[: len(packed) * 3 // 4])
    numbers, refusals = read(path, file(tmp_path, "b.json", body(9999)))
    assert numbers[-1] == "NCT00009999", "the rest still loads"
    assert len(numbers) > 1000
    assert len(refusals) == 1
    assert "truncated" in refusals[0].reason
    assert f"after line {len(numbers) - 1}" in refusals[0].reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl.gz", b"not gzip at all", "damaged gzip"),
        ("a.jsonl.xz", b"not xz at all", "damaged xz"),
        ("a.jsonl.zst", b"not zstd at all", "damaged zstd"),
        ("a.json.zst", zstandard.compress(body(1))[:-9], "truncated zstd"),
        ("a.json.gz", gzip.compress(body(1), mtime=0)[:-9], "truncated gzip"),
        ("a.zip", zipped({"a.json": body(1)})[:-30], "not a whole zip file"),
        ("a.zip", b"", "not a whole zip file"),
        ("a.zip", zipped({"readme.txt": b"x"}), "no study files among its 1 members"),
        ("a.json", b"", "empty"),
        ("a.jsonl", b"\n\n", "empty: no records"),
        ("a.json", b'{"studies":[]}', "a page without studies"),
        ("a.json", b'{"studies":[{]}', "invalid JSON"),
        ("a.json", b"{", "breaks off"),
        ("a.json", body(1).decode().encode("utf-16"), "UTF-16"),
        ("a.xml", b"<a", "invalid XML"),
    ],
)
def test_damaged_file_is_refused_and_the_next_is_read(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    path = file(tmp_path, name, data)
    numbers, refusals = read(path, file(tmp_path, "z.json", body(9)))
    assert numbers == ["NCT00000009"]
    assert len(refusals) == 1
    assert refusals[0].where.startswith(str(path))
    assert reason in refusals[0].reason


def test_damaged_lines_are_refused_by_number_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = [body(1), b"{", b"\xe9t\xe9", b"[]", b'{"protocolSection":{}}', body(2)]
    path = file(tmp_path, "a.jsonl", b"\n".join(lines))
    numbers, refusals = read(path)
    assert numbers == ["NCT00000001", "NCT00000002"]
    assert [one.where for one in refusals] == [f"{path}:{line}" for line in (2, 3, 4, 5)]
    for refusal, reason in zip(refusals, ("breaks off", "not UTF-8", "a list", "no NCT number"), strict=True):
        assert reason in refusal.reason


def test_lines_in_utf16_are_refused_once(tmp_path: Path) -> None:
    _, refusals = read(file(tmp_path, "a.jsonl", jsonl(1, 2, 3).decode().encode("utf-16")))
    assert len(refusals) == 1
    assert "UTF-16" in refusals[0].reason


def test_impossible_date_keeps_the_record_and_warns(tmp_path: Path) -> None:
    data = body(1, statusModule={"startDateStruct": {"date": "2021-13-45"}})
    (one,) = read_records([file(tmp_path, "a.json", data)])
    assert isinstance(one, SourceRecord)
    assert "2021-13-45" in one.warnings[0]
    assert one.body == data


def test_zip_members_are_refused_one_by_one(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE clinical_study [<!ENTITY a "aaaa">]>' + xml(1)
    data = zipped({"a.xml": bomb, "b.json": b"{", "c.zip": zipped({"x.json": body(3)}), "d.xml": xml(4)})
    path = file(tmp_path, "bulk.zip", data)
    numbers, refusals = read(path)
    assert numbers == ["NCT00000004"]
    assert [one.where for one in refusals] == [f"{path}!a.xml", f"{path}!b.json", f"{path}!c.zip"]
    assert "entity" in refusals[0].reason
    assert "zip inside a zip" in refusals[2].reason


def test_zip_member_with_a_broken_checksum_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.json": body(1), "b.json": body(2)}))
    place = data.index(b"a.json") + len(b"a.json") + 12
    data[place] ^= 0xFF
    numbers, refusals = read(file(tmp_path, "bulk.zip", bytes(data)))
    assert numbers == ["NCT00000002"]
    assert "damaged" in refusals[0].reason


def test_encrypted_zip_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.json": body(1)}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    _, refusals = read(file(tmp_path, "bulk.zip", bytes(data)))
    assert "encrypted" in refusals[0].reason


@pytest.mark.parametrize("kind", ["jsonl", "json", "xml", "jsonl.gz", "zip"])
def test_record_over_the_limit_is_refused_without_being_held(tmp_path: Path, kind: str) -> None:
    limit = 2**20
    huge = body(1, descriptionModule={"briefSummary": "x" * (50 * 2**20)})
    if kind == "jsonl":
        path = file(tmp_path, "a.jsonl", body(2) + b"\n" + huge + b"\n" + body(3) + b"\n")
    elif kind == "jsonl.gz":
        path = file(tmp_path, "a.jsonl.gz", gzip.compress(body(2) + b"\n" + huge + b"\n" + body(3), 1))
    elif kind == "zip":
        path = file(tmp_path, "a.zip", zipped({"a.json": huge, "b.jsonl": jsonl(2, 3)}))
    else:
        path = file(tmp_path, f"a.{kind}", huge)
    del huge
    tracemalloc.start()
    try:
        numbers, refusals = read(path, max_record_bytes=limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(refusals) == 1
    assert "over the limit" in refusals[0].reason
    assert numbers == (["NCT00000002", "NCT00000003"] if kind in ("jsonl", "jsonl.gz", "zip") else [])
    assert peak < 8 * limit


def test_page_may_be_larger_than_one_record(tmp_path: Path) -> None:
    data = b'{"studies":[' + b",".join(body(number) for number in range(1, 30)) + b"]}"
    numbers, refusals = read(file(tmp_path, "page.json", data), max_record_bytes=len(data) // 4)
    assert (len(numbers), refusals) == (29, [])


def test_progress_never_runs_backwards_and_ends_at_the_measure(tmp_path: Path) -> None:
    file(tmp_path, "a.jsonl.gz", gzip.compress(jsonl(*range(1, 2000))))
    file(tmp_path, "b.zip", zipped({f"{number}.xml": xml(number) for number in range(1, 50)}))
    file(tmp_path, "c.jsonl", jsonl(1, 2) + b"{\n")
    seen = [one.consumed_bytes for one in read_records([tmp_path])]
    assert seen == sorted(seen)
    assert seen[-1] == measure([tmp_path])


def test_closing_early_leaves_no_file_open(tmp_path: Path) -> None:
    path = file(tmp_path, "a.jsonl", jsonl(1, 2, 3))
    records = read_records([path])
    next(records)
    records.close()  # type: ignore[attr-defined]
    with pytest.raises(StopIteration):
        next(records)


def test_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path, "a.json", body(1))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    _, refusals = read(path)
    assert refusals[0].reason == "cannot be read: Permission denied"
