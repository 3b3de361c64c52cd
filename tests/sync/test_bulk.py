"""The bulk download: whole or not at all, gone on with where it broke off, also after a kill."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import fault_proxy as faults
import made_up
import pytest
from fault_proxy import Fault, FaultProxy
from local_upstream import STUDIES, Clock

from accrual.errors import StoreError, UpstreamError
from accrual.registry import bulk
from accrual.registry.bulk import read_archive
from accrual.registry.export.archive import zip_parts
from accrual.registry.fetch import Client, Patience
from accrual.registry.files import Refusal, SourceRecord

COUNT = 400
NUMBERS = range(90_000_001, 90_000_001 + COUNT)


def zipped(count: int = COUNT) -> bytes:
    files = ((f"NCT{number:08d}.json", made_up.body(number)) for number in NUMBERS[:count])
    return b"".join(zip_parts(files, date(2026, 3, 10)))


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "registry.part"


@pytest.fixture
def ranged(proxy: FaultProxy) -> FaultProxy:
    """A registry whose download can be gone on with."""
    proxy.archive, proxy.archive_tag = zipped(), '"one"'
    return proxy


def numbers(client: Client, part: Path) -> list[str]:
    return [one.trial.nct_id for one in read_archive(client, part) if isinstance(one, SourceRecord)]


def ranges(proxy: FaultProxy) -> list[str]:
    return [headers.get("range", "") for path, headers in proxy.requests if "download" in path]


def test_another_accrual_feeds_this_one(client: Client, part: Path) -> None:
    assert len(set(numbers(client, part))) == STUDIES
    assert not list(part.parent.iterdir())


def test_progress_is_told_in_bytes(client: Client, ranged: FaultProxy, part: Path) -> None:
    told: list[tuple[int, int]] = []
    list(read_archive(client, part, lambda done, total: told.append((done, total))))
    assert told == sorted(told)
    assert told[-1] == (len(ranged.archive), len(ranged.archive))


@pytest.mark.parametrize("fault", [faults.cut(0.4), faults.cut(0.4, abrupt=True)], ids=["end", "reset"])
def test_a_break_is_gone_on_with_where_ranges_are_offered(
    client: Client, ranged: FaultProxy, part: Path, fault: Fault
) -> None:
    ranged.next("download", fault, faults.refuse(503), fault)
    assert numbers(client, part) == [f"NCT{number:08d}" for number in NUMBERS]
    first, *rest = ranges(ranged)
    assert first == ""
    assert len(rest) == 3
    assert all(one.startswith("bytes=") for one in rest)
    assert not list(part.parent.iterdir())


def test_a_break_begins_anew_where_ranges_are_not_offered(
    client: Client, ranged: FaultProxy, part: Path
) -> None:
    ranged.archive_tag = ""
    ranged.next("download", faults.cut(0.5))
    found = numbers(client, part)
    assert len(found) > COUNT
    assert found[-COUNT:] == [f"NCT{number:08d}" for number in NUMBERS]
    assert ranges(ranged) == ["", ""]


def killed_half_way(ranged: FaultProxy, part: Path) -> int:
    """Fetch half of the download and die; return how many bytes are on disk."""

    def die(_: float) -> None:
        raise KeyboardInterrupt

    ranged.next("download", faults.cut(0.5))
    with Client(ranged.url, Patience(rate=0), sleep=die) as client, pytest.raises(KeyboardInterrupt):
        list(read_archive(client, part))
    ranged.requests.clear()
    return part.stat().st_size


def test_after_a_kill_only_what_is_missing_is_fetched(client: Client, ranged: FaultProxy, part: Path) -> None:
    held = killed_half_way(ranged, part)
    assert held == len(ranged.archive) // 2
    assert numbers(client, part) == [f"NCT{number:08d}" for number in NUMBERS]
    assert ranges(ranged) == [f"bytes={held}-"]
    assert client.received_bytes == len(ranged.archive) - held


def test_a_zip_that_changed_meanwhile_is_begun_anew(client: Client, ranged: FaultProxy, part: Path) -> None:
    killed_half_way(ranged, part)
    ranged.archive, ranged.archive_tag = zipped(300), '"two"'
    found = numbers(client, part)
    assert found[-300:] == [f"NCT{number:08d}" for number in NUMBERS[:300]]
    assert not list(part.parent.iterdir())


def test_bytes_of_another_registry_are_not_gone_on_with(
    client: Client, ranged: FaultProxy, part: Path
) -> None:
    part.write_bytes(b"something else")
    assert len(numbers(client, part)) == COUNT
    part.write_bytes(b"something else")
    part.with_name(f"{part.name}.json").write_bytes(b'{"address":"http://x/y","tag":"\\"one\\"","total":99}')
    assert len(numbers(client, part)) == COUNT
    assert ranges(ranged) == ["", ""]


@pytest.mark.parametrize(
    "fault",
    [
        faults.flip(2_000),
        faults.shorten(50_000),
        faults.shorten(len(zipped()) - 60),
        faults.shorten(10),
        faults.say(b""),
        faults.say(b"<html>maintenance</html>"),
        faults.refuse(206, "what", content_range="bytes 0-3/4"),
    ],
    ids=["wrong CRC", "cut short", "directory cut short", "nearly nothing", "empty", "no zip", "a range"],
)
def test_a_damaged_zip_is_fetched_again(
    client: Client, ranged: FaultProxy, part: Path, fault: Fault, clock: Clock
) -> None:
    ranged.archive_tag = ""
    ranged.next("download", fault)
    assert numbers(client, part)[-COUNT:] == [f"NCT{number:08d}" for number in NUMBERS]
    assert clock.sleeps == [1.0]


def test_a_zip_that_stays_damaged_is_refused_and_not_kept(
    client: Client, ranged: FaultProxy, part: Path
) -> None:
    ranged.next("download", *[faults.flip(2_000)] * 9)
    with pytest.raises(UpstreamError, match=r"damaged or cut short after .* bytes .*; begun 3 times"):
        numbers(client, part)
    assert not list(part.parent.iterdir())


def test_a_registry_that_sends_nothing_more_is_given_up_and_its_bytes_are_kept(
    client: Client, ranged: FaultProxy, part: Path
) -> None:
    ranged.next("download", faults.cut(0.5), *[faults.refuse(503)] * 9)
    with pytest.raises(UpstreamError, match="it goes on from here"):
        numbers(client, part)
    assert part.stat().st_size == len(ranged.archive) // 2


def test_files_that_are_no_studies_are_refused_alone(client: Client, proxy: FaultProxy, part: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("NCT90000001.json", made_up.body(90_000_001))
        archive.writestr("README.txt", "hello")
        archive.writestr("NCT90000002.json", "{}")
        archive.writestr("NCT90000003.json", " " * (bulk.MAX_RECORD_BYTES + 1))
    proxy.archive = made.getvalue()
    found = list(read_archive(client, part))
    assert [one.reason[:21] for one in found if isinstance(one, Refusal)] == [
        "no NCT number: protoc",
        "over the limit of 33,",
    ]
    assert len(found) == 3


def test_a_bomb_is_not_unpacked(
    client: Client, proxy: FaultProxy, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MAX_BOMB_BYTES", 40 * 2**20)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("NCT90000001.json", bytes(60 * 2**20))
    proxy.archive = made.getvalue()
    with pytest.raises(UpstreamError, match="a file of more than"):
        numbers(client, part)


def test_a_disk_without_room_is_told_before_the_first_byte(
    client: Client, ranged: FaultProxy, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 1000

    monkeypatch.setattr(bulk.shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(StoreError, match=r"the disk room for 1,000: make room"):
        numbers(client, part)


def test_a_folder_that_cannot_be_written_is_told(client: Client, ranged: FaultProxy, tmp_path: Path) -> None:
    part = tmp_path / "registry.part"
    part.mkdir()
    (part / "x").touch()
    with pytest.raises(StoreError, match=r"registry.part: cannot be kept"):
        numbers(client, part)
