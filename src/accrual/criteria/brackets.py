"""Brackets behind a claim: more about it, a way out of it, or only its name again.

Comes in: a place in the pieces of a clause, at a bracket. Goes out: what the bracket does to the claim before it.
Refuses (UnclearError) a bracket that may widen a claim. Kinds that do not count ("cancer (except …)") and examples are
read in `tails.py`.
"""

from __future__ import annotations

import re

import msgspec

from accrual.basic import Interval
from accrual.codes.qualifiers import PLACES, RELATIONS, qualifiers
from accrual.criteria.claims import is_illness, says_again, takes_window
from accrual.criteria.cursor import Cursor
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.condition import HARMLESS_QUALIFIERS, OF_ILLNESS, SHIFTING_QUALIFIERS
from accrual.criteria.pieces import Piece
from accrual.criteria.spans import widened
from accrual.criteria.terms import Term, UnclearError
from accrual.criteria.tree import All, Any_, Compare, Opaque, Present, Tree, Within, walk
from accrual.criteria.words import word_set

# How a value was come by: words of a bracket that do not say of whom it is asked.
_HOW = frozenset(("word", "drop", "prep", "qualifier", "not", "receive", "concept", "claim", "comma", "link"))
_WITHOUT = frozenset(("without", "no", "absence of", "the absence of"))
_OF_SOME = word_set(
    "for if cohort cohorts arm arms part parts group groups phase patients men women male female adults children pts"
)
# A moment of the trial, and a place in its papers.
_MOMENT = re.compile(
    r"(?i)[(\[]\s*(?:at\s+)?(?:(?:screening|baseline)\s+)?(?:screening|baseline|enrol?lment|study entry|"
    r"(?:visits?|v|day|week)\s*-?\d{1,3}[ab]?)(?:\s+visit)?\s*[)\]]"
)

# The status of the spinal fluid that means "no leukemia cells": behind a denial of them it is only its name.
_NONE_THERE = re.compile(r"(?i)[(\[]\s*cns[ -]?1\s*[)\]]")


def _wider(other: Amount, own: Interval) -> bool:
    """Say whether another bound, on the same side and in the same unit, takes in all that one's own does."""
    if other.unit is not None and other.unit != own.unit:
        return False
    if own.low is None and own.high is not None:
        return other.low is None and other.high is not None and other.high >= own.high
    if own.high is None and own.low is not None:
        return other.high is None and other.low is not None and other.low <= own.low
    return False


_NOWHERE = RELATIONS | {"systemic"}  # what is of the whole body is not in an eye


def _takes_place(tree: Tree) -> bool:
    return all(
        isinstance(node, (All, Any_, Opaque, Within))
        or (isinstance(node, Present) and _NOWHERE.isdisjoint(node.qualifiers))
        for node in walk(tree)
    )


def _placed(tree: Tree, place: str) -> Tree:
    match tree:
        case Present():
            return msgspec.structs.replace(tree, qualifiers=tuple(dict.fromkeys((*tree.qualifiers, place))))
        case All() | Any_():
            return msgspec.structs.replace(
                tree, children=tuple(_placed(each, place) for each in tree.children)
            )
        case Within():
            return msgspec.structs.replace(tree, child=_placed(tree.child, place))
        case _:
            return tree


class Brackets(Cursor):
    """A place in the items of one clause, and what a bracket there does."""

    def time_aside(self, term: Term, kind: str) -> Piece | None:
        """The window of "LVEF ≥ 50 % (within 28 days)" and of "LVEF ≥ 50 %, within 28 days", read past; else None."""
        if kind not in ("open", "comma") or self.kind(1) != "time" or term.window is not None:
            return None
        end = self.at + 2
        if kind == "open":
            if end >= self.end or self.items[end].kind != "close":
                return None
            end += 1
        elif end < self.end:
            return None
        told = self.items[self.at + 1]
        if not takes_window(term, told):
            return None
        self.at = end
        return told

    def bracket_is_of_people(self, terms: list[Term]) -> bool:
        """ "Adult men and women (age 18-65 years)": one more claim about them."""
        inside = self.items[self.at + 1 : self.matching()]
        if len(inside) != 1 or inside[0].group not in ("age", "sex"):
            return False
        return terms[-1].group != inside[0].group and all(term.group in ("age", "sex") for term in terms)

    def bracket_is_harmless(self) -> bool:
        """A bracket that only repeats: an abbreviation, "inclusive", the variable's other name."""
        close = self.matching()
        inside = self.items[self.at + 1 : close]
        if all(item.kind in ("drop", "dash") for item in inside):
            return True
        if _MOMENT.fullmatch(self.span(self.at, close + 1).of(self.stream.text)):
            return True
        if self.negated and _NONE_THERE.fullmatch(self.span(self.at, close + 1).of(self.stream.text)):
            return True
        if self.at > 0 and self.says_time_again(close):
            return True
        if len(inside) != 1 or inside[0].kind not in ("word", "variable", "claim"):
            return False
        span = self.stream.span(inside[0].at, inside[0].to)
        words = span.of(self.stream.text)
        if inside[0].kind == "claim":
            before = self.items[self.at - 1]
            return self.at > 0 and before.kind == "claim" and says_again(before.node, inside[0].node)
        return sum(sign.isupper() for sign in words) >= 2 and " " not in words.strip()

    def bracket(self, terms: list[Term]) -> Opaque:
        """A bracket that says more about the claim before it, and so narrows it."""
        close = self.matching()
        sized = terms[-1].group in ("measure", "marker", "age", "sex")
        if (sized and not self.tells_how(terms[-1], close)) or (
            not sized and self.kind(1) in ("or", "and", "not")
        ):
            raise UnclearError  # "(or Karnofsky ≥ 60)", "(≤ 5 in liver metastases)"
        found = self.opaque(self.at, close + 1)
        self.at = close + 1
        return found

    def says_time_again(self, close: int) -> bool:
        """ "Life expectancy of at least 3 months (12 weeks)": the same time in another unit."""
        told = self.items[self.at - 1].node
        if not isinstance(told, Compare) or told.interval.unit not in ("d", "wk", "mo", "a"):
            return False
        again = amount(self.stream, self.items[self.at + 1].at)
        return (
            again is not None
            and again.unit in {"d", "wk", "mo", "a"} - {told.interval.unit}
            and not again.compared
            and again.end == self.items[close].at
        )

    def bracket_qualifies(self, terms: list[Term]) -> bool:
        """ "Hypertension (uncontrolled)", "steroids (systemic)": a qualifier of the one name before it, taken in."""
        node, close = terms[-1].node, self.matching()
        inside = self.items[self.at + 1 : close]
        if (
            len(terms) > 1
            or len(inside) != 1
            or inside[0].kind != "qualifier"
            or not isinstance(node, Present)
        ):
            return False
        name = self.stream.lexemes[inside[0].at].payload
        if name in SHIFTING_QUALIFIERS | HARMLESS_QUALIFIERS or (name in OF_ILLNESS and not is_illness(node)):
            return False
        if not set(qualifiers()[name].opposites).isdisjoint(node.qualifiers):
            return False
        names = tuple(dict.fromkeys((*node.qualifiers, name)))
        terms[-1].node = msgspec.structs.replace(node, qualifiers=names)
        return True

    def places(self, terms: list[Term]) -> bool:
        """ "Cataract or glaucoma in the study eye", "glaucoma in both eyes": where, as a qualifier of each name."""
        lexeme = self.stream.lexemes[self.items[self.at].at]
        sided = (lexeme.payload == "bilateral" and lexeme.low.endswith("eyes")) or lexeme.low == "in each eye"
        if lexeme.payload not in PLACES and not (sided and len(terms) == 1):
            return False
        if self.negated and self.stream.kind == "exclusion":
            return False  # "aphakia or absence of the lens in the study eye": of both
        if any(term.group != "present" or term.doubt or not _takes_place(term.node) for term in terms):
            return False
        for term in terms:
            term.node = _placed(term.node, lexeme.payload)
        terms[-1].node = widened(terms[-1].node, self.span(self.at, self.at + 1))
        return True

    def tells_how(self, term: Term, close: int) -> bool:
        """ "(transfusion independent)", "(without growth factors)": how a value came about, and not of whom it is."""
        if term.group != "measure":
            return False
        for item in self.items[self.at + 1 : close]:
            low = self.stream.low_at(item.at)
            concept = self.stream.lexemes[item.at].concept
            if item.kind == "not" and low not in _WITHOUT:
                return False
            if item.kind not in _HOW or low in _OF_SOME or (item.kind == "claim" and item.group != "present"):
                return False
            if concept is not None and concept.kind == "condition":
                return False  # "(liver metastases)": asked of some only
        return True

    def widens(self, terms: list[Term]) -> bool:
        """ "Bilirubin ≤ 1.5 x ULN (< 3 x ULN for …)": a wider bound for some; a value inside the narrow one will do."""
        term = terms[-1]
        if term.group != "measure" or term.doubt or self.stream.kind == "exclusion" or self.negated:
            return False
        first = self.items[self.at + 1].at if self.at + 1 < self.end else 0
        while self.stream.kind_at(first) in ("or", "comma", "drop"):
            first += 1
        other = amount(self.stream, first) if self.stream.kind_at(first) == "op" else None
        own = [node.interval for node in walk(term.node) if isinstance(node, Compare)]
        if other is None or not own or not all(_wider(other, each) for each in own):
            return False
        close = self.matching()
        words = self.opaque(self.at, close + 1)
        term.node = Any_(children=(term.node, words), span=term.node.span | words.span)
        self.at = close + 1
        return True

    def loosened(self, terms: list[Term]) -> bool:
        """A way out, or a wider bound for some, in brackets behind a number: taken in, if it is one."""
        kind = self.kind(1)
        if kind in ("except", "unless"):
            return self.exempts(terms)
        return kind in ("op", "or") and self.widens(terms)

    def exempts(self, terms: list[Term]) -> bool:
        """ "ALT ≤ 3 x ULN (unless due to leukemia)": a way out of a number; of what excludes, it takes some out."""
        term = terms[-1]
        if term.group not in ("measure", "age") or term.doubt:
            return False
        close = self.matching()
        words = self.opaque(self.at, close + 1)
        span = term.node.span | words.span
        loosens = self.stream.kind == "inclusion" and not self.negated
        term.node = (Any_ if loosens else All)(children=(term.node, words), span=span)
        self.at = close + 1
        return True
