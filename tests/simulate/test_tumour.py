"""The two-clone tumour: against quadrature and a solver; limits; Kendall's chances against single cells."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: accrual[simulate]")
pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from accrual.simulate.bridge import cells_a_copy, stein_exposure
from accrual.simulate.exposure import Exposure
from accrual.simulate.extinction import ln_chance_extinct, ln_kendall, ln_regrowth
from accrual.simulate.kinetics import STEIN, Kinetics, copies, draw_kinetics, kinetics, typical_kinetics
from accrual.simulate.trajectories import clones
from accrual.simulate.tumour import (
    LEUKAEMIA,
    MARROW_CELLS,
    Tumours,
    after_chance,
    bands_of,
    days_of_crossing,
    draw_tumours,
    ln_cells_at,
    ln_sum,
    typical_tumours,
)

ONE = np.ones(1)
TYPICAL = typical_kinetics(STEIN)


def exposed(
    of: Kinetics, kappa: float = 0.02, k: float = 4.05, gamma: float = 1.15, g: float = 0.1
) -> Exposure:
    n = np.ones(of.patients)
    return stein_exposure(of, kappa * n, k * n, gamma * n, g * n, 730)


def closed_form(day: float) -> float:
    """The integral of x / (k + x) up to the peak: ln of the ratio of k + x, over the growth rate."""
    x = [0.02 * float(copies(TYPICAL, t)[0, 0]) for t in (0.0, day)]
    return math.log((4.05 + x[1]) / (4.05 + x[0])) / float(TYPICAL.growth_rate_per_day[0])


def test_before_the_peak_the_exposure_is_the_exact_closed_form() -> None:
    exposure = exposed(TYPICAL)
    points = [i for i, day in enumerate(exposure.days[0]) if day <= 9.3]
    assert len(points) > 20
    exact = [closed_form(float(exposure.days[0, i])) for i in points]
    assert exposure.full_days[0, points] == pytest.approx(exact, rel=1e-11, abs=1e-15)
    for day in (0.1, 3.0, 7.0):
        assert exposure.full_until(day)[0, 0] == pytest.approx(closed_form(day), abs=1e-5)


def drawn_kinetics(number: int) -> Kinetics:
    return draw_kinetics(STEIN, 200, np.random.default_rng(9)).part(np.array([number]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 199), st.floats(1e-4, 1), st.floats(0.5, 730))
def test_the_exposure_is_the_integral_of_the_share_at_work(number: int, kappa: float, day: float) -> None:
    of = drawn_kinetics(number)

    def share(t: float) -> float:
        x = kappa * float(copies(of, t)[0, 0])
        return x / (4.05 + x)

    edges = [0.0, *(e for e in (of.peak_day[0] * 0.6, of.peak_day[0], of.peak_day[0] + 40) if e < day), day]
    parts = [quad(share, a, b, limit=400, epsabs=1e-11, epsrel=1e-9)[0] for a, b in itertools.pairwise(edges)]
    assert exposed(of, kappa).full_until(day)[0, 0] == pytest.approx(sum(parts), rel=1e-5, abs=2e-5)


def test_a_lag_counts_in_the_exposure() -> None:
    late = kinetics(
        fold=250, lag_days=3, growth_days=6, peak_copies_per_ug=24000, alpha_per_day=0.14, persistent_share=0.008,
        beta_per_day=0.002,
    )  # fmt: skip
    share = lambda t: (x := 0.02 * float(copies(late, t)[0, 0])) / (4.05 + x)  # noqa: E731
    whole = sum(quad(share, a, b)[0] for a, b in ((0, 3), (3, 9), (9, 20)))
    assert exposed(late).full_until(20)[0, 0] == pytest.approx(whole, rel=1e-6, abs=1e-5)


def test_an_independent_solver_agrees_on_the_cells() -> None:
    rng = np.random.default_rng(5)
    of, tumours = draw_kinetics(STEIN, 6, rng), draw_tumours(LEUKAEMIA, 6, rng)
    days = np.linspace(0, 120, 13)
    exposure = stein_exposure(
        of,
        tumours.kappa,
        tumours.half_kill_cells_per_uL,
        tumours.kill_rate_per_day,
        tumours.growth_rate_per_day,
        200,
    )
    bands = bands_of(tumours)
    ours = ln_cells_at(bands, tumours.growth_rate_per_day, exposure, days)
    for row in range(6):
        one = of.part(np.array([row]))

        def slopes(t: float, _: np.ndarray, one: Kinetics = one, row: int = row) -> np.ndarray:
            x = tumours.kappa[row] * copies(one, t)[0, 0]
            share = x / (tumours.half_kill_cells_per_uL[row] + x)
            return tumours.growth_rate_per_day[row] - bands.kill_rate_per_day[row] * share

        found = solve_ivp(
            slopes, (0, 120), bands.ln_cells[row], t_eval=days, rtol=1e-9, atol=1e-9, max_step=0.5
        )
        assert ours[row] == pytest.approx(found.y.T, abs=1e-4)


def test_without_a_bridge_cells_have_no_effect_at_all() -> None:
    tumour = typical_tumours(LEUKAEMIA)
    course = clones(tumour, exposed(TYPICAL, kappa=0), [0, 10, 300])
    start = math.log(float(tumour.cells[0]))
    assert course.ln_total[0] == pytest.approx(start + 0.1 * np.array([0, 10, 300]), rel=1e-12)
    bands = bands_of(tumour)
    assert np.isneginf(ln_kendall(exposed(TYPICAL, kappa=0), bands.kill_rate_per_day, 0.1 * ONE)).all()


def test_without_kill_or_without_antigen_there_is_pure_growth() -> None:
    tumour = typical_tumours(LEUKAEMIA)
    days = np.array([0, 28, 200])
    for changed in (
        msgspec.structs.replace(tumour, kill_rate_per_day=np.zeros(1)),
        msgspec.structs.replace(tumour, negative_cells=tumour.cells),
        msgspec.structs.replace(tumour, half_density=np.array([1e300])),
    ):
        course = clones(changed, exposed(TYPICAL), days)
        assert course.ln_total[0] == pytest.approx(math.log(float(tumour.cells[0])) + 0.1 * days, rel=1e-9)


def test_the_negative_clone_grows_as_if_nothing_were_given() -> None:
    tumour = typical_tumours(LEUKAEMIA)
    course = clones(tumour, exposed(TYPICAL), [0, 28])
    assert course.ln_negative[0, 1] - course.ln_negative[0, 0] == pytest.approx(2.8)
    assert course.ln_positive[0, 1] < course.ln_positive[0, 0] - 10


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-6, 1 - 1e-6), st.floats(0.01, 5), st.floats(0, 1), st.floats(1e-12, 1))
def test_bands_hold_all_cells_and_as_many_seen_as_flow_cytometry_says(
    seen: float, sd: float, negative: float, burden: float
) -> None:
    cells = MARROW_CELLS * burden
    one = msgspec.structs.replace(
        typical_tumours(LEUKAEMIA),
        cells=cells * ONE, negative_cells=negative * cells * ONE, flow_positive_share=seen * ONE, density_sd=sd * ONE,
    )  # fmt: skip
    bands = bands_of(one)
    each = np.exp(bands.ln_cells[0])
    assert each.sum() == pytest.approx(cells, rel=1e-9)
    assert each[-1] == pytest.approx(negative * cells, rel=1e-9)
    positive = each[:-1].sum()
    assert (each[:-1] * bands.seen[0, :-1]).sum() == pytest.approx(
        seen * positive, rel=1e-6, abs=1e-6 * cells
    )
    assert (np.diff(bands.kill_rate_per_day[0, :-1]) >= 0).all()
    assert bands.kill_rate_per_day[0, -1] == 0


def test_twice_as_many_bands_change_little() -> None:
    rng = np.random.default_rng(6)
    of, tumours = draw_kinetics(STEIN, 400, rng), draw_tumours(LEUKAEMIA, 400, rng)
    exposure = stein_exposure(
        of,
        tumours.kappa,
        tumours.half_kill_cells_per_uL,
        tumours.kill_rate_per_day,
        tumours.growth_rate_per_day,
        730,
    )
    chances, cells = [], []
    for count in (20, 40, 200):
        bands = bands_of(tumours, count)
        ln_j = ln_kendall(exposure, bands.kill_rate_per_day[:, :-1], tumours.growth_rate_per_day)
        chances.append(np.exp(ln_chance_extinct(ln_j, bands.ln_cells[:, :-1]).sum(axis=1)).mean())
        at_28 = ln_cells_at(bands, tumours.growth_rate_per_day, exposure, 28)[:, 0]
        cells.append((ln_sum(at_28) < math.log(0.05 * MARROW_CELLS)).mean())
    assert abs(chances[0] - chances[2]) < 0.01
    assert abs(chances[1] - chances[2]) < 0.005
    assert abs(cells[0] - cells[2]) < 0.01


def test_j_is_the_integral_and_never_overflows() -> None:
    exposure = exposed(TYPICAL, gamma=0.6, g=0.3)

    def mu(t: float) -> float:
        x = 0.02 * float(copies(TYPICAL, t)[0, 0])
        return 0.6 * x / (4.05 + x)

    full = exposure.full_until(np.linspace(0, 300, 3001))[0]
    days = np.linspace(0, 300, 3001)
    inner = np.exp(0.6 * full - 0.3 * days) * np.array([mu(t) for t in days])
    found = ln_kendall(exposure, np.array([[0.6]]), np.array([0.3]))[0, 0]
    assert math.exp(found) == pytest.approx(np.trapezoid(inner, days), rel=1e-3)
    huge = ln_kendall(exposed(TYPICAL, gamma=24, g=0.01), np.array([[24.0]]), np.array([0.01]))[0, 0]
    assert math.isfinite(huge)
    assert huge > 90


def test_chances_of_extinction_hold_at_the_extremes() -> None:
    ln_j = np.array([-np.inf, -700.0, 0.0, 30.0, 800.0])
    with np.errstate(over="raise"):
        assert np.exp(ln_chance_extinct(ln_j, np.full(5, math.log(1e12)))).tolist()[-1] == 1.0
    assert ln_chance_extinct(ln_j, np.full(5, math.log(1e12)))[2] == pytest.approx(-1e12 * math.log(2))
    assert np.exp(ln_chance_extinct(ln_j, np.full(5, -np.inf))).tolist() == [1.0] * 5


def test_chances_and_regrowth_are_those_of_cells_that_divide_and_die_one_by_one() -> None:
    """A birth and death process of single cells, stepped finely, beside Kendall's formula and the regrowth drawn."""
    rng, g, gamma, cells, runs, step = np.random.default_rng(8), 0.2, 0.9, 60, 4000, 0.01
    short = kinetics(
        fold=10,
        lag_days=0,
        growth_days=2,
        peak_copies_per_ug=400,
        alpha_per_day=0.5,
        persistent_share=0,
        beta_per_day=1,
    )
    exposure = exposed(short, gamma=gamma, g=g)
    alive = np.full(runs, cells)
    days = np.arange(0, 30, step)
    x = 0.02 * copies(short, days + step / 2)[0]
    mu = gamma * x / (4.05 + x)
    for rate in mu:
        alive = alive + rng.poisson(g * step * alive) - np.minimum(rng.poisson(rate * step * alive), alive)
    ln_j = ln_kendall(exposure, np.array([[gamma]]), np.array([g]))[0, 0]
    ln_cells = np.full(runs, math.log(cells))
    factor = np.exp(ln_regrowth(np.full(runs, ln_j), ln_cells, rng))
    mean = cells * math.exp(g * 30 - gamma * exposure.full_until(30.0)[0, 0])
    assert factor.mean() == pytest.approx(1, abs=0.03)
    ours, theirs = (
        np.quantile(mean * factor, [0.05, 0.25, 0.5, 0.75, 0.95]),
        np.quantile(alive, [0.05, 0.25, 0.5, 0.75, 0.95]),
    )
    assert ours == pytest.approx(theirs, rel=0.06)
    few = np.exp(ln_chance_extinct(np.array([ln_j]), np.array([math.log(3)])))[0]
    drawn = np.isneginf(ln_regrowth(np.full(200_000, ln_j), np.full(200_000, math.log(3)), rng)).mean()
    # Three cells that are there for certain die out a little less often than three on average.
    assert drawn == pytest.approx(math.exp(-3 / (1 + math.exp(ln_j))), abs=0.004)
    assert few <= drawn


def test_a_tumour_comes_back_on_the_day_its_cells_reach_the_limit() -> None:
    rng = np.random.default_rng(12)
    of, tumours = draw_kinetics(STEIN, 300, rng), draw_tumours(LEUKAEMIA, 300, rng)
    exposure = stein_exposure(
        of,
        tumours.kappa,
        tumours.half_kill_cells_per_uL,
        tumours.kill_rate_per_day,
        tumours.growth_rate_per_day,
        730,
    )
    bands = after_chance(bands_of(tumours), tumours.growth_rate_per_day, exposure, rng)
    day = days_of_crossing(bands, tumours.growth_rate_per_day, exposure, 0.05, 28)
    below = ln_sum(ln_cells_at(bands, tumours.growth_rate_per_day, exposure, 28)[:, 0]) < math.log(5e10)
    relapsed = np.flatnonzero(below & np.isfinite(day))
    assert len(relapsed) > 100
    asked = np.where(np.isfinite(day), day, 28.0)[:, None]
    full = exposure.full_until(asked)
    then = ln_sum(bands.ln_cells - bands.kill_rate_per_day * full) + tumours.growth_rate_per_day * asked[:, 0]
    assert then[relapsed] == pytest.approx(math.log(5e10), abs=1e-4)
    never = np.flatnonzero(below & np.isinf(day))
    at_end = ln_sum(ln_cells_at(bands, tumours.growth_rate_per_day, exposure, 730)[:, 0])
    assert (at_end[never] < math.log(5e10)).all()


def test_the_bridge_is_the_reference_one_and_is_spread() -> None:
    assert cells_a_copy(np.array([3000.0]), ONE)[0] == pytest.approx(0.02)
    kappa = draw_tumours(LEUKAEMIA, 50_000, np.random.default_rng(1)).kappa
    assert np.median(kappa) == pytest.approx(0.02, rel=0.02)
    assert np.std(np.log(kappa)) == pytest.approx(math.hypot(0.5, 0.4), rel=0.02)


def test_the_same_seed_gives_the_same_tumours() -> None:
    one, two = (draw_tumours(LEUKAEMIA, 100, np.random.default_rng(3)) for _ in range(2))
    assert all(
        getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in Tumours.__struct_fields__
    )
