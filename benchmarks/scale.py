"""Makes a registry of any size out of the shared real records, to measure with.

Comes in: the shared data folder (v2 and XML records, titles and summaries) and how many studies are wanted. Goes
out: one `.jsonl` or `.jsonl.gz` file, the same for the same seed. Refuses: a folder without records.

Study i is a real record with a fresh number (NCT10000000 + i) and a fresh sponsor's number, all its dates moved by
up to three years, and about half of its sites moved to places drawn from all real sites. Every second study takes
title and summary from another real study, so that words vary as they do in the registry. Conditions,
criteria, arms, outcomes and results stay: frequent words are as frequent as in the real records, but whole
texts repeat every 11,700 studies, which compression and caches may profit from.

    python benchmarks/scale.py --studies 600000 --out benchmarks/out/scaled.jsonl.gz
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from accrual.registry.ctgov_json import read_json, write_json
from accrual.registry.files import SourceRecord, read_records
from accrual.registry.record import Trial
from accrual.registry.record_protocol import DateStruct, Location, Part, ProtocolSection

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FIRST_NUMBER = 10_000_000
MOVED_DAYS = 3 * 365
_FULL_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
P = TypeVar("P", bound=Part)


class Words(msgspec.Struct):
    """One line of the titles and summaries."""

    title: str = ""
    summary: str = ""


def main() -> int:
    """Write the file and say how large its records are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--studies", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out" / "scaled.jsonl.gz")
    asked = parser.parse_args()
    bodies = read_bodies(asked.data)
    words = read_titles(asked.data)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    started, size = time.perf_counter(), 0
    with ExitStack() as stack:
        file: IO[bytes]
        if asked.out.suffix == ".gz":
            file = stack.enter_context(
                gzip.open(asked.out, "wb", compresslevel=1)
            )  # 1: fast, still a quarter
        else:
            file = stack.enter_context(asked.out.open("wb"))
        for line in scaled(bodies, words, asked.studies, random.Random(asked.seed)):
            file.write(line)
            size += len(line)
    seconds = time.perf_counter() - started
    print(f"{asked.out}: {asked.studies:,} studies out of {len(bodies):,} real ones,")
    print(f"{size / asked.studies / 1000:.1f} kB each, {size / 1e9:.2f} GB of JSON,")
    print(f"{asked.out.stat().st_size / 1e9:.2f} GB on disk, {seconds:.0f} s")
    return 0


def read_bodies(data: Path) -> list[bytes]:
    """Return the canonical JSON of every record of the shared registry, v2 and XML."""
    folders = [folder for folder in (data / "registry" / "v2", data / "registry" / "xml") if folder.is_dir()]
    if not folders:
        sys.exit(f"{data}: no registry/v2 and no registry/xml here: name the shared data folder with --data")
    return [record.body for record in read_records(folders) if isinstance(record, SourceRecord)]


def read_titles(data: Path) -> list[Words]:
    """Return titles and summaries of about 100,000 other studies."""
    decode = msgspec.json.Decoder(Words).decode
    with lzma.open(data / "text" / "titles_summaries.jsonl.xz", "rb") as lines:
        return [decode(line) for line in lines]


def scaled(bodies: list[bytes], words: list[Words], studies: int, rng: random.Random) -> Iterator[bytes]:
    """Yield one line of JSON a study."""
    for trial in varied(bodies, words, studies, rng):
        yield write_json(trial) + b"\n"


def varied(bodies: list[bytes], words: list[Words], studies: int, rng: random.Random) -> Iterator[Trial]:
    """Yield the studies that `scaled` writes."""
    sites = [site for body in bodies for site in read_json(body).sites]
    for number in range(studies):
        trial = read_json(bodies[number % len(bodies)])
        other = words[rng.randrange(len(words))] if number % 2 else None
        yield _varied(trial, number, other, sites, rng)


def _varied(
    trial: Trial, number: int, other: Words | None, sites: list[Location], rng: random.Random
) -> Trial:
    replace = msgspec.structs.replace
    protocol = trial.protocolSection
    names = replace(
        protocol.identificationModule,
        nctId=f"NCT{FIRST_NUMBER + number}",
        nctIdAliases=(),
        orgStudyIdInfo=replace(
            protocol.identificationModule.orgStudyIdInfo,
            id=f"{protocol.identificationModule.orgStudyIdInfo.id or 'S'}-{number}",
        ),
    )
    text = protocol.descriptionModule
    if other is not None:
        names = replace(names, briefTitle=other.title, officialTitle="")
        text = replace(text, briefSummary=other.summary)
    moved: ProtocolSection = replace(
        protocol,
        identificationModule=names,
        descriptionModule=text,
        statusModule=_dates_moved(
            protocol.statusModule, timedelta(days=rng.randint(-MOVED_DAYS, MOVED_DAYS))
        ),
        contactsLocationsModule=replace(
            protocol.contactsLocationsModule,
            locations=tuple(
                _site_moved(site, sites, rng) for site in protocol.contactsLocationsModule.locations
            ),
        ),
    )
    changed: Trial = replace(trial, protocolSection=moved)
    return changed


def _site_moved(site: Location, sites: list[Location], rng: random.Random) -> Location:
    if rng.random() < 0.5:
        return site
    other = sites[rng.randrange(len(sites))]
    return msgspec.structs.replace(
        site,
        facility=other.facility,
        city=other.city,
        state=other.state,
        zip=other.zip,
        country=other.country,
        countryCode=other.countryCode,
        geoPoint=other.geoPoint,
    )


def _dates_moved(part: P, by: timedelta) -> P:
    changes: dict[str, object] = {}
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, DateStruct):
            changes[name] = _dates_moved(value, by)
        elif isinstance(value, str) and _FULL_DATE.fullmatch(value):
            changes[name] = _moved(value, by)
    return msgspec.structs.replace(part, **changes)


def _moved(day: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(day) + by).isoformat()
    except (ValueError, OverflowError):
        return day  # not on the calendar: such a record stays as it is


if __name__ == "__main__":
    sys.exit(main())
