"""Some trials, and what is left of them for a person: which are still possible, what to ask next, and why not others.

Comes in: a search, or a patient to look for; then a patient whose facts grow answer by answer. Goes out: NCT numbers,
best first; how many are left; the next questions; the trials to show, decided with proofs. Refuses what the search
refuses. Every study is decided at once, out of the arrays of `programs`: no record is read but those that are shown.

Stands beside the facade because it joins rooms that do not know each other: matching, search and the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec
import numpy as np

from accrual.basic import GeoPoint, NctId
from accrual.folder import DataFolder
from accrual.match.ask import Question, questions
from accrual.match.evaluate import Screener
from accrual.match.sweep import VERDICTS
from accrual.match.verdict import Screening, Verdict
from accrual.matching import match
from accrual.patient.model import Patient
from accrual.registry.ctgov_json import read_json
from accrual.registry.standing import read_standing
from accrual.search.passage import hits_among
from accrual.search.query import Hit, Near, Query
from accrual.search.rank import numbers_of

LOOKED_AT = 10_000
"""Trials of a search that are decided: as many as its pages can be turned. Set by hand."""

SUITED = 1_000
"""Trials that are looked for where there is a patient and no search. Set by hand: none could be read through."""

DECIDED_AMONG = 40
"""The best trials still possible that a question may decide. Set by hand, for speed: each costs a look at its text."""


class Sought(msgspec.Struct, frozen=True):
    """The trials that are looked at."""

    total: int
    """How many there are."""
    numbers: tuple[int, ...]
    """NCT numbers of the first of them, best first."""


class Standing(msgspec.Struct, frozen=True):
    """Where trials stand: NCT numbers in the order that they came in."""

    left: tuple[int, ...]
    """For each patient, how many trials are not ruled out."""
    fits: tuple[int, ...]
    """For the last patient: all rules are met."""
    open: tuple[int, ...]
    """For the last patient: nothing rules them out, something is not known."""
    out: tuple[int, ...]
    """For the last patient: a rule is not met."""

    @property
    def possible(self) -> tuple[int, ...]:
        """Those that are not ruled out, those that fit first."""
        return self.fits + self.open


class Shown(msgspec.Struct, frozen=True):
    """One trial to show, decided."""

    hit: Hit
    screening: Screening


class Prospects:
    """What is left of trials, over one data folder."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def of_search(self, query: Query) -> Sought:
        """Return the trials that a search finds.

        Raises:
            QueryError: the search makes no sense.

        Example:
            >>> finder.prospects.of_search(Query(text="CD7 CAR-T")).total
            12
        """
        total, numbers = numbers_of(self._folder.index, query, LOOKED_AT)
        return Sought(total, tuple(int(number[3:]) for number in numbers))

    def of_patient(self, patient: Patient, today: date, query: Query | None = None) -> Sought:
        """Return the trials that may be for a patient, as `accrual match` finds and ranks them.

        Arguments:
            query: its filters and its circle keep trials out; its words are not asked for.
        """
        query = query or Query()
        status = query.filters.get("status", ())
        found = [one.nct_id for one in match(self._folder, [patient], today, SUITED, status)[0].matches]
        if query.filters or query.near is not None:
            hits = hits_among(self._folder.index, found, query.filters, query.near)
            kept = {hit.nct_id for hit in hits}
            found = [number for number in found if number in kept]
        return Sought(len(found), tuple(int(number[3:]) for number in found))

    def standing(self, numbers: Sequence[int], patients: Sequence[Patient], today: date) -> Standing:
        """Decide trials for patients: the same person with ever more answers.

        Arguments:
            numbers: NCT numbers; those that are not here are left out.
            patients: at least one.

        Raises:
            StoreError: nothing was ever laid out here (a folder for reading only).
        """
        screeners = [Screener(patient, today) for patient in patients]
        swept = self._folder.programs.sweep_among(screeners, numbers)
        last = swept.verdicts[-1]

        def of(verdict: Verdict) -> tuple[int, ...]:
            return tuple(swept.numbers[last == VERDICTS.index(verdict)].tolist())

        left = tuple(np.count_nonzero(swept.verdicts != VERDICTS.index("ineligible"), axis=1).tolist())
        return Standing(left, of("eligible"), of("undetermined"), of("ineligible"))

    def questions(
        self, numbers: Sequence[int], patient: Patient, today: date, skip: Iterable[str] = ()
    ) -> tuple[Question, ...]:
        """Return what would decide most of the first trials, best question first.

        Arguments:
            numbers: trials still possible, best first; the first `DECIDED_AMONG` count.
            skip: what not to ask, by `Question.about`.
        """
        asked = [_nct(number) for number in numbers[:DECIDED_AMONG]]
        compiled = self._folder.compiled(asked)
        trials = (compiled[number] for number in asked if number in compiled)
        return questions(Screener(patient, today), trials, len(asked) * 100, skip)

    def shown(
        self, numbers: Sequence[int], patient: Patient, today: date, point: GeoPoint | None = None
    ) -> tuple[Shown, ...]:
        """Return trials decided rule by rule, in the order they came in, with the site nearest to a point."""
        asked = [_nct(number) for number in numbers]
        near = Near(point) if point is not None else None
        hits = {hit.nct_id: hit for hit in hits_among(self._folder.index, asked, near=near)}
        compiled = self._folder.compiled([number for number in asked if number in hits])
        screener = Screener(patient, today)
        for change in self._folder.records.current_of([*hits]):
            standing = read_standing(read_json(change.body), today)
            hits[change.nct_id] = msgspec.structs.replace(hits[change.nct_id], standing=standing)
        return tuple(
            Shown(hits[number], screener.screen(trial))
            for number in asked
            if (trial := compiled.get(number)) is not None and number in hits
        )


def _nct(number: int) -> NctId:
    return NctId(f"NCT{number:08d}")
