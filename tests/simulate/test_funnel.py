"""A population screened: every number adds up, unknown is neither removed nor met, verdicts are the evaluator's own."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrual.basic import Quantity
from accrual.criteria.compile import compile_trial
from accrual.criteria.tree import CompiledTrial
from accrual.demo import DEMO_TODAY, demo_patients, demo_records
from accrual.errors import SimulationError
from accrual.match.evaluate import Screener
from accrual.patient.model import Fact, Patient, Source
from accrual.patient.reader import read_patient
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.simulate.funnel import ENROL, Funnel, Screened, admitted, funnel, require_pool, screen
from accrual.simulate.trial import TrialDesign, read_trial

TODAY = date(2026, 11, 22)
TEXT = "Inclusion Criteria:\n\n* Age 18-65\n* ECOG ≤ 2\n\nExclusion Criteria:\n\n* Pregnant\n* Willing to travel\n"


def design(text: str = TEXT) -> TrialDesign:
    compiled = compile_trial(
        nct_id="NCT00000001", criteria_text=text, sex="ALL", minimum_age="", maximum_age="",
        healthy_volunteers=None, conditions=(),
    )  # fmt: skip
    return TrialDesign(
        nct_id="NCT00000001", title="", conditions=(), study_type="", phases=(), arms=(), enrolment=20,
        enrolment_type="ACTUAL", allocation="", model="", masking="", sex="", minimum_age="", maximum_age="",
        sites=1, compiled=compiled, single_arm=True, therapy=None,
    )  # fmt: skip


def person(age: float | None, ecog: int | None, pregnant: str | None) -> Patient:
    facts = []
    for name, value in (("ecog", ecog), ("pregnant", pregnant)):
        if value is not None:
            held = Quantity(value) if isinstance(value, int) else value
            facts.append(Fact(kind="measurement", text=name, source=Source(name), variable=name, value=held))
    return Patient(age_years=age, facts=tuple(facts))


PEOPLE = st.lists(
    st.builds(
        person,
        st.sampled_from([None, 10, 30, 70]),
        st.sampled_from([None, 1, 3]),
        st.sampled_from([None, "yes", "no"]),
    ),
    min_size=1,
    max_size=30,
)
DESIGN = design()


@given(PEOPLE, st.sampled_from(ENROL))
def test_every_number_adds_up(people: list[Patient], enrol: str) -> None:
    found = funnel(screen(DESIGN, people, TODAY), enrol)  # type: ignore[arg-type]
    assert found.screened == len(people) == found.eligible + found.undetermined + found.ineligible
    before = found.screened
    for step in found.steps:
        assert step.met_alone + step.removed_alone + step.unknown_alone == found.screened
        assert before - step.removed_in_order == step.left_after >= step.met_after
        assert step.removed_in_order <= step.removed_alone
        assert step.unknown_in_order <= min(step.unknown_alone, step.left_after)
        before = step.left_after
    assert found.ineligible == sum(step.removed_in_order for step in found.steps)
    assert found.pool == (found.eligible if enrol == "when all is met" else found.screened - found.ineligible)
    assert found.eligible <= found.pool <= found.eligible + found.undetermined


@given(PEOPLE)
def test_who_is_left_does_not_hang_on_the_order(people: list[Patient]) -> None:
    screened = screen(DESIGN, people, TODAY)
    turned = Screened(
        *(getattr(screened, name) for name in Screened.__struct_fields__[:5]),
        screened.requirements[::-1],
        screened.truths[::-1],
        screened.panel,
    )
    one, two = funnel(screened), funnel(turned)
    assert (one.eligible, one.undetermined, one.ineligible) == (
        two.eligible,
        two.undetermined,
        two.ineligible,
    )
    assert [step.removed_alone for step in one.steps] == [step.removed_alone for step in two.steps][::-1]


@given(PEOPLE)
def test_what_is_not_understood_is_unknown_of_everybody(people: list[Patient]) -> None:
    step = funnel(screen(DESIGN, people, TODAY)).steps[-1]
    assert (step.understood, step.unknown_alone, step.removed_alone, step.met_alone) == (
        "none",
        len(people),
        0,
        0,
    )


def demo_people() -> list[Patient]:
    return [read_patient(body) for body in demo_patients().values()]


def test_the_funnel_is_the_verdict_of_the_evaluator_of_every_demo_trial() -> None:
    people = demo_people()
    screeners = [Screener(patient, DEMO_TODAY) for patient in people]
    for body in demo_records():
        compiled = compile_record(body)
        if not compiled.criteria:
            continue
        found = funnel(screen(read_trial(read_json(body), compiled, enrolment=1), people, DEMO_TODAY))
        told = Counter(screener.screen(compiled).verdict for screener in screeners)
        assert (found.eligible, found.undetermined, found.ineligible) == (
            told["eligible"], told["undetermined"], told["ineligible"],
        ), found.nct_id  # fmt: skip


def test_the_same_patients_under_the_notes_assumption_are_decided_by_silence() -> None:
    people = [Patient(words="A 30 year old man with asthma.", age_years=30, form="note"), person(30, 1, "no")]
    body = next(iter(demo_records()))
    compiled = compile_record(body)
    found = screen(read_trial(read_json(body), compiled), people, DEMO_TODAY, assumption="notes")
    told = [Screener(patient, DEMO_TODAY, "notes").screen(compiled).verdict for patient in people]
    ineligible = (found.truths == 0).any(axis=0)
    assert ineligible.tolist() == [verdict == "ineligible" for verdict in told]


def counted(*people: Patient, text: str = TEXT, enrol: str = "unless refuted") -> Funnel:
    return funnel(screen(design(text), people, TODAY, "three people"), enrol)  # type: ignore[arg-type]


def test_a_pool_is_counted_and_its_error_told() -> None:
    found = counted(person(30, 1, "no"), person(30, None, "no"), person(70, 1, "no"), person(10, 3, None))
    assert require_pool(found) == 2
    assert found.share == 0.5
    assert found.error == pytest.approx(0.25)


def test_the_criterion_that_nobody_meets_is_named() -> None:
    with pytest.raises(SimulationError, match=r"nobody of 2 .*three people.*criterion 2 \(ECOG ≤ 2\).*drop"):
        require_pool(counted(person(30, 3, "no"), person(70, 4, None)))


def test_where_each_alone_is_met_the_last_step_is_named() -> None:
    with pytest.raises(SimulationError, match=r"all criteria together; after criterion 2 \(ECOG ≤ 2\)"):
        require_pool(counted(person(30, 3, "no"), person(70, 1, "no")))


def test_what_is_known_of_nobody_is_named_where_all_must_be_met() -> None:
    text = "Inclusion Criteria:\n\n* ECOG ≤ 2\n"
    with pytest.raises(
        SimulationError, match=r"known to meet criterion 1 .*of 2 it is unknown.*unless refuted"
    ):
        require_pool(counted(person(30, None, None), person(30, 3, None), person(3, None, None),
                             text=text, enrol="when all is met"))  # fmt: skip


def test_an_empty_population_and_a_trial_without_criteria_are_refused() -> None:
    with pytest.raises(SimulationError, match="population is empty"):
        screen(DESIGN, [], TODAY)
    nothing = TrialDesign(**{
        **{name: getattr(DESIGN, name) for name in TrialDesign.__struct_fields__},
        "compiled": CompiledTrial("NCT00000001"),
    })  # fmt: skip
    with pytest.raises(SimulationError, match="no eligibility criteria"):
        screen(nothing, [Patient()], TODAY)


def test_an_unknown_assumption_is_refused_by_name() -> None:
    with pytest.raises(SimulationError, match=r"'maybe'.*unless refuted"):
        admitted(np.zeros(3, np.int8), "maybe")  # type: ignore[arg-type]
