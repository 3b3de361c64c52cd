"""From criteria text to items: sections, headings, bullets with what is nested under them, and single claims.

Comes in: a record's criteria text as it stands. Goes out: items in reading order, each with its offsets in that text.
Refuses nothing: a text without any structure is one section of inclusion criteria, split at its paragraphs.

Handled: `*`, `-`, `•`, `1.`, `1)`, `(1)`, `a.`, `(a)`, `i.` and their markdown escapes; nesting by indentation or
by the style of numbering; criteria that run over several lines (older records are broken at 80 to 100 columns);
"Inclusion Criteria: A; B; C." on one line; lead-ins such as "one of the following:" that own what is under them.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Span
from accrual.criteria.groups import named_group
from accrual.criteria.leads import denied, opens, permits, turns, under_topic
from accrual.criteria.lines import Line, joined, lines_of
from accrual.criteria.offers import ends_offer, is_offer, offers
from accrual.criteria.sections import is_title, names_some, section, stands_in_pdq
from accrual.criteria.tree import Group, Kind

Lead: TypeAlias = Literal["", "any", "all", "either", "heading"]


class Item(msgspec.Struct, frozen=True):
    """One criterion as the text lays it out: `text[start:end]`, without its bullet."""

    kind: Kind
    start: int
    end: int
    heading: str = ""
    children: tuple[Item, ...] = ()
    lead: Lead = ""
    """What the item says of its children: any or all of them, that this is not clear, or that it is their heading."""
    count: int = 1
    """For `any`: how many of the children."""
    conditional: bool = False
    """The heading names a part of the trial or of the patients, so that it is not asked of everybody."""
    inside: bool = False
    """The same of a heading further out than `heading`."""
    group: Group | None = None
    """The group that a heading above names; then no heading of a group makes it conditional."""
    topic: bool = False
    """A few words in front of a list: a criterion, or the list's heading without its colon."""


class Outline(msgspec.Struct, frozen=True):
    """A text laid out: every line that is not blank is under an item or an aside."""

    items: tuple[Item, ...]
    asides: tuple[Span, ...]
    """What claims nothing: headings of sections and lists, and "None"."""


_ANY = re.compile(
    r"(?i)\b(?:(?P<n>one|1|two|2|three|3|four|4)(?:\s*\(\d\))?(?:\s+or\s+more)?|any(?:\s+one)?|at\s+least\s+(?P<m>one|1|two|2|three|3|four|4)"
    r"(?:\s*\(\d\))?)\s+(?:or\s+more\s+)?(?:of\s+)?(?:the\s+)?(?:following|these|below)\b|\beither\s*:?\s*$"
)
_ALL = re.compile(r"(?i)\b(?:all|each|both)\s+(?:of\s+)?(?:the\s+)?following\b")
_FOLLOWING = re.compile(
    r"(?i)\b(?:following|as follows|defined (?:as|by)|below|including|includes|criteria)\b"
)
_WORDS = {"one": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4}
_NOTHING = re.compile(
    r"(?i)^\W*(?:none|n/?a|not applicable|nil|no exclusion criteria|none specified|not specified|"
    r"see (?:disease|patient) characteristics|any|any age|"
    r"[a-z /()]{1,40}:\s+(?:any(?: age)?|not specified|see (?:disease|patient) characteristics))?\W*$"
)
_NO_MORE = re.compile(
    r"(?i)(?:\s|:|\*|criteria|conditions?|features?|findings?|signs?|symptoms?|risk|factors?|or|and)*"
)
_CONNECTS = re.compile(
    r"(?i)(?:[\s,;:(–-]|\b(?:with|and|plus|who|have|has|having|meeting|meets?|as|defined|evidenced|demonstrated|"
    r"manifested|characterized|by|the|presence|of|in)\b)*$"
)
MAX_CONNECTING = 120  # characters
MAX_NESTING = 8


def split(text: str) -> tuple[Item, ...]:
    """Return the items of a criteria text, in reading order; spans never overlap except parent with child.

    Example:
        >>> [(item.kind, item.start, item.end) for item in split("Exclusion Criteria: Asthma; Stroke")]
        [('exclusion', 20, 26), ('exclusion', 28, 34)]
    """
    return outline(text).items


def outline(text: str) -> Outline:
    """Return the items of a criteria text, and where the words stand that are no criterion."""
    out: list[Item] = []
    asides: list[Span] = []
    kind: Kind = "inclusion"
    title = ""
    block: list[Line] = []

    def close() -> None:
        out.extend(_nest(text, joined(text, block), kind, title, asides))
        block.clear()

    lines = lines_of(text)
    skipped = False
    owner = ""  # the group whose sections follow
    for at, line in enumerate(lines):
        if skipped:
            skipped = False
            continue
        words = text[line.start : line.end]
        opened = section(words)
        if opened is None and at + 1 < len(lines):
            opened = _broken_heading(text, line, lines[at + 1])
            skipped = opened is not None
        if opened is None:
            block.append(line)
            continue
        if block and not block[-1].bullet and named_group(text[block[-1].start : block[-1].end]) is not None:
            owner = text[block[-1].start : block[-1].end]  # "Cohort A" above "Inclusion Criteria:"
            asides.append(Span(block[-1].start, block[-1].end))
            block.pop()
        close()
        kind, title, used = opened
        owner = "" if title else owner
        title = title or _name(owner)
        asides.append(Span(line.start, line.start + used))
        if used < len(words) and words[used:].strip():
            start = line.start + used + (len(words[used:]) - len(words[used:].lstrip()))
            block.append(Line(start, line.end, line.indent, "", True, line.column))
    close()
    return Outline(tuple(out), tuple(asides))


def claimed(words: str) -> int:
    """Return where a lead-in's own claim ends: "Diabetes" of "Diabetes with at least one of the following:".

    0 where it has none, or where more is said of the list ("… of the following within 6 months:").

    Example:
        >>> claimed("Diabetes with one of the following:")
        8
    """
    found = _ANY.search(words)
    if found is None or _NO_MORE.fullmatch(words, found.end()) is None:
        return 0
    begin = max(0, found.start() - MAX_CONNECTING)
    connects = _CONNECTS.search(words[begin : found.start()])
    return begin + connects.start() if connects is not None else 0


class _Node(msgspec.Struct):
    line: Line
    children: list[_Node]
    offered: str = ""
    """The lead-in above, of whose list it may be: "One of the following:" """


def _broken_heading(text: str, line: Line, below: Line) -> tuple[Kind, str, int] | None:
    """The heading of a section that is broken over two lines: "… if any of the following / criteria apply:"."""
    if below.bullet or below.blank_before or text[below.end - 1] != ":" or text[line.end - 1] in ".:;":
        return None
    kind = opens(" ".join(text[line.start : below.end].split())) if below.end - line.start <= 300 else None
    return None if kind is None else (kind, "", below.end - line.start)


def _nest(text: str, lines: list[Line], kind: Kind, title: str, asides: list[Span]) -> list[Item]:
    """Nest items by indentation, then by a style of numbering that is not the one around it."""
    roots: list[_Node] = []
    stack: list[_Node] = []
    for line in lines:
        node = _Node(line, [])
        while stack and not _under(text, stack, line):
            stack.pop()
        if stack and len(stack) < MAX_NESTING:
            stack[-1].children.append(node)
        else:
            roots.append(node)
            stack.clear()
        stack.append(node)
    out: list[Item] = []
    heading = title
    titled_group = named_group(title)
    group = titled_group
    titled_some = bool(title) and titled_group is None and names_some(title)
    conditional = titled_some
    under = kind  # of what stands under the heading: "Patients must not have:" turns it
    topic_above = ""  # "Prior medication:", of which "Excluded:" below it is said
    if kind == "inclusion":
        roots = _adopted(text, roots)
    for at, node in enumerate(roots):
        words = text[node.line.start : node.line.end]
        listed = at + 1 < len(roots) and bool(roots[at + 1].line.bullet)
        alone = not node.children and not node.line.bullet
        topic = alone and listed and _is_topic(words)
        titled = is_title(words) and (topic or stands_in_pdq(heading))
        if alone and (_is_heading(words) or titled or (words.endswith(":") and turns(words, kind) != kind)):
            heading = under_topic(topic_above, _name(words))
            topic_above = topic_above if heading != _name(words) else heading
            group, conditional = _of_group(heading, titled_group, titled_some)
            under = turns(words, kind)
            heading = denied(words) if under != kind and denied(words) else heading
            asides.append(Span(node.line.start, node.line.end))
            continue
        if _asks_nothing(text, node, heading):
            asides.append(Span(node.line.start, node.line.end))
            continue
        item = _item(text, node, under, heading, conditional, asides, group=group)
        if node.offered:
            item = msgspec.structs.replace(item, heading=node.offered, conditional=True)
        if _is_emptied(text, node, item):
            asides.append(Span(item.start, item.end))
            continue
        if topic:  # a criterion of its own, and perhaps what the list below is about
            item = msgspec.structs.replace(item, topic=True)
            heading = _name(words)
            group, conditional = _of_group(heading, titled_group, titled_some)
            under = kind
        out.append(item)
    return list(_chained(text, out))


def _adopted(text: str, nodes: list[_Node]) -> list[_Node]:
    """Put a list under the lead-in above it that offers it; where it ends is in doubt if all have the same bullet."""
    out: list[_Node] = []
    lead: _Node | None = None
    for node in nodes:
        words = text[node.line.start : node.line.end]
        if lead is not None and (not node.line.bullet or ends_offer(words)):
            lead = None
        if lead is not None and not lead.line.bullet:
            lead.children.append(node)
            continue
        if lead is not None:
            node.offered = _name(text[lead.line.start : lead.line.end])
        out.append(node)
        if not node.children and is_offer(words) and turns(words, "inclusion") == "inclusion":
            lead = node
    return out


def _of_group(heading: str, outer: Group | None, conditional: bool) -> tuple[Group | None, bool]:
    """The group of what stands under a heading that may be under one itself, and whether who is asked is in doubt."""
    named = named_group(heading)
    if named is None:
        return outer, conditional or names_some(heading)
    if outer is None or outer.kind == named.kind:
        return named, conditional
    return outer, True  # a cohort of a part: of which of the two


_ENDS_OR = re.compile(r"(?i)(?:^|[\s,;.)])(?:and\s?/\s?or|or)[\W_]*$")
_STARTS_OR = re.compile(r"(?i)^\W*(?:and\s?/\s?or|or)[\s:,]+\S")
_LONE_OR = re.compile(r"(?i)^\W*(?:and\s?/\s?or|or)\W*$")


def _chained(text: str, items: list[Item]) -> tuple[Item, ...]:
    """Requirements with "or" between them, at the end of one or the start of the next, are one requirement.

    "A;", "B; or", "C" under a lead-in are all alternatives, perhaps: then nobody knows (`lead` is "either").
    """
    if not items or items[0].kind == "exclusion" or len(items) == 1:
        return tuple(items)
    out: list[Item] = []
    chain: list[Item] = []
    linked = False  # the next item is an alternative of the last
    for item in items:
        words = text[item.start : item.end]
        if _LONE_OR.match(words) and not item.children:
            linked = True
            continue
        if chain and not (linked or _STARTS_OR.match(words)):
            out.append(_alternatives(chain))
            chain = []
        chain.append(item)
        linked = not item.children and _ENDS_OR.search(words[-20:]) is not None
    if chain:
        out.append(_alternatives(chain))
    return tuple(out)


def _is_chain(item: Item) -> bool:
    return bool(item.children) and item.start == item.end


def _alternatives(chain: list[Item]) -> Item:
    first = chain[0]
    if len(chain) == 1:
        return first
    return Item(
        first.kind,
        first.start,
        first.start,
        first.heading,
        tuple(chain),
        "any",
        conditional=first.conditional,
        inside=first.inside,
        group=first.group,
    )


def _name(words: str) -> str:
    """A heading without its colon and its markdown."""
    return " ".join(words.strip(" :*_\\").split())


def _is_heading(words: str) -> bool:
    stripped = words.rstrip(" *_")
    return stripped.endswith(":") and len(words.split()) <= 12 and _ANY.search(words) is None


def _is_topic(words: str) -> bool:
    """A few words without a number or a stop, in front of a list: "Biologic therapy"."""
    return len(words.split()) <= 5 and not re.search(r"[\d.;,≥≤<>]", words)


def _under(text: str, stack: list[_Node], line: Line) -> bool:
    above = stack[-1].line
    if line.indent > above.indent:
        return bool(above.bullet) or text[above.start : above.end].rstrip().endswith(":")
    if line.indent < above.indent:
        return False
    if not line.bullet or line.bullet == above.bullet:
        return False
    if any(node.line.bullet == line.bullet and node.line.indent == line.indent for node in stack):
        return False
    return bool(above.bullet) and text[above.start : above.end].rstrip(" *_").endswith(":")


def _asks_nothing(text: str, node: _Node, heading: str) -> bool:
    """ "None", "Not specified"; and what is only permitted: "Allowed:" with "Aspirin" under it."""
    words = text[node.line.start : node.line.end]
    if len(words) <= 120 and _NOTHING.match(" ".join(words.split())):
        return True
    return not node.children and permits(heading, words)


def _is_emptied(text: str, node: _Node, item: Item) -> bool:
    """Say whether a heading has lost all that stood under it: "Life expectancy:" with "Not specified"."""
    return bool(node.children) and not item.children and _is_heading(text[item.start : item.end])


def _item(
    text: str,
    node: _Node,
    kind: Kind,
    heading: str,
    conditional: bool,
    asides: list[Span],
    inside: bool = False,
    group: Group | None = None,
) -> Item:
    line = node.line
    words = text[line.start : line.end]
    end = line.end
    if not node.children:
        return Item(kind, line.start, end, heading, conditional=conditional, inside=inside, group=group)
    own = under_topic(heading, _name(words))
    found = _ANY.search(words)
    lead: Lead = ""
    count = 1
    if found is not None:
        number = found.group("n") or found.group("m")
        lead, count = "any", _WORDS.get((number or "one").lower(), 1)
    elif _ALL.search(words) is not None:
        lead = "all"
    elif kind == "inclusion" and offers(words):
        lead = "any"
    elif is_title(words) or (
        words.rstrip(" *_").endswith(":")
        and (len(words.split()) <= 10 or _FOLLOWING.search(words) is not None)
    ):
        lead = "heading"
    child_group, inner = _of_group(own, group, conditional)
    below = turns(words, kind)
    if below != kind:
        lead = "heading"
        own = denied(words) or own  # "No serious illness, including": what excludes is the illness
    kept = []
    for child in node.children:
        if _asks_nothing(text, child, own):
            asides.append(Span(child.line.start, child.line.end))
        else:
            item = _item(text, child, below, own, inner, asides, conditional, child_group)
            if _is_emptied(text, child, item):
                asides.append(Span(item.start, item.end))
            else:
                kept.append(item)
    children = _chained(text, kept)
    chained = [at for at, child in enumerate(children) if _is_chain(child)]
    before = children[: chained[0]] if chained else ()
    if (
        lead in ("", "heading")
        and before
        and all(text[child.start : child.end].rstrip()[-1:] in (";", ",") for child in before)
    ):
        lead = "either"  # "A;", "B; or", "C": all of them may be alternatives
    return Item(kind, line.start, end, heading, children, lead, count, conditional, inside, group)
