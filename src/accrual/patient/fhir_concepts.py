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
from accrual.patient.terms import meanings, plain


def named_facts(
    kind: FactKind,
    code: CodeableConcept,
    name: str,
    *,
    asserted: bool = True,
    qualifiers: tuple[str, ...],
    date: PartialDate | None,
    end: PartialDate | None = None,
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
        )

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
