"""Measures searches of the registry's API: the first page of 20 with count and filters; beside it SQL on DuckDB.

Comes in: files or folders of records that accrual reads. Goes out: a table of p50, p95 and maximum in milliseconds, of
one process that asks one search after the other. Both engines hold the same records, answer the same searches in the
same run, and each search is asked once: nothing of it is kept from before. DuckDB's tables are AACT's (`aact.py`).

    python benchmarks/api_search.py benchmarks/out/scaled.jsonl --queries 300
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
from typing import Any

import msgspec

from aact import Aact, Asked
from accrual.registry.areas import area_of_query
from accrual.registry.files import SourceRecord, read_records
from accrual.search.agg_filters import AggFilter
from accrual.search.essie import read_expression
from accrual.search.places import default_places
from accrual.search.registry_index import RegistryIndex
from accrual.search.studies import ADVANCED_AREA, Filters, StudyQuery, find_studies
from find import batches

OUT = Path(__file__).parent / "out"
SAMPLE = 5_000  # studies that searches are drawn from
STATUSES = (
    ("RECRUITING",),
    ("COMPLETED",),
    ("RECRUITING", "NOT_YET_RECRUITING"),
    ("TERMINATED", "WITHDRAWN"),
)
PHASES = {"1": "PHASE1", "2": "PHASE2", "3": "PHASE3"}
COUNTRIES = ("United States", "France", "Germany", "China", "Italy")
_SILENT = frozenset(("the", "and", "for", "with", "from", "are", "study", "trial", "patients", "versus"))


def main() -> int:
    """Build what is not there yet, and time the searches."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument(
        "--work", type=Path, default=OUT / "api_search", help="folder for the index and the tables"
    )
    parser.add_argument("--keep", action="store_true", help="use what --work holds already")
    asked = parser.parse_args()
    if not asked.keep:
        shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True, exist_ok=True)
    if not (asked.work / "registry").exists():
        build_index(asked.records, asked.work / "registry")
    tables = Aact(asked.work / "aact.duckdb") if (asked.work / "aact.duckdb").exists() else None
    if tables is None:
        tables = Aact(asked.work / "aact.duckdb")
        started = time.perf_counter()
        tables.fill(msgspec.json.decode(body) for body in read_bodies(asked.records))
        print(f"DuckDB: {time.perf_counter() - started:.0f} s, {size(asked.work / 'aact.duckdb'):,} bytes")
    tables.threads(2)
    index = RegistryIndex(asked.work / "registry")
    searches = draw(asked.records, asked.queries, random.Random(asked.seed))
    print(f"{index.count():,} studies, {len(searches)} searches, first page of 20 with count and filters")
    print(f"{'engine':10} {'kind':18} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'found, mean':>12}")
    kinds = sorted({search.kind for search in searches})
    engines: dict[str, Callable[[Asked], int]] = {
        "accrual": lambda search: find_studies(index, as_query(search), 20).total,
        "DuckDB": lambda search: tables.find(search)[0],
    }
    for name, answer in engines.items():
        answer(Asked("warm", ("warm",), "term", ("RECRUITING",)))
        times = {search: timed(answer, search) for search in searches}
        for kind in (*kinds, ""):
            report(name, kind or "all", [took for search, took in times.items() if kind in ("", search.kind)])
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    return 0


def build_index(paths: Sequence[Path], folder: Path) -> None:
    """Build the registry index, and say what it took."""
    started, used = time.perf_counter(), time.process_time()
    index = RegistryIndex(folder, writable=True, places=default_places())
    number = 0
    for batch in batches(paths):
        index.apply(batch)
        number += len(batch)
    index.commit()
    index.close()
    print(
        f"registry index: {number:,} studies, {time.perf_counter() - started:.0f} s "
        f"({time.process_time() - used:.0f} s of CPU), {size(folder) / max(number, 1):,.0f} bytes a study"
    )


def read_bodies(paths: Sequence[Path]) -> Iterator[bytes]:
    """Yield the JSON of every record."""
    return (record.body for record in read_records(paths) if isinstance(record, SourceRecord))


def draw(paths: Sequence[Path], number: int, rng: random.Random) -> list[Asked]:
    """Return searches as people write them: words of real conditions and titles, with filters."""
    pool: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for at, body in enumerate(read_bodies(paths)):
        record: dict[str, Any] = msgspec.json.decode(body)["protocolSection"]
        conditions = record.get("conditionsModule", {}).get("conditions") or [""]
        title = record["identificationModule"].get("briefTitle", "")
        pair = (words_of(conditions[0])[:3], words_of(title))
        if at < SAMPLE:
            pool.append(pair)
        elif (slot := rng.randrange(at + 1)) < SAMPLE:
            pool[slot] = pair
    searches: dict[Asked, None] = {}
    while len(searches) < number:
        condition, title = rng.choice(pool)
        kind = rng.choice(("condition", "condition, since", "term", "site", "one word"))
        statuses = rng.choice(STATUSES)
        phase = rng.choice(tuple(PHASES))
        since = f"{rng.randint(2005, 2022)}-01-01"
        two = tuple(rng.sample(title, min(2, len(title))))
        if not condition or not two:
            continue
        searches[
            {
                "condition": Asked(kind, condition, "condition", statuses, (PHASES[phase],)),
                "condition, since": Asked(kind, condition, "condition", statuses, since=since),
                "term": Asked(kind, two, "term", statuses),
                "site": Asked(kind, condition, "condition", country=rng.choice(COUNTRIES)),
                "one word": Asked(kind, two[:1], "term", statuses, (PHASES[phase],)),
            }[kind]
        ] = None
    return list(searches)


def words_of(text: str) -> tuple[str, ...]:
    """Return the longer words of a text, each once."""
    found = "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()
    return tuple(dict.fromkeys(word for word in found if len(word) > 3 and word not in _SILENT))


def as_query(asked: Asked) -> StudyQuery:
    """Return a search as the API reads it."""
    area = area_of_query("cond" if asked.where == "condition" else "term")
    advanced = []
    if asked.since:
        advanced.append(f"AREA[StartDate]RANGE[{asked.since}, MAX]")
    if asked.country:
        advanced.append(
            f'SEARCH[Location](AREA[LocationCountry]"{asked.country}" AND AREA[LocationStatus]RECRUITING)'
        )
    keys = {value: key for key, value in PHASES.items()}
    return StudyQuery(
        queries=((area.param, read_expression(" ".join(asked.words), area.label, area.name)),),
        filters=(
            Filters(
                overall_status=asked.statuses,
                advanced=read_expression(" AND ".join(advanced), "advanced filter", ADVANCED_AREA)
                if advanced
                else None,
            ),
        ),
        agg_filters=(AggFilter("phase", tuple(keys[phase] for phase in asked.phases)),)
        if asked.phases
        else (),
    )


def timed(answer: Callable[[Asked], int], search: Asked) -> tuple[float, int]:
    """Return milliseconds, and how many studies were found."""
    started = time.perf_counter()
    found = answer(search)
    return (time.perf_counter() - started) * 1000, found


def report(name: str, kind: str, took: Sequence[tuple[float, int]]) -> None:
    """Print one line of the table."""
    times = sorted(milliseconds for milliseconds, _ in took)
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    found = statistics.mean(number for _, number in took)
    print(
        f"{name:10} {kind:18} {statistics.median(times):8.1f} {p95:8.1f} {times[-1]:8.1f} {found:12,.1f}",
        flush=True,
    )


def size(path: Path) -> int:
    """Return the bytes of a file or of all in a folder."""
    return sum(
        file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()
    )


if __name__ == "__main__":
    sys.exit(main())
