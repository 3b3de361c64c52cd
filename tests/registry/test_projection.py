"""Projection: only the named fields stay, branches whole, positions kept, nothing empty."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from accrual.errors import UnknownFieldError
from accrual.registry.areas import area_of_query
from accrual.registry.fields import FIELDS, leaves, read_values
from accrual.registry.projection import Projection, project, select_fields

SITES = [
    {"city": "Oslo", "contacts": [{"name": "Ward 1"}, {"phone": "1"}]},
    {"facility": "Clinic"},
    {"city": "Bergen", "contacts": [{"phone": "2"}]},
]
RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000102", "briefTitle": "Title", "acronym": "T"},
        "designModule": {"phases": ["PHASE1", "PHASE2"], "bioSpec": {}, "designInfo": {"allocation": "NA"}},
        "contactsLocationsModule": {"locations": SITES},
    },
    "derivedSection": {"miscInfoModule": {"versionHolder": "2026-01-01", "newField": 1}},
    "hasResults": False,
}


def test_a_leaf_is_taken_by_piece_or_path_in_the_records_order() -> None:
    taken = project(RECORD, ("HasResults", "protocolSection.identificationModule.briefTitle", "NCTId"))
    assert taken == {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000102", "briefTitle": "Title"}},
        "hasResults": False,
    }
    assert list(taken["protocolSection"]["identificationModule"]) == ["nctId", "briefTitle"]


def test_a_branch_stays_whole_with_fields_that_no_table_knows() -> None:
    assert project(RECORD, ("MiscInfoModule",)) == {"derivedSection": RECORD["derivedSection"]}


@pytest.mark.parametrize("names", [("NCTId", "IdentificationModule"), ("IdentificationModule", "NCTId")])
def test_a_leaf_named_beside_its_branch_takes_nothing_from_it(names: tuple[str, ...]) -> None:
    assert project(RECORD, names) == {
        "protocolSection": {"identificationModule": RECORD["protocolSection"]["identificationModule"]}
    }


def test_items_keep_their_position() -> None:
    sites = project(RECORD, ("LocationCity", "LocationContactName"))["protocolSection"]
    assert sites["contactsLocationsModule"]["locations"] == [
        {"city": "Oslo", "contacts": [{"name": "Ward 1"}, {}]},
        {},
        {"city": "Bergen"},
    ]


def test_what_holds_nothing_is_left_out() -> None:
    assert project(RECORD, ("LocationZip", "BioSpec", "Condition")) == {}


def test_an_area_and_the_queried_areas_are_names() -> None:
    assert project(RECORD, ("TitleSearch",)) == {
        "protocolSection": {"identificationModule": {"briefTitle": "Title", "acronym": "T"}}
    }
    queried = (area_of_query("id"), area_of_query("locn"))
    taken = Projection(("@query",), queried).take(RECORD)["protocolSection"]
    assert taken["identificationModule"] == {"nctId": "NCT00000102", "acronym": "T"}
    assert [site.get("facility") for site in taken["contactsLocationsModule"]["locations"]] == [
        None, "Clinic", None
    ]  # fmt: skip
    assert select_fields(("@query",)) == ()


@pytest.mark.parametrize("name", ["nctid", "NCT Number", "@Query", "Bogus", "LocationCity:size"])
def test_an_unknown_name_is_refused_in_the_registrys_words(name: str) -> None:
    with pytest.raises(UnknownFieldError, match=f"Unknown piece name of field path: {name}"):
        project(RECORD, ("NCTId", name))


def test_the_record_itself_is_left_as_it_is() -> None:
    before = repr(RECORD)
    project(RECORD, ("Location", "LocationCity", "BasicSearch"))
    assert repr(RECORD) == before


def test_of_real_records_exactly_the_values_of_the_chosen_fields_stay(shared_data: Path) -> None:
    rng = random.Random(5)
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        records = [json.loads(line) for number, line in enumerate(lines) if number % 40 == 0]
    for record in records:
        chosen = rng.sample(FIELDS, rng.randint(1, 12))
        kept = {leaf.path for field in chosen for leaf in leaves(field)}
        taken = project(record, [rng.choice((field.piece, field.path)) for field in chosen])
        for field in FIELDS:
            if not field.children:
                expected = read_values(record, field) if field.path in kept else []
                assert read_values(taken, field) == expected, (field.path, [each.piece for each in chosen])


def test_all_sections_together_are_the_record_itself(shared_reference: Path) -> None:
    record = json.loads((shared_reference / "ctgov-api-v2/study_full.json").read_bytes())
    names = [field.piece for field in FIELDS if "." not in field.path]
    assert json.dumps(project(record, names)) == json.dumps(record)
    every_leaf = [field.piece for field in FIELDS if not field.children]
    assert json.dumps(project(record, every_leaf)) == json.dumps(record)
