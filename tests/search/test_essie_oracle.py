"""The engine finds exactly what the oracle says: thousands of expressions made by chance, over real and odd records."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.search.expressions import Chance
from tests.search.oracle import holds

from accrual.search.essie import read_expression
from accrual.search.essie_writing import write_expression
from accrual.search.expression import And, Expression, Not, Or, Scoped
from accrual.search.plan import Planner
from accrual.search.registry_index import RegistryIndex
from accrual.search.scope import Scope

AREAS = ("BasicSearch", "ConditionSearch", "InterventionSearch", "PatientSearch", "LocationSearch")


class Change(msgspec.Struct, frozen=True):
    """What the index is fed."""

    study: int
    body: bytes


class Engine:
    """The product's search over some records."""

    def __init__(self, folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
        self.records = records
        self.index = RegistryIndex(folder, writable=True)
        self.index.apply(
            [Change(number, json.dumps(record).encode()) for number, record in enumerate(records)]
        )
        self.index.commit()
        assert self.index.skipped == 0

    def find(self, tree: Expression, area: str) -> set[int]:
        """The places of the records that the engine finds."""
        snapshot = self.index.snapshot()
        query = Planner(snapshot).match(tree, Scope(area))
        hits = snapshot.studies.search(query, len(self.records) + 1).hits
        return (
            set(snapshot.studies.fast_field_values("study", [address for _, address in hits]))
            if hits
            else set()
        )

    def differs(self, tree: Expression, area: str) -> dict[int, str]:
        """The records on which the engine and the oracle do not agree, and who of them finds it."""
        found = self.find(tree, area)
        said = {number for number, record in enumerate(self.records) if holds(tree, record, area)}
        return {number: "engine" if number in found else "oracle" for number in sorted(found ^ said)}

    def check(self, tree: Expression, area: str) -> None:
        """Fail with the smallest part of an expression on which they do not agree."""
        if not self.differs(tree, area):
            return
        smaller = tree
        while True:
            smaller, found = next(
                ((part, found) for part in _smaller(smaller) if (found := self.differs(part, area))),
                (smaller, {}),
            )
            if not found:
                break
        who = ", ".join(
            f"{self.records[number]['protocolSection']['identificationModule']['nctId']} only by the {by}"
            for number, by in list(self.differs(smaller, area).items())[:5]
        )
        pytest.fail(
            f"{area}: {write_expression(smaller)}: {who}\nfrom {write_expression(tree)}", pytrace=False
        )


def _smaller(tree: Expression) -> Iterator[Expression]:
    """Parts of an expression, and the expression with one part made smaller."""
    match tree:
        case And(parts=parts) | Or(parts=parts):
            yield from parts
            for at, part in enumerate(parts):
                rest = (*parts[:at], *parts[at + 1 :])
                if len(rest) > 1:
                    yield msgspec.structs.replace(tree, parts=rest)
                for each in _smaller(part):
                    yield msgspec.structs.replace(tree, parts=(*parts[:at], each, *parts[at + 1 :]))
        case Not(part=part):
            yield part
        case Scoped(part=part):
            if tree.area is None and tree.document is None:
                yield part
            for each in _smaller(part):
                yield msgspec.structs.replace(tree, part=each)
        case _:
            pass


ODD: list[dict[str, Any]] = [
    {},
    {"protocolSection": {}, "hasResults": True},
    {
        "protocolSection": {
            "conditionsModule": {"conditions": ["", "  ", "-", "x" * 65, "x" * 64, f"a {'é' * 40} b", None, "a b"]},
            "statusModule": {"startDateStruct": {"date": "soon"}, "overallStatus": "A_NEW_STATUS"},
            "designModule": {"phases": [], "enrollmentInfo": {"count": 0}},
            "contactsLocationsModule": {"locations": []},
        }
    },
    {
        "protocolSection": {
            "conditionsModule": {"conditions": ["ᚠ ᛝ", "ᚠasthmaᛝ", "Straße ﬁbrosis İstanbul", "e\u0301tude", "ТУМОР"]},
            "statusModule": {"startDateStruct": {"date": "2020"}, "overallStatus": "recruiting"},
            "eligibilityModule": {"minimumAge": "N/A", "maximumAge": "18 years", "healthyVolunteers": True},
            "contactsLocationsModule": {
                "locations": [
                    {"city": "Boston", "geoPoint": {"lat": 42.35843, "lon": -71.05977}},
                    {"city": "Boston", "geoPoint": {"lat": 42.35843, "lon": -71.05977}},
                    {"city": "Suva", "country": "Fiji", "geoPoint": {"lat": -18.14161, "lon": 178.44149}},
                    {"contacts": [{"name": "A"}, {"name": "B"}], "status": "RECRUITING"},
                    {"contacts": [{"name": "C"}], "zip": "02115"},
                    {},
                ]
            },
        }
    },
    {
        "protocolSection": {
            "conditionsModule": {"conditions": ["Heart", "Attack", "Brain Tumour", "Type 2", "Diabetes"]},
            "statusModule": {"startDateStruct": {"date": "2020-02"}, "overallStatus": "NOT_YET_RECRUITING"},
            "designModule": {"phases": ["PHASE1", "PHASE2"], "enrollmentInfo": {"count": 12}},
            "eligibilityModule": {"minimumAge": "18 Months", "stdAges": ["CHILD"]},
            "armsInterventionsModule": {
                "interventions": [{"name": "MK-3475", "otherNames": ["Keytruda"]}, {"name": "X", "type": "DRUG"}]
            },
        },
        "resultsSection": {
            "outcomeMeasuresModule": {
                "outcomeMeasures": [{"classes": [{"categories": [{"measurements": [{"value": "3"}]}]}]}]
            }
        },
    },
    {
        "protocolSection": {
            "conditionsModule": {"conditions": "asthma", "keywords": [["nested", "list"], 7, True, 1.5]},
            "designModule": {"enrollmentInfo": {"count": "100"}, "nPtrsToThisExpAccNctId": True},
            "statusModule": {"startDateStruct": "2020-01-01", "overallStatus": True},
            "contactsLocationsModule": {"locations": [{"geoPoint": None}, {"geoPoint": {"lat": 1.0}}, "Paris", None]},
            "eligibilityModule": {"minimumAge": 18, "healthyVolunteers": "yes"},
        }
    },
]  # fmt: skip


def _numbered(record: dict[str, Any], number: int) -> dict[str, Any]:
    section = {**record.get("protocolSection", {}), "identificationModule": {"nctId": f"NCT{number:08d}"}}
    return {**record, "protocolSection": section}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    records = [_numbered(record, number + 1) for number, record in enumerate(ODD)]
    return Engine(tmp_path_factory.mktemp("odd"), records)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Engine:
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz") as lines:
        records = [json.loads(line) for number, line in enumerate(lines) if number % 9 == 0]
    return Engine(tmp_path_factory.mktemp("real"), records)


@pytest.mark.parametrize("seed", range(4))
def test_odd_records_are_found_as_the_oracle_says(odd: Engine, seed: int) -> None:
    chance = Chance(seed, odd.records)
    for _ in range(250):
        odd.check(chance.expression(), chance.random.choice(AREAS))


@pytest.mark.parametrize("seed", range(4))
def test_real_records_are_found_as_the_oracle_says(real: Engine, seed: int) -> None:
    chance = Chance(seed, real.records)
    for _ in range(125):
        real.check(chance.expression(), chance.random.choice(AREAS))


def test_real_expressions_find_what_the_oracle_says(real: Engine, shared_data: Path) -> None:
    texts = [
        text
        for text in (shared_data / "essie" / "queries.txt").read_text().splitlines()
        if "RANGE[StartDate]" not in text
    ]
    for text in texts[::20]:
        real.check(read_expression(text, "advanced filter"), "BasicSearch")


def test_names_of_one_drug_find_the_same_studies(real: Engine) -> None:
    found = [
        real.find(read_expression(name, ""), "InterventionSearch")
        for name in ("pembrolizumab", "Keytruda", "MK-3475")
    ]
    assert found[0]
    assert found[0] == found[1] == found[2]
