"""Criteria about pregnancy, breastfeeding and birth control, read word by word: each trial has its own words for them.

Comes in: a `Stream` that names one of them and is not wholly understood otherwise. Goes out: the tree of the whole
clause. Refuses (None) a clause with any word that stands in none of the tables (`childbearing_words`), a list in which
"or" and "and" could be taken either way, and a group of people of whom nothing is said.

"Women of childbearing potential or sexually active men unwilling to use contraception" is made of people, of what
narrows them in words that no chart holds ("sexually active", a doubt), and of what is said of them. Among exclusions
each claim excludes, that of birth control only those named before it; of a requirement all hold, for those named.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.criteria.childbearing_words import NARROWER, PARTS, Tag
from accrual.criteria.phrases.stream import Stream
from accrual.criteria.spans import spread_over
from accrual.criteria.tree import All, Any_, OneOf, Opaque, Tree, When

TOPICS = frozenset(
    (
        "pregnant",
        "breastfeeding",
        "contraception",
        "childbearing-potential",
        "pregnancy-test",
        "fertile",
        "postmenopausal",
    )
)
MAX_CHARACTERS = 600
MAX_PARTS = 60


class _Part(msgspec.Struct):
    tag: Tag
    span: Span


def read_childbearing(stream: Stream) -> Tree | None:
    """Return the tree of a clause about pregnancy and birth control, None where a word of it is not known."""
    if TOPICS.isdisjoint(stream.topics):
        return None
    span = stream.span(0, len(stream))
    if span.end - span.start > MAX_CHARACTERS:
        return None
    parts = _parts(stream, span)
    if not parts:
        return None
    tree = _excluded(parts, stream) if stream.kind == "exclusion" else _demanded(parts, stream)
    return None if tree is None else spread_over(tree, span)


def _parts(stream: Stream, span: Span) -> list[_Part]:
    """The parts of a clause; none where a word belongs to no part."""
    low = stream.text[span.start : span.end].lower()
    found: list[_Part] = []
    at = 0
    while at < len(low):
        part = PARTS.match(low, at)
        if part is None or part.end() == at or len(found) > MAX_PARTS:
            return []
        assert part.lastgroup is not None
        if not part.lastgroup.startswith("filler"):
            found.append(_Part(Tag(part.lastgroup), Span(span.start + at, span.start + part.end())))
        at = part.end()
    return found


_LEAVES: dict[Tag, tuple[str, str]] = {
    Tag.FEMALE: ("sex", "female"),
    Tag.MALE: ("sex", "male"),
    Tag.BEARING: ("childbearing-potential", "yes"),
    Tag.FERTILE: ("fertile", "yes"),
    Tag.PREMENOPAUSAL: ("postmenopausal", "no"),
    Tag.PREGNANT: ("pregnant", "yes"),
    Tag.NOT_PREGNANT: ("pregnant", "no"),
    Tag.POSITIVE: ("pregnancy-test", "positive"),
    Tag.NEGATIVE: ("pregnancy-test", "negative"),
    Tag.NURSING: ("breastfeeding", "yes"),
    Tag.NOT_NURSING: ("breastfeeding", "no"),
    Tag.PLANNING: ("plans-pregnancy", "yes"),
    Tag.REFUSED: ("contraception", "no"),
    Tag.PROMISED: ("contraception", "yes"),
    Tag.PROMISED_MORE: ("contraception", "yes"),
    Tag.ABSTINENT: ("abstinent", "yes"),
    Tag.STERILE: ("surgically-sterile", "yes"),
    Tag.MENOPAUSAL: ("postmenopausal", "yes"),
}
_PEOPLE = frozenset((Tag.FEMALE, Tag.MALE, Tag.BEARING, Tag.FERTILE, Tag.PREMENOPAUSAL, Tag.DOUBT, Tag.BOTH))
_STATES = frozenset((Tag.PREGNANT, Tag.NURSING, Tag.PLANNING, Tag.POSITIVE))
_JOINS = {Tag.OR: "or", Tag.AND: "and", Tag.COMMA: "comma"}
_WAYS = frozenset((Tag.PROMISED, Tag.PROMISED_MORE, Tag.ABSTINENT, Tag.STERILE, Tag.MENOPAUSAL))
"""What one of is enough, where "or" joins them."""
_NAMED = {Tag.BARE: Tag.PROMISED, Tag.BARE_MORE: Tag.PROMISED_MORE}
_DEMANDS = _WAYS | {Tag.NEGATIVE, Tag.NOT_PREGNANT, Tag.NOT_NURSING}


def _leaf(part: _Part, stream: Stream) -> Tree:
    doubt = Opaque(text=stream.words(part.span), span=part.span)
    if part.tag in (Tag.DOUBT, Tag.REFUSED_MORE):  # who uses one method may use no second one
        return doubt
    variable, value = _LEAVES[part.tag]
    leaf = OneOf(variable=variable, values=(value,), span=part.span)
    if part.tag is not Tag.PROMISED_MORE:
        return leaf
    more = NARROWER.search(part.span.of(stream.text).lower())
    if more is not None:
        start = part.span.start
        span = Span(start + more.start(), start + more.start() + len(more.group().rstrip(" -")))
        doubt = Opaque(text=stream.words(span), span=span)
    return All(children=(leaf, doubt), span=part.span)


def _one(trees: list[Tree], either: bool) -> Tree:
    if len(trees) == 1:
        return trees[0]
    span = trees[0].span | trees[-1].span
    return Any_(children=tuple(trees), span=span) if either else All(children=tuple(trees), span=span)


def _guard(groups: list[list[_Part]], stream: Stream) -> Tree | None:
    """The people of the groups; None where everybody is one of them."""
    parts: list[Tree] = []
    for group in groups:
        tags = {part.tag for part in group}
        if Tag.MALE in tags and Tag.BEARING in tags:  # "men of childbearing potential" are fertile men
            group = [
                msgspec.structs.replace(part, tag=Tag.FERTILE) if part.tag is Tag.BEARING else part
                for part in group
            ]
            tags = {part.tag for part in group}
        if Tag.BOTH in tags:
            told = [part for part in group if part.tag is not Tag.BOTH]
            if not told:
                return None
            bearing = next((part for part in told if part.tag is Tag.BEARING), None)
            if bearing is not None:  # women of childbearing potential, and men who can father a child
                both = next(part.span for part in group if part.tag is Tag.BOTH)
                man = _Part(Tag.MALE, both)
                able = msgspec.structs.replace(bearing, tag=Tag.FERTILE)
                narrower = [_leaf(part, stream) for part in told if part is not bearing]
                parts.append(_one([_leaf(bearing, stream), *narrower], either=False))
                parts.append(_one([_leaf(man, stream), _leaf(able, stream), *narrower], either=False))
                continue
            group, tags = told, {part.tag for part in told}
        if Tag.BEARING in tags or Tag.PREMENOPAUSAL in tags:  # only women are
            bearing = next(part for part in group if part.tag in (Tag.BEARING, Tag.PREMENOPAUSAL))
            group = [
                msgspec.structs.replace(part, span=part.span | group[0].span) if part is bearing else part
                for part in group
                if part.tag is not Tag.FEMALE
            ]
        leaves = [_leaf(part, stream) for part in group]
        parts.append(_one(list(dict.fromkeys(leaves)), either=False))
    if (
        OneOf(variable="sex", values=("male",)) in parts
        and OneOf(variable="sex", values=("female",)) in parts
    ):
        return None
    return _one(parts, either=True)


def _excluded(parts: list[_Part], stream: Stream) -> Tree | None:
    """Each claim excludes; "of childbearing potential and not using birth control" is one claim."""
    out: list[Tree] = []
    groups: list[list[_Part]] = []
    closed = fresh = True  # the groups have had their claim; the next person begins a group
    joined = ""
    for at, part in enumerate(parts):
        tag = part.tag
        if tag in _JOINS:
            joined = _JOINS[tag] if joined in ("", "comma") or _JOINS[tag] == "or" else joined
            fresh = True
            continue
        if tag is Tag.MUST or tag is Tag.IF or tag is Tag.COLON:
            return None
        if tag in _SEXES and at and parts[at - 1].tag in _STATES and not fresh:
            groups, closed = [[part]], True  # "pregnant women": what follows is said of them, or of others
        elif tag is Tag.ANYONE:
            if closed and fresh:
                groups = []
        elif tag in _PEOPLE:
            if closed:
                groups, closed = [], False
            if not groups or _begins(groups[-1], parts, at, fresh, joined):
                groups.append([])
            groups[-1].append(part)
            fresh = False
        elif tag in _STATES:
            if any(each.tag is Tag.MALE for group in groups for each in group):
                return None
            out.append(_leaf(part, stream))
            closed = closed or all(each.tag in (Tag.FEMALE, Tag.BOTH) for group in groups for each in group)
            if not closed and joined not in ("", "comma", "or"):
                closed = True
            fresh = False
        elif tag in (Tag.REFUSED, Tag.REFUSED_MORE):
            if joined == "or" and groups and not closed:
                return None  # "women of childbearing potential or not using birth control"
            guard = _guard(groups, stream) if groups else None
            leaf = _leaf(part, stream)
            if guard is None:
                out.append(leaf)
            else:
                out.append(All(children=(guard, leaf), span=guard.span | leaf.span))
            closed, fresh = True, False
        else:
            return None
        joined = ""
    if not out or (groups and not closed and not _all_female(groups)):
        return None
    return _one(out, either=True)


def _all_female(groups: list[list[_Part]]) -> bool:
    """ "Pregnant or breastfeeding women": the women are those of the claims."""
    return all(part.tag in (Tag.FEMALE, Tag.BOTH) for group in groups for part in group)


def _demanded(parts: list[_Part], stream: Stream) -> Tree | None:
    """The claims hold for those named before "must", or behind "if"."""
    groups: list[list[_Part]] = []
    claims: list[_Part] = []
    joins: list[str] = []
    joined = ""
    asked = closed = fresh = late = False
    for at, part in enumerate(parts):
        if part.tag in _NAMED and claims and joined == "or":  # "abstinence or barrier methods"
            part = msgspec.structs.replace(part, tag=_NAMED[part.tag])
        tag = part.tag
        if tag in _JOINS:
            joined = _JOINS[tag] if joined in ("", "comma") or _JOINS[tag] == "or" else joined
            fresh = True
        elif tag is Tag.IF:
            if groups or (claims and joined):
                return None
            asked, late, fresh = True, bool(claims), True
        elif tag in (Tag.MUST, Tag.COLON):
            if not groups and at and not asked:
                return None
            asked, closed, joined = True, bool(groups), ""
        elif tag in _PEOPLE:
            if (claims and not late) or (closed and not late and joined != ""):
                return None
            if closed and not late and tag is not Tag.DOUBT:
                if tag is not Tag.FEMALE:
                    return None
                continue  # "For women of childbearing potential: woman who …"
            if not groups or _begins(groups[-1], parts, at, fresh, joined):
                groups.append([])
            groups[-1].append(part)
            fresh, joined = False, ""
        elif tag is Tag.ANYONE:
            pass
        elif tag in _DEMANDS:
            if late and groups:
                return None
            if claims:
                joins.append(joined)
            claims.append(part)
            joined = ""
        else:
            return None
    if not claims or joined == "or":
        return None
    either = "or" in joins
    if either and ("and" in joins or not all(part.tag in _WAYS for part in claims)):
        return None
    if not groups and any(
        part.tag not in (Tag.PROMISED, Tag.PROMISED_MORE, Tag.ABSTINENT) for part in claims
    ):
        return None
    then = _one([_leaf(part, stream) for part in claims], either)
    guard = _guard(groups, stream) if groups else None
    if guard is None:
        return then
    demand = When(condition=guard, then=then, span=guard.span | then.span)
    if asked:
        return demand
    if not all(part.tag in _WAYS for part in claims):
        return None
    # "Men who agree to use birth control": perhaps men are asked for, too.
    meant = Any_(children=(guard, Opaque(text=stream.words(guard.span), span=guard.span)), span=guard.span)
    return All(children=(demand, meant), span=demand.span)


_SEXES = frozenset((Tag.FEMALE, Tag.MALE, Tag.BOTH))


def _begins(group: list[_Part], parts: list[_Part], at: int, fresh: bool, joined: str) -> bool:
    """Say whether another group begins: "women and men", not "female and of childbearing potential"."""
    tag = parts[at].tag
    before = {part.tag for part in group}
    if not fresh:
        return tag in _SEXES and bool(before & _SEXES)
    follows = parts[at + 1].tag if at + 1 < len(parts) else tag
    if joined == "or" or tag in _SEXES or (tag is Tag.DOUBT and follows in _SEXES):
        return True
    return not before.isdisjoint((Tag.BEARING, Tag.FERTILE, Tag.PREMENOPAUSAL)) and tag is not Tag.DOUBT
