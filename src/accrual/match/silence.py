"""The assumption `notes`: what a complete note does not mention is not there.

Comes in: a leaf that no fact decides, in its windows, and the chart. Goes out: a `Finding` NO whose proof names the
assumption, or None where silence answers nothing. Refuses nothing.

The caller vouches that the notes are complete. Even then silence answers little:

- Only where absence speaks for the patient: in an exclusion, or what an inclusion wants not to be. So silence never
  rules anybody out, and never says that what a trial looks for is not there: it may be what is being looked for.
- Only what a note would mention: a condition, a drug or a procedure, that one has had it, an allergy to it, that it
  must not be given, that it is suspected. A relative's illness, only where the notes speak of the family.
- Never a value by itself, an answer in words (consent, a habit), an ability, a plan, a risk; nor what everybody had
  once, vaccines, and what is taken without a doctor. A free-text note would tell of another trial, of a late
  pregnancy.
- Never what the notes touch on: a kind of it or something wider, also in words that gave no fact; a fact of a later
  day; a value, a drug or an illness that would show it (`absence`).
- Words that were not understood, and names that no row of the vocabulary has: as `unread` says; with a free-text note,
  as `unsaid` says.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

from accrual.codes.concepts import vocabulary
from accrual.codes.qualifiers import RELATIONS
from accrual.codes.units import days
from accrual.codes.variables import variables
from accrual.codes.wording import SOURCE
from accrual.criteria.tree import (
    All,
    Any_,
    Compare,
    OneOf,
    Opaque,
    Present,
    Tree,
    Window,
    children,
    walk,
)
from accrual.match.absence import absent, absent_words, left_out, shown, tells_of_allergy, would_be_told
from accrual.match.chart import Chart, Finding
from accrual.match.qualification import EVER, EVERYBODY_HAD
from accrual.match.timing import lies_behind
from accrual.match.unread import answer_gloss, answer_words
from accrual.match.unsaid import answer_note
from accrual.truth import Truth

Place: TypeAlias = Literal["", "narrows", "allergen"]
"""Where words stand that were not understood: by themselves; beside what they narrow or head, so that they may name no
thing ("on presentation"); in a list of what one is allergic to ("penicillin or any of the excipients")."""
OF_TRIALS = frozenset(("other-trial", "took-part-before"))
"""Answers that a complete note would tell: a trial is a treatment."""
OF_BEARING = frozenset(("breastfeeding", "childbearing-potential", "plans-pregnancy", "pregnant"))
PAST_BEARING_YEARS = 60
"""Years of age after which a note would tell of a pregnancy. Set by hand."""
LATELY_DAYS = 31
"""Days in which a free-text note would tell of an infection or a fever. Set by hand."""
_CALENDAR = frozenset(("d", "wk", "mo"))
_FAMILY = "family-history"
_BORNE_ILL = frozenset(("allergy", "contraindication", "intolerance"))
_ANSWERED = _BORNE_ILL | {"suspected", _FAMILY}


def answer_silence(
    leaf: Compare | OneOf | Present,
    windows: tuple[Window, ...],
    found: Finding,
    chart: Chart,
    words: str = "",
) -> Finding | None:
    """Return that a complete note would mention what the leaf asks for; None where silence answers nothing.

    Arguments:
        found: what the facts say of it: `UNKNOWN` for want of a fact.
        words: the leaf's own words in the criterion; empty where it has none.

    Example:
        >>> from datetime import date
        >>> from accrual.basic import Code
        >>> from accrual.patient.model import Patient
        >>> leaf = Present(concept=Code("accrual", "asthma", "asthma"))
        >>> answer_silence(leaf, (), Finding(Truth.UNKNOWN), Chart(Patient(), date(2026, 1, 1))).holds
        <Truth.NO: 'no'>
    """
    if found.holds is not Truth.UNKNOWN or found.reason != "no fact":
        return None
    match leaf:
        case Compare():
            return answer_gloss(words, chart)
        case OneOf():
            return _answer_state(leaf, chart)
        case Present():
            return _answer_present(leaf, windows, chart)
        case _:
            assert_never(leaf)


def _answer_state(leaf: OneOf, chart: Chart) -> Finding | None:
    """Answer what a note would tell: that he takes part in a trial, that a woman of such an age is pregnant."""
    if leaf.values != ("yes",) or not chart.said:
        return None
    if leaf.variable in OF_TRIALS:
        return absent_words((variables()[leaf.variable].name,))
    old = chart.birth is not None and chart.today.year - chart.birth.last.year > PAST_BEARING_YEARS
    if old and leaf.variable in OF_BEARING:
        return absent_words((f"{variables()[leaf.variable].name} at more than {PAST_BEARING_YEARS} years",))
    return None


def _answer_present(leaf: Present, windows: tuple[Window, ...], chart: Chart) -> Finding | None:
    words = frozenset(leaf.qualifiers)
    relations = words & RELATIONS
    if not relations <= _ANSWERED or not all(map(lies_behind, windows)):
        return None
    if _FAMILY in relations and not _tells_of_family(chart):
        return None
    own = leaf.concept.code
    if own in EVERYBODY_HAD and (windows or words & EVER) and not (chart.said and _lately(windows)):
        return None
    known = vocabulary()
    if own in known.concepts and known.get(own).source == SOURCE:
        if relations & _BORNE_ILL and chart.said and not tells_of_allergy(chart):
            return absent_words((f"{' or '.join(sorted(relations))}: {leaf.concept.name}",))
        return None if relations else _words(leaf.concept.name, chart)
    if (
        not would_be_told(own)
        or left_out(own, chart)
        or chart.later(own)
        or (not relations and shown(own, chart))
    ):
        return None
    return absent((own,))


def places_of(tree: Tree) -> dict[int, Place]:
    """Return where words that were not understood stand, each by its identity; those by themselves are left out."""
    found: dict[int, Place] = {}
    for node in walk(tree):
        words = [child for child in children(node) if isinstance(child, Opaque)]
        if words and isinstance(node, All):
            found |= dict.fromkeys(map(id, words), "narrows")
        elif words and isinstance(node, Any_):
            named = [child for child in node.children if isinstance(child, Present)]
            if named and all(_BORNE_ILL.intersection(child.qualifiers) for child in named):
                found |= dict.fromkeys(map(id, words), "allergen")
    return found


def answer_unread(leaf: Opaque, chart: Chart, words: str = "", place: Place = "") -> Finding | None:
    """Return that what words, not understood as a whole, speak of is absent; None where silence answers nothing.

    Arguments:
        words: the words that the leaf is read from; of a line below a lead-in that is not understood, the line.
    """
    if leaf.reason:
        return None  # left to judgement, or said of the trial
    text, line = " ".join(leaf.text.split()), " ".join(words.split())
    if place == "allergen" and chart.said:
        return None if tells_of_allergy(chart) else absent_words((f"allergy: {text}",))
    if line not in text and text not in line:
        text = f"{text}: {line}"
    return answer_words(text, chart) or (answer_note(text, chart) if place != "narrows" else None)


def _words(text: str, chart: Chart) -> Finding | None:
    return answer_words(text, chart) or answer_note(text, chart)


def _lately(windows: tuple[Window, ...]) -> bool:
    """Say whether something is asked for in the last weeks alone: of these a note tells also what passes by itself."""
    return any(
        window.direction == "before"
        and window.distance.high is not None
        and window.distance.unit in _CALENDAR
        and days(window.distance.high, window.distance.unit)[1] <= LATELY_DAYS
        for window in windows
    )


def _tells_of_family(chart: Chart) -> bool:
    return any(_FAMILY in fact.qualifiers for fact in chart.patient.facts)
