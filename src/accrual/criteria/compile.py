"""From a trial's eligibility to compiled criteria: split, lex, read, rewrite, in that order.

Comes in: the criteria text, and the record's structured fields. Goes out: `CompiledTrial`. Refuses nothing: what is
not understood is Opaque. The result depends on nothing but the input, this code and the tables of `codes`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from accrual.basic import Interval, Span
from accrual.criteria.clause import read_clause
from accrual.criteria.lexer import Lexeme, lex, plain
from accrual.criteria.mention import mentions_of
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.rewrite import rewrite
from accrual.criteria.split import Item, split
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    CompiledTrial,
    Criterion,
    FieldCriterion,
    Kind,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Within,
)

COMPILER_VERSION = 1
"""Raised with every change that compiles some text to another tree, so that caches know."""

MAX_CRITERION = 8_000
"""Characters; a longer item is prose and stays Opaque as a whole."""


def compile_text(text: str) -> tuple[Criterion, ...]:
    """Return the criteria of a text, in reading order.

    Args:
        text: the criteria as the registry has them, with line ends and escapes.

    Example:
        >>> from accrual.criteria.render import canonical
        >>> [canonical(each.tree) for each in compile_text("Inclusion Criteria:\\n\\n* ECOG 0-1")]
        ['(compare ecog (range 0 1))']
    """
    clean = plain(text)
    out: list[Criterion] = []
    for item in split(text):
        _criteria(text, clean, item, out)
    return tuple(out)


def _criteria(text: str, clean: str, item: Item, out: list[Criterion]) -> None:
    """Compile one item, and what is nested under it, each as its own criterion or all as one."""
    if item.children and item.lead == ("any" if item.kind == "inclusion" else "all"):
        out.append(_group(text, clean, item))
        return
    if not (item.children and item.lead in ("any", "all", "heading") and not _claims(text, clean, item)):
        out.append(_criterion(text, clean, item))
    for child in item.children:
        _criteria(text, clean, child, out)


def _claims(text: str, clean: str, item: Item) -> bool:
    """Say whether a lead-in claims something itself ("Diabetes with one of the following:")."""
    lexemes = lex(clean, item.start, item.end) if item.end - item.start <= MAX_CRITERION else []
    return item.lead != "heading" and any(lexeme.concept or lexeme.variable for lexeme in lexemes)


def _criterion(text: str, clean: str, item: Item) -> Criterion:
    tree, lexemes = _tree(text, clean, item.start, item.end, item.kind)
    tree = _under_heading(item, tree, Span(item.start, item.end))
    return Criterion(
        kind=item.kind,
        text=text[item.start : item.end],
        start=item.start,
        end=item.end,
        tree=tree,
        mentions=mentions_of(text, lexemes, tree),
        heading=item.heading,
    )


_CHANGING = frozenset(
    (
        "not",
        "op",
        "number",
        "receive",
        "unless",
        "except",
        "loose",
        "excluded",
        "within",
        "before",
        "after",
        "ago",
        "or",
        "other",
    )
)


@lru_cache(maxsize=4096)
def _heading(words: str) -> str:
    """What a heading does to what stands under it: `plain`, `history`, `conditional` or `changing`.

    "Laboratory values:" nothing; "History of:" sets the time; "Diabetes with:" asks it of some; "No prior:" and
    "At least 10 days since:" change the claim itself, and then nothing under it is claimed.
    """
    lexemes = lex(plain(words))
    low = words.lower()
    if _PLAIN_HEADING.fullmatch(low) or _LEAD_IN.fullmatch(words):
        return "plain"
    kinds = {lexeme.kind for lexeme in lexemes}
    if _HISTORY_HEADING.fullmatch(low):
        return "history"
    if (
        kinds & _CHANGING
        or (kinds & {"history", "shift"} and "adequate" not in low)
        or _CHANGING_WORDS.search(low)
    ):
        return "changing"
    conditions = any(lexeme.concept is not None and lexeme.concept.kind == "condition" for lexeme in lexemes)
    if (
        conditions
        or "must" in kinds
        or (kinds & {"link", "subject", "sex"} and kinds & {"concept", "variable"})
    ):
        return "conditional"  # a bare topic ("Chemotherapy:", "Hepatic:") asks nothing of anyone
    return "plain"


_HISTORY_HEADING = re.compile(
    r"(?:patients?|subjects?|participants?|who|with|have|has|having|had|any|a|known|prior|past|medical|\W)*"
    r"history(?: of)?(?: any)?"
    r"(?: (?:one|of|or|more|the|following|these|conditions|diseases|disorders|criteria|\W)+)*\W*"
)
_PLAIN_HEADING = re.compile(
    r"(?:(?:patients?|subjects?|participants?|individuals?|medical|the|main|key|general|specific|major|other|all|any|who|have|has|with|"
    r"will|be|are|if|they|excluded|exclusion|inclusion|eligible|eligibility|included|include|for|from|study|trial|entry|enrollment|"
    r"criteria|criterion|characteristics|disease|must|meet|following|of|one|or|more|at|least|conditions?|presence|in|this|"
    r"adequate|organ|bone|marrow|hematologic|hematological|hematopoietic|hepatic|renal|liver|kidney|function|functions|laboratory|"
    r"values?|parameters|results|tests?|as|defined|by|below|indicated|evidenced|age|sex|performance|status|life|expectancy|"
    r"cardiovascular|pulmonary|cardiac|coagulation|blood|chemistry|and|to|participate|participation|apply|applies|true|is|are)"
    r"\W*)+"
)
_CHANGING_WORDS = re.compile(
    r"\b(?:since|until|prior|washout|free|recover\w*|discontinu\w*|stopp?\w*|avoid\w*|prohibit\w*|allow\w*)\b"
)


def _under_heading(item: Item, tree: Tree, span: Span) -> Tree:
    told = _heading(item.heading) if item.heading else "plain"
    if told == "changing":
        return Opaque(
            text=" ".join([item.heading, tree.text if isinstance(tree, Opaque) else ""]).strip(), span=span
        )
    if told == "history":
        past = _historical(tree)
        tree = past if past is not None else Opaque(text=item.heading, span=span)
    if told == "conditional" or item.conditional:
        return rewrite(_conditional(item, tree, span))
    return tree


def _historical(tree: Tree) -> Tree | None:
    """ "History of: - stroke": each condition is a matter of the past too; None where that has no meaning."""
    match tree:
        case Present():
            past = "history" if not set(tree.qualifiers) & {"history", "prior"} else ""
            return msgspec.structs.replace(tree, qualifiers=(past, *tree.qualifiers)) if past else tree
        case All() | Any_():
            parts = tuple(_historical(child) for child in tree.children)
            kept = tuple(part for part in parts if part is not None)
            return msgspec.structs.replace(tree, children=kept) if len(kept) == len(parts) else None
        case Opaque() | Within():
            return tree
        case _:
            return None


def _conditional(item: Item, tree: Tree, span: Span) -> Tree:
    """Under "Cohort A:" a criterion is asked of some patients only, and nobody knows yet of whom."""
    doubt = Opaque(text=item.heading, span=span)
    if item.kind == "inclusion":
        return When(condition=doubt, then=tree, span=span)
    return All(children=(tree, doubt), span=span)


def _last(item: Item) -> int:
    return max((item.end, *(_last(child) for child in item.children)))


def _group(text: str, clean: str, item: Item) -> Criterion:
    """ "One of the following:" with what stands under it: one criterion."""
    end = _last(item)
    parts: list[Tree] = []
    lexemes = lex(clean, item.start, item.end) if item.end - item.start <= MAX_CRITERION else []
    for child in item.children:
        tree, found = _tree(text, clean, child.start, _last(child), child.kind)
        parts.append(tree)
        lexemes += found
    span = Span(parts[0].span.start, parts[-1].span.end)
    node: Tree
    if item.lead == "all":
        node = All(children=tuple(parts), span=span)
    elif item.count > 1:
        node = AtLeast(count=min(item.count, len(parts)), children=tuple(parts), span=span)
    else:
        node = Any_(children=tuple(parts), span=span)
    whole = Span(item.start, end)
    if _claims(text, clean, item) or not _LEAD_IN.fullmatch(" ".join(text[item.start : item.end].split())):
        lead = Opaque(text=" ".join(text[item.start : item.end].split()), span=Span(item.start, item.end))
        node = All(children=(lead, node), span=whole)
    own = " ".join(text[item.start : item.end].strip(" :*").split())
    if _heading(own) in ("changing", "history"):
        node = Opaque(text=" ".join(text[item.start : end].split()), span=whole)
    node = _under_heading(item, rewrite(node), whole)
    return Criterion(
        item.kind,
        text[item.start : end],
        item.start,
        end,
        node,
        mentions_of(text, lexemes, node),
        item.heading,
    )


# A lead-in that says nothing but how many of its list are needed.
_LEAD_IN = re.compile(
    r"(?i)(?:(?:patients?|subjects?|participants?|individuals?|the|a|must|should|have|has|had|with|meet|meets|meeting|fulfil|"
    r"fulfill|satisfy|who|presence of|presenting|at least|one|two|three|four|1|2|3|4|any|either|all|both|"
    r"each|or|more|of|"
    r"following|criteria|criterion|conditions?|these|below|is|are|be|true|apply|met)[\s,:.()/]*|\W+)*"
)


def _tree(text: str, clean: str, start: int, end: int, kind: Kind) -> tuple[Tree, list[Lexeme]]:
    whole = Opaque(text=" ".join(text[start:end].split()), span=Span(start, end))
    if end - start > MAX_CRITERION:
        return whole, []
    lexemes = lex(clean, start, end)
    clauses = _clauses(lexemes)
    if not clauses:
        return whole, lexemes
    trees = [read_clause(Stream(clean, part, kind, text)) for part in clauses]
    if len(trees) == 1:
        return rewrite(trees[0]), lexemes
    return rewrite(_together(clauses, trees, kind, whole)), lexemes


def _clauses(lexemes: list[Lexeme]) -> list[list[Lexeme]]:
    """Cut at semicolons and at the ends of sentences, outside brackets."""
    found: list[list[Lexeme]] = []
    part: list[Lexeme] = []
    depth = 0
    for at, lexeme in enumerate(lexemes):
        if lexeme.kind == "open":
            depth += 1
        elif lexeme.kind == "close":
            depth = max(0, depth - 1)
        stops = lexeme.kind == "semi" or (lexeme.kind == "dot" and _ends_sentence(lexemes, at))
        if stops and depth == 0:
            if part:
                found.append(part)
            part = []
        else:
            part.append(lexeme)
    if part:
        found.append(part)
    return found


def _ends_sentence(lexemes: list[Lexeme], at: int) -> bool:
    if at + 1 >= len(lexemes):
        return True
    return lexemes[at + 1].start > lexemes[at].end and len(lexemes[at - 1].low) > 1 if at else True


# A later sentence with one of these may loosen what was said before.
_LOOSENING = frozenset(("loose", "unless", "except", "excluded", "or", "example", "include"))


def _together(clauses: list[list[Lexeme]], trees: list[Tree], kind: Kind, whole: Opaque) -> Tree:
    """Join the clauses of one criterion: of a requirement all hold, of an exclusion any may."""
    firsts = [part[0].kind for part in clauses[1:]]
    lasts = [part[-1].kind for part in clauses[:-1]]
    dark = [isinstance(tree, Opaque) for tree in trees]
    for part, opaque in zip(clauses[1:], dark[1:], strict=True):
        if opaque and any(lexeme.kind in _LOOSENING for lexeme in part):
            return whole
    span = trees[0].span | trees[-1].span
    if "or" in firsts or "or" in lasts:
        if all(first in ("or",) for first in firsts) or lasts[-1] == "or" or firsts[-1] == "or":
            if any(dark):
                return whole
            return Any_(children=tuple(trees), span=span)
        return whole
    if kind == "exclusion":
        if "and" in firsts or "and" in lasts:
            return whole
        return whole if any(dark) else Any_(children=tuple(trees), span=span)
    return All(children=tuple(trees), span=span)


_AGE = re.compile(r"(?i)^\s*(\d+(?:\.\d+)?)\s*(year|month|week|day|hour|minute)s?\s*$")
_AGE_UNIT = {"year": "a", "month": "mo", "week": "wk", "day": "d", "hour": "h", "minute": "min"}


def compile_trial(
    *,
    nct_id: str,
    criteria_text: str = "",
    sex: str = "",
    minimum_age: str = "",
    maximum_age: str = "",
    healthy_volunteers: bool | None = None,
) -> CompiledTrial:
    """Return all eligibility of one trial.

    Args:
        minimum_age, maximum_age: as the registry writes them: "12 Years", "6 Months", "N/A" or empty.
        sex: `ALL`, `FEMALE`, `MALE` or empty.
        healthy_volunteers: False means that healthy volunteers are not accepted; True asks nothing of anyone.
    """
    fields: list[FieldCriterion] = []
    low, high = _age(minimum_age), _age(maximum_age)
    if low is not None:
        node = Compare(variable="age", interval=Interval(low=low[0], unit=low[1]))
        fields.append(FieldCriterion("minimumAge", minimum_age, node))
    if high is not None:
        # "Up to 65 Years" is met until the 66th birthday: who is 65 is eligible. The same holds in months or days.
        node = Compare(variable="age", interval=Interval(high=high[0], unit=high[1]))
        fields.append(FieldCriterion("maximumAge", maximum_age, node))
    if sex.upper() in ("FEMALE", "MALE"):
        fields.append(FieldCriterion("sex", sex, OneOf(variable="sex", values=(sex.lower(),))))
    if healthy_volunteers is False:
        # The field says who is not taken; a patient with the condition passes, silence stays unknown.
        fields.append(
            FieldCriterion("healthyVolunteers", "false", OneOf(variable="healthy-volunteer", values=("no",)))
        )
    return CompiledTrial(nct_id, compile_text(criteria_text), tuple(fields))


def _age(text: str) -> tuple[float, str] | None:
    found = _AGE.match(text or "")
    return None if found is None else (float(found.group(1)), _AGE_UNIT[found.group(2).lower()])
