"""Pre-wrapped legacy text into v2 markdown: paragraphs, lists, nesting, escapes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from accrual.registry.textblock import escape, markdown, paragraphs

NESTED = """
        DISEASE CHARACTERISTICS:

          -  Histologically proven tumor, either of the following kinds, of which one must have been seen in
             the last year

               -  Stage I

               -  Stage II

                    -  with spread

          -  No metastases

        Other:

          1. First

          2. Second

               1. Inner

         10. Tenth
      """


def test_wrapped_lines_are_joined_and_nesting_is_kept() -> None:
    assert markdown(NESTED) == (
        "DISEASE CHARACTERISTICS:\n\n"
        "* Histologically proven tumor, either of the following kinds, of which one must have been seen in "
        "the last year\n\n"
        "  * Stage I\n"
        "  * Stage II\n\n"
        "    * with spread\n"
        "* No metastases\n\n"
        "Other:\n\n"
        "1. First\n"
        "2. Second\n\n"
        "   1. Inner\n"
        "10. Tenth"
    )


def test_carriage_returns_make_no_difference() -> None:
    assert markdown(NESTED.replace("\n", "\r\n")) == markdown(NESTED)


def test_paragraph_inside_an_item_is_indented_under_it() -> None:
    text = "\n          -  An item\n\n             and a word on it\n\n          -  Next\n        Base\n"
    assert markdown(text).startswith("* An item\n\n  and a word on it\n* Next")


def test_lines_their_author_broke_stay_apart() -> None:
    assert markdown("\n  Age 18 or older\n  ECOG 0-1\n") == "Age 18 or older\n\nECOG 0-1"
    assert markdown("\n   - Age 18 or older\n   - ECOG 0-1\n") == "* Age 18 or older\n* ECOG 0-1"


def test_a_dash_at_a_wrap_is_no_bullet() -> None:
    first = (
        "        Participants whose score on the scale at the first visit, taken before any treatment, was 12"
    )
    assert markdown(f"\n{first}\n        - 15 on the second form of the scale\n").count("\n") == 0


def test_a_new_numbered_list_starts_apart() -> None:
    assert markdown("\n     1. A\n\n     2. B\n\n     1. C\n\n   End\n") == "1. A\n2. B\n\n1. C\n\nEnd"


def test_markup_signs_are_escaped_as_the_registry_does() -> None:
    assert escape("ANC < 1.5 x 10^9/L [a_b] *") == r"ANC \< 1.5 x 10\^9/L \[a\_b\] \*"
    assert escape("1. not a list") == r"1\. not a list"
    assert escape("- not a list") == r"\- not a list"
    assert escape("1.5 mg") == "1.5 mg"


def test_unwrapped_text_keeps_each_line_as_a_paragraph() -> None:
    assert paragraphs("Dosage: capsule\n1: two a day") == "Dosage: capsule\n\n1: two a day"
    assert paragraphs("Any of:\n- 5 mg\n- 10 mg") == "Any of:\n\n* 5 mg\n* 10 mg"
    assert paragraphs("") == ""


def test_empty_text_gives_empty_text() -> None:
    assert markdown("") == markdown("\n   \n") == ""


@given(st.text(st.characters(codec="utf-8", exclude_characters="\\"), max_size=400))
def test_no_word_is_lost_or_made_up(text: str) -> None:
    """Letters and digits come out in the order in which they went in, whatever the text looks like."""
    assert re.sub(r"\W", "", markdown(text)) == re.sub(r"\W", "", text)
    assert re.sub(r"\W", "", paragraphs(text)) == re.sub(r"\W", "", text)
