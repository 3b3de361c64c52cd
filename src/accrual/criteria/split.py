"""From criteria text to items: sections, headings, bullets with what is nested under them, and single claims.

Comes in: a record's criteria text as it stands. Goes out: items in reading order, each with its offsets in that text.
Refuses nothing: a text without any structure is one section of inclusion criteria, split at its paragraphs.

Handled: `*`, `-`, `•`, `1.`, `1)`, `(1)`, `a.`, `(a)`, `i.` and their markdown escapes; nesting by indentation or
by the style of numbering; criteria that run over several lines (older records are broken at 80 to 100 columns);
"Inclusion Criteria: A; B; C." on one line; lead-ins such as "one of the following:" that own what is under them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from accrual.basic import Span
from accrual.criteria.sections import (
    MIN_WORDS_BEFORE_RUN_IN,
    RUN_IN,
    is_title,
    names_some,
    section,
    stands_in_pdq,
)
from accrual.criteria.tree import Kind

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
    topic: bool = False
    """A few words in front of a list: a criterion, or the list's heading without its colon."""


class Outline(msgspec.Struct, frozen=True):
    """A text laid out: every line that is not blank is under an item or an aside."""

    items: tuple[Item, ...]
    asides: tuple[Span, ...]
    """What claims nothing: headings of sections and lists, and "None"."""


class _Line(msgspec.Struct):
    start: int  # of the words, after the bullet
    end: int
    indent: int
    bullet: str  # the style: "*", "1.", "(a)", or "" for none
    blank_before: bool
    column: int = 0  # where the words begin in their line


_LINE = re.compile(r"[^\n]+")
_BULLET = re.compile(
    r"""(?P<mark>
        \\?[*•●○▪■◦‣·–—]\s* | \\?-(?!\d)\s* | o(?=\s{1,})\s+
      | \(?\d{1,3}(?:\.\d{1,3}){0,3}\\?[.)](?!\d)\s*
      | \d{1,2}\s?[、．]\s* | （\d{1,2}）\s*
      | \(?[a-zA-Z]\\?[.)](?![a-zA-Z.])\s*
      | \(?[ivxIVX]{1,5}\\?[.)](?![a-zA-Z.])\s*
    )""",
    re.VERBOSE,
)
_NUMBERED = re.compile(r"(?:\(?\d{1,2}(?:\\?\)|\\?\.(?=\s))|[•●○▪■◦‣])\s*")
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
    r"(?i)^\W*(?:none|n/?a|not applicable|nil|no exclusion criteria|none specified|not specified)?\W*$"
)
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
    block: list[_Line] = []

    def close() -> None:
        out.extend(_nest(text, _joined(text, block), kind, title, asides))
        block.clear()

    for line in _lines(text):
        words = text[line.start : line.end]
        opened = section(words)
        if opened is None:
            block.append(line)
            continue
        close()
        kind, title, used = opened
        asides.append(Span(line.start, line.start + used))
        if used < len(words) and words[used:].strip():
            start = line.start + used + (len(words[used:]) - len(words[used:].lstrip()))
            block.append(_Line(start, line.end, line.indent, "", True, line.column))
    close()
    return Outline(tuple(out), tuple(asides))


def _lines(text: str) -> list[_Line]:
    found: list[_Line] = []
    before = -1
    for match in _LINE.finditer(text):
        start, end = match.span()
        run_ins = (cut.start() for cut in RUN_IN.finditer(text, start + 1, end))
        cuts = [start, *(cut for cut in run_ins if _ends_something(text[start:cut])), end]
        for first, last in pairwise(cuts):
            line = _line(text, match.start(), first, last, before)
            if line is not None:
                found.append(line)
                before = match.end()
    return found


def _ends_something(before: str) -> bool:
    return before.rstrip()[-1:] in (".", ";") or len(before[-400:].split()) > MIN_WORDS_BEFORE_RUN_IN


def _line(text: str, line_start: int, first: int, last: int, before: int) -> _Line | None:
    """One line, or the part of it from `first` to `last`, with its bullet taken off; None for an empty one."""
    raw = text[first:last]
    body = raw.lstrip()
    if not body.strip():
        return None
    start = first + len(raw) - len(body)
    end = first + len(raw.rstrip())
    blank = before < 0 or text.count("\n", before, line_start) > 1
    indent = start - line_start if first == line_start else 0
    bullet = _BULLET.match(text, start, end)
    style = ""
    if bullet is not None:
        if bullet.end() >= end:
            if not bullet.group().strip()[:1].isalpha():
                return None
        else:
            style = re.sub(r"\d+", "1", bullet.group("mark").strip().replace("\\", ""))
            style = re.sub(r"^(\(?)[ivx]{1,5}([.)])$", r"\1i\2", style)
            style = re.sub(r"^(\(?)[a-hj-uwyz]([.)])$", r"\1a\2", style)
            start = bullet.end()
            again = _NUMBERED.match(text, start, end)  # "* 1) Age"
            if again is not None and again.end() < end:
                start = again.end()
    return _Line(start, end, indent, style, blank, start - line_start)


def _joined(text: str, lines: list[_Line]) -> list[_Line]:
    """Join the lines that continue one item, and cut run-in paragraphs into their parts."""
    bulleted = any(line.bullet for line in lines)
    out: list[_Line] = []
    previous_length = 0
    for line in lines:
        length = line.end - line.start + line.indent
        last = out[-1] if out else None
        if last is not None and not line.bullet and _continues(text, last, line, bulleted, previous_length):
            last.end = line.end
        else:
            out.append(line)
        previous_length = length
    found: list[_Line] = []
    for line in out:
        found.extend(_parts(text, line, bulleted))
    return found


def _continues(text: str, last: _Line, line: _Line, bulleted: bool, previous_length: int) -> bool:
    if line.blank_before:
        return False
    if last.bullet:
        return (
            line.indent > last.indent
            and line.indent > 0
            and (line.indent >= last.column or previous_length >= 60)
        )
    if text[line.start].islower() and text[last.end - 1] not in ".;:":
        return True
    return line.indent == last.indent and line.indent > 0 and previous_length >= 70


_SENTENCE = re.compile(r"(?<=[a-z0-9)%])\.\s+(?=[A-Z≥≤<>0-9])|;\s*(?=\S)")
_INLINE = re.compile(r"(?:(?<=\s)|(?<=;)|(?<=\.))\(?(\d{1,2})[.)]\s+(?=\S)")


def _parts(text: str, line: _Line, bulleted: bool) -> list[_Line]:
    """A paragraph without bullets that holds several criteria: "1) A 2) B", "A; B; C.", "A. B. C."."""
    words = text[line.start : line.end]
    if line.bullet or len(words) > 20_000:
        return [line]
    cuts: list[tuple[int, int]] = []
    numbers = [(int(found.group(1)), found.start(), found.end()) for found in _INLINE.finditer(words)]
    leads = re.match(r"\(?1[.)]\s", words) is not None
    wanted = 2 if leads else 1
    run = []
    for number, at, to in numbers:
        if number == wanted:
            run.append((at, to))
            wanted += 1
    if len(run) >= 2:
        cuts = run
    elif not bulleted:
        semicolons = [
            (found.start(), found.end()) for found in _SENTENCE.finditer(words) if found.group()[0] == ";"
        ]
        stops = [
            (found.start() + 1, found.end()) for found in _SENTENCE.finditer(words) if found.group()[0] == "."
        ]
        cuts = semicolons if semicolons else stops if len(stops) >= 2 else []
        cuts = [] if any(_inside_bracket(words, at) for at, _ in cuts[:50]) else cuts
    if not cuts:
        return [line]
    found_lines: list[_Line] = []
    start = line.start
    for at, to in cuts:
        found_lines.append(
            _Line(start, line.start + at, line.indent, line.bullet, line.blank_before, line.column)
        )
        start = line.start + to
    found_lines.append(_Line(start, line.end, line.indent, line.bullet, line.blank_before, line.column))
    for each in found_lines:
        trimmed = text[each.start : each.end]
        each.start += len(trimmed) - len(trimmed.lstrip())
        each.end = each.start + len(trimmed.strip())
    return [each for each in found_lines if each.end > each.start]


def _inside_bracket(words: str, at: int) -> bool:
    before = words[max(0, at - 300) : at]
    return before.count("(") > before.count(")")


class _Node(msgspec.Struct):
    line: _Line
    children: list[_Node]


def _nest(text: str, lines: list[_Line], kind: Kind, title: str, asides: list[Span]) -> list[Item]:
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
    conditional = bool(title) and names_some(title)
    for at, node in enumerate(roots):
        words = text[node.line.start : node.line.end]
        listed = at + 1 < len(roots) and bool(roots[at + 1].line.bullet)
        alone = not node.children and not node.line.bullet
        topic = alone and listed and _is_topic(words)
        titled = is_title(words) and (topic or stands_in_pdq(heading))
        if alone and (_is_heading(words) or titled):
            heading = _name(words)
            conditional = names_some(heading)
            asides.append(Span(node.line.start, node.line.end))
            continue
        if _NOTHING.match(words):
            asides.append(Span(node.line.start, node.line.end))
            continue
        item = _item(text, node, kind, heading, conditional)
        if topic:  # a criterion of its own, and perhaps what the list below is about
            item = msgspec.structs.replace(item, topic=True)
            heading = _name(words)
            conditional = names_some(heading)
        out.append(item)
    return list(_chained(text, out))


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
    joined = False  # the next item is an alternative of the last
    for item in items:
        words = text[item.start : item.end]
        if _LONE_OR.match(words) and not item.children:
            joined = True
            continue
        if chain and not (joined or _STARTS_OR.match(words)):
            out.append(_alternatives(chain))
            chain = []
        chain.append(item)
        joined = not item.children and _ENDS_OR.search(words[-20:]) is not None
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


def _under(text: str, stack: list[_Node], line: _Line) -> bool:
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


def _item(text: str, node: _Node, kind: Kind, heading: str, conditional: bool) -> Item:
    line = node.line
    words = text[line.start : line.end]
    end = line.end
    if not node.children:
        return Item(kind, line.start, end, heading, conditional=conditional)
    own = _name(words)
    found = _ANY.search(words)
    lead: Lead = ""
    count = 1
    if found is not None:
        number = found.group("n") or found.group("m")
        lead, count = "any", _WORDS.get((number or "one").lower(), 1)
    elif _ALL.search(words) is not None:
        lead = "all"
    elif is_title(words) or (
        words.rstrip(" *_").endswith(":")
        and (len(words.split()) <= 10 or _FOLLOWING.search(words) is not None)
    ):
        lead = "heading"
    inner = conditional or names_some(own)
    children = _chained(text, [_item(text, child, kind, own, inner) for child in node.children])
    chained = [at for at, child in enumerate(children) if _is_chain(child)]
    before = children[: chained[0]] if chained else ()
    if (
        lead in ("", "heading")
        and before
        and all(text[child.start : child.end].rstrip()[-1:] in (";", ",") for child in before)
    ):
        lead = "either"  # "A;", "B; or", "C": all of them may be alternatives
    return Item(kind, line.start, end, heading, children, lead, count, conditional)
