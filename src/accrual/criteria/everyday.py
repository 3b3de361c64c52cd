"""The tree in words for patients: "You must be 18 or older." "You cannot take part if you have heart failure."

Comes in: a tree, and whether it stands for a requirement or for what excludes. Goes out: one or a few short sentences,
said to the patient. Refuses nothing: what is not understood is quoted as the study words it.

Reading level: our sentences are built for grade 8 or below (Flesch-Kincaid); a medical name without an everyday word
in `codes/data/everyday.tsv` stays as it is, and one with a word stands in brackets behind it, for the doctor's letter.
The tree decides; these words only tell, so they may leave out what a question will ask (the exact test method), but
never turn a claim around.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias, assert_never

import msgspec

from accrual.basic import Interval
from accrual.codes.concepts import vocabulary
from accrual.codes.everyday import everyday_words
from accrual.codes.qualifiers import PLACES
from accrual.codes.variables import variable_of, variables
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

Mood: TypeAlias = Literal["must", "is"]
"""`must`: "you must have asthma"; `is`: "you have asthma"."""

_UNITS = {
    "a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute", "s": "second", "kg": "kg",
    "%": "%", "[ULN]": "times the top of the lab's normal range", "[LLN]": "times the bottom of the lab's normal range",
    "mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "", "10*9/L": "billion per liter", "/uL": "per microliter",
    "[half-life]": "half-life of the drug",
}  # fmt: skip
_COUNTED = frozenset(("a", "mo", "wk", "d", "h", "min", "s"))
_ANCHORS = {
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


class Clause(msgspec.Struct, frozen=True):
    """Subject, verb in its base form, and the rest: `you` + `have` + `asthma`. `fixed` takes no mood."""

    subject: str = "you"
    verb: str = "have"
    rest: str = ""
    fixed: str = ""

    def said(self, mood: Mood, denied: bool = False) -> str:
        """Return the clause: "you must not have asthma", "you do not have asthma"."""
        if self.fixed:
            return f"it is not true that {self.fixed}" if denied else self.fixed
        verb = self.verb
        if mood == "must":
            verb = f"must not {verb}" if denied else f"must {verb}"
        elif verb == "be":
            verb = ("are" if self.subject == "you" else "is") + (" not" if denied else "")
        elif verb.partition(" ")[0] in ("can", "will", "could"):
            first, _, more = verb.partition(" ")
            verb = f"{first} not {more}" if denied else verb
        elif verb.startswith("have ") and denied:  # a perfect: "have had", "have taken"
            verb = "have not " + verb.removeprefix("have ")
        elif denied:
            verb = f"{'do' if self.subject == 'you' else 'does'} not {verb}"
        elif self.subject != "you":
            verb = _third(verb)
        return f"{self.subject} {verb} {self.rest}".rstrip()


def _third(verb: str) -> str:
    first, joint, more = verb.partition(" ")
    return {"have": "has", "do": "does"}.get(first, first + "s") + joint + more


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
    return _one_line(_told(tree, kind, text))


def _told(tree: Tree, kind: Kind, text: str) -> str:
    if isinstance(tree, (All, Any_, AtLeast)) and not tree.children:
        return "This asks nothing of you."
    if isinstance(tree, Opaque) or not _is_plain(tree):
        lead = "The study asks" if kind == "inclusion" else "What may keep you out, in the study's words"
        return f"{lead}: “{text}”"
    if kind == "inclusion":
        parts = tree.children if isinstance(tree, All) else (tree,)
        return " ".join(_demand(part) for part in parts)
    if isinstance(tree, All):
        claims = tuple(child for child in tree.children if not isinstance(child, Opaque))
        quotes = " and ".join(_quote(child) for child in tree.children if isinstance(child, Opaque))
        if quotes:
            claim = claims[0] if len(claims) == 1 else All(children=claims)
            return f"You may not be able to take part if {_said(claim, 'is')}. The study adds: {quotes}"
    if isinstance(tree, Any_) and len(tree.children) > _MANY:
        return (
            f"You cannot take part if one of these is true: {'; '.join(_parts(tree.children, ' or ', 'is'))}."
        )
    return _sentence(f"you cannot take part if {_said(tree, 'is')}")


def _is_plain(tree: Tree) -> bool:
    """Say whether sentences would be plainer than the study's words: few claims, at most one thing not understood."""
    leaves = [node for node in walk(tree) if not children(node)]
    return len(leaves) <= MAX_LEAVES and sum(isinstance(leaf, Opaque) for leaf in leaves) <= 1


def _quote(opaque: Opaque) -> str:
    return f"“{opaque.text}”"


def _demand(tree: Tree) -> str:
    if isinstance(tree, Opaque):
        return f"The study also asks: {_quote(tree)}"
    if isinstance(tree, OneOf) and tree.variable == "sex" and len(tree.values) > 1:
        return "Any sex can take part."
    if isinstance(tree, When):
        return _sentence(f"if {_said(tree.condition, 'is')}, {_said(tree.then, 'must')}")
    if isinstance(tree, (Any_, AtLeast)) and len(tree.children) > _MANY:
        count = tree.count if isinstance(tree, AtLeast) else 1
        options = "; ".join(_said(child, "is") for child in tree.children)
        return f"At least {_number_word(count)} of these must be true: {options}."
    return _sentence(_said(tree, "must"))


def _number_word(count: int) -> str:
    return ("zero", "one", "two", "three", "four")[count] if count < 5 else str(count)


def _said(tree: Tree, mood: Mood, denied: bool = False) -> str:
    match tree:
        case Compare() | Present() | OneOf():
            return _leaf(tree).said(mood, denied)
        case Within():
            return _within(tree, mood, denied)
        case Not():
            return _said(tree.child, mood, not denied)
        case All() | Any_() if denied and not any(isinstance(child, Opaque) for child in tree.children):
            # Neither A nor B; not both A and B.
            joint = " and " if isinstance(tree, Any_) else " or "
            return joint.join(_said(child, mood, denied=True) for child in tree.children)
        case All():
            return _negated(denied) + " and ".join(_parts(tree.children, " and ", mood))
        case Any_():
            return _negated(denied) + ", or ".join(_parts(tree.children, " or ", mood))
        case AtLeast():
            parts = "; ".join(_said(child, "is") for child in tree.children)
            return _negated(denied) + f"at least {_number_word(tree.count)} of these are true: {parts}"
        case When():
            return _negated(denied) + f"if {_said(tree.condition, 'is')} then {_said(tree.then, mood)}"
        case Opaque():
            return f"{'not this: ' if denied else 'this: '}{_quote(tree)}"
        case _:
            assert_never(tree)


def _parts(nodes: tuple[Tree, ...], joint: str, mood: Mood) -> list[str]:
    """The clauses of a list; neighbours with one subject and verb share them: "you are pregnant or breastfeeding"."""
    said: list[str] = []
    before: Clause | None = None
    for node in nodes:
        clause = _leaf(node) if isinstance(node, (Compare, Present, OneOf)) else None
        if (
            clause
            and before
            and not clause.fixed
            and (clause.subject, clause.verb) == (before.subject, before.verb)
        ):
            said[-1] += joint + clause.rest
        else:
            said.append(clause.said(mood) if clause else _said(node, mood))
            before = clause if clause and not clause.fixed else None
    return said


def _negated(denied: bool) -> str:
    return "it is not true that " if denied else ""


def _within(tree: Within, mood: Mood, denied: bool) -> str:
    child = tree.child
    when = _when(tree.window)
    if isinstance(child, Present):
        clause = _leaf(child)
        if not tree.window.distance.low and clause.verb in ("have", "take", "use"):
            clause = msgspec.structs.replace(
                clause, verb={"have": "have had", "take": "have taken", "use": "have used"}[clause.verb]
            )
        return f"{clause.said(mood, denied)} {when}"
    return f"{_said(child, mood, denied)} {when}"


def _when(window: Window) -> str:
    distance = window.distance
    anchor = _ANCHORS.get(window.anchor, f"the {window.anchor.replace('-', ' ')}")
    where = {"before": "before", "after": "after", "about": "of", "throughout": "before"}[window.direction]
    if window.direction == "throughout":
        least = "more than" if distance.low_open else "at least"
        return f"for {least} {_count(distance.low or 0, distance.unit)} before {anchor}"
    if not distance.low and distance.high is None:
        return f"since {anchor}" if window.direction == "after" else f"at any time {where} {anchor}"
    if distance.high is not None and not distance.low:
        if window.direction == "about":
            return (
                f"within {_count(distance.high, distance.unit)} of when {anchor}"
                if " " in anchor
                else f"within {_count(distance.high, distance.unit)} of {anchor}"
            )
        return f"in the {_count(distance.high, distance.unit)} {where} {anchor}"
    if distance.high is None:
        least = "more than" if distance.low_open else "at least"
        return f"{least} {_count(distance.low or 0, distance.unit)} {where} {anchor}"
    return f"between {distance.low:g} and {_count(distance.high, distance.unit)} {where} {anchor}"


def _count(number: float, unit: str) -> str:
    word = _UNITS.get(unit, unit)
    if unit in _COUNTED and number != 1:
        word += "s"
    elif unit == "[half-life]" and number != 1:
        word = "half-lives of the drug"
    if unit in ("[ULN]", "[LLN]") and number == 1:
        return word.removeprefix("times ")
    word = word.replace("{", "").replace("}", "").replace("_", " ").replace("[IU]", "IU").replace("*", "^")
    return f"{_plain(number)}{'' if word == '%' else ' '}{word}".rstrip()


def _plain(number: float) -> str:
    """A number as people write it: 100,000 and not 1e+05."""
    return f"{number:,.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:g}"


# --- leaves ------------------------------------------------------------------------------------------------------


def _leaf(leaf: Compare | Present | OneOf) -> Clause:
    match leaf:
        case Compare():
            return _compare(leaf)
        case Present():
            return _present(leaf)
        case OneOf():
            return _one_of(leaf)
        case _:
            assert_never(leaf)


def _compare(node: Compare) -> Clause:
    interval = node.interval
    if node.variable == "age":
        return Clause(verb="be", rest=_age(interval))
    name = _measured(node.variable)
    return Clause(subject=f"your {name}", verb="be", rest=_amount(interval))


def _measured(variable: str) -> str:
    row = variable_of(variable)
    name = row.name if row is not None else variable.replace("-", " ")
    words = _article(everyday_words().get(variable, ""))[1]
    return f"{words} ({name})" if words else name


def _age(interval: Interval) -> str:
    low, high, unit = interval.low, interval.high, interval.unit or "a"
    if low is not None and high is not None:
        if interval.high_open:
            return f"{low:g} or older, and not yet {_count(high, unit)} old"
        return f"{_plain(low)} to {_count(high, unit)} old"
    if low is not None:
        return f"older than {_count(low, unit)}" if interval.low_open else f"{_count(low, unit)} old or older"
    if high is not None:
        return (
            f"younger than {_count(high, unit)}"
            if interval.high_open
            else f"{_count(high, unit)} old or younger"
        )
    return "any age"


def _amount(interval: Interval) -> str:
    low, high, unit = interval.low, interval.high, interval.unit
    if low is not None and low == high:
        return _count(low, unit)
    if low is not None and high is not None:
        words = f"from {_plain(low)} to {_count(high, unit)}"
        if interval.low_open or interval.high_open:
            least = "more than" if interval.low_open else "at least"
            most = "less than" if interval.high_open else "at most"
            words = f"{least} {_plain(low)} and {most} {_count(high, unit)}"
        return words
    if low is not None:
        return f"more than {_count(low, unit)}" if interval.low_open else f"{_count(low, unit)} or more"
    if high is not None:
        return f"less than {_count(high, unit)}" if interval.high_open else f"{_count(high, unit)} or less"
    return "known"


# Qualifiers that choose the verb; the rest are adjectives or stand behind the name.
_BEFORE_NOW = frozenset(("history", "prior", "past"))


def _present(node: Present) -> Clause:
    concept = vocabulary().concepts.get(node.concept.code)
    kind = concept.kind if concept is not None else "condition"
    name = _everyday_name(node.concept.code, str(node.concept))
    qualifiers = set(node.qualifiers)
    article, name = _article(name)
    adjectives = " ".join(
        _adjective(each)
        for each in node.qualifiers
        if each not in _BEFORE_NOW and each not in _VERBS and each not in PLACES
    )
    named = " ".join(filter(None, (adjectives, name, *(PLACES.get(each) for each in node.qualifiers))))
    if article:
        named = f"{'an' if named[0] in 'aeiou' else 'a'} {named}"
    if node.excluding:
        named += (
            f", other than {' or '.join(_everyday_name(kind.code, str(kind)) for kind in node.excluding)}"
        )
    for relation, (subject, verb, lead) in _VERBS.items():
        if relation in qualifiers:
            return Clause(subject, verb, f"{lead}{named}")
    past = bool(qualifiers & _BEFORE_NOW)
    if kind == "drug":
        return Clause(verb="have taken" if past else "take", rest=named)
    if kind == "procedure":
        return (
            Clause(verb="have had", rest=named)
            if "current" not in qualifiers
            else Clause(verb="get", rest=named)
        )
    return Clause(verb="have had" if past else "have", rest=named)


def _everyday_name(concept: str, medical: str) -> str:
    words = everyday_words().get(concept)
    return f"{words} ({medical})" if words and words != medical else medical


def _article(name: str) -> tuple[bool, str]:
    """The name without its article, which adjectives go behind: "a heart attack", "a recent heart attack"."""
    for article in ("a ", "an "):
        if name.startswith(article):
            return True, name.removeprefix(article)
    return False, name


_VERBS: dict[str, tuple[str, str, str]] = {
    "allergy": ("you", "be", "allergic to "),
    "contraindication": ("you", "have", "a medical reason not to have "),
    "family-history": ("someone in your family", "have", "had "),
    "planned": ("you", "plan", "to have "),
    "suspected": ("your doctor", "suspect", "that you have "),
    "at-risk": ("you", "be", "at risk of "),
    "current": ("you", "have", ""),
}


def _adjective(qualifier: str) -> str:
    return everyday_words().get(qualifier) or qualifier.replace("-", " ")


_QUESTION = re.compile(r"(?P<verb>Are|Do|Have|Can|Will) you (?P<rest>[^?]+)\?.*", re.DOTALL)


def _one_of(node: OneOf) -> Clause:
    """A yes-or-no variable is told by turning its question round: "Are you pregnant?" is "you are pregnant"."""
    row = variables().get(node.variable)
    name = row.name if row is not None else node.variable.replace("-", " ")
    if node.variable == "sex":
        return Clause(verb="be", rest=" or ".join(node.values))
    if node.variable == "language":
        return Clause(verb="speak", rest=" or ".join(value.capitalize() for value in node.values))
    if node.values not in (("yes",), ("no",)):
        return Clause(
            subject=f"your {everyday_words().get(node.variable) or name}",
            verb="be",
            rest=" or ".join(node.values),
        )
    words = everyday_words().get(node.variable, "")
    clause = (
        _statement(words) if words.startswith("you ") else _turned(row.question if row is not None else "")
    )
    if clause is None:
        answer = " or ".join(node.values)
        question = row.question if row is not None else f"{name}?"
        return Clause(fixed=f"your answer to “{question}” is {answer}")
    if node.values == ("no",):
        return Clause(fixed=clause.said("is", denied=True))
    return clause


def _statement(words: str) -> Clause:
    """ "you use birth control": subject, verb and the rest."""
    _, verb, *more = words.split(" ")
    if verb in ("can", "will", "have", "could") and len(more) > 1:
        return Clause(
            verb=f"{verb} {more[0]}" if verb != "have" else "have",
            rest=" ".join(more[1:] if verb != "have" else more),
        )
    return Clause(verb="be" if verb == "are" else verb, rest=" ".join(more))


def _turned(question: str) -> Clause | None:
    found = _QUESTION.fullmatch(question)
    if found is None:
        return None
    verb, rest = found["verb"].lower(), _bare(found["rest"])
    if verb == "do":
        first, _, more = rest.partition(" ")
        return Clause(verb=first, rest=more)
    if verb == "are":
        return Clause(verb="be", rest=rest)
    first, _, more = rest.partition(" ")
    return Clause(verb=f"{verb} {first}", rest=more)


_HINT = re.compile(r"\s*\([^)]*\)")


def _bare(words: str) -> str:
    """The question without what it explains in brackets."""
    return _HINT.sub("", words).strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "”")) else ".")
