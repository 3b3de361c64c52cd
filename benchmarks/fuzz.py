"""Looks for texts that break the compiler: an exception, a span outside, a form that does not read back, slowness.

Comes in: minutes to run, a seed, files of real criteria (v2 records or lines with `criteria`; without them the
language's own words alone). Goes out: a line of progress, and each failing input as a JSON file under `--failures`. The
exit status is 1 where something failed. Refuses (exit 2) a file that cannot be read.

    python benchmarks/fuzz.py --minutes 5 --seed 1 ../shared/data/criteria/texts.jsonl.gz

Real texts are changed (cues, brackets, numbers and signs put in, parts deleted, doubled, transposed, nested), and large
texts are made of one or a few words again and again: what takes more than linear time shows there. Time is the
processor's, not the clock's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

import brat
from accrual.codes.concepts import vocabulary
from accrual.codes.units import units
from accrual.codes.variables import variables
from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical, parse_canonical
from accrual.criteria.tree import Criterion, walk
from accrual.criteria.words import phrases_of_text

MS_PER_KB = 50.0
"""The bound of time: a text takes no longer than this for each kilobyte, and `GRACE` seconds more."""
GRACE = 0.25
"""Seconds; a short text may meet a table that is read, or a collection of garbage."""
LARGE = 1_000_000  # characters of the largest texts
MENTIONS_UP_TO = (
    3_000  # characters; the mentions of longer texts are not asked for, they are slower by design
)

SIGNS = (
    "\n", "\r\n", "\r", "\n\n", "\x00", "\t", "\u00a0", "\u200b", "\ufeff", "\U0001f600",
    "* ", "- ", "1. ", "a) ", "(i) ", "• ", "\n    * ", "(", ")", "[", "]", "{", "}", ",", ";", ".", ":", "/", "-", "–",
    "\\>", "\\", "≥", "<=", "=", "x", "×", "^", "%", "\"", "'", "’", "İ", "ß", "ﬁ", "é", "，",
    "²", "①", "½", "٣", "１", "10^9",
    "9" * 400,
    "1e309", "1,000,000", "0.000001", "1" * 40 + "/" + "2" * 40, "Inclusion Criteria:", "Exclusion Criteria:",
    "one of the following:", "all of the following:", "Cohort A:", "i.e.", "e.g.", "such as", "whichever is longer",
)  # fmt: skip


def words_of_the_language() -> list[str]:
    """Return cues, units, names of variables, and some concepts: what the tables make special."""
    names = [name for variable in variables().values() for name in (variable.name, *variable.aliases)]
    spelled = [spelling for unit in units().values() for spelling in unit.spellings]
    concepts = [concept.name for concept in vocabulary().concepts.values()][:4000:7]
    return [*SIGNS, *phrases_of_text(), *names, *spelled, *concepts]


def real_texts(paths: list[Path]) -> Iterator[str]:
    """Yield the criteria of every record of the files, those of the check part (`benchmarks/criteria.py`) left out."""
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                section = row.get("protocolSection", {})
                key = row.get("nct_id") or section["identificationModule"]["nctId"]
                if not brat.is_check(key):
                    module = section.get("eligibilityModule", {})
                    yield str(row.get("criteria") or module.get("eligibilityCriteria", ""))


def changed(text: str, words: list[str], rng: random.Random) -> str:
    """Return the text with a few changes."""
    for _ in range(rng.choice((1, 1, 2, 3, 5, 12, 40))):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + int(rng.expovariate(1 / 25)))
        match rng.randrange(8):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:to] + text[at:to] * rng.choice((1, 1, 2, 30)) + text[to:]
            case 2:
                further = min(len(text), to + int(rng.expovariate(1 / 25)))
                text = text[:at] + text[to:further] + text[at:to] + text[further:]
            case 3:
                text = text[:at] + "(" + text[at:to] + rng.choice((")", "", "]")) + text[to:]
            case 4:
                text = text[:at] + text[at:to].upper() + text[to:]
            case 5:
                text = text.replace(
                    rng.choice((" ", "\n", ",", ".")), rng.choice(SIGNS), rng.randrange(1, 20)
                )
            case _:
                joint = rng.choice((" ", " ", ""))
                text = text[:at] + joint + rng.choice(words) + joint + text[at:]
    return text


def arranged(words: list[str], rng: random.Random) -> str:
    """Return words of the language in any order, in bullets."""
    lines = (
        " ".join(rng.choice(words) for _ in range(rng.randrange(1, 25))) for _ in range(rng.randrange(1, 6))
    )
    return "\n".join("* " + line for line in lines)


def large(words: list[str], rng: random.Random) -> str:
    """Return a few words again and again, 10 kB to 1 MB: in one line, in bullets, ever deeper, or as one long list."""
    size = int(10 ** rng.uniform(4, 6))
    few = [rng.choice(words) for _ in range(rng.choice((1, 1, 2, 3)))]
    joint = rng.choice(
        (
            "",
            " ",
            " ",
            " ",
            ", ",
            " or ",
            " and ",
            "; ",
            ". ",
            " (",
            "\n",
            "\n* ",
            "\n\n",
            "\n1. ",
            " - ",
            "/",
        )
    )
    unit = joint.join(few) + joint
    body = unit * (size // max(1, len(unit)))
    match rng.randrange(6):
        case 0:
            lead = rng.choice(
                ("Exclusion Criteria:\n\n* ", "Patients must have one of the following:\n", "No prior ")
            )
            return lead + body
        case 1:
            few_lines = "\n".join(" " * depth + "* " + unit for depth in range(min(3000, size // 200)))
            return few_lines[:LARGE]
        case 2:
            return "".join(rng.choice(few) + rng.choice((joint, " ")) for _ in range(size // (len(unit) + 1)))
        case 3:
            return "Inclusion Criteria:\n\nAll of the following:\n\n" + "\n".join(
                f"  * {rng.choice(few)}" for _ in range(size // (len(unit) + 4))
            )
        case _:
            return body


class BrokenError(Exception):
    """What was promised of every text does not hold of this one."""


def examine(text: str) -> tuple[Criterion, ...]:
    """Compile and check what is promised of every text.

    Raises:
        BrokenError: a promise is broken.
    """
    began = time.process_time()
    criteria = compile_text(text)
    spent = time.process_time() - began
    if spent > GRACE + MS_PER_KB * len(text) / 1e6:
        again = time.process_time()  # once more: tables are read now, and repeats are remembered
        compile_text(text + " ")
        spent = min(spent, time.process_time() - again)
        if spent > GRACE + MS_PER_KB * len(text) / 1e6:
            raise BrokenError(f"{spent:.2f} s for {len(text):,} characters")
    last = 0
    for criterion in criteria[:: max(1, len(criteria) // 2000)]:
        if criterion.start < last or not criterion.start < criterion.end <= len(text):
            raise BrokenError(f"the criterion at {criterion.start}:{criterion.end} is out of place")
        last = criterion.start
        if text[criterion.start : criterion.end] != criterion.text:
            raise BrokenError(f"the words of the criterion at {criterion.start} are not the text's")
        for node in walk(criterion.tree):
            if not criterion.start <= node.span.start <= node.span.end <= criterion.end:
                raise BrokenError(f"a node at {node.span} is outside its criterion")
        if parse_canonical(canonical(criterion.tree)) != criterion.tree:
            raise BrokenError(f"does not read back: {canonical(criterion.tree)[:300]}")
        if msgspec.json.decode(msgspec.json.encode(criterion), type=Criterion).tree != criterion.tree:
            raise BrokenError("its JSON does not read back")
        if len(text) <= MENTIONS_UP_TO:
            for mention in criterion.mentions:
                if text[mention.start : mention.end] != mention.text:
                    raise BrokenError(f"the mention at {mention.start} is not the text's")
    return criteria


def main(arguments: list[str] | None = None) -> int:
    """Run for so many minutes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    asked = parser.parse_args(arguments)
    try:
        texts = list(real_texts([path for path in asked.files if path.exists()])) or [""]
    except (OSError, ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return 2
    words = words_of_the_language()
    rng = random.Random(asked.seed)
    makers: tuple[Callable[[], str], ...] = (
        lambda: changed(rng.choice(texts)[:20_000], words, rng),
        lambda: changed(rng.choice(texts)[:20_000], words, rng),
        lambda: arranged(words, rng),
        lambda: large(words, rng),
    )
    names = ("changed", "changed", "arranged", "large")
    done = failed = 0
    told = until = time.monotonic()
    until += asked.minutes * 60
    compile_text("Inclusion Criteria:\n\n* LVEF of 50 % by echo\n* Hemoglobin >= 9 g/dL")
    while time.monotonic() < until:
        kind = rng.choices(range(4), (40, 20, 30, 10))[0]
        text = makers[kind]()
        done += 1
        try:
            examine(text)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
            failed += 1
            asked.failures.mkdir(parents=True, exist_ok=True)
            path = asked.failures / f"{asked.seed}-{done}-{names[kind]}.json"
            path.write_text(json.dumps({"error": f"{type(error).__name__}: {error}"[:500], "text": text}))
            print(f"{path}: {type(error).__name__}: {str(error)[:160]}", flush=True)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"{done} texts, {failed} failed, {(until - told) / 60:.1f} minutes left", flush=True)
    print(f"{done} texts, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
