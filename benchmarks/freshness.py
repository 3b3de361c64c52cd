"""What an order by freshness costs: `freshness.py HOME`. Searches of a few sizes, by relevance and by freshness."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from accrual.finder import Finder
from accrual.search.freshness import find_fresh
from accrual.search.query import Found, Query
from accrual.search.rank import find

WORDS = ("", "leukemia", "breast cancer", "CD7 CAR-T")
ROUNDS = 30


def milliseconds(ask: Callable[[], Found]) -> float:
    """Return the median time of a search."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return 1_000 * statistics.median(times)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    with Finder(parser.parse_args().home) as finder:
        index, snapshot = finder.index, finder._folder.registry.snapshot()
        for words in WORDS:
            query = Query(text=words, today=date(2026, 11, 23))
            plain = milliseconds(lambda query=query: find(index, query))  # type: ignore[misc]
            by_age = replace(query, sort="fresh")
            fresh = milliseconds(lambda query=by_age: find_fresh(index, snapshot, query))  # type: ignore[misc]
            standing = milliseconds(lambda query=query: finder.find(query)) - plain  # type: ignore[misc]
            total = find(index, query).total
            print(f"{words or 'everything'}: {total:,} hits, relevance {plain:.1f} ms, fresh {fresh:.1f} ms,")
            print(f"    standings of a page of {query.top}: {standing:.1f} ms more")


if __name__ == "__main__":
    main()
