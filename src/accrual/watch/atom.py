"""Atom feeds (RFC 4287): what both the file of a watch and the history of a trial are written as.

Comes in: ids, titles, moments and lines as plain text. Goes out: elements and the bytes of a feed. Refuses nothing:
signs that XML 1.0 does not have are left out.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from lxml import etree

from accrual.plain.prose import printable

ATOM: Final = "http://www.w3.org/2005/Atom"
MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"
_NAMESPACES: Any = {None: ATOM}  # lxml's types know no default namespace
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"


class AtomEntry(msgspec.Struct, frozen=True):
    """One entry."""

    id: uuid.UUID
    title: str
    lines: tuple[str, ...]
    url: str
    updated: str
    """A moment as RFC 3339 writes it: 2026-11-23T00:00:00Z."""


def write_atom(
    own: uuid.UUID,
    title: str,
    subtitle: str,
    updated: str,
    entries: Iterable[Any],
    url: str = "",
    language: str = "",
) -> bytes:
    """Return a feed.

    Arguments:
        own: the feed's id, the same for good.
        updated: when it last changed, as RFC 3339 writes it.
        entries: elements of `entry_element`, the newest first.
        url: the page that says the same.
    """
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=_NAMESPACES)
    if language:
        feed.set(_LANGUAGE, language)
    _add(feed, "id", f"urn:uuid:{own}")
    _add(feed, "title", title)
    _add(feed, "updated", updated)
    if url:
        _add(feed, "link").set("href", url)
    _add(_add(feed, "author"), "name", "accrual")
    _add(feed, "generator", "accrual")
    _add(feed, "subtitle", subtitle)
    feed.extend(list(entries))
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def entry_element(one: AtomEntry) -> Any:
    """Return an entry as an element of a feed."""
    entry = etree.Element(f"{{{ATOM}}}entry", nsmap=_NAMESPACES)
    _add(entry, "id", f"urn:uuid:{one.id}")
    _add(entry, "title", one.title)
    _add(entry, "updated", one.updated)
    _add(entry, "link").set("href", one.url)
    _add(entry, "content", "\n".join(one.lines)).set("type", "text")
    return entry


def _add(parent: Any, name: str, words: str | None = None) -> Any:
    child = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    if words is not None:
        # XML 1.0 has no control characters, no lone surrogates and neither of the last two signs of a plane.
        child.text = "".join(sign for sign in printable(words) if _is_xml(ord(sign)))
    return child


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
