"""What a trial asks of a person: nothing is lost, fields join their criterion, limits can be relaxed, and only that."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.basic import Interval, Quantity
from accrual.criteria.compile import compile_trial
from accrual.criteria.tree import All, Any_, AtLeast, Compare, CompiledTrial, Not, Tree, When
from accrual.errors import SimulationError
from accrual.match.evaluate import Screener
from accrual.patient.model import Fact, Patient, Source
from accrual.simulate.requirements import limits_of, relaxed, requirements_of, shortened

TODAY = date(2026, 11, 22)
TEXT = """Inclusion Criteria:

* Age 12-65
* Karnofsky score ≥ 60
* Hemoglobin at least 8 g/dL, or platelets of 50 x 10^9/L or more
* Willing to travel

Exclusion Criteria:

* Creatinine > 2 mg/dL
* Pregnant
"""


def compiled(text: str = TEXT, minimum: str = "12 Years", maximum: str = "65 Years") -> CompiledTrial:
    return compile_trial(
        nct_id="NCT00000001",
        criteria_text=text,
        sex="FEMALE",
        minimum_age=minimum,
        maximum_age=maximum,
        healthy_volunteers=False,
        conditions=(),
    )


def number(variable: str, low: float | None = None, high: float | None = None, unit: str = "") -> Compare:
    return Compare(variable=variable, interval=Interval(low, high, unit=unit))


def patient(**values: float) -> Patient:
    facts = tuple(
        Fact(kind="measurement", text=name, source=Source(name), variable=name, value=Quantity(value))
        for name, value in values.items()
    )
    return Patient(facts=facts)


def test_requirements_are_numbered_in_reading_order_and_fields_join_their_criterion() -> None:
    found = requirements_of(compiled())
    assert [one.id for one in found] == [str(at + 1) for at in range(len(found))]
    assert (found[0].text, found[0].fields) == ("Age 12-65", ("minimumAge", "maximumAge"))
    assert [(one.kind, one.text) for one in found[-2:]] == [
        ("field", "Sex: FEMALE"),
        ("field", "Healthy volunteers: false"),
    ]
    assert TEXT[found[1].start : found[1].end] == found[1].text
    assert next(one for one in found if "travel" in one.text).understood != "whole"


def test_fields_that_no_criterion_speaks_of_stand_alone_and_ages_together() -> None:
    found = requirements_of(compiled("Inclusion Criteria:\n\n* Karnofsky score ≥ 60\n"))
    assert [one.text for one in found] == [
        "Karnofsky score ≥ 60",
        "Minimum age: 12 Years; Maximum age: 65 Years",
        "Sex: FEMALE",
        "Healthy volunteers: false",
    ]
    assert found[1].fields == ("minimumAge", "maximumAge")


def test_a_criterion_of_age_and_sex_takes_the_fields_of_both_and_no_wider_one_does() -> None:
    both = requirements_of(compiled("Inclusion Criteria:\n\n* Women aged 12 to 65 years\n"))
    assert both[0].fields == ("minimumAge", "maximumAge", "sex")
    wider = requirements_of(
        compiled("Inclusion Criteria:\n\n* Age 12 to 65 years with a Karnofsky score ≥ 60\n")
    )
    assert wider[0].fields == ()
    assert (
        next(one.text for one in wider if one.kind == "field")
        == "Minimum age: 12 Years; Maximum age: 65 Years"
    )


def test_groups_of_a_kind_are_one_requirement_and_donors_are_asked_nothing() -> None:
    text = (
        "Inclusion Criteria:\n\nCohort A:\n\n* Karnofsky score ≥ 60\n\nCohort B:\n\n* ECOG ≤ 2\n\n"
        "Donor:\n\n* Age 18 or older\n"
    )
    found = requirements_of(compiled(text))
    assert [(one.kind, one.text) for one in found if one.kind != "field"] == [
        ("groups", "One cohort of: a, b")
    ]


def test_a_record_without_criteria_is_refused() -> None:
    with pytest.raises(SimulationError, match=r"NCT00000001.*no eligibility criteria"):
        requirements_of(CompiledTrial("NCT00000001"))


def test_every_number_is_listed_as_it_is_asked() -> None:
    words = {one.id: [] for one in requirements_of(compiled())}
    for limit in limits_of(requirements_of(compiled())):
        words[limit.requirement].append(limit.words)
    assert words["1"] == ["age ≥ 12 years", "age ≤ 65 years"]
    assert words["2"] == ["Karnofsky performance status ≥ 60"]
    assert [word.split(" ")[-3:-1] for word in words["3"]] == [["≥", "8"], ["≥", "50"]]
    assert words["5"] == ["serum creatinine ≤ 2 mg/dL"]  # over 2 rules out


def test_a_relaxed_age_relaxes_the_field_too() -> None:
    wider, before = relaxed(requirements_of(compiled())[0], 70)
    assert before.words == "age ≤ 65 years"
    for age, holds in ((70, "yes"), (71, "no"), (11, "no")):
        assert Screener(Patient(age_years=age), TODAY).holds(wider.tree).value == holds


def test_what_rules_out_is_relaxed_the_other_way() -> None:
    kidneys = requirements_of(compiled())[4]
    wider, _ = relaxed(kidneys, 3)
    person = patient(creatinine=2.5)
    person = Patient(
        facts=tuple(
            Fact(kind="measurement", text="creatinine", source=Source(""), variable="creatinine",
                 value=Quantity(2.5, "mg/dL")) for _ in person.facts
        )
    )  # fmt: skip
    assert Screener(person, TODAY).holds(kidneys.tree).value == "no"
    assert Screener(person, TODAY).holds(wider.tree).value == "yes"
    with pytest.raises(SimulationError, match="1 does not ask for less"):
        relaxed(kidneys, 1)


@pytest.mark.parametrize(
    ("at", "to", "variable", "end", "message"),
    [
        (0, 66, "", "low", "66 does not ask for less than age ≥ 12"),
        (0, 30, "", None, "does not ask for less"),
        (1, 70, "", None, "criterion 2 .*70 does not ask for less than Karnofsky"),
        (1, 50, "ecog", None, "no numeric limit of ecog"),
        (2, 5, "", None, "several limits"),
        (3, 5, "", None, "no numeric limit: it can only be dropped"),
        (1, float("nan"), "", None, "nan is no limit"),
        (1, float("-inf"), "", None, "no limit"),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    at: int, to: float, variable: str, end: str | None, message: str
) -> None:
    with pytest.raises(SimulationError, match=message):
        relaxed(requirements_of(compiled())[at], to, variable, end)  # type: ignore[arg-type]


def test_of_several_numbers_the_named_one_is_relaxed() -> None:
    either = requirements_of(compiled())[2]
    wider, before = relaxed(either, 7, variable="hemoglobin")
    assert (before.variable, before.value) == ("hemoglobin", 8)
    assert [limit.value for limit in limits_of([wider])] == [7, 50]


def test_an_interval_that_rules_out_cannot_be_turned_inside_out() -> None:
    inside = Not(child=number("ecog", 2, 3))
    one = requirements_of(compiled())[1]
    between = type(one)("9", "exclusion", "ECOG 2 to 3", inside)
    assert [limit.words for limit in limits_of([between])] == [
        "ECOG performance status < 2",
        "ECOG performance status > 3",
    ]
    with pytest.raises(SimulationError, match="drop it instead"):
        relaxed(between, 3.5, end="low")


def test_long_words_are_cut() -> None:
    assert shortened("a  b\nc") == "a b c"
    assert len(shortened("word " * 50)) == 60


def numbers() -> st.SearchStrategy[Tree]:
    leaf = st.builds(
        lambda low, width: number("ecog", low, low + width), st.integers(0, 4), st.integers(0, 2)
    )
    return st.recursive(
        leaf,
        lambda below: st.one_of(
            below.map(lambda child: Not(child=child)),
            st.lists(below, min_size=1, max_size=3).map(lambda held: All(children=tuple(held))),
            st.lists(below, min_size=1, max_size=3).map(lambda held: Any_(children=tuple(held))),
            st.lists(below, min_size=2, max_size=3).map(lambda held: AtLeast(count=2, children=tuple(held))),
            st.tuples(below, below).map(lambda pair: When(condition=pair[0], then=pair[1])),
        ),
        max_leaves=6,
    )


@given(numbers(), st.integers(0, 5), st.floats(-1, 6))
def test_relaxing_never_takes_away_who_was_in(tree: Tree, score: int, to: float) -> None:
    before = type(requirements_of(compiled())[0])("1", "inclusion", "ECOG", tree)
    person = Screener(patient(ecog=score), TODAY)
    unknown = Screener(Patient(), TODAY)
    for limit in limits_of([before]):
        try:
            after, _ = relaxed(before, to, limit.variable, limit.end)
        except SimulationError:
            continue
        assert person.holds(after.tree).rank >= person.holds(before.tree).rank
        assert unknown.holds(after.tree).value == "unknown"
