"""What the score of a match is made of, in a few words.

Comes in: the parts of a score. Goes out: words. Refuses nothing; a part that has no words here goes by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accrual.match.rank import Part

GROUPS: Mapping[str, str] = {
    **dict.fromkeys(("conditions", "names", "names in criteria", "about"), "conditions"),
    **dict.fromkeys(("note in record", "note in criteria", "note in title", "note in conditions"), "note"),
    "met": "criteria met",
    "near": "near",
}
"""Parts of one kind are told as one: a line of a table has no room for ten."""


def score_words(parts: Sequence[Part]) -> str:
    """Return what gives a score its height, in hundredths: "conditions 51, criteria met 12, near 8".

    Example:
        >>> score_words([Part("conditions", 0.5, 0.75), Part("met", 1.0, 0.15)])
        'conditions 38, criteria met 15'
    """
    points: dict[str, float] = {}
    for part in parts:
        name = GROUPS.get(part.name, part.name)
        points[name] = points.get(name, 0.0) + 100 * part.value * part.share
    told = sorted(points.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {value:.0f}" for name, value in told if value >= 0.5)
