"""What a FHIR R4 resource names: the code of a Condition, a drug, a Procedure to facts.

Comes in: a CodeableConcept and what the resource says around it. Goes out: facts. Refuses (NotUsed): a code that
names nothing, a condition that is neither confirmed nor ruled out.
"""

from __future__ import annotations

from accrual.basic import PartialDate
from accrual.patient.facts import named_facts
from accrual.patient.fhir_types import CodeableConcept
from accrual.patient.ledger import NotUsed
from accrual.patient.model import Fact, FactKind, Source
from accrual.patient.terms import plain

# A pregnancy is recorded as a Condition; accrual keeps it as a state. Source: SNOMED CT, Normal pregnancy; Pregnant.
_PREGNANCIES = ("72892002", "77386006")


def coded_facts(
    kind: FactKind,
    code: CodeableConcept,
    name: str,
    *,
    asserted: bool = True,
    qualifiers: tuple[str, ...] = (),
    date: PartialDate | None = None,
    end: PartialDate | None = None,
    order: bool = False,
) -> list[Fact]:
    """Return the facts that a CodeableConcept names, as `named_facts` does.

    Raises:
        NotUsed: it names nothing, or ends before it begins.
    """
    return named_facts(
        kind,
        code.words(),
        code.codes(),
        name,
        asserted=asserted,
        qualifiers=qualifiers,
        date=date,
        end=end,
        order=order,
    )


def is_confirmed(status: CodeableConcept) -> bool:
    """Say whether a condition's verificationStatus asserts it (True) or rules it out (False).

    Raises:
        NotUsed: it does neither.
    """
    if status.has("refuted"):
        return False
    if status.has("entered-in-error"):
        raise NotUsed("entered in error")
    if status.has("unconfirmed", "provisional", "differential"):
        raise NotUsed("a suspicion that is not confirmed")
    return True


def is_pregnancy(code: CodeableConcept) -> bool:
    """Say whether a Condition is a pregnancy itself, without a complication."""
    return any("snomed" in system.lower() and value in _PREGNANCIES for system, value in code.codes())


def pregnant(code: CodeableConcept, name: str, date: PartialDate | None) -> Fact:
    """Return the state that a pregnancy which goes on gives."""
    words = plain(code.words())
    return Fact(
        kind="measurement",
        text=words or "pregnant",
        source=Source(name, words),
        variable="pregnant",
        value="yes",
        date=date,
    )
