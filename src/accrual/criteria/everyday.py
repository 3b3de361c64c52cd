"""The tree in words for patients: "You must be 18 or older." "You cannot take part if you have heart failure."

Comes in: a tree, and whether it stands for a requirement or for what excludes. Goes out: one or a few short sentences,
said to the patient. Refuses nothing: what is not understood is quoted as the study words it.

Reading level: our sentences are built for grade 8 or below (Flesch-Kincaid); a medical name without an everyday word
in `codes/data/everyday.tsv` stays as it is, and one with a word stands in brackets behind it, for the doctor's letter.
The tree decides; these words only tell, so they may leave out what a question will ask (the exact test method), but
never turn a claim around.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import msgspec

from accrual.criteria.everyday_clause import Clause, Mood, clause_of, count_words, one_line
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
    children,
    walk,
)
from accrual.message import Joined, Message, Original, joined, message, opening, word

ANCHORS = {
    "enrollment": "you join the study",
    "screening": "the first study visit",
    "treatment": "the study treatment starts",
    "randomization": "you are put in a study group",
    "surgery": "the operation",
    "diagnosis": "the diagnosis",
    "now": "today",
    "consent": "you sign the consent form",
}
_MANY = 3  # more parts than this make a list, not a sentence


MAX_LEAVES = 8
"""A tree with more claims than this reads worse in sentences than in the study's own words."""


def everyday(tree: Tree, kind: Kind, text: str) -> str:
    """Return the tree as told to a patient: what must be true (inclusion), or what keeps them out (exclusion).

    Args:
        tree: what the criterion claims.
        kind: whether it must hold, or must not.
        text: the study's own words, quoted where sentences of ours would not be plainer.

    Example:
        >>> from accrual.criteria.render import parse_canonical
        >>> everyday(parse_canonical("(compare age (range 18 _ a))"), "inclusion", "Age >= 18")
        'You must be 18 years old or older.'
        >>> everyday(parse_canonical("(any (one_of pregnant yes) (one_of breastfeeding yes))"), "exclusion", "")
        'You cannot take part if you are pregnant or breastfeeding.'
    """
    words = _told(tree, kind, text)
    straight = one_line(words)  # a name or a value that somebody else wrote may hold line ends
    return words if straight == words else Original(straight)


def _told(tree: Tree, kind: Kind, text: str) -> str:
    if isinstance(tree, (All, Any_, AtLeast)) and not tree.children:
        return message("This asks nothing of you.")
    if isinstance(tree, Opaque) or not _is_plain(tree):
        quote = Original(one_line(text))
        if kind == "inclusion":
            return message("The study asks: “%(quote)s”", quote=quote)
        return message("What may keep you out, in the study's words: “%(quote)s”", quote=quote)
    if kind == "inclusion":
        parts = tree.children if isinstance(tree, All) else (tree,)
        return joined(" ", [_demand(part) for part in parts])
    if isinstance(tree, All):
        claims = tuple(child for child in tree.children if not isinstance(child, Opaque))
        quotes = [_quote(child) for child in tree.children if isinstance(child, Opaque)]
        if quotes:
            claim = claims[0] if len(claims) == 1 else All(children=claims)
            return message(
                "You may not be able to take part if %(claim)s. The study adds: %(quotes)s",
                claim=_said(claim, "is"),
                quotes=joined(" and ", quotes),
            )
    if isinstance(tree, Any_) and len(tree.children) > _MANY:
        claims_ = joined("; ", _parts(tree.children, " or ", "is"))
        return message("You cannot take part if one of these is true: %(claims)s.", claims=claims_)
    said = _said(tree, "is")
    if said.endswith((".", "”")):
        return message("You cannot take part if %(claim)s", claim=said)
    return message("You cannot take part if %(claim)s.", claim=said)


def _is_plain(tree: Tree) -> bool:
    """Say whether sentences would be plainer than the study's words: few claims, at most one thing not understood."""
    leaves = [node for node in walk(tree) if not children(node)]
    return len(leaves) <= MAX_LEAVES and sum(isinstance(leaf, Opaque) for leaf in leaves) <= 1


def _quote(opaque: Opaque) -> str:
    return message("“%(quote)s”", quote=Original(one_line(opaque.text)))


def _demand(tree: Tree) -> str:
    if isinstance(tree, Opaque):
        return message("The study also asks: %(quote)s", quote=_quote(tree))
    if isinstance(tree, OneOf) and tree.variable == "sex" and len(tree.values) > 1:
        return message("Any sex can take part.")
    if isinstance(tree, When):
        return _sentence(_condition(tree, "must"))
    if isinstance(tree, (Any_, AtLeast)) and len(tree.children) > _MANY:
        count = tree.count if isinstance(tree, AtLeast) else 1
        options = joined("; ", [_said(child, "is") for child in tree.children])
        return message(
            "At least %(count)s of these must be true: %(claims)s.", count=_number_word(count), claims=options
        )
    return _sentence(_said(tree, "must"))


def _number_word(count: int) -> str:
    return word(("zero", "one", "two", "three", "four")[count], "number") if count < 5 else str(count)


def _condition(tree: When, mood: Mood) -> str:
    return message(
        "if %(condition)s, %(claim)s", condition=_said(tree.condition, "is"), claim=_said(tree.then, mood)
    )


def _said(tree: Tree, mood: Mood, denied: bool = False) -> str:
    match tree:
        case Compare() | Present() | OneOf():
            return clause_of(tree).said(mood, denied)
        case Within():
            return _within(tree, mood, denied)
        case Not():
            return _said(tree.child, mood, not denied)
        case All() | Any_() if denied and not any(isinstance(child, Opaque) for child in tree.children):
            # Neither A nor B; not both A and B.
            joint = " and " if isinstance(tree, Any_) else " or "
            return joined(joint, [_said(child, mood, denied=True) for child in tree.children])
        case All():
            return _negated(joined(" and ", _parts(tree.children, " and ", mood)), denied)
        case Any_():
            return _negated(joined(", or ", _parts(tree.children, " or ", mood)), denied)
        case AtLeast():
            parts = joined("; ", [_said(child, "is") for child in tree.children])
            least = message(
                "at least %(count)s of these are true: %(claims)s",
                count=_number_word(tree.count),
                claims=parts,
            )
            return _negated(least, denied)
        case When():
            then = message(
                "if %(condition)s then %(claim)s",
                condition=_said(tree.condition, "is"),
                claim=_said(tree.then, mood),
            )
            return _negated(then, denied)
        case Opaque():
            if denied:
                return message("not this: %(quote)s", quote=_quote(tree))
            return message("this: %(quote)s", quote=_quote(tree))
        case _:
            assert_never(tree)


def _parts(nodes: tuple[Tree, ...], joint: str, mood: Mood) -> list[str]:
    """The clauses of a list; in English neighbours with one subject and verb share them: "sick or pregnant"."""
    runs: list[tuple[Clause | None, list[str], str]] = []
    for node in nodes:
        clause = clause_of(node) if isinstance(node, (Compare, Present, OneOf)) else None
        said = clause.said(mood) if clause else _said(node, mood)
        before = runs[-1][0] if runs else None
        if clause and before and not clause.fixed and _begins_as(clause, before):
            _, run, text = runs.pop()
            runs.append((before, [*run, said], f"{text}{joint}{_filled(clause.rest, clause.values)}"))
        else:
            runs.append((clause if clause and not clause.fixed else None, [said], said))
    return [run[0] if len(run) == 1 else Joined(joint, run, text) for _, run, text in runs]


def _begins_as(one: Clause, other: Clause) -> bool:
    subjects = {_filled(clause.subject, clause.values) for clause in (one, other)}
    return len(subjects) == 1 and one.verb == other.verb


def _filled(pattern: str, values: Mapping[str, object]) -> str:
    return pattern % values if values else pattern


def _negated(claim: str, denied: bool) -> str:
    return message("it is not true that %(claim)s", claim=claim) if denied else claim


def _within(tree: Within, mood: Mood, denied: bool) -> str:
    child = tree.child
    when = _when(tree.window)
    if isinstance(child, Present):
        clause = clause_of(child)
        if not tree.window.distance.low and clause.verb in ("have", "take", "use"):
            clause = msgspec.structs.replace(
                clause, verb={"have": "have had", "take": "have taken", "use": "have used"}[clause.verb]
            )
        return message("%(claim)s %(when)s", claim=clause.said(mood, denied), when=when)
    return message("%(claim)s %(when)s", claim=_said(child, mood, denied), when=when)


_SIDES: dict[str, tuple[Message, Message, Message, Message, Message]] = {
    "before": (
        message("at any time before %(anchor)s", anchor=""),
        message("in the %(time)s before %(anchor)s", time="", anchor=""),
        message("more than %(time)s before %(anchor)s", time="", anchor=""),
        message("at least %(time)s before %(anchor)s", time="", anchor=""),
        message("between %(low)s and %(time)s before %(anchor)s", low="", time="", anchor=""),
    ),
    "after": (
        message("since %(anchor)s", anchor=""),
        message("in the %(time)s after %(anchor)s", time="", anchor=""),
        message("more than %(time)s after %(anchor)s", time="", anchor=""),
        message("at least %(time)s after %(anchor)s", time="", anchor=""),
        message("between %(low)s and %(time)s after %(anchor)s", low="", time="", anchor=""),
    ),
    "about": (
        message("at any time of %(anchor)s", anchor=""),
        message("within %(time)s of %(anchor)s", time="", anchor=""),
        message("more than %(time)s of %(anchor)s", time="", anchor=""),
        message("at least %(time)s of %(anchor)s", time="", anchor=""),
        message("between %(low)s and %(time)s of %(anchor)s", low="", time="", anchor=""),
    ),
}
"""Where an event stands: at any time, up to a time, more than it, at least it, between two."""


def _when(window: Window) -> str:
    distance = window.distance
    known = ANCHORS.get(window.anchor)
    anchor: str = word(known, "anchor") if known else Original(f"the {window.anchor.replace('-', ' ')}")
    if window.direction == "throughout":
        time = count_words(distance.low or 0, distance.unit)
        if distance.low_open:
            return message("for more than %(time)s before %(anchor)s", time=time, anchor=anchor)
        return message("for at least %(time)s before %(anchor)s", time=time, anchor=anchor)
    ever, up_to, more, least, between = _SIDES[window.direction]
    if not distance.low and distance.high is None:
        return Message(ever.pattern, {"anchor": anchor})
    if distance.high is not None and not distance.low:
        time = count_words(distance.high, distance.unit)
        if window.direction == "about" and " " in anchor:
            return message("within %(time)s of when %(anchor)s", time=time, anchor=anchor)
        return Message(up_to.pattern, {"time": time, "anchor": anchor})
    if distance.high is None:
        chosen = more if distance.low_open else least
        return Message(
            chosen.pattern, {"time": count_words(distance.low or 0, distance.unit), "anchor": anchor}
        )
    time = count_words(distance.high, distance.unit)
    return Message(between.pattern, {"low": f"{distance.low:g}", "time": time, "anchor": anchor})


def _sentence(claim: str) -> str:
    if claim.endswith((".", "”")):
        return opening(message("%(claim)s", claim=claim))
    return opening(message("%(claim)s.", claim=claim))
