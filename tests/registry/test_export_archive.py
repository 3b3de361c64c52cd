"""The zip file that is made while it is sent: what other programs read out of it."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date

import pytest

from accrual.registry.export import archive
from accrual.registry.export.archive import zip_parts

DAY = date(2026, 8, 14)


def test_every_file_comes_out_as_it_went_in() -> None:
    files = [(f"NCT{n:08d}.json", f'{{"n": "{"ü" * n}"}}'.encode()) for n in range(200)]
    made = zipfile.ZipFile(io.BytesIO(b"".join(zip_parts(files, DAY))))
    assert made.testzip() is None
    assert [(name, made.read(name)) for name in made.namelist()] == files
    assert made.infolist()[0].date_time == (2026, 8, 14, 0, 0, 0)


def test_no_files_are_an_archive_too() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zip_parts([], DAY)))).namelist() == []


def test_more_files_than_the_old_format_counts() -> None:
    files = ((f"{n}.json", b"{}") for n in range(66_000))
    made = zipfile.ZipFile(io.BytesIO(b"".join(zip_parts(files, DAY))))
    assert len(made.namelist()) == 66_000
    assert made.read("65999.json") == b"{}"


def test_files_far_behind_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_FULL_32", 300)
    made = b"".join(zip_parts([(f"{n}.json", b"x" * 100) for n in range(20)], DAY))
    # Every offset past 300 is written the long way; a reader looks for it only where the short one is full.
    assert made.count(b"\x01\x00\x08\x00") >= 10


def test_memory_does_not_grow_with_the_archive() -> None:
    tracemalloc.start()
    try:
        sent = sum(len(part) for part in zip_parts(((f"{n}.json", bytes(5000)) for n in range(40_000)), DAY))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent > 2_000_000
    assert peak < 8_000_000


def test_a_file_too_large_for_the_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 10)
    with pytest.raises(ValueError, match="a file of the archive may have 10"):
        list(zip_parts([("a", b"x" * 11)], DAY))
