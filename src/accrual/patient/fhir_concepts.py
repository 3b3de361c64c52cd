"""What a FHIR R4 resource names: the code of a Condition, a drug, a Procedure to facts.

Comes in: a CodeableConcept and what the resource says around it. Goes out: facts. Refuses (NotUsed): a code that
names nothing, a condition that is neither confirmed nor ruled out.
"""

from __future__ import annotations

from typing import cast

from accrual.basic import Code, PartialDate
from accrual.patient.fhir_types import CodeableConcept
from accrual.patient.fhir_values import NotUsed
from accrual.patient.model import Fact, FactKind, Source
from accrual.patient.terms import by_words, meanings, plain

# A pregnancy is recorded as a Condition; accrual keeps it as a state. Source: SNOMED CT, Normal pregnancy; Pregnant.
_PREGNANCIES = ("72892002", "77386006")


def named_facts(
    kind: FactKind,
    code: CodeableConcept,
    name: str,
    *,
    asserted: bool = True,
    qualifiers: tuple[str, ...],
    date: PartialDate | None,
    end: PartialDate | None = None,
    order: bool = False,
) -> list[Fact]:
    """Return one fact for each concept that the code names; one without a concept when the words are all there is.

    Raises:
        NotUsed: it names nothing.
    """
    words = plain(code.words())
    found = meanings(code.words(), code.codes(), drug=kind == "drug")
    if not found and not words:
        raise NotUsed("it names nothing: no known code and no words")

    def fact(of: FactKind, concept: Code | None, carried: tuple[str, ...]) -> Fact:
        return Fact(
            kind=of,
            text=words or str(concept),
            source=Source(name, words),
            asserted=asserted,
            concept=concept,
            qualifiers=tuple(dict.fromkeys((*carried, *qualifiers))),
            date=date,
            end=end,
            order=order,
        )

    found = found or by_words(code.words(), kind)
    if not found:
        return [fact(kind, None, ())]
    return [fact(cast("FactKind", one.kind), one.concept, one.qualifiers) for one in found]


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
