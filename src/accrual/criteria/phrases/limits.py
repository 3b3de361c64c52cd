"""Values with a condition: "AST ≤ 2.5 x ULN (≤ 5 x ULN if liver metastases)", "Hb ≥ 13 (men), ≥ 12 g/dL (women)".

Comes in: a measurement that `measure.py` reads, and what follows it. Goes out: the tree in which each bound holds for
those it is asked of. Refuses (the measurement alone) a condition that it cannot set apart from the words around it.

"A, or B if G" is "B where G, else A". Where B is wider than A it is written `A or (G and B)`, where it is narrower
`A and (B where G)`: both are decided by A and B alone where G is unknown and they agree.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Interval, Span
from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.amount import Amount, amount
from accrual.criteria.phrases.measure import OF_THEIR_OWN, Named, names_at, read_measure, values_of
from accrual.criteria.phrases.normal import read_against_normal, within_normal
from accrual.criteria.phrases.restatement import said_more
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import All, Any_, Compare, Not, OneOf, Opaque, Tree, When, children, walk
from accrual.criteria.words import word_set

MAX_GUARD = 30  # lexemes that a condition may have
# Words in front of what the condition is; "absence", "no", "without" stay, for they deny it.
_LEADING = word_set(
    "if when where for in among with who that which have has having is are the a an patients patient "
    "subjects subject "
    "participants participant individuals individual those persons people case cases of presence event "
    "there they known "
    "documented any only confirmed due to evidence considered being whom cases, subjects' their he/she"
)
_SURE = word_set("if when where case presence absence unless except")
_PEOPLE = word_set(
    "patients patient subjects subject participants participant individuals those persons people men "
    "women males females "
    "male female"
)
_OPENS = word_set("if when where for in among with only")
_TRAILING = word_set("is are present exist exists documented patients subjects participants only")
_JOINTS = frozenset(("comma", "or", "and", "slash", "drop"))
_THEN = frozenset(
    ("must", "must have", "should", "should have", "in which case", "whom", "in whom", "for whom", "then")
)
_MUST = word_set("must have should be a an the level of who whom in which case then can may value")


class _Guard(msgspec.Struct, frozen=True):
    end: int
    tree: Tree
    sure: bool  # the words can only be a condition
    exempts: bool = False  # "unless", "except"


def _low_words(lexeme: Lexeme) -> list[str]:
    return lexeme.low.replace("/", " ").split() or [lexeme.low]


def _amount_begins(stream: Stream, at: int) -> bool:
    while stream.kind_at(at) in ("drop", "open", "or", "and", "comma") or stream.low_at(at) == "but":
        at += 1
    return stream.kind_at(at) in ("op", "between", "number", "limit")


def _end_of_guard(stream: Stream, at: int, inside: bool) -> int:
    """Where a condition that begins at `at` ends: at its bracket, at the end, or before the next value."""
    depth = 0
    last = min(len(stream), at + MAX_GUARD)
    for step in range(at, last):
        kind = stream.kind_at(step)
        if kind == "open":
            if step > at and depth == 0 and _amount_begins(stream, step + 1):
                return step
            depth += 1
        elif kind == "close":
            if depth == 0:
                return step
            depth -= 1
        elif (
            depth == 0 and (kind in ("semi", "dot", "colon") or (step > at and stream.low_at(step) in _THEN))
        ) or (
            depth == 0 and step > at and stream.low_at(step) == "who" and stream.kind_at(step + 1) == "must"
        ):
            return step
        elif depth == 0 and kind in ("comma", "or", "and", "slash") and step > at:
            follows = step + 1
            while stream.kind_at(follows) in ("drop", "or", "and", "link", "must"):
                follows += 1
            if stream.kind_at(follows) in ("op", "between") or (
                stream.kind_at(follows) in ("open", "number") and _amount_begins(stream, follows)
            ):
                return step
            if not inside and stream.kind_at(follows) == "variable":
                return step
    return last


def _guard(stream: Stream, at: int, inside: bool = False) -> _Guard | None:
    """The condition that begins at `at`: "if liver metastases are present", "for men", "in patients with "
    "…"."""
    if at >= len(stream):
        return None
    exempts = stream.kind_at(at) in ("unless", "except")
    first = _low_words(stream.lexemes[at])
    sexed = stream.kind_at(at) == "sex"
    if not (exempts or sexed or first[0] in _OPENS or first[0] in ("absence", "presence")):
        return None
    stop = _end_of_guard(stream, at, inside)
    begin, said = at, set(first)
    while begin < stop and (
        (begin == at and exempts) or all(word in _LEADING for word in _low_words(stream.lexemes[begin]))
    ):
        said |= set(_low_words(stream.lexemes[begin]))
        begin += 1
    low = stream.low_at(begin - 1) if begin > at else ""
    if low.rpartition(" ")[2] in ("men", "women", "males", "females"):  # "for men" is one cue
        begin -= 1
    end = stop
    while end > begin and (stream.low_at(end - 1) in _TRAILING or stream.kind_at(end - 1) == "drop"):
        end -= 1
    if end <= begin:
        return _sex_alone(stream, at, stop)
    sex = _sex_alone(stream, begin, end)
    if sex is not None:
        return msgspec.structs.replace(sex, end=stop)
    from accrual.criteria.clause import read_clause

    part = Stream(stream.text, stream.lexemes[begin:end], "inclusion", stream.source)
    tree = read_clause(part)
    if not inside and stop < len(stream) and any(isinstance(node, Compare) for node in walk(tree)):
        return None  # "if AST > 5 and ALT > 3": where the condition ends is not said
    return _Guard(stop, tree, bool(said & _SURE) or bool(said & _PEOPLE), exempts)


def _sex_alone(stream: Stream, at: int, end: int) -> _Guard | None:
    """ "men", "for women", "male subjects"."""
    found = ""
    for lexeme in stream.lexemes[at:end]:
        words = _low_words(lexeme)
        if lexeme.kind == "sex" and lexeme.payload in ("female", "male"):
            sex = lexeme.payload
        elif words[-1] in ("men", "males"):
            sex = "male"
        elif words[-1] in ("women", "females"):
            sex = "female"
        elif all(word in _LEADING or word in _TRAILING for word in words):
            continue
        else:
            return None
        if found not in ("", sex):
            return None
        found = sex
    if not found:
        return None
    return _Guard(end, OneOf(variable="sex", values=(found,), span=stream.span(at, end)), True)


def _understood(tree: Tree) -> bool:
    return not any(isinstance(node, Opaque) for node in walk(tree))


def _bracketed_guard(stream: Stream, at: int) -> _Guard | None:
    """A condition straight after a value, in brackets or not; only one that is surely a condition."""
    if stream.kind_at(at) == "open":
        found = _guard(stream, at + 1, inside=True)
        if found is None or stream.kind_at(found.end) != "close":
            return None
        found = msgspec.structs.replace(found, end=found.end + 1)
    else:
        found = _guard(stream, at)
    if found is None or found.exempts or not found.sure or not _understood(found.tree):
        return None
    return found


class _Case(msgspec.Struct, frozen=True):
    end: int
    guard: Tree | None
    node: Tree
    exempts: bool = False
    joint: str = ""


def _value(stream: Stream, at: int, names: list[Named], joiner: str, base: Amount) -> tuple[int, Tree] | None:
    """A value for the variables already named, or for one named here."""
    if stream.kind_at(at) == "variable":
        read = _read_value(stream, at)
        return None if read is None or read.node is None or read.group != "measure" else (read.end, read.node)
    read_here = amount(stream, at)
    if read_here is None or not read_here.compared or read_here.suffix:
        return None
    if read_here.unit is None and base.unit is not None:
        read_here = msgspec.structs.replace(read_here, unit=base.unit, unit_words=base.unit_words)
    read_here = said_more(stream, names[-1][2], read_here)
    # The names stand before; the claim's own words are the amount.
    node = values_of(stream, names, joiner, read_here)
    return None if node is None else (read_here.end, _at(node, stream.span(at, read_here.end)))


def _at(node: Tree, span: Span) -> Tree:
    if isinstance(node, (All, Any_)):
        parts = tuple(_at(child, span) for child in node.children)
        return msgspec.structs.replace(node, children=parts, span=span)
    return msgspec.structs.replace(node, span=span)


def _case(stream: Stream, at: int, names: list[Named], joiner: str, base: Amount) -> _Case | None:
    """One more value with its condition, before or after it: "(≤ 5 x ULN if …)", ", or in case of …: ≤ 5 "
    "x ULN"."""
    opened = stream.kind_at(at) == "open"
    step = at + opened
    joint = ""
    while stream.kind_at(step) in _JOINTS or stream.low_at(step) == "but":
        joint = stream.kind_at(step) if stream.kind_at(step) in ("or", "and") else joint
        step += 1
    if step == at and stream.kind_at(at) not in ("except", "unless"):
        return None
    before = _sexed_before(stream, step) or _guard(stream, step, opened)
    exempts = before is not None and before.exempts
    if before is not None:
        step = before.end
        while stream.kind_at(step) in ("colon", "comma", "drop", "must") or (
            stream.kind_at(step) in ("link", "loose", "word", "prep") and stream.low_at(step) in _MUST
        ):
            step += 1
    value = _value(stream, step, names, joiner, base)
    if value is None:
        if before is None or not exempts or not _understood(before.tree) or before.end < len(stream):
            return None
        return _Case(before.end, before.tree, before.tree, exempts=True)
    end, node = value
    guard = before.tree if before is not None else None
    if guard is None:
        after = _guard(stream, end, opened) or _bracketed_guard(stream, end)
        if after is not None and not after.exempts:
            bracket = stream.kind_at(end) == "open"
            if after.sure or opened or bracket or stream.low_at(end) in ("with", "if"):
                guard, end = after.tree, after.end
    if opened:
        if stream.kind_at(end) != "close":
            return None
        end += 1
    if guard is None and (opened or joint != "or"):
        return None
    return _Case(end, guard, node, joint=joint)


def _read_value(stream: Stream, at: int) -> Read | None:
    """Read one measurement, or several, against an amount or against the laboratory's own limits."""
    if stream.kind_at(at) == "variable":
        names, joiner, end = names_at(stream, at)
        against = within_normal(stream, names, joiner, end) if names[-1][2].id not in OF_THEIR_OWN else None
        if against is not None:
            return against
    return read_measure(stream, at)


def read_limits(stream: Stream, at: int) -> Read | None:
    """Read one measurement with every condition and alternative that follows it."""
    read = _read_value(stream, at)
    if read is not None and (read.group != "measure" or read.node is None or read.end >= len(stream)):
        return read
    if stream.kind_at(at) != "variable":
        return read
    names, joiner, after = names_at(stream, at)
    if any(each[2].kind == "category" or each[2].id in OF_THEIR_OWN for each in names):
        return read
    first: Tree | None = None
    if read is None:  # "hemoglobin for men ≥ 13 g/dL and for women ≥ 12 g/dL"
        told = _sexed_before(stream, after)
        if told is None:
            return None
        value = _value(stream, told.end, names, joiner, Amount(told.end))
        if value is None:
            return None
        base, first = amount(stream, told.end), told.tree
        cases = [_Case(value[0], first, _at(value[1], stream.span(at, value[0])))]
    else:
        assert read.node is not None
        base = amount(stream, after)
        guarded = _bracketed_guard(stream, read.end)
        cases = [_Case(guarded.end if guarded else read.end, guarded.tree if guarded else None, read.node)]
    if base is None:  # "within normal limits or …"
        base = Amount(after)
    while len(cases) < 5:
        more = _case(stream, cases[-1].end, names, joiner, base)
        if more is None or more.end <= cases[-1].end:
            break
        cases.append(more)
    if len(cases) == 1 and cases[0].guard is None:
        return read
    span = stream.span(at, cases[-1].end)
    tree = _together(cases, stream.kind == "exclusion", span)
    return read if tree is None else Read(cases[-1].end, "measure", spread_over(tree, span))


def _sexed_before(stream: Stream, at: int) -> _Guard | None:
    opened = stream.kind_at(at) == "open"
    to = at + opened
    while to < min(len(stream), at + 6) and stream.kind_at(to) not in (
        "op",
        "colon",
        "close",
        "number",
        "between",
    ):
        to += 1
    found = _sex_alone(stream, at + opened, to)
    if found is None:
        return None
    while stream.kind_at(to) in ("colon", "close", "drop"):
        to += 1
    return msgspec.structs.replace(found, end=to)


def _together(cases: list[_Case], exclusion: bool, span: Span) -> Tree | None:
    guarded = [case for case in cases if case.guard is not None]
    if cases[0].guard is not None:
        if len(guarded) != len(cases) or any(case.exempts for case in cases):
            return None
        if exclusion or any(case.joint == "or" for case in cases):
            return _of(Any_, tuple(_both(case.guard, case.node) for case in cases if case.guard), span)
        parts = tuple(When(condition=case.guard, then=case.node, span=span) for case in cases if case.guard)
        return _of(All, parts, span)
    tree = cases[0].node
    for case in cases[1:]:
        whole = tree.span | case.node.span | (case.guard.span if case.guard else case.node.span)
        if case.guard is None:
            tree = Any_(children=(tree, case.node), span=whole)
        elif case.exempts and exclusion:
            tree = All(children=(tree, Not(child=case.guard, span=case.guard.span)), span=whole)
        elif case.exempts:
            tree = Any_(children=(tree, case.guard), span=whole)
        else:
            tree = _where(case, tree, exclusion, whole)
    return msgspec.structs.replace(tree, span=span)


def _of(kind: type[All] | type[Any_], parts: tuple[Tree, ...], span: Span) -> Tree:
    return parts[0] if len(parts) == 1 else kind(children=parts, span=span)


def _both(guard: Tree, node: Tree) -> Tree:
    return All(children=(guard, node), span=guard.span | node.span)


def _where(case: _Case, outside: Tree, exclusion: bool, span: Span) -> Tree:
    """Return "the case's value where its guard holds, else `outside`" in the form that is decided most "
    "often."""
    assert case.guard is not None
    both = Any_(children=(outside, _both(case.guard, case.node)), span=span)
    if _wider(case.node, outside):
        return both
    then = When(condition=case.guard, then=case.node, span=case.guard.span | case.node.span)
    if _wider(outside, case.node):
        return All(children=(outside, then), span=span)
    if case.joint == "or" and (not exclusion or not _same(case.node, outside)):
        return both
    return All(children=(then, Any_(children=(case.guard, outside), span=span)), span=span)


def _same(one: Tree, other: Tree) -> bool:
    """Say whether two values are of the same variables."""
    found = [{node.variable for node in walk(tree) if isinstance(node, Compare)} for tree in (one, other)]
    return found[0] == found[1]


def _wider(one: Tree, other: Tree) -> bool:
    """Say whether whatever makes `other` true makes `one` true: the same variables, each interval the "
    "wider one."""
    if isinstance(one, Compare) and isinstance(other, Compare):
        return one.variable == other.variable and _contains(one.interval, other.interval)
    if type(one) is not type(other) or not isinstance(one, (All, Any_)):
        return False
    mine, others = children(one), children(other)
    return len(mine) == len(others) and all(
        each == with_ or _wider(each, with_) or (isinstance(each, Opaque) and isinstance(with_, Opaque))
        for each, with_ in zip(mine, others, strict=True)
    )


def _contains(one: Interval, other: Interval) -> bool:
    if one.unit != other.unit:
        return False
    low = one.low is None or (other.low is not None and other.low >= one.low)
    high = one.high is None or (other.high is not None and other.high <= one.high)
    if one.low is not None and other.low == one.low and one.low_open and not other.low_open:
        return False
    if one.high is not None and other.high == one.high and one.high_open and not other.high_open:
        return False
    return low and high


# Words in front of a value's name that say nothing of who has it: when it is measured is now, where is its definition.
WORDS_BEFORE = word_set(
    "baseline screening total serum plasma blood peripheral mean average resting current absolute "
    "estimated measured calculated "
    "elevated high low abnormal a an the overall corrected venous "
    "whole sitting seated supine "
    "pre-treatment pretreatment documented "
)
# The organ in front of its value: "Cardiac function: LVEF ≥ 50%".
_LABELS = word_set(
    "cardiac renal hepatic liver kidney hematologic hematological haematological hematopoietic pulmonary "
    "bone marrow blood "
    "cardiovascular coagulation thyroid function functions adequate and parameters status system"
)
MAX_BEFORE = 6  # lexemes


def read_named(stream: Stream, at: int) -> Read | None:
    """Read one measurement with the words in front of its name."""
    if stream.kinds[at] in ("variable", "value"):
        return read_limits(stream, at)
    if not stream.topics:
        return None
    against = read_against_normal(stream, at)
    if against is not None:
        return against
    step, labelled = at, True
    while step < min(len(stream), at + MAX_BEFORE) and stream.kinds[step] not in ("variable", "colon"):
        words = stream.lexemes[step].low.replace("/", " ").split()
        if not all(word in WORDS_BEFORE or (labelled and word in _LABELS) for word in words):
            return None
        step += 1
    if stream.kind_at(step) == "colon":
        step += 1
        while stream.kind_at(step) == "drop" or stream.low_at(step) in WORDS_BEFORE:
            step += 1
    elif not all(word in WORDS_BEFORE for lexeme in stream.lexemes[at:step] for word in lexeme.low.split()):
        return None
    if step == at or stream.kind_at(step) != "variable":
        return None
    read = read_limits(stream, step)
    if read is None or read.node is None or read.group != "measure":
        return None
    node = read.node
    if not isinstance(node, Opaque):
        node = msgspec.structs.replace(node, span=stream.span(at, step) | node.span)
    return msgspec.structs.replace(read, node=node)


MEASURE = Family(
    "measure", frozenset(("variable", "value", "word", "drop", "qualifier", "shift")), read_named
)
