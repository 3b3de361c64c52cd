"""What narrows a search beside its words: age limits, and the places where sites are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Literal

import pytest

from accrual.errors import QueryError
from accrual.plain.age import age_span, spell_age
from accrual.search.index import TextIndex
from accrual.search.query import Locale, Query
from accrual.search.rank import find

from .conftest import Change, site, study

Indexed = Callable[[Iterable[Change]], TextIndex]


def aged(number: int, minimum: str = "", maximum: str = "") -> Change:
    """A study with age limits as the registry writes them."""
    made = study(number)
    body = json.loads(made.body)
    limits = {"minimumAge": minimum, "maximumAge": maximum}
    body["protocolSection"]["eligibilityModule"] |= {name: text for name, text in limits.items() if text}
    return Change(number, json.dumps(body).encode())


LIMITS = [
    ("18 Years", ""),
    ("", "17 Years"),
    ("18 Years", "65 Years"),
    ("6 Months", "2 Years"),
    ("", ""),
    ("804 Months", "N/A"),
    ("", "28 Days"),
]


@pytest.mark.parametrize(
    ("age", "fits"),
    [
        ("67", {0, 4, 5}),
        ("66", {0, 4}),
        ("65", {0, 2, 4}),
        ("17", {1, 4}),
        ("18", {0, 2, 4}),
        ("0", {1, 3, 4, 6}),
        ("2", {1, 3, 4}),
        ("3", {1, 4}),
        ("5 months", {1, 4}),
        ("6 months", {1, 3, 4}),
        ("35 months", {1, 3, 4}),  # until the third birthday
        ("36 months", {1, 4}),
        ("4 weeks", {1, 4, 6}),
        ("28 days", {1, 4, 6}),
        ("29 days", {1, 4}),
    ],
)
def test_an_age_finds_the_studies_whose_limits_leave_room_for_it(
    make_index: Indexed, age: str, fits: set[int]
) -> None:
    index = make_index([aged(number, *limits) for number, limits in enumerate(LIMITS, 1)])
    found = find(index, Query(age=age_span(age), top=50)).results
    assert {int(hit.nct_id[3:]) - 1 for hit in found} == fits


@pytest.mark.parametrize("text", ["old", "-3", "900", "4.5", "5 moons", "²", "99999 days", "\u0663"])
def test_no_age_of_a_person_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is not an age"):
        spell_age(text)


def test_a_place_finds_the_studies_with_a_site_there_at_every_level(make_index: Indexed) -> None:
    oslo = site("Oslo", country="Norway", status="RECRUITING")
    bergen = site("Bergen", country="Norway", status="COMPLETED")
    index = make_index([study(1, sites=[oslo, bergen]), study(2, sites=[bergen]), study(3)])

    def there(path: str, trials: Literal["all", "open", "closed"] = "all") -> set[int]:
        hits = find(index, Query(locale=Locale(path, trials))).results
        return {int(hit.nct_id[3:]) for hit in hits}

    assert there("norway") == {1, 2}
    assert there("norway/-/oslo") == there("norway/-/oslo/oslo-hospital") == {1}
    assert there("norway/-/bergen") == {1, 2}
    assert there("norway/-/bergen", "open") == set()
    assert there("norway", "open") == {1}
    assert there("norway", "closed") == {2}
    assert there("sweden") == there("") == set()


def test_of_words_with_or_between_either_finds(make_index: Indexed) -> None:
    titles = ("Relapsed leukemia", "Recurrent leukemia", "Leukemia", "Recurrent glioma")
    index = make_index([study(number, title) for number, title in enumerate(titles, 1)])
    found = find(index, Query(text="leukemia relapsed OR recurrent"))
    assert {hit.title for hit in found.results} == {"Relapsed leukemia", "Recurrent leukemia"}
    assert all("BriefTitle" in hit.matched for hit in found.results)
