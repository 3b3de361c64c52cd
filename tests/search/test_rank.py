"""What a search finds and in which order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accrual.basic import GeoPoint
from accrual.errors import QueryError
from accrual.search.facets import count_facets
from accrual.search.index import TextIndex
from accrual.search.query import FACETS, Near, Query
from accrual.search.rank import candidates, find, page_of

from .conftest import SUZHOU, Change, site, study

Make = Callable[[Iterable[Change]], TextIndex]
SHANGHAI = GeoPoint(31.22222, 121.45806)

STUDIES = [
    study(
        1,
        "CD7 CAR-T for Relapsed T-ALL",
        conditions=["Acute Leukemia", "T-cell Leukemia"],
        drugs=["CD7 CAR-T cells"],
        phases=["PHASE1", "PHASE2"],
        ages=["CHILD", "ADULT"],
        sites=[
            site("Suzhou", SUZHOU.lat, SUZHOU.lon, status="COMPLETED"),
            site("Shanghai", SHANGHAI.lat, SHANGHAI.lon, status="RECRUITING"),
        ],
        criteria="Patients with hypertension are excluded",
        updated="2024-03-01",
    ),
    study(
        2,
        "A car for every t cell of all kinds",
        status="COMPLETED",
        updated="2024-02-01",
        org="CD7-CART-01",
        funder="INDUSTRY",
    ),
    study(
        3,
        "Vitamin D in Asthma",
        conditions=["Asthma"],
        drugs=["Vitamin D", "Placebo"],
        phases=["PHASE3"],
        sex="FEMALE",
    ),
    study(
        4,
        "Leukemias of childhood",
        conditions=["Leukemia"],
        status="NOT_YET_RECRUITING",
        sites=[site("Paris", 48.85341, 2.3488, country="France")],
        results=True,
    ),
    study(
        5,
        "Registry of Sjögren disease",
        summary="Nothing on leukemia",
        conditions=["Sjögren Syndrome"],
        phases=[],
    ),
]


@pytest.fixture
def index(make_index: Make) -> TextIndex:
    return make_index(STUDIES)


def numbers(index: TextIndex, **query: object) -> list[int]:
    found = find(index, Query(**query))  # type: ignore[arg-type]
    assert found.total >= len(found.results)
    return [int(hit.nct_id[3:]) for hit in found.results]


def test_an_empty_search_finds_everything_newest_first(index: TextIndex) -> None:
    assert numbers(index) == [1, 2, 3, 4, 5]
    assert numbers(index, text="  ((( ") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("leukemia", {1, 4, 5}),
        ("LEUKEMIAS", {1, 4, 5}),
        ("car-t", {1}),
        ("car t", {1}),
        ("CD7 CAR-T", {1}),
        ("T-ALL", {1}),
        ("vitamin d", {3}),
        ("sjogren", {5}),
        ("asthma leukemia", set()),
        ('"acute leukemia"', {1}),
        ('"leukemia acute"', set()),
        ("phase 3", {3}),
        ("x" * 9000, set()),
        ("hypertension", set()),  # criteria are no part of the registry's BasicSearch
    ],
)
def test_every_word_must_stand_somewhere(index: TextIndex, text: str, expected: set[int]) -> None:
    assert set(numbers(index, text=text)) == expected


def test_the_boxes_look_in_their_own_pieces(index: TextIndex) -> None:
    assert set(numbers(index, condition="leukemia")) == {1, 4}
    assert set(numbers(index, intervention="placebo")) == {3}
    assert numbers(index, condition="placebo") == []


def test_a_title_counts_more_than_a_summary(index: TextIndex) -> None:
    assert numbers(index, text="leukemia")[-1] == 5


@pytest.mark.parametrize("typed", ["NCT00000002", "nct2", "cd7-cart-01", "CD7 CART 01"])
def test_a_number_typed_in_the_box_finds_its_study_first(index: TextIndex, typed: str) -> None:
    assert numbers(index, text=typed)[0] == 2


def test_a_number_that_many_studies_share_is_a_word_like_another(make_index: Make) -> None:
    changes = [study(number, "Masks", org="COVID-19") for number in range(1, 20)]
    index = make_index([*changes, study(20, "COVID-19 in adults", conditions=["COVID-19"])])
    assert numbers(index, text="covid-19")[0] == 20


def test_several_numbers_find_several_studies(index: TextIndex) -> None:
    assert set(numbers(index, text="NCT00000002 nct00000004")) == {2, 4}


def test_filters_are_anded_and_their_values_ored(index: TextIndex) -> None:
    assert set(numbers(index, filters={"status": ("RECRUITING", "COMPLETED")})) == {1, 2, 3, 5}
    assert set(numbers(index, filters={"status": ("RECRUITING",), "phase": ("PHASE2", "PHASE3")})) == {1, 3}
    assert set(numbers(index, filters={"country": ("France",)})) == {4}
    assert set(numbers(index, filters={"results": ("true",)})) == {4}
    assert set(numbers(index, filters={"age_group": ("CHILD",)})) == {1}


def test_an_unknown_filter_value_or_order_is_refused(index: TextIndex) -> None:
    for query in (
        Query(filters={"status": ("RECRUITINGG",)}),
        Query(sort="beauty"),  # type: ignore[arg-type]
        Query(sort="distance"),
        Query(top=-1),
        Query(near=Near(SUZHOU, -1)),
        Query(near=Near(SUZHOU, float("nan"))),
    ):
        with pytest.raises(QueryError):
            find(index, query)


def test_a_circle_counts_all_sites_or_only_recruiting_ones(index: TextIndex) -> None:
    assert numbers(index, near=Near(SUZHOU, 50)) == [1]
    assert numbers(index, near=Near(SUZHOU, 50, recruiting_only=True)) == []
    assert numbers(index, near=Near(SUZHOU, 100, recruiting_only=True)) == [1]


def test_a_hit_shows_its_nearest_site_and_its_nearest_recruiting_one(index: TextIndex) -> None:
    hit = find(index, Query(text="cd7", near=Near(SUZHOU))).results[0]
    assert hit.nearest_site is not None
    assert hit.nearest_recruiting_site is not None
    assert (hit.nearest_site.city, hit.nearest_site.distance_km) == ("Suzhou", 0.0)
    assert hit.nearest_recruiting_site.city == "Shanghai"
    assert hit.nearest_recruiting_site.distance_km == pytest.approx(SUZHOU.distance_km(SHANGHAI), abs=0.06)


def test_matched_pieces_carry_the_registrys_names(index: TextIndex) -> None:
    hit = find(index, Query(text="leukemias", intervention="car-t")).results[0]
    assert hit.matched == ("BriefTitle", "Condition", "InterventionName")
    assert find(index, Query()).results[0].matched == ()
    sjogren = find(index, Query(text="sjögren")).results[0]
    assert sjogren.matched == ("BriefTitle", "Condition")


def test_order_by_distance_puts_studies_without_a_site_last(index: TextIndex) -> None:
    assert numbers(index, sort="distance", near=Near(SUZHOU)) == [1, 4, 2, 3, 5]
    assert numbers(index, sort="distance", near=Near(GeoPoint(48, 2))) == [4, 1, 2, 3, 5]


def test_order_by_distance_agrees_with_measuring_on_every_page(make_index: Make) -> None:
    rng = random.Random(4)
    spots = [GeoPoint(rng.uniform(-90, 90), rng.uniform(-180, 180)) for _ in range(25)]
    changes, distance = [], {}
    centre = GeoPoint(10, 179)
    for number in range(1, 121):
        chosen = rng.sample(spots, rng.randint(0, 3))
        changes.append(
            study(
                number,
                "x",
                sites=[site("c", p.lat, p.lon) for p in chosen],
                updated=f"2024-01-{rng.randint(1, 28):02d}",
            )
        )
        distance[number] = min((centre.distance_km(p) for p in chosen), default=float("inf"))
    index = make_index(changes)
    paged = [
        n
        for at in range(0, 120, 7)
        for n in numbers(index, sort="distance", near=Near(centre), top=7, offset=at)
    ]
    assert sorted(paged) == list(range(1, 121))
    assert [distance[n] for n in paged] == pytest.approx(sorted(distance.values()), abs=0.01)


@pytest.mark.parametrize("sort", ["relevance", "updated", "start"])
def test_pages_follow_each_other_without_gaps_even_among_equals(make_index: Make, sort: str) -> None:
    changes = [
        study(number, "Asthma in adults", updated=f"2024-01-{number % 5 + 1:02d}") for number in range(1, 301)
    ]
    index = make_index(changes)
    whole = numbers(index, text="asthma", sort=sort, top=300)
    assert sorted(whole) == list(range(1, 301))
    paged = [
        n for at in range(0, 300, 20) for n in numbers(index, text="asthma", sort=sort, top=20, offset=at)
    ]
    assert paged == whole
    if sort != "start":
        assert whole == sorted(whole, key=lambda n: (-(n % 5), n))


def test_a_page_beyond_the_end_is_empty_and_still_counts(index: TextIndex) -> None:
    found = find(index, Query(text="leukemia", offset=50))
    assert (found.total, found.results) == (3, ())
    assert find(index, Query(top=0)).total == 5


def test_facets_count_with_the_other_filters_but_not_their_own(index: TextIndex) -> None:
    counts = count_facets(index, Query(filters={"status": ("RECRUITING",)}))
    assert tuple(counts) == FACETS
    assert {c.value: c.count for c in counts["status"]} == {
        "RECRUITING": 3,
        "COMPLETED": 1,
        "NOT_YET_RECRUITING": 1,
    }
    assert {c.value: c.count for c in counts["phase"]} == {"PHASE1": 1, "PHASE2": 1, "PHASE3": 1}
    assert {c.value: c.count for c in counts["country"]} == {"China": 1}


def test_facets_of_a_search_add_up_to_its_total(index: TextIndex) -> None:
    query = Query(text="leukemia")
    counts = count_facets(index, query)
    assert sum(c.count for c in counts["status"]) == find(index, query).total
    assert [c.count for c in counts["sex"]] == [3]


def test_counts_of_filters_alone_are_kept_until_the_index_changes(tmp_path: Path) -> None:
    writer = TextIndex(tmp_path, writable=True)
    writer.apply(STUDIES)
    writer.commit()
    reader = TextIndex(tmp_path)
    query = Query(filters={"status": ("RECRUITING",)})
    before = count_facets(reader, query)
    kept = dict(reader.counts)
    assert kept
    assert count_facets(reader, query) == before
    assert {key: id(one) for key, one in reader.counts.items()} == {key: id(one) for key, one in kept.items()}
    writer.apply([study(9, "One more", phases=["PHASE3"])])
    writer.commit()
    after = count_facets(reader, query)
    assert {c.value: c.count for c in after["phase"]} == {"PHASE1": 1, "PHASE2": 1, "PHASE3": 2}
    writer.close()


def test_nothing_is_kept_of_a_search_with_words(index: TextIndex) -> None:
    for query in (
        Query(text="leukemia"),
        Query(condition="leukemia"),
        Query(intervention="vitamin"),
        Query(near=Near(SUZHOU, 10)),
    ):
        count_facets(index, query)
    assert index.counts == {}


def test_candidates_fit_any_text_and_the_heavier_text_wins(index: TextIndex) -> None:
    found = [int(hit.nct_id[3:]) for hit in candidates(index, [("leukemia", 1.0), ("asthma", 0.05)], 10)]
    assert set(found) == {1, 3, 4}
    assert found[-1] == 3
    assert [int(hit.nct_id[3:]) for hit in candidates(index, [("hypertension", 1.0)], 10)] == [1]
    assert len(candidates(index, [("leukemia", 1.0)], 1)) == 1
    assert candidates(index, [("(((", 1.0), ("leukemia", 0.0)], 10) == ()
    assert [
        int(h.nct_id[3:]) for h in candidates(index, [("leukemia", 1.0)], 10, {"status": ("RECRUITING",)})
    ] == [1]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120), condition=st.text(max_size=40), intervention=st.text(max_size=40))
def test_no_typed_text_breaks_a_search(
    index: TextIndex, text: str, condition: str, intervention: str
) -> None:
    query = Query(text=text, condition=condition, intervention=intervention)
    found = find(index, query)
    assert 0 <= found.total <= 5
    assert sum(c.count for c in count_facets(index, query)["status"]) == found.total


@pytest.mark.parametrize(
    "text",
    [
        '"' * 999,
        "(" * 5000,
        "a b " * 2500,
        "AND OR NOT * ? ~ ^ : [ ] { } \\ /",
        "\x00\ud7ff\uffff",
        "-- ' ; drop",
    ],
)
def test_hostile_text_is_just_text(index: TextIndex, text: str) -> None:
    assert find(index, Query(text=text, condition=text)).total >= 0


@pytest.mark.parametrize("recruiting_only", [False, True])
@pytest.mark.parametrize("top", [1, 3, 40, 200])
def test_order_by_distance_is_by_ring_then_newest_however_many_share_a_point(
    make_index: Make, recruiting_only: bool, top: int
) -> None:
    rng = random.Random(top)
    centre = GeoPoint(50, 8)
    # Few points and many studies: most rings hold more studies than a page, some hold one.
    spots = [GeoPoint(50 + step, 8) for step in range(3)] + [GeoPoint(-30, 10 + step) for step in range(40)]
    expected, changes = [], []
    for number in range(1, 201):
        chosen = rng.sample(spots[: rng.choice((3, 43))], rng.choice((0, 1, 1, 2)))
        day = f"2024-02-{rng.randint(1, 28):02d}"
        changes.append(study(number, "x", sites=[site("c", p.lat, p.lon) for p in chosen], updated=day))
        far = min((round(centre.distance_km(p), 2) for p in chosen), default=float("inf"))
        expected.append((far, -int(day[-2:]), number))
    index = make_index(changes)
    near = Near(centre, recruiting_only=recruiting_only)
    paged = [
        number
        for at in range(0, 200, top)
        for number in numbers(index, sort="distance", near=near, top=top, offset=at)
    ]
    assert paged == [number for _, _, number in sorted(expected)]


def test_order_by_distance_asks_seldom_however_long_the_page(make_index: Make) -> None:
    places = [GeoPoint(lat, lon) for lat in range(-60, 60, 10) for lon in range(-150, 150, 20)]
    changes = [study(n, "x", sites=[site("c", p.lat, p.lon)]) for n, p in enumerate(places, start=1)]
    searcher, points = make_index(changes).searcher()
    asked: list[object] = []

    class Counting:
        def search(self, *given: object, **named: object) -> object:
            asked.append(given)
            return searcher.search(*given, **named)

        def __getattr__(self, name: str) -> object:
            return getattr(searcher, name)

    total, page = page_of(Counting(), points, Query(sort="distance", near=Near(GeoPoint(1, 2)), top=150))  # type: ignore[arg-type]
    assert (total, len(page)) == (len(places), 150)
    assert len(asked) < 40
