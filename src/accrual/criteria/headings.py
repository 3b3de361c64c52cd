"""What a heading or a lead-in does to the criteria that stand under it.

Comes in: the heading's words, the section's kind, and the tree of a criterion under it. Goes out: the tree as the
heading makes it: with a window ("within 14 days before enrollment:"), as past ("History of:"), asked of some only
("Cohort A:"), or Opaque where the heading changes the claim itself ("No prior:"). Refuses nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Span
from accrual.codes.concepts import vocabulary
from accrual.criteria.groups import named_group
from accrual.criteria.illnesses import illness_named, of_illness
from accrual.criteria.leads import denied, is_treatment_topic, names_past, turns
from accrual.criteria.lexer import Lexeme, lex
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.phrases.time import read_time
from accrual.criteria.rewrite import rewrite
from accrual.criteria.sections import leads_in, names_some
from accrual.criteria.signs import plain
from accrual.criteria.splice import NUMBERING
from accrual.criteria.split import Item
from accrual.criteria.tree import (
    All,
    Any_,
    AtLeast,
    Compare,
    Kind,
    Not,
    OneOf,
    Opaque,
    Present,
    Tree,
    When,
    Window,
    Within,
    walk,
)  # fmt: skip

Effect: TypeAlias = Literal["plain", "topic", "history", "receive", "narrowed", "illness", "past illness",
                            "conditional", "changing"]  # fmt: skip
"""Nothing; names what sentences are about; sets the time; says that what follows was given; demands more; names an
illness in broad words, now or ever; asks it of some; changes the claim."""


class Told(msgspec.Struct, frozen=True):
    """What a heading says: its effect, and the window that it puts on each claim under it."""

    effect: Effect
    window: Window | None = None


_CHANGING = frozenset(
    ("not", "op", "number", "receive", "unless", "except", "loose", "excluded", "within", "before", "after", "ago",
     "or", "other")
)  # fmt: skip
_HISTORY = re.compile(
    r"(?>(?:patients?|subjects?|participants?|who|with|have|has|having|had|any|a|known|prior|past|medical)\b|\W)*"
    r"history(?: of)?(?: any)?"
    r"(?>\W(?:one|of|or|more|the|following|these|conditions|diseases|disorders|criteria)\b|\W)*"
)
_PLAIN = re.compile(
    r"(?>(?:patients?|subjects?|participants?|individuals?|medical|the|main|key|general|specific|major|other|all|any|who|have|has|with|"
    r"will|be|are|if|they|excluded|exclusion|inclusion|eligible|eligibility|included|include|for|from|study|trial|entry|enrollment|"
    r"criteria|criterion|characteristics|disease|must|meet|following|of|one|or|more|at|least|conditions?|presence|in|this|"
    r"adequate|organ|bone|marrow|hematologic|hematological|hematopoietic|hepatic|renal|liver|kidney|function|functions|laboratory|"
    r"values?|parameters|results|tests?|as|defined|by|below|indicated|evidenced|age|sex|performance|status|life|expectancy|"
    r"cardiovascular|pulmonary|cardiac|coagulation|blood|chemistry|and|to|participate|participation|apply|applies|true)\b"
    r"\W*)+"
)
_PART = re.compile(
    r"(?i)(?>(?:part|cohort|arm|group|phase|stage|stratum|sub-?study|step|population|patients?|subjects?|participants?|donors?|"
    r"maternal|mothers?|infants?|children|adults?|controls?|(?:additional|specific|general|key|main)|inclusion|exclusion|eligibility|"
    r"criteria|criterion|for|the|all|of|in|only|selected|tumor|types?|and|enrollment|[a-z]|[ivx]+|\d{1,2}[a-z]?)\W+)+"
)
# What stands under these speaks of another criterion.
_ASIDE = re.compile(r"\W*(?:notes?|n\.?b|exceptions?|exempt\w*|examples?|rationale|comments?|definitions?)\b")
_EXAMPLES = re.compile(r"(?i)\W*\b(?:including|includes?|such as)(?:,? but (?:are |is )?not limited to)?\W*$")
_GIVEN = re.compile(
    r"(?>(?:currently|current|concurrent|concomitant|treatment|treated|therapy|use|usage|using|taking|receiving|received|receipt|"
    r"with|of|any|one|or|more|the|following|these|on|medications?|drugs?|agents?|therapies|treatments|patients?|subjects?|"
    r"participants?|who|are|is|have|has|had|been|prior|previous|previously)\b\W*)+"
)
_PAST = re.compile(r"\b(?:received|prior|previous|previously|had|been)\b")
_ORGANS = re.compile(
    r"\b(?:adequate|sufficient|acceptable|normal|suitable)\b.*\b(?:functions?|reserve|values?|parameters|counts?)\b|"
    r"\blaborator|\bhematolog"
)
_FLIPS = re.compile(r"\b(?:no|not|if|when|inadequate|abnormal\w*|insufficient|impaired)\b")
_CHANGING_WORDS = re.compile(
    r"\b(?:since|until|prior|washout|free|recover\w*|discontinu\w*|stopp?\w*|avoid\w*|prohibit\w*|allow\w*)\b"
)

# A lead-in that says nothing but how many of its list are needed.
LEAD_IN = re.compile(
    r"(?i)(?>(?:patients?|subjects?|participants?|individuals?|the|a|must|should|have|has|had|with|meet|meets|meeting|fulfil|"
    r"fulfill|satisfy|who|presence of|presenting|at least|one|two|three|four|1|2|3|4|any|either|all|both|"
    r"each|or|more|of|"
    r"following|criteria|criterion|conditions?|these|below|is|are|be|true|apply|met|"
    r"documented|histologically|histologic|cytologically|pathologically|confirmed|proven|diagnos[ei]s|diagnosed|"
    r"diseases?|disorders?|malignanc(?:y|ies)|cancers?|tumou?rs?|types|subtypes|histologies|categories|signs|symptoms|"
    r"comorbidities|risk factors?|diagnoses)\b|\W)*"
)


@lru_cache(maxsize=4096)
def told_by(heading: str, kind: Kind) -> Told:
    """Return what a heading says of the criteria under it."""
    words = NUMBERING.sub("", heading)
    lexemes = lex(plain(words))
    effect = _effect(words, kind, lexemes)
    if effect != "changing":
        return Told(effect)
    stream = Stream(plain(words), lexemes, kind)
    for at in range(len(stream)):
        if stream.kind_at(at) not in ("within", "prep"):
            continue
        read = read_time(stream, at)
        if read is None or read.window is None or read.window.distance.low != 0 or read.also is not None:
            continue
        start, end = lexemes[at].start, lexemes[read.end - 1].end
        rest = " ".join((words[:start] + " " + words[end:]).split())
        inner = _effect(rest, kind, lex(plain(rest)))
        if inner in ("plain", "history", "receive"):
            return Told(inner, read.window)
    if kind == "exclusion":
        return Told(_ILLNESS[illness_named(words)])
    return Told("narrowed") if _demands_more(words.lower(), kind, lexemes) else Told("changing")


_ILLNESS: dict[str, Effect] = {
    "plain": "plain",
    "history": "history",
    "narrowed": "illness",
    "past": "past illness",
    "": "changing",
}


def _effect(words: str, kind: Kind, lexemes: list[Lexeme]) -> Effect:
    """Name what a heading does.

    "Laboratory values:" nothing; "History of:" sets the time; "Diabetes with:" asks it of some; "No prior:" and
    "At least 10 days since:" change the claim itself, and then nothing under it is claimed.
    """
    low = words.lower()
    if _ASIDE.match(low):
        return "changing"
    if is_treatment_topic(words.partition(":")[0]):
        status = words.partition(":")[2].strip().lower()
        if kind == "inclusion":
            return "changing" if status else "topic"
        return (
            "receive"
            if status in ("", "excluded", "prohibited", "not allowed", "not permitted")
            else "changing"
        )
    if kind == "exclusion" and turns(words, "inclusion") == "exclusion" and not denied(words):
        return "plain"
    if names_past(words):
        return "history"
    if _PLAIN.fullmatch(low) or LEAD_IN.fullmatch(words) or leads_in(low, kind):
        return "plain"
    if _PART.fullmatch(low + " ") and names_some(words):
        return "conditional"
    if _HISTORY.fullmatch(low):
        return "history"
    if _GIVEN.fullmatch(low) and any(lexeme.kind == "receive" for lexeme in lexemes):
        return "receive"
    shorter = _EXAMPLES.sub("", words)
    if shorter != words and kind == "exclusion":
        inner = _effect(shorter, kind, lex(plain(shorter)))
        return "conditional" if inner == "plain" and len(shorter.split()) > 1 else inner
    kinds = {lexeme.kind for lexeme in lexemes}
    if (
        kinds & _CHANGING
        or (kinds & {"history", "shift", "relation"} and "adequate" not in low)
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


def _demands_more(low: str, kind: Kind, lexemes: list[Lexeme]) -> bool:
    """ "Adequate organ function without transfusion support:": what is asked of the values, and more."""
    loose = {"unless", "except", "loose", "excluded", "other", "or"}
    return (
        kind == "inclusion"
        and _ORGANS.search(low) is not None
        and _FLIPS.search(low) is None
        and not names_some(low)
        and not any(lexeme.kind in loose for lexeme in lexemes)
    )


def splices(heading: str, kind: Kind) -> bool:
    """Say whether a heading changes the claims under it, so that they are read as one sentence with it."""
    return told_by(heading, kind).effect in ("changing", "conditional") and not _ASIDE.match(heading.lower())


def under_heading(item: Item, tree: Tree, span: Span) -> Tree:
    """Return the tree of an item as the heading above it makes it."""
    told = told_by(item.heading, item.kind) if item.heading else Told("plain")
    if item.group is not None and named_group(item.heading) is not None:
        told = Told("plain")
    changed: Tree | None = tree
    if (
        told.effect == "changing"
        or (told.effect == "narrowed" and not _only_values(tree))
        or (told.effect == "topic" and _is_bare(tree))
    ):
        changed = None
    elif told.effect == "narrowed":
        changed = All(children=(tree, Opaque(text=item.heading, span=span)), span=span)
    elif told.effect in ("illness", "past illness"):
        changed = of_illness(tree, Opaque(text=item.heading, span=span), told.effect == "past illness")
    elif told.effect == "history" and told.window is None:
        changed = _historical(tree)
    elif told.effect == "receive":
        changed = _given(tree, told.window is None and _PAST.search(item.heading.lower()) is not None)
    if changed is not None and told.window is not None:
        changed = _timed(changed, told.window)
    if changed is None:
        words = tree.text if isinstance(tree, Opaque) else ""
        return Opaque(text=f"{item.heading} {words}".strip(), span=span)
    if told.effect == "conditional" or item.conditional:
        changed = in_part(item.heading, item.kind, changed, span)
    return changed if changed is tree else rewrite(changed)


def _is_bare(tree: Tree) -> bool:
    """A name without a word about it, under "Prior therapy:": whether it is asked for or only spoken of is not said."""
    if isinstance(tree, (All, Any_)):
        return any(_is_bare(child) for child in tree.children)
    return isinstance(tree, Present) and not tree.qualifiers


def in_part(heading: str, kind: Kind, tree: Tree, span: Span) -> Tree:
    """Under "Cohort A:" a criterion is asked of some patients only, and nobody knows yet of whom."""
    doubt = Opaque(text=heading, span=span)
    if kind == "inclusion":
        return When(condition=doubt, then=tree, span=span)
    return All(children=(tree, doubt), span=span)


def _only_values(tree: Tree) -> bool:
    leaves = [node for node in walk(tree) if not isinstance(node, (All, Any_))]
    return all(isinstance(leaf, Compare) and leaf.variable != "age" for leaf in leaves)


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


def _given(tree: Tree, past: bool) -> Tree | None:
    """ "Treatment with any of:": a drug or procedure is that treatment; a condition is not."""
    match tree:
        case Present():
            concept = vocabulary().concepts.get(tree.concept.code)
            if concept is None or concept.kind == "condition":
                return None
            if past and "prior" not in tree.qualifiers:
                return msgspec.structs.replace(tree, qualifiers=("prior", *tree.qualifiers))
            return tree
        case All() | Any_():
            parts = [_given(child, past) for child in tree.children]
            kept = tuple(part for part in parts if part is not None)
            return msgspec.structs.replace(tree, children=kept) if len(kept) == len(parts) else None
        case Within():
            return tree if _given(tree.child, False) is not None else None
        case Opaque():
            return tree
        case _:
            return None


# Answers that a test gives on a day; the others (sex, consent) have no day that a window could mean.
_TESTS = ("-test", "hbsag", "hbcab", "hcv-antibody", "drug-screen", "child-pugh")


def _timed(tree: Tree, window: Window) -> Tree | None:
    """The claims of a criterion, each in the heading's window; None where it has a window of its own."""
    match tree:
        case Present():
            return Within(child=tree, window=window, span=tree.span)
        case Compare():
            return None if tree.variable == "age" else Within(child=tree, window=window, span=tree.span)
        case OneOf():
            return (
                Within(child=tree, window=window, span=tree.span) if tree.variable.endswith(_TESTS) else None
            )
        case All() | Any_() | AtLeast():
            parts = [_timed(child, window) for child in tree.children]
            kept = tuple(part for part in parts if part is not None)
            return msgspec.structs.replace(tree, children=kept) if len(kept) == len(parts) else None
        case Not():
            child = _timed(tree.child, window)
            return None if child is None else Not(child=child, span=tree.span)
        case Opaque():
            return tree
        case _:
            return None
