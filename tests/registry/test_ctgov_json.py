"""v2 JSON in and out: nothing is lost, and what is broken is refused with a reason."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect

from accrual.errors import RecordError
from accrual.registry import record_derived, record_protocol, record_results
from accrual.registry.ctgov_json import MAX_WARNINGS, read_json, read_with_body, write_json
from accrual.registry.record import Study
from accrual.registry.record_protocol import ContactsLocationsModule, DesignModule, StatusModule

ID = {"identificationModule": {"nctId": "NCT00000001"}}


def study(**protocol: Any) -> dict[str, Any]:
    return {"protocolSection": {**ID, **protocol}}


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def returned(value: object) -> Any:
    return json.loads(write_json(read_json(encoded(value))))


def test_every_v2_record_comes_back_as_the_same_json(shared_data: Path) -> None:
    count = 0
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for line in lines:
            trial, body = read_with_body(line)
            assert json.loads(body) == json.loads(line), trial.nct_id
            assert write_json(trial) == body
            count += 1
    assert count == 1886


def test_every_dated_version_comes_back_as_the_same_json(shared_data: Path) -> None:
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz") as lines:
        studies = [json.loads(line)["study"] for line in lines]
    assert len(studies) == 104
    for one in studies:
        assert returned(one) == one


def test_the_reference_study_needs_no_residue(shared_reference: Path) -> None:
    data = (shared_reference / "ctgov-api-v2/study_full.json").read_bytes()
    trial = read_json(data)
    assert trial.residue == ()
    assert json.loads(write_json(trial)) == json.loads(data)


def test_clean_minified_record_is_returned_byte_for_byte() -> None:
    data = (
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"A"},'
        b'"eligibilityModule":{"healthyVolunteers":false}},"hasResults":false}'
    )
    assert read_with_body(data)[1] == data


@pytest.mark.parametrize(
    "value",
    [
        {**study(), "McodeResults": {"a": [1, None, ""]}},
        {**study(), "residue": [1], "warnings": ["x"]},
        study(statusModule=None),
        study(statusModule={}),
        study(statusModule={"overallStatus": "", "whyStopped": None}),
        study(designModule={"phases": []}),
        study(designModule={"phases": ["PHASE2", None, 3, "PHASE3", ""]}),
        study(designModule={"phases": "PHASE2"}),
        study(designModule={"phases": [None, None]}),
        study(designModule={"enrollmentInfo": {"count": "20"}}),
        study(designModule={"enrollmentInfo": {"count": 20.5}}),
        study(designModule={"enrollmentInfo": {"count": True}}),
        study(eligibilityModule={"healthyVolunteers": "No"}),
        study(eligibilityModule={"healthyVolunteers": False}),
        study(
            contactsLocationsModule={
                "locations": [5, {"city": 6, "x": 1}, "text", {"city": "Suzhou"}, None, {}]
            }
        ),
        study(
            contactsLocationsModule={
                "locations": [{"geoPoint": {"lat": 1}}, {"geoPoint": {"lat": 1, "lon": "2"}}]
            }
        ),
        study(
            contactsLocationsModule={"locations": [{"geoPoint": {"lat": 12345678901234567891, "lon": 40}}]}
        ),
        study(armsInterventionsModule={"armGroups": [[], [[]], {"interventionNames": ["a", 1]}]}),
        {**study(), "hasResults": None, "resultsSection": [], "documentSection": 0},
    ],
)
def test_what_the_types_cannot_hold_survives(value: dict[str, Any]) -> None:
    assert returned(value) == value
    body = write_json(read_json(encoded(value)))
    assert write_json(read_json(body)) == body, "reading what was written must change nothing"


def test_value_of_a_wrong_type_leaves_the_field_empty_and_warns() -> None:
    trial = read_json(
        encoded(study(designModule={"enrollmentInfo": {"count": "20"}, "phases": ["PHASE2", 3]}))
    )
    assert trial.enrollment is None
    assert trial.phases == ("PHASE2",)
    assert trial.warnings == (
        "protocolSection.designModule.enrollmentInfo.count: text where a whole number belongs; kept, not used",
        "protocolSection.designModule.phases.1: a number where text belongs; kept, not used",
    )


def test_a_wrong_type_in_one_site_keeps_the_other_sites() -> None:
    trial = read_json(
        encoded(study(contactsLocationsModule={"locations": [5, {"city": "Suzhou"}, {"city": 7}]}))
    )
    assert [site.city for site in trial.sites] == ["Suzhou", ""]


def test_impossible_date_is_kept_and_reported_and_counts_as_missing() -> None:
    value = study(
        statusModule={
            "startDateStruct": {"date": "2021-13-45"},
            "completionDateStruct": {"date": "2021-02-28"},
            "lastUpdatePostDateStruct": {"date": "2021-02-30"},
        }
    )
    trial = read_json(encoded(value))
    assert trial.start_date is None
    assert str(trial.completion_date) == "2021-02-28"
    assert trial.last_update == ""
    assert [warning.split(":")[0] for warning in trial.warnings] == [
        "protocolSection.statusModule.startDateStruct.date",
        "protocolSection.statusModule.lastUpdatePostDateStruct.date",
    ]
    assert returned(value) == value


def test_impossible_date_deep_in_a_list_is_reported() -> None:
    value = {
        **study(),
        "documentSection": {"largeDocumentModule": {"largeDocs": [{"date": "2020-01-01"}, {"date": "x"}]}},
    }
    assert read_json(encoded(value)).warnings == (
        "documentSection.largeDocumentModule.largeDocs.1.date: 'x' is not a date on the calendar; counts as missing",
    )


def test_warnings_of_one_record_are_bounded() -> None:
    trial = read_json(encoded(study(conditionsModule={"conditions": ["a", *range(500)]})))
    assert len(trial.warnings) == MAX_WARNINGS + 1
    assert trial.warnings[-1] == "and 480 more"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty: no JSON"),
        (b"   ", "empty: no JSON"),
        (b'{"protocolSection": {', "breaks off before byte 21"),
        (b'{"protocolSection": nope}', "invalid JSON: invalid character (at byte 24)"),
        (encoded(study()) + b"x", "trailing characters (at byte 72)"),
        (b"[]", "a study is a JSON object, this is a list"),
        (b'"text"', "a study is a JSON object, this is text"),
        (b"null", "a study is a JSON object, this is null"),
        (b"{}", "no NCT number"),
        (b'{"protocolSection":{"identificationModule":{"nctId":17}}}', "no NCT number"),
        (b'{"protocolSection":{"identificationModule":{"nctId":"ISRCTN123"}}}', "not an NCT number"),
        (
            b'{"protocolSection":{"identificationModule":{"nctId":"\xe9"}}}',
            "not UTF-8: byte 0xE9 at offset 53",
        ),
        (
            b'{"unknown":"\xff","protocolSection":{"identificationModule":{"nctId":"NCT00000001"}}}',
            "not UTF-8",
        ),
        ("{}".encode("utf-16"), "UTF-16"),
        ("{}".encode("utf-16-le"), "UTF-16"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"x":' * 200_000, "nested too deep"),
    ],
)
def test_what_is_not_a_study_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(RecordError) as refused:
        read_json(data, "file.json:7")
    assert reason in refused.value.reason
    assert refused.value.where == "file.json:7"
    assert str(refused.value).startswith("file.json:7: ")


def test_byte_order_mark_is_allowed() -> None:
    assert read_json(b"\xef\xbb\xbf" + encoded(study())).nct_id == "NCT00000001"


def test_white_space_and_field_order_do_not_matter() -> None:
    value = {"hasResults": True, "protocolSection": {"statusModule": {"overallStatus": "RECRUITING"}, **ID}}
    pretty = json.dumps(value, indent=2).encode()
    trial, body = read_with_body(pretty)
    assert trial.residue == ()
    assert json.loads(body) == value
    assert body == read_with_body(body)[1]


_LEAF = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
)
_ANY_JSON = st.recursive(
    _LEAF | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "date", "class"]), inner, max_size=3)
    ),
    max_leaves=5,
)


def _damaged(kind: type[Any]) -> st.SearchStrategy[Any]:
    """JSON that is nearly of the shape: each field right, absent, or anything at all."""

    def of(shape: inspect.Type, depth: int) -> st.SearchStrategy[Any]:
        match shape:
            case inspect.Metadata():
                return of(shape.type, depth)
            case inspect.UnionType():
                return st.one_of([of(one, depth) for one in shape.types])
            case inspect.StructType() if depth:
                fields = {
                    field.encode_name: st.one_of(of(field.type, depth - 1), _ANY_JSON)
                    for field in shape.fields
                }
                return st.fixed_dictionaries({}, optional=fields)
            case inspect.VarTupleType() if depth:
                return st.lists(st.one_of(of(shape.item_type, depth - 1), _ANY_JSON), max_size=3)
            case inspect.StrType():
                return st.sampled_from(["", "2021-03", "text"])
            case inspect.BoolType():
                return st.booleans()
            case inspect.IntType() | inspect.FloatType():
                return st.integers(-5, 5)
        return st.none()

    return of(inspect.type_info(kind), 4)


@settings(max_examples=150, deadline=None)
@given(
    design=_damaged(DesignModule),
    places=_damaged(ContactsLocationsModule),
    status=_damaged(StatusModule),
    more=_ANY_JSON,
)
def test_any_damage_survives_the_round_trip(design: Any, places: Any, status: Any, more: Any) -> None:
    value = study(designModule=design, contactsLocationsModule=places, statusModule=status)
    value["unknown"] = more
    body = write_json(read_json(msgspec.json.encode(value)))
    assert msgspec.json.decode(body) == value
    assert write_json(read_json(body)) == body


def _schemas(text: str) -> Iterator[tuple[str, str]]:
    """Yield (schema, property) of the OpenAPI document, read by its indentation."""
    name = ""
    inside = False
    for line in text[text.index("\ncomponents:") :].splitlines():
        if line.startswith("    ") and not line.startswith("     ") and line.endswith(":"):
            name, inside = line.strip()[:-1], False
        elif line == "      properties:":
            inside = True
        elif line.startswith("      ") and not line.startswith("       "):
            inside = False
        elif inside and line.startswith("        ") and not line.startswith("         "):
            yield name, line.strip()[:-1]


def test_every_property_of_every_study_schema_has_a_typed_field(shared_reference: Path) -> None:
    same = {"PartialDateStruct": "DateStruct", "FlowGroup": "Group", "MeasureGroup": "Group"}
    document = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text()
    homes = (record_protocol, record_results, record_derived)
    structs = {name: vars(home)[name] for home in homes for name in vars(home)} | {"Study": Study}
    checked = 0
    for schema, prop in _schemas(document):
        struct = structs.get(same.get(schema, schema))
        if struct is not None and isinstance(struct, type) and issubclass(struct, msgspec.Struct):
            assert prop in struct.__struct_encode_fields__, f"{schema}.{prop}"
            checked += 1
    assert checked > 350
