"""Passages: the parts of a record that tell which patients it is for, each a field of its own.

Comes in: a `Trial`. Goes out: texts by field. Refuses nothing: a part that the record lacks is empty.

A patient's words are looked for here, not in everything that a search looks at: the names of sites and of their staff,
outcomes and arms say little of who may come, and make a record long, so that each of its words counts less.
"""

from __future__ import annotations

from collections.abc import Iterator

from accrual.criteria.sections import section
from accrual.registry.record import Trial

PASSAGES = ("subject", "summary", "inclusion", "description")
"""What a study is about in names (titles, conditions, keywords); the same with interventions and the brief summary; its
inclusion criteria; its detailed description."""

MAX_DESCRIPTION = 8_000
"""Characters read of a detailed description; few are longer, and those tell of methods. Set by hand."""


def read_passages(trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield the passages of a record that are not empty, each with its field."""
    subject = (trial.title, trial.official_title, *trial.conditions, *trial.keywords)
    texts = (
        subject,
        (*subject, *(one.name for one in trial.interventions), trial.summary),
        (inclusion_part(trial.criteria_text),),
        (trial.description[:MAX_DESCRIPTION],),
    )
    for field, parts in zip(PASSAGES, texts, strict=True):
        text = "\n".join(part for part in parts if part)
        if text:
            yield field, text


def inclusion_part(text: str) -> str:
    """Return the lines of a criteria text that do not stand under a heading of exclusions.

    Example:
        >>> inclusion_part("Inclusion Criteria:\\n- Asthma\\nExclusion Criteria:\\n- Stroke")
        'Inclusion Criteria:\\n- Asthma'
    """
    kept: list[str] = []
    included = True
    for line in text.splitlines():
        opened = section(line.strip(" \t*-•"))
        if opened is not None:
            included = opened[0] == "inclusion"
        if included:
            kept.append(line)
    return "\n".join(kept)
