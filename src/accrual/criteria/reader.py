"""Reads the pieces of one clause into one tree: lists, negation, windows, brackets, examples, exceptions, duties.

Comes in: the pieces of a `Stream`. Goes out: one tree. Refuses (UnclearError) a clause in which the scope of a word is
not clear; the rules are at the head of `clause.py`.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval
from accrual.criteria.brackets import Brackets
from accrual.criteria.claims import EVER, ever_done, is_narrowed, kinds_of, takes_window
from accrual.criteria.exceptions import except_kinds
from accrual.criteria.following import judgement_end, method_end
from accrual.criteria.lists import combine, same_outcome
from accrual.criteria.members import member_end, own_head
from accrual.criteria.phrases.anchor import moment
from accrual.criteria.phrases.serology import is_screen
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.pieces import Piece
from accrual.criteria.sharing import spread
from accrual.criteria.spans import widened
from accrual.criteria.subjects import asked_of
from accrual.criteria.terms import PEOPLE, Term, UnclearError
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Tree, When, walk

MAX_DEPTH = 12  # brackets and negations inside one another
_JOINERS = frozenset(("and", "or", "comma", "slash"))
_SKIPPED = frozenset(("drop", "subject"))
# What may follow a complete claim and narrow it.
_MODIFIERS = frozenset(
    ("prep", "link", "dash", "open", "within", "op", "before", "after", "between", "to", "receive",
     "history", "ago", "not",
     "colon", "number", "qualifier")
)  # fmt: skip
_WOMEN = OneOf(variable="sex", values=("female",))
_FORBIDS = ("must", "should", "may not", "cannot")
_AGREEING = frozenset(("agree", "agrees", "commit", "commit to"))
_FUTURE = frozenset(("during", "throughout", "while", "until", "through", "upcoming", "next"))


class ClauseReader(Brackets):
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
            elif kind in _JOINERS or self.is_nor():
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
            elif kind == "open" and self.bracket_is_harmless():
                self.take_in(terms[-1], self.matching() + 1)
            elif kind in ("example", "include") or (
                kind == "open" and self.kind(1) in ("example", "include")
            ):
                terms[-1:] = [self.examples(terms)]
            elif kind == "open" and self.kind(1) == "except" and self.excepts(first, terms):
                continue
            elif kind in ("except", "unless"):
                return self.exception(first, terms, doubts)
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
            elif kind in _MODIFIERS:
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
        if kind == "link" and (before in PEOPLE or all(term.group in PEOPLE for term in terms)):
            follows = self.kind(1)
            return follows in ("claim", "not", "drop")
        return kind in ("not", "child") and before in PEOPLE

    def is_nor(self) -> bool:
        """ "Neither A nor B": under the one negation."""
        return self.negated and self.kind() == "not" and self.low() == "nor"

    def joined(self, terms: list[Term]) -> bool:
        """Read joining words and the next term; False where the list ends in front of them."""
        start = self.at
        word, shouted = "comma", False
        while self.kind() in _JOINERS or self.kind() == "drop" or self.is_nor():
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
        bare = states or not self.has(_MODIFIERS | {"time"}, start, self.end) or self.own_head(start)
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
            if self.items[at].kind in _JOINERS and after < self.end and self.items[after].group == "state":
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
