"""A language made for tests: every word of ours in brackets, read from right to left, and what stands outside them.

The words are the English ones, so that a page can still be read; days and countries are Arabic, which Babel knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest

from accrual.web import language, layout, speech
from accrual.web.catalog import Catalog

CODE = "ar"
_HOLE = re.compile(r"(%\(\w+\)s|\{\w+\}|<[^<>]+>)")
_OURS = re.compile(r"⟦[^⟦⟧]*⟧")
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_NO_WORDS = re.compile(r"NCT\d{8}|\{\w+\}|\d+ MB")
SAID = frozenset(("aria-label", "alt", "placeholder", "title", "aria-description", "aria-roledescription"))
"""Attributes that are read out or shown."""
CARRIED = frozenset(("data-share",))
"""Attributes that hand on a record's own title, and are not shown."""
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class Pseudo(Catalog):
    """Every word is translated: it stands in brackets."""

    def find(self, context: str, words: str, many: str = "", count: int = 0) -> str | None:
        """Return the words in brackets, without what stands in their holes."""
        chosen = many if many and count != 1 else words
        return "".join(
            part if _HOLE.fullmatch(part) or not part.strip() else f"⟦{part}⟧" for part in _HOLE.split(chosen)
        )

    def wrap(self, words: str) -> str:
        """Return words from elsewhere in brackets."""
        return f"⟦{words}⟧"


class _Reader(HTMLParser):
    """The text and the read-out attributes of a page that are in the page's language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._in_ours = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        other = bool(self._open and self._open[-1][1])
        if "lang" in held:
            other = held["lang"] != CODE
        # The title of a page is what the page is about: often a record's own.
        other = other or held.get("translate") == "no" or tag in ("script", "style", "title")
        if not other:
            self.found += [
                value or ""
                for name, value in attrs
                if name in SAID or (name.startswith("data-") and name not in CARRIED and " " in (value or ""))
            ]
        if any("<span" in (value or "") for _, value in attrs):
            self.found.append(f"markup in an attribute of {tag}")
        if tag not in VOID:
            self._open.append((tag, other))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, _ = self._open.pop()
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1]:
            return
        # A sentence of ours may have an element in it: what it began in brackets goes on behind that.
        ours = self._in_ours
        self._in_ours = (data.rfind("⟦") > data.rfind("⟧")) if set(data) & set("⟦⟧") else ours
        self.found.append(("⟦" if ours else "") + data + ("⟧" if self._in_ours else ""))


def untranslated(html: str, *typed: str) -> list[str]:
    """Return what a page says in English words that are neither ours in brackets nor marked as English.

    Arguments:
        typed: what the visitor wrote, which stays as it is.
    """
    reader = _Reader()
    reader.feed(html)
    found = []
    for text in reader.found:
        left = _OURS.sub(" ", text)
        for words in typed:
            left = left.replace(words, " ")
        if _LETTERS.search(_NO_WORDS.sub(" ", left)):
            found.append(" ".join(text.split()))
    return found


@contextmanager
def spoken_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let the pages have the language; give back the part of an address that asks for it."""
    real = speech.catalog
    words = Pseudo()
    monkeypatch.setattr(speech, "catalog", lambda asked: words if asked == CODE else real(asked))
    monkeypatch.setitem(language.LANGUAGES, CODE, "⟦Pseudo⟧")
    layout.environment.cache_clear()
    yield f"lang={CODE}"
    layout.environment.cache_clear()
    speech.country_name.cache_clear()
