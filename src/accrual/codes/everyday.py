"""Everyday words for medical names: what a patient would call a condition, a treatment or a test.

Comes in: the id of a variable, a concept or a qualifier. Goes out: the words of `everyday.tsv`, or None where the table
has none and the medical name must do. Refuses (VocabularyError) a broken table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from accrual.codes.table import read_table

_COLUMNS = ("id", "words")


@cache
def everyday_words() -> Mapping[str, str]:
    """Return id -> everyday words, American, singular: `hypertension` -> "high blood pressure".

    Raises:
        VocabularyError: the table breaks a rule of `codes.table`.
    """
    return MappingProxyType({row["id"]: row["words"] for row in read_table("everyday.tsv", _COLUMNS)})
