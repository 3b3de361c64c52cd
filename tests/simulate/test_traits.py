"""Who a population is: known and unknown make everybody, figures are of those who said, sources are shown."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.basic import Code, Quantity
from accrual.demo import demo_records
from accrual.errors import SimulationError
from accrual.patient.model import Fact, Patient, Source
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.simulate.criterion_cost import Relaxation, criterion_costs
from accrual.simulate.funnel import funnel, require_pool, screen
from accrual.simulate.population import draw_population
from accrual.simulate.traits import Trait, traits
from accrual.simulate.trial import read_trial

TODAY = date(2026, 11, 22)


def measured(variable: str, value: float | str, unit: str = "", comparator: str = "") -> Fact:
    held = value if isinstance(value, str) else Quantity(value, unit)
    return Fact(
        kind="measurement", text=variable, source=Source(variable), variable=variable, value=held,
        comparator=comparator,  # type: ignore[arg-type]
    )  # fmt: skip


def named(concept: str, asserted: bool) -> Fact:
    return Fact(
        kind="condition",
        text=concept,
        source=Source(concept),
        concept=Code("accrual", concept),
        asserted=asserted,
    )


def told(*people: Patient, drawn_from: str = "") -> dict[str, Trait]:
    body = next(iter(demo_records()))
    found = screen(read_trial(read_json(body), compile_record(body)), people, TODAY)
    return {trait.id: trait for trait in traits(found, drawn_from)}


def test_figures_are_of_those_who_said_and_the_others_are_counted() -> None:
    found = told(
        Patient(
            birth_date=None, age_years=30, facts=(measured("cd7-expression", 80, "%"), measured("ecog", 1))
        ),
        Patient(age_years=40, facts=(measured("cd7-expression", 90, "%"), measured("hiv-test", "negative"))),
        Patient(facts=(measured("cd7-expression", 50, "%", "<"), measured("ecog", 1), measured("ecog", 3))),
        Patient(
            facts=(measured("hiv-test", "positive"), named("infection", False), named("hepatitis-b", True))
        ),
    )
    assert (found["age"].median, found["age"].known, found["age"].unknown) == (35, 2, 2)
    cd7 = found["cd7-expression"]
    assert (cd7.known, cd7.unknown, cd7.low, cd7.median, cd7.high, cd7.unit) == (2, 2, 82.5, 85, 87.5, "%")
    assert found["ecog"].known == 1  # two values of no day say nothing
    assert found["hiv-test"].shares == (("negative", 0.5), ("positive", 0.5))
    assert found["hepatitis-b"].shares[0][0] in ("yes", "said and denied")
    assert found["consent"].known == 0
    assert math.isnan(found["consent"].median)
    assert found["consent"].shares == ()
    assert all(trait.known + trait.unknown == 4 for trait in found.values())
    assert all(trait.sources == () for trait in found.values())


def test_what_is_denied_and_said_of_a_concept_is_told_apart() -> None:
    found = told(
        Patient(facts=(named("infection", True),)),
        Patient(facts=(named("infection", False),)),
        Patient(facts=(named("infection", False), named("infection", True))),
        Patient(),
    )
    assert dict(found["infection"].shares) == pytest.approx(
        {"yes": 1 / 3, "no": 1 / 3, "said and denied": 1 / 3}
    )
    assert found["infection"].unknown == 1


def test_synthetic_traits_say_how_they_were_drawn() -> None:
    people = draw_population("t-all", 200, np.random.default_rng(1), TODAY)
    found = told(*people.patients, drawn_from=people.profile)
    assert found["cd7-expression"].drawn == ("beta 1.6 0.35 100",)
    assert "assumed" in found["cd7-expression"].sources[0]
    assert all(trait.sources for trait in found.values())
    assert found["acute-leukemia"].drawn[0] == "share 1"
    assert 60 < found["cd7-expression"].median <= 100
    with pytest.raises(SimulationError, match="no profile"):
        told(*people.patients, drawn_from="nobody")


def test_the_seed_trial_runs_from_its_record_to_the_cost_of_its_criteria(shared_data: Path) -> None:
    body = (shared_data / "seed" / "NCT04785833.json").read_bytes()
    design = read_trial(read_json(body), compile_record(body))
    people = draw_population("t-all", 400, np.random.default_rng(1), TODAY)
    screened = screen(design, people.patients, people.today, people.name)
    pool = require_pool(funnel(screened))
    changes = [Relaxation("1", 70, end="high"), Relaxation("5", 50), Relaxation("8", 20)]
    costs = criterion_costs(screened, np.random.default_rng(1), relaxations=changes)
    assert costs.base.pool == pool > 20
    assert [row.change for row in costs.rows[-4:]] == [
        "age ≤ 70 years", "Karnofsky performance status ≥ 50", "CD7 expression > 20 %", "relaxed together",
    ]  # fmt: skip
    assert costs.rows[-1].gained >= max(row.gained for row in costs.rows[-4:-1])
    assert costs.rows[-1].months < costs.base.months
