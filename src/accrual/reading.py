"""Compiling the criteria of many studies, on every core.

Comes in: a store and its criteria cache. Goes out: the cache filled with every study's compiled criteria. Refuses
nothing: a record that cannot be read has no criteria, and is counted by the loader that let it in. A new version of a
study whose eligibility says what it said before is not compiled again: nine in ten change something else.

Stands beside the facade because it joins rooms that do not know each other: registry records, the compiler, the
store's cache.
"""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib.resources import files
from itertools import chain, islice
from multiprocessing import resource_tracker
from types import FrameType

import msgspec

from accrual.codes.shelves import version as imported_version
from accrual.criteria.tree import CompiledTrial, rests_on_words, rightly_text
from accrual.errors import StoreError
from accrual.registry.ctgov_json import read_json
from accrual.store.criteria_cache import Compiled, CriteriaCache
from accrual.store.derived import CatchUpProgress
from accrual.store.records import Change, RecordStore

CHUNK_STUDIES = 100  # studies given to a worker at once: about a second of work
ALONE_STUDIES = 400  # up to so many, starting workers costs more than it saves

_encode = msgspec.json.Encoder().encode


@functools.cache
def compiler_version() -> str:
    """Return what the compiler is made of, hashed: its code, its tables, the imported vocabulary.

    Another version compiles anew.

    A number to be raised by hand would be forgotten with every second row added to a table.
    """
    digest = hashlib.blake2b(digest_size=8)
    for package in ("accrual.criteria", "accrual.criteria.phrases", "accrual.codes", "accrual.codes.data"):
        for entry in sorted(files(package).iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith((".py", ".tsv")):
                digest.update(entry.read_bytes())
    digest.update(imported_version().encode())
    return digest.hexdigest()


def compile_record(body: bytes) -> CompiledTrial:
    """Compile the eligibility of one record (registry JSON)."""
    return _source_of(body).compile()


class _Source(msgspec.Struct, frozen=True):
    """All of a record that its criteria are compiled from: the arguments of `compile_trial`."""

    nct_id: str
    criteria_text: str
    sex: str
    minimum_age: str
    maximum_age: str
    healthy_volunteers: bool | None
    conditions: tuple[str, ...]

    def compile(self) -> CompiledTrial:
        """Return the criteria."""
        # Here, not above: the compiler's tables take a third of a second to load, and most commands compile nothing.
        from accrual.criteria.compile import compile_trial

        return compile_trial(**msgspec.structs.asdict(self))

    def digest(self) -> bytes:
        """Return what is the same where the same would be compiled from it, by the same compiler."""
        content = msgspec.json.encode((compiler_version(), self))
        return hashlib.blake2b(content, digest_size=16).digest()


def _source_of(body: bytes) -> _Source:
    trial = read_json(body)
    return _Source(
        nct_id=trial.nct_id,
        criteria_text=trial.criteria_text,
        sex=trial.sex,
        minimum_age=trial.minimum_age,
        maximum_age=trial.maximum_age,
        healthy_volunteers=trial.healthy_volunteers,
        conditions=trial.conditions,
    )


def compile_studies(changes: Sequence[Change]) -> list[Compiled]:
    """Compile studies into cache entries."""
    return [_entry(change) for change in changes]


def read_all(
    store: RecordStore,
    cache: CriteriaCache,
    on_progress: Callable[[CatchUpProgress], None] | None = None,
    workers: int | None = None,
) -> None:
    """Compile every study that the cache does not hold as it is now.

    Arguments:
        workers: processes to use; every core by default.
    """
    generation = store.generation
    since = cache.complete_through()
    if since == generation:
        return
    done, total = cache.totals().studies, store.count()
    kept = True

    def tell(studies: int) -> None:
        nonlocal done
        done = min(done + studies, total)
        if on_progress is not None:
            on_progress(CatchUpProgress("reading", done, total))

    def keep(entries: list[Compiled]) -> None:
        nonlocal kept
        kept = cache.put(entries) and kept
        tell(len(entries))

    changed = store.changed_since(since, generation, bodies=False)
    missing = _to_compile(store, cache, cache.missing(changed), tell)
    workers = workers or os.cpu_count() or 1
    few = list(islice(missing, ALONE_STUDIES + 1)) if workers > 1 else []
    missing = chain(few, missing)
    if len(few) <= ALONE_STUDIES:
        for chunk in _chunks(missing):
            keep(compile_studies(chunk))
    else:
        _compile_on_workers(missing, keep, workers)
    if kept:
        cache.set_complete(generation)


def lend_compiled(
    lender: RecordStore, cache: CriteriaCache, borrower: RecordStore, theirs: CriteriaCache
) -> None:
    """Give another data folder what is compiled here of the versions that both have as their current ones."""
    for chunk in _chunks(borrower.changed_since(0, bodies=False)):
        ours = lender.current_of([change.nct_id for change in chunk], bodies=False)
        wanted = {change.nct_id: change for change in chunk}
        same = {
            change.study: wanted[change.nct_id].study
            for change in ours
            if change.identity == wanted[change.nct_id].identity
        }
        held = cache.entries({change.study: change.identity for change in ours if change.study in same})
        theirs.put([msgspec.structs.replace(entry, study=same[entry.study]) for entry in held])


def _to_compile(
    store: RecordStore, cache: CriteriaCache, missing: Iterator[Change], tell: Callable[[int], None]
) -> Iterator[Change]:
    """Yield the studies that have to be compiled, with their bodies; the others take over what was compiled before."""
    for chunk in _chunks(missing):
        current = store.current_of([change.nct_id for change in chunk])
        aside = cache.set_aside([change.study for change in current])
        same = {
            change.study: change.identity
            for change in current
            if change.study in aside and _source_of(change.body).digest() == aside[change.study]
        }
        if same and cache.take_over(same):
            tell(len(same))
        else:
            same = {}
        yield from (change for change in current if change.study not in same)


def _compile_on_workers(
    missing: Iterator[Change], keep: Callable[[list[Compiled]], None], workers: int
) -> None:
    # Spawned, not forked: this process has threads (the index's, the web server's), and a fork would copy their locks.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=die_with_parent)
    try:
        waiting: deque[Future[list[Compiled]]] = deque()
        for chunk in _chunks(missing):
            with without_interrupts():
                waiting.append(pool.submit(compile_studies, chunk))
            if len(waiting) > 2 * workers:  # bounds memory, however many studies there are
                keep(waiting.popleft().result())
        while waiting:
            keep(waiting.popleft().result())
    except BrokenProcessPool as error:
        raise StoreError(
            "a process that compiles criteria ended before its work was done: see that memory is left, and run again"
            " (in a script of your own, load under `if __name__ == '__main__':`)"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back while workers may be started; it is answered as soon as the block has ended.

    A terminal sends it to every process. The workers inherit for life that it is blocked, so that only this process
    answers it, and none shows a traceback. Blocking is not enough here: another thread (the index's) may take the
    signal, and Python would raise in this one, between starting a worker and telling it what to do.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # The first worker brings a process of Python's own along, and starting that one lets Ctrl-C through again.
    resource_tracker.ensure_running()
    held: list[tuple[int, FrameType | None]] = []
    handler = signal.getsignal(signal.SIGINT)
    ours = callable(handler) and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:
            signal.signal(signal.SIGINT, handler)
    if held and callable(handler):
        handler(*held[0])


def _entry(change: Change) -> Compiled:
    source = _source_of(change.body)
    compiled = source.compile()
    marks = [criterion.understood for criterion in compiled.criteria]
    return Compiled(
        study=change.study,
        identity=change.identity,
        body=_encode(compiled),
        source=source.digest(),
        whole=marks.count("whole"),
        part=marks.count("part"),
        none=marks.count("none"),
        by_words=sum(one.understood == "whole" and rests_on_words(one.tree) for one in compiled.criteria),
        judgement=sum(rightly_text(one.tree) for one in compiled.criteria),
    )


def _chunks(changes: Iterator[Change]) -> Iterator[list[Change]]:
    while chunk := list(islice(changes, CHUNK_STUDIES)):
        yield chunk


def die_with_parent() -> None:
    """End this worker when the parent is killed: a worker that waits for work would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
