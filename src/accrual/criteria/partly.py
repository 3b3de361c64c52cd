"""What can be said for sure of a clause that the strict reader cannot take as a whole: a claim without which it fails.

Comes in: a `Stream`, its pieces. Goes out: `All(claim, Opaque)`, a claim that the clause cannot hold without, beside
the words that are left; None where no such claim is sure. Refuses (None) whatever might widen the claim: an "or"
that may stand beside the claim itself, "unless", "if", "allowed", another person, another sentence.

The claim stands at the beginning, and what follows only narrows it: "Adults aged 18-75 with … or …". What follows is
looked through word by word (`_Rest`):

* words of permission and exception may loosen anything: nothing is kept;
* an "or" is inside what narrows where it stands behind "who", "defined as", "treated with" …, or where what it joins
  is of another sort than the claim (two stages, two numbers, two drugs behind a condition);
* words about another time weaken the claim to any time; so does "resolved".
"""

from __future__ import annotations

from collections.abc import Sequence

from accrual.codes.concepts import vocabulary
from accrual.criteria.inside import ends_list, stays_inside
from accrual.criteria.lists import ever, speaks_of_time
from accrual.criteria.phrases.state import FEMALE_STATES
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.pieces import Piece
from accrual.criteria.reader import ClauseReader
from accrual.criteria.terms import PEOPLE, UnclearError
from accrual.criteria.tree import All, Any_, Compare, OneOf, Opaque, Present, Tree, Within, walk
from accrual.criteria.words import word_set

MAX_CUTS = 4  # how many places are tried; each costs one reading of what stands before it

# "Cataract-associated vision loss": the claim is of another thing.
_COMPOUNDS = frozenset(("associated", "related", "induced", "like", "resulting", "involving"))
# What begins words that narrow a claim before it.
_CUTS = frozenset(("link", "prep", "time", "within", "before", "after", "ago", "open", "and", "comma"))
_CUT_WORDS = word_set(
    "arising occurring characterized characterised manifested presenting documented demonstrated evidenced proven "
    "verified diagnosed confirmed established complicated causing receiving undergoing requiring"
)
# What is said of a single time that a disease showed: who has the event has the disease.
_EVENTS = word_set(
    "event events episode episodes attack attacks exacerbation exacerbations flare flares occurred"
)
# Behind these an "or" of whatever words stays inside what narrows.
_SHIELDS = word_set(
    "who that which whose defined based confirmed documented treated required requiring according due secondary "
    "caused despite diagnosed assessed determined measured demonstrated evidenced verified proven characterized "
    "characterised manifested by"
)
_DEFINING = word_set("defined evidenced demonstrated characterized characterised manifested")
# These loosen, forbid, or begin another sentence: nothing before them is sure.
_LOOSE = frozenset(
    (
        "loose",
        "unless",
        "except",
        "excluded",
        "must",
        "example",
        "include",
        "dot",
        "semi",
        "colon",
        "child",
        "subject",
    )
)
_MAYS = word_set("may can could might whether only also where when")
# Of somebody else; not known to be so; to come.
OTHERS = word_set(
    "family relative relatives mother mothers father parent parents partner partners spouse sibling siblings donor "
    "donors caregiver caregivers household fetus foetus fetal offspring degree maternal paternal infant"
)
_UNSURE = word_set("suspected suspicion possible probable potential likely suspicious planned planning plan plans "
                   "scheduled expected anticipated anticipate intended intend candidate candidates eligible pre post "
                   "future upcoming susceptible susceptibility predisposition risk")  # fmt: skip
_AHEAD = word_set("during throughout while until through upcoming next future")
_LET = word_set("permissible permit allow allows exempt exempted exemption waiver tolerated discretion")
_OVER = word_set("resolved cured remission recovered recovery previously former formerly")
# A demand on one sex that has to do with children is none on the other: it does not ask for the sex.
_OF_CHILDREN = word_set(
    "partner partners childbearing child bearing reproductive fertile fertility contraception contraceptive "
    "contraceptives pregnancy pregnant pregnancies birth potential conceive menopausal postmenopausal premenopausal "
    "menopause sterile sterilized lactating breastfeeding nursing abstinent sperm semen condom condoms"
)
_FIT = (Compare, Present, OneOf, All, Any_, Within, Opaque)


def read_partly(stream: Stream, items: list[Piece]) -> Tree | None:
    """Return the claim that a clause begins with beside the words that narrow it, None where that is not sure."""
    if any(item.kind == "child" for item in items):
        return None
    first = next((at for at, item in enumerate(items) if item.kind in ("claim", "not", "open", "time")), -1)
    if first < 0 or items[first].kind != "claim":
        return None
    best: Tree | None = None
    tried = 0
    for cut in range(first + 1, len(items)):
        if tried >= MAX_CUTS:
            break
        if not _cuts(stream, items, cut):
            continue
        tried += 1
        head = Stream(stream.text, stream.lexemes[: items[cut].at], stream.kind, stream.source)
        try:
            core = ClauseReader(head, items[:cut]).whole()
        except UnclearError:
            break
        found = _necessary(stream, items, cut, core)
        best = found if found is not None else best
    return best


def _cuts(stream: Stream, items: list[Piece], cut: int) -> bool:
    item = items[cut]
    if stream.low_at(item.at) in _COMPOUNDS:
        return False
    before = cut - 1
    while items[before].kind == "drop" and before:
        before -= 1
    if items[before].kind in ("or", "slash", "and", "comma") and not (
        (items[before].kind in ("and", "comma") and stream.kind == "inclusion")
        or (
            items[before].kind == "comma"
            and (item.kind in ("link", "loose") or stream.low_at(item.at) in _SHIELDS)
        )
    ):
        return False  # "hypertension, or has …": another thing
    if item.kind == "loose":
        return stream.kind == "exclusion" and stream.low_at(item.at) in _IF
    if item.kind in ("example", "include"):
        return items[before].kind == "claim" and (stream.kind == "exclusion" or item.kind == "example")
    if item.kind == "and":
        return stream.kind == "inclusion"
    if item.kind == "comma":
        if cut + 1 == len(items):
            return False
        follows = items[cut + 1]
        if follows.kind == "example" or _says_how(stream, follows):
            return True
        if stream.kind != "inclusion":
            return follows.kind in ("include", "except", "unless")
        if follows.kind == "and":
            return True
        told = all(each.group not in ("present", "marker") for each in items[:cut] if each.kind == "claim")
        return told or follows.kind in ("link", "prep", "time") or stream.low_at(follows.at) in _CUT_WORDS
    if item.kind == "word" and stream.low_at(item.at) in _EVENTS:
        return items[cut - 1].kind == "claim" and _sort(stream, items[cut - 1]) == "condition"
    if item.kind == "claim" and item.group == "present" and stream.kind_at(item.at) == "receive":
        # "type 2 diabetes on metformin"
        return stream.kind == "inclusion" and _sort(stream, items[cut - 1]) == "condition"
    if _says_how(stream, item):
        return True
    return item.kind in _CUTS or (item.kind in ("word", "drop") and stream.low_at(item.at) in _CUT_WORDS)


def _says_how(stream: Stream, item: Piece) -> bool:
    """ "as defined by", "defined as": what follows tells how the claim before it is known."""
    return item.kind in ("drop", "prep") and not _DEFINING.isdisjoint(stream.low_at(item.at).split())


def _necessary(stream: Stream, items: list[Piece], cut: int, core: Tree) -> Tree | None:
    """The claim beside the rest, if the clause surely fails where the claim does."""
    if not all(isinstance(node, _FIT) for node in walk(core)) or not refutable(core):
        return None
    claims = [node for node in walk(core) if isinstance(node, (Compare, Present, OneOf))]
    rest = items[cut:]
    words = {word for item in rest for at in range(item.at, item.to) for word in stream.low_at(at).split()}
    narrows = _narrows_always(stream, items[:cut], claims)
    if words & OTHERS or (words & _LET and not narrows) or not _keeps(stream, items, cut, claims, narrows):
        return None
    sized = any(isinstance(node, Compare) and node.variable != "age" for node in claims)
    if sized and stream.low_at(items[cut].at).split()[0] in ("for", "in", "on"):
        return None  # "ECOG 0-1 for cohort A": asked of some only
    if sized and items[cut].kind == "open" and cut + 1 < len(items):
        if stream.low_at(items[cut + 1].at).split()[:1] in (["for"], ["in"], ["on"]):
            return None  # "(for cohort A)"
        inside = {item.kind for item in rest} | {
            stream.kind_at(item.at) for item in rest if item.kind == "claim"
        }
        if inside & {"number", "op", "unit", "claim", "variable", "between"}:
            return None  # "(Karnofsky ≥ 70)", "(≤ 5 in liver metastases)"
    if stream.kind == "exclusion" and any(isinstance(node, OneOf) for node in claims):
        return None
    people = all(item.group in PEOPLE for item in items[:cut] if item.kind == "claim")
    if any(isinstance(node, OneOf) and node.variable in FEMALE_STATES for node in claims):
        return None
    if any(isinstance(node, OneOf) and node.variable == "sex" for node in claims) and (
        words & _OF_CHILDREN or any(each.startswith("child") for each in words)
    ):
        return None
    if any(isinstance(node, Present) for node in claims):
        if words & _UNSURE or words & _AHEAD:
            return None
        if stream.kind == "inclusion" and "considered" in words and any(_given(node) for node in claims):
            return None  # "prior transplant considered two regimens": how it is counted
        if any(_given(node) for node in claims) and any(
            item.kind == "shift" and not (at and stream.low_at(item.at).split()[0] in _FOR)
            for at, item in enumerate(rest)
        ):
            return None
    span = stream.span(rest[0].at, len(stream))
    if not people and (speaks_of_time(stream, span) or words & _OVER):
        if any(isinstance(node, Within) for node in walk(core)):
            return None
        core = ever(core)
    left = Opaque(text=stream.words(span), span=span)
    return All(children=(core, left), span=stream.span(0, len(stream)))


def refutable(tree: Tree) -> bool:
    """Say whether a tree can be false: not where the words in doubt may hold instead."""
    match tree:
        case All():
            return any(refutable(child) for child in tree.children)
        case Any_():
            return all(refutable(child) for child in tree.children)
        case _:
            return not isinstance(tree, Opaque)


def _given(node: Tree) -> bool:
    """Say whether a claim is of a drug or a procedure."""
    if not isinstance(node, Present):
        return False
    concept = vocabulary().concepts.get(node.concept.code)
    return concept is None or concept.kind != "condition"


def _sort(stream: Stream, item: Piece) -> str:
    """Of what sort a piece is, to see what an "or" joins."""
    if item.kind == "claim":
        if item.group == "present":
            nodes = [node for node in walk(item.node) if isinstance(node, Present)] if item.node else []
            return "given" if nodes and all(_given(node) for node in nodes) else "condition"
        return item.group or "word"
    lexeme = stream.lexemes[item.at]
    if lexeme.concept is not None:
        return "condition" if lexeme.concept.kind == "condition" else "given"
    if item.kind in ("number", "op", "unit", "limit", "value", "variable", "between"):
        return "measure"
    return item.kind


_PASSING = frozenset(("drop", "comma", "or", "and", "slash", "other"))
_SAFE_SORTS = frozenset(("qualifier", "measure", "given", "marker"))


_PERMITTING = frozenset(("loose", "unless", "except"))
# Of these words, what may begin another claim, or widens the one before.
_ADDING = frozenset(
    ("also", "similar", "equivalent", "then", "instead", "rather", "not limited to", "otherwise")
)
_IF = frozenset(("if", "when", "where", "though", "although", "only", "in case of", "in the case of"))
# What a treatment is for; behind a preposition it narrows.
_FOR = word_set("treatment management prevention prophylaxis therapy surgery symptoms")


def _narrows_always(stream: Stream, before: list[Piece], claims: Sequence[Tree]) -> bool:
    """Say whether words of permission and exception can only narrow: behind what excludes, where nothing is denied."""
    if stream.kind != "exclusion" or any(item.kind == "not" for item in before):
        return False
    return all(isinstance(claim, Present) for claim in claims)


def _keeps(stream: Stream, items: list[Piece], cut: int, claims: Sequence[Tree], narrows: bool) -> bool:
    """Say whether the pieces from `cut` on can only narrow the claims before it.

    Args:
        narrows: the claims exclude, so that "unless", "if", "allowed" take people out of them.
    """
    start = items[cut]
    sorts = {_sort(stream, item) for item in items[:cut] if item.kind == "claim"}
    people = sorts <= PEOPLE
    shielded = sheltered = False
    named = all(isinstance(claim, Present) for claim in claims)
    listed = -1  # how deep in brackets examples are listed; -1: none are
    # "Renal impairment (creatinine ≥ 130 or dialysis)" may be nothing but the value
    valued = any(item.kind in ("op", "limit", "variable") or item.group == "measure" for item in items[cut:])
    depth = 0
    inclusion = stream.kind == "inclusion"
    for at in range(cut, len(items)):
        item = items[at]
        kind = item.kind
        low = stream.low_at(item.at)
        if kind in _LOOSE:
            if (kind == "loose" and shielded and low in _MAYS) or (
                narrows and kind in _PERMITTING and low not in _ADDING
            ):
                sheltered = sheltered or at > cut
                continue
            leads = at == cut or (at == cut + 1 and start.kind in ("open", "comma"))
            leads = leads and named and (kind == "example" or not inclusion)
            if kind in ("example", "include") and (sheltered or shielded or leads) and not people:
                listed = depth
                continue
            if kind == "colon" and items[at - 1].kind in ("example", "include"):
                continue
            if kind == "dot" and depth > 0 and stream.low_at(items[at - 1].at) == "etc":
                continue
            return False
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            return False
        listed = -1 if depth < listed else listed
        if listed >= 0 and not shielded and not sheltered and not _of_sort(stream, item, sorts):
            return False  # "renal impairment (e.g. dialysis)"
        first = low.split()
        if kind in ("link", "prep", "word", "drop", "receive") and any(word in _SHIELDS for word in first):
            shielded = True
        if kind in ("link", "prep", "within", "time"):
            sheltered = True
        if people and kind == "claim" and item.group in PEOPLE:
            return False
        if (
            kind == "claim"
            and item.group in PEOPLE
            and stream.low_at(items[at - 1].at) in ("for", "in", "among")
        ):
            return False  # "negative test (for women of childbearing potential)": asked of some only
        joins = kind in ("or", "slash") or (not inclusion and kind in ("and", "comma"))
        if kind == "unit" and item is not start and people and stream.lexemes[item.at].payload == "a":
            return False
        if joins and not (
            (narrows and depth > 0 and items[at - 1].kind != "open" and not valued)
            or _joins_inside(stream, items, at, sorts, shielded, sheltered, claims)
            or ((sheltered or shielded) and not people and stays_inside(stream, items, at, listed >= 0))
        ):
            return False
    return depth == 0


def _of_sort(stream: Stream, item: Piece, sorts: set[str]) -> bool:
    """Say whether an example may be a kind of what it stands for: no drug is a kind of a disease."""
    if item.kind in ("receive", "history", "variable"):
        return item.kind == "receive" and "given" in sorts
    return item.kind != "claim" or _sort(stream, item) in sorts


def _joins_inside(
    stream: Stream,
    items: list[Piece],
    at: int,
    sorts: set[str],
    shielded: bool,
    sheltered: bool,
    claims: Sequence[Tree],
) -> bool:
    """Say whether what an "or" joins stays inside the words that narrow the claim."""
    if not sheltered and not shielded:
        return False
    after = at + 1
    while after < len(items) and items[after].kind in _PASSING:
        after += 1
    before = at - 1
    while before > 0 and items[before].kind in _PASSING:
        before -= 1
    if after >= len(items):
        return True
    right, left = _sort(stream, items[after]), _sort(stream, items[before])
    first = stream.low_at(items[after].at).split()[:1]
    if right in (
        "history",
        "receive",
        "not",
        "subject",
        "shift",
        "relation",
        "time",
        "within",
        "child",
        "open",
    ):
        return False
    if first and first[0] in ("with", "has", "have", "having"):
        return False
    if sorts <= PEOPLE:
        return right not in PEOPLE
    timed = any(isinstance(claim, Compare) for claim in claims)
    if right == "measure" and (timed or left != "measure"):
        return False
    if right in sorts or right == "condition" or right in PEOPLE or right in ("consent", "state"):
        return False
    if right == "given":
        return (
            "given" not in sorts
            and left == "given"
            and (stream.kind == "inclusion" or not ends_list(items, at))
        )
    if right == "qualifier" and stream.kind == "exclusion":
        return False  # "or uncontrolled illness": see `inside.py`
    if right in _SAFE_SORTS:
        return right == left or shielded
    return shielded and stream.kind == "inclusion"
