"""Measures matching on TREC Clinical Trials: patient notes in, ranked trials out, against the judges' grades.

Comes in: topics (TREC XML, one note each), judgements (topic, 0, NCT number, grade 0, 1 or 2), and a data folder as
`trec_home.py` makes it. Goes out: the measures below for accrual and, over the same documents in the same run, for
plain BM25 (the text index asked for the note as a bag of words); and, where asked, accrual's run in TREC's format.

Only judged trials that the data folder holds count as covered: the ideal order is made of those. A trial that nobody
judged counts as 0. Measured over the topics with at least `--eligible` covered eligible trials.

- nDCG@10: linear gains 2, 1, 0 (as `trec_eval -m ndcg_cut.10` has it); P@10, R-precision, reciprocal rank: grade 2.
- by the snapshot: the same without the trials registered after the newest judged one (numbers are given in the order of
  registration): nobody could judge them.
- judged only: the same over nothing but the judged trials: whether the right ones of them stand first.
- recall: the share of covered eligible trials among the 1,000 retrieved.
- ruled out: the covered trials that the verdicts call ineligible, of those judged eligible (each is an error of
  somebody), and of those judged excluded.

    python benchmarks/trec.py --topics topics2022.xml --qrels qrels2022.txt --home HOME --run run.txt
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import fmean

import msgspec

from accrual.basic import NctId
from accrual.errors import PatientError
from accrual.finder import Finder
from accrual.match.evaluate import Screener
from accrual.patient.model import Patient
from accrual.search.index import TextIndex
from accrual.search.passage import candidates_of_words

DEEP = 1000  # trials a topic, the most that a TREC run may have
DEPTH = 10
ELIGIBLE, EXCLUDED = 2, 1
TODAY = date(2021, 4, 27)  # the day of the registry's snapshot that both years were judged over

Grades = Mapping[str, int]


class Scores(msgspec.Struct, frozen=True):
    """What one ranking comes to on one topic."""

    ndcg: float
    precision: float
    r_precision: float
    reciprocal_rank: float
    recall: float


def score(ranking: Sequence[str], grades: Grades) -> Scores:
    """Return the measures of a ranking; an unjudged trial counts as 0, an empty ranking scores 0.

    Arguments:
        grades: of the covered judged trials.

    Example:
        >>> score(["a", "b"], {"a": 1, "b": 2}).reciprocal_rank
        0.5
    """
    gains = [grades.get(trial, 0) for trial in ranking]
    ideal = sorted(grades.values(), reverse=True)
    eligible = ideal.count(ELIGIBLE)
    best = _gain(ideal)
    return Scores(
        ndcg=_gain(gains) / best if best else 0.0,
        precision=gains[:DEPTH].count(ELIGIBLE) / DEPTH,
        r_precision=gains[:eligible].count(ELIGIBLE) / eligible if eligible else 0.0,
        reciprocal_rank=1 / (gains.index(ELIGIBLE) + 1) if ELIGIBLE in gains else 0.0,
        recall=gains.count(ELIGIBLE) / eligible if eligible else 0.0,
    )


def _gain(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains[:DEPTH]))


def registered(ranking: Sequence[str], newest: str) -> list[str]:
    """Return a ranking without the trials that have a higher number than the newest judged one.

    Example:
        >>> registered(["NCT00000009", "NCT00000002"], newest="NCT00000005")
        ['NCT00000002']
    """
    return [trial for trial in ranking if trial <= newest]


def mean(scores: Sequence[Scores]) -> Scores:
    """Return the mean of each measure; of no topics, 0."""
    fields = Scores.__struct_fields__
    return Scores(*(fmean(getattr(one, name) for one in scores) if scores else 0.0 for name in fields))


def read_topics(path: Path) -> dict[str, str]:
    """Return the notes by topic number."""
    # The user's own benchmark file, read by the standard parser: no entity of it reaches outside.
    root = ElementTree.parse(path).getroot()
    return {topic.get("number", ""): "".join(topic.itertext()).strip() for topic in root.iter("topic")}


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Return the grades by topic and trial. Blank lines are passed over; a grade counts as at least 0."""
    judged: dict[str, dict[str, int]] = {}
    for line in path.read_text().splitlines():
        if line.strip():
            topic, _, trial, grade = line.split()
            judged.setdefault(topic, {})[trial] = max(int(grade), 0)
    return judged


def read_note(finder: Finder, text: str) -> Patient:
    """Return the patient of a note; of a note that says nothing readable, a patient of whom nothing is known."""
    try:
        return finder.read_patient(text.encode(), "topic")
    except PatientError:
        return Patient(form="free-text note", words=text)


def plain_bm25(index: TextIndex, text: str) -> list[str]:
    """Return the trials that the words of a note find, best first: nothing but BM25."""
    return [hit.nct_id for hit in candidates_of_words(index, text, DEEP)]


def main() -> int:
    """Rank every topic both ways and print the measures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--qrels", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True, help="data folder made by trec_home.py")
    parser.add_argument("--run", type=Path, help="file to write accrual's run to, in TREC's format")
    parser.add_argument("--eligible", type=int, default=5, help="covered eligible trials that a topic needs")
    parser.add_argument("--each", action="store_true", help="a line for each topic")
    parser.add_argument("--reasons", action="store_true", help="the criteria that rule eligible trials out")
    asked = parser.parse_args()
    topics, judged = read_topics(asked.topics), read_judgements(asked.qrels)
    ours: dict[str, list[str]] = {}
    theirs: dict[str, list[str]] = {}
    covering: dict[str, dict[str, int]] = {}
    newest = max(trial for grades in judged.values() for trial in grades)
    run: list[str] = []
    seconds: list[float] = []
    ruled_out = {ELIGIBLE: [0, 0], EXCLUDED: [0, 0]}
    covered = 0
    with Finder(asked.home) as finder:
        held = set(finder.nct_ids())
        finder.match(Patient(), TODAY)  # what is opened once is opened here, outside the clock
        for topic, text in topics.items():
            grades = {t: grade for t, grade in judged.get(topic, {}).items() if t in held}
            covered += len(grades)
            started = time.perf_counter()
            patient = read_note(finder, text)
            found = finder.match(patient, TODAY, top=DEEP, open_first=False)
            seconds.append(time.perf_counter() - started)
            ranking = [one.nct_id for one in found]
            ours[topic], covering[topic] = ranking, grades
            theirs[topic] = plain_bm25(finder.index, text)
            run += [
                f"{topic} Q0 {trial} {place} {len(ranking) - place + 1} accrual"
                for place, trial in enumerate(ranking, 1)
            ]
            _count_ruled_out(finder, topic, patient, grades, ruled_out, asked.reasons)
    wanted = [
        topic
        for topic in topics
        if sum(g == ELIGIBLE for t, g in judged.get(topic, {}).items() if t in held) >= asked.eligible
    ]
    if asked.run is not None:
        asked.run.write_text("".join(f"{line}\n" for line in run))
    if asked.each:
        for topic in wanted:
            each = (score(rankings[topic], covering[topic]) for rankings in (ours, theirs))
            print(f"topic {topic}: accrual {' | BM25 '.join(map(_said, each))}")
    total = sum(map(len, judged.values()))
    print(f"{len(held):,} documents, {covered:,} of {total:,} judged pairs covered, {len(wanted)} topics")
    for name, rankings in (("accrual:   ", ours), ("plain BM25:", theirs)):
        print(f"{name} {_said(mean([score(rankings[topic], covering[topic]) for topic in wanted]))}")
        snapshot = [score(registered(rankings[topic], newest), covering[topic]) for topic in wanted]
        print(f"  by the snapshot ({newest}): {_said(mean(snapshot))}")
        known = [
            score([trial for trial in rankings[topic] if trial in covering[topic]], covering[topic])
            for topic in wanted
        ]
        print(f"  judged only: {_said(mean(known))}")
    for grade, (out, of) in ruled_out.items():
        print(f"ruled out, of those judged {grade}: {out} of {of}")
    seconds.sort()
    print(
        f"seconds a topic: median {seconds[len(seconds) // 2]:.2f}, longest {seconds[-1]:.2f} ({len(seconds)})"
    )
    return 0


def _count_ruled_out(
    finder: Finder,
    topic: str,
    patient: Patient,
    grades: Grades,
    counts: dict[int, list[int]],
    reasons: bool,
) -> None:
    """Add how many covered trials of each grade the verdicts rule out; print why for the eligible ones."""
    screener = Screener(patient, TODAY)
    tallies = finder.sweep([screener]).tallies([int(trial[3:]) for trial in grades])
    for trial, grade in grades.items():
        if grade in counts:
            out = int(trial[3:]) in tallies and tallies[int(trial[3:])].verdict == "ineligible"
            counts[grade][0] += out
            counts[grade][1] += 1
            if out and grade == ELIGIBLE and reasons:
                _print_reasons(finder, topic, NctId(trial), patient)


def _print_reasons(finder: Finder, topic: str, trial: NctId, patient: Patient) -> None:
    screening = finder.screen(trial, patient, TODAY)
    for one in screening.criteria:
        against = one.holds.name == ("NO" if one.kind == "inclusion" else "YES")
        if against and one.group is None:
            steps = "; ".join(proof.step for proof in one.evidence)
            print(f"  {topic} {trial} {one.kind}: {' '.join(one.text.split())[:200]} <- {steps[:200]}")
    for field in screening.fields:
        if field.holds.name == "NO":
            print(f"  {topic} {trial} {field.field}: {field.text}")


def _said(one: Scores) -> str:
    return (
        f"nDCG@10 {one.ndcg:.3f}  P@10 {one.precision:.3f}  R-prec {one.r_precision:.3f}  "
        f"RR {one.reciprocal_rank:.3f}  recall {one.recall:.3f}"
    )


if __name__ == "__main__":
    sys.exit(main())
