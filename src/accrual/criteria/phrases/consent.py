"""Consent and agreement: "Sign informed consent", "willing and able to give written "
"informed consent", "the patient
and/or family members do not agree to the treatment plan".

Comes in: a stretch about giving consent. Goes out: `OneOf` of a yes-or-no variable. Refuses a stretch without the
word consent or agreement; what else stands in the clause is left to it.
"""

from __future__ import annotations

from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import Any_, OneOf, Tree
from accrual.criteria.words import word_set

_CONSENT = word_set("consent consents consented consenting icf assent")
_AROUND = word_set(
    "sign signs signed signing signature provide provides provided providing give gives given giving "
    "written obtain obtained obtaining voluntarily voluntary freely informed form forms document "
    "documents able ability willing willingness capable capability capacity understand understands "
    "understanding read agree agrees agreed to and the a an or of for in by from has have is are be been "
    "must will should can study trial this participate participation research clinical patient patients "
    "subject subjects participant participants his her their legal legally authorized authorised "
    "representative representatives guardian guardians parent parents parental who that before prior any "
    "procedures procedure specific related personally fully comprehend valid dated date who's himself "
    "herself acceptable duly proper appropriate he she they ethics committee approved independent irb iec "
    "enter join content purpose nature details accept receipt received on behalf either both own "
    "understood explained after being enrollment screening performed performing person patient's "
    "subject's participant's individual's child's father mother caregiver complete process"
)
_REFUSING = word_set(
    "unable inability unwilling refuse refuses refusal refused lack incapable cannot unwillingness "
    "decline declined failure"
)
_VARIABLES = frozenset(("consent", "agrees-to-treatment-plan"))
_FORBIDDING = frozenset(("withdraw", "withdrawal", "withdrawn", "withdrew"))
_AGREE = frozenset(("agree", "agrees", "agreed", "consent", "accept"))
_REPRESENTED = frozenset(("family", "relatives", "families"))
MAX_WORDS = 60


def _all_in(low: str, words: frozenset[str]) -> bool:
    parts = low.replace("/", " ").split()
    return bool(parts) and all(part in words for part in parts)


def read_consent(stream: Stream, at: int) -> Read | None:
    """Read one claim about consent."""
    plan = _plan(stream, at)
    if plan is not None:
        return plan
    start, seen, end, refused = at, "", at, False
    while at < len(stream) and at - start < MAX_WORDS:
        lexeme = stream.lexemes[at]
        variable = lexeme.variable
        low = lexeme.low
        about = variable.id if variable is not None and variable.id in _VARIABLES else ""
        about = about or ("consent" if any(part in _CONSENT for part in low.split()) else "")
        if about and seen and about != seen:
            break
        if about:
            seen = about
            end = at + 1
        elif low in _FORBIDDING:
            return None
        elif low in _REFUSING or _all_in(low, _REFUSING) or (lexeme.kind == "not" and not seen):
            if seen:
                break
            refused = True
        elif _all_in(low, _AROUND) or lexeme.kind in ("slash", "open", "close", "comma"):
            if seen and lexeme.kind not in ("comma", "open", "and", "or"):
                end = at + 1
        else:
            break
        at += 1
    if not seen:
        return None
    while (
        end > start
        and stream.kind_at(end - 1) in ("and", "or", "comma", "open", "prep", "drop")
        and (stream.low_at(end - 1) not in _CONSENT)
    ):
        end -= 1
    values = ("no",) if refused else ("yes",)
    return Read(end, "consent", OneOf(variable=seen, values=values, span=stream.span(start, end)))


def _names_plan(lexeme: Lexeme) -> bool:
    return (
        lexeme.variable is not None
        and lexeme.variable.id == "agrees-to-treatment-plan"
        and "plan" in lexeme.low
    )


def _plan(stream: Stream, at: int) -> Read | None:
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
    read_consent,
    topics=_VARIABLES,
)
