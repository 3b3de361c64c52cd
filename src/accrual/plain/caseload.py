"""Many patients and one trial: for each the verdict, how its rules stand, the rule that decides, what to find out next.

Comes in: a compiled trial, and patients one after the other, each still unread. Goes out: one frozen row each, called
by its number. Refuses nothing: a patient who cannot be read is a row that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from accrual.criteria.tree import CompiledTrial
from accrual.errors import PatientError
from accrual.match.ask import questions
from accrual.match.evaluate import Screener
from accrual.match.verdict import Verdict, tally
from accrual.patient.member import Member
from accrual.plain.matrix import topical_rules
from accrual.plain.tone import Tone

_DECIDES: dict[Verdict, Tone] = {"ineligible": "bad", "undetermined": "open"}
"""The rules that a verdict hangs on; for who may be eligible it is all of them."""


class PatientRow(msgspec.Struct, frozen=True):
    """One patient decided, or why not. Plain text: it is carried by a page."""

    number: int
    """The place in what was sent, from 1."""
    id: str
    """The file's own name for the patient; empty where it is not to be shown."""
    verdict: Verdict | None
    """None: the patient could not be read."""
    met: int = 0
    unknown: int = 0
    unmet: int = 0
    rule: str = ""
    """The first rule that decides: that is not met, or that is not known."""
    why: str = ""
    """The reasoning from the patient's facts; never the file's own words, which may name somebody."""
    ask: str = ""
    """The question whose answer would tell most."""
    error: str = ""
    """Why the patient could not be read; empty where ids are not to be shown, for it may name one."""


def patient_rows(
    members: Iterable[Member], compiled: CompiledTrial, today: date, with_ids: bool = False
) -> Iterator[PatientRow]:
    """Yield one row for each patient, in order.

    Arguments:
        with_ids: False leaves out what the files call their patients, also in what could not be read.

    Example:
        >>> [row.verdict for row in patient_rows(members, compiled, date(2026, 11, 22))]
        ['eligible', 'ineligible']
    """
    for number, member in enumerate(members, start=1):
        try:
            patient = member.read()
        except PatientError as error:
            # The message may name an id.
            told = str(error) if with_ids else ""
            yield PatientRow(number, member.id if with_ids else "", None, error=told)
            continue
        own = (patient.id or member.id) if with_ids else ""
        yield _row(number, own, Screener(patient, today), compiled)


def _row(number: int, own: str, screener: Screener, compiled: CompiledTrial) -> PatientRow:
    screening = screener.screen(compiled)
    counted = tally(screening)
    tone = _DECIDES.get(screening.verdict)
    deciding = next((rule.line for _, rule in topical_rules(screening) if rule.line.tone == tone), None)
    proof = next((one for one in deciding.evidence), None) if deciding is not None else None
    asked = questions(screener, [compiled], 1) if screening.verdict == "undetermined" else ()
    return PatientRow(
        number,
        own,
        screening.verdict,
        counted.met,
        counted.unknown,
        counted.unmet,
        str(deciding.text) if deciding is not None else "",
        str(proof.step) if proof is not None and tone == "bad" else "",
        str(asked[0].text) if asked else "",
    )
