"""Finding a dose: what a design of escalation recommends, and to how many it gives each dose. Here 3+3, exactly.

Comes in: the true chance of a dose-limiting toxicity at each dose. Goes out: `DoseFinding`. Refuses: no doses, chances
that are none.

3+3 (Storer 1989, doi:10.2307/2531693): three at a dose; none with toxicity, go on to the next; one, three more at the
same; go on with one of six, else stop, and the dose below is recommended. With `confirm`, as most protocols say, a dose
is recommended only after six have had it with at most one toxicity: where it had three, three more get it, and the
recommendation may go down again. What was seen at one dose says nothing about another, so every chance is a product.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from accrual.errors import SimulationError
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Floats, check

MOST_DOSES = 50  # set by hand; no trial has so many


class DoseFinding(msgspec.Struct, frozen=True):
    """The operating characteristics of a dose-finding design for one row of true toxicities.

    Tuples have one value a dose, lowest first. `none` is the chance that no dose is recommended. `errors` are
    the standard errors of simulating `none` and then each of `recommended`, all 0 where chances are exact.
    """

    name: str
    toxicities: tuple[float, ...]
    recommended: tuple[float, ...]
    none: float
    participants: tuple[float, ...]
    toxic: tuple[float, ...]
    errors: tuple[float, ...]
    replicates: int = 0
    notice: str = NOTICE

    @property
    def expected_participants(self) -> float:
        """The mean number over all doses."""
        return sum(self.participants)

    @property
    def expected_toxicities(self) -> float:
        """The mean number with a dose-limiting toxicity."""
        return sum(self.toxic)


def checked_toxicities(toxicities: Sequence[float]) -> Floats:
    """Return the chances as an array.

    Raises:
        SimulationError: none or too many of them, one that is no chance, one below that of a lower dose.
    """
    if not 1 <= len(toxicities) <= MOST_DOSES:
        raise SimulationError(f"there are {len(toxicities)} doses: give from 1 to {MOST_DOSES} toxicities")
    rates = np.array([check("rate", rate) for rate in toxicities], dtype=np.float64)
    if (np.diff(rates) < 0).any():
        raise SimulationError(
            f"toxicities are {', '.join(f'{rate:g}' for rate in rates)}: a higher dose cannot be less toxic; "
            "give them from the lowest dose up"
        )
    return rates


def chance_escalates(toxicity: float) -> float:
    """Return the chance that 3+3 goes on from a dose with this chance of toxicity.

    Raises:
        SimulationError: not a chance.

    Example:
        >>> [round(chance_escalates(rate), 4) for rate in (0.1, 0.2, 0.3)]
        [0.9061, 0.7086, 0.4943]
    """
    good = 1 - check("rate", toxicity)
    return float(good**3 + 3 * toxicity * good**5)


def three_plus_three(toxicities: Sequence[float], confirm: bool = True) -> DoseFinding:
    """Return what 3+3 does, exactly.

    Raises:
        SimulationError: no doses, chances that are none or that fall from dose to dose.

    Example:
        >>> found = three_plus_three([0.1, 0.3, 0.5], confirm=False)
        >>> [round(chance, 3) for chance in (found.none, *found.recommended)]
        [0.094, 0.458, 0.371, 0.077]
    """
    rates = checked_toxicities(toxicities)
    doses, good = len(rates), 1 - rates
    passes = good**3 + 3 * rates * good**5
    reached = np.concatenate(([1.0], np.cumprod(passes)))  # by dose; the last: past all doses
    # Coming up: three at a dose, and three more after one toxicity.
    one_of_three = 3 * rates * good**2
    participants = reached[:-1] * (3 + 3 * one_of_three)
    stops = np.append(reached[:-1] * (1 - passes), reached[-1])  # at this dose, or at none of them
    recommended, none = np.zeros(doses), 0.0
    if not confirm:
        none, recommended = float(stops[0]), stops[1:].copy()
    else:
        # Going down from dose k + 1: of those who passed k, so many had only three, who get three more.
        had_three = np.divide(good**3, passes, out=np.zeros(doses), where=passes > 0)
        holds = (1 - had_three) + had_three * (good**3 + 3 * rates * good**2)
        arriving = 0.0
        for dose in range(doses - 1, -1, -1):
            arriving += float(stops[dose + 1])
            participants[dose] += arriving * 3 * had_three[dose]
            recommended[dose] = arriving * holds[dose]
            arriving *= 1 - holds[dose]
        none = arriving + float(stops[0])
    return DoseFinding(
        name="3+3, six at the recommended dose" if confirm else "3+3",
        toxicities=tuple(map(float, rates)),
        recommended=tuple(map(float, recommended)),
        none=float(none),
        participants=tuple(map(float, participants)),
        toxic=tuple(map(float, participants * rates)),
        errors=(0.0,) * (doses + 1),
    )
