"""Watching: 100 saved searches and 50 saved patients over a data folder: the first run, one with nothing new, one after
a delta.

The searches are conditions of studies of the folder, drawn with a fixed seed, every second one of recruiting studies
alone; the patients are the first files of a folder, each watched on all that two of the searches find. The delta
changes studies that the searches find: a status, or a number in the criteria. Loading it is not counted; it is written
into the folder, so give a copy.

    python benchmarks/watch.py --home COPY --patients FOLDER
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec

from accrual.finder import Finder
from accrual.plain.question import build_query
from accrual.registry.files import read_record
from accrual.search.rank import numbers_of
from accrual.watch.plan import read_plan
from accrual.watch.run import run_watch
from accrual.watch.state import WatchState, read_state, state_path, write_state

SEED = 7
SALT = bytes(16)


def drawn_searches(finder: Finder, count: int) -> list[dict[str, Any]]:
    """Searches for the first condition of studies drawn at random, each condition once."""
    numbers = list(finder.nct_ids())
    random.Random(SEED).shuffle(numbers)
    found: dict[str, dict[str, Any]] = {}
    for number in numbers:
        conditions = finder.show(number).conditions
        if conditions and conditions[0] not in found:
            status = {"status": "recruiting"} if len(found) % 2 else {}
            found[conditions[0]] = {"name": f"s{len(found)}", "condition": conditions[0], **status}
        if len(found) == count:
            break
    return list(found.values())


def timed(finder: Finder, file: Path, state: WatchState | None, day: date, what: str) -> WatchState:
    """One run, from reading the watch file to keeping the state."""
    start = time.perf_counter()
    report, fresh = run_watch(finder, read_plan(file), file, state, day, SALT)
    write_state(file, fresh)
    seconds = time.perf_counter() - start
    new = sum(len(one.new) for one in report.searches)
    changed = sum(len(one.changed) for one in report.searches)
    gone = sum(len(one.gone) for one in report.searches)
    verdicts = [one for patient in report.patients for one in patient.verdicts]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}: {seconds:.1f} s; found {sum(one.total for one in report.searches):,}, watched"
        f" {sum(one.watched for one in report.patients):,}; {new} new, {changed} changed, {gone} gone,"
        f" {len(verdicts)} verdicts; state {state_path(file).stat().st_size / 1e6:.1f} MB; {memory:,.0f} MB at most"
    )
    return fresh


def delta(finder: Finder, plan: list[dict[str, Any]], count: int) -> None:
    """Load new versions of studies that the searches find."""
    numbers: dict[str, None] = {}
    for search in plan:
        words = {name: value for name, value in search.items() if name not in ("name", "status")}
        numbers |= dict.fromkeys(
            numbers_of(finder.index, build_query(find_place=finder.place, **words), 200)[1]
        )
    chosen = list(numbers)
    random.Random(SEED).shuffle(chosen)
    records = []
    for at, number in enumerate(chosen[:count]):
        record = msgspec.json.decode(finder.record(number))
        protocol = record["protocolSection"]
        status = protocol["statusModule"]
        posted = date.today() + timedelta(days=1)
        status["lastUpdatePostDateStruct"] = {"date": posted.isoformat(), "type": "ACTUAL"}
        eligibility = protocol.get("eligibilityModule", {})
        text = eligibility.get("eligibilityCriteria", "")
        if at % 2 and re.search(r"\d", text):
            eligibility["eligibilityCriteria"] = re.sub(r"\d", "9", text, count=2)
        else:
            status["overallStatus"] = "SUSPENDED"
        records.append(read_record(json.dumps(record).encode(), "delta"))
    start = time.perf_counter()
    finder.load_records(records)
    print(
        f"(loading {len(records):,} changed studies and what is derived: {time.perf_counter() - start:.1f} s)"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--patients", type=Path, required=True)
    parser.add_argument("--searches", type=int, default=100)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--changed", type=int, default=200)
    arguments = parser.parse_args()
    day = date(2026, 11, 22)
    with tempfile.TemporaryDirectory() as folder, Finder(arguments.home) as finder:
        finder.catch_up()
        searches = drawn_searches(finder, arguments.searches)
        files = sorted(path for path in arguments.patients.iterdir() if path.is_file())[: arguments.people]
        people = [
            {
                "name": f"p{at}",
                "file": str(path.resolve()),
                "searches": [
                    searches[at % len(searches)]["name"],
                    searches[(at * 7 + 1) % len(searches)]["name"],
                ],
            }
            for at, path in enumerate(files)
        ]
        file = Path(folder) / "watch.json"
        file.write_text(json.dumps({"searches": searches, "patients": people}))
        timed(finder, file, None, day, "first run")
        timed(finder, file, read_state(file), day, "nothing new")
        delta(finder, searches, arguments.changed)
        timed(finder, file, read_state(file), day + timedelta(days=1), "after a delta")


if __name__ == "__main__":
    main()
