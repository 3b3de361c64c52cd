"""How soon a data folder answers again after `kill -9`: `recovery.py HOME [--studies 1200] [--kills 4]`.

Changes that many of the folder's studies and loads them, in a process that is killed at even parts of the time which
the same load takes undisturbed. After each kill it measures, in a process of its own: opening the folder with the first
search, and then the same load to its end. HOME is changed: give it a copy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.search.query import Query


def load(home: Path, studies: int, turn: int) -> None:
    """Load the first studies of a folder, changed."""
    day = f"2027-01-{turn + 1:02d}"
    with Finder(home) as finder:
        records = []
        for _, body in islice(finder.all_records(), studies):
            record = json.loads(body)
            status = record["protocolSection"].setdefault("statusModule", {})
            status["lastUpdatePostDateStruct"] = {"date": day, "type": "ESTIMATED"}
            record["protocolSection"]["identificationModule"]["acronym"] = f"R{turn}"
            records.append(read_record(json.dumps(record).encode(), "changed"))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        finder.load_records(records)


def answer(home: Path) -> None:
    """Open a folder and search it; print the seconds until the answer."""
    began = time.perf_counter()
    with Finder(home) as finder:
        total = finder.find(Query(text="leukemia")).total
        sys.stdout.write(f"{time.perf_counter() - began:.2f} {total}\n")


def begin(home: Path, *words: object) -> subprocess.Popen[str]:
    """Start this program again on the same folder."""
    command = [sys.executable, __file__, str(home), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def timed(home: Path, *words: object) -> float:
    """Run a load to its end; return the seconds from when it began to load."""
    process = begin(home, *words)
    assert process.stdout is not None
    process.stdout.readline()
    began = time.perf_counter()
    process.communicate()
    assert process.returncode == 0
    return time.perf_counter() - began


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--studies", type=int, default=1_200)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--load", type=int)
    parser.add_argument("--answer", action="store_true")
    asked = parser.parse_args()
    if asked.load is not None:
        return load(asked.home, asked.studies, asked.load)
    if asked.answer:
        return answer(asked.home)
    print("undisturbed: first answer", begin(asked.home, "--answer").communicate()[0].split()[0], "s")
    usual = timed(asked.home, "--studies", asked.studies, "--load", 0)
    print(f"undisturbed: {asked.studies:,} changed studies loaded in {usual:.1f} s")
    for turn in range(1, asked.kills + 1):
        process = begin(asked.home, "--studies", asked.studies, "--load", turn)
        assert process.stdout is not None
        process.stdout.readline()
        moment = usual * turn / (asked.kills + 1)
        time.sleep(moment)
        process.kill()
        process.communicate()
        first = begin(asked.home, "--answer").communicate()[0].split()[0]
        rest = timed(asked.home, "--studies", asked.studies, "--load", turn)
        print(f"killed after {moment:.1f} s: first answer {first} s, the same load to its end {rest:.1f} s")
    return None


if __name__ == "__main__":
    main()
