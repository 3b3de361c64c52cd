"""Exclusions that each say what must not be are requirements; a list of which one line does not is left as it is."""

from __future__ import annotations

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical

DENIED = ("No uncontrolled hypertension", "Not receiving dialysis", "No severe heart failure")


def read(*lines: str) -> list[tuple[str, str]]:
    text = "Inclusion Criteria:\n\n* Asthma\n\nExclusion Criteria:\n\n" + "\n".join(
        f"* {line}" for line in lines
    )
    return [(each.kind, canonical(each.tree)) for each in compile_text(text)][1:]


def test_a_list_of_denials_is_a_list_of_requirements() -> None:
    assert read(*DENIED) == [
        ("inclusion", '(not (present hypertension "hypertension" uncontrolled))'),
        ("inclusion", '(not (present dialysis "dialysis" current))'),
        ("inclusion", '(not (present heart-failure "heart failure" severe))'),
    ]


def test_one_other_line_leaves_the_list_as_it_is() -> None:
    assert {kind for kind, _ in read(*DENIED, "Pregnant women")} == {"exclusion"}


def test_two_denials_alone_do_not_say_how_they_are_meant() -> None:
    assert {kind for kind, _ in read(*DENIED[:2])} == {"exclusion"}


def test_what_a_person_may_lack_excludes() -> None:
    assert {kind for kind, _ in read("No caregiver", "No access to a phone", "Not willing to come")} == {
        "exclusion"
    }
