"""Reads the pieces of one clause into one tree: lists, negation, windows, brackets, examples, exceptions, duties.

What a bracket does stands in `brackets.py`, how a list goes on in `alternatives.py`, what follows in `tails.py`.

Comes in: the pieces of a `Stream`. Goes out: one tree. Refuses (UnclearError) a clause in which the scope of a word is
not clear; the rules are at the head of `clause.py`.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval
from accrual.criteria.alternatives import JOINERS, MODIFIERS
from accrual.criteria.claims import ever_done, is_illness, takes_window
from accrual.criteria.following import method_end
from accrual.criteria.lists import combine
from accrual.criteria.phrases.anchor import moment
from accrual.criteria.phrases.serology import is_screen
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.pieces import Piece
from accrual.criteria.spans import widened
from accrual.criteria.tails import Tails
from accrual.criteria.terms import PEOPLE, Term, UnclearError
from accrual.criteria.tree import Not, OneOf, Opaque, Tree

MAX_DEPTH = 12  # brackets and negations inside one another
_SKIPPED = frozenset(("drop", "subject"))


class ClauseReader(Tails):
    """A reader over the items of one clause."""

    # --- reading -------------------------------------------------------------------------------------------------

    def whole(self) -> Tree:
        """The tree of all items; a list with a member that is not understood is read on behind it, if that goes."""
        try:
            tree = self.sequence()
            if self.at < self.end:
                raise UnclearError
        except UnclearError:
            if not self.went_on:
                raise
            self.at, self.end, self.depth, self.negated = 0, len(self.items), 0, False
            self.goes_behind = self.went_on = False
            return self.whole()
        return tree

    def skip(self) -> bool:
        """Skip what claims nothing before a term; say whether a new subject was named."""
        subject = False
        while self.at < self.end:
            kind = self.kind()
            if kind in ("drop", "link", "colon", "dash", "must") or (
                kind == "prep" and subject and self.low() in ("with",)
            ):
                pass
            elif kind == "subject":
                subject = True
            else:
                break
            self.at += 1
        return subject

    def term(self) -> Term:
        again = self.skip()
        kind = self.kind()
        if kind == "not":
            return self.negation(again)
        if kind == "open":
            return self.bracketed(again)
        if kind == "time":
            item = self.items[self.at]
            self.at += 1
            if self.kind() in ("colon", "comma"):
                self.at += 1
            term = self.term()
            if term.window is not None:
                raise UnclearError
            if not takes_window(term, item):
                raise UnclearError
            self.put(term, item)
            return term
        if kind == "child":  # the registry's words for ages under 18 are not all the same; said, not decided
            self.at += 1
            return Term(self.opaque(self.at - 1, self.at), "age", again=again)
        if kind == "claim":
            item = self.items[self.at]
            self.at += 1
            assert item.node is not None
            assert item.group is not None
            bare = self.stream.kind_at(item.at) in ("concept", "variable", "word")
            other = self.stream.kind_at(item.at) == "other" or self.stream.low_at(item.at) == "any"
            return Term(item.node, item.group, again=again, bare=bare, other=other)
        raise UnclearError

    def put(self, term: Term, item: Piece) -> None:
        """Give a term its window. "No use for 5 weeks" denies any use in the 5 weeks, not one all along."""
        window = item.window
        assert window is not None
        if self.negated and window.direction == "throughout":
            distance = Interval(0, window.distance.low, unit=window.distance.unit)
            window = msgspec.structs.replace(window, distance=distance, direction="before")
        term.window, term.also = window, item.also
        term.window_span = self.stream.span(item.at, item.to)

    def negation(self, again: bool) -> Term:
        start = self.at
        if self.low() in ("non", "not") and self.kind(1) == "claim":
            follows = self.stream.kind_at(self.items[self.at + 1].at)
            if follows in ("qualifier", "word"):
                raise UnclearError  # "non controlled asthma" is asthma
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnclearError
        before, self.negated = self.negated, True
        inner = self.sequence()
        self.negated = before
        self.depth -= 1
        node = Not(child=inner, span=self.span(start, self.at))
        return Term(node, "present", again=again)

    def bracketed(self, again: bool) -> Term:
        close = self.matching()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnclearError
        end, self.end = self.end, close
        self.at += 1
        node = self.sequence()
        if self.at < self.end:
            raise UnclearError
        self.at, self.end = close + 1, end
        self.depth -= 1
        return Term(node, "present", again=again)

    def sequence(self) -> Tree:
        """A list of terms with what follows them; stops in front of what does not belong to it."""
        first = self.at
        terms = [self.term()]
        doubts: list[Opaque] = []
        while self.at < self.end:
            kind = self.kind()
            if kind == "time" and terms[-1].window is None:
                item = self.items[self.at]
                if not takes_window(terms[-1], item):
                    doubts.append(self.modifier(terms))
                    break
                self.put(terms[-1], item)
                self.at += 1
            elif self.negated and kind == "claim" and self.items[self.at].group in ("sex", "age"):
                break  # "non-pregnant women": they are women all the same
            elif kind == "drop" and (end := self.method_end(terms)) > self.at:
                self.take_in(terms[-1], end)
            elif kind == "drop" and self.names_type():
                raise UnclearError  # "hepatitis A": a letter, not an article
            elif kind in _SKIPPED:
                self.at += 1
            elif self.repeats_sex(terms, kind):
                self.take_in(terms[-1], self.at + 1)
            elif (end := self.moment_end(kind)) > self.at or (end := self.method_end(terms)) > self.at:
                self.take_in(terms[-1], end)
            elif len(terms) == 1 and (told := self.time_aside(terms[0], kind)) is not None:
                self.put(terms[0], told)
            elif kind in JOINERS or self.is_nor():
                if not self.joined(terms):
                    break
            elif self.obliges(terms, kind):
                return self.duty(first, terms)
            elif kind == "open" and self.bracket_is_of_people(terms):
                term = self.term()
                term.joiner, term.group = "with", "age"
                terms.append(term)
            elif kind == "open" and self.loosened(terms):
                continue
            elif kind == "open" and (self.bracket_is_harmless() or self.bracket_qualifies(terms)):
                self.take_in(terms[-1], self.matching() + 1)
            elif kind in ("example", "include") or (
                kind == "open" and self.kind(1) in ("example", "include")
            ):
                terms[-1:] = [self.examples(terms)]
            elif kind == "open" and self.kind(1) == "except" and self.excepts(first, terms):
                continue
            elif kind in ("except", "unless"):
                return self.exception(first, terms, doubts)
            elif kind == "qualifier" and self.places(terms):
                self.at += 1
            elif kind == "excluded":
                self.at += 1
                if self.at < self.end or self.negated:  # "no patients with A will be excluded"
                    raise UnclearError
                node = combine(self.stream, self.negated, terms, doubts, self.span(first, self.at))
                if self.low(-1).endswith(("allowed", "permitted")) and ever_done(node):
                    raise UnclearError  # "radiotherapy is not allowed": during the trial
                return node if self.stream.kind == "exclusion" else Not(child=node, span=node.span)
            elif kind == "open" and not self.loosens(self.at, self.matching() + 1):
                doubts.append(self.bracket(terms))
            elif self.negated and kind == "not":
                break  # "not pregnant not nursing": the second is denied by itself
            elif self.goes_on(terms, kind):
                if kind == "link":
                    self.at += 1
                term = self.term()
                term.joiner = "with"
                terms.append(term)
            elif kind in MODIFIERS:
                doubts.append(self.modifier(terms))
                break
            else:
                raise UnclearError
        last = self.at
        return combine(self.stream, self.negated, terms, doubts, self.span(first, last))

    def names_type(self) -> bool:
        item = self.items[self.at]
        return (
            self.stream.lexemes[item.at].low == "a"
            and self.stream.text[self.stream.lexemes[item.at].start] == "A"
        )

    def repeats_sex(self, terms: list[Term], kind: str) -> bool:
        """ "pregnant women": the sex says nothing more."""
        if (
            self.negated
            or kind != "claim"
            or self.items[self.at].node != OneOf(variable="sex", values=("female",))
        ):
            return False
        last = terms[-1].node
        return isinstance(last, OneOf) and last.variable in FEMALE_STATES and last.values == ("yes",)

    def moment_end(self, kind: str) -> int:
        """ "at the time of screening": the item after it; the present item where no moment is named."""
        if kind != "prep":
            return self.at
        end = moment(self.stream, self.items[self.at].at)
        at = self.at
        if end is None:
            return at
        while at < self.end and self.items[at].to <= end:
            at += 1
        if self.items[at - 1].to != end:
            raise UnclearError
        return at

    def method_end(self, terms: list[Term]) -> int:
        """ "Confirmed by biopsy", "(according to DSM-5)": the item after it; the present item where it is not that."""
        if terms[-1].group != "present" or terms[-1].doubt:
            return self.at
        at = self.at
        bracket = self.kind() == "open"
        end = method_end(self.stream, self.items[at + bracket].at) if at + bracket < self.end else 0
        while at < self.end and self.items[at].to <= end:
            at += 1
        if at == self.at or self.items[at - 1].to != end:
            return self.at
        if bracket:
            return at + 1 if at < self.end and self.items[at].kind == "close" else self.at
        return at

    def take_in(self, term: Term, end: int) -> None:
        """Count words that say nothing more ("pregnant women", "ECOG (PS)") as understood with the term before."""
        term.node = widened(term.node, self.span(self.at, end))
        self.at = end

    def goes_on(self, terms: list[Term], kind: str) -> bool:
        """Claims about a person may follow each other without a joining word: "females aged 18-65 with asthma"."""
        before = terms[-1].group
        if kind == "claim":
            group = self.items[self.at].group
            if before == group == "measure" and self.stream.kind == "inclusion" and not self.negated:
                return True  # a table of values run together: "Platelets ≥ 100 x 10^9/L Hemoglobin ≥ 9 g/dL"
            return (
                before in PEOPLE or group in PEOPLE or (before == "marker" and not is_screen(terms[-1].node))
            )
        if kind == "link" and self.is_measured(terms):
            return True
        if kind == "link" and (before in PEOPLE or all(term.group in PEOPLE for term in terms)):
            follows = self.kind(1)
            return follows in ("claim", "not", "drop")
        return kind in ("not", "child") and before in PEOPLE

    def is_measured(self, terms: list[Term]) -> bool:
        """ "Type 2 diabetes with HbA1c > 9 %", at the end of a clause: both are said of the patient."""
        rest = self.items[self.at + 1 : self.end]
        return (
            self.low() in ("with", "with a", "with an")
            and not self.negated
            and is_illness(terms[-1].node)
            and terms[-1].window is None
            and all(term.group in PEOPLE for term in terms[:-1])
            and [item.group for item in rest if item.kind == "claim"] == ["measure"]
            and rest[0].kind in ("claim", "drop")
            and all(item.kind in ("claim", "drop") for item in rest)
        )

    def is_nor(self) -> bool:
        """ "Neither A nor B": under the one negation."""
        return self.negated and self.kind() == "not" and self.low() == "nor"

    def joined(self, terms: list[Term]) -> bool:
        """Read joining words and the next term; False where the list ends in front of them."""
        start = self.at
        word, shouted = "comma", False
        while self.kind() in JOINERS or self.kind() == "drop" or self.is_nor():
            kind = "or" if self.is_nor() else self.kind()
            if kind in ("and", "or", "slash"):
                joiner = "or" if kind == "slash" else kind
                if word not in ("comma", joiner):
                    word = "or"
                word = joiner if word == "comma" else word
                span = self.span(self.at, self.at + 1)
                shouted = shouted or span.of(self.stream.text) == "AND"
            self.at += 1
        if self.at >= self.end:
            return True  # a trailing comma or "and" claims nothing
        if word == "comma" and self.kind() in ("except", "unless"):
            return True  # "cancer, except": what follows is no member of the list
        if self.negated and self.leaves_negation(terms, word):
            self.at = start
            return False
        mark = self.at
        if (
            word == "and"
            and self.kind() == "subject"
            and self.stream.kind == "inclusion"
            and not self.negated
        ):
            raise UnclearError  # "healthy volunteers and patients with asthma": two groups, either may enter
        state = (self.negated, self.depth, self.end)
        try:
            term = self.term()
        except UnclearError:
            self.at = mark
            self.negated, self.depth, self.end = state  # as it was before the term that failed
            self.unknown(terms, word)
            return True
        term.joiner, term.shouted = word, shouted
        terms.append(term)
        return True
