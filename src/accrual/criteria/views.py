"""Compiled criteria as JSON: each with its logic, the logic in words, and what there is to look at.

Comes in: a compiled trial. Goes out: `CriteriaView` and its JSON, documented in docs/json.md. Refuses nothing.
"""

from __future__ import annotations

import msgspec

from accrual.criteria.check import Finding, check
from accrual.criteria.everyday import everyday
from accrual.criteria.render import english
from accrual.criteria.tree import CompiledTrial, Criterion, Group, Kind, Mention, Tree, Understood


class CriterionView(msgspec.Struct, frozen=True):
    """One criterion as `accrual criteria --json` prints it."""

    kind: Kind
    text: str
    start: int
    end: int
    understood: Understood
    english: str
    everyday: str
    heading: str
    group: Group | None
    tree: Tree
    mentions: tuple[Mention, ...]


class FieldView(msgspec.Struct, frozen=True):
    """One structured field of the record as `accrual criteria --json` prints it."""

    field: str
    text: str
    english: str
    everyday: str
    tree: Tree


class CriteriaView(msgspec.Struct, frozen=True):
    """The whole of `accrual criteria --json`."""

    nct_id: str
    criteria: tuple[CriterionView, ...]
    fields: tuple[FieldView, ...] = ()
    findings: tuple[Finding, ...] = ()


def view(criterion: Criterion) -> CriterionView:
    """Return one criterion with its understanding, in English and in words for patients."""
    return CriterionView(
        criterion.kind,
        criterion.text,
        criterion.start,
        criterion.end,
        criterion.understood,
        english(criterion.tree),
        str(everyday(criterion.tree, criterion.kind, criterion.text)),
        criterion.heading,
        criterion.group,
        criterion.tree,
        criterion.mentions,
    )


def criteria_view(compiled: CompiledTrial) -> CriteriaView:
    """Return what `accrual criteria --json` shows, typed."""
    fields = tuple(
        FieldView(
            each.field,
            each.text,
            english(each.tree),
            str(everyday(each.tree, "inclusion", each.text)),
            each.tree,
        )
        for each in compiled.fields
    )
    return CriteriaView(compiled.nct_id, tuple(map(view, compiled.criteria)), fields, check(compiled))


def criteria_json(compiled: CompiledTrial) -> bytes:
    """Return the JSON of `accrual criteria --json`: `{nct_id, criteria, fields, findings}`."""
    return msgspec.json.encode(criteria_view(compiled))
