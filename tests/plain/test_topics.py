"""What a criterion is about: every variable has its topic, and the topics are those of the columns."""

from __future__ import annotations

import pytest

from accrual.codes.concepts import vocabulary
from accrual.codes.variables import variables
from accrual.criteria.compile import compile_text
from accrual.plain.topics import TOPIC_NAMES, TOPICS, table, topic_of


def test_every_variable_is_about_something() -> None:
    rows = {about.partition("/")[2] for about in table() if about.startswith("variable/")}
    assert rows == set(variables())


def test_every_family_of_the_table_is_in_the_vocabulary() -> None:
    families = [about.partition("/")[2] for about in table() if about.startswith("concept/")]
    assert families
    assert all(family in vocabulary().concepts for family in families)


def test_every_topic_has_a_name() -> None:
    assert tuple(TOPIC_NAMES) == TOPICS


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Age 18 to 70 years", "person"),
        ("Women who are pregnant or breastfeeding", "pregnancy"),
        ("Tubal ligation or vasectomy", "pregnancy"),
        ("Platelets ≥ 75 x 10^9/L", "organs"),
        ("HIV test positive", "infection"),
        ("Active hepatitis B", "infection"),
        ("Prior treatment with trastuzumab", "treatment"),
        ("Metastatic breast cancer", "disease"),
        ("ECOG performance status 0-2", "organs"),
        ("As the investigator sees fit", "other"),
    ],
)
def test_a_criterion_is_about_what_most_of_it_says(text: str, topic: str) -> None:
    (criterion,) = compile_text(f"Inclusion Criteria:\n\n* {text}")
    assert topic_of(criterion.tree) == topic
