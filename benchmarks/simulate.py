"""Measures the virtual trial: trajectories a second of both models, and replicates of a trial, beside other solvers.

Comes in: nothing; parameters are the published ones, patients are drawn with a seed. Goes out: a few lines of figures.
libRoadRunner and scipy run the same equations for the same patients in the same run. Times are CPU time of one thread
(the machine is shared), but for the replicates, where wall time with two workers stands beside it.

    python benchmarks/simulate.py --replicates 10000
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from accrual.simulate.bridge import stein_exposure
from accrual.simulate.kimmel import KIMMEL, Cells, draw_cells, kimmel_exposure, solve
from accrual.simulate.kinetics import STEIN, area, copies, draw_kinetics
from accrual.simulate.outcome import simulate
from accrual.simulate.parameters import Floats
from accrual.simulate.sbml import to_sbml
from accrual.simulate.therapies import THERAPIES
from accrual.simulate.tumour import LEUKAEMIA, draw_tumours

DAYS = np.linspace(0, 90, 91)
TOLERANCE = 1e-6  # libRoadRunner's own default for the relative error; the same for all


def measured(what: str, count: int, work: Callable[[], object], times: int = 3) -> float:
    """Print and return how many of `count` a second of CPU time are done, the best of some rounds."""
    work()
    best = math.inf
    for _ in range(times):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    print(f"{what:62} {count / best:14,.0f} a second")
    return count / best


def patients(count: int) -> Cells:
    """Patients whose kill rate, tumour growth and starting cells differ."""
    rng = np.random.default_rng(1)
    drawn = draw_cells(KIMMEL, count, rng)
    equations = drawn.equations.copy()
    equations[:, 8] *= np.exp(0.5 * rng.standard_normal(count))
    return Cells(equations, drawn.kill_rate_per_day, drawn.tumour_rate_per_day, drawn.tumour_start_mL)


def slopes(_: float, y: Floats, p: Floats, growth: float, kill: float) -> list[float]:
    """The equations in plain Python, as scipy's users write them."""
    n, c, b = y
    t = n + c
    rate = p[3] + p[5] * (t - p[0]) ** 2 / (p[4] * t * t + (t - p[0]) ** 2)
    return [
        -p[2] * n * math.log(t / p[0]),
        -rate * c * math.log(t / p[1]),
        growth * b - kill * b * c / (p[6] + c),
    ]


def by_scipy(of: Cells) -> Floats:
    """CAR cells on day 90, by `solve_ivp` with LSODA."""
    from scipy.integrate import solve_ivp

    found = []
    for row in range(of.patients):
        p = of.equations[row]
        arguments = (p, of.tumour_rate_per_day[row], of.kill_rate_per_day[row])
        start = (p[7], p[8], of.tumour_start_mL[row])
        answer = solve_ivp(slopes, (0, 90), start, "LSODA", DAYS, args=arguments, rtol=TOLERANCE, atol=1e-9)
        found.append(answer.y[1, -1])
    return np.array(found)


def by_roadrunner(of: Cells, runner: Any, points: int = 91) -> Floats:
    """CAR cells on day 90, by libRoadRunner's compiled model."""
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = TOLERANCE, 1e-9
    found = []
    for row in range(of.patients):
        runner.reset()
        runner["kill_rate_per_day"] = of.kill_rate_per_day[row]
        runner["tumour_rate_per_day"] = of.tumour_rate_per_day[row]
        runner["C"] = of.equations[row, 8]
        found.append(runner.simulate(0, 90, points)[-1, 2])
    return np.array(found)


def models() -> None:
    """Both models and the exposures of the tumour."""
    rng = np.random.default_rng(1)
    kinetics = draw_kinetics(STEIN, 100_000, rng)
    measured("Stein, closed form: area to day 28, a patient", 100_000, lambda: area(kinetics, 28))
    measured("Stein, closed form: copies on one day, a patient", 100_000, lambda: copies(kinetics, 28))
    of = patients(4000)
    ours = measured(
        f"Kimmel, 90 days, 91 points, tolerance {TOLERANCE:g}", 4000, lambda: solve(of, DAYS, TOLERANCE)
    )
    measured("Kimmel, 90 days, 91 points, tolerance 1e-8", 4000, lambda: solve(of, DAYS))
    few = patients(300)
    exact = solve(few, DAYS, 1e-11).car_cells_per_uL[:, -1]
    off = [
        float(np.abs(found / exact - 1).max())
        for found in (solve(few, DAYS, TOLERANCE).car_cells_per_uL[:, -1], by_scipy(few))
    ]
    scipys = measured("the same by scipy solve_ivp, LSODA", 300, lambda: by_scipy(few), 1)
    print(
        f"{'':4}times as fast as scipy: {ours / scipys:.1f}; largest error on day 90: {off[0]:.1e} beside {off[1]:.1e}"
    )
    try:
        import roadrunner
    except ImportError:
        print("libRoadRunner is not installed (accrual[sbml]): not measured")
    else:
        runner = roadrunner.RoadRunner(to_sbml())
        far = float(np.abs(by_roadrunner(few, runner) / exact - 1).max())
        theirs = measured("the same by libRoadRunner", 300, lambda: by_roadrunner(few, runner))
        print(
            f"{'':4}times as fast as libRoadRunner: {ours / theirs:.1f}; its largest error on day 90: {far:.1e}"
        )
        end = measured("Kimmel, day 90 only", 4000, lambda: solve(of, 90.0, TOLERANCE))
        theirs = measured("the same by libRoadRunner", 300, lambda: by_roadrunner(few, runner, 2))
        print(f"{'':4}times as fast as libRoadRunner: {end / theirs:.1f}")
    tumours = draw_tumours(LEUKAEMIA, 1000, rng)
    kill, growth = tumours.kill_rate_per_day, tumours.growth_rate_per_day
    part, half = kinetics.part(slice(1000)), tumours.half_kill_cells_per_uL
    measured(
        "exposure of a tumour over 2 years, Stein",
        1000,
        lambda: stein_exposure(part, tumours.kappa, half, kill, growth, 730),
    )
    some = of.part(slice(1000))
    measured(
        "exposure of a tumour over 2 years, Kimmel", 1000, lambda: kimmel_exposure(some, 730, growth, kill)
    )


def trials(replicates: int) -> None:
    """Replicates of a trial of 20."""
    for name, therapy in THERAPIES.items():
        simulate(therapy, 20, 1, np.random.default_rng(1))
        wall, cpu = time.perf_counter(), time.process_time()
        simulate(therapy, 20, replicates, np.random.default_rng(1), workers=2)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{replicates:,} trials of 20, {name}: {wall:.1f} s on 2 workers, {cpu:.1f} s of CPU")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicates", type=int, default=10_000)
    arguments = parser.parse_args()
    models()
    trials(arguments.replicates)


if __name__ == "__main__":
    main()
