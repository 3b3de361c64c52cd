"""A permission among the exclusions, a point of its own: what it may permit does not surely keep a patient out."""

from __future__ import annotations

import pytest

from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical


def trees(*lines: str, head: str = "Exclusion Criteria:") -> list[str]:
    return [
        canonical(each.tree)
        for each in compile_text(head + "\n\n" + "\n".join(f"* {line}" for line in lines))
    ]


@pytest.mark.parametrize(
    "permission",
    [
        "Controlled hypertension is allowed",
        "NOTE: Patients with controlled hypertension are eligible.",
        "Patients with hypertension will be permitted if it is controlled",
    ],
)
def test_what_may_be_permitted_is_in_doubt(permission: str) -> None:
    first, second, _ = trees("Hypertension", "Diabetes", permission)
    assert first == f'(all (present hypertension "hypertension") (opaque "{permission}"))'
    assert second == '(present diabetes-mellitus "diabetes mellitus")'


def test_a_kind_that_is_permitted_puts_the_family_in_doubt() -> None:
    first, _ = trees("Active autoimmune disease", "Patients with type 1 diabetes may be eligible")
    assert first == (
        '(all (present autoimmune-disease "autoimmune disease" active) '
        '(opaque "Patients with type 1 diabetes may be eligible"))'
    )


@pytest.mark.parametrize(
    "line",
    [
        "Controlled hypertension is not allowed",
        "Toxicities of grade 2, except that hypertension is acceptable",
        "Stroke (controlled hypertension is allowed)",
        "Stroke. Controlled hypertension is allowed",
    ],
)
def test_an_exclusion_with_a_permission_in_it_permits_nothing_elsewhere(line: str) -> None:
    assert trees("Hypertension", line)[0] == '(present hypertension "hypertension")'


def test_what_is_asked_for_is_not_put_in_doubt() -> None:
    assert trees("Hypertension", "Controlled hypertension is allowed", head="Inclusion Criteria:")[0] == (
        '(present hypertension "hypertension")'
    )
