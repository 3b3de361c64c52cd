"""Prospects: which trials of a search are still possible for a person, and what to ask next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from accrual.basic import GeoPoint
from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
from accrual.finder import Finder
from accrual.patient.model import Patient
from accrual.search.query import Query


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    """The demo registry."""
    home: Path = tmp_path_factory.mktemp("prospects")
    with Finder.demo(home) as opened:
        yield opened


def person(finder: Finder, text: bytes) -> Patient:
    return finder.read_patient(b'{"accrual_patient": 1' + text + b"}")


def test_a_search_gives_every_trial_that_it_finds_best_first(finder: Finder) -> None:
    query = Query(text="leukemia", top=1000)
    found = finder.find(query)
    sought = finder.prospects.of_search(query)
    assert sought.total == found.total > 1
    assert sought.numbers == tuple(int(hit.nct_id[3:]) for hit in found.results)


def test_nobody_known_rules_nothing_out(finder: Finder) -> None:
    sought = finder.prospects.of_search(Query())
    standing = finder.prospects.standing(sought.numbers, [Patient()], DEMO_TODAY)
    assert standing.left == (sought.total,)
    assert not standing.out


def test_where_trials_stand_is_what_screening_says_of_each(finder: Finder) -> None:
    patient = finder.read_patient(demo_patients()[DEFAULT_PATIENT])
    sought = finder.prospects.of_search(Query())
    standing = finder.prospects.standing(sought.numbers, [patient], DEMO_TODAY)
    for verdict, numbers in (
        ("eligible", standing.fits),
        ("undetermined", standing.open),
        ("ineligible", standing.out),
    ):
        for number in numbers:
            assert finder.screen(f"NCT{number:08d}", patient, DEMO_TODAY).verdict == verdict
    assert len(standing.possible) + len(standing.out) == sought.total
    assert standing.left == (len(standing.possible),)


def test_the_order_of_the_search_is_kept_and_strangers_are_left_out(finder: Finder) -> None:
    numbers = finder.prospects.of_search(Query()).numbers
    mixed = (1, *reversed(numbers), 99_999_999)
    standing = finder.prospects.standing(mixed, [Patient()], DEMO_TODAY)
    assert standing.open == tuple(reversed(numbers))


def test_each_answer_leaves_no_more_than_before(finder: Finder) -> None:
    numbers = finder.prospects.of_search(Query()).numbers
    people = [
        Patient(),
        person(finder, b', "age": 70'),
        person(finder, b', "age": 70, "sex": "male"'),
    ]
    left = finder.prospects.standing(numbers, people, DEMO_TODAY).left
    assert left[0] > left[1] >= left[2] > 0


def test_what_was_asked_is_not_asked_again(finder: Finder) -> None:
    numbers = finder.prospects.of_search(Query(text="leukemia")).numbers
    first = finder.prospects.questions(numbers, Patient(), DEMO_TODAY)
    rest = finder.prospects.questions(numbers, Patient(), DEMO_TODAY, {first[0].about})
    assert first[0].about not in {one.about for one in rest}
    assert finder.prospects.questions((), Patient(), DEMO_TODAY) == ()


def test_shown_trials_have_their_proofs_and_the_nearest_site(finder: Finder) -> None:
    patient = person(finder, b', "age": 30')
    numbers = finder.prospects.of_search(Query(text="leukemia")).numbers
    shown = finder.prospects.shown(numbers, patient, DEMO_TODAY, GeoPoint(31.3, 120.6))
    assert [int(one.hit.nct_id[3:]) for one in shown] == [*numbers]
    for one in shown:
        assert one.screening.criteria == finder.screen(one.hit.nct_id, patient, DEMO_TODAY).criteria
    assert any(one.hit.nearest_site and one.hit.nearest_site.distance_km is not None for one in shown)


def test_trials_for_a_patient_are_those_that_match_finds(finder: Finder) -> None:
    patient = finder.read_patient(demo_patients()[DEFAULT_PATIENT])
    today = date(2026, 6, 1)
    sought = finder.prospects.of_patient(patient, today)
    matches = finder.match(patient, today, top=1000)
    assert sought.numbers == tuple(int(one.nct_id[3:]) for one in matches)
    recruiting = finder.prospects.of_patient(patient, today, Query(filters={"status": ("RECRUITING",)}))
    assert 0 < recruiting.total < sought.total
    assert all(finder.show(f"NCT{one:08d}").status == "RECRUITING" for one in recruiting.numbers)
