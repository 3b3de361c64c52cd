"""Patients matched with the trials of a data folder: retrieved, decided, ranked, and what to ask next.

Comes in: a data folder, patients, today's date. Goes out: screenings, ranked matches, questions. Refuses nothing of its
own: what has no table, no place or no program is answered without it, more slowly or with less.

Stands beside the facade because it joins rooms that do not know each other: matching, search and the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from accrual.basic import GeoPoint
from accrual.criteria.tree import CompiledTrial
from accrual.errors import PlaceNotFoundError, StoreError
from accrual.folder import DataFolder
from accrual.match.ask import Question, questions
from accrual.match.change import change
from accrual.match.evaluate import Screener
from accrual.match.rank import Candidate, Match, rank
from accrual.match.sweep import Sweep
from accrual.match.verdict import Assumption, Screening, Tally, Verdict, tally
from accrual.patient.model import Patient
from accrual.retrieval import Retrieved, retrieve
from accrual.search.freshness import kept_share, staleness_by_number
from accrual.search.query import Facet, Near, NearestSite

ASKED_AMONG = 200
"""Trials that a question may decide: the best matches."""


class Matched(msgspec.Struct, frozen=True):
    """One patient matched: the best trials, and what all trials here come to."""

    matches: tuple[Match[NearestSite], ...]
    verdicts: dict[Verdict, int] | None
    """How many trials have each verdict; None where nothing is laid out (a folder for reading only)."""


def screen(
    compiled: CompiledTrial, patient: Patient, today: date, assumption: Assumption = "open"
) -> Screening:
    """Decide one trial for a patient, criterion by criterion, with what would have to change.

    Example:
        >>> screen(folder.compiled(["NCT04538599"])["NCT04538599"], patient, date(2026, 6, 1)).verdict
        'undetermined'
    """
    screener = Screener(patient, today, assumption)
    screening = screener.screen(compiled)
    return msgspec.structs.replace(screening, change=change(screener, compiled, screening))


def match(
    folder: DataFolder,
    patients: Sequence[Patient],
    today: date,
    top: int = 20,
    status: tuple[str, ...] = (),
    assumption: Assumption = "open",
    open_first: bool = True,
    prefer_fresh: bool = False,
) -> tuple[Matched, ...]:
    """Return the trials that fit each patient best: retrieved by what he has, decided, then ranked.

    Arguments:
        top: how many at most.
        status: registry statuses to keep (`RECRUITING`); empty keeps all.
        assumption: how silence is read; under any but `open` trials are decided one by one, more slowly.
        open_first: False leaves out whether a trial takes patients (for benchmarks over closed trials).
        prefer_fresh: trials with a stale status come later; no verdict changes.

    Example:
        >>> match(folder, [patient], date(2026, 6, 1), top=1)[0].matches[0].nct_id
        'NCT04538599'
    """
    screeners = [Screener(patient, today, assumption) for patient in patients]
    try:  # a sweep knows `open` alone
        swept = folder.programs.sweep(screeners) if assumption == "open" else None
    except StoreError:  # nothing was ever laid out here, and nothing can be: a folder for reading only
        swept = None
    found = []
    for at, screener in enumerate(screeners):
        retrieved = _retrieved(folder, screener.chart.patient, today, status)
        tallies = _tallies(folder, screener, swept, at, [one.hit.nct_id for one in retrieved])
        stale: Mapping[int, float] = {}
        if prefer_fresh:
            numbers = [int(one.hit.nct_id[3:]) for one in retrieved]
            stale = staleness_by_number(folder.registry.snapshot(), numbers, today)
        candidates = (
            Candidate(
                nct_id=one.hit.nct_id,
                title=one.hit.title,
                status=one.hit.status,
                relevance=one.relevance,
                nearest_site=one.hit.nearest_recruiting_site or one.hit.nearest_site,
                tally=tallies[one.hit.nct_id],
                likeness=one.likeness,
                kept=kept_share(stale[int(one.hit.nct_id[3:])]) if prefer_fresh else 1.0,
            )
            for one in retrieved
            if one.hit.nct_id in tallies  # a study may go while it is looked at
        )
        matches = rank(candidates, open_first, max(top, 0))
        found.append(Matched(matches, swept.counted(at) if swept is not None else None))
    return tuple(found)


def ask(
    folder: DataFolder,
    patient: Patient,
    today: date,
    top: int = 1,
    among: int = ASKED_AMONG,
    skip: Iterable[str] = (),
) -> tuple[tuple[Question, ...], int]:
    """Return the questions that would decide most of the trials still possible, and how many those are.

    Arguments:
        among: the best matches to decide among.
        skip: what not to ask about again, by `Question.about`.

    Example:
        >>> ask(folder, patient, date(2026, 6, 1))[0][0].about
        'ecog'
    """
    matches = match(folder, [patient], today, top=among)[0].matches
    possible = [one.nct_id for one in matches if one.verdict == "undetermined"]
    compiled = folder.compiled(possible)
    trials = (compiled[number] for number in possible if number in compiled)
    return questions(Screener(patient, today), trials, top, skip), len(possible)


def _retrieved(
    folder: DataFolder, patient: Patient, today: date, status: tuple[str, ...]
) -> tuple[Retrieved, ...]:
    """Return the studies to decide for a patient, by what he has."""
    point = _point_of(folder, patient)
    filters: dict[Facet, tuple[str, ...]] = {"status": status} if status else {}
    near = Near(point) if point is not None else None
    return retrieve(folder.index, folder.themes, patient, today, filters, near)


def _tallies(
    folder: DataFolder, screener: Screener, sweep: Sweep | None, at: int, numbers: Sequence[str]
) -> dict[str, Tally]:
    """Return what studies come to for a patient: out of the sweep, or decided one by one where it lacks them."""
    tallies = sweep.tallies([int(number[3:]) for number in numbers], at) if sweep is not None else {}
    swept = {f"NCT{number:08d}": one for number, one in tallies.items()}
    absent = [number for number in numbers if number not in swept]
    compiled = folder.compiled(absent) if absent else {}
    return {**swept, **{number: tally(screener.screen(one)) for number, one in compiled.items()}}


def _point_of(folder: DataFolder, patient: Patient) -> GeoPoint | None:
    if patient.point is not None or not patient.place:
        return patient.point
    try:
        return folder.places.find(patient.place).point
    except PlaceNotFoundError:
        return None  # a place no table has measures no distance; nothing else depends on it
