"""The rows of a matrix of one patient and many trials: what its page carries, a trial decided, the proof of a cell.

Comes in: trials as they were found, and screenings. Goes out: frozen rows that the page and the file both lay out.
Refuses nothing.
"""

from __future__ import annotations

from datetime import date

import msgspec

from accrual.match.verdict import Screening
from accrual.message import joined, message
from accrual.patient.model import Patient
from accrual.plain.distance import site_words
from accrual.plain.matrix import Cell
from accrual.plain.participation import GroupRules, Rule
from accrual.plain.prose import original
from accrual.plain.screening import verdict_tone, verdict_word
from accrual.plain.status import status_words
from accrual.plain.tone import MARKS, Tone
from accrual.plain.topics import Topic
from accrual.registry.labels import label
from accrual.registry.standing import Standing
from accrual.search.query import NearestSite


class Listed(msgspec.Struct, frozen=True):
    """One trial of a matrix, as it was found."""

    nct_id: str
    title: str
    status_value: str
    """The registry's own value; empty where it is not stated."""
    nearest: NearestSite | None
    standing: Standing | None = None
    """How far the status can be relied on, on the day of the matrix."""

    @property
    def status(self) -> str:
        """The status in words."""
        return status_words(self.status_value, self.standing) or message("Status not stated")

    @property
    def site(self) -> str:
        """The nearest site on one line; empty where there is none."""
        return site_words(self.nearest) if self.nearest is not None else ""


class Asked(msgspec.Struct, frozen=True):
    """What a matrix was made from: all that its page carries."""

    patient: Patient
    as_of: date
    trials: tuple[Listed, ...]
    search: str
    """What was searched for, as it was typed; empty where nothing was."""
    near: str
    status: str
    """The registry's value of the status that was chosen; empty for any."""

    @property
    def search_words(self) -> str:
        """The search in words; empty where none was given."""
        status = label("status", self.status) if self.status else ""
        return joined(", ", (original(self.search), original(self.near), status))


class Line(msgspec.Struct, frozen=True):
    """One row: a trial decided."""

    trial: Listed
    screening: Screening
    cells: tuple[Cell, ...]

    @property
    def tone(self) -> Tone:
        """The tone of its verdict."""
        return verdict_tone(self.screening.verdict)

    @property
    def mark(self) -> str:
        """The sign that goes with its verdict."""
        return MARKS[self.tone]

    @property
    def word(self) -> str:
        """Its verdict in words."""
        return verdict_word(self.screening.verdict)


class Proof(msgspec.Struct, frozen=True):
    """What is behind one cell."""

    trial: Listed
    topic: Topic
    rules: tuple[Rule, ...]
    groups: tuple[GroupRules, ...]

    @property
    def key(self) -> str:
        """Which cell it is of, as the page names it."""
        return f"{self.trial.nct_id}-{self.topic}"
