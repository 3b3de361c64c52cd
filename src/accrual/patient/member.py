"""One of several patients in a source, still unread; and the choice of one of them by id.

Comes in: the members of a source, in its order. Goes out: the patient that was asked for. Refuses (PatientError): no
patient, several without a choice, an id that is not there; the message names the first ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from accrual.message import Original, joined, message
from accrual.patient.model import Patient
from accrual.patient.refusal import refusal

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
    if person:
        found = [one for one in held if one.id == person]
        if len(found) == 1:
            return found[0].read()
        ids = named([*known] or [one.id for one in held])
        raise refusal(
            message("several patients have this id; %(ids)s", ids=ids)
            if found
            else message("no patient has this id; %(ids)s", ids=ids),
            where,
        )
    if len(held) == 1:
        return held[0].read()
    if not held:
        raise refusal(message("there is no patient in it"), where)
    raise refusal(
        message(
            "%(count)s patients: choose one by its id (--person); %(ids)s",
            count=len(held),
            ids=named([one.id for one in held]),
        ),
        where,
    )


def named(ids: Sequence[str]) -> str:
    """Return the first ids as words: "there are p1, p2 and 7 more"."""
    if not ids:
        return message("there is none")
    shown = joined(
        ", ", [Original(one[:_ID_LENGTH]) if one else message("one without id") for one in ids[:SHOWN]]
    )
    if len(ids) > SHOWN:
        return message("there are %(ids)s and %(more)s more", ids=shown, more=len(ids) - SHOWN)
    return message("there are %(ids)s", ids=shown)
