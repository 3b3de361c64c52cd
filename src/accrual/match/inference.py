"""What nobody stated and follows from other facts: a man is not pregnant, who is past the menopause is not fertile.

Comes in: a `OneOf` leaf of which the patient's file says nothing. Goes out: what follows, with the fact that it follows
from, or None. Refuses to follow anything by the words alone: each line of the tables below says why it must be so. A
fact that says otherwise is asked first, always (`values.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from accrual.codes.qualifiers import RELATIONS
from accrual.criteria.tree import OneOf
from accrual.match.chart import Chart, Finding, Ground, told
from accrual.match.qualification import passes
from accrual.patient.model import Fact
from accrual.truth import Truth

# What follows for a patient whose recorded sex is male, unless a fact says otherwise. By the words' own meaning:
# guidance on childbearing potential speaks of women only (CTFG, Recommendations related to contraception, 2020).
MALE: Mapping[str, str] = {
    "pregnant": "no",
    "breastfeeding": "no",
    "childbearing-potential": "no",
    "plans-pregnancy": "no",
}
_BARREN: Mapping[str, str] = {"childbearing-potential": "no", "fertile": "no", "plans-pregnancy": "no"}

# Answers from which others follow. A woman of childbearing potential is "fertile, following menarche and until becoming
# post-menopausal unless permanently sterile" (the same guidance, section 4.1).
FOLLOWS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("postmenopausal", "yes", _BARREN),
    ("surgically-sterile", "yes", _BARREN),
    ("childbearing-potential", "no", {"fertile": "no", "plans-pregnancy": "no"}),
)

# Operations after which nobody bears a child (the same section).
STERILIZING: Mapping[str, Mapping[str, str]] = {"hysterectomy": {**_BARREN, "surgically-sterile": "yes"}}

# Conditions that nobody with one of them would be called healthy for. A cold or a sprain leaves the question open.
NOT_HEALTHY = (
    "autoimmune-disease",
    "cancer",
    "chronic-kidney-disease",
    "chronic-liver-disease",
    "chronic-obstructive-pulmonary-disease",
    "dementia",
    "diabetes-mellitus",
    "epilepsy",
    "heart-disease",
    "hiv-infection",
)
INFERRED = frozenset(
    ("healthy-volunteer", *MALE, *_BARREN, *(name for row in STERILIZING.values() for name in row))
)
"""The variables of which something may follow."""

_PAST = frozenset(("inactive", "resolved", "past", "history", "prior"))


def inferred(leaf: OneOf, chart: Chart, stated: Callable[[OneOf], Finding]) -> Finding | None:
    """Return what follows from other facts when nobody stated this one; None when nothing does.

    Args:
        stated: decides a category by what the patient's file says of it.
    """
    if leaf.variable not in INFERRED:
        return None
    sex = chart.patient.sex
    if sex == "male" and leaf.variable in MALE:
        source = chart.patient.sex_source
        return _follows(
            leaf, MALE[leaf.variable], "recorded sex is male", "male", source.where if source else ""
        )
    for premise, value, row in FOLLOWS:
        # A man of whom childbearing potential is denied may father children.
        if leaf.variable in row and not (sex != "female" and premise == "childbearing-potential"):
            found = stated(OneOf(variable=premise, values=(value,)))
            if found.holds is Truth.YES:
                ground = found.grounds[0]
                return _follows(leaf, row[leaf.variable], f"{premise} is {value}", ground.fact, ground.source)
    for operation, row in STERILIZING.items():
        if leaf.variable in row:
            for fact in chart.kinds_of(operation):
                if fact.asserted and not RELATIONS.intersection(fact.qualifiers):
                    return _by(leaf, row[leaf.variable], fact, f"{fact.concept} was done")
    if leaf.variable == "healthy-volunteer":
        for fact in (one for concept in NOT_HEALTHY for one in chart.kinds_of(concept)):
            if fact.concept is None or passes(fact.concept.code) or RELATIONS.intersection(fact.qualifiers):
                continue
            if fact.asserted and fact.end is None and not _PAST.intersection(fact.qualifiers):
                step = f"{fact.concept} is recorded, so not a healthy volunteer"
                return _found(leaf, "no", Ground(told(fact), fact.source.where, step))
    return None


def _by(leaf: OneOf, value: str, fact: Fact, why: str) -> Finding:
    return _follows(leaf, value, why, told(fact), fact.source.where)


def _follows(leaf: OneOf, value: str, why: str, fact: str, where: str) -> Finding:
    return _found(leaf, value, Ground(fact, where, f"{why}, so {leaf.variable} is {value}"))


def _found(leaf: OneOf, value: str, ground: Ground) -> Finding:
    return Finding(Truth.of(value in leaf.values), lambda: (ground,), about=leaf.variable)
