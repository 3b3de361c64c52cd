"""SBML: written, read again, refused where it is something else, and run by an independent solver."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is not installed: accrual[simulate]")
pytest.importorskip("antimony", reason="antimony is not installed: accrual[sbml]")

from accrual.errors import SimulationError
from accrual.simulate.kimmel import KIMMEL, CellEquations, solve, typical_cells
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import changed, spreads
from accrual.simulate.sbml import from_sbml, to_sbml

TEXT = to_sbml()


def test_what_is_written_is_read_again() -> None:
    other = changed(KIMMEL, kill_rate_per_day=0.7, tumour_rate_per_day=1 / 3, car_start_cells_per_uL=1e-3)
    back = from_sbml(to_sbml(other))
    for name in spreads(CellEquations):
        assert getattr(back, name).typical == pytest.approx(getattr(other, name).typical, rel=1e-14), name
        assert getattr(back, name).source == "read from SBML"
    assert to_sbml() == TEXT


def test_what_is_written_says_what_it_is() -> None:
    assert NOTICE in TEXT


def test_an_independent_simulator_runs_the_sbml_as_we_do() -> None:
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner is not installed: accrual[sbml]")
    for rate in (0.105, 0.265):
        runner = roadrunner.RoadRunner(to_sbml(changed(KIMMEL, tumour_rate_per_day=rate)))
        runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-11, 1e-13
        found = np.array(runner.simulate(0, 120, 61, ["time", "N", "C", "B"]))
        ours = solve(typical_cells(changed(KIMMEL, tumour_rate_per_day=rate)), found[:, 0])
        assert ours.normal_cells_per_uL[0] == pytest.approx(found[:, 1], rel=1e-6)
        assert ours.car_cells_per_uL[0] == pytest.approx(found[:, 2], rel=1e-6)
        assert np.exp(ours.ln_tumour_mL[0]) == pytest.approx(found[:, 3], rel=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not SBML"),
        ("<html/>", "begins with <html>"),
        ("not xml at all", "not SBML: line 1"),
        (TEXT.replace("<times/>", "<plus/>", 1), "other equations than Kimmel's"),
        (
            TEXT.replace('id="expansion_slope" value="0.423"', 'id="expansion_slope"'),
            "no value for expansion_slope",
        ),
        (TEXT.replace('value="0.423"', 'value="much"'), "expansion_slope is 'much' in the SBML"),
        (TEXT.replace('value="0.423"', 'value="-1"'), "expansion_slope is -1: give a number from 1e-06"),
        ("<a>" + "x" * 2_000_001 + "</a>", "2,000,008 bytes"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><sbml>&e;</sbml>', "other equations"),
    ],
)
def test_what_is_not_kimmels_model_is_refused(text: str, said: str) -> None:
    with pytest.raises(SimulationError) as caught:
        from_sbml(text)
    assert said in str(caught.value)
