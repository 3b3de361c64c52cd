"""Pages of a search of the registry: filters, orders, cursors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from accrual.basic import GeoPoint
from accrual.errors import CursorExpiredError, QueryError, UnknownFieldError
from accrual.registry.areas import area_of_query
from accrual.search.agg_filters import AGG_FILTERS, read_agg_filter
from accrual.search.essie import read_expression
from accrual.search.registry_index import KEPT_SECONDS, KEPT_STATES, RegistryIndex, Snapshots
from accrual.search.studies import (
    MAX_PAGE,
    Filters,
    GeoDecay,
    GeoFilter,
    StudyQuery,
    find_studies,
    read_sort,
)

from .conftest import Change, site, study


def fill(folder: Path, changes: Iterable[Change]) -> None:
    index = RegistryIndex(folder, writable=True)
    index.apply(list(changes))
    index.commit()
    index.close()


def ask(**queries: str) -> StudyQuery:
    areas = {name: area_of_query(name) for name in queries}
    return StudyQuery(
        queries=tuple(
            (name, read_expression(queries[name], area.label, area.name)) for name, area in areas.items()
        )
    )


def numbers(index: RegistryIndex, query: StudyQuery, size: int = 100) -> list[int]:
    return [int(number[3:]) for number in find_studies(index, query, size).nct_ids]


def pages(index: RegistryIndex, query: StudyQuery, size: int) -> list[int]:
    """Every page, one after the other."""
    seen: list[int] = []
    cursor: bytes | None = None
    while True:
        page = find_studies(index, query, size, cursor)
        seen += [int(number[3:]) for number in page.nct_ids]
        cursor = page.next_cursor
        if cursor is None:
            assert len(seen) == page.total
            return seen
        assert len(cursor) <= 12


MANY = [
    study(
        number,
        "Asthma " * (number % 5) + "in children",
        updated=f"2024-01-{1 + number % 9:02d}",
        start=("2020-01", "2021-05-06", "")[number % 3],
        conditions=["asthma"] if number % 2 else ["copd"],
        sites=[site("Here", 10 + number / 10, 20.0)] if number % 4 else [],
    )
    for number in range(1, 141)
]


@pytest.fixture
def index(tmp_path: Path) -> RegistryIndex:
    fill(tmp_path, MANY)
    return RegistryIndex(tmp_path)


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
@pytest.mark.parametrize(
    "query",
    [
        StudyQuery(),
        ask(term="asthma"),
        ask(cond="copd"),
        StudyQuery(sort=(read_sort("StartDate"),)),
        StudyQuery(sort=(read_sort("StartDate:asc"), read_sort("LastUpdatePostDate"))),
        StudyQuery(queries=ask(term="asthma").queries, sort=(read_sort("StartDate"), read_sort("@relevance"))),
        StudyQuery(queries=ask(term="asthma").queries, sort=(read_sort("@relevance"), read_sort("StartDate"))),
        StudyQuery(filters=(Filters(geo=GeoFilter(GeoPoint(12, 20), 500)),)),
        StudyQuery(queries=ask(term="children").queries, filters=(Filters(geo=GeoFilter(GeoPoint(12, 20), 500)),)),
    ],
)  # fmt: skip
def test_pages_hold_every_study_once_in_one_order(index: RegistryIndex, query: StudyQuery, size: int) -> None:
    seen = pages(index, query, size)
    assert len(set(seen)) == len(seen)
    assert seen == numbers(index, query, MAX_PAGE)


def test_a_page_sequence_stays_on_the_data_it_began_on(tmp_path: Path, index: RegistryIndex) -> None:
    query = ask(term="asthma")
    whole = numbers(index, query, MAX_PAGE)
    first = find_studies(index, query, 10)
    fill(tmp_path, [study(n, "Asthma new", updated="2025-01-01") for n in (*range(1, 40), *range(500, 560))])
    rest = find_studies(index, query, MAX_PAGE, first.next_cursor)
    assert [int(n[3:]) for n in (*first.nct_ids, *rest.nct_ids)] == whole
    assert rest.total == first.total == len(whole)
    assert find_studies(index, query, 10).total > first.total


def test_a_cursor_survives_a_restart_on_the_same_data(tmp_path: Path, index: RegistryIndex) -> None:
    query = ask(cond="copd")
    first = find_studies(index, query, 10)
    again = find_studies(RegistryIndex(tmp_path), query, 10, first.next_cursor)
    assert [*first.nct_ids, *again.nct_ids] == [f"NCT{n:08d}" for n in numbers(index, query, 20)]


def test_a_cursor_of_data_that_is_gone_says_so(tmp_path: Path, index: RegistryIndex) -> None:
    cursor = find_studies(index, ask(term="asthma"), 10).next_cursor
    fill(tmp_path, [study(1, "Other")])
    with pytest.raises(CursorExpiredError, match="begin again"):
        find_studies(RegistryIndex(tmp_path), ask(term="asthma"), 10, cursor)
    with pytest.raises(QueryError, match="no cursor"):
        find_studies(index, StudyQuery(), 10, b"abc")


def test_states_go_when_they_are_old_or_many(tmp_path: Path) -> None:
    now = [0.0]
    snapshots = Snapshots(clock=lambda: now[0])
    stamps = []
    index = None
    for day in range(1, KEPT_STATES + 4):
        fill(tmp_path, [study(1, f"Day {day}")])
        index = index or RegistryIndex(tmp_path, snapshots=snapshots)
        stamps.append(index.snapshot().stamp)
    assert index is not None
    assert [index.snapshot_of(stamp) is not None for stamp in stamps] == [False, False] + [True] * (
        KEPT_STATES + 1
    )
    now[0] = KEPT_SECONDS + 1
    assert [index.snapshot_of(stamp) is not None for stamp in stamps] == [False] * (KEPT_STATES + 2) + [True]


def test_equals_come_newest_first_and_then_by_number(tmp_path: Path) -> None:
    days = {3: "2024-01-01", 1: "2024-01-01", 2: "2024-02-01"}
    fill(tmp_path, [study(number, "A", updated=day) for number, day in days.items()])
    index = RegistryIndex(tmp_path)
    assert numbers(index, StudyQuery()) == numbers(index, ask(titles="A")) == [2, 1, 3]


def test_the_heavier_piece_and_the_fuller_value_come_first(tmp_path: Path) -> None:
    fill(
        tmp_path,
        [
            study(1, "Something", summary="asthma " + "in words " * 40),
            study(2, "Something", conditions=["asthma", "copd", "eczema", "hay fever", "rhinitis"]),
            study(3, "Something", conditions=["asthma"]),
        ],
    )
    assert numbers(RegistryIndex(tmp_path), ask(term="asthma")) == [3, 2, 1]


def test_filters_decide_no_order(index: RegistryIndex) -> None:
    advanced = Filters(advanced=read_expression("asthma", "advanced filter"))
    plain = StudyQuery(queries=ask(cond="asthma").queries)
    filtered = StudyQuery(queries=plain.queries, filters=(advanced,))
    assert numbers(index, filtered) == numbers(index, plain)


def test_the_same_filter_before_and_behind_is_one(index: RegistryIndex) -> None:
    both = StudyQuery(filters=(Filters(ids=("NCT1", "nct00000002")), Filters(ids=("NCT00000002", "NCT3"))))
    assert numbers(index, both) == [2]


def test_a_query_of_nct_numbers_takes_no_notice_of_the_rest(tmp_path: Path) -> None:
    changed = study(5, "Renamed")
    body = changed.body.replace(
        b'"nctId": "NCT00000005"', b'"nctId": "NCT00000005", "nctIdAliases": ["NCT00000007"]'
    )
    fill(tmp_path, [*MANY[:4], Change(5, body)])
    index = RegistryIndex(tmp_path)
    query = StudyQuery(
        queries=ask(cond="copd", term="NCT00000001, NCT00000007").queries,
        filters=(Filters(overall_status=("COMPLETED",)),),
    )
    assert sorted(numbers(index, query)) == [1, 5]
    assert numbers(index, StudyQuery(filters=(Filters(ids=("NCT00000007",)),))) == [5]
    assert numbers(index, ask(term="NCT00000001 asthma")) == [1]


def test_missing_values_come_last_either_way(index: RegistryIndex) -> None:
    without = {number for number in range(1, 141) if number % 3 == 2}
    for text in ("StartDate:asc", "StartDate:desc"):
        assert set(numbers(index, StudyQuery(sort=(read_sort(text),)), 1000)[-len(without) :]) == without


def test_orders_are_of_dates_and_numbers_alone() -> None:
    assert read_sort("StartDate").descending
    assert not read_sort("EnrollmentCount").descending
    assert read_sort("EnrollmentCount:desc").descending
    assert read_sort("@relevance").descending
    with pytest.raises(QueryError, match=r"^Unsupported sort field type: text$"):
        read_sort("BriefTitle")
    with pytest.raises(UnknownFieldError):
        read_sort("Nothing")


def test_tilt_changes_the_order_and_not_what_is_found(index: RegistryIndex) -> None:
    tilted, plain = ask(term="TILT[StartDate]asthma"), ask(term="asthma")
    found = numbers(index, tilted, 1000)
    assert sorted(found) == sorted(numbers(index, plain, 1000))
    assert found == numbers(index, StudyQuery(queries=plain.queries, sort=(read_sort("StartDate"),)), 1000)
    assert numbers(index, ask(term="TILT[BriefTitle]asthma")) == numbers(index, plain)


def test_near_sites_come_first_and_the_decay_says_how_much(index: RegistryIndex) -> None:
    centre = GeoPoint(12, 20)
    query = StudyQuery(filters=(Filters(geo=GeoFilter(centre, 400)),))
    seen = numbers(index, query, 1000)
    away = [abs(10 + number / 10 - 12) for number in seen]
    assert away == sorted(away)
    assert all(number % 4 for number in seen)
    for decay in (GeoDecay("linear", 50, 0, 0.5), GeoDecay("gauss", 100, 20, 0.1)):
        found = numbers(index, StudyQuery(filters=query.filters, geo_decay=decay), 1000)
        assert set(found) == set(seen)
    with pytest.raises(QueryError, match="decay"):
        find_studies(index, StudyQuery(filters=query.filters, geo_decay=GeoDecay("exp", 0, 0, 0.5)))


def test_a_site_that_moved_is_measured_where_it_is(tmp_path: Path) -> None:
    fill(tmp_path, [study(1, "A", sites=[site("X", 10, 20)]), study(2, "A", sites=[site("Y", 11, 20)])])
    fill(tmp_path, [study(1, "A", sites=[site("X", 12, 20)])])
    index = RegistryIndex(tmp_path)
    assert numbers(index, StudyQuery(filters=(Filters(geo=GeoFilter(GeoPoint(10, 20), 400)),))) == [2, 1]
    fill(tmp_path, [study(2, "A")])
    index = RegistryIndex(tmp_path)
    assert numbers(index, StudyQuery(filters=(Filters(geo=GeoFilter(GeoPoint(10, 20), 400)),))) == [1]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["status:rec"], [1, 2]),
        (["status:com not"], [3]),
        (["status:rec com", "sex:f"], [2]),
        (["sex:F"], []),
        (["phase:2"], [1, 3]),
        (["phase:NA 0"], [2]),
        (["phase:na"], []),
        (["ages:older"], [3]),
        (["results:with"], [3]),
        (["results:without", "funderType:industry"], [1]),
        (["funderType:other"], [2, 3]),
        (["studyType:int"], [1, 2, 3]),
        (["studyType:obs obs_patreg"], []),
        (["violation:y"], []),
    ],
)
def test_check_boxes_let_through_what_they_say(tmp_path: Path, items: list[str], expected: list[int]) -> None:
    fill(
        tmp_path,
        [
            study(1, funder="INDUSTRY"),
            study(2, sex="FEMALE", phases=["NA"]),
            study(3, status="COMPLETED", ages=["ADULT", "OLDER_ADULT"], results=True),
        ],
    )
    query = StudyQuery(agg_filters=tuple(read_agg_filter(item) for item in items))
    assert numbers(RegistryIndex(tmp_path), query) == expected


def test_every_check_box_of_the_registry_is_here(shared_reference: Path) -> None:
    known: dict[str, Any] = json.loads((shared_reference / "ctgov-api-v2" / "agg_filters.json").read_text())
    assert {name: {*keys} for name, keys in AGG_FILTERS.items()} == {
        name: {*keys} for name, keys in known["filters"].items()
    }
    with pytest.raises(QueryError, match="no id"):
        read_agg_filter("statuses:rec")
