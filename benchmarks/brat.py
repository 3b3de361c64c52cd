"""Annotated criteria in brat form, and how well found spans agree with them.

Comes in: a zip of `.txt` and `.ann` pairs in any folders, as the Leaf Clinical Trials corpus and Chia are published.
Goes out: documents with gold spans of a few kinds, and counts of agreement. Refuses (ValueError) a file that is no
zip, holds no pair, or has an annotation that cannot be read; the message names file and line. An annotation with
offsets outside its text is left out and counted.

The corpora are taken as they are: nothing is repaired, merged or re-read. What differs between them is written here.

Leaf (Dobbins et al. 2022; recognised by its event lines) marks the head of each event, and its name:
  condition, drug, procedure   the `Name` of each Condition, Drug and Procedure event; the head where it has no name
  observation                  the same of Observation: measurements, scores, findings and habits in one kind
  age                          Age, which is nearly always the one word "age", "aged", "old", "older", "years"
  value                        Eq-Comparison that filters something by a number ("< 75 years", ">= 9 g/dL", "at least
                               two"): its role is Numeric-Filter, or it has neither a unit nor a period of time
  time                         Eq-Comparison with a unit of time otherwise: "within the past 3 months"
  period                       Eq-Comparison of words of time alone: "history", "active", "received", "planned", "first"
  negation                     Negation: also "inability", "preclude", "excluded"
  person                       Life-Stage-And-Gender: "women", "children"
Chia (Kury et al. 2020, CC BY 4.0) marks whole phrases, and needs no names:
  condition, drug, procedure, measurement, value, time (Temporal), person, negation: the kind of that name. Value is
  also "positive", "elevated", "normal"; Temporal is also "current", "active"; Person is also the word "age".
  observation and qualifier are reported beside the eight; the first is a mixed bag there ("history", "life
  expectancy", "informed consent").

Agreement. A found span and a gold span of the same kind agree exactly when their ends are the same, and relaxed when
they share a character. Each gold span and each found span counts once: spans pair in reading order, exact pairs
first. A span in pieces ("1 5;8 10") is taken from its first to its last character, and shares a character only where
one of its pieces does.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec


class Spot(msgspec.Struct, frozen=True, order=True):
    """A stretch of a text and its kind; `pieces` are the marked stretches inside it."""

    start: int
    end: int
    kind: str
    pieces: tuple[tuple[int, int], ...] = ()

    def touches(self, other: Spot) -> bool:
        """Say whether the two share a character."""
        if self.end <= other.start or other.end <= self.start:
            return False
        mine, theirs = self.pieces or ((self.start, self.end),), other.pieces or ((other.start, other.end),)
        return any(low < end and start < high for low, high in mine for start, end in theirs)


class Document(msgspec.Struct, frozen=True):
    """One annotated text: `form` is `leaf` or `chia`, `key` the NCT id that its name holds."""

    name: str
    key: str
    form: str
    text: str
    gold: tuple[Spot, ...]
    lost: int = 0
    beside: tuple[Spot, ...] = ()
    """Chia's other spans, under their own names."""


_NAMES = {"Condition": "condition", "Drug": "drug", "Procedure": "procedure", "Observation": "observation"}
_CHIA = {
    "Condition": "condition", "Drug": "drug", "Procedure": "procedure", "Measurement": "measurement",
    "Value": "value", "Temporal": "time", "Person": "person", "Negation": "negation",
    "Observation": "observation", "Qualifier": "qualifier",
}  # fmt: skip
LEAF_NAMES = ("condition", "drug", "procedure", "observation")
CHIA_KINDS = ("condition", "drug", "procedure", "measurement", "value", "time", "person", "negation")
# What a mention of ours may be in each corpus, likeliest first: where one agrees with a later kind, it counts there.
FROM_OURS = {
    "leaf": {
        "condition": ("condition",), "drug": ("drug",), "procedure": ("procedure",),
        "measurement": ("observation",), "observation": ("observation",), "age": ("age",), "sex": ("person",),
        "person": ("person",), "value": ("value", "polarity"), "time": ("time", "period"),
        "status": ("period", "time"), "history": ("period",), "negation": ("negation",),
    },
    "chia": {
        "condition": ("condition",), "drug": ("drug",), "procedure": ("procedure",),
        "measurement": ("measurement",), "observation": ("observation", "condition"), "age": ("person",),
        "sex": ("person",), "person": ("person",), "value": ("value",), "time": ("time",),
        "status": ("time", "observation"), "history": ("observation", "time"), "negation": ("negation",),
        "qualifier": ("qualifier",),
    },
}  # fmt: skip
_NCT = re.compile(r"NCT\d{8}")
_EVENT = re.compile(r"(?m)^E\d+\t\S+:T\d")
_READ = re.compile(r"[TE]\d+\t")


def is_check(key: str) -> bool:
    """Say whether a trial belongs to the check part: reported on, never looked at while rules are made."""
    return zlib.crc32(key.encode()) % 4 == 0


def read_zip(path: Path) -> list[Document]:
    """Return the documents of a brat zip, in the order of their names.

    Raises:
        ValueError: no zip, no pair of files, or an annotation line that cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            names = sorted(name for name in packed.namelist() if name.endswith(".ann"))
            files = {name: _decode(packed.read(name), name) for name in names}
            texts = {}
            for name in names:
                text_name = name[:-4] + ".txt"
                if text_name in packed.namelist():
                    texts[name] = _decode(packed.read(text_name), text_name)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path}: not a zip file: {error}") from error
    if not texts:
        raise ValueError(f"{path}: no .txt with an .ann beside it")
    leaf = any(_EVENT.search(files[name]) for name in texts)
    form = "leaf" if leaf else "chia"
    return [_document(name, form, text, files[name]) for name, text in texts.items()]


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")  # line ends stay as they are: offsets count them
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not UTF-8: {error}") from error


def _document(name: str, form: str, text: str, annotations: str) -> Document:
    spots: dict[str, Spot] = {}
    events: dict[str, list[tuple[str, str]]] = {}
    lost = 0
    for number, line in enumerate(annotations.split("\n"), 1):
        if _READ.match(line) is None:
            continue  # relations, attributes and notes say nothing about spans
        cells = line.rstrip("\r").split("\t")
        try:
            if cells[0][0] == "T":
                kind, places = cells[1].split(" ", 1)
                pieces = tuple(sorted(_piece(place) for place in places.split(";")))
                spot = Spot(pieces[0][0], pieces[-1][1], kind, pieces if len(pieces) > 1 else ())
                if not 0 <= spot.start < spot.end <= len(text):
                    lost += 1
                else:
                    spots[cells[0]] = spot
            else:
                events[cells[0]] = [_pair(role) for role in cells[1].split()]
        except (ValueError, IndexError) as error:
            raise ValueError(f"{name}, line {number}: not a brat annotation: {line[:80]!r}") from error
    found = _NCT.search(name)
    gold = _leaf(spots, events) if form == "leaf" else _chia(spots)
    beside = tuple(spot for spot in spots.values() if form == "chia" and spot.kind not in _CHIA)
    key = found.group() if found else name
    return Document(name, key, form, text, tuple(sorted(set(gold))), lost, beside)


def _piece(place: str) -> tuple[int, int]:
    start, end = place.split()
    return int(start), int(end)


def _pair(role: str) -> tuple[str, str]:
    name, target = role.split(":")
    return name, target


def _chia(spots: dict[str, Spot]) -> Iterator[Spot]:
    for spot in spots.values():
        if spot.kind in _CHIA:
            yield msgspec.structs.replace(spot, kind=_CHIA[spot.kind])


def _leaf(spots: dict[str, Spot], events: dict[str, list[tuple[str, str]]]) -> Iterator[Spot]:
    roles: dict[str, set[str]] = defaultdict(set)
    for arguments in events.values():
        for role, target in arguments[1:]:
            roles[target].add(role.rstrip("0123456789"))
    for key, ((kind, head), *arguments) in events.items():
        if kind in _NAMES:
            named = [target for role, target in arguments if role.startswith("Name")] or [head]
            for target in named:
                if target in spots:
                    yield msgspec.structs.replace(spots[target], kind=_NAMES[kind])
        elif head in spots:
            told = ""
            if kind == "Eq-Comparison":
                told = _comparison({role.rstrip("0123456789") for role, _ in arguments}, roles[key])
            told = told or {"Negation": "negation", "Life-Stage-And-Gender": "person", "Age": "age"}.get(
                kind, ""
            )
            if told:
                yield msgspec.structs.replace(spots[head], kind=told)
    for spot in spots.values():
        if spot.kind in ("Negation", "Life-Stage-And-Gender", "Age", "Polarity"):
            kind = {"Negation": "negation", "Age": "age", "Polarity": "polarity"}.get(spot.kind, "person")
            yield msgspec.structs.replace(spot, kind=kind)


def _comparison(parts: set[str], roles: set[str]) -> str:
    if "Numeric-Filter" in roles and parts & {"Value", "Unit"}:
        return "value"
    if "Temporal-Unit" in parts:
        return "time"
    if parts & {"Temporal-Period", "Temporal-Recency"}:
        return "period"
    return "value" if parts & {"Value", "Unit"} else ""


class Tally(msgspec.Struct):
    """Counts of one kind: gold spans, found spans, exact and relaxed pairs."""

    gold: int = 0
    found: int = 0
    exact: int = 0
    relaxed: int = 0

    def add(self, other: Tally) -> None:
        """Add another's counts."""
        self.gold += other.gold
        self.found += other.found
        self.exact += other.exact
        self.relaxed += other.relaxed

    def rates(self, pairs: int) -> tuple[float, float, float]:
        """Precision, recall and F1 for so many pairs; 0 where nothing is counted."""
        precision = pairs / self.found if self.found else 0.0
        recall = pairs / self.gold if self.gold else 0.0
        both = precision + recall
        return precision, recall, 2 * precision * recall / both if both else 0.0


def agreement(gold: Iterable[Spot], found: Iterable[Spot], form: str) -> dict[str, Tally]:
    """Count how the found spans (kinds of ours) agree with the gold spans (kinds of the corpus), kind by kind."""
    kinds: dict[str, list[Spot]] = defaultdict(list)
    for spot in sorted(set(gold)):
        kinds[spot.kind].append(spot)
    ours: dict[str, list[Spot]] = defaultdict(list)
    for spot in sorted(set(found)):
        may_be = FROM_OURS[form].get(spot.kind, ())
        if may_be:
            touched = [kind for kind in may_be if any(spot.touches(each) for each in kinds[kind])]
            ours[(touched or may_be)[0]].append(spot)
    return {kind: _pairs(kinds[kind], ours[kind]) for kind in {*kinds, *ours}}


def _pairs(gold: list[Spot], found: list[Spot]) -> Tally:
    exact = sum((Counter((g.start, g.end) for g in gold) & Counter((f.start, f.end) for f in found)).values())
    free = Counter((f.start, f.end) for f in found)
    open_gold: list[Spot] = []
    for spot in gold:
        if free[spot.start, spot.end]:
            free[spot.start, spot.end] -= 1
        else:
            open_gold.append(spot)
    left = [spot for spot in found if free[spot.start, spot.end] > 0]
    relaxed = exact
    used: set[int] = set()
    for spot in open_gold:
        for at, other in enumerate(left):
            if at not in used and spot.touches(other):
                used.add(at)
                relaxed += 1
                break
    return Tally(len(gold), len(found), exact, relaxed)
