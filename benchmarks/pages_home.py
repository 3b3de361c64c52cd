"""Makes a data folder of hundreds of thousands of studies with what the pages read, in minutes instead of hours.

Comes in: the shared data folder, and a data folder that was loaded from the first lines of `scale.py`. Goes out: a
data folder for `pages.py --home DIR --bare`. The records are those that `scale.py` writes, without a file in between.
The text index and the places are those of the smaller folder, so many times over: lists of words, points and places
are as long as they would be, in more segments, and hits come in groups of equals, which costs a search more, not less.
What the pages of results, trials and places do not ask is left out: the registry's index, compiled criteria, programs,
themes, statistics.

    python benchmarks/pages_home.py --of HOME40K --times 15 --home benchmarks/out/pages600k
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from accrual.folder import DataFolder
from accrual.locations import FILE, locations_recipe
from accrual.registry.ctgov_json import write_json
from accrual.registry.files import SourceRecord
from accrual.search.index import FORMAT
from accrual.store.database import Database
from accrual.store.derived import MARK, Mark
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from scale import SHARED, read_bodies, read_titles, varied

SEED = 7  # as scale.py
SMALLEST_SHARE = 0.1  # segments below this share of the studies are left out: they would be merged
TEXT = f"text-{FORMAT}"


def main() -> int:
    """Fill the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--of", type=Path, required=True, help="the smaller data folder")
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--home", type=Path, required=True)
    asked = parser.parse_args()
    with_few = DataFolder(asked.of)
    few = with_few.records.count()
    _ = with_few.index, with_few.locations
    with_few.close()
    folder = DataFolder(asked.home)
    begun = time.perf_counter()
    if folder.records.count() < few * asked.times:
        load_records(folder.records, records(asked.data, few * asked.times))
    derived = asked.home / "derived"
    for name in ("places", TEXT):
        shutil.rmtree(derived / name, ignore_errors=True)
        shutil.copytree(asked.of / "derived" / name, derived / name)
    repeat_segments(derived / TEXT / "text", few, asked.times)
    write_mark(folder.records, derived / TEXT)
    repeat_places(asked.of, asked.home, few, asked.times)
    write_mark(folder.records, locations_recipe().folder(asked.home))
    print(f"{folder.records.count():,} studies in {time.perf_counter() - begun:.0f} s")
    folder.close()
    return 0


def records(data: Path, studies: int) -> Iterator[SourceRecord]:
    """Yield the records that `scale.py` writes."""
    for trial in varied(read_bodies(data), read_titles(data), studies, random.Random(SEED)):
        yield SourceRecord(
            trial=trial,
            body=write_json(trial),
            where=trial.nct_id,
            version_holder=trial.version_holder,
            last_update=trial.last_update,
        )


def repeat_segments(folder: Path, studies: int, times: int) -> None:
    """Have every segment of an index so many times, under names of their own."""
    meta = msgspec.json.decode((folder / "meta.json").read_bytes())
    large = [one for one in meta["segments"] if one["max_doc"] > studies * SMALLEST_SHARE]
    segments: list[dict[str, Any]] = []
    # What the left-out ones held is made up for: the sum is what was asked for, or a little more.
    while sum(one["max_doc"] for one in segments) < studies * times:
        for one in large:
            fresh = uuid.uuid4()
            for part in folder.glob(one["segment_id"].replace("-", "") + ".*"):
                shutil.copy(part, folder / f"{fresh.hex}{part.suffix}")
            segments.append({**one, "segment_id": str(fresh)})
    (folder / "meta.json").write_bytes(msgspec.json.encode({**meta, "segments": segments}))
    kept = {one["segment_id"].replace("-", "") for one in segments}
    for part in folder.glob("*.*"):
        if len(part.stem) == len(uuid.uuid4().hex) and part.stem not in kept:
            part.unlink()
    names = sorted(part.name for part in folder.glob("*.*") if part.stem in kept)
    (folder / ".managed.json").write_bytes(msgspec.json.encode([*names, "meta.json"]))


def repeat_places(of: Path, home: Path, studies: int, times: int) -> None:
    """Have the trials of every place so many times, under the numbers of the studies that follow."""
    recipe = locations_recipe()
    fresh = recipe.folder(home)
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(recipe.folder(of), fresh)
    database = Database(fresh / FILE, writable=True)
    connection = database.connection()
    for turn in range(1, times):
        ahead = (turn * studies,)
        connection.execute(
            "INSERT INTO held SELECT place, closed, number - ?1, study + ?1 FROM held WHERE study <= ?2",
            (*ahead, studies),
        )
        connection.execute(
            "INSERT INTO trial SELECT number - ?1, title, status FROM trial WHERE number > ?2",
            (*ahead, -studies - _first(connection)),
        )
    connection.execute("UPDATE place SET trials = trials * ?1, open = open * ?1", (times,))
    connection.execute("PRAGMA wal_checkpoint(truncate)")
    database.close()


def _first(connection: object) -> int:
    ((number,),) = connection.execute("SELECT -max(number) FROM trial").fetchall()  # type: ignore[attr-defined]
    return int(number)


def write_mark(store: RecordStore, folder: Path) -> None:
    """Say that what lies there holds all that the store has."""
    mark = Mark(store.generation, store.digest(store.generation) or "")
    (folder / MARK).write_bytes(msgspec.json.encode(mark))


if __name__ == "__main__":
    sys.exit(main())
