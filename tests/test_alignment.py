"""Items known again: by their keys, then by their words, never by their place."""

from __future__ import annotations

from accrual.alignment import align, changed_words


def test_equal_items_are_paired_wherever_they_stand() -> None:
    assert sorted(align(["a", "b", "a"], ["a", "a", "b"], [str])) == [(0, 0), (1, 2), (2, 1)]


def test_the_likest_are_paired_first() -> None:
    before = ["age up to 65 years", "no prior chemotherapy within 4 weeks"]
    after = ["no prior chemotherapy within 2 weeks", "age up to 70 years", "pregnant"]
    assert align(before, after, [str], str) == [(1, 0), (0, 1), (None, 2)]


def test_what_has_little_in_common_stands_alone() -> None:
    assert align(["pregnant women"], ["active hepatitis B"], [str], str) == [(None, 0), (0, None)]


def test_lists_too_long_for_words_are_paired_by_keys_alone() -> None:
    before = [f"one {number}" for number in range(400)]
    after = [f"two {number}" for number in range(400)]
    assert len(align(before, after, [str], str)) == 800


def test_of_long_texts_the_words_that_differ_are_shown() -> None:
    before = (
        "Participants must have a life expectancy of at least 3 months in the opinion of the investigator"
    )
    after = before.replace("3 months", "6 months")
    assert changed_words(before, after) == (
        "… of at least 3 months in the …",
        "… of at least 6 months in the …",
    )


def test_texts_with_little_in_common_are_shown_whole() -> None:
    assert changed_words("a b c", "x y z") == ("a b c", "x y z")
