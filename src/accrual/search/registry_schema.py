"""What the registry index holds of a study and of a site: its index fields, by the registry's pieces.

Comes in: a field of a record (`registry/fields.py`). Goes out: the index field that holds its words, its numbers, its
list's length; the two schemas; how words are cut. Refuses nothing.

Of a study:

- `words.<Piece>`: the words of a piece, with their endings off (`words.py`); `exact.<Piece>`: as they are written.
  Both are JSON fields, a key for each piece: three hundred text fields would cost a byte a study each. Each value
  stands between a begin and an end sign, so that a whole value is a phrase, and a piece with a value has the sign.
- The pieces that decide an order have a text field of their own instead of `words.<Piece>`: only those know how long a
  text is, which BM25 asks.
- `patient` and `basic`: the words of PatientSearch, and of what BasicSearch has beyond it (it has all of it): one
  or two lookups a word instead of forty.
- `values.<Piece>`: enumerations and yes or no, whole, for filters.
- `m_<Piece>`: days, minutes of age, numbers; `n_<Piece>`: how many items a list has.
- `site`: city, state, country and status of each site together, as in `site_words.py`.
- `number`, `alias`: NCT numbers; `study`: the store's key; `updated`: the order of equals; `point`: as in `geo.py`.

Of a site: `words`, `exact`, `values`, `point` of its own fields, and `study`.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

import tantivy

from accrual.registry.areas import find_area
from accrual.registry.fields import DATA, FIELDS, Field, find_field, nested_document
from accrual.search.measures import measure_of
from accrual.search.words import LONGEST_WORD

_VERSION = 2
"""Raise it when a document's fields change in a way that the tables of fields and areas do not show."""

STEMS: Final = "registry_stems"
EXACT: Final = "registry_exact_words"
RAW: Final = "raw"

BEGIN: Final = "ᚠ"
END: Final = "ᛝ"
"""Runes that stand before and behind each value. They are letters to the analyzer; see `shield`."""

OWN_FIELDS: Final = tuple(
    find_field(piece)
    for piece in (
        "Acronym",
        "BriefTitle",
        "OfficialTitle",
        "Condition",
        "Keyword",
        "InterventionName",
        "InterventionOtherName",
        "ConditionMeshTerm",
        "InterventionMeshTerm",
    )
)
"""Pieces with a text field of their own: the heaviest of the registry's large search areas."""

PATIENT: Final = frozenset(field.piece for field in find_area("PatientSearch").fields)
BASIC_REST: Final = frozenset(field.piece for field in find_area("BasicSearch").fields) - PATIENT

_OWN = frozenset(field.piece for field in OWN_FIELDS)


def is_listed(field: Field) -> bool:
    """Say whether a field is a list or lies below one, so that a study may have several values of it."""
    return field.many or (field.parent != "" and is_listed(find_field(field.parent)))


MEASURED: Final = tuple(
    field for field in FIELDS if not field.children and measure_of(field.type) is not None
)
"""Fields with values that a range can hold."""
COUNTED: Final = tuple(field for field in FIELDS if field.children or is_listed(field))
"""Fields whose items are counted. All others have one value or none."""
_COUNTED = frozenset(field.piece for field in COUNTED)


def shield(text: str) -> str:
    """Return a text in which no word is one of our signs: their runes are doubled, in records and in queries."""
    if text.isascii():
        return text
    return text.replace(BEGIN, BEGIN * 2).replace(END, END * 2)


def is_counted(field: Field) -> bool:
    """Say whether the index knows how many items a field has."""
    return field.piece in _COUNTED


def words_field(piece: str, exact: bool = False, site: bool = False) -> str:
    """Return the index field of a piece's words.

    Example:
        >>> words_field("Condition"), words_field("LocationCity"), words_field("Condition", exact=True)
        ('Condition', 'words.LocationCity', 'exact.Condition')
    """
    if exact:
        return f"exact.{piece}"
    return piece if piece in _OWN and not site else f"words.{piece}"


def measure_field(piece: str) -> str:
    """Return the index field of a piece's days, minutes or numbers."""
    return f"m_{piece}"


def size_field(piece: str) -> str:
    """Return the index field that says how many items a list has."""
    return f"n_{piece}"


def _analyzers() -> dict[str, tantivy.TextAnalyzer]:
    """Return how words are cut: as `words.cut_words` and `words.stem_of` do, without runs too long for a word."""

    def cut() -> tantivy.TextAnalyzerBuilder:
        return (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.remove_long(LONGEST_WORD + 1))
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.ascii_fold())
        )

    return {STEMS: cut().filter(tantivy.Filter.stemmer("english")).build(), EXACT: cut().build()}


ANALYZERS: Final = _analyzers()


def _build_study_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    _add_words(builder)
    for field in OWN_FIELDS:
        builder.add_text_field(field.piece, tokenizer_name=STEMS, index_option="position")
    for name in ("patient", "basic"):
        builder.add_text_field(name, tokenizer_name=STEMS, index_option="position")
    builder.add_text_field("site", tokenizer_name=EXACT, index_option="position")
    for field in MEASURED:
        builder.add_float_field(measure_field(field.piece), fast=True)
    for field in COUNTED:
        builder.add_unsigned_field(size_field(field.piece), fast=True)
    for name in ("number", "alias"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    builder.add_unsigned_field("updated", fast=True)
    return builder.build()


def _build_site_schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    _add_words(builder)
    for field in MEASURED:
        if nested_document(field) == "Location":
            builder.add_float_field(measure_field(field.piece), fast=True)
    for field in COUNTED:
        if nested_document(field) == "Location":
            builder.add_unsigned_field(size_field(field.piece), fast=True)
    return builder.build()


def _add_words(builder: tantivy.SchemaBuilder) -> None:
    builder.add_json_field("words", tokenizer_name=STEMS, index_option="position")
    builder.add_json_field("exact", tokenizer_name=EXACT, index_option="position")
    builder.add_json_field("values", tokenizer_name=RAW, index_option="basic")
    builder.add_unsigned_field("study", indexed=True, fast=True)
    builder.add_unsigned_field("point", indexed=True)


STUDY_SCHEMA: Final = _build_study_schema()
SITE_SCHEMA: Final = _build_site_schema()


def _format() -> str:
    """Return the format's name: another table of fields makes other documents."""
    tables = b"".join((DATA / name).read_bytes() for name in ("fields.tsv", "areas.tsv", "enums.tsv"))
    return f"{_VERSION}-{crc32(tables):08x}"


FORMAT: Final = _format()
