"""Agreement to the treatment plan: "the patient and/or family members do not agree to the treatment plan".

Comes in: a stretch about agreeing. Goes out: `OneOf` of the patient's and the family's answer. Refuses a stretch
without the plan; consent itself is read by `pledge.py`.
"""

from __future__ import annotations

from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Any_, OneOf, Tree

_VARIABLES = frozenset(("consent", "agrees-to-treatment-plan"))
_AGREE = frozenset(("agree", "agrees", "agreed", "consent", "accept"))
_REPRESENTED = frozenset(("family", "relatives", "families"))


def _names_plan(lexeme: Lexeme) -> bool:
    return (
        lexeme.variable is not None
        and lexeme.variable.id == "agrees-to-treatment-plan"
        and "plan" in lexeme.low
    )


def read_plan(stream: Stream, at: int) -> Read | None:
    """ "(The patient and/or family members) do not agree to the treatment plan"."""
    start = at
    patient = family = joined = refused = agree = False
    while at < len(stream) and at - start < 20:
        lexeme = stream.lexemes[at]
        low = lexeme.low
        if agree:
            break
        if low in _AGREE or _names_plan(lexeme):
            agree = True
            if _names_plan(lexeme):
                at += 1
                break
        elif lexeme.kind == "subject":
            patient = True
        elif low in _REPRESENTED:
            family = True
        elif lexeme.kind in ("or", "and"):
            joined = True
        elif lexeme.kind == "not" or low in ("do", "does", "refuse to"):
            refused = refused or lexeme.kind == "not"
        elif low in ("members", "member", "of") or lexeme.kind == "drop" or low in ("his", "her"):
            pass
        else:
            return None
        at += 1
    if not agree:
        return None
    if not _names_plan(stream.lexemes[at - 1]):
        words: list[str] = []
        while (
            at < len(stream) and len(words) < 6 and (not words or words[-1] not in ("plan", "treatment plan"))
        ):
            words.append(stream.low_at(at))
            at += 1
        if " ".join(words) not in ("to the treatment plan", "with the treatment plan", "to treatment plan"):
            return None
    if family and not (joined and patient):
        patient = False
    span, values = stream.span(start, at), ("no",) if refused else ("yes",)
    parts: list[Tree] = []
    if patient or not family:
        parts.append(OneOf(variable="agrees-to-treatment-plan", values=values, span=span))
    if family:
        parts.append(OneOf(variable="family-agrees-to-treatment-plan", values=values, span=span))
    return Read(at, "consent", parts[0] if len(parts) == 1 else Any_(children=tuple(parts), span=span))


CONSENT = Family(
    "consent",
    frozenset(
        (
            "word",
            "shift",
            "relation",
            "drop",
            "subject",
            "variable",
            "not",
            "qualifier",
            "link",
            "must",
            "prep",
            "history",
            "loose",
        )
    ),
    read_plan,
    topics=_VARIABLES,
)
