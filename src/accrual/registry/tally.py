"""Counting the values of one field over many studies, in bounded memory, so that a study can be taken out again.

Comes in: the values that one study has in the field. Goes out: in how many studies each value stands, how many values
there are, the smallest, largest and longest. Refuses nothing; a value of another type than the field's is not counted.

What is exact: numbers, dates, yes/no and enumerations; how many studies have the field; texts, while a field has few
enough different ones. Past that, how many there are is an estimate (`Distinct`), and a count may be too low by at most
`Tally.missed`. The longest text is exact as long as fewer than `LONGEST` of the studies that had the longest ones were
changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from heapq import nlargest
from typing import Any, TypeAlias

import msgspec

Value: TypeAlias = str | int | float
"""What is counted: a text (`true` and `false` for yes and no), or a number."""

MAX_VALUES = 4096
"""Different texts of a field that are counted at once; when there are more, the rarer half is let go. Set by hand."""
MAX_NUMBERS = 500_000
"""The same of numbers and dates, far above what the registry has (150,000 sizes of documents). Set by hand."""
LARGEST = 2**53
"""Numbers beyond this are no numbers of a study, and JSON's readers disagree about them (RFC 8259, section 6)."""
MAX_CHARS = 200
"""Longer texts are counted by their hash, and are not among the most frequent that are shown. Set by hand."""
LONGEST = 8
"""How many of the longest texts are remembered, so that some may go."""
KEPT_HASHES = 4096
"""Standard error of an estimate: 1/√4096, 1.6 %."""
_ALL_HASHES = 2**64
_HASHED = "\0"  # how the hash of a long text begins among the values; no text of a record begins so


class Distinct(msgspec.Struct):
    """An estimate of how many different texts there were, from the smallest hashes of them.

    Source: Z. Bar-Yossef et al., "Counting distinct elements in a data stream", RANDOM 2002 (k minimum values).
    Exact up to `KEPT_HASHES`. Texts that were taken out again still count.
    """

    hashes: set[int] = msgspec.field(default_factory=set)
    below: int = _ALL_HASHES - 1
    """Every hash below this is held. (One less than all of them: it must fit in 64 bits.)"""

    def add(self, number: int) -> None:
        """Count a text by its hash, once."""
        if number < self.below:
            self.hashes.add(number)
            self._shrink()

    def merge(self, other: Distinct) -> None:
        """Count what another counted."""
        self.below = min(self.below, other.below)
        self.hashes = {each for each in self.hashes | other.hashes if each < self.below}
        self._shrink()

    def estimate(self) -> int:
        """Return how many different texts there were."""
        if self.below == _ALL_HASHES - 1:
            return len(self.hashes)
        return round(len(self.hashes) / (self.below / _ALL_HASHES))

    def _shrink(self) -> None:
        if len(self.hashes) > 2 * KEPT_HASHES:
            ordered = sorted(self.hashes)
            self.below = ordered[KEPT_HASHES]
            self.hashes = set(ordered[:KEPT_HASHES])


class Long(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A long text, and a study that has it."""

    length: int
    """In characters."""
    nct_id: str
    value: str


class Tally(msgspec.Struct):
    """The values of one field."""

    kind: str
    """`STRING`, `ENUM`, `DATE`, `BOOLEAN`, `INTEGER` or `NUMBER` (OpenAPI document 2.0.3, `FieldStatsType`)."""
    studies: int = 0
    """Studies that have a value."""
    counts: dict[Value, int] = msgspec.field(default_factory=dict)
    """value → studies that have it; of numbers: how often it stands in all."""
    missed: int = 0
    """No count of a value is too low by more than this."""
    distinct: Distinct = msgspec.field(default_factory=Distinct)
    """All texts, also those no longer in `counts`."""
    partial: bool = False
    """Some texts are not in `counts`."""
    longest: list[Long] = msgspec.field(default_factory=list)

    def add(self, values: Iterable[Any], nct_id: str) -> None:
        """Count the values of a study."""
        found = self._countable(values)
        if not found:
            return
        self.studies += 1
        counts = self.counts
        text = self.kind == "STRING"
        for value in found:
            key = _key(value)
            known = counts.get(key)
            counts[key] = (known or 0) + 1
            if text:
                assert isinstance(value, str)
                if known is None:
                    self.distinct.add(_hash(value))
                if len(value) >= self._floor():
                    self._keep_longest(value, nct_id)
        if len(counts) > (2 * MAX_VALUES if text else 2 * MAX_NUMBERS):
            self._let_go(MAX_VALUES if text else MAX_NUMBERS)

    def remove(self, values: Iterable[Any], nct_id: str) -> None:
        """Take the values of a study out again, which `add` had counted."""
        found = self._countable(values)
        if not found:
            return
        self.studies -= 1
        for value in found:
            key = _key(value)
            known = self.counts.get(key, 0)
            if known > 1:
                self.counts[key] = known - 1
            else:
                self.counts.pop(key, None)
        self.longest = [each for each in self.longest if each.nct_id != nct_id]

    def merge(self, other: Tally) -> None:
        """Count what another counted, of other studies."""
        self.studies += other.studies
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0) + count
        self.missed += other.missed
        self.partial |= other.partial
        self.distinct.merge(other.distinct)
        self.longest = sorted({*self.longest, *other.longest}, key=_longest_first)[:LONGEST]
        limit = MAX_VALUES if self.kind == "STRING" else MAX_NUMBERS
        if len(self.counts) > 2 * limit:
            self._let_go(limit)

    def unique(self) -> int:
        """Return how many different values there are; an estimate where `partial`."""
        return max(self.distinct.estimate(), len(self.counts)) if self.partial else len(self.counts)

    def top(self, number: int) -> list[tuple[Value, int]]:
        """Return the values of most studies, most first; of equal ones in the order of the alphabet."""
        shown = [item for item in self.counts.items() if not str(item[0]).startswith(_HASHED)]
        if len(shown) > number:  # few of many: their values need not be compared, only the counts
            least = nlargest(number, (count for _, count in shown))[-1]
            shown = [item for item in shown if item[1] >= least]
        return sorted(shown, key=_most_first)[:number]

    def _countable(self, values: Iterable[Any]) -> Iterable[Value]:
        """Return the values of the field's type: each once, but numbers as often as they stand there."""
        if self.kind in ("INTEGER", "NUMBER"):
            kinds = (int,) if self.kind == "INTEGER" else (int, float)
            return [
                value
                for value in values
                if isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < LARGEST
            ]
        if self.kind == "BOOLEAN":
            return {("true" if value else "false") for value in values if isinstance(value, bool)}
        return {value for value in values if isinstance(value, str) and value}

    def _floor(self) -> int:
        """Return how long a text must be to be among the longest."""
        return self.longest[-1].length if len(self.longest) == LONGEST else 0

    def _keep_longest(self, value: str, nct_id: str) -> None:
        # Of equal length the lowest NCT number stays, so that the order of the studies does not matter.
        new, longest = Long(len(value), nct_id, value), self.longest
        if len(longest) < LONGEST or _longest_first(new) < _longest_first(longest[-1]):
            longest.append(new)
            longest.sort(key=_longest_first)
            del longest[LONGEST:]

    def _let_go(self, limit: int) -> None:
        """Forget the values of fewest studies."""
        kept = sorted(self.counts.items(), key=_most_first)[: limit + 1]
        self.missed += kept.pop()[1]
        self.counts = dict(kept)
        self.partial = True


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _key(value: Value) -> Value:
    """Return what a value is counted under."""
    if isinstance(value, str) and len(value) > MAX_CHARS:
        return f"{_HASHED}{_hash(value):x}"
    return value


def _most_first(item: tuple[Value, int]) -> tuple[int, str]:
    return (-item[1], str(item[0]))


def _longest_first(each: Long) -> tuple[int, str, str]:
    return (-each.length, each.nct_id, each.value)
