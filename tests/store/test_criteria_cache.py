"""The criteria cache gives back what fits the study and the compiler, and nothing else."""

from __future__ import annotations

import random
import threading
from pathlib import Path

from made_up import record, records

from accrual.store.criteria_cache import FILE_NAME, Compiled, CriteriaCache, Totals, criteria_recipe
from accrual.store.derived import MARK, catch_up
from accrual.store.load import load_records
from accrual.store.records import RecordStore


def fill(cache: CriteriaCache, store: RecordStore) -> None:
    cache.put(
        [
            Compiled(change.study, change.identity, change.nct_id.encode() * 50, whole=3, part=2, none=1)
            for change in store.changed_since(0)
        ]
    )


def test_what_was_put_is_found_until_the_study_changes(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(5))
        cache = catch_up(store, criteria_recipe("1"))
        study = store.current(store.study("NCT90000002"))
        assert cache.get(study.study, study.identity) is None
        fill(cache, store)
        assert cache.get(study.study, study.identity) == b"NCT90000002" * 50
        assert cache.totals() == Totals(5, 15, 10, 5)
        load_records(store, [record(90_000_002, "2026-09-09")])
        newer = store.current(study.study)
        assert cache.get(newer.study, newer.identity) is None
        cache.close()
        cache = catch_up(store, criteria_recipe("1"))
        assert cache.totals() == Totals(4, 12, 8, 4)
        assert [change.nct_id for change in cache.missing(store.changed_since(0))] == ["NCT90000002"]
        cache.close()


def test_another_compiler_finds_nothing_of_the_old_ones(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(3))
        old = catch_up(store, criteria_recipe("1"))
        fill(old, store)
        new = catch_up(store, criteria_recipe("2"))
        wanted = {change.study: change.identity for change in store.changed_since(0)}
        assert new.get_many(wanted) == {}
        assert new.totals() == Totals(0, 0, 0, 0)
        assert len(old.get_many(wanted)) == 3
        fill(new, store)
        assert new.totals().studies == 3
        old.close()
        new.close()


def test_many_are_read_in_one_go(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(950))
        cache = catch_up(store, criteria_recipe("1"))
        fill(cache, store)
        wanted = {change.study: change.identity for change in store.changed_since(0, bodies=False)}
        found = cache.get_many({**wanted, 99_999: b"no such"})
        assert found.keys() == wanted.keys()
        assert list(cache.missing(store.changed_since(0, bodies=False))) == []
        cache.close()


def test_threads_put_and_get_at_once(tmp_path: Path) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, records(40))
        cache = catch_up(store, criteria_recipe("1"))
        changes = list(store.changed_since(0))
        kept: list[bool] = []

        def work(offset: int) -> None:
            for change in changes[offset::4]:
                kept.append(cache.put([Compiled(change.study, change.identity, change.body, whole=1)]))
                assert cache.get(change.study, change.identity) == change.body

        threads = [threading.Thread(target=work, args=(offset,)) for offset in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert kept == [True] * 40
        assert cache.totals() == Totals(40, 40, 0, 0)
        cache.close()


def test_a_damaged_cache_is_as_good_as_empty_and_is_made_anew(tmp_path: Path) -> None:
    recipe = criteria_recipe("1")
    file = recipe.folder(tmp_path) / FILE_NAME
    noise = random.Random(7)
    with RecordStore(tmp_path) as store:
        load_records(store, records(300))
        wanted = {change.study: change.identity for change in store.changed_since(0, bodies=False)}
        entries = [Compiled(study, one, noise.randbytes(5000)) for study, one in wanted.items()]
        cache = catch_up(store, recipe)
        cache.put(entries)
        cache.close()
        data = bytearray(file.read_bytes())
        middle = slice(len(data) * 2 // 5, len(data) * 4 // 5)
        data[middle] = b"\xa5" * len(data[middle])
        file.write_bytes(data)
        cache = catch_up(store, recipe)
        assert cache.get_many(wanted) == {}
        cache.close()
        assert not (file.parent / MARK).exists()
        cache = catch_up(store, recipe)
        assert cache.put(entries)
        assert len(cache.get_many(wanted)) == 300
        cache.close()
