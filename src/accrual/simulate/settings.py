"""What is asked of a simulation, and whether it can be run here; needs none of the libraries of the models.

Comes in: numbers that a face was given. Goes out: `Settings`. Refuses: a machine without the extra `accrual[simulate]`.
"""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from typing import Final

import msgspec

from accrual.errors import SimulationError

REPLICATES: Final = 10_000
SCREENED: Final = 2_000
MOST_PARTICIPANTS: Final = 1000  # counts of responders are enumerated up to here: the range "arm"
FOLLOW_UP_DAYS: Final = 730.0
NO_THERAPY: Final = "none"
NO_POPULATION: Final = "none"
AUTO: Final = "auto"
_LIBRARIES: Final = ("scipy", "numba")  # of the extra `simulate`


class Settings(msgspec.Struct, frozen=True):
    """What is asked.

    `participants` None takes the record's number; `therapy` is a name of `THERAPIES`, `auto` or `none`; rates that are
    None are those set by hand for the kind of trial. `population` is a name of `PROFILES`, `auto`,
    `none`, or a file or folder of patients, who are decided as of `today`; of synthetic ones `screened` are drawn.
    `relax` names limits to relax, `ID=VALUE` or `ID:low=VALUE`; none takes each one usual step on.
    `workers` changes how long it takes, and nothing else.
    """

    seed: int = 1
    participants: int | None = None
    therapy: str = AUTO
    null_rate: float | None = None
    target_rate: float | None = None
    alpha: float = 0.05
    beta: float = 0.2
    replicates: int = REPLICATES
    population: str = AUTO
    screened: int = SCREENED
    today: date | None = None
    relax: tuple[str, ...] = ()
    follow_up_days: float = FOLLOW_UP_DAYS
    workers: int = 2


def can_simulate() -> bool:
    """Say whether the libraries of the models are installed."""
    return all(find_spec(name) is not None for name in _LIBRARIES)


def require_libraries() -> None:
    """Say how to install what is missing.

    Raises:
        SimulationError: the extra is not installed.
    """
    if not can_simulate():
        raise libraries_missing()


def libraries_missing() -> SimulationError:
    """Return the error that says how to install what is missing."""
    return SimulationError(
        "the virtual trial needs libraries that are not installed: `pip install accrual[simulate]`"
    )
