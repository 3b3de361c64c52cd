"""States that a note tells in words: smoking, pregnancy, menopause, breastfeeding, contraception, consent, health.

Comes in: a sentence. Goes out: answers (`patient/data/states.tsv`), each with its place. Refuses nothing: words that
say only part of an answer ("does not smoke" may be never or no more) deny what they deny and no more. The first row
that fits a place counts.
"""

from __future__ import annotations

import msgspec

from accrual.patient.note_words import state_rows


class State(msgspec.Struct, frozen=True):
    """One answer at `text[start:end]`; `asserted` False says that this answer is the wrong one."""

    start: int
    end: int
    variable: str
    value: str
    asserted: bool = True


def states_in(text: str) -> list[State]:
    """Return the states that a sentence tells of whom it speaks of.

    Example:
        >>> [(one.variable, one.value, one.asserted) for one in states_in("She does not smoke and is menopausal.")]
        [('smoker', 'current', False), ('postmenopausal', 'yes', True)]
    """
    found: list[State] = []
    for variable, value, asserted, pattern in state_rows():
        for match in pattern.finditer(text):
            if not any(
                one.variable == variable and one.start < match.end() and match.start() < one.end
                for one in found
            ):
                found.append(State(match.start(), match.end(), variable, value, asserted))
    return sorted((one for one in found if one.value), key=lambda one: one.start)
