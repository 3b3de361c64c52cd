"""How well notes are read: facts found against facts annotated by hand, each kind on its own line.

`python benchmarks/notes.py FILE [--data DIR]`: FILE has one JSON object a line: `id`, `age`, `sex`, `facts`, and the
`text` itself or an id found under DIR: `trec2021-25` (a topic) or a patient of the criterion pairs. A fact is a sign
and a name of the vocabulary: `+` there, `-` denied, `?` suspected, `h` past, `f` a relative's, `p` planned; or
`= variable value` ("not current": ruled out). Comes out: precision, recall, and how many names have the right sign.
"""

from __future__ import annotations

import argparse
import gzip
import html
import re
from collections import Counter
from pathlib import Path

import msgspec

from accrual.codes.concepts import vocabulary
from accrual.patient.model import Fact
from accrual.patient.note import read_note

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class Vignette(msgspec.Struct):
    """One note with what a reader should find in it."""

    id: str
    facts: list[str]
    age: float | None = None
    sex: str | None = None
    text: str = ""


class Pair(msgspec.Struct):
    """The part of a criterion pair that is read here."""

    patient_id: str
    note: str


def texts(data: Path) -> dict[str, str]:
    """Return the notes that ids name."""
    found: dict[str, str] = {}
    for path in sorted((data / "trec").glob("*/topics*.xml")):
        for number, text in re.findall(r'<topic number="(\d+)">(.*?)</topic>', path.read_text(), re.DOTALL):
            found[f"trec{path.parent.name}-{number}"] = html.unescape(text.strip())
    with gzip.open(data / "criteria" / "patient_criterion_pairs.jsonl.gz") as lines:
        for line in lines:
            pair = msgspec.json.decode(line, type=Pair)
            found[pair.patient_id] = pair.note
    return found


def expected(fact: str) -> tuple[str, str, str]:
    """Return kind, name and sign (or value) of an annotated fact."""
    sign, _, name = fact.partition(" ")
    if sign == "=":
        variable, _, value = name.partition(" ")
        return "value", variable, value
    concept = vocabulary().lookup(name)
    return (concept.kind, concept.id, sign) if concept is not None else ("not in the vocabulary", name, sign)


def said(fact: Fact) -> tuple[str, str, str]:
    """Return the same of a fact that was read."""
    if fact.concept is None:
        return "value", fact.variable or "", f"{'' if fact.asserted else 'not '}{fact.value}"
    carried = set(fact.qualifiers)
    sign = "+" if fact.asserted else "-"
    for words, mark in (
        ({"family-history"}, "f"),
        ({"suspected"}, "?"),
        ({"planned"}, "p"),
        ({"history", "past"}, "h"),
    ):
        sign = mark if fact.asserted and carried & words else sign
    return fact.kind, fact.concept.code, sign


def main() -> None:
    """Measure one file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--show", action="store_true", help="name what was missed and what was too much")
    chosen = options.parse_args()
    known: dict[str, str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    signs: Counter[bool] = Counter()
    lines = chosen.file.read_bytes().splitlines()
    for line in lines:
        one = msgspec.json.decode(line, type=Vignette)
        known = known or ({} if one.text else texts(chosen.data))
        patient = read_note((one.text or known[one.id]).encode())
        counts["age and sex", "wanted"] += 2
        right = (patient.age_years == one.age) + (patient.sex == one.sex)
        counts["age and sex", "right"] += right
        counts["age and sex", "read"] += (patient.age_years is not None) + (patient.sex is not None)
        want = {expected(fact) for fact in one.facts}
        read = {said(fact) for fact in patient.facts}
        for kind, _, _ in want:
            counts[kind, "wanted"] += 1
        for fact in read:
            counts[fact[0], "read"] += 1
            counts[fact[0], "right"] += fact in want
        named = {fact[:2] for fact in want}
        for fact in read:
            if fact[0] != "value" and fact[:2] in named:
                signs[fact in want] += 1
        if chosen.show:
            print(one.id, "missed", sorted(want - read), "too much", sorted(read - want))
    print(f"{len(lines)} notes")
    for kind in sorted({kind for kind, _ in counts}):
        wanted, read_, right = (counts[kind, part] for part in ("wanted", "read", "right"))
        precision = f"{right / read_:.3f}" if read_ else "-"
        recall = f"{right / wanted:.3f}" if wanted else "-"
        print(
            f"{kind:22} wanted {wanted:4} read {read_:4} right {right:4} precision {precision} recall {recall}"
        )
    if signs:
        print(f"sign right where the name was found: {signs[True]} of {sum(signs.values())}")


if __name__ == "__main__":
    main()
