"""From a trial's eligibility to compiled criteria: split, lex, read, rewrite, in that order.

Comes in: the criteria text, and the record's structured fields. Goes out: `CompiledTrial`. Refuses nothing: what is
not understood is Opaque. The result depends on nothing but the input, this code and the tables of `codes`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from accrual.basic import Interval, Span
from accrual.criteria.clause import read_clause
from accrual.criteria.contradiction import impossible, reconciled
from accrual.criteria.demands import turned
from accrual.criteria.groups import settled
from accrual.criteria.headings import LEAD_IN, in_part, splices, told_by, under_heading
from accrual.criteria.lexer import lex
from accrual.criteria.names import NOTHING, Explained, explained_in
from accrual.criteria.offers import offers
from accrual.criteria.others import with_others
from accrual.criteria.permissions import loosened
from accrual.criteria.phrases.measure import either_way
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.reasons import with_reasons
from accrual.criteria.rewrite import rewrite
from accrual.criteria.sections import names_some
from accrual.criteria.sentences import cut, together
from accrual.criteria.signs import plain
from accrual.criteria.sought import spared
from accrual.criteria.spans import put_at, spread_over
from accrual.criteria.splice import denies, excepted, spliced
from accrual.criteria.split import Item, claimed, split
from accrual.criteria.tags import untagged
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
    moved,
    understood,
    walk,
)
from accrual.criteria.wordings import with_wordings

MAX_CRITERION = 8_000
"""Characters; a longer item is prose and stays Opaque as a whole."""


def compile_text(text: str, studied: Sequence[str] = ()) -> tuple[Criterion, ...]:
    """Return the criteria of a text, in reading order.

    Args:
        text: the criteria as the registry has them, with line ends and escapes.
        studied: the conditions that the record says it studies; its patients are not kept out for having them.

    Example:
        >>> from accrual.criteria.render import canonical
        >>> [canonical(each.tree) for each in compile_text("Inclusion Criteria:\\n\\n* ECOG 0-1")]
        ['(compare ecog (range 0 1))']
    """
    clean = plain(text)
    out: list[Criterion] = []
    for item in turned(text, split(text)):
        _criteria(text, clean, item, out)
    return loosened(reconciled(spared(settled(out, clean), studied)))


def _criteria(text: str, clean: str, item: Item, out: list[Criterion]) -> None:
    """Compile one item, and what is nested under it, each as its own criterion or all as one."""
    if item.children and item.lead in (("any", "either") if item.kind == "inclusion" else ("all",)):
        out.append(_group(text, clean, item))
        return
    exceptions = _with_exceptions(text, item) if item.children else None
    if exceptions is not None:
        out.append(exceptions)
        return
    if not (item.children and item.lead in ("any", "all", "heading") and not _claims(text, clean, item)):
        own = _criterion(text, clean, item)
        out.append(own)
        if item.lead == "" and own.understood == "whole" and _stands_alone(own):
            # A slip of the indentation: what is under a complete criterion is one of its own.
            below = (
                msgspec.structs.replace(each, heading=item.heading, conditional=item.conditional)
                for each in item.children
            )
            item = msgspec.structs.replace(item, children=tuple(below))
    for child in item.children:
        _criteria(text, clean, child, out)


def _with_exceptions(text: str, item: Item) -> Criterion | None:
    """ "No other malignancy except:" with the list of its exceptions is one criterion."""
    if any(child.children or child.kind != item.kind for child in item.children):
        return None
    lines = [text[child.start : child.end] for child in item.children]
    sentence = excepted(text[item.start : item.end], lines)
    if sentence is None or len(sentence) > MAX_CRITERION:
        return None
    end = _last(item)
    whole = Span(item.start, end)
    tree = put_at(_tree(sentence, plain(sentence), 0, len(sentence), item.kind), whole)
    tree = under_heading(item, tree, whole)
    return Criterion(item.kind, text[item.start : end], item.start, end, tree, item.heading, item.group)


def _stands_alone(criterion: Criterion) -> bool:
    last = criterion.text.rstrip(" *_")[-1:]
    return last in (".", ";") or (criterion.kind == "inclusion" and last != ":")


def _claims(text: str, clean: str, item: Item) -> bool:
    """Say whether a lead-in claims something itself ("Diabetes with one of the following:")."""
    lexemes = lex(clean, item.start, item.end) if item.end - item.start <= MAX_CRITERION else []
    return item.lead != "heading" and any(lexeme.concept or lexeme.variable for lexeme in lexemes)


def _criterion(text: str, clean: str, item: Item) -> Criterion:
    tree = _tree(text, clean, item.start, item.end, item.kind)
    if item.heading and isinstance(tree, Opaque) and _names_value(item.heading):
        tree = _named(text, clean, item) or tree
    sentence = _as_sentence(text, item) if item.heading and not item.topic else None
    if sentence is not None:
        return Criterion(
            item.kind, text[item.start : item.end], item.start, item.end, sentence, item.heading, item.group
        )
    if item.topic and _may_be_heading(item, text, tree):
        words = " ".join(text[item.start : item.end].split())
        tree = with_reasons(Opaque(text=words, span=Span(item.start, item.end)))
    tree = under_heading(item, tree, Span(item.start, item.end))
    return Criterion(
        item.kind, text[item.start : item.end], item.start, item.end, tree, item.heading, item.group
    )


MAX_NAME = 40  # characters of a heading that is the name of a value


@lru_cache(maxsize=4096)
def _names_value(heading: str) -> bool:
    """Say whether a heading is the name of a value and nothing more: "Life expectancy"."""
    name = lex(plain(heading)) if len(heading) <= MAX_NAME else []
    return bool(name) and all(each.variable is not None for each in name)


def _named(text: str, clean: str, item: Item) -> Tree | None:
    """ "Life expectancy:" with "At least 3 months" under it: the value has its name in the heading."""
    lexemes = lex(clean, item.start, item.end) if item.end - item.start <= MAX_CRITERION else []
    if not lexemes or lexemes[0].kind not in ("op", "number", "between"):
        return None
    if any(lexeme.concept or lexeme.variable for lexeme in lexemes):
        return None
    lead = f"{item.heading}: "
    whole = lead + text[item.start : item.end]
    tree = _tree(whole, plain(whole), 0, len(whole), item.kind)
    return None if isinstance(tree, Opaque) else moved(tree, item.start - len(lead), item.start)


def _as_sentence(text: str, item: Item) -> Tree | None:
    """The tree of heading and criterion read as one sentence, where the heading alone changes the claim."""
    if not splices(item.heading, item.kind):
        return None
    tree = _spliced(text, item.heading, item)
    changing = told_by(item.heading, item.kind).effect == "changing"
    if tree is not None and not changing and understood(tree) != "whole":
        return None
    if tree is not None and item.inside:
        return in_part(item.heading, item.kind, tree, Span(item.start, item.end))
    return tree


def _spliced(text: str, heading: str, item: Item, kind: Kind | None = None) -> Tree | None:
    sentence = spliced(heading, text[item.start : item.end], kind or item.kind)
    if sentence is None:
        return None
    tree = _tree(sentence.text, plain(sentence.text), 0, len(sentence.text), item.kind)
    if understood(tree) == "none":
        return None
    return moved(tree, item.start - sentence.at, item.start, item.end)


def _may_be_heading(item: Item, text: str, tree: Tree) -> bool:
    """ "Chemotherapy", "Healthy controls" in front of a list may be what the list is about, and then ask nothing."""
    return names_some(text[item.start : item.end]) or any(isinstance(node, Present) for node in walk(tree))


def _last(item: Item) -> int:
    return max((item.end, *(_last(child) for child in item.children)))


def _group(text: str, clean: str, item: Item) -> Criterion:
    """ "One of the following:" with what stands under it: one criterion."""
    end = _last(item)
    parts: list[Tree] = []
    for child in item.children:
        if child.children and child.lead == "any":
            parts.append(_group(text, clean, child).tree)
        else:
            parts.append(_tree(text, clean, child.start, _last(child), child.kind))
    span = Span(parts[0].span.start, parts[-1].span.end)
    node: Tree
    if item.lead == "all":
        node = All(children=tuple(parts), span=span)
    elif item.lead == "either":
        node = either_way(tuple(parts), Opaque(text="or", span=span), span)
    elif item.count > 1:
        node = AtLeast(count=min(item.count, len(parts)), children=tuple(parts), span=span)
    else:
        node = Any_(children=tuple(parts), span=span)
    whole = Span(item.start, end)
    own_claim = _own_claim(text, clean, item)
    offered = offers(text[item.start : item.end])
    if own_claim is not None:
        node = All(children=(own_claim, node), span=whole)
    elif offered != "kinds" and not LEAD_IN.fullmatch(" ".join(text[item.start : item.end].split())):
        lead = Opaque(text=" ".join(text[item.start : item.end].split()), span=Span(item.start, item.end))
        node = All(children=(lead, node), span=whole)
    own = " ".join(text[item.start : item.end].strip(" :*").split())
    if (
        own_claim is None
        and not offered
        and told_by(own, item.kind).effect in ("changing", "history", "receive")
    ):
        node = _alternatives(text, item, whole)
    else:
        node = spread_over(node, whole)
    node = with_reasons(under_heading(item, rewrite(node), whole))
    return Criterion(
        item.kind,
        text[item.start : end],
        item.start,
        end,
        node,
        item.heading,
        item.group,
    )


def _alternatives(text: str, item: Item, whole: Span) -> Tree:
    """ "Must have received one of the following:": each of the list, as a sentence with it where that is read."""
    own = " ".join(text[item.start : item.end].strip(" :*").split())
    parts: list[Tree] = []
    for child in item.children if item.lead == "any" else ():
        words = " ".join(text[child.start : _last(child)].split())
        read = (
            None
            if child.children
            else _spliced(text, own, child, "inclusion" if denies(own) else "exclusion")
        )
        parts.append(read or Opaque(text=words, span=Span(child.start, _last(child))))
    if not any(understood(part) != "none" for part in parts):
        return Opaque(text=" ".join(text[whole.start : whole.end].split()), span=whole)
    if denies(own):
        return All(children=tuple(parts), span=whole)
    if item.count > 1:
        return AtLeast(count=min(item.count, len(parts)), children=tuple(parts), span=whole)
    return spread_over(Any_(children=tuple(parts), span=whole), whole)


def _own_claim(text: str, clean: str, item: Item) -> Tree | None:
    """The condition, the age or the value that a lead-in demands beside its list, if all its words are understood."""
    words = text[item.start : item.end]
    length = claimed(words) if len(words) <= MAX_CRITERION and item.lead == "any" else 0
    if not length or told_by(" ".join(words[:length].split()), item.kind).effect not in (
        "plain",
        "conditional",
    ):
        return None
    tree = _tree(text, clean, item.start, item.start + length, item.kind)
    if understood(tree) != "whole":
        return None
    if any(each.kind in _GIVES for each in lex(clean, item.start, item.start + length)):
        return None
    # "Female patients must meet one of the following" asks it of women: no demand on sex.
    return tree if all(isinstance(node, (Present, Compare, All, Any_)) for node in walk(tree)) else None


# Of what stands behind these the list says which: "treated with one of the following", "history of".
_GIVES = frozenset(("receive", "history", "within", "before", "after", "ago"))


def _tree(text: str, clean: str, start: int, end: int, kind: Kind) -> Tree:
    """The tree of one stretch of text. Of the text around it only the abbreviations count that it explains."""
    words, explained = text[start:end], explained_in(clean)
    if explained.words.search(clean, start, end):
        tree = _read_words(words, kind, explained)
    elif end - start > MAX_REMEMBERED:
        tree = _read_words(words, kind, NOTHING)
    else:
        tree = _remembered(words, kind)
    return moved(tree, start, start)


MAX_REMEMBERED = 240  # characters; longer criteria are seldom the same in two trials
REMEMBERED = 1 << 15
"""Trees kept by their words: trials repeat each other ("Pregnant or breastfeeding"). About 2 kB each."""


@lru_cache(maxsize=REMEMBERED)
def _remembered(words: str, kind: Kind) -> Tree:
    return _read_words(words, kind, NOTHING)


def _read_words(words: str, kind: Kind, explained: Explained) -> Tree:
    """The tree of the words of one criterion, with spans into `words` and the reasons of what is Opaque."""
    whole = Opaque(text=" ".join(words.split()), span=Span(0, len(words)))
    if len(words) > MAX_CRITERION:
        return with_reasons(whole)
    clean = untagged(words, plain(words))
    lexemes = with_wordings(clean, lex(clean, explained=explained))
    sentences = [Stream(clean, part, kind, words) for part in cut(lexemes)]
    trees = [read_clause(each) for each in sentences]
    if not trees:
        return with_reasons(whole)
    if len(trees) == 1:
        return with_reasons(with_others(rewrite(trees[0])))
    tree = with_others(rewrite(together(sentences, trees, whole)))
    return with_reasons(whole if impossible(tree) else tree)


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
    conditions: Sequence[str] = (),
) -> CompiledTrial:
    """Return all eligibility of one trial.

    Args:
        minimum_age, maximum_age: as the registry writes them: "12 Years", "6 Months", "N/A" or empty.
        sex: `ALL`, `FEMALE`, `MALE` or empty.
        conditions: what the trial studies, in the record's words.
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
    return CompiledTrial(nct_id, compile_text(criteria_text, conditions), tuple(fields))


def _age(text: str) -> tuple[float, str] | None:
    found = _AGE.match(text or "")
    return None if found is None else (float(found.group(1)), _AGE_UNIT[found.group(2).lower()])
