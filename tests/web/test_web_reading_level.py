"""The pages read at grade 8 or below, sentence by sentence and together; in Spanish they read easily."""

from __future__ import annotations

import re

import pytest

from accrual.plain.glossary import entries
from reading_level import GRADE, ease, grade

from .catalogs import read_catalog

HARDEST = 12.0  # a single sentence: a long name alone can raise its grade; set by hand
EASY = 65.0  # "easy" begins here on the Inflesz scale (Barrio-Cantalejo 2008)


def sentences(*, translated: bool) -> list[str]:
    """The whole sentences of the catalog, with a number for each value."""
    found = []
    for message in read_catalog("es"):
        if not message.id:
            continue
        forms = message.string if translated else message.id
        for form in forms if isinstance(forms, (list, tuple)) else (forms,):
            words = re.sub(r"%\(\w+\)s", "5", form)
            if len(words.split()) >= 5 and words[-1] in ".?!":
                found.append(words)
    return found


def test_the_pages_read_at_grade_8_or_below() -> None:
    ours = sentences(translated=False)
    assert len(ours) > 150
    assert grade(" ".join(ours)) <= GRADE
    assert [words for words in ours if grade(words) > HARDEST] == []


def test_the_pages_read_easily_in_spanish() -> None:
    ours = sentences(translated=True)
    assert len(ours) > 150
    assert ease(" ".join(ours)) >= EASY


def test_the_meanings_of_medical_words_read_at_grade_8_or_below() -> None:
    meanings = [entry.meaning for entry in entries()]
    assert grade(" ".join(meanings)) <= GRADE
    assert [words for words in meanings if grade(words) > HARDEST] == []


@pytest.mark.parametrize(
    ("plain", "official"),
    [
        (
            "The study team can say who may take part.",
            "Eligibility determination necessitates investigator confirmation.",
        ),
        ("You can stop at any time.", "Discontinuation of participation is permissible unconditionally."),
    ],
)
def test_the_measure_tells_plain_from_official(plain: str, official: str) -> None:
    assert grade(plain) < GRADE < HARDEST < grade(official)


def test_the_measure_tells_plain_from_official_in_spanish() -> None:
    assert ease("Puede parar cuando quiera.") > EASY
    assert ease("La determinación de elegibilidad requiere confirmación administrativa.") < EASY
