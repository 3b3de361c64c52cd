"""Two versions of a record compared: nothing is lost, nothing that only stands elsewhere counts."""

from __future__ import annotations

import copy
import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.registry.difference import Difference, compare, path_text

LISTED = "protocolSection.contactsLocationsModule.locations"


def applied(record: Any, differences: tuple[Difference, ...]) -> Any:
    """The later version, made out of the earlier one and the differences."""
    root = {"": copy.deepcopy(record)}
    gone: list[tuple[Any, Any]] = []
    come: list[tuple[Any, Any]] = []
    for each in differences:
        at: Any = root
        for step, following in zip(("", *each.path[:-1]), each.path, strict=True):
            if isinstance(at, dict) and step not in at:
                at[step] = [] if isinstance(following, int) else {}
            at = at[step]
        last = each.path[-1]
        if each.kind == "removed":
            gone.append((at, last))
        elif each.kind == "added" and isinstance(at, list):
            come.append((at, each.after))
        else:
            at[last] = each.after
    for at, last in gone:
        at[last] = GONE
    for at, value in come:
        at.append(value)
    return cleaned(root[""])


GONE = object()


def cleaned(value: Any) -> Any:
    """A value without what was taken out and without empty groups, its lists in one order."""
    if isinstance(value, dict):
        kept = {name: cleaned(item) for name, item in value.items() if item is not GONE}
        return {name: item for name, item in kept.items() if item not in ({}, [])}
    if isinstance(value, list):
        items = [cleaned(item) for item in value if item is not GONE]
        return sorted(
            (item for item in items if item not in ({}, [])), key=lambda one: json.dumps(one, sort_keys=True)
        )
    return value


def shared_pairs(shared_data: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    with gzip.open(shared_data / "registry/history/versions.jsonl.gz", "rb") as lines:
        rows = [json.loads(line) for line in lines]
    rows.sort(key=lambda row: (row["nct_id"], row["last_update_posted"], row["version_holder"]))
    return [
        (before["study"], after["study"])
        for before, after in pairwise(rows)
        if before["nct_id"] == after["nct_id"]
    ]


def test_the_differences_make_the_later_version_of_every_real_history(shared_data: Path) -> None:
    pairs = shared_pairs(shared_data)
    assert len(pairs) > 50
    for before, after in pairs:
        assert applied(before, compare(before, after)) == cleaned(after)
        assert applied(after, compare(after, before)) == cleaned(before)
        assert compare(after, after) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b", "Berlin"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "city", "country", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["protocolSection", "resultsSection", "y"]), VALUES, max_size=3),
    st.dictionaries(st.sampled_from(["protocolSection", "resultsSection", "y"]), VALUES, max_size=3),
)
def test_any_two_records_are_compared_and_none_differs_from_itself(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert compare(before, before) == ()
    assert bool(compare(before, after)) or cleaned(before) == cleaned(after)


def test_an_order_is_no_difference() -> None:
    sites = [{"facility": "A", "city": "Rome"}, {"facility": "B", "city": "Oslo"}]
    before = {"protocolSection": {"contactsLocationsModule": {"locations": sites}}}
    after = {"protocolSection": {"contactsLocationsModule": {"locations": sites[::-1]}}}
    assert compare(before, after) == ()


def test_a_site_is_known_again_by_its_name_and_town() -> None:
    def record(*sites: dict[str, str]) -> dict[str, Any]:
        return {"protocolSection": {"contactsLocationsModule": {"locations": list(sites)}}}

    berlin = {"facility": "Research Site", "city": "Berlin", "country": "Germany", "status": "RECRUITING"}
    rome = {"facility": "Research Site", "city": "Rome", "country": "Italy", "status": "RECRUITING"}
    (found,) = compare(record(berlin, rome), record(rome, {**berlin, "status": "COMPLETED"}))
    assert path_text(found.path) == f"{LISTED}[0].status"
    assert (found.before, found.after) == ("RECRUITING", "COMPLETED")
    moved = compare(record(berlin), record(rome))
    assert [each.kind for each in moved] == ["added", "removed"]  # a site does not move to another country


def test_a_date_and_its_kind_are_one_difference() -> None:
    def record(day: str, kind: str) -> dict[str, Any]:
        return {"protocolSection": {"statusModule": {"startDateStruct": {"date": day, "type": kind}}}}

    (found,) = compare(record("2026-01", "ESTIMATED"), record("2026-02-03", "ACTUAL"))
    assert found.field == "protocolSection.statusModule.startDateStruct"


def test_a_module_that_comes_is_told_by_its_fields() -> None:
    sharing = {"ipdSharing": "YES", "infoTypes": ["SAP", "CSR"]}
    found = compare({"protocolSection": {}}, {"protocolSection": {"ipdSharingStatementModule": sharing}})
    assert [each.after for each in found] == ["YES", "SAP", "CSR"]


def test_what_is_nested_beyond_reason_is_compared_as_a_whole() -> None:
    def nested(value: int) -> Any:
        found: Any = value
        for _ in range(200):
            found = {"a": found}
        return found

    assert len(compare({"x": nested(1)}, {"x": nested(2)})) == 1
    assert compare({"x": nested(1)}, {"x": nested(1)}) == ()


@pytest.mark.parametrize("hostile", [[], "text", 3, None, {"locations": {"a": 1}}])
def test_a_module_of_another_shape_is_compared_too(hostile: Any) -> None:
    before = {"protocolSection": {"contactsLocationsModule": {"locations": [{"city": "Rome"}]}}}
    after = {"protocolSection": {"contactsLocationsModule": hostile}}
    assert compare(before, after)
    assert compare(after, before)
