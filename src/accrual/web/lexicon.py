"""What visitors type in a language of the pages, with its English: the catalogs read backwards, and a table of words.

Comes in: a language. Goes out: its `Lexicon`, made once; None for English. Refuses (VocabularyError) a broken table.

Names of conditions, treatments and measurements come out of `locale/es.names.po`, names of countries from Babel. What
people type beside them (other names, words of a sentence, what describes an illness) is a row of `locale/es.words.tsv`:
the words, their English, and their kind. An empty English leaves the words out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from babel import Locale

from accrual.codes.concepts import seed_concepts, vocabulary
from accrual.codes.everyday import everyday_words
from accrual.codes.table import read_rows
from accrual.codes.variables import variables
from accrual.errors import VocabularyError
from accrual.plain.translation import KINDS, Entry, Lexicon
from accrual.search.countries import country_names
from accrual.web.catalog import DEFAULT, LOCALE, catalog

COLUMNS = ("typed", "english", "kind")
_ASIDE = re.compile(r"\s*\(([^()]+)\)$")


@cache
def lexicon(language: str) -> Lexicon | None:
    """Return what is typed in a language, with its English; None where there is no table.

    Raises:
        VocabularyError: a row of the table has another kind.
    """
    if language == DEFAULT or not (LOCALE / f"{language}.words.tsv").is_file():
        return None
    return Lexicon((*table_entries(language), *_places(language), *name_entries(language)))


def table_entries(language: str) -> Iterator[tuple[str, Entry]]:
    """The rows of the table of a language."""
    path = LOCALE / f"{language}.words.tsv"
    for row in read_rows(path, COLUMNS):
        kind = next((known for known in KINDS if known == row["kind"]), None)
        if kind is None:
            raise VocabularyError(f"{path.name}: {row['typed']}: the kind must be one of {', '.join(KINDS)}")
        yield row["typed"], Entry(row["english"], kind)


def name_entries(language: str) -> Iterator[tuple[str, Entry]]:
    """The names of the catalog: of concepts, then those that people say for them, then of measurements."""
    known = catalog(language)
    asides: dict[str, list[str]] = {}
    for concept in seed_concepts():
        if found := known.find("name", concept.name):
            yield _ASIDE.sub("", found), Entry(concept.name, "name")
            if aside := _ASIDE.search(found):
                asides.setdefault(aside[1], []).append(concept.name)
    for words, names in asides.items():
        if len(names) == 1:  # "(bypass)" stands behind two
            yield words, Entry(names[0], "name")
    for key, words in everyday_words().items():
        # "A disease of the bowel" says what colitis is, and names more than that: only a name is read backwards.
        named = vocabulary().lookup(words)
        if named is not None and named.id == key and (found := known.find("name", words)):
            yield found, Entry(words, "name")
    for variable in variables().values():
        if found := known.find("name", variable.name):
            yield _ASIDE.sub("", found), Entry(variable.name, "name")


def _places(language: str) -> Iterator[tuple[str, Entry]]:
    """The countries, as people of the language call them."""
    names = Locale.parse(language).territories
    for code, english in country_names().items():
        if own := names.get(code):
            yield own, Entry(english, "place")
