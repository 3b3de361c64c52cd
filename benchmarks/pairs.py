"""Criterion by criterion: what accrual says of a patient's note, beside what physicians said.

    python benchmarks/pairs.py PAIRS.jsonl.gz
    python benchmarks/pairs.py PAIRS.jsonl.gz --part tune --errors 40

Comes in: JSON lines, plain or `.gz`, each a pair of a note and a criterion: `patient_id`, `note`, `criterion_type`
(inclusion, exclusion), `criterion_text`, `expert_eligibility`, one of `LABELS`; other keys are ignored, but for
`gpt4_eligibility`, a large model's answer. Goes out: on standard output, under `open` and under `notes`, the share of
pairs with the very label of the physicians, a table of ours against theirs, and what the model and the commonest
label of each kind get on the same rows. Refuses a line of another form (exit 2), with its number and never its words.

The note is read as `accrual screen` reads one, the criterion is compiled alone under a heading of its kind. Labels:

    inclusion   YES included, NO not included         exclusion   YES excluded, NO not excluded
    UNKNOWN     not enough information
    a criterion that is no question of the patient (`concerns`): not applicable

A pair is answered with certainty where our label is one of the four that say yes or no. The physicians contradict
it where they say the opposite one; `not enough information` and `not applicable` contradict nothing, and are counted.

Parts: a patient is of the check part where crc32 of the patient's id is divisible by 4, else of the tune part. Rules
are made on the tune part alone. `--part all` is for pairs that were not seen while rules were made.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from accrual.criteria.compile import compile_text
from accrual.criteria.tree import CompiledTrial, Kind, OneOf, Opaque, Present, Tree, When, children, walk
from accrual.errors import PatientError
from accrual.match.evaluate import Screener
from accrual.match.verdict import Assumption
from accrual.patient.model import Patient
from accrual.patient.reader import read_patient
from accrual.truth import Truth, all_of

Label: TypeAlias = Literal[
    "included", "not included", "excluded", "not excluded", "not enough information", "not applicable"
]
LABELS: tuple[Label, ...] = (
    "included",
    "not included",
    "excluded",
    "not excluded",
    "not enough information",
    "not applicable",
)
OPPOSITE: dict[Label, Label] = {
    "included": "not included",
    "not included": "included",
    "excluded": "not excluded",
    "not excluded": "excluded",
}
"""The labels that say yes or no, each with the one that contradicts it."""
ASSUMPTIONS: tuple[Assumption, ...] = ("open", "notes")
TODAY = date(2026, 1, 1)
"""Any day: an undated note is of the day on which it is read."""
# What only women are asked for.
OF_WOMEN = frozenset(
    ("breastfeeding", "childbearing-potential", "contraception", "pregnancy-test", "pregnant")
)


# What only grown-ups are asked for, and below which age in years it is no question. Set by hand on the tune part.
OF_GROWN = frozenset(("alcohol-use-disorder", "smoker"))
GROWN_WORDS = re.compile(r"(?i)\b(?:smok\w*|cigarettes?|tobacco|alcohol\w*|drunk|army|military)\b")
GROWN_YEARS = 12


class Pair(msgspec.Struct, frozen=True):
    """One labelled pair of the file."""

    patient_id: str
    note: str
    criterion_type: Kind
    criterion_text: str
    expert_eligibility: Label
    gpt4_eligibility: str = ""


class Row(msgspec.Struct, frozen=True):
    """One pair with our label under each assumption."""

    pair: Pair
    ours: dict[Assumption, Label]


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a file.

    Raises:
        ValueError: a line is of another form.
        OSError: the file cannot be read.
    """
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    found: list[Pair] = []
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                found.append(_decode(line))
            except msgspec.MsgspecError as error:
                reason = (
                    "not JSON" if not isinstance(error, msgspec.ValidationError) else "not a labelled pair"
                )
                raise ValueError(f"{path}, line {number}: {reason}") from None
    return found


def is_check(patient_id: str) -> bool:
    """Say whether a patient is of the part that no rule is made on."""
    return zlib.crc32(patient_id.encode()) % 4 == 0


def label_pairs(pairs: Sequence[Pair]) -> Iterator[Row]:
    """Yield each pair with our labels; each note is read once."""
    screeners: dict[tuple[str, Assumption], Screener] = {}
    for pair in pairs:
        if (pair.note, "open") not in screeners:
            patient = _patient(pair.note)
            screeners |= {(pair.note, each): Screener(patient, TODAY, each) for each in ASSUMPTIONS}
        compiled = CompiledTrial("", compile_text(_alone(pair)))
        yield Row(pair, {each: label(pair, compiled, screeners[pair.note, each]) for each in ASSUMPTIONS})


def label(pair: Pair, compiled: CompiledTrial, screener: Screener) -> Label:
    """Return our label of one pair, whose criterion is compiled alone."""
    if not concerns([each.tree for each in compiled.criteria], screener):
        return "not applicable"
    # Several criteria may come of one text: all of them are asked for. An exclusion is asked not to hold.
    met = all_of(
        each.holds if each.kind == "inclusion" else ~each.holds for each in screener.screen(compiled).criteria
    )
    if met is Truth.UNKNOWN or not compiled.criteria:
        return "not enough information"
    if pair.criterion_type == "inclusion":
        return "included" if met is Truth.YES else "not included"
    return "not excluded" if met is Truth.YES else "excluded"


def concerns(trees: Sequence[Tree], screener: Screener) -> bool:
    """Say whether the criterion is a question of this patient.

    It is not where each of its parts begins with "if" and the condition does not hold, where it asks a man or a boy
    for nothing but what is asked of women, and a child for nothing but what is asked of grown-ups.
    """
    parts = [part for tree in trees for part in _parts(tree)]
    if parts and all(isinstance(one, When) and screener.holds(one.condition) is Truth.NO for one in parts):
        return False
    if _is_child(screener) and _of_grown(trees):
        return False
    if screener.chart.patient.sex != "male":
        return True
    asked = {
        leaf.variable if isinstance(leaf, OneOf) else ""
        for tree in trees
        for leaf in walk(tree)
        if not children(leaf) and not isinstance(leaf, Opaque)
    }
    return not asked & OF_WOMEN or not asked <= OF_WOMEN | {"sex"}


def _is_child(screener: Screener) -> bool:
    born = screener.chart.birth
    return born is not None and TODAY.year - born.first.year < GROWN_YEARS


def _of_grown(trees: Sequence[Tree]) -> bool:
    """Say whether something is asked of grown-ups, and of nobody anything else that is understood."""
    leaves = [leaf for tree in trees for leaf in walk(tree) if not children(leaf)]
    grown = [leaf for leaf in leaves if _is_grown(leaf)]
    return bool(grown) and all(leaf in grown or isinstance(leaf, Opaque) for leaf in leaves)


def _is_grown(leaf: Tree) -> bool:
    match leaf:
        case Opaque():
            return GROWN_WORDS.search(leaf.text) is not None
        case OneOf():
            return leaf.variable in OF_GROWN
        case Present():
            return leaf.concept.code in OF_GROWN
        case _:
            return False


def report(rows: Sequence[Row], part: str) -> str:
    """Return the measures in words and tables."""
    gold = [row.pair.expert_eligibility for row in rows]
    people = len({row.pair.patient_id for row in rows})
    lines = [f"{part}: {len(rows)} pairs of {people} patients", ""]
    lines += [f"{'same label as the physicians':<34}{'pairs':>6}{'share':>8}"]
    for each in ASSUMPTIONS:
        lines.append(_share(f"accrual, {each}", [row.ours[each] for row in rows], gold))
    if all(row.pair.gpt4_eligibility for row in rows):
        lines.append(_share("the large model in the file", [row.pair.gpt4_eligibility for row in rows], gold))
    lines.append(_share("the commonest label of each kind", _commonest(rows), gold))
    for each in ASSUMPTIONS:
        sure = [row for row in rows if row.ours[each] in OPPOSITE]
        contradicted = sum(OPPOSITE[row.ours[each]] == row.pair.expert_eligibility for row in sure)
        same = sum(row.ours[each] == row.pair.expert_eligibility for row in sure)
        kept = 1 - contradicted / len(sure) if sure else 1.0
        lines += ["", f"under {each}: {len(sure)} of {len(rows)} answered with certainty"]
        lines.append(
            f"  {kept:.1%} of them not contradicted ({contradicted} are); {same} have the same label"
        )
        lines += _table(rows, each)
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print what it measures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--part", choices=("check", "tune", "all"), default="check")
    parser.add_argument("--errors", type=int, default=0, help="show so many disagreements (tune part only)")
    asked = parser.parse_args(arguments)
    if asked.errors and asked.part != "tune":
        parser.error("--errors shows words of the pairs: it is for --part tune")
    try:
        pairs = read_pairs(asked.file)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    wanted = [
        pair for pair in pairs if asked.part == "all" or is_check(pair.patient_id) == (asked.part == "check")
    ]
    rows = list(label_pairs(wanted))
    sys.stdout.write(report(rows, asked.part) + "\n")
    for row in [row for row in rows if row.ours["notes"] != row.pair.expert_eligibility][: asked.errors]:
        pair = row.pair
        said = ", ".join(f"{each} {row.ours[each]}" for each in ASSUMPTIONS)
        sys.stdout.write(
            f"\n{pair.patient_id} {pair.criterion_type}: {pair.criterion_text}\n"
            f"  physicians: {pair.expert_eligibility}; {said}\n"
        )
    return 0


def _alone(pair: Pair) -> str:
    words = " ".join(pair.criterion_text.split())
    return f"{pair.criterion_type.capitalize()} Criteria:\n\n* {words}"


def _patient(note: str) -> Patient:
    try:
        return read_patient(note.encode())
    except PatientError:
        return Patient()  # nothing of a patient in it: nothing is known


def _parts(tree: Tree) -> tuple[Tree, ...]:
    return tree.children if hasattr(tree, "children") else (tree,)


def _commonest(rows: Sequence[Row]) -> list[str]:
    """Return for each row the label that its kind of criterion has most often in these rows."""
    counts = Counter((row.pair.criterion_type, row.pair.expert_eligibility) for row in rows)
    best: dict[str, str] = {}
    for (kind, name), _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        best.setdefault(kind, name)
    return [best[row.pair.criterion_type] for row in rows]


def _share(name: str, ours: Sequence[str], gold: Sequence[str]) -> str:
    same = sum(one == other for one, other in zip(ours, gold, strict=True))
    return f"  {name:<32}{same:>6}{same / max(len(gold), 1):>8.3f}"


def _table(rows: Sequence[Row], assumption: Assumption) -> Iterator[str]:
    counts = Counter((row.pair.expert_eligibility, row.ours[assumption]) for row in rows)
    yield f"  {'physicians, down; ours, across':<32}" + "".join(f"{_SHORT[name]:>9}" for name in LABELS)
    for gold in LABELS:
        yield f"    {gold:<30}" + "".join(f"{counts[gold, ours]:>9}" for ours in LABELS)


_SHORT: dict[Label, str] = {
    "included": "incl",
    "not included": "not incl",
    "excluded": "excl",
    "not excluded": "not excl",
    "not enough information": "open",
    "not applicable": "n/a",
}
_decode = msgspec.json.Decoder(Pair).decode

if __name__ == "__main__":
    raise SystemExit(main())
