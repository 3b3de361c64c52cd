"""Measures the screening of a population and what criteria cost, beside the plain way to do each.

Comes in: a study record (registry JSON), how many synthetic patients. Goes out: a few lines of figures. In the same
run: patients x criteria a second decided together, beside `screen` of each patient in a loop, which also writes
proofs, and beside the same evaluator without proofs; fair shares of 15 and 30 criteria beside the definition by brute
force (all orders of 8 criteria; of more it is drawn on). Times are CPU time of one thread: the machine is shared.

    python benchmarks/funnel.py ../shared/data/seed/NCT04785833.json --patients 2000
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from datetime import date
from itertools import permutations
from pathlib import Path

import numpy as np

from accrual.match.evaluate import Screener
from accrual.match.evaluate import screen as screen_one
from accrual.reading import compile_record
from accrual.registry.ctgov_json import read_json
from accrual.simulate.criterion_cost import criterion_costs
from accrual.simulate.funnel import screen
from accrual.simulate.parameters import Floats
from accrual.simulate.population import draw_population
from accrual.simulate.profiles import PROFILES
from accrual.simulate.requirements import requirements_of
from accrual.simulate.shapley import Flags, shares
from accrual.simulate.trial import read_trial

TODAY = date(2026, 11, 1)
SMALL = 8  # criteria whose orders are all walked through: 40,320


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The CPU time of some work, the best of some rounds."""
    best = math.inf
    for _ in range(times):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def value(pools: Floats) -> Floats:
    """Months in which a trial fills: they do not add up over patients."""
    return 1000 / (1 + pools)


def brute_force(kept_out: Flags) -> Floats:
    """Fair shares by walking through every order of the criteria, pool by pool."""
    criteria, people = kept_out.shape
    found, orders = np.zeros(criteria), 0
    for order in permutations(range(criteria)):
        pool, before = np.ones(people, np.bool_), float(value(np.array([people]))[0])
        for one in order:
            pool = pool & ~kept_out[one]
            after = float(value(np.array([pool.sum()]))[0])
            found[one] += after - before
            before = after
        orders += 1
    return found / orders


def population_part(body: bytes, profile: str, patients: int) -> None:
    """Screening: all together, beside one after the other."""
    compiled = compile_record(body)
    design = read_trial(read_json(body), compiled)
    trees = [requirement.tree for requirement in requirements_of(compiled)]
    cells = patients * len(trees)
    drawn = seconds(lambda: draw_population(profile, patients, np.random.default_rng(1), TODAY))
    print(f"{design.nct_id}: {len(trees)} criteria, {patients} patients ({profile}), {drawn:.2f} s to draw")
    people = draw_population(profile, patients, np.random.default_rng(1), TODAY).patients
    for what, work in (
        ("all together (simulate.funnel.screen)", lambda: screen(design, people, TODAY)),
        (
            "one by one, the truths alone",
            lambda: [
                [one.holds(tree) for tree in trees] for one in (Screener(each, TODAY) for each in people)
            ],
        ),
        (
            "one by one, with proofs (match.screen)",
            lambda: [screen_one(compiled, each, TODAY) for each in people],
        ),
    ):
        took = seconds(work)
        print(f"  {what:42} {cells / took:12,.0f} patients x criteria a second ({took:.2f} s)")
    screened = screen(design, people, TODAY)
    took = seconds(
        lambda: criterion_costs(screened, np.random.default_rng(1)), times=1
    )  # limits are decided once
    print(f"  every criterion dropped and relaxed, with fair shares: {took:.2f} s")


def shares_part(patients: int) -> None:
    """Fair shares of made-up truths."""
    rng = np.random.default_rng(1)
    for criteria in (SMALL, 15, 30):
        kept_out = rng.random((criteria, patients)) < rng.uniform(0.02, 0.2, (criteria, 1))
        ones = np.ones((patients, 1))
        found = shares(kept_out, ones, value, np.random.default_rng(2))
        took = seconds(lambda k=kept_out, o=ones: shares(k, o, value, np.random.default_rng(2)))  # type: ignore[misc]
        whole = float(value(np.array([(~kept_out.any(axis=0)).sum()]))[0] - value(np.array([patients]))[0])
        how = (
            "every pool" if found.exact else f"{found.orders} orders, error at most {found.errors.max():.1g}"
        )
        print(
            f"fair shares of {criteria} criteria: {took * 1000:.0f} ms ({how}); "
            f"off the whole of {whole:.3g} by {abs(float(found.values.sum()) - whole):.1g}"
        )
        if criteria == SMALL:
            begin = time.process_time()
            walked = brute_force(kept_out)
            one = (time.process_time() - begin) / math.factorial(SMALL)
            off = np.abs(walked - found.values[:, 0]).max()
            print(
                f"  all orders of {SMALL}: {one * math.factorial(SMALL):.1f} s, largest difference {off:.1g}; "
                f"drawn on, 15 criteria would take {one * math.factorial(15) * 15 / SMALL / 86400 / 365:.0f} years"
            )


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("record", type=Path)
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--profile", choices=list(PROFILES), default="t-all")
    given = parser.parse_args()
    population_part(given.record.read_bytes(), given.profile, given.patients)
    shares_part(given.patients)


if __name__ == "__main__":
    main()
