"""The catalogs of the pages' words: `python -m tests.web.catalogs` brings them up to date; then fill what is empty.

Sentences (`es.po`) come from the templates (`_("…")`, `{% trans %}`), from `marked("…")` in the web package, and from
`message("…")` and `counted("…", "…", n)` in the rooms that write plain words. The words of our tables (`es.tables.po`)
and our names (`es.names.po`) are listed in `tests.web.tables`. What no page says any more is dropped; what is new
stands with an empty translation, which a test refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from accrual.message import Message
from accrual.plain.filters import FACET_TITLES
from accrual.plain.results import HARMS, STEPS
from accrual.plain.screening import NOT_ADVICE
from accrual.plain.topics import TOPIC_NAMES
from accrual.plain.trial import DESIGN_NAMES, UNDERSTOOD_WORDS
from accrual.web.catalog import DEFAULT, LOCALE, PARTS, catalog_file
from accrual.web.language import LANGUAGES

from .tables import name_words, table_words

JOINTS = (" and ", " or ", ", or ")
WEB = LOCALE.parent
REPORT = WEB.parent / "report"
ROOMS = (
    WEB.parent / "plain",
    WEB.parent / "codes",
    WEB.parent / "criteria",
    WEB.parent / "match",
    WEB.parent / "patient",
    WEB.parent / "registry",
    WEB.parent / "search",
)
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {
    # Not silent: else a template with a mistake in it loses all its words without a word.
    "templates/**.html": {
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "trimmed": "true",
        "silent": "false",
    }
}
OF_ROOMS = {"message": None, "counted": (1, 2)}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None, **OF_ROOMS}
OTHERS = (
    *JOINTS,
    "%(adjectives)s %(name)s",
    NOT_ADVICE,
    *FACET_TITLES.values(),
    *UNDERSTOOD_WORDS.values(),
    *DESIGN_NAMES.values(),
    *STEPS.values(),
    *HARMS,
    *TOPIC_NAMES.values(),
)
"""Words of other rooms that the pages show through the catalogs."""


def said() -> Catalog:
    """Return every sentence of the pages, untranslated."""
    found = Catalog(fuzzy=False)
    for folder, keywords in ((WEB, KEYWORDS), (REPORT, KEYWORDS), *((room, OF_ROOMS) for room in ROOMS)):
        for path, _, message, _, context in extract_from_dir(
            str(folder), METHODS, OPTIONS, keywords=keywords, comment_tags=()
        ):
            del path
            found.add(message, context=context)
    alone = extract_from_dir(
        str(WEB.parent),
        [("*.py", "python")],
        keywords=OF_ROOMS,
        comment_tags=(),
        directory_filter=lambda _: False,
    )
    for _, _, message, _, context in alone:
        found.add(message, context=context)
    for words in OTHERS:
        found.add(words)
    return found


def tabled() -> Catalog:
    """Return the words of our tables, untranslated."""
    return _listed(table_words())


def named() -> Catalog:
    """Return the names of our tables, untranslated."""
    return _listed(name_words())


def _listed(words: Iterable[Message]) -> Catalog:
    found = Catalog(fuzzy=False)
    for word in words:
        found.add(word.pattern, context=word.context or None)
    return found


CATALOGS: dict[str, Callable[[], Catalog]] = dict(zip(PARTS, (said, tabled, named), strict=True))
"""The part of a file's name behind the language, and what the file has to hold."""


def read_catalog(language: str, part: str = "") -> Catalog:
    """Return a catalog of a language, empty where there is none."""
    path = catalog_file(language, part)
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(language: str, part: str = "") -> Path:
    """Bring a catalog of a language up to date; what is new is empty."""
    old, new = read_catalog(language, part), Catalog(locale=language, fuzzy=False)
    for message in CATALOGS[part]():
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        new.add(message.id, known.string if known is not None else None, context=message.context)
    path = catalog_file(language, part)
    LOCALE.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, sort_output=True, no_location=True, omit_header=True, width=0)
    return path


if __name__ == "__main__":
    for language in LANGUAGES:
        for part in CATALOGS if language != DEFAULT else ():
            path = write(language, part)
            empty = sum(1 for one in read_catalog(language, part) if one.id and not one.string)
            print(f"{path}: {empty} to fill")  # noqa: T201
