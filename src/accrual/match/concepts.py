"""Decides the leaf `Present`: the patient has the condition, takes the drug, had the procedure.

Comes in: the leaf, the windows it stands in, the chart. Goes out: a `Finding`. Refuses nothing.

How silence, time and families are read (docs/patient.md says it for users):

- A fact of a narrower concept proves the wider claim; a fact of a wider concept proves nothing ("cancer" for "lung
  cancer" is UNKNOWN). A denial of a concept denies every kind of it, and every narrower claim about it.
- What only its own words name (`codes.wording`) is decided by a fact, or a denial, of the same words and by nothing
  else.
- A claim about a drug means *taken now*, about a procedure *ever done*, about a condition *there, and not said to be
  over*. A condition said to be over leaves a claim without a qualifier UNKNOWN, for the words do not say which is
  meant; "history of" takes both.
- An order without an end says that the drug is taken for a year; a condition that passes by itself (a pneumonia,
  a fracture, whatever is claimed to be acute) is there for three months. After that it is UNKNOWN.
- Each further qualifier must be stated of the fact: missing is UNKNOWN. A stated opposite makes the claim NO only
  for the very concept of the claim, when every fact of it says so; other kinds of it may still be there.
- In a window, a fact proves the claim when it certainly held inside. One outside denies nothing: it may have
  happened again.
- Stated and denied at once is a conflict, unless the denial is certainly older.
"""

from __future__ import annotations

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.codes.wording import SOURCE
from accrual.criteria.tree import Present, Window
from accrual.errors import VocabularyError
from accrual.match.chart import Chart, Finding, Reason, latest
from accrual.match.claim import Claim
from accrual.match.qualification import EVER, EVERYBODY_HAD, GIVEN, OVER, TIMED, UNPROVEN, VAGUE, closed
from accrual.match.timing import ended
from accrual.patient.model import Fact
from accrual.truth import Truth


def present(leaf: Present, windows: tuple[Window, ...], chart: Chart) -> Finding:
    """Decide whether the patient has the leaf's concept, with its qualifiers, in its windows."""
    try:
        concept = vocabulary().get(leaf.concept.code)
    except VocabularyError:
        return Finding(Truth.UNKNOWN, about=leaf.concept.code)
    if concept.source == SOURCE:  # asked for as the trial writes it
        concept = msgspec.structs.replace(concept, name=leaf.concept.name)
    claim = Claim(concept, leaf, windows, chart)
    asserted = [fact for fact in chart.kinds_of(concept.id) if fact.asserted and claim.same_relation(fact)]
    judged = [(fact, claim.proved_by(fact)) for fact in asserted]
    wide = [fact for fact in chart.wider_than(concept.id) if claim.same_relation(fact)]
    denials = [fact for fact in wide if not fact.asserted and claim.denied_by(fact)]
    proofs = [fact for fact, holds in judged if holds is Truth.YES]
    disputed = [fact for fact in asserted if any(_contradict(fact, denial, chart) for denial in denials)]
    if disputed:
        return claim.unknown((*disputed, *denials), "conflict")
    contrary = [fact for fact in asserted if claim.contrary(fact)] if proofs else []
    if contrary:
        # "Localized" and "metastatic" of one disease: the later word counts; without an order nobody knows.
        newest = latest((*proofs, *contrary))
        if any(fact in contrary for fact in newest):
            return claim.unknown(newest[:4], "conflict")
    if proofs:
        return claim.decided(proofs[:3], Truth.YES)
    if denials:
        return claim.decided(denials[:1], Truth.NO)
    very = [fact for fact in asserted if fact.concept is not None and fact.concept.code == concept.id]
    if very and all(holds is Truth.NO for _, holds in judged):
        return claim.decided(very[:3], Truth.NO)
    wider = [fact for fact in wide if fact.asserted and fact not in asserted]
    reason: Reason = "not precise enough" if asserted or wider else "no fact"
    return claim.unknown((*asserted, *wider)[:3], reason, later=True)


def present_truth(leaf: Present, windows: tuple[Window, ...], chart: Chart) -> Truth:
    """Decide as `present`, without a proof.

    Where only a kind of the concept is asserted, and nothing denied, no fact can make the claim false or contest it: it
    is true where one fact proves it, else open; and a fact that lacks one of its words does not prove it.
    """
    said = chart.told_of(leaf.concept.code)
    if said.itself or said.denied:
        return present(leaf, windows, chart).holds
    wanted = frozenset(leaf.qualifiers) - TIMED - GIVEN
    if wanted and not wanted <= closed(said.words):
        return Truth.UNKNOWN
    try:
        claim = Claim(vocabulary().get(leaf.concept.code), leaf, windows, chart)
    except VocabularyError:
        return Truth.UNKNOWN
    kinds = (fact for fact in chart.kinds_of(claim.concept.id) if fact.asserted and claim.same_relation(fact))
    proven = any(
        wanted <= closed(frozenset(fact.qualifiers)) and claim.proved_by(fact) is Truth.YES for fact in kinds
    )
    return Truth.YES if proven else Truth.UNKNOWN


def concepts_decided(chart: Chart) -> tuple[frozenset[str], frozenset[str]]:
    """Return which leaves `present` can decide: those about the first concepts, and about any kind of the second.

    What is asserted may prove what is wider, or say the contrary of itself; what is denied denies its kinds.
    """
    known = vocabulary()
    held = (name for name in chart.asserted if name in known.concepts)
    proven = {wider for name in held for wider in known.ancestors(name)}
    return frozenset(proven), chart.denied


def _contradict(fact: Fact, denial: Fact, chart: Chart) -> bool:
    """Say whether a fact and a denial cannot both be right."""
    if fact.concept is None or denial.concept is None:
        return False
    if not vocabulary().is_a(fact.concept.code, denial.concept.code):
        return False
    said = closed(frozenset(fact.qualifiers))
    if said & UNPROVEN:
        return False
    over = bool(said & OVER) or (fact.end is not None and ended(fact.end, chart.today) is not Truth.NO)
    if over and denial.concept.code in EVERYBODY_HAD:
        return False  # "no infection" is said of today, and so leaves room for one that is over or at rest
    for word in frozenset(denial.qualifiers) - EVER:
        if word == "current":
            if over or said & VAGUE:
                return False
        elif word not in said:
            return False
    # A denial that is certainly older is no contradiction: the condition came later.
    return not (denial.date is not None and fact.date is not None and denial.date.last < fact.date.first)
