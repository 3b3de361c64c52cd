"""Trains the marker of mentions (`accrual.criteria.tagger`) on the tune part of an annotated corpus.

Comes in: a brat zip in Chia's form. Goes out: `src/accrual/criteria/mentions.npz`, and how well a held-out fifth of the
tune part is marked. Refuses a corpus in Leaf's form: its licence is not stated, so what is learnt from it may not be
given on. The same input, and the same tables of names, give the same file. NumPy only; about two minutes on one core.

    python benchmarks/train_mentions.py ../shared/data/criteria/chia.zip

Train again when the tables of names have changed much: what the lexer names is a feature.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

import brat
from accrual.criteria.signs import plain
from accrual.criteria.tagger import KINDS, TAGS, WEIGHTS, Weights, decode, features_of, words_of

EPOCHS = 14
BATCH = 16  # lines
RATE = 0.25  # AdaGrad's first step
DROPOUT = 0.2  # share of features left out at a word, drawn anew each time: makes rare words count less
DECAY = 2e-6  # share of every weight taken away at each step of its own
LEAST = 2  # times a feature must occur to be kept
SEED = 20261122

# Spans that Chia sets aside whole though they name conditions: a line with one would teach that they are none.
SET_ASIDE = frozenset(("Pregnancy_considerations",))

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Line(msgspec.Struct):
    """One line of a text: features of its words, and their tags."""

    features: list[list[str]]
    tags: list[int]


def lines_of(document: brat.Document, gold: Iterable[brat.Spot]) -> list[Line]:
    """Return the lines of a document with the tag of each word; where spans overlap, the longest whole one counts."""
    text = plain(document.text)
    owner: dict[int, int] = {}  # character -> index of its span
    spots = sorted(gold, key=lambda spot: (bool(spot.pieces), spot.start - spot.end))
    kinds: list[int] = []
    for spot in spots:
        for start, end in spot.pieces or ((spot.start, spot.end),):
            if spot.kind in KINDS and not any(at in owner for at in range(start, end)):
                owner.update(dict.fromkeys(range(start, end), len(kinds)))
                kinds.append(KINDS.index(spot.kind))
    found = []
    start = 0
    for row in document.text.split("\n"):
        words = words_of(text, start, start + len(row))
        aside = any(
            spot.start < start + len(row) and start < spot.end
            for spot in document.beside
            if spot.kind in SET_ASIDE
        )
        start += len(row) + 1
        if words and not aside:
            tags = []
            before: int | None = None
            for word in words:
                now = owner.get(word.start)
                tags.append(0 if now is None else 2 * kinds[now] + (2 if now == before else 1))
                before = now
            found.append(Line(features_of(words), tags))
    return found


class Trainer:
    """Maximises the likelihood of the tags by AdaGrad, a few lines at a time."""

    def __init__(self, lines: list[Line]) -> None:
        counts = Counter(name for line in lines for names in line.features for name in names)
        kept = sorted({zlib.crc32(name.encode()) for name, count in counts.items() if count >= LEAST})
        self.rows = {key: row for row, key in enumerate(kept)}
        size = len(TAGS)
        self.table: Floats = np.zeros(
            (len(kept) + 1, size), np.float32
        )  # the last row is of what is not known
        self.follows: Floats = np.zeros((size, size), np.float32)
        self.begins: Floats = np.zeros(size, np.float32)
        self.squares = [np.full_like(part, 1e-2) for part in self.parts()]
        self.sums = [np.zeros_like(part) for part in self.parts()]
        self.random = np.random.default_rng(SEED)

    def parts(self) -> tuple[Floats, Floats, Floats]:
        """The three tables that are learnt."""
        return self.table, self.follows, self.begins

    def ids(self, features: list[list[str]]) -> Ints:
        """The rows of the features of each word; unknown ones have the last row."""
        missing = len(self.rows)
        return np.array(
            [[self.rows.get(zlib.crc32(name.encode()), missing) for name in names] for names in features]
        )

    def step(self, lines: list[tuple[Ints, Ints]]) -> float:
        """Learn from lines of one length; return what their tags cost."""
        ids = np.stack([line[0] for line in lines])  # lines, words, features
        tags = np.stack([line[1] for line in lines])
        count, length, _ = ids.shape
        ids = np.where(self.random.random(ids.shape) < DROPOUT, len(self.rows), ids)
        scores = self.table[ids].sum(axis=2)
        ahead = np.empty_like(scores)
        ahead[:, 0] = scores[:, 0] + self.begins
        for at in range(1, length):
            ahead[:, at] = _log_sum(ahead[:, at - 1, :, None] + self.follows) + scores[:, at]
        behind = np.zeros_like(scores)
        for at in range(length - 2, -1, -1):
            behind[:, at] = _log_sum(
                np.swapaxes(self.follows + (scores[:, at + 1] + behind[:, at + 1])[:, None, :], 1, 2)
            )
        total = _log_sum(ahead[:, -1, :, None])[:, 0]
        chance = np.exp(ahead + behind - total[:, None, None])
        pairs = np.zeros_like(self.follows)
        for at in range(1, length):
            both = ahead[:, at - 1, :, None] + self.follows + (scores[:, at] + behind[:, at])[:, None, :]
            pairs += np.exp(both - total[:, None, None]).sum(axis=0)
        rows = np.arange(count)[:, None]
        places = np.arange(length)[None, :]
        gold = scores[rows, places, tags].sum(axis=1) + self.begins[tags[:, 0]]
        slope = chance
        slope[rows, places, tags] -= 1
        if length > 1:
            gold = gold + self.follows[tags[:, :-1], tags[:, 1:]].sum(axis=1)
            np.subtract.at(pairs, (tags[:, :-1], tags[:, 1:]), 1)
        self._learn_table(ids, slope)
        self._learn(1, pairs)
        self._learn(2, slope[:, 0].sum(axis=0))
        return float((total - gold).sum())

    def _learn_table(self, ids: Ints, slope: Floats) -> None:
        flat = ids.reshape(-1)
        word = np.repeat(np.arange(slope.shape[0] * slope.shape[1]), ids.shape[2])
        order = np.argsort(flat, kind="stable")
        flat, word = flat[order], word[order]
        firsts = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
        sums = np.add.reduceat(slope.reshape(-1, slope.shape[2])[word], firsts, axis=0)
        rows = flat[firsts]
        if rows[-1] == len(self.rows):
            rows, sums = rows[:-1], sums[:-1]
        self.squares[0][rows] += sums**2
        self.table[rows] *= 1 - DECAY * len(rows)
        self.table[rows] -= RATE * sums / np.sqrt(self.squares[0][rows])

    def _learn(self, part: int, slope: Floats) -> None:
        self.squares[part] += slope**2
        values = self.parts()[part]
        values -= RATE * slope / np.sqrt(self.squares[part])

    def average(self) -> None:
        """Count the tables as they are now towards their mean."""
        for total, part in zip(self.sums, self.parts(), strict=True):
            total += part

    def finish(self, times: int) -> None:
        """Take the mean of the tables counted."""
        for total, part in zip(self.sums, self.parts(), strict=True):
            part[:] = total / times

    def weights(self) -> Weights:
        """What was learnt, as the marker reads it."""
        return Weights(self.rows, self.table, self.follows, self.begins)


def _log_sum(values: Floats) -> Floats:
    """The logarithm of the sum of exponentials over the last axis but one."""
    most = values.max(axis=-2, keepdims=True)
    sums: Floats = np.log(np.exp(values - most).sum(axis=-2)) + most.squeeze(-2)
    return sums


def train(lines: list[Line]) -> Trainer:
    """Return a trainer that has learnt from the lines; the last half of the epochs are averaged."""
    trainer = Trainer(lines)
    by_length: dict[int, list[tuple[Ints, Ints]]] = {}
    for line in lines:
        by_length.setdefault(len(line.tags), []).append((trainer.ids(line.features), np.array(line.tags)))
    started = time.perf_counter()
    averaged = 0
    for epoch in range(EPOCHS):
        batches = []
        for same in by_length.values():
            trainer.random.shuffle(same)
            batches += [same[at : at + BATCH] for at in range(0, len(same), BATCH)]
        trainer.random.shuffle(batches)
        cost = sum(trainer.step(batch) for batch in batches)
        if epoch >= EPOCHS // 2:
            trainer.average()
            averaged += 1
        print(f"epoch {epoch + 1}: cost {cost:,.0f}, {time.perf_counter() - started:.0f} s", file=sys.stderr)
    trainer.finish(averaged)
    return trainer


def agreement(trainer: Trainer, lines: list[Line]) -> Counter[str]:
    """Count gold, found and exactly right spans of held-out lines."""
    counts: Counter[str] = Counter()
    known = trainer.weights()
    for line in lines:
        tags = decode(trainer.table[trainer.ids(line.features)].sum(axis=1), known)
        gold, found = _spans(line.tags), _spans(tags)
        counts.update(gold=len(gold), found=len(found), right=len(gold & found))
    return counts


def _spans(tags: list[int]) -> set[tuple[int, int, int]]:
    spans: list[tuple[int, int, int]] = []
    for at, tag in enumerate(tags):
        if tag and tag % 2 == 0 and spans and spans[-1][1] == at and spans[-1][2] == tag - 1:
            spans[-1] = (spans[-1][0], at + 1, tag - 1)
        elif tag:
            spans.append((at, at + 1, tag - 1 if tag % 2 == 0 else tag))
    return set(spans)


def store(trainer: Trainer, path: Path) -> None:
    """Write the weights as bytes: rows that round to nothing are left out."""
    table = trainer.table[:-1]
    scale = float(np.abs(table).max()) / 127
    small = np.rint(table / scale).astype(np.int8)
    kept = np.abs(small).max(axis=1) > 0
    keys = np.fromiter(trainer.rows, np.uint32)[kept]
    follows, begins = (np.rint(part / scale).astype(np.int16) for part in (trainer.follows, trainer.begins))
    np.savez_compressed(path, keys=keys, table=small[kept], follows=follows, begins=begins)
    print(f"{path}: {len(keys):,} features, {path.stat().st_size / 1e6:.2f} MB")


def main() -> int:
    """Train, say how well a held-out fifth is marked, train on everything, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--only-measure", action="store_true")
    asked = parser.parse_args()
    documents = [each for each in brat.read_zip(asked.corpus) if not brat.is_check(each.key)]
    if not documents or documents[0].form != "chia":
        parser.error("a corpus in Chia's form is needed; what is learnt from others may not be given on")
    lines = {each.name: lines_of(each, each.gold) for each in documents}
    held = {each.name for each in documents if zlib.crc32(each.key.encode()) % 20 == 1}
    if asked.only_measure:
        trainer = train([line for name in lines if name not in held for line in lines[name]])
        counts = agreement(trainer, [line for name in held for line in lines[name]])
        print(
            f"held out: {dict(counts)}, exact F1 {2 * counts['right'] / (counts['gold'] + counts['found']):.3f}"
        )
        return 0
    store(train([line for each in lines.values() for line in each]), asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
