"""Names in a text, and the abbreviations that the text itself explains."""

from __future__ import annotations

import pytest

from accrual.criteria.names import is_short_for, named_in


def names(text: str) -> list[tuple[str, str]]:
    return [
        (text[at:to], concept.id if concept is not None else variable.id if variable is not None else "")
        for at, (to, concept, variable) in sorted(named_in(text, 0, len(text)).items())
    ]


def test_a_name_and_its_abbreviation_are_one() -> None:
    assert names("rheumatoid arthritis (RHA) or gout")[0] == (
        "rheumatoid arthritis (RHA)",
        "rheumatoid-arthritis",
    )


def test_an_explained_abbreviation_means_that_in_the_whole_text() -> None:
    text = "- rheumatoid arthritis (RHA)\n- no RHA before 18"
    assert names(text)[1] == ("RHA", "rheumatoid-arthritis")


def test_the_text_is_stronger_than_the_tables() -> None:
    text = "mitral regurgitation (MI)\nprior MI"
    assert names(text)[-1] == ("MI", names(text)[0][1])


def test_an_abbreviation_explained_twice_stays_what_the_tables_say() -> None:
    text = "rheumatoid arthritis (RXA), reactive arthritis (RXA)\nRXA"
    assert names(text)[-1][0] != "RXA"


def test_a_word_in_a_line_of_capitals_is_no_abbreviation() -> None:
    text = "acute lymphoblastic leukemia (ALL)\nALL PATIENTS MUST CONSENT"
    assert ("ALL", "acute-lymphoblastic-leukemia") not in names(text)[1:]


@pytest.mark.parametrize(
    ("short", "name", "holds"),
    [
        ("NSCLC", "non-small cell lung cancer", True),
        ("MRI", "magnetic resonance imaging", True),
        ("MRI", "brain metastases", False),
        ("PM", "malignancy", False),
    ],
)
def test_an_abbreviation_has_the_letters_of_its_name(short: str, name: str, holds: bool) -> None:
    assert is_short_for(short, name) is holds


def test_a_text_of_brackets_alone_takes_no_time() -> None:
    assert names("(AB) " * 20_000) is not None
