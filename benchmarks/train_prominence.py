"""Fits the weights of `accrual.match.prominence.WEIGHTS` to topics with judgements, and prints them.

Comes in: topics, judgements and a data folder, as for `trec.py`; and, where there is one, a file with titles of further
studies (JSON lines, xz: nct_id, title), whose judgements then count too. Goes out: a weight for each sign, and how
often the most prominent condition is the right one; nothing is written. For each topic the conditions of the note are
weighed against each other: the target of each is the share of the trials judged relevant (grade 1 or 2) whose title
or conditions name it; the loss is the cross-entropy between targets and odds exp(sum of signs), with a small penalty.

    python benchmarks/train_prominence.py --topics topics2021.xml --qrels qrels2021.txt --home HOME \
        --titles ../shared/data/text/titles_summaries.jsonl.xz
"""

from __future__ import annotations

import argparse
import lzma
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from accrual.codes.concepts import vocabulary
from accrual.finder import Finder
from accrual.match.prominence import WEIGHTS, conditions, signs
from trec import read_judgements, read_note, read_topics

STEPS, RATE, SHRINK, FOLDS = 1500, 0.3, 0.02, 8  # set by hand: more steps change no weight by 0.05
FEWEST = 5  # relevant trials whose title is known
Topic = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Signs, shape (conditions, signs), and shares of relevant trials, shape (conditions,)."""


class Titled(msgspec.Struct):
    """One line of the titles."""

    nct_id: str
    title: str = ""


def train(topics: Sequence[Topic]) -> NDArray[np.float64]:
    """Return the weights, shape (signs,), by gradient descent from 0."""
    weights = np.zeros(len(WEIGHTS))
    for _ in range(STEPS):
        slope = SHRINK * weights
        for held, shares in topics:
            odds = held @ weights
            likely = np.exp(odds - odds.max())
            slope += held.T @ (likely / likely.sum() - shares / shares.sum()) / len(topics)
        weights -= RATE * slope
    return weights


def right(topic: Topic, weights: NDArray[np.float64]) -> float:
    """Return the share of the most prominent condition, relative to the best condition's."""
    held, shares = topic
    return float(shares[int(np.argmax(held @ weights))] / shares.max())


def main() -> int:
    """Read every topic, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--qrels", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True, help="data folder made by trec_home.py")
    parser.add_argument("--titles", type=Path, help="titles of further studies, JSON lines, xz")
    asked = parser.parse_args()
    judged = read_judgements(asked.qrels)
    with Finder(asked.home) as finder:
        named = titles_named(asked.titles) if asked.titles is not None else {}
        for number in finder.themes.numbers.tolist():
            parts = finder.themes.named(number)
            named[f"NCT{number:08d}"] = {code for code, part in parts if part in ("title", "condition")}
        topics = []
        for topic, text in read_topics(asked.topics).items():
            patient = read_note(finder, text)
            grades = judged.get(topic, {})
            relevant = [named[trial] for trial, grade in grades.items() if grade and trial in named]
            held = conditions(patient)
            rows = [
                [*signs(code, facts, len(patient.words), code in finder.themes.places).values()]
                for code, facts in held.items()
            ]
            shares = np.array([sum(code in one for one in relevant) for code in held], float)
            if len(relevant) >= FEWEST and shares.sum() > 0:
                topics.append((np.array(rows), shares / len(relevant)))
    weights = train(topics)
    folds = [
        train([one for place, one in enumerate(topics) if place % FOLDS != fold]) for fold in range(FOLDS)
    ]
    held_out = [right(one, folds[place % FOLDS]) for place, one in enumerate(topics)]
    print(f"fitted to {len(topics)} topics")
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f"    {name}: {weight:.2f}")
    print(f"the most prominent is the right one: {np.mean([right(one, weights) for one in topics]):.2f}")
    print(f"the same, topics held out in {FOLDS} folds: {np.mean(held_out):.2f}")
    return 0


def titles_named(path: Path) -> dict[str, set[str]]:
    """Return the concepts that titles name, by NCT number."""
    decode = msgspec.json.Decoder(Titled).decode
    with lzma.open(path, "rb") as lines:
        return {
            one.nct_id: {spotted.concept.id for spotted in vocabulary().spot(one.title)}
            for one in map(decode, lines)
        }


if __name__ == "__main__":
    sys.exit(main())
