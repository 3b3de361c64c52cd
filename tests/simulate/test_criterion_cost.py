"""What a criterion costs: nobody is lost by asking less, shares are whole, covariates reach the therapy."""

from __future__ import annotations

import math
from datetime import date

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="numba is not installed: accrual[simulate]")
pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

from accrual.basic import Quantity
from accrual.codes.table import read_rows
from accrual.codes.variables import variables
from accrual.demo import demo_records
from accrual.errors import SimulationError
from accrual.match.chart import Chart
from accrual.patient.model import Fact, Patient, Source
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.simulate.criterion_cost import CriterionCosts, Relaxation, criterion_costs, usual_relaxations
from accrual.simulate.enrolment import Sites
from accrual.simulate.funnel import ENROL, Screened, screen
from accrual.simulate.outcome import simulate
from accrual.simulate.population import draw_population
from accrual.simulate.requirements import requirements_of
from accrual.simulate.response import Outcome, antigen_of, known_of, outcomes_of
from accrual.simulate.therapies import therapy
from accrual.simulate.trial import DATA, read_trial
from accrual.simulate.tumour import Known

TODAY = date(2026, 11, 22)
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def screened() -> Screened:
    body = next(iter(demo_records()))
    people = draw_population("t-all", 500, RNG(3), TODAY)
    return screen(read_trial(read_json(body), compile_record(body)), people.patients, TODAY, people.name)


@pytest.fixture(scope="module")
def outcomes(screened: Screened) -> tuple[Outcome, ...]:
    known = known_of([patient.chart for patient in screened.panel.patients], "cd7-expression")
    return outcomes_of(therapy("4-1BB"), known, 500, RNG(1), replicates=4)


@pytest.fixture(scope="module")
def costs(screened: Screened, outcomes: tuple[Outcome, ...]) -> CriterionCosts:
    return criterion_costs(screened, RNG(2), outcomes=outcomes)


def test_asking_less_loses_nobody_and_fills_no_later(costs: CriterionCosts) -> None:
    assert len(costs.rows) > 20
    for row in costs.rows:
        assert row.gained == row.pool - costs.base.pool >= 0
        assert row.months <= costs.base.months
        assert row.pool <= costs.nobody_asked.pool == costs.screened
        assert row.months_low <= row.months <= row.months_high


def test_a_relaxed_criterion_gains_no_more_than_a_dropped_one(costs: CriterionCosts) -> None:
    dropped = {row.requirement: row.pool for row in costs.rows if row.change == "dropped"}
    for row in costs.rows:
        assert row.pool <= dropped[row.requirement]


def test_pools_are_those_of_the_truths(screened: Screened, costs: CriterionCosts) -> None:
    passes = screened.truths != 0
    for at, row in enumerate(costs.rows[: len(passes)]):
        assert row.pool == np.delete(passes, at, axis=0).all(axis=0).sum()


def test_fair_shares_make_up_the_difference(costs: CriterionCosts, outcomes: tuple[Outcome, ...]) -> None:
    base, everybody = costs.base, costs.nobody_asked
    assert costs.exact
    assert sum(row.lost for row in costs.fair_shares) == pytest.approx(costs.screened - base.pool)
    assert sum(row.months for row in costs.fair_shares) == pytest.approx(base.months - everybody.months)
    for at, name in enumerate(costs.outcomes):
        assert name == base.outcomes[at].name == outcomes[at].name
        whole = base.outcomes[at].share - everybody.outcomes[at].share
        assert sum(row.outcomes[at] for row in costs.fair_shares) == pytest.approx(whole, abs=1e-9)
        assert all(row.outcome_errors[at] >= 0 for row in costs.fair_shares)


def test_orders_by_chance_say_so_and_agree(screened: Screened, costs: CriterionCosts) -> None:
    drawn = criterion_costs(screened, RNG(4), exact_up_to=2, orders=100)
    assert (drawn.exact, drawn.orders) == (False, 100)
    for one, other in zip(drawn.fair_shares, costs.fair_shares, strict=True):
        assert one.lost == other.lost  # a closed form, however many criteria
        assert abs(one.months - other.months) <= 5 * one.months_error + 1e-9


@given(
    st.sampled_from(ENROL), st.sampled_from([("5", 50.0), ("5", 10.0), ("8", 20.0), ("6", 4.0), ("3", 0.0)])
)
@settings(max_examples=8)
def test_a_limit_that_is_relaxed_is_what_is_counted(
    screened: Screened, enrol: str, change: tuple[str, float]
) -> None:
    found = criterion_costs(screened, RNG(1), enrol, relaxations=[Relaxation(*change)])  # type: ignore[arg-type]
    row = found.rows[-1]
    assert row.requirement == change[0]
    assert (
        row.change.split()[-1 if "mo" not in row.change and "%" not in row.change else -2] == f"{change[1]:g}"
    )
    assert row.pool >= found.base.pool
    assert len(found.rows) == len(screened.requirements) + 1


def test_several_changes_are_also_counted_together(screened: Screened) -> None:
    changes = [Relaxation("1", 70, end="high"), Relaxation("1", 6, end="low"), Relaxation("5", 50)]
    found = criterion_costs(screened, RNG(1), relaxations=changes)
    last = found.rows[-1]
    assert (last.requirement, last.change) == ("", "relaxed together")
    assert last.pool >= max(row.pool for row in found.rows[-4:-1])


def test_the_same_seed_gives_the_same_costs(screened: Screened) -> None:
    one, two = (criterion_costs(screened, RNG(9), exact_up_to=1, orders=20) for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)


def test_sites_that_open_one_after_the_other_are_simulated_alike_for_all(screened: Screened) -> None:
    sites = Sites(3, rate_per_month=0.5, ramp_up_months=12)
    found = criterion_costs(screened, RNG(1), sites=sites, relaxations=[])
    assert found.months_from == "sites as given"
    assert all(row.months <= found.base.months for row in found.rows)
    assert sum(row.months for row in found.fair_shares) == pytest.approx(
        found.base.months - found.nobody_asked.months, rel=1e-6
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Relaxation("99", 1), r"no criterion '99'.*1 to 16"),
        (Relaxation("5", 70), r"criterion 5 .*does not ask for less"),
        (Relaxation("2", 70), r"criterion 2 .*only be dropped"),
    ],
)
def test_relaxations_that_are_none_are_refused(screened: Screened, change: Relaxation, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        criterion_costs(screened, RNG(1), relaxations=[change])


def test_outcomes_of_other_people_are_refused(screened: Screened) -> None:
    other = Outcome("remission", "infused", np.ones((2, 7)), np.ones((2, 7)))
    with pytest.raises(SimulationError, match="remission: give the outcome of each of the 500"):
        criterion_costs(screened, RNG(1), outcomes=[other])


def test_a_trial_that_nobody_can_enter_has_no_costs(screened: Screened) -> None:
    children = draw_population("child", 20, RNG(1), TODAY)
    few = screen(screened.design, children.patients, TODAY)
    with pytest.raises(SimulationError, match=r"known to meet criterion 3"):
        criterion_costs(few, RNG(1), "when all is met")


def test_usual_steps_follow_the_table_and_stay_possible() -> None:
    body = next(iter(demo_records()))
    found = usual_relaxations(requirements_of(compile_record(body)))
    assert {(one.variable, one.end, one.to) for one in found} == {
        ("age", "low", 10), ("age", "high", 70), ("life-expectancy", "low", 2), ("karnofsky", "low", 50),
        ("ecog", "high", 3), ("cd7-expression", "low", 20),
    }  # fmt: skip
    for row in read_rows(DATA / "relaxations.tsv", ("variable", "unit", "down", "up"), keyed=False):
        assert row["variable"] in variables()
        assert float(row["down"]) > 0
        assert float(row["up"]) > 0
        variable = variables()[row["variable"]]
        assert row["unit"] in ("[ULN]", variable.unit)


# --- what is known of a patient reaches the therapy


def chart(*values: tuple[str, float, str]) -> Chart:
    facts = tuple(
        Fact(kind="measurement", text=name, source=Source(name), variable=name, value=Quantity(value, unit))
        for name, value, unit in values
    )
    return Chart(Patient(facts=facts), TODAY)


def test_shares_are_read_off_the_latest_value_and_missing_stays_missing() -> None:
    charts = [
        chart(("cd7-expression", 85, "%"), ("bone-marrow-blasts", 40, "%")),
        chart(("cd7-expression", 0, "%"), ("bone-marrow-blasts", 0, "%")),
        chart(("cd7-expression", 100, "%"), ("bone-marrow-blasts", 100, "%")),
        chart(("cd7-expression", 20, "%"), ("cd7-expression", 30, "%")),  # nobody knows which is later
        chart(("cd7-expression", 20, "mg/dL")),
        chart(),
    ]
    found = known_of(charts, "cd7-expression")
    assert found.flow_positive_share is not None
    assert found.burden_share is not None
    assert found.flow_positive_share.tolist()[:3] == [0.85, 0.0005, 0.9995]
    assert found.burden_share.tolist()[:3] == [0.4, 0.005, 1.0]
    assert np.isnan(found.flow_positive_share[3:]).all()
    assert np.isnan(found.burden_share[3:]).all()
    assert np.isnan(known_of(charts, "").flow_positive_share).all()  # type: ignore[arg-type]


def test_the_antigen_is_that_of_the_criteria_or_of_the_product(screened: Screened) -> None:
    assert antigen_of(screened.requirements) == "cd7-expression"
    assert antigen_of((), "CD19 CAR-T cells") == "cd19-expression"
    assert antigen_of(screened.requirements, "CD19 CAR-T cells") == "cd19-expression"
    assert antigen_of((), "CD999 CAR-T") == ""


def test_what_is_known_takes_the_place_of_a_draw_and_changes_nothing_else() -> None:
    given = Known(burden_share=np.array([0.5, math.nan, 0.9]))
    plain = simulate(therapy("4-1BB"), 3, 200, RNG(1))
    known = simulate(therapy("4-1BB"), 3, 200, RNG(1), known=given)
    assert np.allclose(np.exp(known.ln_burden[:, 0]), 0.5e12)
    assert np.allclose(np.exp(known.ln_burden[:, 2]), 0.9e12)
    assert known.ln_burden[:, 1].tobytes() == plain.ln_burden[:, 1].tobytes()
    assert known.infusion.tobytes() == plain.infusion.tobytes()
    assert known.peak.tobytes() == plain.peak.tobytes()
    nothing = simulate(therapy("4-1BB"), 3, 200, RNG(1), known=Known())
    assert nothing.event.tobytes() == plain.event.tobytes()


def test_more_tumour_and_less_antigen_mean_fewer_remissions() -> None:
    known = Known(flow_positive_share=np.array([0.99, 0.99, 0.05]), burden_share=np.array([0.06, 0.95, 0.95]))
    found = outcomes_of(therapy("4-1BB"), known, 3, RNG(1), replicates=400)
    remission = next(one for one in found if one.name == "remission")
    share = remission.hits.sum(axis=0) / remission.of.sum(axis=0)
    assert share[0] > share[1] > share[2]
    assert (remission.hits <= remission.of).all()


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (Known(burden_share=np.array([1.5, 0.5, 0.5])), "burden_share is 1.5"),
        (Known(flow_positive_share=np.array([0.0])), "flow_positive_share is 0"),
        (Known(burden_share=np.ones(4)), r"shape \(4,\) do not fit participants of shape \(10, 3\)"),
    ],
)
def test_knowledge_that_cannot_be_is_refused(known: Known, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        simulate(therapy("4-1BB"), 3, 10, RNG(1), known=known)
