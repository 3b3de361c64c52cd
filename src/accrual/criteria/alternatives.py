"""A member of a list that is not understood: one more alternative, or one more demand, that stays text.

Comes in: a place in the pieces of a clause, where a list goes on and its next member cannot be read. Goes out: the rest
of the list, or that member alone, as words. Refuses (UnclearError) where the words may belong to the members before,
or may narrow or loosen them.
"""

from __future__ import annotations

from accrual.criteria.brackets import Brackets
from accrual.criteria.claims import EVER
from accrual.criteria.lists import same_outcome
from accrual.criteria.members import member_end, own_head
from accrual.criteria.terms import Term, UnclearError
from accrual.criteria.tree import OneOf

JOINERS = frozenset(("and", "or", "comma", "slash"))
# What may follow a complete claim and narrow it.
MODIFIERS = frozenset(
    ("prep", "link", "dash", "open", "within", "op", "before", "after", "between", "to", "receive",
     "history", "ago", "not",
     "colon", "number", "qualifier")
)  # fmt: skip
_WOMEN = OneOf(variable="sex", values=("female",))


class Alternatives(Brackets):
    """A place in the items of one clause, and how a list goes on there."""

    def leaves_negation(self, terms: list[Term], word: str) -> bool:
        """After "no A": "and ECOG 0-1", "and no B" are not under the negation."""
        ahead = 0
        while self.kind(ahead) in ("drop", "link", "subject", "must"):
            ahead += 1
        if self.kind(ahead) == "not":
            return True
        item = self.items[self.at + ahead] if self.at + ahead < self.end else None
        if item is None or item.kind != "claim":
            return False
        if item.group == "marker":  # "no EGFR mutation or ALK fusion", "no metastases, HER2 negative"
            return word != "or" and not self.later_or(self.at) and not same_outcome(terms, item.node)
        return item.group in ("measure", "age", "sex", "consent")

    def unknown(self, terms: list[Term], word: str) -> None:
        """Take the rest as one alternative, or one more demand, that is not understood."""
        start = self.at
        stop = self.end
        if (
            self.goes_behind
            and all(term.group == "present" for term in terms)
            and (self.stream.kind == "exclusion" or word == "or" or self.negated)
        ):
            stop = member_end(self.stream, self.items, start, self.end)
        if stop < self.end:
            terms.append(Term(self.opaque(start, stop), "present", "or", doubt=True))
            self.at, self.went_on = stop, True
            return
        rest = self.opaque(start, self.end)
        people = terms[1:] if terms[0].node == _WOMEN and len(terms) > 1 else terms
        states = all(term.group == "state" for term in people)
        own = self.own_head(start) and not self.negated
        may = (states or own) and self.only_may(start)
        if self.loosens_widely(start) and not may:
            raise UnclearError
        if not self.negated and terms[-1].group == "age" and self.names_child(start):
            raise UnclearError  # "adult and pediatric subjects"
        either = word == "or" or (
            word == "comma" and (self.stream.kind == "exclusion" or self.later_or(start))
        )
        if not states and (self.has(frozenset(("within", "ago")), start, self.end) or self.timed(start)):
            raise UnclearError  # the window may be for the whole list
        bare = states or not self.has(MODIFIERS | {"time"}, start, self.end) or self.own_head(start)
        if either and not self.negated and not states and self.binds_wider(terms, start):
            raise UnclearError
        if either or self.negated:
            loose = self.has(frozenset(("loose", "unless", "except")), start, self.end)
            if not bare or (loose and not may):
                raise UnclearError
            word = "or"
        elif self.later_or(start) or self.stream.kind == "exclusion":
            raise UnclearError
        stop = self.next_state(start) if states and word == "or" else self.end
        if stop < self.end:
            rest = self.opaque(start, stop)
        self.at = stop
        terms.append(Term(rest, terms[-1].group, word, doubt=True))

    def binds_wider(self, terms: list[Term], start: int) -> bool:
        """ "NYHA II or class III heart failure and EF below 35 %": the last demand may be made of the first too."""
        both = self.has(frozenset(("and",)), start, self.end)
        return both and (self.stream.kind == "inclusion" or terms[0].group == "measure")

    def timed(self, start: int) -> bool:
        """Say whether a window follows that says more than "before screening"."""
        return any(
            item.window is not None and item.window.distance != EVER for item in self.items[start : self.end]
        )

    def next_state(self, start: int) -> int:
        """Where the list of states goes on after an alternative that is not understood."""
        for at in range(start + 1, self.end):
            after = at + 1
            while after < self.end and self.items[after].kind in ("drop", "link", "or", "comma"):
                after += 1
            if self.items[at].kind in JOINERS and after < self.end and self.items[after].group == "state":
                return at
        return self.end

    def only_may(self, start: int) -> bool:
        """ "Pregnant, or may become pregnant": another reason, and the first stays one."""
        for item in self.items[start : self.end]:
            loose = item.kind == "loose" and self.stream.low_at(item.at) not in (
                "may",
                "could",
                "might",
                "can",
            )
            if loose or item.kind in ("unless", "except", "excluded", "must"):
                return False
        return True

    def loosens_widely(self, start: int) -> bool:
        return self.has(frozenset(("loose", "unless", "except", "excluded", "must")), start, self.end)

    def later_or(self, start: int) -> bool:
        return self.has(frozenset(("or", "slash")), start, self.end)

    def own_head(self, start: int) -> bool:
        """An alternative that begins with other, any, a: what follows it belongs to it alone."""
        return own_head(self.stream, self.items, start)
