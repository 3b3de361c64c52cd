"""Of whom a demand is asked, where "if" or "for" says so: "If female, …", "negative pregnancy test, for women of
childbearing potential only".

Comes in: the stream of one requirement, and how a clause is read. Goes out: `When`, or None where no such words stand
there. Refuses (None) people told by more than sex and states, a demand at whose end the words may be for its last part
only, and every exclusion.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from accrual.criteria.lexer import Lexeme
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.tree import All, Any_, OneOf, Tree, When, Within, children, walk

_PEOPLE = {"women": "female", "females": "female", "men": "male", "males": "male"}
_LEADS = frozenset(f"{word} {people}" for word in ("for", "in") for people in _PEOPLE)
_ENDS = frozenset(("comma", "colon", "dash", "must"))
_CLOSING = frozenset(("only", "also"))
_DOUBTS = frozenset(("loose", "unless", "except", "excluded", "not", "shift", "example", "include"))
_TOLD = FEMALE_STATES | {"sex", "fertile"}
# Demands that are made of the people of the guard alone, wherever it stands.
_THEIRS = frozenset(("pregnancy-test", "contraception", "pregnant", "breastfeeding"))
_SKIPPED = frozenset(("drop", "subject", "link"))


def guarded(stream: Stream, read: Callable[[Stream], Tree]) -> When | None:
    """Return the demand on those that "if" or "for" names; None where it names nobody in particular."""
    if stream.kind != "inclusion":
        return None
    first = next((at for at, kind in enumerate(stream.kinds) if kind not in _SKIPPED), 0)
    if _begins(stream, first):
        end = next((at for at in range(first + 1, len(stream)) if stream.kinds[at] in _ENDS), 0)
        while end and stream.kind_at(end + 1) in _ENDS:
            end += 1
        return _when(stream, first, end, end + 1, len(stream), read) if end else None
    last = next((at for at in range(len(stream) - 1, first, -1) if _begins(stream, at)), 0)
    if not last:
        return None
    stop, end = last, len(stream)
    if stream.kind_at(last - 1) in ("comma", "dash"):
        stop -= 1
    elif stream.kind_at(last - 1) == "open" and stream.kind_at(end - 1) == "close":
        stop, end = stop - 1, end - 1
    if stream.low_at(end - 1) in _CLOSING:
        end -= 1
    found = _when(stream, last, end, first, stop, read)
    return found if found is not None and _theirs(found.then) else None


def _begins(stream: Stream, at: int) -> bool:
    low = stream.low_at(at)
    if low in ("for", "in"):
        variable = stream.lexemes[at + 1].variable if at + 1 < len(stream) else None
        return variable is not None and variable.id in _TOLD
    return low == "if" or low in _LEADS


def _when(
    stream: Stream, at: int, end: int, first: int, last: int, read: Callable[[Stream], Tree]
) -> When | None:
    head = list(stream.lexemes[at:end])
    if head and head[0].low in _LEADS:
        head[0] = _people(head[0])
    else:
        head = head[1:]
    if not head or first >= last or any(lexeme.kind in _DOUBTS for lexeme in head):
        return None
    guard = read(Stream(stream.text, head, "inclusion", stream.source))
    if not all(_tells(node) for node in walk(guard)) or _both_at_once(guard):
        return None
    then = read(Stream(stream.text, stream.lexemes[first:last], "inclusion", stream.source))
    span = stream.span(0, len(stream))
    words = stream.span(at, end)
    guard = msgspec.structs.replace(guard, span=guard.span | words) if not children(guard) else guard
    return When(condition=guard, then=then, span=span)


def _people(lexeme: Lexeme) -> Lexeme:
    return msgspec.structs.replace(lexeme, kind="sex", payload=_PEOPLE[lexeme.low.split()[1]])


def _both_at_once(guard: Tree) -> bool:
    """ "For men and women of childbearing potential": two groups, read as one that nobody is in."""
    male = OneOf(variable="sex", values=("male",))
    return any(isinstance(node, All) and male in node.children for node in walk(guard))


def _tells(node: Tree) -> bool:
    return isinstance(node, (All, Any_)) or (
        isinstance(node, OneOf)
        and node.variable in _TOLD
        and node.values in (("yes",), ("female",), ("male",))
    )


def _theirs(then: Tree) -> bool:
    leaf = then.child if isinstance(then, Within) else then
    return isinstance(leaf, OneOf) and leaf.variable in _THEIRS
