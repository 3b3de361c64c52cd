"""What a run of a watch found: the JSON that `accrual watch` prints, documented in docs/json.md.

Nothing here says anything of a patient but the name that the user gave him (left out of all that is sent elsewhere), an
opaque id and verdicts; quotes are the trials' own words.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from accrual.match.verdict import Verdict


class TrialNews(msgspec.Struct, frozen=True):
    """One trial that is new to a search, changed, or gone from it."""

    nct_id: str
    title: str
    status: str
    """In words."""
    changes: tuple[str, ...] = ()
    """What its record says otherwise than at the last run, in sentences, what weighs most first."""
    more: int = 0
    """Changes that are not listed."""
    removed_on: str = ""
    """The day since which the registry does not have it any more; empty: it has."""
    note: str = ""
    """Why changes are not told."""
    identity: str = ""
    """Hash of the record as it is now; the same news have the same."""


class SearchNews(msgspec.Struct, frozen=True):
    """One search: how many trials it finds, and what is new since the last run."""

    name: str
    id: str
    first: bool
    """The search was not watched before: nothing to compare with."""
    total: int
    new: tuple[TrialNews, ...] = ()
    changed: tuple[TrialNews, ...] = ()
    gone: tuple[TrialNews, ...] = ()


Why = Literal["record", "calendar", "patient", "program", "unknown"]


class Cause(msgspec.Struct, frozen=True):
    """One reason why a verdict changed."""

    why: Why
    """`record`: the trial's words; `calendar`: the day alone; `patient`: the patient's file; `program`: accrual reads
    otherwise than at the last run, or the patient's file changed."""
    words: str
    """The reason as a sentence."""
    before: str = ""
    """The trial's own words at the last run; empty: they did not stand there."""
    after: str = ""


class VerdictNews(msgspec.Struct, frozen=True):
    """A trial whose verdict for a patient is another than at the last run."""

    nct_id: str
    title: str
    before: Verdict | Literal["", "not found"]
    """Empty: the trial is new to the patient."""
    after: Verdict | Literal["gone"]
    causes: tuple[Cause, ...] = ()
    identity: str = ""


class PatientNews(msgspec.Struct, frozen=True):
    """One patient: on how many trials he is watched, their verdicts, and which of them changed."""

    id: str
    """Opaque; the same from run to run."""
    name: str
    """What the watch file calls him; empty in what is sent elsewhere."""
    first: bool
    watched: int
    counts: dict[Verdict, int]
    verdicts: tuple[VerdictNews, ...] = ()
    absent: tuple[str, ...] = ()
    """Trials named for the patient that this data folder does not hold."""
    failed: str = ""
    """Why the patient could not be read; his state is kept as it was."""


class Report(msgspec.Struct, frozen=True):
    """What one run found."""

    first: bool
    """Nothing was watched before: this run only remembers."""
    day: str
    since: str
    """The day of the last run; empty: there was none."""
    data_date: str
    searches: tuple[SearchNews, ...]
    patients: tuple[PatientNews, ...]
    unremarkable: int = 0
    """Trials of which only dates of the update and the like changed."""
    notes: tuple[str, ...] = ()

    @property
    def has_news(self) -> bool:
        """Whether there is anything to tell."""
        return any(one.new or one.changed or one.gone for one in self.searches) or any(
            one.verdicts for one in self.patients
        )

    def without_names(self) -> Report:
        """Return the report as it may leave this machine: patients by their opaque ids alone."""
        return msgspec.structs.replace(
            self,
            patients=tuple(
                msgspec.structs.replace(one, name="", failed="cannot be read" if one.failed else "")
                for one in self.patients
            ),
        )
