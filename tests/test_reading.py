"""Ctrl-C while workers are started: held back, whichever thread takes the signal, and then answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual import demo, reading
from accrual.criteria.tree import CompiledTrial
from accrual.errors import StoreError
from accrual.reading import read_all, without_interrupts
from accrual.registry.files import SourceRecord, read_record
from accrual.store.criteria_cache import CriteriaCache, criteria_recipe
from accrual.store.derived import catch_up
from accrual.store.load import load_records
from accrual.store.records import Change, RecordStore


@pytest.fixture
def another_thread() -> Iterator[None]:
    """A thread that does not block the signal, as the text index has several."""
    done = threading.Event()
    waiting = threading.Thread(target=done.wait)
    waiting.start()
    yield
    done.set()
    waiting.join()


@pytest.mark.usefixtures("another_thread")
def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), without_interrupts():  # noqa: PT012 - where it is raised is the point
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10):  # Python looks for signals between the turns of a loop
            time.sleep(0.01)
        reached = True
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.usefixtures("another_thread")
def test_a_process_started_in_the_block_never_sees_it() -> None:
    with without_interrupts():
        blocked = subprocess.run(
            [sys.executable, "-c", "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, ()))"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert blocked.stdout == "True\n"


FIRST_WORKER = """
import multiprocessing, signal
from accrual.reading import without_interrupts

def tell():
    print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=tell)
    with without_interrupts():
        worker.start()
    worker.join()
"""


def test_the_first_worker_of_a_process_never_sees_it_either(tmp_path: Path) -> None:
    """Starting the first one starts Python's tracker of resources, which lets the signal through again."""
    script = tmp_path / "first_worker.py"
    script.write_text(FIRST_WORKER)
    told = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert told.stdout == "True\n"


def test_outside_the_main_thread_it_changes_no_handler() -> None:
    seen: list[object] = []

    def inside() -> None:
        with without_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]


def version(changed: dict[str, Any] | None = None, day: str = "2027-01-01") -> SourceRecord:
    """The first study of the demo registry as of a day, with some of its eligibility changed."""
    study = msgspec.json.decode(next(iter(demo.demo_records())))
    study["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"] = {"date": day, "type": "ACTUAL"}
    study["protocolSection"]["eligibilityModule"].update(changed or {})
    return read_record(msgspec.json.encode(study), "made up")


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers of the studies that are compiled, one after the other."""
    done: list[str] = []
    compile_studies = reading.compile_studies

    def noted(changes: list[Change]) -> Any:
        done.extend(change.nct_id for change in changes)
        return compile_studies(changes)

    monkeypatch.setattr(reading, "compile_studies", noted)
    return done


def read(store: RecordStore, compiler: str = "1") -> CriteriaCache:
    cache = catch_up(store, criteria_recipe(compiler))
    read_all(store, cache)
    return cache


def held(store: RecordStore, cache: CriteriaCache) -> CompiledTrial:
    (current,) = store.changed_since(0)
    body = cache.get(current.study, current.identity)
    assert body is not None
    return msgspec.json.decode(body, type=CompiledTrial)


def test_a_new_version_with_the_same_eligibility_is_not_compiled_again(
    tmp_path: Path, compiled: list[str]
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        cache = read(store)
        before = held(store, cache)
        cache.close()
        load_records(store, [version(day="2027-01-02")])
        cache = read(store)
        assert len(compiled) == 1
        assert held(store, cache) == before
        assert cache.totals().studies == 1
        cache.close()


@pytest.mark.parametrize(
    "changed",
    [
        {"eligibilityCriteria": "Inclusion Criteria:\n* Age 50 or older"},
        {"minimumAge": "50 Years"},
        {"sex": "FEMALE"},
        {"healthyVolunteers": True},
    ],
)
def test_a_new_version_with_another_eligibility_is_compiled(
    tmp_path: Path, compiled: list[str], changed: dict[str, Any]
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        cache = read(store)
        before = held(store, cache)
        cache.close()
        load_records(store, [version(changed, day="2027-01-02")])
        cache = read(store)
        assert len(compiled) == 2
        assert held(store, cache) != before
        cache.close()


def test_what_another_compiler_made_is_not_taken_over(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        read(store).close()
        load_records(store, [version(day="2027-01-02")])
        monkeypatch.setattr(reading, "compiler_version", lambda: "another")
        read(store, "2").close()
        assert len(compiled) == 2
        monkeypatch.undo()


def test_a_compiler_that_comes_back_compiles_what_another_has_replaced(
    tmp_path: Path, compiled: list[str]
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        for compiler in ("1", "2", "1", "1"):
            read(store, compiler).close()
        assert len(compiled) == 3


def test_what_could_not_be_kept_is_looked_for_again(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        with monkeypatch.context() as full:
            full.setattr(CriteriaCache, "put", lambda cache, entries: False)
            read(store).close()
        read(store).close()
        read(store).close()
        assert len(compiled) == 2


def test_workers_that_end_before_their_work_is_done_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ALONE_STUDIES", 0)
    monkeypatch.setattr(reading, "die_with_parent", os.abort)
    with RecordStore(tmp_path) as store:
        load_records(store, [version()])
        cache = catch_up(store, criteria_recipe("1"))
        with pytest.raises(StoreError, match="ended before its work was done"):
            read_all(store, cache, workers=2)
        cache.close()
