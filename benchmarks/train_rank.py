"""Trains the weights of `accrual.match.rank.WEIGHTS` on topics with judgements, and prints them.

Comes in: topics, judgements and a data folder, as for `trec.py`. Goes out: a weight for each part of relevance, and for
`met`; nothing is written. The weights maximize, topic by topic, the likelihood of drawing an eligible trial (gain 2) or
an excluded one of the right condition (gain 1) when a trial is drawn with odds exp(score): ListNet with one draw
(Cao et al. 2007, doi:10.1145/1273496.1273513), over the trials that are not ruled out; an unjudged trial gains
nothing. Weights are drawn towards 1, and below 0 become 0: no part speaks against a trial. Beside the weights, nDCG@10
of the same ranking with them, and with weights trained without the topic's fold.

    python benchmarks/train_rank.py --topics topics2021.xml --qrels qrels2021.txt --home HOME
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from accrual.finder import Finder
from accrual.match.rank import WEIGHTS
from trec import TODAY, read_judgements, read_note, read_topics, score

PARTS = (*WEIGHTS, "met")
STEPS, RATE, SHRINK, FOLDS = 400, 0.2, 0.05, 6  # set by hand: more steps change no weight by 0.1
ELIGIBLE = 5  # covered eligible trials that a topic needs to be measured, as in `trec.py`
Topic = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Parts, shape (trials, parts), and gains, shape (trials,)."""


def train(topics: Sequence[Topic]) -> NDArray[np.float64]:
    """Return the weights, shape (parts,), by projected gradient descent from 1."""
    weights = np.ones(topics[0][0].shape[1])
    for _ in range(STEPS):
        slope = SHRINK * (weights - 1)
        for parts, gains in topics:
            odds = parts @ weights
            drawn = np.exp(odds - odds.max())
            slope += parts.T @ (drawn / drawn.sum() - gains / gains.sum()) / len(topics)
        weights = np.maximum(weights - RATE * slope, 0.0)
    return weights


def main() -> int:
    """Match every topic, train, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--qrels", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True, help="data folder made by trec_home.py")
    asked = parser.parse_args()
    judged = read_judgements(asked.qrels)
    topics: list[Topic] = []
    covered: list[dict[str, int]] = []
    numbers: list[list[str]] = []
    with Finder(asked.home) as finder:
        held = set(finder.nct_ids())
        for topic, text in read_topics(asked.topics).items():
            found = finder.match(read_note(finder, text), TODAY, top=10_000, open_first=False)
            open_to = [one for one in found if one.verdict != "ineligible"]
            gains = np.array([judged.get(topic, {}).get(one.nct_id, 0) for one in open_to], np.float64)
            if gains.sum() > 0:
                values = [{part.name: part.value for part in one.parts} for one in open_to]
                rows = [[one.get(name, 0.0) for name in PARTS] for one in values]
                topics.append((np.array(rows), gains))
                numbers.append([one.nct_id for one in open_to])
                covered.append({t: grade for t, grade in judged[topic].items() if t in held})
    weights = train(topics)
    folds = [train([one for at, one in enumerate(topics) if at % FOLDS != fold]) for fold in range(FOLDS)]

    def measured(use: Callable[[int], NDArray[np.float64]]) -> float:
        wanted = [at for at, grades in enumerate(covered) if [*grades.values()].count(2) >= ELIGIBLE]
        rankings = (
            [numbers[at][place] for place in np.argsort(-(topics[at][0] @ use(at)), kind="stable")]
            for at in wanted
        )
        return fmean(score(one, covered[at]).ndcg for one, at in zip(rankings, wanted, strict=True))

    print(f"trained on {len(topics)} topics")
    for name, weight in zip(PARTS, weights, strict=True):
        print(f"    {name}: {weight:.1f}")
    print(f"met, of all: {weights[-1] / weights.sum():.2f}")
    print(f"nDCG@10 {measured(lambda _: weights):.3f}, held out {measured(lambda at: folds[at % FOLDS]):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
