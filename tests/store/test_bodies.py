"""Later versions of a study are stored against an earlier one, and come back byte for byte."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import body

from accrual.errors import StoreError
from accrual.store.compression import compress_against, decompress_against
from accrual.store.records import RecordStore
from accrual.store.writer import Incoming, RecordWriter

NCT = "NCT90000001"
LONG = 2000  # words


def version(day: str, note: str = "", words: int = LONG, holder: str = "2026-01-05") -> Incoming:
    return Incoming.of(NCT, body(90_000_001, day, holder, note, words), day, holder)


def write(store: RecordStore, *batch: Incoming) -> None:
    with RecordWriter(store) as writer:
        writer.write(batch)


def bases(store: RecordStore) -> list[int | None]:
    """Return what each version is stored against, in order of arrival."""
    rows = store.database.connection().execute("SELECT base FROM body ORDER BY version").fetchall()
    return [row[0] for row in rows]


def sizes(store: RecordStore) -> list[int]:
    rows = store.database.connection().execute("SELECT length(bytes) FROM body ORDER BY version").fetchall()
    return [row[0] for row in rows]


def days(count: int) -> list[str]:
    return [f"2026-{1 + at // 28:02d}-{1 + at % 28:02d}" for at in range(count)]


@pytest.mark.parametrize("together", [True, False])
def test_later_versions_are_stored_against_the_first_and_never_in_a_chain(
    tmp_path: Path, together: bool
) -> None:
    history = [version(day, note=f"note {day}") for day in days(20)]
    with RecordStore(tmp_path) as store:
        for batch in [history] if together else [[one] for one in history]:
            write(store, *batch)
        assert bases(store) == [None, *[1] * 19]
        assert max(sizes(store)[1:]) * 10 < sizes(store)[0]
        for one in history:
            assert store.get(NCT, date.fromisoformat(one.last_update)) == one.body
        store.verify()


def test_a_version_that_has_little_in_common_is_stored_whole_and_is_the_base_of_what_follows(
    tmp_path: Path,
) -> None:
    noise = random.Random(1)
    results = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz ", k=40_000))
    history = [
        version("2026-01-02"),
        version("2026-02-02", note="a little"),
        version("2026-03-02", note=results),
        version("2026-04-02", note=results + " more"),
    ]
    with RecordStore(tmp_path) as store:
        write(store, history[0])
        write(store, *history[1:])
        assert bases(store) == [None, 1, None, 3]
        for number, one in enumerate(history, 1):
            assert store.get_version(number) == one.body


def test_older_versions_that_arrive_late_are_stored_against_what_is_here(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        for day in reversed(days(5)):
            write(store, version(day, note=day))
        assert bases(store) == [None, 1, 1, 1, 1]
        assert store.get(NCT) == version(days(5)[-1], note=days(5)[-1]).body
        assert [one.last_update for one in store.versions(NCT)] == [*reversed(days(5))]


def test_a_newer_data_date_of_the_base_does_not_harm_what_is_stored_against_it(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, version("2026-01-02"), version("2026-02-02", note="later"))
        write(store, version("2026-01-02", holder="2026-07-07"))  # the same version, seen again
        assert store.get_version(2) == version("2026-02-02", note="later").body
        assert store.get_version(1) == version("2026-01-02", holder="2026-07-07").body


def test_nothing_that_was_written_is_written_again(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, version("2026-01-02"), version("2026-02-02", note="second"))
        frames = "SELECT version, bytes FROM body WHERE version <= 2 ORDER BY version"
        before = store.database.connection().execute(frames).fetchall()
        write(store, *(version(day, note=day) for day in days(9)))
        assert store.database.connection().execute(frames).fetchall() == before


def test_a_base_that_rots_is_found_and_named(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        write(store, version("2026-01-02"), version("2026-02-02", note="second"))
        connection = store.database.connection()
        (frame,) = connection.execute("SELECT bytes FROM body WHERE version = 1").fetchone()
        spoilt = bytearray(frame)
        spoilt[len(spoilt) // 2] ^= 0x10
        connection.execute("UPDATE body SET bytes = ? WHERE version = 1", (bytes(spoilt),))
        with pytest.raises(StoreError, match="version 1: a stored record is damaged"):
            store.get_version(2)
        connection.execute("DELETE FROM body WHERE version = 1")
        with pytest.raises(StoreError, match="version 1: it has no body"):
            store.get_version(2)
        connection.execute("UPDATE body SET base = 2 WHERE version = 2")
        with pytest.raises(StoreError, match="not whole"):
            store.get_version(2)


def test_the_wrong_base_or_length_is_damage(tmp_path: Path) -> None:
    older, newer = body(1, words=LONG), body(1, note="x", words=LONG)
    frame = compress_against(older, newer)
    assert decompress_against(older, frame, len(newer)) == newer
    with pytest.raises(StoreError, match="damaged"):
        decompress_against(body(2, words=LONG), frame, len(newer))
    with pytest.raises(StoreError, match="length"):
        decompress_against(older, frame, len(newer) + 1)


def test_records_larger_than_the_usual_window_are_still_small_against_each_other() -> None:
    noise = random.Random(2)
    older = "".join(noise.choices("abcdefghijklmnopqrstuvwxyz ", k=5_000_000)).encode()
    newer = older[:1000] + b"something new" + older[1000:]
    frame = compress_against(older, newer)
    assert len(frame) < 5_000
    assert decompress_against(older, frame, len(newer)) == newer


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.text(max_size=300)), min_size=1, max_size=12), st.integers(1, 4)
)
def test_any_history_comes_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[int, str]], cut: int
) -> None:
    with RecordStore(tmp_path_factory.mktemp("store")) as store:
        batch = [version(days(9)[at], note=note, words=300) for at, note in history]
        for start in range(0, len(batch), cut):
            write(store, *batch[start : start + cut])
        held = {one.identity: store.get_version(one.version) for one in store.versions(NCT)}
        assert held == {one.identity: one.body for one in batch}
        found = bases(store)
        assert all(base is None or found[base - 1] is None for base in found)
        store.verify()
