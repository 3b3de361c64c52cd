"""A screening as one row of a matrix: for each topic, how many rules are met, open and not met, and their proofs.

Comes in: `Screening` from `accrual.match`. Goes out: a `Cell` for each topic, whose counts add up to those of the whole
screening, and the rules behind a cell. Refuses nothing. Groups of people of one kind count as one rule, for to fit one
of them is enough; it stands among the other rules, with the rules of each group behind it.
"""

from __future__ import annotations

import msgspec

from accrual.match.verdict import GroupsVerdict, Screening
from accrual.message import Original, message
from accrual.plain.participation import Rule, rules_of
from accrual.plain.prose import printable
from accrual.plain.screening import Decided
from accrual.plain.tone import MARKS, Tone
from accrual.plain.topics import TOPICS, Topic, topic_of
from accrual.truth import Truth

CELL_WORDS: dict[Tone, str] = {
    "good": message("Met"),
    "bad": message("Not met"),
    "open": message("Not known"),
}
"""What a cell comes to, in a word: one rule that is not met is enough, then one that is not known."""
_TONES: dict[Truth, Tone] = {Truth.YES: "good", Truth.NO: "bad", Truth.UNKNOWN: "open"}
_MEANINGS: dict[Tone, str] = {
    "good": message("meets"),
    "bad": message("does not meet"),
    "open": message("not known"),
}


class Cell(msgspec.Struct, frozen=True):
    """One trial's rules about one topic, counted for a patient."""

    topic: Topic
    met: int
    unknown: int
    unmet: int

    @property
    def tone(self) -> Tone | None:
        """What it comes to; None where the trial has no rule about the topic."""
        if self.unmet:
            return "bad"
        if self.unknown:
            return "open"
        return "good" if self.met else None

    @property
    def mark(self) -> str:
        """The sign that goes with its word."""
        return MARKS[self.tone] if self.tone is not None else ""

    @property
    def word(self) -> str:
        """What it comes to, in a word; empty where there is no rule."""
        return CELL_WORDS[self.tone] if self.tone is not None else ""


def topical_rules(screening: Screening) -> tuple[tuple[Topic, Rule], ...]:
    """Return the rules that count, each with its topic, in reading order.

    Example:
        >>> topical_rules(screening)[0][0]
        'person'
    """
    trees = [field.tree for field in screening.fields]
    trees += [one.tree for one in screening.criteria if one.group is None]
    common = zip((topic_of(tree) for tree in trees), rules_of(screening), strict=True)
    return (*common, *(("other", _of_groups(groups)) for groups in screening.groups))


def cells(screening: Screening) -> tuple[Cell, ...]:
    """Return one cell for each topic, in the order of the topics.

    Example:
        >>> [cell.word for cell in cells(screening)][:2]
        ['Met', 'Not known']
    """
    counts: dict[Topic, dict[Tone, int]] = {topic: dict.fromkeys(MARKS, 0) for topic in TOPICS}
    for topic, rule in topical_rules(screening):
        counts[topic][rule.line.tone] += 1
    return tuple(Cell(topic, one["good"], one["open"], one["bad"]) for topic, one in counts.items())


def _of_groups(groups: GroupsVerdict) -> Rule:
    tone = _TONES[groups.holds]
    names = printable(f"{groups.kind}: {', '.join(groups.names)}")
    words = message("Groups of people (%(names)s): to fit one of them is enough", names=Original(names))
    return Rule("inclusion", Decided(tone, groups.holds.value, _MEANINGS[tone], words, (), (), ()))
