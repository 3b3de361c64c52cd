"""The words of the pages in other languages, out of gettext catalogs.

Comes in: English words, and a language. Goes out: the words in it, or None. Refuses nothing.

`locale/es.po` has the sentences of the pages and of the plain words; `locale/es.tables.po` the words of our tables:
labels, questions, meanings; `locale/es.names.po` the names of conditions, treatments and measurements.
`python -m tests.web.catalogs` brings them up to date. What the registry wrote stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
DEFAULT = "en"
PARTS = ("", "tables", "names")
"""What a language is kept in, each a file: `es.po`, `es.tables.po`, `es.names.po`."""


class Catalog:
    """The words of a language, read out of `.po` files, so that no compiled file has to be kept in step with them."""

    def __init__(self) -> None:
        self._one: dict[tuple[str, str], str] = {}
        self._many: dict[str, tuple[str, ...]] = {}

    def learn(self, words: Iterable[Message]) -> None:
        """Take in what is translated."""
        for word in words:
            if isinstance(word.id, str) and isinstance(word.string, str) and word.id and word.string:
                self._one[word.context or "", word.id] = word.string
            elif not isinstance(word.id, str) and isinstance(word.string, tuple | list) and all(word.string):
                self._many[word.id[0]] = tuple(word.string)

    def find(self, context: str, words: str, many: str = "", count: int = 0) -> str | None:
        """Return the words, `many` where several things are counted; None where there are none."""
        if many:
            forms = self._many.get(words)
            return None if forms is None else forms[0] if count == 1 else forms[-1]
        return self._one.get((context, words)) or self._one.get(("", words))

    def wrap(self, words: str) -> str:
        """Return words of this language that come from elsewhere, as they are to be shown."""
        return words

    def gettext(self, words: str) -> str:
        """Return the words; English where there are none."""
        return self.find("", words) or words

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the words for a number of things; English where there are none."""
        return self.find("", one, many, count) or (one if count == 1 else many)


def catalog_file(language: str, part: str) -> Path:
    """Return where a part of a language lies.

    Example:
        >>> catalog_file("es", "tables").name
        'es.tables.po'
    """
    return LOCALE / ".".join(filter(None, (language, part, "po")))


@cache
def catalog(language: str) -> Catalog:
    """Return the words of a language; English stands where it has none."""
    found = Catalog()
    for part in PARTS:
        path = catalog_file(language, part)
        if path.is_file():
            with path.open("rb") as file:
                found.learn(read_po(file, locale=language))
    return found
