"""The catalogs of the pages' words: `python -m tests.web.catalogs` brings them up to date; then fill what is empty.

Words come from the templates (`_("…")`, `{% trans %}`) and from `marked("…")` in the web package. What no page says any
more is dropped; what is new stands with an empty translation, which a test refuses.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from accrual.plain.filters import FACET_TITLES, value_words
from accrual.plain.results import HARMS, STEPS
from accrual.plain.screening import NOT_ADVICE
from accrual.plain.topics import TOPIC_NAMES
from accrual.plain.trial import DESIGN_NAMES, UNDERSTOOD_WORDS
from accrual.registry.labels import label
from accrual.web.language import DEFAULT, LANGUAGES, LOCALE

WEB = LOCALE.parent
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "trimmed": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "marked": None}
STATUS_VALUES = (
    "RECRUITING",
    "NOT_YET_RECRUITING",
    "ENROLLING_BY_INVITATION",
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "UNKNOWN",
)
STATUSES = tuple(dict.fromkeys(label("status", value) for value in STATUS_VALUES))
FACET_VALUES = tuple(
    value_words(facet, value)
    for facet, values in (
        ("age_group", ("CHILD", "ADULT", "OLDER_ADULT")),
        ("sex", ("ALL", "FEMALE", "MALE")),
        ("healthy_volunteers", ("true", "false")),
        ("results", ("true", "false")),
    )
    for value in values
)
OTHERS = (
    NOT_ADVICE,
    *FACET_TITLES.values(),
    *STATUSES,
    *FACET_VALUES,
    *UNDERSTOOD_WORDS.values(),
    *DESIGN_NAMES.values(),
    *STEPS.values(),
    *HARMS,
    *TOPIC_NAMES.values(),
)
"""Words of other rooms that the pages show through the catalogs."""


def said() -> Catalog:
    """Return every word of the pages, untranslated."""
    found = Catalog(fuzzy=False)
    for path, _, message, _, context in extract_from_dir(
        str(WEB), METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=()
    ):
        del path
        found.add(message, context=context)
    for words in OTHERS:
        found.add(words)
    return found


def read_catalog(language: str) -> Catalog:
    """Return the catalog of a language, empty where there is none."""
    path = LOCALE / f"{language}.po"
    if not path.is_file():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(language: str) -> Path:
    """Bring the catalog of a language up to date; what is new is empty."""
    old, new = read_catalog(language), Catalog(locale=language, fuzzy=False)
    for message in said():
        if not message.id:
            continue
        known = old.get(message.id)
        new.add(message.id, known.string if known is not None else None)
    path = LOCALE / f"{language}.po"
    LOCALE.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, sort_output=True, no_location=True, omit_header=True, width=0)
    return path


if __name__ == "__main__":
    for language in LANGUAGES:
        if language != DEFAULT:
            path = write(language)
            empty = sum(1 for one in read_catalog(language) if one.id and not one.string)
            print(f"{path}: {empty} to fill")  # noqa: T201
