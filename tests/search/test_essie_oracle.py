"""The engine finds exactly what the oracle says: thousands of expressions made by chance, over real and odd records."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.search.engine import Engine
from tests.search.expressions import Chance

from accrual.search.essie import read_expression

AREAS = ("BasicSearch", "ConditionSearch", "InterventionSearch", "PatientSearch", "LocationSearch")


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
