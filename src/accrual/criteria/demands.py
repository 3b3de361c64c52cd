"""Exclusions that are written as demands: "No uncontrolled hypertension", "Not receiving dialysis", line after line.

Comes in: the items of a text. Goes out: the same, where the exclusions are turned into requirements if every one of
them says what must not be. Refuses to turn a list of which any line is another sort, and what a person may lack ("no
caregiver", "not willing to come"): one such line alone does not say which way it is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from accrual.criteria.split import Item

MIN_LINES = 3  # set by hand: so many slips of one kind are none
_SAYS_WHAT_MUST_NOT_BE = re.compile(
    r"(?i)(?:no\s+(?:known|history|prior|previous|pre-?existing|evidence|signs?|active|uncontrolled|unstable|severe|serious|"
    r"symptomatic|concurrent|current|concomitant|recent|other|clinically|significant)\b|"
    r"not\s+(?:receiving|pregnant|lactating|nursing|breast-?feeding|taking|using|currently)\b|(?:must|has|have)\s+not\b)"
)


def turned(text: str, items: Sequence[Item]) -> tuple[Item, ...]:
    """Return the items; exclusions each of which denies something are requirements."""
    lines = [item for item in items if item.kind == "exclusion"]
    if len(lines) < MIN_LINES or any(item.children or item.lead for item in lines):
        return tuple(items)
    if not all(_SAYS_WHAT_MUST_NOT_BE.match(text, item.start, item.end) for item in lines):
        return tuple(items)
    return tuple(
        msgspec.structs.replace(item, kind="inclusion") if item.kind == "exclusion" else item
        for item in items
    )
