"""A legacy XML element that is read by taking its parts, so that what nobody took can be named at the end.

Comes in: the bytes of one XML document. Goes out: an `Element` whose parts are taken by name; `left_over` then lists
every path that was not taken: nothing of a record is lost in silence. Refuses, with a RecordError: XML that is not
well formed (with the line), a document type declaration (entities are never expanded, nothing is fetched).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from accrual.errors import RecordError

_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


_LINE_COLUMN = re.compile(r", line \d+")


class Element:
    """One XML element; each of its attributes and child elements can be taken once."""

    __slots__ = ("_attributes", "_opened", "_own_text", "_parts", "_spilled", "tag")

    def __init__(self, tag: str, node: etree._Element | None = None) -> None:
        self.tag = tag
        self._attributes: dict[str, str] = {}
        self._own_text: str | None = None
        self._parts: dict[str, list[etree._Element]] = {}
        self._opened: list[Element] = []
        self._spilled: list[str] = []
        if node is None:  # an element that is absent: nothing can be taken from it
            return
        self._own_text = node.text
        for name, value in node.items():
            self._attributes[str(name)] = str(value)
        for child in node:
            if isinstance(child.tag, str):  # comments and processing instructions carry no data
                self._parts.setdefault(child.tag, []).append(child)
                if child.tail and not child.tail.isspace():
                    self._spilled.append(f"{child.tag}/text()")

    def own(self) -> str:
        """Take the element's own text."""
        text, self._own_text = self._own_text, None
        return _clean(text)

    def attribute(self, name: str) -> str:
        """Take an attribute; empty when absent."""
        return self._attributes.pop(name, "").strip()

    def raw(self, tag: str) -> str:
        """Take the text of the child element with its white space; empty when absent."""
        found = self._parts.pop(tag, [])
        for extra in found[1:]:
            self._spilled.append(str(extra.tag))
        return self._text_of(found[0]) if found else ""

    def text(self, tag: str) -> str:
        """Take the trimmed text of the child element; empty when absent."""
        return _clean(self.raw(tag))

    def texts(self, tag: str) -> list[str]:
        """Take the trimmed texts of all child elements of this name, without empty ones."""
        return [text for node in self._parts.pop(tag, []) if (text := _clean(self._text_of(node)))]

    def group(self, tag: str) -> Element:
        """Take the child element as a group; an empty group when absent."""
        found = self.groups(tag)
        for extra in found[1:]:
            self._spilled.append(extra.tag)
        return found[0] if found else Element(tag)

    def groups(self, tag: str) -> list[Element]:
        """Take all child elements of this name as groups."""
        found = [Element(tag, node) for node in self._parts.pop(tag, ())]
        self._opened += found
        return found

    def has(self, tag: str) -> bool:
        """Say whether a child element of this name is here and not yet taken."""
        return tag in self._parts

    def peek(self, tag: str) -> str:
        """Return the trimmed text of the child element without taking it."""
        found = self._parts.get(tag)
        return _clean(found[0].text) if found else ""

    def in_order(self, tags: tuple[str, ...]) -> list[tuple[str, str]]:
        """Take all child elements of these names as (name, text), in the document's order."""
        nodes = [node for tag in tags for node in self._parts.pop(tag, [])]
        nodes.sort(key=_place)
        return [(str(node.tag), _clean(self._text_of(node))) for node in nodes]

    def left_over(self, path: str = "") -> Iterator[str]:
        """Yield the path of everything that was not taken, relative to this element."""
        if _clean(self._own_text):
            yield f"{path}text()"
        for name in self._attributes:
            yield f"{path}@{name}"
        for tag in (*self._parts, *self._spilled):
            yield f"{path}{tag}"
        for group in self._opened:
            yield from group.left_over(f"{path}{group.tag}/")

    def _text_of(self, node: etree._Element) -> str:
        for name in node.attrib:
            self._spilled.append(f"{node.tag}/@{name!s}")
        if len(node):
            parts = [node.text or ""]
            for child in node:
                if isinstance(child.tag, str):
                    self._spilled.append(f"{node.tag}/{child.tag}")
                parts.append(child.tail or "")
            return "".join(parts)
        return node.text or ""


def _place(node: etree._Element) -> int:
    parent = node.getparent()
    return 0 if parent is None else parent.index(node)


def _clean(text: str | None) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() if text else ""


def _explain(error: Exception) -> str:
    reason = _LINE_COLUMN.split((str(error) or "empty").splitlines()[0])[0]
    if (
        "amplification" in reason
    ):  # libxml2's own guard, for encodings in which the search did not see the declaration
        return "XML with an entity bomb: not read"
    line = f" at line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) else ""
    return f"invalid XML{line}: {reason}"


def parse(data: bytes, where: str = "") -> Element:
    """Parse one XML document without entities, document type or network.

    Raises:
        RecordError: not well formed, or with a document type declaration.
    """
    start = data.find(b"<clinical_study")
    if _DECLARATION.search(data, 0, start if start >= 0 else len(data)):
        raise RecordError("XML with a document type or entity declaration (an entity bomb?): not read", where)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RecordError(_explain(error), where) from None
    if getattr(root.getroottree().docinfo, "doctype", ""):  # in an encoding that the search above did not see
        raise RecordError("XML with a document type declaration (an entity bomb?): not read", where)
    return Element(str(root.tag), root)
