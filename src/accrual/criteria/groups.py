"""Groups of a trial that have criteria of their own: "Cohort A", "Phase II", "Healthy controls", "Donor".

Comes in: the words of a heading; all criteria of a trial. Goes out: the group that a heading names, and what the trial
asks for as a whole: all criteria that stand under no group, and of the groups of one kind at least one. Criteria of
other people (donors, caregivers) are asked of nobody. Refuses (None) every heading that says more than a kind and its
sign, or than a population of the tables: such a heading may ask something itself.

Whether the groups of a kind are all that there are (`Group.closed`) is read off their signs (A, B, C; 1, 2) and off the
text, which must not speak of another. Else one more is thought beside them, of which nothing is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from accrual.criteria.tree import All, Any_, CompiledTrial, Criterion, Group, Not, Opaque, Tree
from accrual.criteria.words import word_set
from accrual.message import Message, joined, message, word

PEOPLE, OTHERS = "population", "other people"
MAX_HEADING = 90  # characters

_NEUTRAL = word_set(
    "key main major additional specific general inclusion inclusions exclusion exclusions eligibility criteria "
    "criterion selection for the in of only all to who are enrolled enrolling both participants participant patients "
    "patient subjects subject volunteers individuals"
)
_KINDS = {
    "cohort": "cohort", "cohorts": "cohort", "arm": "arm", "arms": "arm", "part": "part", "parts": "part",
    "phase": "phase", "phases": "phase", "group": "group", "groups": "group", "study": "study", "studies": "study",
    "substudy": "sub-study", "substudies": "sub-study", "population": "population", "populations": "population",
    "stratum": "stratum", "strata": "stratum",
}  # fmt: skip
_SIGN = re.compile(r"(?:\d{1,2}[a-d]?|[a-h]|i{1,3}|iv|vi{0,3}|ix|(?:i{1,3}|iv)[ab])")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
_JOINS = frozenset(("and", "or", "&", ",", "/"))
_TOKEN = re.compile(r"[a-z]+|\d+[a-z]?|[&,/]|[^\s\w]")
_PUNCTUATION = frozenset(".:;-–—()[]*_'’")

# The names of a population, by what the group is called. They ask for something themselves ("healthy"), so that nobody
# fits such a group for sure.
_POPULATIONS = {
    "patients": "patients|patient group|cases|case group|patient population|recipients?|transplant recipients?",
    "controls": "controls?|control group|healthy controls?|healthy|(?:normal |matched )?healthy (?:volunteers?|"
    "subjects?|participants?|individuals?|adults?|people)|normal controls?|"
    "(?:matched )?control (?:subjects?|participants?)|"
    "healthy control (?:subjects?|participants?|group)|healthy volunteers controls|normal healthy volunteers",
    "children": "children|child|pediatric (?:patients|subjects|participants)|healthy children",
    "adults": "adults?|adult (?:patients|subjects|participants)",
    "mothers": "mothers?|maternal",
    "infants": "infants?|newborns?|neonates?",
}
_OTHERS = (
    r"(?:[a-z-]+ ){0,2}donors?|caregivers?|carers?|parents?|parent caregiver|partners?|spouses?|"
    r"family members?|relatives|"
    r"clinicians?|providers?|health ?care providers?|physicians?|nurses?|staff|teachers?|surrogates?|facilities"
)
_OTHERS_NAMED = (
    "donor", "donors", "caregiver", "caregivers", "parent", "parents", "partner", "partners", "spouses",
    "family members", "relatives", "clinicians", "providers", "healthcare providers", "physicians", "nurses", "staff",
    "teachers",
)  # fmt: skip
"""How most headings name other people, for those who say it in another language."""
_LED = re.compile(
    r"^(?:(?:key|main|additional|specific|general)\s+)*(?:(?:inclusion|exclusion|eligibility)\s*(?:criteria|criterion)?"
    r"[\s:,.(–-]*)?(?:(?:for|of)\s+)?(?:the\s+|all\s+)?(?P<name>.*?)[\s:,.()–-]*"
    r"(?:(?:inclusion|exclusion|eligibility)\s*)?(?:criteria|criterion)?(?:\s+only)?[\s:,.)–-]*$"
)
_CLOSED_SETS = (("patients", "controls"), ("children", "adults"), ("mothers", "infants"))


@lru_cache(maxsize=8192)
def named_group(heading: str) -> Group | None:
    """Return the group that a heading names and nothing more.

    Example:
        >>> named_group("Additional Inclusion Criteria for Part 2 Only")
        Group(kind='part', names=('2',), closed=False)
        >>> named_group("Cohort A: melanoma") is None
        True
    """
    if not heading or len(heading) > MAX_HEADING:
        return None
    low = " ".join(heading.lower().replace("sub-stud", "substud").split())
    tokens = [token for token in _TOKEN.findall(low) if token not in _NEUTRAL]
    while tokens and tokens[-1] in _PUNCTUATION:
        tokens.pop()
    while tokens and tokens[0] in _PUNCTUATION:
        tokens.pop(0)
    if len(tokens) > 1 and tokens[0] in _KINDS and all(_SIGN.fullmatch(each) or each in _JOINS or each in _KINDS
                                                       for each in tokens[1:]):  # fmt: skip
        if any(_KINDS[each] != _KINDS[tokens[0]] for each in tokens if each in _KINDS):
            return None
        names = tuple(dict.fromkeys(each for each in tokens if _SIGN.fullmatch(each)))
        return Group(_KINDS[tokens[0]], names) if names else None
    found = _LED.match(low)
    name = found.group("name").strip() if found is not None else ""
    for known, pattern in _POPULATIONS.items():
        if re.fullmatch(pattern, name):
            return Group(PEOPLE, (known,))
    return Group(OTHERS, (name,)) if re.fullmatch(_OTHERS, name) else None


def settled(criteria: Sequence[Criterion], text: str) -> list[Criterion]:
    """Return a trial's criteria, each group told whether its kind is closed; patients alone are no group."""
    kinds: dict[str, dict[str, bool]] = {}  # whether a name has requirements
    for each in criteria:
        if each.group is not None:
            names = kinds.setdefault(each.group.kind, {})
            for name in each.group.names:
                names[name] = names.get(name, False) or each.kind == "inclusion"
    if not kinds:
        return list(criteria)
    closed = {kind: _closed(kind, names, text, OTHERS in kinds) for kind, names in kinds.items()}
    alone = set(kinds.get(PEOPLE, ())) == {"patients"} and OTHERS not in kinds
    return [
        each
        if each.group is None
        else msgspec.structs.replace(
            each,
            group=None
            if alone and each.group.kind == PEOPLE
            else msgspec.structs.replace(each.group, closed=closed[each.group.kind]),
        )
        for each in criteria
    ]


def _closed(kind: str, names: dict[str, bool], text: str, others: bool) -> bool:
    """Say whether there are surely no more groups of a kind than those named."""
    if kind == OTHERS or not all(names.values()):
        return False
    if kind == PEOPLE:
        return any(set(known) == set(names) for known in _CLOSED_SETS) or (
            others and set(names) == {"patients"}
        )
    places = {_place(name) for name in names}
    if len(places) < 2 or places != set(range(1, len(places) + 1)):
        return False
    spoken = re.findall(
        rf"(?i)\b{kind[:5]}[a-z-]*\s+((?:{_SIGN.pattern}\b[\s,/&]*(?:and\b|or\b)?[\s]*)+)", text
    )
    told = {
        sign for each in spoken for sign in re.findall(rf"\b{_SIGN.pattern}\b", each.lower()) if sign != "a"
    }
    return all(_place(sign) in places for sign in told)


def _place(sign: str) -> int:
    """The place of a sign among its kind: 2 for "B", "2", "2b", "II"."""
    digits = re.match(r"\d+", sign)
    if digits is not None:
        return int(digits.group())
    bare = sign.rstrip("ab") if len(sign) > 1 else sign
    return _ROMAN[bare] if bare in _ROMAN else ord(sign) - ord("a") + 1


class Alternatives(NamedTuple):
    """The groups of one kind: who fits one of them meets the tree."""

    kind: str
    names: tuple[str, ...]
    tree: Tree


def asked_of_all(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return the criteria that stand under no group."""
    return [each for each in criteria if each.group is None]


def alternatives(criteria: Iterable[Criterion]) -> tuple[Alternatives, ...]:
    """Return for each kind of groups what it asks for: at least one group, with all criteria of that group."""
    kinds: dict[str, dict[str, list[Tree]]] = {}
    closed: dict[str, bool] = {}
    for each in criteria:
        if each.group is None or each.group.kind == OTHERS:
            continue
        closed[each.group.kind] = each.group.closed
        asked = each.tree if each.kind == "inclusion" else Not(child=each.tree)
        for name in each.group.names:
            kinds.setdefault(each.group.kind, {}).setdefault(name, []).append(asked)
    found = []
    for kind, groups in kinds.items():
        trees: list[Tree] = []
        for name, asked_for in groups.items():
            doubt = (
                (Opaque(text=name),) if kind == PEOPLE else ()
            )  # "healthy controls": who is one is not asked
            trees.append(All(children=(*asked_for, *doubt)))
        if not closed[kind]:
            trees.append(Opaque(text=f"another {kind}"))
        found.append(Alternatives(kind, tuple(groups), Any_(children=tuple(trees))))
    return tuple(found)


def demands(trial: CompiledTrial) -> tuple[Tree, ...]:
    """Return what the text asks of a patient, as trees that must hold: exclusions turned, groups of a kind as one."""
    own = (
        each.tree if each.kind == "inclusion" else Not(child=each.tree)
        for each in asked_of_all(trial.criteria)
    )
    return (*own, *(each.tree for each in alternatives(trial.criteria)))


def group_names() -> Iterator[Message]:
    """Every word of ours that `group_words` may say."""
    for kind in dict.fromkeys(_KINDS.values()):
        yield from (word(kind, "group"), word(kind.capitalize(), "group"))
    for name in (*_POPULATIONS, *_OTHERS_NAMED):
        yield word(name.capitalize(), "population")


def _sign_words(name: str) -> str:
    return name.upper() if len(name) == 1 or name in _ROMAN else name


def group_words(group: Group) -> str:
    """Return a group's name for people: "Cohort A", "Part 1 and 2", "Controls".

    Example:
        >>> group_words(Group("cohort", ("a", "b")))
        'Cohort A and B'
    """
    if group.kind in (PEOPLE, OTHERS) and group.names[0][:1].isalpha() and len(group.names[0]) > 2:
        return word(group.names[0].capitalize(), "population")
    signs = joined(" and ", [_sign_words(name) for name in group.names])
    return message("%(kind)s %(signs)s", kind=word(group.kind.capitalize(), "group"), signs=signs)
