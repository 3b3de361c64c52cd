"""A screening in words: for each criterion a mark, whether it holds, and what that means for the patient.

Comes in: `Screening` from `accrual.match`. Goes out: lines that every face lays out in the same words, grouped
as record fields, inclusion and exclusion criteria. The mark repeats what the words say; nothing hangs on colour.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from accrual.criteria.groups import OTHERS, group_words
from accrual.criteria.tree import Kind
from accrual.match.absence import ABSENT
from accrual.match.asked import question_of
from accrual.match.verdict import CriterionVerdict, Evidence, FieldVerdict, Missing, Screening, Verdict, tally
from accrual.message import Original, counted, joined, message, word
from accrual.plain.prose import statement
from accrual.plain.tone import MARKS, Tone
from accrual.registry.labels import age_words, label
from accrual.truth import Truth

NOT_ADVICE = message(
    "This is not medical advice. It reads public records by machine and can be wrong; "
    "only the study team can say who may take part."
)


class Decided(msgspec.Struct, frozen=True):
    """One criterion decided, in words."""

    tone: Tone
    holds: str
    """"yes", "no" or "unknown": whether the statement is true of the patient."""
    meaning: str
    """What that means: "meets", "does not meet", "excluded", "not excluded", "not known"."""
    text: str
    evidence: tuple[Evidence, ...]
    questions: tuple[str, ...]
    """What to ask; each question once."""
    unread: tuple[str, ...]
    """What to say of the trial's words that are not understood."""
    notes: tuple[str, ...] = ()
    """Why a stated fact does not decide: facts in conflict, or not precise enough."""

    @property
    def mark(self) -> str:
        """The sign that goes with the words."""
        return MARKS[self.tone]


class Group(msgspec.Struct, frozen=True):
    """The decided lines under one heading."""

    title: str
    lines: tuple[Decided, ...]


def verdict_word(verdict: Verdict) -> str:
    """Return a verdict in plain words."""
    words: dict[Verdict, str] = {
        "eligible": message("May be eligible"),
        "ineligible": message("Not eligible"),
        "undetermined": message("Not decided yet"),
    }
    return words[verdict]


def verdict_tone(verdict: Verdict) -> Tone:
    """Return the tone of a verdict."""
    tones: dict[Verdict, Tone] = {"eligible": "good", "ineligible": "bad", "undetermined": "open"}
    return tones[verdict]


def verdict_reason(screening: Screening) -> str:
    """Return why the verdict is what it is, in one sentence."""
    found = tally(screening)
    against, unknown = found.unmet, found.unknown
    if screening.verdict == "ineligible":
        reason = counted(
            "%(count)s requirement rules this patient out.",
            "%(count)s requirements rule this patient out.",
            against,
        )
    elif screening.verdict == "eligible":
        reason = message("Every requirement was understood and is met.")
    else:
        reason = counted(
            "Nothing rules this patient out, and %(count)s requirement cannot be decided yet.",
            "Nothing rules this patient out, and %(count)s requirements cannot be decided yet.",
            unknown,
        )
    return joined(" ", (reason, _assumed(screening)))


def _assumed(screening: Screening) -> str:
    """Return what is taken for granted; nothing under `open`."""
    if screening.assumption == "open":
        return ""
    silent = sum(any(one.fact == ABSENT for one in each.evidence) for each in screening.criteria)
    return counted(
        "The notes are taken as complete: %(count)s answer rests on what they do not mention.",
        "The notes are taken as complete: %(count)s answers rest on what they do not mention.",
        silent,
    )


def groups(screening: Screening) -> tuple[Group, ...]:
    """Return the decided lines in reading order, under their headings; empty groups are left out."""
    found = (
        Group(
            message("From the record's own fields"),
            tuple(decided_line(field, "inclusion") for field in screening.fields),
        ),
        Group(message("Inclusion criteria: must be true"), _of_kind(screening, "inclusion")),
        Group(message("Exclusion criteria: must not be true"), _of_kind(screening, "exclusion")),
        *group_parts(screening),
    )
    return tuple(group for group in found if group.lines)


def field_words(field: str, value: str) -> str:
    """Return a structured field of the record in plain words: "Lowest age: 12 years" for `minimumAge`."""
    match field:
        case "minimumAge":
            return message("Lowest age: %(age)s", age=age_words(value))
        case "maximumAge":
            return message("Highest age: %(age)s", age=age_words(value))
        case "sex":
            return message("Sex: %(sex)s", sex=label("sex", value))
        case "healthyVolunteers":
            if value == "true":
                return message("Accepts healthy volunteers")
            return message("No healthy volunteers")
        case _:
            return Original(f"{field}: {value}")


def _of_kind(screening: Screening, kind: Kind) -> tuple[Decided, ...]:
    return tuple(
        decided_line(criterion, kind)
        for criterion in screening.criteria
        if criterion.kind == kind and criterion.group is None
    )


def group_parts(screening: Screening) -> Iterator[Group]:
    """The criteria of each group; of the groups of one kind one is enough, and other people's are not the patient's."""
    own = [criterion for criterion in screening.criteria if criterion.group is not None]
    for group in dict.fromkeys(criterion.group for criterion in own if criterion.group is not None):
        lines = tuple(decided_line(each, each.kind) for each in own if each.group == group)
        if group.kind == OTHERS:
            title = message("%(group)s: not asked of the patient", group=group_words(group))
        else:
            title = message(
                "%(group)s: one %(kind)s that fits is enough",
                group=group_words(group),
                kind=word(group.kind, "group"),
            )
        yield Group(title, lines)


def decided_line(decided: CriterionVerdict | FieldVerdict, kind: Kind) -> Decided:
    """Return one criterion or field in words; a field speaks as an inclusion does."""
    tone, meaning = _meaning(decided.holds, kind)
    is_open = decided.holds is Truth.UNKNOWN
    return Decided(
        tone=tone,
        holds=decided.holds.value,
        meaning=meaning,
        text=field_words(decided.field, decided.text)
        if isinstance(decided, FieldVerdict)
        else Original(statement(decided.text)),
        evidence=decided.evidence,
        questions=_questions(decided.missing) if is_open else (),
        unread=_unread(decided.missing, decided.text) if is_open else (),
        notes=tuple(dict.fromkeys(_note(gap) for gap in decided.missing if is_open and _note(gap))),
    )


def _meaning(holds: Truth, kind: Kind) -> tuple[Tone, str]:
    if holds is Truth.UNKNOWN:
        return "open", message("not known")
    if kind == "inclusion":
        return ("good", message("meets")) if holds is Truth.YES else ("bad", message("does not meet"))
    return ("bad", message("excluded")) if holds is Truth.YES else ("good", message("not excluded"))


def _questions(missing: tuple[Missing, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(question_of(gap.question) for gap in missing if gap.question))


def _unread(missing: tuple[Missing, ...], text: str) -> tuple[str, ...]:
    quotes = dict.fromkeys(statement(gap.quote) for gap in missing if gap.reason == "not understood")
    whole = statement(text).rstrip(" ;.,")
    return tuple(
        message("Not understood")
        if quote.rstrip(" ;.,") == whole
        else message("Not understood: “%(quote)s”", quote=Original(quote))
        for quote in quotes
    )


def _note(gap: Missing) -> str:
    if gap.reason == "conflict":
        return message("the patient's facts contradict each other on “%(quote)s”", quote=Original(gap.quote))
    if gap.reason == "not precise enough":
        return message(
            "the patient's facts are not precise enough for “%(quote)s”", quote=Original(gap.quote)
        )
    return ""
