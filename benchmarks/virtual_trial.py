"""The virtual trial beside what was published: the tables of docs/virtual-trial-validation.md.

Comes in: nothing; the named parameter sets, a seed. Goes out: markdown on standard output. Nothing here is fitted:
a row that misses stays, and the page says why.

    python benchmarks/virtual_trial.py --replicates 2000 > benchmarks/out/virtual-trial.md
"""

from __future__ import annotations

import argparse

import msgspec
import numpy as np

from accrual.simulate.kimmel import KIMMEL, extinction_chance, progression_days, solve, typical_cells
from accrual.simulate.kinetics import STEIN, area, area_to_infinity, copies, typical_kinetics
from accrual.simulate.notice import NOTICE
from accrual.simulate.outcome import Flags, Participants, simulate
from accrual.simulate.parameters import Fixed, changed
from accrual.simulate.summary import Summary, summarise
from accrual.simulate.therapies import THERAPIES, Therapy

BOTH = THERAPIES["4-1BB"]


def row(*cells: object) -> None:
    """Print one row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def head(*cells: str) -> None:
    """Print the head of a table."""
    print()
    row(*cells)
    print("|" + "---|" * len(cells))


def reproduced() -> None:
    """Figures that the equations must give, whoever computes them."""
    stein, kimmel = typical_kinetics(STEIN), typical_cells(KIMMEL)
    first, last = stein.half_lives_days
    cells = solve(kimmel, np.linspace(0, 90, 9001)).car_cells_per_uL[0]
    later = solve(kimmel, [14, 28, 90]).car_cells_per_uL[0]
    head("figure", "reference", "here")
    row(
        "growth rate; doubling",
        "0.88911 /d; 0.77960 d",
        f"{stein.growth_rate_per_day[0]:.5f}; {stein.doubling_days[0]:.5f}",
    )
    row("half-lives", "4.3322; 216.61 d", f"{first[0]:.4f}; {last[0]:.2f}")
    row(
        "area 0-28; whole",
        "171,774.3; 235,051.3",
        f"{area(stein, 28)[0, 0]:,.1f}; {area_to_infinity(stein)[0]:,.1f}",
    )
    row(
        "copies on day 7, 14, 28, 90",
        "3,105; 11,410; 1,374; 146.5",
        "; ".join(f"{c:,.1f}" for c in copies(stein, [7, 14, 28, 90])[0]),
    )
    row("Kimmel peak", "30.109 on day 7.01", f"{cells.max():.3f} on day {cells.argmax() / 100:.2f}")
    row("Kimmel day 14, 28, 90", "8.975, 2.487, 0.338", ", ".join(f"{c:.3f}" for c in later))
    slow = [typical_cells(changed(KIMMEL, tumour_rate_per_day=rate)) for rate in (0.105, 0.19, 0.265)]
    row(
        "progression at 0.105, 0.19, 0.265 /d",
        "day 351.2, 193.5, 136.7",
        ", ".join(f"{progression_days(of)[0]:.1f}" for of in slow),
    )
    slow = [typical_cells(changed(KIMMEL, tumour_rate_per_day=rate)) for rate in (0.10, 0.105, 0.12, 0.15)]
    row(
        "extinction at 0.10, 0.105, 0.12, 0.15 /d",
        "0.725, 0.619, 0.217, 2.2e-6",
        ", ".join(f"{extinction_chance(of)[0]:.3g}" for of in slow),
    )


def percent(figures: Summary, name: str) -> str:
    """A share with what one trial of 20 shows."""
    share = figures.share(name)
    return f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%})"


def middle(values: np.ndarray, who: Flags) -> str:
    """The median and the middle half."""
    quarters = np.quantile(values[who], [0.25, 0.5, 0.75])
    return f"{quarters[1]:,.4g} ({quarters[0]:,.4g} to {quarters[2]:,.4g})"


def beside(of: Participants) -> None:
    """Responders and the others beside Mueller's."""
    yes, no = of.remission, of.infused & ~of.remission
    head("Mueller (PMC7433345)", "published", "simulated, median (middle half)")
    row("responders: peak", "34,700", middle(of.peak, yes))
    row("responders: area 0-28", "318,000", middle(of.area_28, yes))
    row("responders: day of the peak", "9.91", middle(of.peak_day, yes))
    row("others: peak", "20,000", middle(of.peak, no))
    row("others: area 0-28", "156,000", middle(of.area_28, no))
    row("others: day of the peak", "20.0", middle(of.peak_day, no))


def outcomes(of: dict[str, Summary]) -> None:
    """What happened to CD7 participants, beside the sets and some other assumptions."""
    head("figure", "published", *of)
    for name, published in (
        ("remission", "87 % (80-94) pooled; 90 %, 95 % in two of n 20"),
        ("mrd_negative", ""),
        ("crs_any", "94 %: calibrated to it"),
        ("crs_severe", "12 % (5-20): calibrated to it"),
        ("infused", "14 of 23: set to it"),
        ("event_free_at_month_6", "35.7 % (n 14), with transplants"),
        ("event_free_at_month_24", "36.8 % (n 20), with transplants"),
        ("relapse_with_antigen_by_month_24", "2 of 20"),
        ("relapse_without_antigen_by_month_24", "4 of 20"),
        ("transplant_by_month_24", ""),
        ("death_without_relapse_by_month_24", "20 % (n 55): set to it"),
    ):
        row(name.replace("_", " "), published, *(percent(figures, name) for figures in of.values()))
    row(
        "median day of relapse, were nothing else to happen",
        "",
        *(f"{s.median_relapse_day:.0f}" for s in of.values()),
    )


def with_tumour(**values: float) -> Therapy:
    """The 4-1BB set with another assumption about the tumour."""
    return msgspec.structs.replace(BOTH, tumour=changed(BOTH.tumour, **values))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--replicates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    def run(therapy: Therapy) -> Participants:
        return simulate(therapy, 20, arguments.replicates, np.random.default_rng(arguments.seed), workers=2)

    print(f"> {NOTICE}")
    reproduced()
    both = run(BOTH)
    beside(both)
    outcomes(
        {
            "4-1BB": summarise(both),
            "liso-cel": summarise(run(THERAPIES["liso-cel"])),
            "CD28": summarise(run(THERAPIES["CD28"])),
        }
    )
    assert isinstance(BOTH.cells, type(STEIN))
    others = {
        "omega as variance": msgspec.structs.replace(
            BOTH, cells=msgspec.structs.replace(BOTH.cells, omega_as="variance")
        ),
        "peak 2.6 times": msgspec.structs.replace(BOTH, cells=changed(BOTH.cells, peak_copies_per_ug=62_390)),
        "negative clone in half": with_tumour(negative_chance=0.5),
        "no negative clone": with_tumour(negative_chance=0.0),
        "growth 0.05 /d": with_tumour(growth_rate_per_day=0.05),
        "bright antigen (99 %)": msgspec.structs.replace(
            BOTH, tumour=msgspec.structs.replace(BOTH.tumour, flow_positive_share=Fixed(0.99, "sensitivity"))
        ),
    }
    outcomes({name: summarise(run(therapy)) for name, therapy in others.items()})


if __name__ == "__main__":
    main()
