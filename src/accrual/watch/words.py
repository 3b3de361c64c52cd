"""A report in plain words, as lines: what a terminal shows and a letter says.

Comes in: a `Report`. Goes out: headings and lines. Refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from accrual.match.verdict import Verdict
from accrual.plain.screening import verdict_word
from accrual.watch.news import PatientNews, Report, SearchNews, TrialNews, VerdictNews

LISTED: Final = 50
"""Trials of one list that are told one by one; --json has them all. Set by hand."""


class Line(msgspec.Struct, frozen=True):
    """One line: its words, how deep it stands, whether it is a heading."""

    words: str
    depth: int = 0
    heading: bool = False


def report_lines(report: Report) -> Iterator[Line]:
    """Yield a report line by line.

    Example:
        >>> [line.words for line in report_lines(report)][0]
        'Nothing new since 2026-11-20.'
    """
    yield Line(summary(report))
    for note in report.notes:
        yield Line(note)
    for search in report.searches:
        yield from _search_lines(search)
    for patient in report.patients:
        yield from _patient_lines(patient)
    if report.unremarkable:
        trials = "trial" if report.unremarkable == 1 else "trials"
        yield Line(f"Of {report.unremarkable:,} more {trials} only dates of the update and the like changed.")


def summary(report: Report) -> str:
    """Return a report in one sentence."""
    if report.first:
        searches, patients = len(report.searches), len(report.patients)
        return (
            f"The first run: {_many(searches, 'search', 'searches')} and {_many(patients, 'patient', 'patients')} are"
            " watched from now on. There is nothing to compare with yet."
        )
    if not report.has_news:
        return f"Nothing new since {report.since}."
    new = sum(len(one.new) for one in report.searches)
    changed = sum(len(one.changed) for one in report.searches)
    gone = sum(len(one.gone) for one in report.searches)
    verdicts = sum(len(one.verdicts) for one in report.patients)
    parts = (
        (new, f"{new:,} new"),
        (changed, f"{changed:,} changed"),
        (gone, f"{gone:,} gone"),
        (verdicts, _many(verdicts, "verdict", "verdicts")),
    )
    return f"Since {report.since}: {', '.join(words for count, words in parts if count)}."


def verdict_words(verdict: str) -> str:
    """Return a verdict in words; of a trial that is new or gone, that."""
    known: dict[str, Verdict] = {
        "eligible": "eligible",
        "ineligible": "ineligible",
        "undetermined": "undetermined",
    }
    if verdict in known:
        return str(verdict_word(known[verdict]))
    return "Gone" if verdict == "gone" else "New"


def trial_lines(trial: TrialNews) -> Iterator[str]:
    """Yield what is to be said of one trial, below its title."""
    if trial.removed_on:
        yield f"The registry does not have it any more since {trial.removed_on}."
    if trial.note:
        yield trial.note
    yield from trial.changes
    if trial.more:
        yield f"… and {_many(trial.more, 'change', 'changes')} more: `accrual history {trial.nct_id}`"


def verdict_line(one: VerdictNews) -> str:
    """Return a verdict that changed, in one line."""
    return f"{one.nct_id} {one.title}: {verdict_words(one.before)} → {verdict_words(one.after)}"


def _search_lines(search: SearchNews) -> Iterator[Line]:
    found = _many(search.total, "trial", "trials")
    if search.first:
        yield Line(f"Search “{search.name}”: {found}. Watched from now on.", heading=True)
        return
    if not (search.new or search.changed or search.gone):
        return
    yield Line(f"Search “{search.name}”: {found}", heading=True)
    for title, trials in (("New", search.new), ("Changed", search.changed), ("Gone", search.gone)):
        for trial in trials[:LISTED]:
            status = f" ({trial.status})" if trial.status else ""
            yield Line(f"{title}: {trial.nct_id} {trial.title}{status}", 1)
            for words in trial_lines(trial):
                yield Line(words, 2)
        if len(trials) > LISTED:
            yield Line(f"{title}: {len(trials) - LISTED:,} more; --json has them all", 1)


def _patient_lines(patient: PatientNews) -> Iterator[Line]:
    who = f"Patient {patient.name} ({patient.id})" if patient.name else f"Patient {patient.id}"
    if patient.failed:
        yield Line(f"{who}: {patient.failed}", heading=True)
        return
    if patient.first:
        counts = ", ".join(
            f"{patient.counts.get(verdict, 0):,} {verdict_word(verdict).lower()}"
            for verdict in ("eligible", "undetermined", "ineligible")
        )
        yield Line(
            f"{who}: watched on {_many(patient.watched, 'trial', 'trials')} from now on: {counts}",
            heading=True,
        )
    elif patient.verdicts:
        yield Line(f"{who}: {_many(len(patient.verdicts), 'verdict', 'verdicts')} changed", heading=True)
    if patient.absent and (patient.first or patient.verdicts):
        yield Line(f"Not in this data folder: {', '.join(patient.absent)}", 1)
    for one in patient.verdicts[:LISTED]:
        yield Line(verdict_line(one), 1)
        for cause in one.causes:
            yield Line(cause.words, 2)
    if len(patient.verdicts) > LISTED:
        yield Line(f"{len(patient.verdicts) - LISTED:,} more; --json has them all", 1)


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
