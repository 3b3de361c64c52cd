"""A snapshot holds what was current on its day, never changes, and travels as one file."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest
import zstandard
from made_up import body, records

from accrual.errors import StoreError
from accrual.store import snapshot as snapshot_module
from accrual.store.load import load, load_records
from accrual.store.lock import FileLock
from accrual.store.manifest import MadeBy, Manifest, read_manifest
from accrual.store.records import RecordStore
from accrual.store.snapshot import (
    create_snapshot,
    find_snapshot,
    list_snapshots,
    snapshot_folder,
    snapshot_in_use,
    use_snapshot,
)
from accrual.store.snapshot_file import export_snapshot, import_snapshot
from accrual.store.writer import Incoming, RecordWriter

TODAY = date(2026, 11, 23)
US = MadeBy("1.0", "abc")
A, B, C = (f"NCT9000000{number}" for number in (1, 2, 3))


def incoming(number: int, day: str, note: str = "", posted: str = "") -> Incoming:
    study = json.loads(body(number, day, day, note))
    if posted:
        study["protocolSection"]["statusModule"]["studyFirstPostDateStruct"] = {"date": posted}
    return Incoming.of(f"NCT{number:08d}", msgspec.json.encode(study), day, day)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    """Three studies: one of three versions, one removed in May, one that came in April."""
    store = RecordStore(tmp_path / "home")
    with RecordWriter(store) as writer:
        writer.write([incoming(90_000_001, f"2026-0{month}-10", f"v{month}") for month in (1, 3, 6)])
        writer.write(
            [incoming(90_000_002, "2026-02-02"), incoming(90_000_003, "2026-04-04", posted="2026-04-04")]
        )
        writer.remove([B], "2026-05-05")
    return store


def contents(home: Path, name: str) -> dict[str, bytes]:
    with RecordStore(snapshot_folder(home, name), create=False) as held:
        return {change.nct_id: change.body for change in held.changed_since(0)}


def test_a_snapshot_holds_what_is_current_and_no_more(store: RecordStore) -> None:
    made = create_snapshot(store, "now", TODAY, US)
    assert made == Manifest(
        name="now",
        day="2026-11-23",
        past=False,
        studies=2,
        data_date="2026-06-10",
        sha256=made.sha256,
        made_by=US,
    )
    assert contents(store.home, "now") == {A: store.get(A), C: store.get(C)}
    with RecordStore(snapshot_folder(store.home, "now"), create=False) as held:
        assert (held.count(), held.version_count(), held.manifest) == (2, 2, made)
        held.verify()


@pytest.mark.parametrize(
    ("day", "held", "left_out"),
    [
        ("2026-01-10", {A: "v1"}, (1, 1)),
        ("2026-02-02", {A: "v1", B: ""}, (1, 0)),
        ("2026-03-31", {A: "v3", B: ""}, (1, 0)),
        ("2026-05-04", {A: "v3", B: "", C: ""}, (0, 0)),
        ("2026-05-05", {A: "v3", C: ""}, (0, 0)),
        ("2026-11-23", {A: "v6", C: ""}, (0, 0)),
    ],
)
def test_a_snapshot_of_a_day_holds_what_was_current_then_and_says_what_is_missing(
    store: RecordStore, day: str, held: dict[str, str], left_out: tuple[int, int]
) -> None:
    made = create_snapshot(store, "then", TODAY, US, as_of=date.fromisoformat(day))
    found = contents(store.home, "then")
    assert found.keys() == held.keys()
    assert all(note.encode() in found[nct] for nct, note in held.items())
    assert [version.nct_id for version in store.as_of(date.fromisoformat(day))] == sorted(held)
    assert (made.not_yet, made.unknown, made.day, made.past) == (*left_out, day, True)


def test_a_study_that_was_gone_for_a_while_is_missing_only_on_those_days(store: RecordStore) -> None:
    with RecordWriter(store) as writer:
        writer.write([incoming(90_000_002, "2026-07-07", "is back")])
    there = {day: any(one.nct_id == B for one in store.as_of(date.fromisoformat(day))) for day in (
        "2026-05-04", "2026-05-05", "2026-07-06", "2026-07-07")}  # fmt: skip
    assert [*there.values()] == [True, False, False, True]


def test_a_snapshot_stays_as_it_is_whatever_is_loaded(store: RecordStore) -> None:
    made = create_snapshot(store, "kept", TODAY, US)
    before = contents(store.home, "kept")
    with RecordWriter(store) as writer:
        writer.write([incoming(90_000_001, "2026-12-12", "later"), incoming(90_000_009, "2026-12-12")])
        writer.remove([C], "2026-12-12")
    assert contents(store.home, "kept") == before
    assert find_snapshot(store.home, "kept") == made


def test_nothing_can_be_written_into_a_snapshot(store: RecordStore) -> None:
    create_snapshot(store, "kept", TODAY, US)
    with RecordStore(snapshot_folder(store.home, "kept")) as held:
        assert held.writable, "what is derived may be built"
        with pytest.raises(StoreError, match="the snapshot kept, which never changes"):
            load_records(held, records(1))
        with pytest.raises(StoreError, match="cannot be written"), RecordWriterUnasked(held) as writer:
            writer.remove([A], "2026-12-12")
        with pytest.raises(StoreError, match="a snapshot itself"):
            create_snapshot(held, "again", TODAY, US)
        assert held.count() == 2


class RecordWriterUnasked(RecordWriter):
    """A writer that forgets to ask whether it may."""

    def __enter__(self) -> RecordWriter:
        return self


def test_the_same_records_make_the_same_snapshot(store: RecordStore, tmp_path: Path) -> None:
    with RecordStore(tmp_path / "other") as other:
        with RecordWriter(other) as writer:  # in another order, in other batches
            writer.write([incoming(90_000_003, "2026-04-04", posted="2026-04-04")])
            writer.write([incoming(90_000_001, "2026-06-10", "v6")])
        assert create_snapshot(other, "x", TODAY, US).sha256 == create_snapshot(store, "y", TODAY, US).sha256


def test_a_name_is_taken_once_and_must_be_a_plain_one(store: RecordStore) -> None:
    create_snapshot(store, "one", TODAY, US)
    with pytest.raises(StoreError, match="there already"):
        create_snapshot(store, "one", TODAY, US)
    for name in ("", ".", "..", ".hidden", "a/b", "-x", "a" * 65, "ä", "a\n"):
        with pytest.raises(StoreError, match="no name for a snapshot"):
            create_snapshot(store, name, TODAY, US)
    assert [one.name for one in list_snapshots(store.home)] == ["one"]


def test_a_day_to_come_and_a_day_before_everything_are_refused(store: RecordStore) -> None:
    with pytest.raises(StoreError, match="not come yet"):
        create_snapshot(store, "x", TODAY, US, as_of=date(2026, 11, 24))
    with pytest.raises(StoreError, match="nothing to keep"):
        create_snapshot(store, "x", TODAY, US, as_of=date(2025, 1, 1))
    assert list_snapshots(store.home) == []
    assert left_behind(store.home) == []


def left_behind(home: Path) -> list[str]:
    folder = home / "snapshots"
    return (
        sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".part"))
        if folder.exists()
        else []
    )


def test_what_fails_half_way_leaves_nothing(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for broken in ("write_manifest", "fill", "_sync_folder"):
        with monkeypatch.context() as patched:
            patched.setattr(snapshot_module, broken, full)
            with pytest.raises(StoreError, match=r"No space left.*make room"):
                create_snapshot(store, broken.strip("_"), TODAY, US)
        assert left_behind(store.home) == []


def test_what_a_killed_process_leaves_is_no_snapshot_and_is_cleared_away(store: RecordStore) -> None:
    program = (
        "import os, sys\nfrom datetime import date\nfrom pathlib import Path\n"
        "from accrual.store import snapshot\nfrom accrual.store.manifest import MadeBy\n"
        "from accrual.store.records import RecordStore\n"
        "snapshot.write_manifest = lambda *_: os.kill(os.getpid(), 9)\n"
        "snapshot.create_snapshot(RecordStore(Path(sys.argv[1])), 'x', date(2026, 11, 23), MadeBy('1', 'a'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(store.home)], check=False)
    assert done.returncode == -9
    assert left_behind(store.home) == [".x.part"]
    assert list_snapshots(store.home) == []
    assert create_snapshot(store, "x", TODAY, US).studies == 2
    assert left_behind(store.home) == []


def test_one_process_at_a_time_makes_snapshots(store: RecordStore) -> None:
    create_snapshot(store, "first", TODAY, US)
    with FileLock(store.home / "snapshots" / ".lock", "making a snapshot"):
        with pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
            create_snapshot(store, "second", TODAY, US)
        assert contents(store.home, "first")


def test_records_loaded_meanwhile_are_left_out(store: RecordStore) -> None:
    with RecordStore(store.home) as other:

        def interfere(done: int, total: int) -> None:
            if done == 1000:
                with RecordWriter(other) as writer:
                    writer.remove([f"NCT9{number:07d}" for number in range(1, 3000)], "2026-11-22")

        load_records(store, records(2500))
        made = create_snapshot(store, "calm", TODAY, US, on_progress=interfere)
    assert made.studies == 2500
    assert store.count() == 0


def test_one_is_in_use_or_none(store: RecordStore) -> None:
    assert snapshot_in_use(store.home) is None
    use_snapshot(store.home, None)
    with pytest.raises(StoreError, match="no snapshot nine"):
        use_snapshot(store.home, "nine")
    create_snapshot(store, "one", TODAY, US)
    use_snapshot(store.home, "one")
    assert snapshot_in_use(store.home) == "one"
    assert [one.name for one in list_snapshots(store.home)] == ["one"]
    use_snapshot(store.home, None)
    assert snapshot_in_use(store.home) is None


# -- as a file


@pytest.fixture
def file(store: RecordStore, tmp_path: Path) -> Path:
    create_snapshot(store, "sent", TODAY, US)
    path = tmp_path / "sent.jsonl.zst"
    export_snapshot(store.home, "sent", path)
    return path


def test_an_exported_snapshot_is_the_same_bytes_each_time(
    store: RecordStore, file: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.jsonl.zst"
    export_snapshot(store.home, "sent", again)
    assert again.read_bytes() == file.read_bytes()
    with pytest.raises(StoreError, match="there already"):
        export_snapshot(store.home, "sent", again)
    with pytest.raises(StoreError, match=r"ends in \.jsonl\.zst"):
        export_snapshot(store.home, "sent", tmp_path / "sent.zip")


def test_an_imported_snapshot_is_the_one_that_was_exported(
    store: RecordStore, file: Path, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    made = import_snapshot(home, file)
    assert made == find_snapshot(store.home, "sent") == find_snapshot(home, "sent")
    assert contents(home, "sent") == contents(store.home, "sent")
    export_snapshot(home, "sent", tmp_path / "back.jsonl.zst")
    assert (tmp_path / "back.jsonl.zst").read_bytes() == file.read_bytes()
    with pytest.raises(StoreError, match="there already"):
        import_snapshot(home, file)
    assert import_snapshot(home, file, "other").name == "other"
    assert [one.name for one in list_snapshots(home)] == ["other", "sent"]


def test_the_digest_in_the_manifest_is_that_of_the_lines(store: RecordStore, file: Path) -> None:
    with file.open("rb") as raw:
        raw.seek(0)
        unpacked = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True).read()
    assert hashlib.sha256(unpacked).hexdigest() == find_snapshot(store.home, "sent").sha256


def test_an_exported_snapshot_can_be_loaded_as_any_file(
    store: RecordStore, file: Path, tmp_path: Path
) -> None:
    with RecordStore(tmp_path / "loaded") as loaded:
        report = load(loaded, [file])
        assert (report.added, report.refused) == (2, 0)
        assert loaded.get(A) == store.get(A)
        assert loaded.versions(A)[0].identity == store.versions(A)[0].identity


def test_a_file_that_was_changed_or_breaks_off_is_refused_and_makes_nothing(
    file: Path, tmp_path: Path
) -> None:
    whole = file.read_bytes()
    head = 8 + int.from_bytes(whole[4:8], "little")
    text = zstandard.ZstdDecompressor().stream_reader(whole, read_across_frames=True).read()
    first, second = text.splitlines(keepends=True)
    spoilt = {
        "empty": b"",
        "no manifest": whole[head:],
        "cut": whole[:-5],
        "cut at the head": whole[: head - 3],
        "no records": whole[:head],
        "a byte": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        "a word": whole[:head] + zstandard.compress(text.replace(b"Made-up", b"Made-Up", 1)),
        "one less": whole[:head] + zstandard.compress(first),
        "one twice": whole[:head] + zstandard.compress(first + first + second),
        "another order": whole[:head] + zstandard.compress(second + first),
        "not JSON": whole[:head] + zstandard.compress(b"{]\n"),
        "no study": whole[:head] + zstandard.compress(b'{"nct_id":"NCT90000001","last_update_posted":"",'
                                                      b'"version_holder":"","study":{}}\n'),
        "another number": whole[:head] + zstandard.compress(first.replace(b'"nct_id":"NCT90000001"', b'"nct_id":"x"')),
        "a huge manifest": whole[:4] + b"\xff\xff\xff\x7f" + whole[8:],
        "another program's": b"PK\x03\x04 a zip",
    }  # fmt: skip
    for what, data in spoilt.items():
        path = tmp_path / "spoilt.jsonl.zst"
        path.write_bytes(data)
        with pytest.raises(StoreError, match=r"spoilt\.jsonl\.zst"):
            import_snapshot(tmp_path / "elsewhere", path)
        assert list_snapshots(tmp_path / "elsewhere") == [], what
        assert left_behind(tmp_path / "elsewhere") == [], what
    with pytest.raises(StoreError, match="No such file"):
        import_snapshot(tmp_path / "elsewhere", tmp_path / "nowhere")


def test_a_snapshot_of_a_newer_accrual_is_refused(store: RecordStore) -> None:
    create_snapshot(store, "one", TODAY, US)
    path = snapshot_folder(store.home, "one") / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(StoreError, match="newer accrual"):
        find_snapshot(store.home, "one")


def test_another_programs_manifest_makes_no_snapshot_of_a_folder(tmp_path: Path) -> None:
    for text in ("", "[]", '{"kind": "web app", "format": 1}', '{"name": "x"}', "\udcff"):
        (tmp_path / "manifest.json").write_text(text, errors="surrogateescape")
        assert read_manifest(tmp_path) is None
        with RecordStore(tmp_path) as store:
            load_records(store, records(1))
            assert store.count() == 1


def test_a_snapshot_that_rotted_is_not_exported(store: RecordStore, tmp_path: Path) -> None:
    create_snapshot(store, "one", TODAY, US)
    manifest = snapshot_folder(store.home, "one") / "manifest.json"
    digest = find_snapshot(store.home, "one").sha256
    manifest.write_text(manifest.read_text().replace(digest, "0" * 64))
    with pytest.raises(StoreError, match="damaged"):
        export_snapshot(store.home, "one", tmp_path / "x.jsonl.zst")
    assert [*tmp_path.glob("x*")] == []
