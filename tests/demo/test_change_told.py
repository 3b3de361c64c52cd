"""What would have to change, on the demo registry and the seed trial: the same days and words each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from accrual import Finder
from accrual.demo import DEMO_TODAY, demo_patients
from accrual.match.evaluate import Screener
from accrual.plain.change import outlook, steps
from accrual.truth import Truth

SEED = "NCT04785833"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finder]:
    with Finder.demo(tmp_path_factory.mktemp("demo")) as finder:
        yield finder


def told(demo: Finder, nct: str, **form: Any) -> list[str]:
    patient = demo.read_patient(json.dumps({"accrual_patient": 1, **form}).encode())
    found = demo.screen(nct, patient, DEMO_TODAY).change
    return [] if found is None else [*(f"{one.text}: {one.when}" for one in steps(found)), outlook(found)]


def test_the_seed_trial_waits_for_a_child_to_be_twelve(demo: Finder) -> None:
    assert told(demo, SEED, birth_date="2016-01-22") == [
        "Lowest age: 12 years: a matter of time: no longer in the way from 2028-01-22 on",
        "Age 12-65: a matter of time: no longer in the way from 2028-01-22 on",
        "If nothing new happens, nothing stands in the way from 2028-01-22 on.",
    ]


def test_the_seed_trial_is_shut_to_the_old_for_good(demo: Finder) -> None:
    assert told(demo, SEED, birth_date="1950-01-22")[-1].endswith("ruled out for good.")


def test_the_seed_trial_does_not_open_by_waiting_for_a_pregnancy_to_grow_old(demo: Finder) -> None:
    assert told(demo, SEED, states={"pregnant": "yes"}, sex="female") == [
        "Excluded by: Pregnant and breastfeeding patients [Pregnant]: "
        "not a matter of time: only a new fact would change it",
        "Time alone does not change it.",
    ]


def test_a_cancer_that_is_over_leaves_its_five_years(demo: Finder) -> None:
    cancer = {"name": "colon cancer", "date": "2022-03-01", "end": "2023-05-10"}
    assert told(demo, "NCT90000062", conditions=[cancer])[0] == (
        "Excluded by: Any cancer in the past 5 years [Any cancer]: "
        "a matter of time: no longer in the way from 2028-05-10 on"
    )


def test_an_open_trial_has_nothing_to_change(demo: Finder) -> None:
    assert told(demo, SEED) == []


def test_every_day_of_every_demo_patient_is_checked_by_deciding_on_it(demo: Finder) -> None:
    days = 0
    for body in demo_patients().values():
        patient = demo.read_patient(body)
        for nct in demo.nct_ids():
            found = demo.screen(nct, patient, DEMO_TODAY).change
            if found is None:
                continue
            assert found.obstacles
            assert found.lasting is False or found.day is None
            for one in found.obstacles:
                if one.day is None:
                    continue
                days += 1
                (field,) = [each for each in demo.criteria(nct).fields if each.field == one.field] or (None,)
                if field is not None:
                    before = date.fromordinal(one.day.toordinal() - 1)
                    assert Screener(patient, before).holds(field.tree) is Truth.NO
                    assert Screener(patient, one.day).holds(field.tree) is not Truth.NO
    assert days > 50
