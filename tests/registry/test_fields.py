"""The field table: every path of real records is in it, names are unique, values are read out of real records."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accrual.errors import UnknownFieldError
from accrual.registry.areas import AREAS, QUERY_PARAMS, area_of_query, find_area
from accrual.registry.enums import ENUMS, legacy_value
from accrual.registry.fields import (
    FIELDS,
    count_items,
    find_counted,
    find_field,
    leaves,
    nested_document,
    read_sizes,
    read_values,
)

# Branches of the shared records that are not the registry's: what a program added that read them before we got them,
# and a copy of the sites that the registry served for a while.
FOREIGN = ("McodeResults", "protocolSection.contactsLocationsModule.locations_nested")
ODD = (
    ("protocolSection.designModule.patientRegistry", "YES"),
)  # two records carry a word instead of a boolean
STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT00000102", "briefTitle": "A study"},
        "armsInterventionsModule": {
            "armGroups": [
                {"label": "A", "interventionNames": ["Drug: X", "Drug: Y"]},
                {"label": "B"},
                {"label": "C", "interventionNames": ["Drug: Z"]},
            ]
        },
        "contactsLocationsModule": {
            "locations": [{"city": "Oslo", "geoPoint": {"lat": 59.9, "lon": 10.7}}, {"facility": "Ward"}]
        },
    },
    "hasResults": False,
}


def paths(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every path of a record, lists laid flat."""
    if isinstance(value, dict):
        for name, below in value.items():
            path = f"{above}.{name}" if above else name
            yield path, below
            yield from paths(below, path)
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, above)


def real_records(shared_data: Path, shared_reference: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for line in lines:
            yield json.loads(line)
    yield json.loads((shared_reference / "ctgov-api-v2/study_full.json").read_bytes())
    yield json.loads((shared_data / "seed/NCT04785833.json").read_bytes())


def test_every_path_of_real_records_is_a_field_of_the_right_kind(
    shared_data: Path, shared_reference: Path
) -> None:
    known = {field.path: field for field in FIELDS}
    json_types = {"integer": int, "boolean": bool, "number": (int, float)}
    seen = set()
    for record in real_records(shared_data, shared_reference):
        for path, value in paths(record):
            if path.startswith(FOREIGN):
                continue
            field = known.get(path)
            assert field, f"{path} is in no row of fields.tsv"
            assert isinstance(value, list) == field.many, path
            for item in value if field.many else (value,):
                expected = dict if field.children else json_types.get(field.type, str)
                assert isinstance(item, expected) or (path, item) in ODD, (path, item)
            seen.add(path)
    assert len(seen) > 430


def test_every_enumerated_value_of_real_records_is_in_its_enumeration(
    shared_data: Path, shared_reference: Path
) -> None:
    fields = [(field, {each.value for each in ENUMS[field.enum].values}) for field in FIELDS if field.enum]
    for number, record in enumerate(real_records(shared_data, shared_reference)):
        if number % 10:
            continue  # one in ten: the values are few
        for field, values in fields:
            assert values.issuperset(read_values(record, field)), field.path


def test_paths_and_types_are_those_of_the_public_document(shared_reference: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="reads the public document")
    text = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text(encoding="utf-8")
    schemas = yaml.safe_load(text)["components"]["schemas"]
    found = {}

    def walk(schema: str, above: str) -> None:
        for name, kind in schemas[schema]["properties"].items():
            many, struct = False, ""
            while "$ref" in kind or kind["type"] == "array":
                if "$ref" in kind:
                    struct = kind["$ref"].rpartition("/")[2]
                    kind = schemas[struct]
                else:
                    many, kind = True, kind["items"]
            path = f"{above}.{name}" if above else name
            found[path] = (many, kind["type"], struct if "enum" in kind else "")
            if kind["type"] == "object":
                walk(struct, path)

    walk("Study", "")
    plain = ("object", "integer", "number", "boolean")
    table = {
        field.path: (
            field.many,
            "object" if field.children else field.type if field.type in plain else "string",
            field.enum,
        )
        for field in FIELDS
    }
    assert found == {path: table[path] for path in found}
    assert [path for path in table if path in found] == list(found), "in the order of the document"
    extra = set(table) - set(found)
    assert all(find_field(path).historic for path in extra)


def test_pieces_that_the_registry_was_seen_to_use_are_fields(shared_reference: Path) -> None:
    folder = shared_reference / "ctgov-api-v2"
    enums = json.loads((folder / "studies_enums.json").read_bytes())
    areas = json.loads((folder / "search_areas.json").read_bytes())
    columns = json.loads((folder / "csv_columns.json").read_bytes())
    pieces = {piece for enum in enums for piece in enum["pieces"]}
    pieces |= {piece for column in columns for piece in column["pieces"]}
    pieces |= {
        piece
        for document in areas
        for area in document["areas"]
        for part in area["parts"]
        for piece in part["pieces"]
    }
    assert pieces == {field.piece for field in FIELDS if field.recorded}


def test_a_field_is_found_by_its_piece_its_path_and_its_further_names() -> None:
    path = "protocolSection.contactsLocationsModule.locations.city"
    assert find_field("LocationCity") is find_field(path)
    assert find_field("Gender") is find_field("Sex")
    for name in ("locationcity", "LocationCity ", "", "Bogus", path.upper()):
        with pytest.raises(UnknownFieldError, match=f"^Unknown piece name of field path: {name}$"):
            find_field(name)


def test_a_long_unknown_name_is_cut_in_the_message() -> None:
    with pytest.raises(UnknownFieldError) as caught:
        find_field("x" * 100_000)
    assert len(str(caught.value)) < 300


def test_values_are_read_flat_and_in_order() -> None:
    assert read_values(STUDY, find_field("ArmGroupInterventionName")) == ["Drug: X", "Drug: Y", "Drug: Z"]
    assert read_values(STUDY, find_field("LocationCity")) == ["Oslo"]
    assert read_values(STUDY, find_field("HasResults")) == [False]
    assert read_values(STUDY, find_field("LocationGeoPoint")) == [{"lat": 59.9, "lon": 10.7}]
    assert read_values(STUDY, find_field("Phase")) == []


@pytest.mark.parametrize(
    "broken", [{}, {"protocolSection": None}, {"protocolSection": [3]}, {"hasResults": None}]
)
def test_a_record_of_another_shape_has_no_values(broken: dict[str, Any]) -> None:
    assert all(read_values(broken, field) == [] for field in FIELDS if "." in field.path or "R" in field.path)


def test_sizes_are_counted_by_list_and_in_all() -> None:
    assert read_sizes(STUDY, find_field("ArmGroupInterventionName")) == [2, 1]
    assert count_items(STUDY, find_field("ArmGroupInterventionName")) == 3
    assert count_items(STUDY, find_field("Location")) == 2
    assert count_items(STUDY, find_field("Phase")) == 0


def test_a_number_of_items_has_a_name_of_its_own() -> None:
    assert find_counted("NumLocations") is find_field("Location")
    with pytest.raises(UnknownFieldError):
        find_counted("NumBriefTitles")


def test_fields_below_the_sites_belong_to_a_site() -> None:
    assert nested_document(find_field("LocationContactName")) == "Location"
    assert nested_document(find_field("Location")) == "Location"
    assert nested_document(find_field("CentralContactName")) == "Study"


def test_leaves_are_what_lies_below_a_branch() -> None:
    assert [leaf.piece for leaf in leaves(find_field("LeadSponsor"))] == [
        "LeadSponsorName",
        "LeadSponsorClass",
    ]
    assert leaves(find_field("BriefTitle")) == (find_field("BriefTitle"),)
    assert find_field("LeadSponsorName").parent == find_field("LeadSponsor").path


def test_an_area_is_a_search_area_a_piece_or_a_path() -> None:
    assert len(AREAS) == 19
    assert [field.piece for field in find_area("NCTIdSearch").fields] == ["NCTId", "NCTIdAlias"]
    assert find_area("Condition").fields == find_area(find_field("Condition").path).fields
    with pytest.raises(UnknownFieldError, match=r"^Unknown area name: 'X'$"):
        find_area("X")


def test_every_query_parameter_searches_an_area() -> None:
    assert set(QUERY_PARAMS) == {
        "cond", "term", "locn", "titles", "intr", "outc", "spons", "lead", "id", "patient"
    }  # fmt: skip
    assert area_of_query("lead").fields == (find_field("LeadSponsorName"),)
    assert area_of_query("patient").name == "PatientSearch"
    with pytest.raises(UnknownFieldError, match=r"`query\.badfield` is unknown parameter"):
        area_of_query("badfield")


def test_legacy_values_follow_the_exceptions_of_their_piece() -> None:
    assert legacy_value(find_field("StartDateType"), "ESTIMATED") == "Anticipated"
    assert legacy_value(find_field("LastUpdatePostDateType"), "ESTIMATED") == "Estimate"
    assert legacy_value(find_field("Phase"), "NA") == "Not Applicable"
    assert legacy_value(find_field("Phase"), "PHASE9") == "PHASE9"
    assert legacy_value(find_field("BriefTitle"), "NA") == "NA"
