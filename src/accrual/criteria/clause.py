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

from accrual.criteria.behind import read_behind
from accrual.criteria.childbearing import TOPICS, read_childbearing
from accrual.criteria.contradiction import impossible
from accrual.criteria.guards import guarded
from accrual.criteria.partly import read_partly
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece, pieces_of
from accrual.criteria.reader import ClauseReader
from accrual.criteria.rewrite import rewrite
from accrual.criteria.segments import read_segments
from accrual.criteria.several import read_several
from accrual.criteria.spans import widened
from accrual.criteria.subjects import spare_men, spare_other_sex
from accrual.criteria.terms import UnclearError
from accrual.criteria.tree import All, Any_, Not, OneOf, Opaque, Present, Tree, understood, walk
from accrual.criteria.trials import INVESTIGATIONAL, read_trials
from accrual.criteria.words import word_set

MAX_LEXEMES = 400  # a longer clause is prose, not a claim; it stays Opaque
# Without a concept or a variable, only these can begin a claim.
_CLAIMING = frozenset(("sex", "adult", "child", "unit", "number", "relation"))


def read_clause(stream: Stream) -> Tree:
    """Return the tree of one clause: understood, partly understood, or one Opaque for all of it."""
    tree = spare_other_sex(stream, _read(stream))
    if not TOPICS.isdisjoint(stream.topics) and understood(tree) != "whole":
        tree = read_childbearing(stream) or tree
    elif stream.kind == "exclusion" and understood(tree) != "whole" and _speaks_of_trials(stream):
        tree = read_trials(stream) or tree
    if impossible(tree):
        span = stream.span(0, len(stream))
        return Opaque(text=stream.words(span), span=span)
    return tree


def _speaks_of_trials(stream: Stream) -> bool:
    return stream.experimental or any(
        each.concept is not None and each.concept.id == INVESTIGATIONAL for each in stream.lexemes
    )


def _read(stream: Stream) -> Tree:
    span = stream.span(0, len(stream))
    whole = Opaque(text=stream.words(span), span=span)
    if len(stream) > MAX_LEXEMES:
        return whole
    if not (stream.topics or stream.pledging or stream.circumstantial or stream.experimental) and not any(
        lexeme.concept or lexeme.kind in _CLAIMING for lexeme in stream.lexemes
    ):
        return whole
    defined = _definition(stream)
    if defined is not None:
        tree = read_clause(defined)
        whole_lead = stream.span(0, len(stream) - len(defined))
        return whole if isinstance(tree, Opaque) else widened(tree, whole_lead)
    asked = guarded(stream, read_clause)
    if asked is not None and not isinstance(asked.then, Opaque):
        return asked
    items = pieces_of(stream)
    if not any(item.kind == "claim" for item in items):
        return _last_resorts(stream) or whole
    clause = ClauseReader(stream, items)
    try:
        tree = _objected(stream, clause.whole())
        if stream.kind == "exclusion":
            tree = _excluding(stream, items, tree)
        else:
            tree = spare_men(stream, rewrite(tree) if isinstance(tree, All) else tree)
    except UnclearError:
        tree = _demands(stream, items, whole)
    if isinstance(tree, Opaque):
        tree = read_partly(stream, items) or _last_resorts(stream) or whole
    return tree


def _last_resorts(stream: Stream) -> Tree | None:
    return read_segments(stream, read_clause) or read_several(stream) or read_behind(stream, read_clause)


_ORGANS = word_set(
    "adequate sufficient acceptable satisfactory normal appropriate good bone marrow organ renal kidney "
    "hepatic liver "
    "hematologic hematological haematological haematologic hematopoietic coagulation cardiac pulmonary "
    "blood baseline laboratory "
    "function functions reserve status counts count parameters tests values is are as defined by "
    "evidenced indicated "
    "demonstrated the following patients subjects participants patient subject participant must have "
    "has having with and or "
    "shown assessed end system below"
)
_DEFINES = ("defined", "evidenced", "indicated", "demonstrated", "shown", ":")


def _definition(stream: Stream) -> Stream | None:
    """ "Adequate renal function, defined as creatinine ≤ 1.5 x ULN": what stands after the name says what it is."""
    if stream.kind != "inclusion":
        return None
    first = next((at for at, each in enumerate(stream.lexemes) if each.variable is not None), 0)
    if first < 2 or stream.lexemes[first].variable is None:
        return None
    lead = [word for each in stream.lexemes[:first] for word in each.low.replace("/", " ").split()]
    if not any(word.startswith(("function", "reserve", "parameter")) for word in lead):
        return None
    if not all(word in _ORGANS or not word[:1].isalnum() for word in lead):
        return None
    last = [each.low for each in stream.lexemes[max(0, first - 2) : first]]
    if not any(mark in low for low in last for mark in _DEFINES):
        return None
    return Stream(stream.text, stream.lexemes[first:], stream.kind, stream.source)


def _excluding(stream: Stream, items: list[Piece], tree: Tree) -> Tree:
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


def _demands(stream: Stream, items: list[Piece], whole: Opaque) -> Tree:
    """Where a requirement as a whole is unclear: the part before an "and" that is clear, and the rest in doubt."""
    if stream.kind == "exclusion":
        return whole
    loose = frozenset(
        ("loose", "unless", "except", "or", "slash", "excluded", "must", "not", "include", "example")
    )
    for cut, item in enumerate(items):
        if item.kind != "and" or cut == 0 or cut + 1 >= len(items):
            continue
        if items[cut + 1].kind in ("subject", "child") or any(
            each.kind in loose for each in items[cut + 1 :]
        ):
            continue
        head = Stream(stream.text, stream.lexemes[: items[cut].at], stream.kind, stream.source)
        try:
            core = ClauseReader(head, items[:cut]).whole()
        except UnclearError:
            continue
        span = stream.span(items[cut + 1].at, len(stream))
        rest = Opaque(text=stream.words(span), span=span)
        return All(children=(core, rest), span=stream.span(0, len(stream)))
    return whole


_OBJECTIONS = (
    "contraindic",
    "cons-indic",
    "cons indic",
    "idiosyncra",
    "intoleran",
    "sensitivity to",
    "reaction to",
)


def _objected(stream: Stream, tree: Tree) -> Tree:
    """ "Allergy or other contraindication to heparin": an allergy, but to heparin alone.

    What stands behind the last of several heads is meant for all of them, and is said nowhere else in the tree. The
    bare word "allergies" is a topic, and "healthy controls" among exclusions a group: neither decides.
    """
    span = stream.span(0, len(stream))
    whole = Opaque(text=stream.words(span), span=span)
    if stream.kind == "exclusion" and tree == OneOf(variable="healthy-volunteer", values=("yes",)):
        return whole
    if not any(isinstance(node, Present) and node.concept.code == "hypersensitivity" for node in walk(tree)):
        return tree
    if isinstance(tree, Present) and not tree.qualifiers and len(stream) <= 2:
        return whole
    doubts = tree.children if isinstance(tree, All) else ()
    if any(isinstance(child, Opaque) for child in doubts) or isinstance(tree, Not):
        return tree
    low = span.of(stream.text).lower()
    if " to " in low or any(word in low for word in _OBJECTIONS):
        return All(children=(tree, whole), span=span)
    return tree
