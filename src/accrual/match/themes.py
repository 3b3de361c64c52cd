"""What trials are about: the concepts that each names in its title, conditions, keywords and interventions, as arrays.

Comes in: for each trial, concepts and the part of the record that names them (`Themes.merged`); or the file that
`write` wrote. Goes out: `Themes`, over which what a patient has is compared with every trial in a few array
operations. Refuses (ValueError, OSError): a file that is cut short, damaged or of another format.

A concept's family, itself and all it is a kind of, lies beside it, so that no vocabulary is asked while matching.
"""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.codes.concepts import vocabulary

FORMAT = 1
Part: TypeAlias = Literal["title", "official title", "condition", "keyword", "intervention"]
PARTS: tuple[Part, ...] = get_args(Part)
BITS: Mapping[Part, int] = {part: 1 << place for place, part in enumerate(PARTS)}
Named: TypeAlias = tuple[str, Part]
"""A concept, and where a trial names it."""

Ints: TypeAlias = NDArray[np.int32]
Floats: TypeAlias = NDArray[np.float64]
_ARRAYS = ("numbers", "starts", "codes", "parts", "family_starts", "families")


class Themes:
    """The concepts of many trials. Immutable; safe for many threads.

    Attributes:
        numbers: NCT numbers as integers, ascending, shape (trials,).
        starts: where each trial's concepts begin in `codes`, shape (trials + 1,).
        codes: concepts by their place in `concepts`, trial after trial, each once.
        parts: for each of `codes`, the parts of the record that name it, a bit each in the order of `PARTS`.
        concepts: ids: those that trials name, and all that they are kinds of.
        family_starts: where each concept's family begins in `families`, shape (concepts + 1,).
        families: concepts by their place: each with all that it is a kind of.
    """

    def __init__(
        self,
        numbers: Ints,
        starts: Ints,
        codes: Ints,
        parts: NDArray[np.uint8],
        concepts: Sequence[str],
        family_starts: Ints,
        families: Ints,
    ) -> None:
        self.numbers, self.starts, self.codes, self.parts = numbers, starts, codes, parts
        self.concepts = tuple(concepts)
        self.family_starts, self.families = family_starts, families
        self.places: Mapping[str, int] = {concept: place for place, concept in enumerate(self.concepts)}
        self._check()

    def _check(self) -> None:
        """Raise ValueError where a number points outside."""
        sound = (
            _is_split(self.starts, len(self.numbers), len(self.codes))
            and _is_split(self.family_starts, len(self.concepts), len(self.families))
            and len(self.codes) == len(self.parts)
            and _below(self.codes, len(self.concepts))
            and _below(self.families, len(self.concepts))
            and _below(self.parts, 1 << len(PARTS))
            and bool((np.diff(self.numbers) > 0).all())
        )
        if not sound:
            raise ValueError("the arrays of themes do not fit each other")

    @classmethod
    def merged(
        cls, held: Themes | None, fresh: Mapping[int, Sequence[Named]], gone: Collection[int] = ()
    ) -> Themes:
        """Return what is held with some trials put in, or put in anew, and others taken out.

        Arguments:
            fresh: for each trial, by its NCT number as an integer, what it names.
            gone: the trials to take out, by the same number.

        Example:
            >>> Themes.merged(None, {7: [("asthma", "title"), ("asthma", "condition")]}).named(7)
            (('asthma', 'title'), ('asthma', 'condition'))
        """
        places = dict(held.places) if held is not None else {}
        added = sorted(fresh)
        fresh_starts, fresh_codes, fresh_parts = [0], list[int](), list[int]()
        for number in added:
            bits: dict[str, int] = {}
            for concept, part in fresh[number]:
                bits[concept] = bits.get(concept, 0) | BITS[part]
            fresh_codes += (places.setdefault(concept, len(places)) for concept in bits)
            fresh_parts += bits.values()
            fresh_starts.append(len(fresh_codes))
        numbers, starts = np.array(added, np.int32), np.array(fresh_starts, np.int32)
        codes, parts = np.array(fresh_codes, np.int32), np.array(fresh_parts, np.uint8)
        if held is not None:
            kept = ~np.isin(held.numbers, np.array([*added, *gone], np.int32))
            starts = np.concatenate([held.starts, held.starts[-1] + starts[1:]])
            codes, parts = np.concatenate([held.codes, codes]), np.concatenate([held.parts, parts])
            order = np.concatenate([np.flatnonzero(kept), len(kept) + np.arange(len(numbers))])
            numbers = np.concatenate([held.numbers, numbers])
            order = order[np.argsort(numbers[order])]
            places_of, starts = _gathered(starts, order)
            numbers, codes, parts = numbers[order], codes[places_of], parts[places_of]
        family_starts, families = _families(places)
        return cls(numbers, starts, codes, parts, tuple(places), family_starts, families)

    def named(self, number: int) -> tuple[Named, ...]:
        """Return what a trial names, by its NCT number as an integer; nothing where it is not here."""
        (row,) = self.rows([number]).tolist()
        if row < 0:
            return ()
        held = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return tuple(
            (self.concepts[code], part)
            for code, bits in zip(self.codes[held].tolist(), self.parts[held].tolist(), strict=True)
            for part in PARTS
            if bits & BITS[part]
        )

    def rows(self, numbers: Sequence[int]) -> NDArray[np.intp]:
        """Return the rows of trials; -1 where one is not here."""
        asked = np.array(numbers, np.int64)
        at = np.searchsorted(self.numbers, asked)
        here = np.zeros(len(asked), bool)
        inside = at < len(self.numbers)
        here[inside] = self.numbers[at[inside]] == asked[inside]
        return np.where(here, at, -1)

    def items(self, rows: NDArray[np.intp], parts: Sequence[Part]) -> tuple[NDArray[np.intp], Ints]:
        """Return the concepts that some parts of some trials name, each once a trial.

        Arguments:
            rows: of trials; where one is -1, it names nothing.

        Returns:
            For each concept named, the place in `rows`, ascending, and the concept by its place in `concepts`.
        """
        lengths = np.where(rows >= 0, np.diff(self.starts)[rows], 0)
        owner = np.repeat(np.arange(len(rows)), lengths)
        first = np.repeat(self.starts[rows] - (np.cumsum(lengths) - lengths), lengths)
        at = first + np.arange(len(first))
        asked = sum(BITS[part] for part in parts)
        kept = (self.parts[at] & asked) > 0
        return owner[kept], self.codes[at[kept]]

    def nearest(self, near: Floats) -> Floats:
        """Return for each trial the greatest of some values that its title and conditions name; shape (trials,).

        Arguments:
            near: a value of 0 or more for each concept, shape (concepts,).
        """
        owners, starts = self._naming
        some = np.flatnonzero(near)
        some = some[np.argsort(near[some], kind="stable")]
        at, _ = _gathered(starts, some)
        best = np.zeros(len(self.numbers))
        # Of values for one trial the last counts: the greatest.
        best[owners[at]] = np.repeat(near[some], np.diff(starts)[some])
        return best

    @functools.cached_property
    def _naming(self) -> tuple[NDArray[np.intp], Ints]:
        """The rows of the trials whose title or conditions name each concept, and where each concept's begin."""
        owner, codes = self.items(np.arange(len(self.numbers)), ("title", "condition"))
        order = np.argsort(codes, kind="stable")
        counts = np.bincount(codes, minlength=len(self.concepts))
        return owner[order], np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)

    def studies(self) -> dict[str, int]:
        """Return for each concept that some trial names how many do."""
        counts = np.bincount(self.codes, minlength=len(self.concepts))
        return {concept: int(count) for concept, count in zip(self.concepts, counts, strict=True) if count}

    def by_family(self, values: Mapping[str, float]) -> Floats:
        """Return for each concept the greatest value of anything it is a kind of, itself included; at least 0."""
        own = self.by_concept(values)
        if not len(own):
            return own
        # Every family has its own concept at least, so that no stretch is empty.
        return np.maximum.reduceat(own[self.families], self.family_starts[:-1])

    def by_concept(self, values: Mapping[str, float]) -> Floats:
        """Return the values laid out by concept, 0 for the others; shape (concepts,)."""
        laid = np.zeros(len(self.concepts))
        for concept, value in values.items():
            place = self.places.get(concept)
            if place is not None:
                laid[place] = value
        return laid


def write(themes: Themes, path: Path) -> None:
    """Write themes into a file, in one step.

    Raises:
        OSError: it cannot be written.
    """
    fresh = path.with_name(path.name + ".new")
    head = msgspec.json.encode((FORMAT, themes.concepts))
    arrays = {name: getattr(themes, name) for name in _ARRAYS}
    with fresh.open("wb") as file:
        np.savez(file, head=np.frombuffer(head, np.uint8), **arrays)
    fresh.replace(path)


def read(path: Path) -> Themes:
    """Return the themes of a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged, or of another format.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            form, concepts = msgspec.json.decode(file["head"].tobytes(), type=tuple[int, tuple[str, ...]])
            if form != FORMAT:
                raise ValueError(f"{path}: format {form}, not {FORMAT}")
            numbers, starts, codes, parts, family_starts, families = (file[name] for name in _ARRAYS)
    except (KeyError, zipfile.BadZipFile, msgspec.MsgspecError, EOFError) as error:
        raise ValueError(f"{path}: no themes: {error}") from error
    return Themes(numbers, starts, codes, parts, concepts, family_starts, families)


def _gathered(starts: Ints, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], Ints]:
    """Return where the items of some rows stand, row after row, and where each row then begins."""
    lengths = np.diff(starts)[rows]
    ends = np.cumsum(lengths, dtype=np.int64)
    first = np.repeat(starts[rows] - (ends - lengths), lengths)
    return first + np.arange(len(first)), np.concatenate([[0], ends]).astype(np.int32)


def _families(places: dict[str, int]) -> tuple[Ints, Ints]:
    """Lay the families of all concepts out; what they are kinds of is put into `places`."""
    families, starts = list[int](), [0]
    queue = list(places)
    for concept in queue:  # grows: what is wider has a family too
        known = vocabulary()  # here: without a concept nobody waits for its tables
        family = known.ancestors(concept) if concept in known.concepts else frozenset((concept,))
        for wider in sorted(family):
            if wider not in places:
                places[wider] = len(places)
                queue.append(wider)
            families.append(places[wider])
        starts.append(len(families))
    return np.array(starts, np.int32), np.array(families, np.int32)


def _is_split(starts: Ints, groups: int, items: int) -> bool:
    """Say whether `starts` cuts so many items into so many groups."""
    whole = len(starts) == groups + 1 and int(starts[0]) == 0 and int(starts[-1]) == items
    return whole and bool((np.diff(starts) >= 0).all())


def _below(array: NDArray[np.integer], limit: int) -> bool:
    return not len(array) or (int(array.min()) >= 0 and int(array.max()) < limit)
