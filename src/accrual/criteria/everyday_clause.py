"""One claim in words for patients: "you must not have asthma", with its subject, its verb and its amount.

Comes in: a leaf of the tree. Goes out: a `Clause`, which says itself as a demand or as a fact, denied or not. Refuses
nothing. Each clause is one pattern with holes (`clause_patterns`), so that another language says it in its own order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, assert_never, get_args

import msgspec

from accrual.basic import Interval
from accrual.codes.concepts import vocabulary
from accrual.codes.everyday import everyday_words
from accrual.codes.qualifiers import PLACES
from accrual.codes.variables import variable_of, variables
from accrual.criteria.tree import Compare, OneOf, Present
from accrual.message import Message, counted, joined, message, word

Mood: TypeAlias = Literal["must", "is"]
"""`must`: "you must have asthma"; `is`: "you have asthma"."""

_UNITS = {
    "kg": "kg", "mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "", "10*9/L": "billion per liter", "/uL": "per microliter",
}  # fmt: skip
_COUNTED = {
    "a": counted("%(count)s year", "%(count)s years", 0),
    "mo": counted("%(count)s month", "%(count)s months", 0),
    "wk": counted("%(count)s week", "%(count)s weeks", 0),
    "d": counted("%(count)s day", "%(count)s days", 0),
    "h": counted("%(count)s hour", "%(count)s hours", 0),
    "min": counted("%(count)s minute", "%(count)s minutes", 0),
    "s": counted("%(count)s second", "%(count)s seconds", 0),
    "[half-life]": counted("%(count)s half-life of the drug", "%(count)s half-lives of the drug", 0),
}
_LIMITS = {
    "[ULN]": (
        message("the top of the lab's normal range"),
        message("%(count)s times the top of the lab's normal range", count=0),
    ),
    "[LLN]": (
        message("the bottom of the lab's normal range"),
        message("%(count)s times the bottom of the lab's normal range", count=0),
    ),
}


class Clause(msgspec.Struct, frozen=True):
    """Subject, verb in its base form, and the rest: `you` + `have` + `asthma`. `fixed` takes no mood.

    Subject and rest may have holes, which `values` fill: the clause with its holes is what other languages look up.
    """

    subject: str = "you"
    verb: str = "have"
    rest: str = ""
    fixed: str = ""
    values: Mapping[str, object] = msgspec.field(default_factory=dict)

    def said(self, mood: Mood, denied: bool = False) -> str:
        """Return the clause: "you must not have asthma", "you do not have asthma"."""
        if self.fixed:
            return message("it is not true that %(claim)s", claim=self.fixed) if denied else self.fixed
        return Message(self.pattern(mood, denied), self.values, "clause")

    def pattern(self, mood: Mood, denied: bool = False) -> str:
        """Return the clause with its holes."""
        verb = self.verb
        if mood == "must":
            verb = _ABLE.sub("be able to ", verb)
            verb = f"must not {verb}" if denied else f"must {verb}"
        elif verb == "be":
            verb = ("are" if self.subject == "you" else "is") + (" not" if denied else "")
        elif verb.partition(" ")[0] in ("can", "will", "could"):
            first, _, more = verb.partition(" ")
            verb = f"{first}{'' if first == 'can' else ' '}not {more}" if denied else verb
        elif verb.startswith("have ") and denied:  # a perfect: "have had", "have taken"
            verb = "have not " + verb.removeprefix("have ")
        elif denied:
            verb = f"{'do' if self.subject == 'you' else 'does'} not {verb}"
        elif self.subject != "you":
            verb = _third(verb)
        return f"{self.subject} {verb} {self.rest}".rstrip()


_ABLE = re.compile(r"^(?:can|could) ")  # no "must" stands before them


def _third(verb: str) -> str:
    first, joint, more = verb.partition(" ")
    return {"have": "has", "do": "does"}.get(first, first + "s") + joint + more


def clause_patterns() -> Iterator[Message]:
    """Every clause of ours with its holes, for those who say it in another language."""
    frames = [
        Clause(verb=verb, rest="%(what)s") for verb in ("have", "have had", "take", "have taken", "get")
    ]
    frames += [Clause(subject, verb, f"{lead}%(what)s") for subject, verb, lead in _VERBS.values()]
    frames += [_AGED, _SEXED, _SPEAKS, _MEASURED, _FOUND]
    own = (_own_clause(variable) for variable in variables())
    for clause in (*frames, *(one for one in own if one is not None)):
        for mood in get_args(Mood):
            for denied in (False, True):
                yield word(clause.pattern(mood, denied), "clause")


def clause_of(leaf: Compare | Present | OneOf) -> Clause:
    match leaf:
        case Compare():
            return _compare(leaf)
        case Present():
            return _present(leaf)
        case OneOf():
            return _one_of(leaf)
        case _:
            assert_never(leaf)


_AGED = Clause(verb="be", rest="%(age)s")
_SEXED = Clause(verb="be", rest="%(sex)s")
_SPEAKS = Clause(verb="speak", rest="%(language)s")
_MEASURED = Clause(subject="your %(name)s", verb="be", rest="%(value)s")
_FOUND = Clause(subject="your %(test)s", verb="be", rest="%(result)s")
"""Apart from an amount: where words agree in gender, "positive" cannot follow every name."""


def _with(frame: Clause, **values: object) -> Clause:
    return msgspec.structs.replace(frame, values=values)


def _compare(node: Compare) -> Clause:
    interval = node.interval
    if node.variable == "age":
        return _with(_AGED, age=_age(interval))
    return _with(_MEASURED, name=_measured(node.variable), value=_amount(interval))


def _measured(variable: str) -> str:
    row = variable_of(variable)
    name = row.name if row is not None else variable.replace("-", " ")
    words = _article(everyday_words().get(variable, ""))[1]
    medical = word(name, "name")
    return (
        message("%(words)s (%(medical)s)", words=word(words, "name"), medical=medical) if words else medical
    )


def _age(interval: Interval) -> str:
    low, high, unit = interval.low, interval.high, interval.unit or "a"
    if low is not None and high is not None:
        if interval.high_open:
            old = count_words(high, unit)
            return message("%(low)s or older, and not yet %(high)s old", low=f"{low:g}", high=old)
        return message("%(low)s to %(high)s old", low=number_words(low), high=count_words(high, unit))
    if low is not None:
        if interval.low_open:
            return message("older than %(age)s", age=count_words(low, unit))
        return message("%(age)s old or older", age=count_words(low, unit))
    if high is not None:
        if interval.high_open:
            return message("younger than %(age)s", age=count_words(high, unit))
        return message("%(age)s old or younger", age=count_words(high, unit))
    return message("any age")


def _amount(interval: Interval) -> str:
    low, high, unit = interval.low, interval.high, interval.unit
    if low is not None and low == high:
        return count_words(low, unit)
    if low is not None and high is not None:
        ends = {"low": number_words(low), "high": count_words(high, unit)}
        if interval.low_open and interval.high_open:
            return message("more than %(low)s and less than %(high)s", **ends)
        if interval.low_open:
            return message("more than %(low)s and at most %(high)s", **ends)
        if interval.high_open:
            return message("at least %(low)s and less than %(high)s", **ends)
        return message("from %(low)s to %(high)s", **ends)
    if low is not None:
        if interval.low_open:
            return message("more than %(amount)s", amount=count_words(low, unit))
        return message("%(amount)s or more", amount=count_words(low, unit))
    if high is not None:
        if interval.high_open:
            return message("less than %(amount)s", amount=count_words(high, unit))
        return message("%(amount)s or less", amount=count_words(high, unit))
    return message("known")


# Qualifiers that choose the verb; the rest are adjectives or stand behind the name.
_BEFORE_NOW = frozenset(("history", "prior", "past"))


def _present(node: Present) -> Clause:
    concept = vocabulary().concepts.get(node.concept.code)
    kind = concept.kind if concept is not None else "condition"
    qualifiers = set(node.qualifiers)
    named = _named(node)
    for relation, (subject, verb, lead) in _VERBS.items():
        if relation in qualifiers:
            return _with(Clause(subject, verb, f"{lead}%(what)s"), what=named)
    past = bool(qualifiers & _BEFORE_NOW)
    if kind == "drug":
        verb = "have taken" if past else "take"
    elif kind == "procedure":
        verb = "have had" if "current" not in qualifiers else "get"
    else:
        verb = "have had" if past else "have"
    return _with(Clause(verb=verb, rest="%(what)s"), what=named)


def _named(node: Present) -> str:
    """What is claimed: its name with adjectives and exceptions: "a recent heart attack (myocardial infarction)"."""
    name = _everyday_name(node.concept.code, one_line(str(node.concept)))
    article, bare = _article(name)
    told = [each for each in node.qualifiers if each not in _BEFORE_NOW and each not in _VERBS]
    own = [_adjective(each) for each in told if each not in PLACES]
    places = [PLACES[each] for each in told if each in PLACES]
    text = " ".join((*own, bare))
    if article:
        text = f"{'an' if text[0] in 'aeiou' else 'a'} {text}"
    named = name
    if own:
        values = {"adjectives": joined(", ", [word(each, "adjective") for each in own]), "name": name}
        named = Message("%(adjectives)s %(name)s", values, text=text)
    if places:
        where = joined(" ", [word(place, "place") for place in places])
        named = message("%(name)s %(place)s", name=named, place=where)
    if not node.excluding:
        return named
    others = joined(" or ", [_everyday_name(kind.code, one_line(str(kind))) for kind in node.excluding])
    return message("%(name)s, other than %(others)s", name=named, others=others)


def _everyday_name(concept: str, medical: str) -> str:
    words = everyday_words().get(concept)
    if not words or words == medical:
        return word(medical, "name")
    return message("%(words)s (%(medical)s)", words=word(words, "name"), medical=word(medical, "name"))


def bare_name(words: str) -> str:
    """Return a name without its article."""
    return _article(words)[1]


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
    values = joined(" or ", [word(value, "answer") for value in node.values])
    if node.variable == "sex":
        return _with(_SEXED, sex=values)
    if node.variable == "language":
        spoken = joined(" or ", [word(value.capitalize(), "answer") for value in node.values])
        return _with(_SPEAKS, language=spoken)
    if node.values not in (("yes",), ("no",)):
        words = everyday_words().get(node.variable) or name
        return _with(_FOUND, test=word(words, "name"), result=values)
    clause = _own_clause(node.variable)
    if clause is None:
        question = row.question if row is not None else f"{name}?"
        fixed = message(
            "your answer to “%(question)s” is %(answer)s", question=word(question, "question"), answer=values
        )
        return Clause(fixed=fixed)
    if node.values == ("no",):
        return Clause(fixed=clause.said("is", denied=True))
    return clause


def _own_clause(variable: str) -> Clause | None:
    """The clause that a yes-or-no variable is told with; None where its question cannot be turned round."""
    row = variables().get(variable)
    if row is not None and row.values != ("yes", "no"):
        return None
    words = everyday_words().get(variable, "")
    return _statement(words) if words.startswith("you ") else _turned(row.question if row is not None else "")


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


def count_words(number: float, unit: str) -> str:
    if unit in _COUNTED:
        words = _COUNTED[unit]
        return Message(
            words.pattern, {"count": number_words(number)}, many=words.many, number=1 if number == 1 else 2
        )
    if unit in _LIMITS:
        one, several = _LIMITS[unit]
        return one if number == 1 else Message(several.pattern, {"count": number_words(number)})
    if unit == "%":
        return message("%(number)s%%", number=number_words(number))
    return joined(" ", (number_words(number), unit_words(unit)))


def unit_words(unit: str) -> str:
    """Return a UCUM unit as people write it; nothing where they leave it out.

    Example:
        >>> unit_words("10*6/uL"), unit_words("m[IU]/mL"), unit_words("kg/m2")
        ('10^6/uL', 'mIU/mL', '')
    """
    text = _UNITS.get(unit, unit)
    text = text.replace("{", "").replace("}", "").replace("_", " ").replace("[IU]", "IU").replace("*", "^")
    return word(text, "unit") if text else ""


def number_words(number: float) -> str:
    """A number as people write it: 100,000 and not 1e+05."""
    return f"{number:,.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:g}"


def one_line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
