"""What a criterion names, understood or not: conditions, drugs, procedures, measurements, values, times, people.

Comes in: the words of a criterion, and its tree. Goes out: mentions with offsets into the criteria text. Refuses
nothing. The marker (`tagger`) says where a name is and of what kind it is; where it sees nothing, what the lexer
names, amounts, and the cues of one table fill in. Codes come from the lexer. What is negated is read from the tree
where the words are understood, and from the nearest negation of the same clause where they are not.

An amount is a `value`, or a `time` if it says when or how long; an age is named by its word ("aged"), or where there
is none by the words inside the amount ("18 years or [older]"): such mentions lie inside one another.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TypeAlias

from accrual.basic import Code
from accrual.criteria.lexer import Lexeme, lex
from accrual.criteria.signs import plain
from accrual.criteria.tagger import mark
from accrual.criteria.tree import Compare, Mention, MentionKind, Not, OneOf, Opaque, Tree, walk

MAX_MENTIONED = 20_000
"""Characters; of a longer criterion only the first so many are looked at."""
NEGATION_REACH = 60
"""Characters after a negation that it is taken to cover in words that are not understood."""

CUES: tuple[tuple[MentionKind, str], ...] = (
    # A person's sex, and what people of an age are called.
    ("sex", "male|males|female|females|man|men|woman|women|boy|boys|girl|girls"),
    ("person", "adult|adults|child|children|infant|infants|adolescent|adolescents|newborn|newborns|neonate"
               "|neonates|youth|elderly|teen|teens|toddler|toddlers|baby|babies"),
    ("age", "age(?![- ](?:matched|related|appropriate|specific))|ages|aged|birthday"),
    ("history", "(?:prior |past |previous |medical )?history"),
    # How a thing stands in time, without an amount.
    ("status", "current|currently|previous|previously|prior(?! to)|past|active|recent|recently|ongoing|concurrent"
               "|concomitant|pre-existing|preexisting|newly|undergoing|lifetime"),
    ("negation", "no|not|non|without|never|neither|nor|cannot|unable|inability|absence of|lack of"),
)  # fmt: skip
# Signs, injuries and habits: observed, not diagnosed. Heads of what the marker takes for a condition.
FINDINGS = frozenset(
    ("bleeding", "diet", "drinking", "exercise", "fever", "gain", "injuries", "injury", "loss", "pain", "sedentary",
     "smoker", "smokers", "smoking", "trauma", "weight", "wound", "wounds")
)  # fmt: skip
QUALIFIER: MentionKind = "qualifier"
_STATES = ("pregnant", "breastfeeding")  # variables that prose speaks of as conditions
_TIMES = frozenset(("d", "wk", "mo", "a", "h", "min", "s"))
_AGE_WORD = re.compile(r"(?i)\b(?:ages?|aged|old|older|younger|years?|yrs?|y\.?\s?o\.?|birthday)\b")
_NO_AGE = re.compile(r"(?i)\b(?:child)?-?(?:bearing|reproductive|fertile|gestational)[ -]+$")
_AGE_INSIDE = re.compile(r"(?i)\b(?:older|younger|old|years?|yrs?|months?|weeks?)\b")
# Bounded: three free stretches in a row would take time as the third power of a long gap.
_OLD = re.compile(r"(?i)[\s-]{0,9}(?:(?:years?|yrs?|months?)[\s-]{0,9})?\b(?:old|older)\b")
_SEX_WORD = re.compile(r"(?i)\b(?:m[ae]n|wom[ae]n|males?|females?|boys?|girls?|sex|sexes|gender)\b")
_AMOUNT = re.compile(
    r"(?i)\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|seconds?|minutes?|hours?|days?|weeks?"
    r"|months?|years?|decades?)\b"
)
_HISTORY = re.compile(r"(?i)\b(?:history|hx)\b")
_EITHER = re.compile(r"(?i)\bwith\s*(?:/|or|and)\s*$")
_CLAUSE_END = re.compile(r"[;.]\s|\bbut\b|\n")

_Spans: TypeAlias = list[tuple[int, int]]


def mentions_of(text: str, start: int, tree: Tree) -> tuple[Mention, ...]:
    """Return the mentions of one criterion, in reading order.

    Args:
        text: the criterion's own words.
        start: where they stand in the criteria text; spans of the tree and of the mentions count from its beginning.
    """
    clean = plain(text[:MAX_MENTIONED])
    lexemes = lex(clean)
    found = [(each.start, each.end, _kind(each.kind, clean[each.start : each.end])) for each in mark(clean)]
    concepts = {lexeme.start for lexeme in lexemes if lexeme.concept is not None}
    for start_at, end_at, kind in (
        *_named(lexemes),
        *_amounts(lexemes),
        *_cued(clean),
        *((each.start, each.end, QUALIFIER) for each in lexemes if each.kind == "qualifier"),
    ):
        beside = [span for span in found if span[0] < end_at and start_at < span[1]]
        if not beside or (kind == "negation" and _opens(start_at, beside) and start_at not in concepts):
            found.append((start_at, end_at, kind))
    found = [span for span in found if not _said_before(clean, span, found)]
    found += _ages(clean, found, _aged(start, tree))
    found.sort()
    denied, dark = _denied(start, tree)
    cues = [(low, high) for low, high, kind in found if kind == "negation"]
    mentions = []
    for low, high, kind in found:
        negated = kind != "negation" and (
            _inside(low, denied) or (_inside(low, dark) and _reached(clean, low, cues))
        )
        code = _code(low, high, kind, lexemes)
        mentions.append(Mention(kind, start + low, start + high, text[low:high], code, negated))
    return tuple(mentions)


def _kind(kind: str, words: str) -> MentionKind:
    """The kind of a marked stretch, told finer: people by age, by sex; times without an amount."""
    if kind == "person":
        return "age" if _AGE_WORD.search(words) else "sex" if _SEX_WORD.search(words) else "person"
    if kind in ("observation", "time") and _HISTORY.search(words):
        return "history"
    if kind == "time" and _AMOUNT.search(words) is None:
        return "status"
    if kind == "condition" and words.lower().rsplit(None, 1)[-1] in FINDINGS:
        return "observation"
    return kind  # type: ignore[return-value]  # the marker's other kinds are kinds of mentions


def _opens(place: int, spans: list[tuple[int, int, MentionKind]]) -> bool:
    """Say whether a negation is the first word of what it negates ("inability to walk", "non-diabetic")."""
    return all(low == place and kind != "negation" for low, _, kind in spans)


def _said_before(
    text: str, span: tuple[int, int, MentionKind], found: list[tuple[int, int, MentionKind]]
) -> bool:
    """ "Aged 18 to 65 years old": the second word of age says nothing more. "Of childbearing age" is no age."""
    low, high, kind = span
    if kind == "age" and _NO_AGE.search(text, max(0, low - 20), low) is not None:
        return True
    if kind != "age" or not text[low:high].lower().startswith(("old", "year", "of age", "age")):
        return False
    return any(
        told == "age" and 0 < low - end < 40 and not any(sign in text[end:low] for sign in ";.\n")
        for _, end, told in found
    )


def _named(lexemes: list[Lexeme]) -> list[tuple[int, int, MentionKind]]:
    """What the tables of names know."""
    found: list[tuple[int, int, MentionKind]] = []
    for lexeme in lexemes:
        if lexeme.concept is not None:
            found.append((lexeme.start, lexeme.end, lexeme.concept.kind))
        elif lexeme.variable is not None and lexeme.variable.id not in ("age", "sex"):
            if lexeme.variable.id in _STATES:
                found.append((lexeme.start, lexeme.end, "condition"))
            elif lexeme.variable.kind != "category":
                found.append((lexeme.start, lexeme.end, "measurement"))
        elif lexeme.kind == "relation" and lexeme.payload == "allergy":  # a condition of its own
            found.append((lexeme.start, lexeme.end, "condition"))
    return found


def _amounts(lexemes: list[Lexeme]) -> list[tuple[int, int, MentionKind]]:
    """A comparator, a number or a range, its unit: one amount; of time, if the unit is one."""
    found: list[tuple[int, int, MentionKind]] = []
    at, count = 0, len(lexemes)
    while at < count:
        first = at
        if lexemes[at].kind in ("op", "between", "within") and at + 1 < count:
            at += 1
        if lexemes[at].kind != "number":
            at = first + 1
            continue
        at += 1
        if at + 1 < count and lexemes[at].kind in ("dash", "to", "and") and lexemes[at + 1].kind == "number":
            at += 2
        unit = lexemes[at] if at < count and lexemes[at].kind in ("unit", "limit") else None
        at += unit is not None
        if at < count and lexemes[at].kind == "suffix":
            at += 1
        if at - first > 1:  # a bare number may be anything
            kind: MentionKind = "time" if unit is not None and unit.payload in _TIMES else "value"
            found.append((lexemes[first].start, lexemes[at - 1].end, kind))
    return found


@cache
def _cue_pattern() -> re.Pattern[str]:
    return re.compile("|".join(rf"(?P<{kind}>\b(?:{phrases})\b)" for kind, phrases in CUES), re.IGNORECASE)


def _cued(text: str) -> list[tuple[int, int, MentionKind]]:
    found: list[tuple[int, int, MentionKind]] = []
    for match in _cue_pattern().finditer(text):
        if match.lastgroup == "negation" and _EITHER.search(text, max(0, match.start() - 12), match.start()):
            continue  # "with or without" denies nothing
        found.append((*match.span(), match.lastgroup))  # type: ignore[arg-type]  # the groups are kinds
    return found


def _aged(start: int, tree: Tree) -> _Spans:
    """Where the tree compares an age."""
    return [
        (node.span.start - start, node.span.end - start)
        for node in walk(tree)
        if isinstance(node, Compare) and node.variable == "age"
    ]


def _ages(
    text: str, found: list[tuple[int, int, MentionKind]], aged: _Spans
) -> list[tuple[int, int, MentionKind]]:
    """The words that name an age inside its amount, or after it, where no word of its own does."""
    words: list[tuple[int, int, MentionKind]] = []
    named = [low for low, _, kind in found if kind == "age"]
    for low, high, kind in found:
        if kind not in ("value", "time"):
            continue
        after = _OLD.match(text, high)
        inside = text[low:high]
        if not (_inside(low, aged) or after or re.search(r"(?i)\bold(?:er)?\b", inside)):
            continue
        if any(abs(each - low) < 40 or low <= each <= high + 15 for each in named):
            continue
        if after is not None:
            told = list(_AGE_INSIDE.finditer(text, high, after.end()))
        else:
            told = list(_AGE_INSIDE.finditer(text, low, high))
        if told:
            best = next((each for each in told if each.group().lower().startswith("old")), told[-1])
            words.append((best.start(), best.end(), "age"))
            named.append(low)
    return words


def _denied(start: int, tree: Tree) -> tuple[_Spans, _Spans]:
    """What the tree negates, and what it does not understand."""
    denied: _Spans = []
    dark: _Spans = []
    for node in walk(tree):
        span = (node.span.start - start, node.span.end - start)
        if isinstance(node, Not) or (isinstance(node, OneOf) and node.values == ("no",)):
            denied.append(span)
        elif isinstance(node, Opaque):
            dark.append(span)
    return denied, dark


def _inside(place: int, spans: _Spans) -> bool:
    return any(low <= place < high for low, high in spans)


def _reached(text: str, place: int, cues: _Spans) -> bool:
    """Say whether a negation before the place reaches it."""
    return any(
        0 <= place - high < NEGATION_REACH and _CLAUSE_END.search(text, high, place) is None
        for _, high in cues
    )


def _code(low: int, high: int, kind: MentionKind, lexemes: list[Lexeme]) -> Code | None:
    """The code of the longest name inside a mention that is of its kind."""
    best: Lexeme | None = None
    for lexeme in lexemes:
        if low <= lexeme.start and lexeme.end <= high and (lexeme.concept or lexeme.variable):
            told = lexeme.concept.kind if lexeme.concept is not None else ""
            fits = told == kind or (lexeme.variable is not None and kind not in ("value", "time"))
            if fits and (best is None or lexeme.end - lexeme.start > best.end - best.start):
                best = lexeme
    if best is None:
        return None
    if best.variable is not None:
        return Code("accrual", best.variable.id, best.variable.name)
    assert best.concept is not None
    return Code("accrual", best.concept.id, best.concept.name)
