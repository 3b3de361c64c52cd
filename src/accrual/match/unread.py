"""The assumption `notes` for words that were not understood: absent where all they name is absent.

Comes in: words and the chart. Goes out: a `Finding` NO that names what is absent, or None where silence answers
nothing. Refuses nothing. Answered are words of which each alternative names an illness or a drug, or a procedure
alone, that a complete note is silent about; not where a word turns the meaning round ("without", "unable", "risk of").
What only the words of a note can answer stands in `unsaid`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from accrual.codes.concepts import vocabulary
from accrual.criteria.mention import mentions_of
from accrual.criteria.tree import Mention, Opaque
from accrual.match.absence import absent, is_silent, would_be_told
from accrual.match.chart import Chart, Finding

NAMES = frozenset(("condition", "drug", "procedure"))
THINGS = NAMES | {"measurement", "observation"}
# Words after which a name does not say that the thing is there.
_TURNED = re.compile(
    r"(?i)\b(?:no|not|non|nor|neither|never|without|cannot|un(?:able|willing|likely|controlled by|known)|inabilit\w*"
    r"|abilit\w*|absence|absent|lack\w*|fail\w*|refus\w*|free|naive|insufficien\w*|inadequate\w*|except\w*"
    r"|other than|besides|apart from|unless|only|less than|fewer|risks?|famil\w+|relatives?|siblings?|mothers?"
    r"|fathers?|parents?|partners?|donors?|contacts?|expos\w+|likely|plan\w*|schedul\w*|intend\w*|intent\w*|expect\w*"
    r"|candidates?|indicat\w*|eligib\w*|require[sd]? to|must|should|may|might|could|interfer\w*"
    r"|affect(?!ed by)\w*|\w*negativ\w*|test(?:s|ed|ing)?|screen\w*|prevent\w*|prophyla\w*|vaccin\w*|immuni[sz]\w*"
    r"|rather than|instead|investigat\w*|stud(?:y|ies)|trial|protocol|prohibit\w*|permitted|allowed)\b"
)
# Between alternatives; and what says that the things named are examples, or that more than them counts.
_BETWEEN = re.compile(r"(?i)[,;/:()\[\]]|\b(?:or|and)\b")
_EXAMPLES = re.compile(r"(?i)\b(?:such as|like|including|etc|e\.?g|i\.?e|any|other|others|all)\b|[:(\[]")
WORD = re.compile(r"[^\W\d_]{2,}")
EMPTY = re.compile(r"(?i)an|as|at|by|for|had|has|have|having|in|is|of|on|patients|subjects|the|to|who|with")
_GLOSS = re.compile(
    r"(?i)[(\[]|\b(?:as )?(?:shown|defined|evidenced|indicated|determined|measured) (?:by|as)\b"
)
_BRACKET = re.compile(r"[(\[][^()\[\]]*[)\]]?")


def answer_words(text: str, chart: Chart) -> Finding | None:
    """Return that what the words speak of is absent; None where silence answers nothing.

    Example:
        >>> from datetime import date
        >>> from accrual.patient.model import Patient
        >>> answer_words("Dialysis dependent patients", Chart(Patient(), date(2026, 1, 1))).holds
        <Truth.NO: 'no'>
    """
    gone: dict[str, None] = {}
    for names in _alternatives(text):
        silent = [name for name in names if would_be_told(name) and is_silent(name, chart)]
        if not silent:
            return None
        gone |= dict.fromkeys(silent)
    return absent(tuple(gone)) if gone else None


def answer_gloss(text: str, chart: Chart) -> Finding | None:
    """Return that the illness which a value is a sign of is absent; None where silence answers nothing.

    The value says how the illness is meant: "impaired renal function (creatinine clearance < 20 mL/min)".

    Example:
        >>> from datetime import date
        >>> from accrual.patient.model import Patient
        >>> answer_gloss("Renal failure (creatinine > 2 mg/dL)", Chart(Patient(), date(2026, 1, 1))).holds
        <Truth.NO: 'no'>
    """
    names = _glossed(text)
    silent = all(would_be_told(name) and is_silent(name, chart) for name in names)
    return absent(names) if names and silent else None


@lru_cache(maxsize=4096)
def marked(text: str) -> tuple[Mention, ...]:
    """Return what words name, as if none of them were understood."""
    return tuple(each for each in mentions_of(text, 0, Opaque(text=text)) if each.start < each.end)


@lru_cache(maxsize=4096)
def _glossed(text: str) -> tuple[str, ...]:
    """Return the illnesses that stand before a value in brackets, or one that shows them."""
    gloss = _GLOSS.search(text)
    if gloss is None or _TURNED.search(text) is not None:
        return ()
    mentions = marked(text)
    before = [each for each in mentions if each.start < gloss.start()]
    if any(each.kind not in ("condition", "qualifier", "status", "history") for each in before):
        return ()  # "elevated creatinine (> 2 mg/dL)" is a value
    return tuple(
        dict.fromkeys(code for each in before for code in codes_of(each) if each.kind == "condition")
    )


@lru_cache(maxsize=4096)
def _alternatives(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the concepts that each of the alternatives in a text names, without any of which it cannot be true.

    Nothing where the words may say more or less: where one turns them round, or an alternative names nothing.
    """
    mentions = marked(text)
    if any(each.negated or each.kind in ("negation", "sex", "age") for each in mentions):
        return ()
    named = {each: codes_of(each) for each in mentions if each.kind in NAMES}
    # A name may hold such a word, or a comma: "heart failure", "hepatitis, chronic".
    whole = [each for each in named if vocabulary().lookup(each.text) is not None]
    if any(not inside(turn, whole) for turn in _TURNED.finditer(text)):
        return ()
    things = [each for each in mentions if each.kind in THINGS]
    for bracket in _BRACKET.finditer(text):
        # "(within 6 months)": it names nothing, so it is no alternative.
        if not inside(bracket, things) and not _says_more(text, *bracket.span(), mentions):
            text = text[: bracket.start()] + " " * len(bracket.group()) + text[bracket.end() :]
    if _EXAMPLES.search(text) and not all(named.get(each) for each in things):
        return ()
    found: list[tuple[str, ...]] = []
    for start, end in parts(text, whole):
        codes = dict.fromkeys(code for each in named if start <= each.start < end for code in named[each])
        # How it was seen is no matter: "cancer on imaging" is not absent for want of the imaging.
        names = [name for name in codes if vocabulary().get(name).kind != "procedure"] or list(codes)
        if names:
            found.append(tuple(names))
        elif _says_more(text, start, end, mentions):
            return ()
    return tuple(found)


def parts(text: str, whole: Sequence[Mention]) -> Iterator[tuple[int, int]]:
    start = 0
    for sign in _BETWEEN.finditer(text):
        if not inside(sign, whole):
            yield start, sign.start()
            start = sign.end()
    yield start, len(text)


def inside(found: re.Match[str], mentions: Sequence[Mention]) -> bool:
    return any(each.start < found.end() and found.start() < each.end for each in mentions)


def _says_more(text: str, start: int, end: int, mentions: Sequence[Mention]) -> bool:
    """Say whether a part that names nothing we know has words of its own, beside amounts, times and qualifiers."""
    slight = [(each.start, each.end) for each in mentions if each.kind not in THINGS]
    return any(
        not EMPTY.fullmatch(word.group())
        and not any(first <= word.start() and word.end() <= last for first, last in slight)
        for word in WORD.finditer(text, start, end)
    )


def codes_of(mention: Mention) -> tuple[str, ...]:
    """Return the concepts that a mention names; of words that are no name themselves, those inside them."""
    known = vocabulary()
    if mention.code is not None and mention.code.code in known.concepts:
        return (mention.code.code,)
    return tuple(dict.fromkeys(each.concept.id for each in known.spot(mention.text)))
