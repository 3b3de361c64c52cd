"""Messages: English sentences that know what they were made of."""

from __future__ import annotations

import copy
import pickle

import pytest

from accrual.errors import QueryError
from accrual.message import Message, Original, counted, error_words, joined, message, opening, word
from accrual.web.speech import shown, spoken


def test_a_message_is_its_english_sentence() -> None:
    said = message("%(low)s to %(high)s old", low=12, high=counted("%(count)s year", "%(count)s years", 65))
    assert said == "12 to 65 years old"
    assert type(str(said)) is str


def test_a_hole_that_nothing_fills_is_an_error() -> None:
    with pytest.raises(KeyError):
        message("%(low)s to %(high)s old", low=12)


@pytest.mark.parametrize(
    "said",
    [
        message("Lowest age: %(age)s", age=Original("12")),
        counted("%(count)s fact", "%(count)s facts", 3),
        opening(message("up to %(age)s old", age="3 days")),
        joined(", ", [word("Phase 1", "phase"), word("Phase 2", "phase")]),
    ],
)
def test_a_message_stays_itself_through_copies(said: Message) -> None:
    for again in (copy.copy(said), pickle.loads(pickle.dumps(said))):
        assert again == said
        assert spoken(again, "es") == spoken(said, "es")
        assert type(again) is type(said)


def test_every_part_of_a_sentence_is_said_in_the_language() -> None:
    said = message("%(low)s to %(high)s old", low=12, high=counted("%(count)s year", "%(count)s years", 65))
    assert spoken(said, "es") == "entre 12 y 65 años de edad"
    assert spoken(said, "en") == said


def test_a_word_is_looked_up_as_what_it_is_of() -> None:
    assert spoken(word("Other", "time_perspective"), "es") == "Otra"
    assert spoken(word("Other", "funder"), "es") == "Otro"


def test_the_first_letter_of_a_sentence_is_a_capital_in_every_language() -> None:
    said = opening(message("up to %(age)s old", age=counted("%(count)s day", "%(count)s days", 1)))
    assert (said, spoken(said, "es")) == ("Up to 1 day old", "Hasta 1 día de edad")


def test_a_country_has_the_name_that_the_language_gives_it() -> None:
    assert spoken(word("Germany", "country"), "es") == "Alemania"
    assert shown(word("Atlantis", "country"), "es") == "<span lang=en>Atlantis</span>"


def test_what_stays_english_says_so_and_is_escaped() -> None:
    said = message("Not understood: “%(quote)s”", quote=Original("<b>x</b>"))
    assert shown(said, "es") == "No se entendió: “<span lang=en>&lt;b&gt;x&lt;/b&gt;</span>”"
    assert (
        shown(message("nobody translated <this>"), "es")
        == "<span lang=en>nobody translated &lt;this&gt;</span>"
    )
    assert shown(Original("a"), "en") == "a"


def test_a_plain_text_of_others_is_left_alone() -> None:
    assert shown("Recruiting", "es") == "Recruiting"
    assert shown(3, "es") == 3


def test_an_error_is_said_in_the_language_where_it_can_be() -> None:
    error = QueryError(
        message(
            "“%(text)s” is not an age: write whole years, like 42, or for a baby months, like 8 months",
            text="x",
        )
    )
    assert str(error) == "“x” is not an age: write whole years, like 42, or for a baby months, like 8 months"
    assert spoken(error_words(error), "es") != str(error)
    assert shown(error_words(QueryError("beyond us")), "es") == "<span lang=en>beyond us</span>"
