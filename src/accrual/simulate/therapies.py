"""Therapies by name: which cells, which tumour, and what happens around them.

Comes in: the parameter sets of the models. Goes out: `THERAPIES`, and one by name. Refuses: a name that is none.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec

from accrual.errors import SimulationError
from accrual.simulate.kimmel import KIMMEL, CellEquations
from accrual.simulate.kinetics import LISO_CEL, STEIN, Expansion
from accrual.simulate.parameters import GIVEN, Fixed, ParameterSet, spreads
from accrual.simulate.tumour import LEUKAEMIA, TumourParameters

_NOT_INFUSED = "one trial enrolled 23 and infused 14; that its 9 divide evenly over three reasons is assumed"
_POOLED = "pooled CD7 CAR-T studies, n = 200, doi:10.3389/fonc.2024.1478888"
_BY_HAND = "set by hand: no source; see docs/virtual-trial.md"


class OutcomeParameters(ParameterSet, frozen=True, kw_only=True, tag="outcome"):
    """A parameter set of what happens before the infusion and beside the tumour: the same for all participants."""

    manufacturing_failure: Fixed
    fratricide: Fixed
    early_death: Fixed
    crs_any: Fixed
    crs_severe: Fixed
    crs_burden_slope: Fixed
    crs_peak_slope: Fixed
    transplant_rate_per_day: Fixed
    death_rate_per_day: Fixed

    def __post_init__(self) -> None:
        super().__post_init__()
        lost = self.manufacturing_failure.value + self.fratricide.value + self.early_death.value
        if lost > 1:
            raise SimulationError(
                f"manufacturing_failure, fratricide and early_death are {lost:g} together: give at most 1"
            )
        if self.crs_severe.value > self.crs_any.value:
            raise SimulationError(
                f"crs_severe is {self.crs_severe.value:g}, more than crs_any, {self.crs_any.value:g}: "
                "severe reactions are among all reactions"
            )


CD7_OUTCOME: Final = OutcomeParameters(
    name="CD7",
    stands_for="attrition, cytokine release, transplant and death in trials of CD7 CAR-T cells",
    confounded="Rates over time are constant by assumption; who is transplanted is chosen by doctors, not by chance.",
    manufacturing_failure=Fixed(3 / 23, _NOT_INFUSED, assumed=True),
    fratricide=Fixed(3 / 23, _NOT_INFUSED, assumed=True),
    early_death=Fixed(3 / 23, _NOT_INFUSED, assumed=True),
    crs_any=Fixed(0.94, _POOLED),
    crs_severe=Fixed(0.12, _POOLED),
    crs_burden_slope=Fixed(0.5, _BY_HAND, assumed=True),
    crs_peak_slope=Fixed(0.5, _BY_HAND, assumed=True),
    transplant_rate_per_day=Fixed(
        -math.log(1 - 0.35) / 150, f"35 % within 150 days of remission, {_BY_HAND}", assumed=True
    ),
    death_rate_per_day=Fixed(
        -math.log(1 - 0.20) / 730,
        "20 % without relapse in a phase II trial (doi:10.1182/blood.2025029299); over 24 months is assumed",
        assumed=True,
    ),
)


class Therapy(msgspec.Struct, frozen=True):
    """What a virtual participant is given, and what it meets."""

    name: str
    cells: Expansion | CellEquations
    tumour: TumourParameters = LEUKAEMIA
    outcome: OutcomeParameters = CD7_OUTCOME

    @property
    def unit(self) -> str:
        """The unit in which the cells are counted in blood."""
        return "copies per microgram of DNA" if isinstance(self.cells, Expansion) else "cells per microlitre"

    @property
    def label(self) -> str:
        """The name, and which values somebody gave instead of the published or assumed ones.

        Example:
            >>> from accrual.simulate.parameters import changed
            >>> Therapy("4-1BB", changed(STEIN, alpha_per_day=0.2)).label
            '4-1BB with alpha_per_day 0.2'
        """
        given = [
            f"{name} {spread.typical:g}"
            for part in (self.cells, self.tumour, self.outcome)
            for name in spreads(type(part))
            if (spread := getattr(part, name)).source == GIVEN
        ]
        return f"{self.name} with {', '.join(given)}" if given else self.name


THERAPIES: Final[dict[str, Therapy]] = {
    cells.name: Therapy(cells.name, cells) for cells in (STEIN, LISO_CEL, KIMMEL)
}
"""By name: "4-1BB", "liso-cel", "CD28". Each `cells` says what is confounded in that name."""


def therapy(name: str) -> Therapy:
    """Return a therapy by its name.

    Raises:
        SimulationError: no therapy has this name.

    Example:
        >>> therapy("CD28").cells.stands_for[:24]
        'axicabtagene ciloleucel '
    """
    found = THERAPIES.get(name)
    if found is None:
        raise SimulationError(f"{name[:80]!r} is not a therapy: choose one of {', '.join(THERAPIES)}")
    return found
