"""One of several patients in a source, still unread; and the choice of one of them by id.

Comes in: the members of a source, in its order. Goes out: the patient that was asked for. Refuses (PatientError): no
patient, several without a choice, an id that is not there; the message names the first ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from accrual.errors import PatientError
from accrual.patient.model import Patient

SHOWN = 5
_ID_LENGTH = 60


class Member(msgspec.Struct, frozen=True):
    """A patient of a source: `read` reads it, and raises PatientError where it cannot be read."""

    id: str
    read: Callable[[], Patient]


def choose(members: Iterable[Member], person: str, where: str, known: Sequence[str] = ()) -> Patient:
    """Return the patient with this id; without an id, the only one there is.

    Args:
        known: the ids of all, where the members were already narrowed to the one.

    Raises:
        PatientError: none, several and no choice, no such id, or the one cannot be read.
    """
    held = list(members)
    before = f"{where}: " if where else ""
    if person:
        found = [one for one in held if one.id == person]
        if len(found) == 1:
            return found[0].read()
        problem = "several patients have this id" if found else "no patient has this id"
        raise PatientError(f"{before}{problem}; {named([*known] or [one.id for one in held])}")
    if len(held) == 1:
        return held[0].read()
    if not held:
        raise PatientError(f"{before}there is no patient in it")
    raise PatientError(
        f"{before}{len(held):,} patients: choose one by its id (--person); {named([one.id for one in held])}"
    )


def named(ids: Sequence[str]) -> str:
    """Return the first ids as words: "there are p1, p2 and 7 more"."""
    shown = ", ".join(one[:_ID_LENGTH] or "one without id" for one in ids[:SHOWN])
    more = f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else ""
    return f"there are {shown}{more}" if ids else "there is none"
