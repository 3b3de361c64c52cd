"""Measures finding: three words, two facets and a radius, top 20; beside it SQLite FTS5 over the same documents.

Comes in: any file or folder of records that accrual reads. Goes out: a table of p50, p95 and maximum in
milliseconds. Both engines index the same records in the same order and answer the same queries in the same process,
one after the other, each with its nearest site.

    python benchmarks/find.py benchmarks/out/scaled.jsonl.gz --queries 300
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from accrual.basic import GeoPoint
from accrual.registry.files import SourceRecord, read_records
from accrual.registry.record import Trial
from accrual.search.index import TextIndex
from accrual.search.places import default_places
from accrual.search.query import Near, Query
from accrual.search.rank import find
from accrual.search.words import fold, term_of
from fts5 import Fts5

OUT = Path(__file__).parent / "out"
RADII_KM = (50.0, 100.0, 300.0, 1000.0)
SAMPLE = 20_000  # studies that queries are drawn from: every so manieth one
_SILENT = frozenset(("the", "and", "for", "with", "from", "are", "study", "trial"))


class Change(msgspec.Struct, frozen=True):
    """What both indexes are fed."""

    study: int
    body: bytes


def main() -> int:
    """Build both indexes, where they are not there yet, and time the queries."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--work", type=Path, default=OUT / "find", help="folder for the two indexes")
    parser.add_argument("--keep", action="store_true", help="use the indexes that --work holds already")
    asked = parser.parse_args()
    if not asked.keep:
        shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True, exist_ok=True)
    if not (asked.work / "index").exists():
        build(asked.records, asked.work)
    index, table = TextIndex(asked.work / "index"), Fts5(asked.work / "fts5.db")
    queries = draw(asked.records, asked.queries, random.Random(asked.seed), index.count())
    print(
        f"{index.count():,} studies, {len(queries)} queries of three words, two facets and a radius; top 20"
    )
    print(f"{'engine':32} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'found, mean':>12}")
    for name, answer in (
        ("accrual", lambda query: find(index, query).total),
        ("SQLite FTS5", table.find),
        ("accrual, words only", lambda query: find(index, words_only(query)).total),
        ("SQLite FTS5, words only", lambda query: table.find(words_only(query))),
    ):
        report(name, answer, queries)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return 0


def words_only(query: Query) -> Query:
    """Return the query without its filters and its circle."""
    return Query(text=query.text)


def report(name: str, answer: Callable[[Query], int], queries: Sequence[Query]) -> None:
    """Answer every query twice and print the times of the second round: files are then in the page cache."""
    for query in queries:
        answer(query)
    times, found = [], []
    for query in queries:
        started = time.perf_counter()
        found.append(answer(query))
        times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times, n=100)
    print(f"{name:32} {cuts[49]:8.2f} {cuts[94]:8.2f} {max(times):8.2f} {statistics.mean(found):12.1f}")


def build(records: Sequence[Path], work: Path) -> None:
    """Build both indexes, one after the other, and print what each took."""
    started = time.perf_counter()
    index = TextIndex(work / "index", writable=True, places=default_places())
    for changes in batches(records):
        index.apply(changes)
    index.commit()
    index.close()
    _say("accrual", started, work / "index")
    started = time.perf_counter()
    table = Fts5(work / "fts5.db")
    for changes in batches(records):
        table.apply(changes)
    table.close()
    _say("SQLite FTS5", started, work / "fts5.db")


def batches(records: Sequence[Path], size: int = 500) -> Iterator[list[Change]]:
    """Yield the studies in batches, numbered from 1."""
    batch: list[Change] = []
    number = 0
    for record in read_records(records):
        if isinstance(record, SourceRecord):
            number += 1
            batch.append(Change(number, record.body))
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def draw(records: Sequence[Path], count: int, rng: random.Random, studies: int) -> list[Query]:
    """Draw queries that have an answer: words, status, phase and a place near a site of one real record each."""
    every = max(1, studies // SAMPLE)
    trials = []
    for number, record in enumerate(read_records(records)):
        if number % every == 0 and isinstance(record, SourceRecord):
            trials.append(record.trial)
    queries: list[Query] = []
    while len(queries) < count:
        query = _query_for(rng.choice(trials), rng)
        if query is not None:
            queries.append(query)
    return queries


def _query_for(trial: Trial, rng: random.Random) -> Query | None:
    text = " ".join((trial.title, *trial.conditions, *(i.name for i in trial.interventions)))
    words = sorted(
        {word for word in fold(text).split() if len(word) > 2 and word not in _SILENT and term_of(word)}
    )
    points = [site.geoPoint for site in trial.sites if site.geoPoint is not None]
    if len(words) < 3 or not points:
        return None
    site = rng.choice(points)
    centre = GeoPoint(site.lat + rng.uniform(-0.3, 0.3), site.lon + rng.uniform(-0.3, 0.3))
    return Query(
        text=" ".join(rng.sample(words, 3)),
        filters={"status": (trial.status,), "phase": trial.phases[:1] or ("NA",)},
        near=Near(centre, rng.choice(RADII_KM)),
    )


def _say(name: str, started: float, path: Path) -> None:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    print(f"{name}: built in {time.perf_counter() - started:.0f} s, {size / 1e9:.2f} GB on disk", flush=True)


if __name__ == "__main__":
    sys.exit(main())
