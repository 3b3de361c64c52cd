"""What stands behind the claims of a clause: a duty, examples, what does not count, words that narrow.

Comes in: a place in the pieces of a clause, behind claims that are read. Goes out: the claims with it. Refuses
(UnclearError) where it is not clear of which of them it is said.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from accrual.criteria.alternatives import Alternatives
from accrual.criteria.claims import is_narrowed, kinds_named, kinds_of, takes_window
from accrual.criteria.exceptions import except_kinds
from accrual.criteria.following import judgement_end
from accrual.criteria.lists import combine
from accrual.criteria.pieces import Piece
from accrual.criteria.sharing import spread
from accrual.criteria.spans import widened
from accrual.criteria.subjects import asked_of
from accrual.criteria.terms import PEOPLE, Term, UnclearError
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Tree, When, walk

_FORBIDS = ("must", "should", "may not", "cannot")
_AGREEING = frozenset(("agree", "agrees", "commit", "commit to"))
_FUTURE = frozenset(("during", "throughout", "while", "until", "through", "upcoming", "next"))


class Tails(Alternatives, ABC):
    """A place in the items of one clause, and what may stand there behind its claims."""

    @abstractmethod
    def sequence(self) -> Tree:
        """A list of terms with what follows them; stops in front of what does not belong to it."""

    @abstractmethod
    def put(self, term: Term, item: Piece) -> None:
        """Give a term its window."""

    def obliges(self, terms: list[Term], kind: str) -> bool:
        """Say whether a demand begins here on the people just named: "must", "must not", "agree to"."""
        if kind == "must":
            return True
        if self.negated or any(term.group not in PEOPLE for term in terms):
            return False
        low = self.low()
        if kind == "not":
            return low.startswith(_FORBIDS)
        if self.stream.kind == "exclusion":
            return False
        return low in _AGREEING

    def duty(self, first: int, terms: list[Term]) -> Tree:
        """ "Women of childbearing potential must …": a demand on those only."""
        if self.stream.kind == "exclusion" or self.negated or any(term.group not in PEOPLE for term in terms):
            raise UnclearError
        if self.kind() == "must":
            self.at += 1
        start = self.at
        if start >= self.end:
            raise UnclearError
        try:
            then = self.sequence()
            if self.at < self.end:
                raise UnclearError
        except UnclearError:
            then = self.opaque(start, self.end)
            self.at = self.end
        return asked_of(self.stream, terms, then, self.span(first, self.end))

    def examples(self, terms: list[Term]) -> Term:
        """ "(such as A, B)": one who has an example has the thing."""
        core = spread(terms)[-1]  # "history of A or B (such as C)": the history of B too
        bracket = self.kind() == "open"
        close = self.matching() if bracket else self.end
        start = self.at
        end, self.end = self.end, close
        self.at += 2 if bracket else 1
        while self.kind() in ("colon", "comma", "dot", "drop"):
            self.at += 1
        if len(terms) > 1 and not bracket and self.at < self.end:
            raise UnclearError
        try:
            inner: Tree = self.sequence()
            if self.at < self.end or self.doubtful(inner):
                raise UnclearError
        except UnclearError:
            if not bracket or self.has(
                frozenset(("loose", "unless", "except", "not", "shift", "relation")), start, close
            ):
                self.end = end
                raise
            inner = self.opaque(start, close + 1)
        self.at = close + 1 if bracket else close
        self.end = end
        if core.group != "present" or (not bracket and any(is_narrowed(node) for node in walk(inner))):
            raise UnclearError  # a window or a modifier at the end is for what comes before the examples too
        if kinds_named(
            inner, core.node
        ):  # "severe eye disease (e.g. uveitis and keratitis)": told by the head
            return Term(
                widened(core.node, self.span(start, self.at)),
                core.group, core.joiner, core.window, core.window_span, core.also,
            )  # fmt: skip
        if not kinds_of(inner, core.node):
            inner = self.opaque(start, close + 1 if bracket else close)
        node = Any_(children=(core.node, inner), span=self.span(start, self.at) | core.node.span)
        return Term(node, core.group, core.joiner, core.window, core.window_span, core.also)

    def doubtful(self, tree: Tree) -> bool:
        return not isinstance(tree, (Any_, All, OneOf)) and isinstance(tree, (Not, When))

    def exception(self, first: int, terms: list[Term], doubts: list[Opaque]) -> Tree:
        """ "except …", "unless …" to the end: of a demand it loosens, of what excludes it narrows."""
        kind = self.kind()
        if self.depth and not self.negated:
            raise UnclearError
        start = self.at
        rest = self.opaque(start, self.end)
        final = self.items[self.end - 1]
        to = self.end
        late = final.kind == "time" and to - start > 3 and self.items[to - 2].kind == "comma"
        if late and terms[-1].window is None and not terms[-1].doubt and takes_window(terms[-1], final):
            self.put(terms[-1], final)  # "cancer, other than basal cell carcinoma, within 5 years"
            to -= 1
        core = combine(self.stream, self.negated, terms, doubts, self.span(first, start))
        doubted = combine(
            self.stream, self.negated, terms, [*doubts, self.opaque(start, to)], self.span(first, self.end)
        )
        if kind == "except" and all(term.group == "present" for term in terms):
            without = except_kinds(self.stream, self.items[start].to, self.items[to - 1].to, core, doubted)
            if without is not None:
                self.at = self.end
                return widened(without, rest.span)
        demand = self.stream.kind == "inclusion" and not self.negated
        measures = any(term.group != "present" for term in terms)
        self.at = self.end
        span = self.span(first, self.end)
        if demand and (kind == "unless" or measures or any(isinstance(term.node, Not) for term in terms)):
            return Any_(children=(core, rest), span=span)
        return doubted

    def excepts(self, first: int, terms: list[Term]) -> bool:
        """ "Cancer (except basal cell carcinoma) or …": the kinds that do not count, for the claim before it."""
        if terms[-1].group != "present" or terms[-1].doubt:
            return False
        close = self.matching()
        words = self.opaque(self.at, close + 1)
        told = False
        for term in terms:  # of a list, for all that have such kinds
            doubted = All(children=(term.node, words), span=term.node.span)
            found = except_kinds(
                self.stream, self.items[self.at + 1].to, self.items[close].at, term.node, doubted
            )
            told = found is not None and term is terms[-1]
            term.node = term.node if found is None else found
        if not told:
            return False
        terms[-1].node = widened(terms[-1].node, words.span)
        self.at = close + 1
        return True

    def labels(self, terms: list[Term]) -> bool:
        """ "HIV: negative serology", "Male patients: agree to …": the topic of what follows, and no claim."""
        if self.stream.kind == "inclusion":
            return len(terms) > 1 or terms[0].group in ("present", "sex", "age", "state")
        return self.at + 1 < self.end and any(term.group == "present" for term in terms)

    def modifier(self, terms: list[Term]) -> Opaque:
        """Take the rest of the clause as words that narrow what came before."""
        start = self.at
        present = all(term.group == "present" for term in terms)
        last = self.items[self.end - 1].to
        if present and judgement_end(self.stream, self.items[start].at, last) == last:
            self.at = self.end
            return self.opaque(start, self.end)
        if self.loosens(start, self.end):
            raise UnclearError
        if self.has(frozenset(("or", "slash")), start, self.end):
            raise UnclearError
        if self.stream.kind == "exclusion" and self.has(frozenset(("and", "comma")), start, self.end):
            raise UnclearError
        if self.negated and self.has(frozenset(("and", "comma")), start, self.end):
            raise UnclearError
        if self.kind() == "number" or (
            terms[-1].group in ("measure", "marker") and self.kind() in ("number", "op", "to")
        ):
            raise UnclearError
        if terms[-1].group in ("measure", "age", "sex") and self.low() == "for":
            raise UnclearError  # "ECOG 0-1 for cohort A": asked of some only
        if self.kind() == "colon" and self.labels(terms):
            raise UnclearError
        if all(term.group == "present" for term in terms) and any(
            self.stream.low_at(item.at) in _FUTURE for item in self.items[start : self.end]
        ):
            raise UnclearError  # "use of steroids during the study": about what is to come
        self.at = self.end
        return self.opaque(start, self.end)
