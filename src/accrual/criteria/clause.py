"""From the claims of one clause to one tree: and, or, lists, negation, windows, exceptions, and what stays in doubt.

Comes in: a `Stream`. Goes out: a tree that is never wrongly true nor wrongly false, whatever the words left over may
mean. Refuses nothing: where the scope of a word is not clear, the whole clause is one Opaque.

The rules that keep it faithful:

* words left over after a claim narrow it: `All(claim, Opaque)`. A false claim refutes; a true one leaves UNKNOWN;
* words that could widen a claim ("or equivalent", "if", "allowed") make the clause Opaque, unless their scope is plain:
  "unless" of a requirement is `Any(claim, Opaque)`;
* a modifier after a list may belong to all of it: it narrows the whole list;
* an unknown alternative at the end of a list is `Any(claims, Opaque)`; an unknown first one hides the rest.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.criteria.lists import PEOPLE, Term, UnclearError, combine, widened
from accrual.criteria.phrases import read_phrase
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Group, Stream
from accrual.criteria.phrases.time import moment
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Present, Tree, When, Window, walk

MAX_LEXEMES = 400  # a longer clause is prose, not a claim; it stays Opaque
MAX_DEPTH = 12  # brackets and negations inside one another


class _Item(msgspec.Struct, frozen=True):
    kind: str  # "claim", "time", or the kind of a lexeme
    at: int
    to: int  # lexeme indices
    node: Tree | None = None
    group: Group | None = None
    window: Window | None = None


_JOINERS = frozenset(("and", "or", "comma", "slash"))
_SKIPPED = frozenset(("drop", "subject"))
# What may follow a complete claim and narrow it.
_MODIFIERS = frozenset(
    ("prep", "link", "dash", "open", "within", "op", "before", "after", "between", "to", "receive",
     "history", "ago", "not",
     "colon", "number", "qualifier")
)  # fmt: skip
# Without a concept or a variable, only these can begin a claim.
_CLAIMING = frozenset(("sex", "adult", "child", "unit", "number"))
_FUTURE = frozenset(("during", "throughout", "while", "until", "through", "upcoming", "next"))


def _items(stream: Stream) -> list[_Item]:
    found: list[_Item] = []
    at = 0
    while at < len(stream):
        read = read_phrase(stream, at)
        if read is not None and read.end > at:
            kind = "time" if read.group == "time" else "claim"
            found.append(_Item(kind, at, read.end, read.node, read.group, read.window))
            at = read.end
        else:
            found.append(_Item(stream.kind_at(at), at, at + 1))
            at += 1
    return found


class _Clause:
    """A reader over the items of one clause."""

    def __init__(self, stream: Stream, items: list[_Item]) -> None:
        self.stream = stream
        self.items = items
        self.at = 0
        self.end = len(items)
        self.depth = 0
        self.negated = False

    # --- looking -------------------------------------------------------------------------------------------------

    def kind(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.items[at].kind if at < self.end else ""

    def low(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.stream.low_at(self.items[at].at) if at < self.end else ""

    def span(self, first: int, last: int) -> Span:
        """The span of items `first` up to, not including, `last`."""
        return self.stream.span(self.items[first].at, self.items[last - 1].to)

    def opaque(self, first: int, last: int) -> Opaque:
        span = self.span(first, last)
        return Opaque(text=self.stream.words(span), span=span)

    def loosens(self, first: int, last: int) -> bool:
        """Say whether items hold a word that could widen a claim, or shift it to another person."""
        for item in self.items[first:last]:
            if item.kind in ("loose", "shift", "unless", "except", "include", "example", "excluded", "must"):
                return True
        return False

    def has(self, kinds: frozenset[str], first: int, last: int) -> bool:
        return any(item.kind in kinds for item in self.items[first:last])

    # --- reading -------------------------------------------------------------------------------------------------

    def whole(self) -> Tree:
        tree = self.sequence()
        if self.at < self.end:
            raise UnclearError
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
            term.window, term.window_span = item.window, self.stream.span(item.at, item.to)
            return term
        if kind == "child":  # the registry's words for ages under 18 are not all the same; said, not decided
            self.at += 1
            return Term(self.opaque(self.at - 1, self.at), "age", again=again)
        if kind == "claim":
            item = self.items[self.at]
            self.at += 1
            assert item.node is not None
            assert item.group is not None
            bare = self.stream.kind_at(item.at) in ("concept", "variable")
            return Term(item.node, item.group, again=again, bare=bare)
        raise UnclearError

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

    def matching(self) -> int:
        """The index of the bracket that closes the one here."""
        depth = 0
        for at in range(self.at, self.end):
            kind = self.items[at].kind
            depth += (kind == "open") - (kind == "close")
            if depth == 0:
                return at
        raise UnclearError

    def sequence(self) -> Tree:
        """A list of terms with what follows them; stops in front of what does not belong to it."""
        first = self.at
        terms = [self.term()]
        doubts: list[Opaque] = []
        while self.at < self.end:
            kind = self.kind()
            if kind == "time" and terms[-1].window is None:
                item = self.items[self.at]
                terms[-1].window, terms[-1].window_span = item.window, self.stream.span(item.at, item.to)
                self.at += 1
            elif self.negated and kind == "claim" and self.items[self.at].group in ("sex", "age"):
                break  # "non-pregnant women": they are women all the same
            elif kind == "drop" and self.names_type():
                raise UnclearError  # "hepatitis A": a letter, not an article
            elif kind in _SKIPPED:
                self.at += 1
            elif self.repeats_sex(terms, kind):
                self.take_in(terms[-1], self.at + 1)
            elif (end := self.moment_end(kind)) > self.at:
                self.take_in(terms[-1], end)
            elif kind in _JOINERS:
                if not self.joined(terms):
                    break
            elif kind == "must":
                return self.duty(first, terms)
            elif kind == "open" and self.bracket_is_harmless():
                self.take_in(terms[-1], self.matching() + 1)
            elif kind in ("example", "include") or (
                kind == "open" and self.kind(1) in ("example", "include")
            ):
                terms[-1:] = [self.examples(terms)]
            elif kind in ("except", "unless"):
                return self.exception(first, terms, doubts)
            elif kind == "excluded":
                self.at += 1
                if self.at < self.end:
                    raise UnclearError
                node = combine(self.stream, self.negated, terms, doubts, self.span(first, self.at))
                return node if self.stream.kind == "exclusion" else Not(child=node, span=node.span)
            elif kind == "open" and not self.loosens(self.at, self.matching() + 1):
                doubts.append(self.bracket(terms))
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

    def take_in(self, term: Term, end: int) -> None:
        """Count words that say nothing more ("pregnant women", "ECOG (PS)") as understood with the term before."""
        term.node = widened(term.node, self.span(self.at, end))
        self.at = end

    def goes_on(self, terms: list[Term], kind: str) -> bool:
        """Claims about a person may follow each other without a joining word: "females aged 18-65 with asthma"."""
        before = terms[-1].group
        if kind == "claim":
            group = self.items[self.at].group
            return before in PEOPLE or group in PEOPLE or before == "marker"
        if kind == "link" and (before in PEOPLE or all(term.group in PEOPLE for term in terms)):
            follows = self.kind(1)
            return follows in ("claim", "not", "drop")
        return kind in ("not", "child") and before in PEOPLE

    def joined(self, terms: list[Term]) -> bool:
        """Read joining words and the next term; False where the list ends in front of them."""
        start = self.at
        word, shouted = "comma", False
        while self.kind() in _JOINERS or self.kind() == "drop":
            kind = self.kind()
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
        if self.negated and self.leaves_negation():
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
        try:
            term = self.term()
        except UnclearError:
            self.at = mark
            self.unknown(terms, word)
            return True
        term.joiner, term.shouted = word, shouted
        terms.append(term)
        return True

    def leaves_negation(self) -> bool:
        """After "no A": "and ECOG 0-1", "and no B" are not under the negation."""
        ahead = 0
        while self.kind(ahead) in ("drop", "link", "subject", "must"):
            ahead += 1
        if self.kind(ahead) == "not":
            return True
        item = self.items[self.at + ahead] if self.at + ahead < self.end else None
        return (
            item is not None
            and item.kind == "claim"
            and item.group in ("measure", "age", "sex", "consent", "marker")
        )

    def unknown(self, terms: list[Term], word: str) -> None:
        """Take the rest as one alternative, or one more demand, that is not understood."""
        start = self.at
        if self.loosens_widely(start):
            raise UnclearError
        rest = self.opaque(start, self.end)
        states = all(term.group == "state" for term in terms)
        either = word == "or" or (
            word == "comma" and (self.stream.kind == "exclusion" or self.later_or(start))
        )
        if not states and self.has(frozenset(("time", "within", "ago")), start, self.end):
            raise UnclearError  # the window may be for the whole list
        bare = states or not self.has(_MODIFIERS | {"time"}, start, self.end) or self.own_head(start)
        if either or self.negated:
            if not bare or self.has(frozenset(("loose", "unless", "except")), start, self.end):
                raise UnclearError
            word = "or"
        elif self.later_or(start) or self.stream.kind == "exclusion":
            raise UnclearError
        stop = self.next_state(start) if states and word == "or" else self.end
        if stop < self.end:
            rest = self.opaque(start, stop)
        self.at = stop
        terms.append(Term(rest, terms[-1].group, word, doubt=True))

    def next_state(self, start: int) -> int:
        """Where the list of states goes on after an alternative that is not understood."""
        for at in range(start + 1, self.end):
            after = at + 1
            while after < self.end and self.items[after].kind in ("drop", "link", "or", "comma"):
                after += 1
            if self.items[at].kind in _JOINERS and after < self.end and self.items[after].group == "state":
                return at
        return self.end

    def loosens_widely(self, start: int) -> bool:
        return self.has(frozenset(("loose", "unless", "except", "excluded", "must")), start, self.end)

    def later_or(self, start: int) -> bool:
        return self.has(frozenset(("or", "slash")), start, self.end)

    def own_head(self, start: int) -> bool:
        """An alternative that begins with other, any, a: what follows it belongs to it alone."""
        return self.items[start].kind == "other" or self.stream.low_at(self.items[start].at) in (
            "any",
            "other",
        )

    def duty(self, first: int, terms: list[Term]) -> Tree:
        """ "Women of childbearing potential must …": a demand on those only."""
        people = all(term.group in ("sex", "state") for term in terms)
        if not people:
            if all(term.group in PEOPLE for term in terms):
                self.at += 1
                if self.kind() in ("claim", "drop"):
                    rest = self.sequence()
                    condition = combine(self.stream, self.negated, terms, [], self.span(first, self.at))
                    return All(children=(condition, rest), span=self.span(first, self.at))
            raise UnclearError
        condition = combine(self.stream, self.negated, terms, [], self.span(first, self.at))
        if self.stream.kind == "exclusion" or self.negated or _names_everyone(condition):
            raise UnclearError
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
        return When(condition=condition, then=then, span=self.span(first, self.end))

    def bracket_is_harmless(self) -> bool:
        """A bracket that only repeats: an abbreviation, "inclusive", the variable's other name."""
        close = self.matching()
        inside = self.items[self.at + 1 : close]
        if all(item.kind in ("drop", "dash") for item in inside):
            return True
        if len(inside) != 1 or inside[0].kind not in ("word", "variable", "claim"):
            return False
        span = self.stream.span(inside[0].at, inside[0].to)
        words = span.of(self.stream.text)
        if inside[0].kind == "claim":
            before = self.items[self.at - 1]
            return self.at > 0 and before.kind == "claim" and before.node == inside[0].node
        return sum(sign.isupper() for sign in words) >= 2 and " " not in words.strip()

    def bracket(self, terms: list[Term]) -> Opaque:
        """A bracket that says more about the claim before it, and so narrows it."""
        close = self.matching()
        if terms[-1].group in ("measure", "marker", "age", "sex") or self.kind(1) in ("or", "and", "not"):
            raise UnclearError  # "(or Karnofsky ≥ 60)", "(≤ 5 in liver metastases)"
        found = self.opaque(self.at, close + 1)
        self.at = close + 1
        return found

    def examples(self, terms: list[Term]) -> Term:
        """ "(such as A, B)": one who has an example has the thing."""
        core = terms[-1]
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
                frozenset(("loose", "unless", "except", "not", "shift")), start, close
            ):
                self.end = end
                raise
            inner = self.opaque(start, close + 1)
        self.at = close + 1 if bracket else close
        self.end = end
        if core.group != "present":
            raise UnclearError
        node = Any_(children=(core.node, inner), span=self.span(start, self.at) | core.node.span)
        return Term(node, core.group, core.joiner, core.window, core.window_span)

    def doubtful(self, tree: Tree) -> bool:
        return not isinstance(tree, (Any_, All, OneOf)) and isinstance(tree, (Not, When))

    def exception(self, first: int, terms: list[Term], doubts: list[Opaque]) -> Tree:
        """ "except …", "unless …" to the end: of a demand it loosens, of what excludes it narrows."""
        kind = self.kind()
        if self.depth and not self.negated:
            raise UnclearError
        rest = self.opaque(self.at, self.end)
        core = combine(self.stream, self.negated, terms, doubts, self.span(first, self.at))
        demand = self.stream.kind == "inclusion" and not self.negated
        measures = any(term.group != "present" for term in terms)
        self.at = self.end
        span = self.span(first, self.end)
        if demand and (kind == "unless" or measures or any(isinstance(term.node, Not) for term in terms)):
            return Any_(children=(core, rest), span=span)
        return All(children=(core, rest), span=span)

    def modifier(self, terms: list[Term]) -> Opaque:
        """Take the rest of the clause as words that narrow what came before."""
        start = self.at
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
        if self.kind() == "colon" and not self.negated and self.stream.kind == "inclusion" and len(terms) > 1:
            raise UnclearError
        if all(term.group == "present" for term in terms) and any(
            self.stream.low_at(item.at) in _FUTURE for item in self.items[start : self.end]
        ):
            raise UnclearError  # "use of steroids during the study": about what is to come
        self.at = self.end
        return self.opaque(start, self.end)


def _names_everyone(condition: Tree) -> bool:
    return isinstance(condition, OneOf) and condition.variable == "sex" and len(condition.values) > 1


def read_clause(stream: Stream) -> Tree:
    """Return the tree of one clause: understood, partly understood, or one Opaque for all of it."""
    span = stream.span(0, len(stream))
    whole = Opaque(text=stream.words(span), span=span)
    if len(stream) > MAX_LEXEMES:
        return whole
    if not stream.topics and not any(lexeme.concept or lexeme.kind in _CLAIMING for lexeme in stream.lexemes):
        return whole
    items = _items(stream)
    if not any(item.kind == "claim" for item in items):
        return whole
    clause = _Clause(stream, items)
    try:
        tree = clause.whole()
        return _excluding(stream, items, tree) if stream.kind == "exclusion" else tree
    except UnclearError:
        return _demands(stream, items, whole)


def _excluding(stream: Stream, items: list[_Item], tree: Tree) -> Tree:
    """The claim that excludes, where the text words an exclusion as a demand: "must not have received X".

    "No prior X" in a list of exclusions may be a demand, or may exclude who had none: it is not decided.
    """
    first = next((item for item in items if item.kind not in ("drop", "subject", "colon", "dash")), items[0])
    low = stream.low_at(first.at)
    demand = first.kind == "must" or low.startswith(("must", "should", "may not", "cannot"))
    later = any(stream.low_at(item.at).startswith(("must", "should")) for item in items)
    if demand and isinstance(tree, Not):
        return tree.child
    if (
        demand
        or later
        or (first.kind == "not" and low.split()[0] in ("no", "not", "never", "none") and _bad(tree))
    ):
        raise UnclearError
    return tree


def _bad(tree: Tree) -> bool:
    return isinstance(tree, (Not, All, Any_)) and any(isinstance(node, Present) for node in walk(tree))


def _demands(stream: Stream, items: list[_Item], whole: Opaque) -> Tree:
    """Where a requirement as a whole is unclear: the part before an "and" that is clear, and the rest in doubt."""
    if stream.kind == "exclusion":
        return whole
    loose = frozenset(
        ("loose", "unless", "except", "or", "slash", "excluded", "must", "not", "include", "example")
    )
    for cut, item in enumerate(items):
        if item.kind != "and" or cut == 0 or cut + 1 >= len(items):
            continue
        if items[cut + 1].kind == "subject" or any(each.kind in loose for each in items[cut + 1 :]):
            continue
        head = Stream(stream.text, stream.lexemes[: items[cut].at], stream.kind, stream.source)
        try:
            core = _Clause(head, items[:cut]).whole()
        except UnclearError:
            continue
        span = stream.span(items[cut + 1].at, len(stream))
        rest = Opaque(text=stream.words(span), span=span)
        return All(children=(core, rest), span=stream.span(0, len(stream)))
    return whole
