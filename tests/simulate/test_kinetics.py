"""CAR copies in closed form: published figures, areas against quadrature, limits, draws that repeat to the byte."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is not installed: accrual[simulate]")

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from accrual.errors import SimulationError
from accrual.simulate.kinetics import (
    LISO_CEL,
    STEIN,
    Kinetics,
    area,
    area_to_infinity,
    copies,
    draw_kinetics,
    kinetics,
    measured,
    typical_kinetics,
)
from accrual.simulate.parameters import GIVEN, LogNormal, changed

TYPICAL = typical_kinetics(STEIN)


def test_growth_rate_doubling_and_half_lives_are_the_published_ones() -> None:
    first, last = TYPICAL.half_lives_days
    got = [TYPICAL.growth_rate_per_day[0], TYPICAL.doubling_days[0], first[0], last[0]]
    assert got == pytest.approx([0.88911, 0.77960, 4.3322, 216.61], rel=1e-4)


def test_areas_are_the_reference_ones() -> None:
    assert area(TYPICAL, 28)[0, 0] == pytest.approx(171_774.3, rel=1e-6)
    assert area_to_infinity(TYPICAL)[0] == pytest.approx(235_051.3, rel=1e-6)


def test_copies_are_the_reference_ones() -> None:
    assert copies(TYPICAL, [7, 14, 28, 90])[0] == pytest.approx([3105, 11_410, 1374, 146.5], rel=1e-3)


def test_liso_cel_has_the_times_and_rates_that_are_stated() -> None:
    liso = typical_kinetics(LISO_CEL)
    first, last = liso.half_lives_days
    assert [liso.peak_day[0], liso.doubling_days[0], first[0], last[0]] == pytest.approx(
        [9.29, 0.755, 5.00, 352]
    )
    assert copies(liso, [0, 1, 3.27])[0] == pytest.approx(copies(liso, 0)[0, 0])
    assert LISO_CEL.peak_copies_per_ug.assumed


patients = st.builds(
    kinetics,
    fold=st.floats(1, 1e6),
    lag_days=st.floats(0, 10),
    growth_days=st.floats(0.5, 40),
    peak_copies_per_ug=st.floats(1, 1e6),
    alpha_per_day=st.floats(1e-3, 3),
    persistent_share=st.floats(0, 1),
    beta_per_day=st.floats(1e-5, 1),
)


@settings(max_examples=60, deadline=None)
@given(patients, st.floats(0, 400))
def test_area_is_the_integral_of_copies(of: Kinetics, day: float) -> None:
    edges = sorted({0.0, day, *(edge for edge in (of.lag_days[0], of.peak_day[0]) if 0 < edge < day)})
    whole = sum(
        quad(lambda t: copies(of, t)[0, 0], a, b, epsabs=0, epsrel=1e-9, limit=200)[0]
        for a, b in itertools.pairwise(edges)
        if b - a > 1e-12
    )
    assert area(of, day)[0, 0] == pytest.approx(whole, rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(patients)
def test_copies_join_at_the_peak_and_never_exceed_it(of: Kinetics) -> None:
    peak, day = of.peak_copies_per_ug[0], float(of.peak_day[0])
    assert copies(of, day)[0, 0] == pytest.approx(peak)
    assert copies(of, np.linspace(0, 500, 300)).max() <= peak * (1 + 1e-12)
    assert area(of, 1e5)[0, 0] <= area_to_infinity(of)[0] * (1 + 1e-9)


def test_without_growth_copies_stay_at_the_start_until_the_fall() -> None:
    flat = kinetics(
        fold=1,
        lag_days=0,
        growth_days=5,
        peak_copies_per_ug=10,
        alpha_per_day=1,
        persistent_share=0,
        beta_per_day=1,
    )
    assert copies(flat, [0, 3, 5])[0] == pytest.approx([10, 10, 10])
    assert area(flat, 5)[0, 0] == pytest.approx(50)
    assert math.isinf(flat.doubling_days[0])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    one, two, other = (draw_kinetics(STEIN, 500, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(
        getattr(one, name).tobytes() == getattr(two, name).tobytes() for name in Kinetics.__struct_fields__
    )
    assert one.fold.tobytes() != other.fold.tobytes()


@pytest.mark.parametrize(("omega_as", "sd"), [("sd", 0.65), ("variance", math.sqrt(0.65))])
def test_omega_is_read_as_the_set_says(omega_as: str, sd: float) -> None:
    import msgspec

    read = msgspec.structs.replace(STEIN, omega_as=omega_as)
    drawn = np.log(draw_kinetics(read, 200_000, np.random.default_rng(3)).peak_copies_per_ug)
    assert np.std(drawn) == pytest.approx(sd, rel=0.01)
    assert np.median(drawn) == pytest.approx(math.log(24_000), abs=0.01)


def test_draws_never_leave_the_range_of_a_parameter() -> None:
    drawn = draw_kinetics(STEIN, 400_000, np.random.default_rng(4))
    assert drawn.fold.min() >= 1
    assert drawn.persistent_share.max() <= 1
    # The cut at 1 removes what the log-normal has below it, and moves nothing else.
    assert np.mean(drawn.fold < 3900) == pytest.approx(0.5, abs=0.003)


def test_the_residual_is_on_the_logarithm() -> None:
    seen = measured(np.full(100_000, 50.0), 0.56, np.random.default_rng(5))
    assert np.std(np.log(seen)) == pytest.approx(0.56, rel=0.01)
    assert np.median(seen) == pytest.approx(50, rel=0.01)


def test_a_changed_parameter_keeps_its_spread_and_says_who_gave_it() -> None:
    spread = changed(STEIN, alpha_per_day=0.2).alpha_per_day
    assert isinstance(spread, LogNormal)
    assert (spread.typical, spread.omega, spread.source) == (0.2, 0.91, GIVEN)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"alpha_per_day": -0.1}, "alpha_per_day is -0.1: give a number from 1e-06 to 24 (per day)"),
        ({"persistent_share": 1.5}, "persistent_share is 1.5: give a number from 0 to 1 (of the peak)"),
        ({"fold": math.nan}, "fold is nan: give a number from 1 to 1e+12 (times)"),
        ({"growth_days": math.inf}, "growth_days is inf"),
        ({"alfa": 1.0}, "'alfa' is not a parameter of '4-1BB': it has fold, lag_days, growth_days"),
    ],
)
def test_a_wrong_parameter_is_named_with_its_value_and_range(values: dict[str, float], said: str) -> None:
    with pytest.raises(SimulationError) as caught:
        changed(STEIN, **values)
    assert said in str(caught.value)


def test_days_before_the_infusion_and_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SimulationError, match="days is -1"):
        copies(TYPICAL, -1)
    known = {name: getattr(TYPICAL, name) for name in Kinetics.__struct_fields__}
    with pytest.raises(SimulationError, match="one number or one a patient"):
        kinetics(**(known | {"fold": [10, 20, 30], "alpha_per_day": [1, 2]}))
    with pytest.raises(SimulationError, match=r"missing \['fold'\]"):
        kinetics(**{name: value for name, value in known.items() if name != "fold"})


def test_every_value_of_a_set_says_where_it_is_from() -> None:
    from accrual.simulate.parameters import spreads

    for parameters in (STEIN, LISO_CEL):
        assert all(len(getattr(parameters, name).source) > 10 for name in spreads(type(parameters)))
        assert "domain" in parameters.confounded or "product" in parameters.confounded
