"""A screening for the person it is about: what fits, what is not known yet, what does not fit, and what to ask.

Comes in: `Screening` from `accrual.match`. Goes out: the rules that are asked of everybody in three sides, the rules
of single groups, and the questions to take to a doctor. Refuses nothing. Rules for other people (a donor) are left out.
"""

from __future__ import annotations

import msgspec

from accrual.criteria.groups import OTHERS, group_words
from accrual.criteria.tree import Kind
from accrual.match.verdict import Screening
from accrual.plain.screening import Decided, decided_line
from accrual.plain.tone import Tone

SIDES: tuple[Tone, ...] = ("good", "open", "bad")
"""The order of the three sides: kind words first."""


class Rule(msgspec.Struct, frozen=True):
    """One rule of a trial, decided; an exclusion is one that must not be true."""

    kind: Kind
    line: Decided


class GroupRules(msgspec.Struct, frozen=True):
    """The rules of one group of people in the trial; to fit one group of a kind is enough."""

    title: str
    rules: tuple[Rule, ...]


def rules_of(screening: Screening) -> tuple[Rule, ...]:
    """Return the rules that everybody has to meet, in reading order.

    Example:
        >>> [rule.kind for rule in rules_of(screening)]
        ['inclusion', 'inclusion', 'exclusion']
    """
    fields = (Rule("inclusion", decided_line(field, "inclusion")) for field in screening.fields)
    common = (Rule(one.kind, decided_line(one, one.kind)) for one in screening.criteria if one.group is None)
    return (*fields, *common)


def side(rules: tuple[Rule, ...], tone: Tone) -> tuple[Rule, ...]:
    """Return the rules of one tone.

    Example:
        >>> side(rules_of(screening), "bad")
        ()
    """
    return tuple(rule for rule in rules if rule.line.tone == tone)


def group_rules(screening: Screening) -> tuple[GroupRules, ...]:
    """Return the rules of each group of people, under its name.

    Example:
        >>> [group.title for group in group_rules(screening)]
        ['Cohort 1']
    """
    own = [one for one in screening.criteria if one.group is not None and one.group.kind != OTHERS]
    found = dict.fromkeys(one.group for one in own if one.group is not None)
    return tuple(
        GroupRules(
            group_words(group),
            tuple(Rule(one.kind, decided_line(one, one.kind)) for one in own if one.group == group),
        )
        for group in found
    )


def doctor_questions(rules: tuple[Rule, ...], groups: tuple[GroupRules, ...] = ()) -> tuple[str, ...]:
    """Return what a doctor or the study team can answer, each once.

    Example:
        >>> doctor_questions(rules_of(screening))
        ('Was your last HIV test positive or negative?',)
    """
    every = (*rules, *(rule for group in groups for rule in group.rules))
    return tuple(dict.fromkeys(words for rule in every for words in rule.line.questions))


def unread_rules(rules: tuple[Rule, ...], groups: tuple[GroupRules, ...] = ()) -> tuple[str, ...]:
    """Return the rules that nobody's answer decides, as no program understands them whole.

    Example:
        >>> unread_rules(rules_of(screening))
        ('The investigator thinks that the patient is fit',)
    """
    every = (*rules, *(rule for group in groups for rule in group.rules))
    return tuple(dict.fromkeys(rule.line.text for rule in every if rule.line.unread))
