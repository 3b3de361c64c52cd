"""The parameter table: defaults, silent caps, lists, and the registry's refusals byte for byte."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from accrual.api.parameters import (
    DOWNLOAD,
    FIELD_VALUES,
    STUDIES,
    STUDY,
    Kind,
    Parameter,
    read_arguments,
)

LONGEST = 8_000


def refusal(parameters: tuple[Parameter, ...], query: str) -> tuple[int, str]:
    """The status and the text that a query string is refused with."""
    with pytest.raises(HTTPException) as refused:
        read_arguments(parameters, query.encode(), LONGEST)
    return refused.value.status_code, refused.value.detail


def test_what_is_left_out_has_its_default() -> None:
    found = read_arguments(STUDIES, b"", LONGEST)
    assert (found.text("format"), found.text("markupFormat"), found.number("pageSize")) == (
        "json",
        "markdown",
        10,
    )
    assert not found.flag("countTotal")
    assert found.items("fields") == ()
    assert found.text("geoDecay") == "func:exp,scale:300mi,offset:0mi,decay:0.5"


@pytest.mark.parametrize(
    "query", ["fields=NCTId,BriefTitle", "fields=NCTId%7CBriefTitle", "fields=NCTId|BriefTitle"]
)
def test_a_list_takes_commas_and_pipes(query: str) -> None:
    assert read_arguments(STUDIES, query.encode(), LONGEST).items("fields") == ("NCTId", "BriefTitle")


def test_a_list_in_several_parts_is_one_list() -> None:
    found = read_arguments(STUDIES, b"fields=NCTId&fields=Phase, Sex", LONGEST)
    assert found.items("fields") == ("NCTId", "Phase", "Sex")


def test_empty_lists_and_texts_are_none_at_all() -> None:
    found = read_arguments(STUDIES, b"filter.ids=&query.cond=&sort=&filter.overallStatus=", LONGEST)
    assert found.items("filter.ids") == found.items("sort") == found.items("filter.overallStatus") == ()
    assert found.text("query.cond") == ""


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("filter.phase=X", "`filter.phase` is unknown parameter"),
        ("filter.status=RECRUITING", "`filter.status` is unknown parameter"),  # as pycli-trials sends
        ("query.badfield=x", "`query.badfield` is unknown parameter"),
        ("colour=x", "`colour` is unknown parameter"),
        ("Format=json", "`Format` is unknown parameter"),
        ("post.ids=x", "Invalid prefix in parameter name: post.ids"),
        ("filter.ids=ABC123", "Item 1 in parameter `filter.ids` has incorrect format"),
        ("filter.ids=NCT00000001|NCT0", "Item 2 in parameter `filter.ids` has incorrect format"),
        ("postFilter.ids=,NCT1", "Item 1 in parameter `postFilter.ids` has incorrect format"),
        ("filter.overallStatus=RECRUITNG", "Invalid value in parameter overallStatus: RECRUITNG"),
        ("format=xml", "Invalid value in parameter format: xml"),
        ("format=", "Invalid value in parameter format: "),
        ("fields=", "Parameter `fields` has incorrect format"),
        ("fields=NCTId,1", "Item 2 in parameter `fields` has incorrect format"),
        ("pageSize=-1", "Parameter `pageSize` has incorrect format"),
        ("pageSize=ten", "Parameter `pageSize` has incorrect format"),
        ("pageSize=2147483648", "Parameter `pageSize` has incorrect format"),
        ("pageSize=" + "9" * 5000, "Parameter `pageSize` has incorrect format"),
        ("pageSize=٣", "Parameter `pageSize` has incorrect format"),
        ("countTotal=1", "Parameter `countTotal` has incorrect format"),
        ("filter.geo=distance(1,2)", "Parameter `filter.geo` has incorrect format"),
        ("geoDecay=func:exp", "Parameter `geoDecay` has incorrect format"),
        ("aggFilters=status", "Item 1 in parameter `aggFilters` has incorrect format"),
        ("sort=StartDate,Phase,Sex", "Parameter `sort` must have at most 2 items"),
        ("sort=StartDate:up", "Item 1 in parameter `sort` has incorrect format"),
        ("query.cond=a&query.cond=b", "Parameter `query.cond` is given more than once"),
        ("query.cond=" + "a" * (LONGEST + 1), f"Parameter `query.cond` is longer than {LONGEST} characters"),
    ],
)
def test_what_is_wrong_is_refused_in_the_registrys_words(query: str, text: str) -> None:
    assert refusal(STUDIES, query) == (400, text)


def test_an_endpoint_without_queries_calls_their_prefix_invalid() -> None:
    asked = "fields=Phase&query.cond=cancer"
    assert refusal(FIELD_VALUES, asked) == (400, "Invalid prefix in parameter name: query.cond")


def test_a_study_takes_no_special_field() -> None:
    assert refusal(STUDY, "fields=@query") == (400, "Item 1 in parameter `fields` has incorrect format")


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_a_flag_is_read_in_any_case(text: str) -> None:
    assert read_arguments(STUDIES, f"countTotal={text}".encode(), LONGEST).flag("countTotal")


def test_every_parameter_of_the_public_document_is_here_with_its_pattern(shared_reference: Path) -> None:
    document = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text()
    paths = document[: document.index("\ncomponents:")]
    studies = paths[paths.index("\n  /studies:") : paths.index("\n  /studies/{nctId}:")]
    documented = re.findall(r'\n      - name: "([^"]+)"', studies)
    assert sorted(documented) == sorted(parameter.name for parameter in STUDIES)
    # A JSON string and a YAML one in quotation marks are written alike; YAML may break the line after a backslash.
    patterns = {
        json.loads(f'"{found}"')
        for found in re.findall(r'\n +pattern: "((?:[^"\\]|\\.)*)"', re.sub(r"\\\n +\\?", "", studies))
    }
    ours = {parameter.pattern for parameter in STUDIES if parameter.pattern}
    for pattern in patterns:
        assert pattern[1:-1] in ours or pattern in {f"^{one}$" for one in ours}, pattern


@given(st.text(max_size=60), st.sampled_from([one.name for one in (*STUDIES, *DOWNLOAD)]))
def test_no_value_breaks_the_reading(value: str, name: str) -> None:
    query = f"{name}={value}".encode()
    with contextlib.suppress(HTTPException):
        found = read_arguments(STUDIES, query, LONGEST)
        for parameter in STUDIES:
            if parameter.kind is Kind.NUMBER:
                assert found.number(parameter.name) >= 0
