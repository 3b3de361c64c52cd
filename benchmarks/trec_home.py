"""Makes the data folder that `trec.py` searches: whole records, and criteria texts that come without a record.

Comes in: files and folders of records, and a file of criteria texts (one JSON object a line: nct_id, criteria, and
where known title, conditions, ages, sex, phase, status). Goes out: a data folder, everything derived in it caught up.
A text whose study is among the records is left out; of several texts of a study the longest counts.

    python benchmarks/trec_home.py ../shared/data/registry/v2 ../shared/data/registry/xml \
        --criteria ../shared/data/criteria/texts.jsonl.gz --home HOME
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from accrual.finder import Finder


class Text(msgspec.Struct, frozen=True):
    """One line of criteria texts, as several collections wrote it: the same thing goes by several names."""

    nct_id: str
    criteria: str = ""
    title: str = ""
    brief_title: str = ""
    official_title: str = ""
    brief_summary: str = ""
    conditions: tuple[str, ...] = ()
    diseases: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    status: str = ""
    gender: str = ""
    sex: str = ""
    minimum_age: float | None = None
    maximum_age: float | None = None
    minimum_age_years: float | None = None
    maximum_age_years: float | None = None


SEXES = {"A": "ALL", "ALL": "ALL", "M": "MALE", "MALE": "MALE", "F": "FEMALE", "FEMALE": "FEMALE"}
OLDEST = 100  # years; collections write 120 or 130 where a record has no upper limit


def texts_of(path: Path) -> Iterator[Text]:
    """Yield the texts of a file, plain or gzip."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            yield msgspec.json.decode(line, type=Text)


def longest(texts: Iterable[Text], without: set[str]) -> dict[str, Text]:
    """Return one text a study, the longest, in the order of the file; without some studies."""
    found: dict[str, Text] = {}
    for text in texts:
        held = found.get(text.nct_id)
        if text.nct_id not in without and (held is None or len(text.criteria) > len(held.criteria)):
            found[text.nct_id] = text
    return found


def record_of(text: Text) -> dict[str, object]:
    """Return the smallest v2 record that says what a text says.

    Example:
        >>> record_of(Text("NCT00000001", "Age 18 or older", conditions=("Asthma",)))["protocolSection"]
    """
    eligibility: dict[str, object] = {"eligibilityCriteria": text.criteria}
    sex = SEXES.get((text.sex or text.gender).upper())
    if sex:
        eligibility["sex"] = sex
    for field, ages in (
        ("minimumAge", (text.minimum_age, text.minimum_age_years)),
        ("maximumAge", (text.maximum_age, text.maximum_age_years)),
    ):
        years = next((age for age in ages if age is not None), None)
        if years is not None and 0 < years < OLDEST and years == int(years):
            eligibility[field] = f"{int(years)} Years"
    titles = {"briefTitle": text.brief_title or text.title, "officialTitle": text.official_title}
    protocol: dict[str, object] = {
        "identificationModule": {
            "nctId": text.nct_id,
            **{name: title for name, title in titles.items() if title},
        },
        "conditionsModule": {"conditions": list(text.conditions or text.diseases)},
        "eligibilityModule": eligibility,
    }
    if text.brief_summary:
        protocol["descriptionModule"] = {"briefSummary": text.brief_summary}
    drugs = text.drugs or text.interventions
    if drugs:
        protocol["armsInterventionsModule"] = {"interventions": [{"name": name} for name in drugs]}
    return {"protocolSection": protocol}


def main() -> int:
    """Load the records, then the texts, and say what is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--criteria", type=Path, help="criteria texts whose studies have no record")
    parser.add_argument("--home", type=Path, required=True, help="data folder; made where it is missing")
    asked = parser.parse_args()
    started = time.perf_counter()
    with Finder(asked.home) as finder, tempfile.TemporaryDirectory() as folder:
        finder.load(asked.records)
        if asked.criteria is not None:
            extra = Path(folder) / "texts.jsonl"
            found = longest(texts_of(asked.criteria), without=set(finder.nct_ids()))
            extra.write_bytes(b"\n".join(msgspec.json.encode(record_of(one)) for one in found.values()))
            finder.load([extra])
        status = finder.status()
    print(f"{status.studies:,} studies, {status.criteria:,} criteria, {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
