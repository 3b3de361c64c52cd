"""One run of a watch: what is found now beside what was found at the last run.

Comes in: the facade, a `Plan`, the state of the last run, a day. Goes out: a `Report`, and the state to keep. It keeps
nothing itself. Refuses what `accrual find` refuses (QueryError, PlaceNotFoundError), and a search that finds more
studies than can be watched; a patient that cannot be read is told in the report, and his state stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from accrual.basic import NctId
from accrual.errors import PatientError, QueryError, SourceError, StoreError
from accrual.finder import Finder
from accrual.match.evaluate import Screener
from accrual.match.sweep import VERDICTS
from accrual.match.verdict import Verdict
from accrual.patient.model import Patient
from accrual.plain.difference import tell
from accrual.plain.prose import printable
from accrual.reading import compiler_version
from accrual.registry.labels import label
from accrual.search.rank import numbers_of
from accrual.watch.cause import Then, causes_of
from accrual.watch.news import Cause, PatientNews, Report, SearchNews, TrialNews, VerdictNews
from accrual.watch.plan import Plan, SavedPatient, patient_of
from accrual.watch.state import FORMAT, PatientState, SearchState, WatchState, opaque, owner_of

MOST_FOUND: Final = 50_000
"""Studies of one search that are watched: nobody reads the news of more. Set by hand."""
MOST_TOLD: Final = 500
"""Trials whose changes are told in one run, some 15 ms each; of more only that they changed. Set by hand."""
CHANGES: Final = 12
"""Changes of one trial that are listed. Set by hand."""
AT_ONCE: Final = 16
"""Patients swept together: a dozen cost little more than two or three."""


def run_watch(
    finder: Finder, plan: Plan, path: Path, state: WatchState | None, today: date, salt: bytes
) -> tuple[Report, WatchState]:
    """Return what is new since the last run, and what to remember of this one.

    Arguments:
        path: the watch file: its patients' files lie relative to it.
        state: of the last run; None: there was none.
        salt: of a first run, 16 random bytes; later that of the state.

    Raises:
        QueryError: see the head of this module.
    """
    return _Run(finder, plan, path, state, today, bytes.fromhex(state.salt) if state else salt).whole()


class _Run:
    def __init__(
        self, finder: Finder, plan: Plan, path: Path, state: WatchState | None, today: date, salt: bytes
    ) -> None:
        self.finder, self.plan, self.path, self.state = finder, plan, path, state
        self.today, self.salt = today, salt
        self.held = state.studies if state is not None else {}
        self.before = {one.key: one for one in state.searches} if state is not None else {}
        self.patients_before = {one.id: one for one in state.patients} if state is not None else {}
        self.same_program = state is None or state.program == compiler_version()
        self.told: dict[int, TrialNews] = {}
        self.quiet: set[int] = set()
        self.archive = finder.archive
        self.generation = self.archive.generation
        self.digest = self.archive.digest(self.generation) or ""

    def whole(self) -> tuple[Report, WatchState]:
        found = {one.name: self._found(one.name, one.query(self.finder)) for one in self.plan.searches}
        watched = {one.name: self._watched(one, found) for one in self.plan.patients}
        earlier = {number for one in self.before.values() for number in one.studies}
        union = {*self.held, *earlier}.union(*found.values(), *watched.values())
        self.now = self.archive.identities(sorted(union))
        self.differing = {number for number, one in self.held.items() if self.now.get(number, one) != one}
        searches = tuple(self._search(one.name, one.digest, found[one.name]) for one in self.plan.searches)
        patients, kept = self._patients(watched)
        day = self.state.day if self.state is not None else ""
        notes = []
        if self.state is not None and self.archive.digest(self.state.generation) != self.state.data:
            notes.append(
                "The data folder is another than at the last run, or was made anew: compared all the same."
            )
        report = Report(
            first=self.state is None,
            day=self.today.isoformat(),
            since=day,
            data_date=self.finder.state.data_date,
            searches=searches,
            patients=patients,
            unremarkable=len(self.quiet),
            notes=tuple(notes),
        )
        if self.archive.generation != self.generation:
            raise StoreError(f"{self.finder.home}: records were loaded while the watch ran: run it again")
        used = set().union(*found.values(), *watched.values())
        return report, WatchState(
            format=FORMAT,
            salt=self.salt.hex(),
            owner=owner_of(self.salt, self.path),
            day=self.today.isoformat(),
            data=self.digest,
            generation=self.generation,
            program=compiler_version(),
            studies={number: self.now[number] for number in sorted(used) if number in self.now},
            searches=tuple(
                SearchState(self._key(one.digest), tuple(sorted(found[one.name])))
                for one in self.plan.searches
            ),
            patients=kept,
        )

    # -- searches

    def _found(self, name: str, query: Any) -> set[int]:
        total, numbers = numbers_of(self.finder.index, query, MOST_FOUND)
        if total > MOST_FOUND:
            raise QueryError(
                f"the search {name!r} finds {total:,} studies, and up to {MOST_FOUND:,} are watched: narrow it"
            )
        return {int(number[3:]) for number in numbers}

    def _watched(self, saved: SavedPatient, found: Mapping[str, set[int]]) -> set[int]:
        named = {int(number[3:]) for number in saved.numbers}
        return named.union(*(found[name] for name in saved.searches))

    def _search(self, name: str, digest: bytes, found: set[int]) -> SearchNews:
        key = self._key(digest)
        last = self.before.get(key)
        if last is None:
            return SearchNews(name, key, True, len(found))
        before = set(last.studies)
        changed = (self._trial(number) for number in sorted(found & before & self.differing))
        return SearchNews(
            name,
            key,
            False,
            len(found),
            new=tuple(self._trial(number, fresh=True) for number in sorted(found - before)),
            changed=tuple(one for one in changed if one.changes or one.note),
            gone=tuple(self._trial(number, fresh=True) for number in sorted(before - found)),
        )

    def _trial(self, number: int, fresh: bool = False) -> TrialNews:
        """Tell a trial; `fresh`: also where nothing of its record changed."""
        told = self.told.get(number)
        if told is None:
            told = self.told[number] = self._tell(number)
        if not told.changes and not told.note and number in self.differing and not fresh:
            self.quiet.add(number)
        return told

    def _tell(self, number: int) -> TrialNews:
        nct = _nct(number)
        body, removed = self.archive.last_known(nct)
        if body is None:
            return TrialNews(nct, "", "", note="This data folder does not hold it any more.")
        record = msgspec.json.decode(body)
        title, status = _head(record)
        news = TrialNews(nct, title, status, removed_on=removed, identity=self.now.get(number, ""))
        if number not in self.differing:
            return news
        if len(self.told) >= MOST_TOLD:
            return msgspec.structs.replace(news, note=f"Changed; `accrual history {nct}` says what.")
        old = self.archive.version_with(nct, self.held[number])
        if old is None:
            return msgspec.structs.replace(news, note="Changed; its earlier version is not kept here.")
        changes = [each for each in tell(msgspec.json.decode(old), record) if each.weight != "bookkeeping"]
        words = tuple(printable(each.words) for each in changes[:CHANGES])
        return msgspec.structs.replace(news, changes=words, more=max(len(changes) - CHANGES, 0))

    # -- patients

    def _patients(
        self, watched: Mapping[str, set[int]]
    ) -> tuple[tuple[PatientNews, ...], tuple[PatientState, ...]]:
        charts: dict[str, Patient] = {}
        failed: dict[str, str] = {}
        for saved in self.plan.patients:
            try:
                charts[saved.name] = patient_of(saved, self.path.parent, self.finder)
            except (PatientError, SourceError) as error:
                failed[saved.name] = str(error)
        verdicts = self._verdicts([one for one in self.plan.patients if one.name in charts], charts, watched)
        news, kept = [], []
        for saved in self.plan.patients:
            name = opaque(self.salt, b"patient", saved.key)
            last = self.patients_before.get(name)
            if saved.name in failed:
                news.append(PatientNews(name, saved.name, last is None, 0, {}, failed=failed[saved.name]))
                kept += [last] if last is not None else []
                continue
            found = verdicts[saved.name]
            news.append(self._patient(saved, charts[saved.name], name, found, last))
            by_verdict = {
                verdict: tuple(sorted(number for number, one in found.items() if one == verdict))
                for verdict in VERDICTS
            }
            kept.append(PatientState(name, by_verdict))
        return tuple(news), tuple(kept)

    def _verdicts(
        self, patients: Sequence[SavedPatient], charts: Mapping[str, Patient], watched: Mapping[str, set[int]]
    ) -> dict[str, dict[int, Verdict]]:
        """Decide each patient's trials: under `open` all patients' together, out of the arrays."""
        found: dict[str, dict[int, Verdict]] = {one.name: {} for one in patients}
        swept = [one for one in patients if one.assume == "open"]
        try:
            for start in range(0, len(swept), AT_ONCE):
                some = swept[start : start + AT_ONCE]
                sweep = self.finder.sweep([Screener(charts[one.name], self.today) for one in some])
                order = np.argsort(sweep.numbers)
                ranked = sweep.numbers[order]
                for at, one in enumerate(some):
                    # What changed since the last run is decided from its record: the arrays may be behind it in a
                    # folder for reading only, and a verdict must belong to the hash that is kept with it.
                    wanted = np.array(sorted(watched[one.name] - self.differing), np.intp)
                    places = np.minimum(np.searchsorted(ranked, wanted), max(len(ranked) - 1, 0))
                    here = ranked[places] == wanted if len(ranked) else np.zeros(len(wanted), np.bool_)
                    decided = sweep.verdicts[at, order[places[here]]].tolist()
                    numbers = wanted[here].tolist()
                    found[one.name] = {
                        number: VERDICTS[rank] for number, rank in zip(numbers, decided, strict=True)
                    }
        except StoreError:  # nothing was ever laid out here, and nothing can be: a folder for reading only
            pass
        for one in patients:
            screener = Screener(charts[one.name], self.today, one.assume)
            for number in sorted(watched[one.name] - found[one.name].keys()):
                if number in self.now:  # what is not here cannot be decided
                    found[one.name][number] = screener.screen(self.finder.criteria(_nct(number))).verdict
        return found

    def _patient(
        self,
        saved: SavedPatient,
        chart: Patient,
        name: str,
        found: Mapping[int, Verdict],
        last: PatientState | None,
    ) -> PatientNews:
        counts = _counted(found.values())
        absent = tuple(_nct(int(number[3:])) for number in saved.numbers if int(number[3:]) not in self.now)
        if last is None:
            return PatientNews(name, saved.name, True, len(found), counts, absent=absent)
        before: dict[int, Verdict] = {
            number: verdict for verdict, numbers in last.verdicts.items() for number in numbers
        }
        news = []
        for number, verdict in sorted(found.items()):
            was = before.get(number)
            if was is None:
                if verdict != "ineligible":
                    news.append(self._verdict(number, "", verdict))
            elif was != verdict:
                news.append(self._verdict(number, was, verdict, self._causes(saved, chart, number, was)))
        news += [
            self._verdict(number, was, "gone")
            for number, was in sorted(before.items())
            if number not in found and was != "ineligible"
        ]
        return PatientNews(name, saved.name, False, len(found), counts, tuple(news), absent)

    def _verdict(self, number: int, before: Any, after: Any, causes: tuple[Cause, ...] = ()) -> VerdictNews:
        trial = self._trial(number, fresh=True)
        if after == "gone":
            words = (
                f"The registry does not have this trial any more since {trial.removed_on}."
                if trial.removed_on
                else trial.note
                if number not in self.now
                else "It is not found by the searches any more, or not watched any more."
            )
            causes = (Cause("record", words),)
        return VerdictNews(trial.nct_id, trial.title, before, after, causes, trial.identity)

    def _causes(self, saved: SavedPatient, chart: Patient, number: int, was: Verdict) -> tuple[Cause, ...]:
        assert self.state is not None  # there was a verdict
        nct = _nct(number)
        held = self.held.get(number, "")
        body = self.archive.version_with(nct, held)
        then = Then(was, date.fromisoformat(self.state.day), body, self.same_program)
        return causes_of(then, self.finder.criteria(nct), chart, self.today, saved.assume)

    def _key(self, digest: bytes) -> str:
        return opaque(self.salt, b"search", digest)


def _nct(number: int) -> NctId:
    return NctId(f"NCT{number:08d}")


def _counted(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    held = list(verdicts)
    return {verdict: held.count(verdict) for verdict in VERDICTS}


def _head(record: Mapping[str, Any]) -> tuple[str, str]:
    """A record's title and status, in words."""
    protocol = record.get("protocolSection") or {}
    names = protocol.get("identificationModule") or {}
    status = str((protocol.get("statusModule") or {}).get("overallStatus") or "")
    title = str(names.get("briefTitle") or names.get("officialTitle") or "")
    return printable(title), str(label("status", status)) if status else ""
