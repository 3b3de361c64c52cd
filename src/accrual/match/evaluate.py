"""Decides a compiled trial for a patient, criterion by criterion, with proof or with what is missing.

Comes in: a `CompiledTrial`, a `Patient`, today. Goes out: a `Screening`; same inputs, same bytes. Refuses nothing:
what cannot be decided is UNKNOWN. Truths are combined by `accrual.truth` alone, up a tree by
`accrual.match.fold`.

Evidence and missing facts come only from the leaves that bear on the criterion: the ones that decide it, or, while it
is UNKNOWN, the unknown ones with the known ones beside them as context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import assert_never

import msgspec

from accrual.criteria.groups import OTHERS, alternatives
from accrual.criteria.tree import (
    Compare,
    CompiledTrial,
    Criterion,
    FieldCriterion,
    OneOf,
    Opaque,
    Present,
    Tree,
)
from accrual.match.chart import Chart, Finding
from accrual.match.concepts import present, present_truth
from accrual.match.fold import Decidable, Leaf, Op, Windows, combined, folded, joined
from accrual.match.silence import Place, answer_silence, answer_unread, places_of
from accrual.match.values import compare, one_of
from accrual.match.verdict import (
    Assumption,
    CriterionVerdict,
    Evidence,
    FieldVerdict,
    GroupsVerdict,
    Missing,
    Screening,
    Verdict,
)
from accrual.patient.model import Patient
from accrual.truth import Truth, all_of


def _no_words(leaf: Leaf) -> str:
    return ""


_NOT_UNDERSTOOD = Finding(Truth.UNKNOWN, reason="not understood")


def screen(
    compiled: CompiledTrial, patient: Patient, today: date, assumption: Assumption = "open"
) -> Screening:
    """Decide one trial for one patient. For many trials make one `Screener` and reuse it.

    Args:
        compiled: the trial's criteria; spans count from the start of the record's criteria text.
        today: the day on which the patient is decided; it stands for screening, enrollment and start of treatment.
        assumption: how silence is read; see `Assumption`.

    Example:
        >>> screen(CompiledTrial("NCT00000001"), Patient(), date(2026, 1, 1)).verdict
        'undetermined'
    """
    return Screener(patient, today, assumption).screen(compiled)


class Screener:
    """One patient on one day, ready to be decided for any number of trials. Each distinct leaf is decided once."""

    def __init__(self, patient: Patient, today: date, assumption: Assumption = "open") -> None:
        self.chart = Chart(patient, today)
        self.assumption: Assumption = assumption
        self._found: dict[tuple[Decidable, Windows], Finding] = {}

    def screen(self, compiled: CompiledTrial) -> Screening:
        """Decide one trial."""
        criteria = tuple(self._criterion(criterion) for criterion in compiled.criteria)
        fields = tuple(self._field(field) for field in compiled.fields)
        groups = tuple(
            GroupsVerdict(each.kind, each.names, self.holds(each.tree))
            for each in alternatives(compiled.criteria)
        )
        decided = verdict(criteria, fields, groups)
        return Screening(compiled.nct_id, decided, self.assumption, criteria, fields, groups)

    def holds(self, tree: Tree) -> Truth:
        """Decide one tree of what is asked of the patient, without its proof."""
        if self.assumption == "notes":
            return self._decide(tree, against=False).holds
        return combined(tree, (), self.truth_of)

    def find(self, leaf: Decidable, windows: Windows) -> Finding:
        """Decide one leaf in the windows it stands in, outermost first, with its proof or its question.

        By facts alone, whatever the assumption: what silence answers hangs on where the leaf stands.
        """
        return self._leaf(leaf, windows)

    def truth_of(self, leaf: Leaf, windows: Windows) -> Truth:
        """Decide any leaf in the windows it stands in, outermost first, and remember it."""
        return self._leaf(leaf, windows).holds

    def leaf(self, leaf: Decidable, windows: Windows) -> Truth:
        """Decide one leaf in the windows it stands in, outermost first, without its proof.

        By facts alone, as `find`. Nothing is remembered: a sweep asks each leaf once.
        """
        if isinstance(leaf, Present):
            return present_truth(leaf, windows, self.chart)
        return self._find(leaf, windows).holds

    def _criterion(self, criterion: Criterion) -> CriterionVerdict:
        if criterion.group is not None and criterion.group.kind == OTHERS:
            return CriterionVerdict(
                criterion.kind,
                criterion.text,
                criterion.start,
                criterion.end,
                Truth.UNKNOWN,
                criterion.tree,
                group=criterion.group,
            )
        text, start = criterion.text, criterion.start

        def quote(leaf: Leaf) -> tuple[str, int, int]:
            first, last = leaf.span.start, leaf.span.end
            if not start <= first < last <= criterion.end:  # the words stand in a heading, or nowhere
                return text, start, criterion.end
            return text[first - start : last - start], first, last

        against = criterion.kind == "exclusion"
        decided = self._decide(criterion.tree, against, lambda leaf: quote(leaf)[0])
        return CriterionVerdict(
            criterion.kind,
            text,
            start,
            criterion.end,
            decided.holds,
            criterion.tree,
            _evidence((leaf, finding, quote(leaf)) for leaf, finding in decided.bearing),
            _missing((leaf, finding, quote(leaf)) for leaf, finding in decided.bearing),
            criterion.group,
        )

    def _field(self, field: FieldCriterion) -> FieldVerdict:
        decided = self._decide(field.tree, against=False)
        quoted = [(leaf, finding, (field.text, 0, 0)) for leaf, finding in decided.bearing]
        return FieldVerdict(
            field.field, field.text, decided.holds, field.tree, _evidence(quoted), _missing(quoted)
        )

    def _decide(self, tree: Tree, against: bool, quote: Callable[[Leaf], str] = _no_words) -> _Decided:
        """Decide a tree; `against`: its YES speaks against the patient, so its NO speaks for him.

        `quote` gives a leaf's own words.
        """

        places = places_of(tree) if self.assumption == "notes" else {}

        def leaf(leaf: Leaf, windows: Windows, against: bool) -> _Decided:
            finding = self._leaf(leaf, windows)
            if against and self.assumption == "notes" and finding.holds is Truth.UNKNOWN:
                finding = self._by_silence(leaf, windows, finding, quote(leaf), places.get(id(leaf), ""))
            return _Decided(finding.holds, ((leaf, finding),))

        return folded(tree, (), against, leaf, _joined)

    def _by_silence(self, leaf: Leaf, windows: Windows, found: Finding, words: str, place: Place) -> Finding:
        """Return what silence says of a leaf that the facts leave open; what the facts say where it says nothing."""
        if isinstance(leaf, Opaque):
            line = words if leaf.span.start < leaf.span.end else ""
            return answer_unread(leaf, self.chart, line, place) or found
        return answer_silence(leaf, windows, found, self.chart, words) or found

    def _leaf(self, leaf: Leaf, windows: Windows) -> Finding:
        if isinstance(leaf, Opaque):
            return _NOT_UNDERSTOOD
        key = (leaf, windows)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(leaf, windows)
        return found

    def _find(self, leaf: Decidable, windows: Windows) -> Finding:
        match leaf:
            case Compare():
                return compare(leaf, windows, self.chart)
            case Present():
                return present(leaf, windows, self.chart)
            case OneOf():
                return one_of(leaf, windows, self.chart)
            case _:
                assert_never(leaf)


def verdict(
    criteria: Iterable[CriterionVerdict], fields: Iterable[FieldVerdict], groups: Iterable[GroupsVerdict] = ()
) -> Verdict:
    """Return the trial's verdict: unknown never makes ineligible, and nothing to decide is not eligible.

    Ineligible when an inclusion or a field is NO or an exclusion is YES; eligible when every inclusion and field
    is YES, every exclusion NO, and there is at least one criterion of the text. Criteria of groups count by the groups
    of their kind, of which one is enough; those of other people do not count.
    """
    common = (one for one in criteria if one.group is None)
    wanted = [one.holds if one.kind == "inclusion" else ~one.holds for one in common]
    wanted += [each.holds for each in groups]
    met = all_of((*wanted, *(one.holds for one in fields)))
    if met is Truth.NO:
        return "ineligible"
    return "eligible" if met is Truth.YES and wanted else "undetermined"


class _Decided(msgspec.Struct, frozen=True):
    """A node decided, with the leaves that bear on it."""

    holds: Truth
    bearing: tuple[tuple[Leaf, Finding], ...]


def _joined(op: Op, count: int, parts: Sequence[_Decided]) -> _Decided:
    """Keep the parts that bear on the whole: those that share its truth; while it is UNKNOWN, all of them."""
    holds = joined(op, count, [part.holds for part in parts])
    if op == "not":
        return _Decided(holds, parts[0].bearing)
    kept = parts if holds is Truth.UNKNOWN else [part for part in parts if part.holds is holds]
    return _Decided(holds, tuple(leaf for part in kept for leaf in part.bearing))


Quoted = tuple[Leaf, Finding, tuple[str, int, int]]


def _evidence(bearing: Iterable[Quoted]) -> tuple[Evidence, ...]:
    found: dict[Evidence, None] = {}
    for _, finding, (quote, start, end) in bearing:
        for ground in finding.grounds:
            found[Evidence(quote, start, end, ground.fact, ground.source, ground.step, finding.holds)] = None
    return tuple(found)


def _missing(bearing: Iterable[Quoted]) -> tuple[Missing, ...]:
    found: dict[Missing, None] = {}
    for _, finding, (quote, start, end) in bearing:
        if finding.holds is Truth.UNKNOWN:
            found[Missing(quote, start, end, finding.reason, finding.about, finding.question)] = None
    return tuple(found)
