"""Measures reading: mentions against annotated corpora, trees against annotated trees, coverage, sections, speed.

Comes in: files of any of these forms, told apart by what is in them. Goes out: a report for each, on the check part
unless asked otherwise. Refuses (exit 2) a file of no known form; the message names it.

    python benchmarks/criteria.py ../shared/data/criteria/lct.zip ../shared/data/criteria/chia.zip
    python benchmarks/criteria.py ../shared/data/criteria/*.jsonl.gz ../shared/data/registry/v2/studies.jsonl.gz
    python benchmarks/criteria.py --part tune --errors 40 SOME.zip

| form | told by | reported |
|---|---|---|
| brat zip (Leaf, Chia) | a zip with `.ann` files | agreement of mentions (`brat.py`); beside it `plain_reader.py` |
| v2 records | `protocolSection` | coverage, reasons of Opaque, speed |
| criteria texts | `nct_id` and `criteria` | the same |
| records flagged in and out | `eligibility.unstructured` | sections: the share of criteria whose kind is the flag's |
| criterion and SQL | `question` and `query` | numbers: the share of the SQL's comparisons that the tree makes |
| annotated trees | `tree` and `text` | same, safe, flipped; definitions in `logic.py` |

Parts: a trial is of the check part where crc32 of its NCT id is divisible by 4, of the tune part otherwise. Rules are
made on the tune part only. `--part all` is for corpora that were not seen while rules were made. Coverage and speed
are over all records, as nothing is compared there.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import resource
import sys
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import brat
import logic
import plain_reader
from accrual.criteria.compile import compile_text
from accrual.criteria.render import canonical, parse_canonical
from accrual.criteria.tree import (
    All,
    Any_,
    Compare,
    Criterion,
    Opaque,
    Tree,
    rests_on_words,
    rightly_text,
    walk,
)

PARTS: dict[str, Callable[[str], bool]] = {
    "check": brat.is_check,
    "tune": lambda key: not brat.is_check(key),
    "all": lambda key: True,
}


def main(arguments: list[str] | None = None) -> int:
    """Report on every file given."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--part", choices=sorted(PARTS), default="check")
    parser.add_argument("--errors", type=int, default=0, help="show so many disagreements (tune part only)")
    asked = parser.parse_args(arguments)
    if asked.errors and asked.part != "tune":
        parser.error("--errors shows text: it is for --part tune")
    for path in asked.files:
        print(f"== {path.name} ({asked.part} part)")
        try:
            if zipfile.is_zipfile(path) or path.suffix == ".zip":
                report_mentions(brat.read_zip(path), asked.part, asked.errors)
            else:
                _report_lines(path, asked.part, asked.errors)
        except (OSError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
    return 0


def _report_lines(path: Path, part: str, errors: int) -> None:
    rows = list(_rows(path))
    first = rows[0] if rows else {}
    if "protocolSection" in first:
        report_coverage(_v2_texts(rows))
    elif "criteria" in first and "nct_id" in first:
        report_coverage([str(row["criteria"] or "") for row in rows])
    elif "eligibility" in first and "nct_id" in first:
        report_sections([row for row in rows if PARTS[part](row["nct_id"])])
    elif "question" in first and "query" in first:
        report_comparisons(rows)
    elif "tree" in first and "text" in first:
        report_logic([row for row in rows if PARTS[part](row["nct_id"])] if part != "check" else rows, errors)
    elif "patient_id" in first:
        print("patient and criterion pairs: measured where patients are matched, not here\n")
    else:
        raise ValueError(f"no form that is known: the first line has the keys {sorted(first)[:12]}")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with (
        gzip.open(path, "rt", encoding="utf-8")
        if path.suffix == ".gz"
        else path.open(encoding="utf-8") as lines
    ):
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number}: not an object")
            yield row


def _v2_texts(rows: Iterable[dict[str, Any]]) -> list[str]:
    sections = (row["protocolSection"].get("eligibilityModule", {}) for row in rows)
    return [str(section.get("eligibilityCriteria", "")) for section in sections]


# --- mentions ----------------------------------------------------------------------------------------------------


def ours(document: brat.Document) -> list[brat.Spot]:
    """Return the mentions of a document's criteria as spans."""
    return [
        brat.Spot(mention.start, mention.end, mention.kind)
        for criterion in compile_text(document.text)
        for mention in criterion.mentions
    ]


def report_mentions(documents: list[brat.Document], part: str, errors: int) -> None:
    """Print agreement by kind, for accrual and for the plain reader."""
    chosen = [document for document in documents if PARTS[part](document.key)]
    lost = sum(document.lost for document in chosen)
    form = documents[0].form
    print(f"{form} form, {len(chosen)} of {len(documents)} texts" + (f", {lost} spans lost" if lost else ""))
    started = time.process_time()
    found = [ours(document) for document in chosen]
    seconds = time.process_time() - started
    _table("accrual", chosen, found)
    _table("dictionary, regex and NegEx", chosen, [plain_reader.spots(document.text) for document in chosen])
    size = sum(len(document.text) for document in chosen)
    print(f"accrual: {size / 1e3 / max(seconds, 1e-9):,.0f} kB/s with mentions, one core\n")
    if errors:
        _show(chosen, found, errors)


def _table(name: str, documents: list[brat.Document], found: list[list[brat.Spot]]) -> None:
    form = documents[0].form if documents else "chia"
    sums: dict[str, brat.Tally] = defaultdict(brat.Tally)
    for document, spots in zip(documents, found, strict=True):
        for kind, tally in brat.agreement(document.gold, spots, form).items():
            sums[kind].add(tally)
    together = brat.LEAF_NAMES if form == "leaf" else brat.CHIA_KINDS
    print(
        f"| {name} | gold | found | exact P | R | F1 | relaxed P | R | F1 |\n|---|---|---|---|---|---|---|---|---|"
    )
    for kind in sorted(sums, key=lambda kind: (kind not in together, kind)):
        _row(kind, sums[kind])
    whole = brat.Tally()
    for kind in together:
        whole.add(sums[kind])
    _row("**names together**" if form == "leaf" else "**the eight together**", whole)
    print()


def _row(name: str, tally: brat.Tally) -> None:
    rates = (*tally.rates(tally.exact), *tally.rates(tally.relaxed))
    print(f"| {name} | {tally.gold} | {tally.found} | {' | '.join(f'{rate:.3f}' for rate in rates)} |")


def _show(documents: list[brat.Document], found: list[list[brat.Spot]], count: int) -> None:
    lines = []
    for document, spots in zip(documents, found, strict=True):
        may_be = brat.FROM_OURS[document.form]
        for gold in document.gold:
            if not any(gold.kind in may_be.get(each.kind, ()) and gold.touches(each) for each in spots):
                beside = sorted({each.kind for each in spots if gold.touches(each)})
                lines.append(f"missed {gold.kind}: {_around(document, gold)} {beside}")
        for each in spots:
            kinds = may_be.get(each.kind, ())
            if kinds and not any(gold.kind in kinds and gold.touches(each) for gold in document.gold):
                beside = sorted({gold.kind for gold in document.gold if gold.touches(each)})
                lines.append(f"wrong {each.kind}: {_around(document, each)} {beside}")
    random.Random(1).shuffle(lines)
    print("\n".join(sorted(lines[:count])))


def _around(document: brat.Document, spot: brat.Spot) -> str:
    text = document.text
    before, after = text[max(0, spot.start - 30) : spot.start], text[spot.end : spot.end + 25]
    return " ".join(f"{before}[[{text[spot.start : spot.end]}]]{after}".split())


# --- coverage, speed ---------------------------------------------------------------------------------------------


def report_coverage(texts: list[str]) -> None:
    """Print how much is understood, why the rest is not, and how long it took. One core, repeats as they come."""
    grades: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    rightly = worded = 0
    slowest = (0.0, 0)
    spent = 0.0
    for text in texts:
        started = time.process_time()  # of this process alone: a machine is seldom idle
        compiled = compile_text(text)
        took = time.process_time() - started
        spent += took
        if len(text) > 500:  # shorter texts measure the clock
            slowest = max(slowest, (took * 1e3 / (len(text) / 1e3), len(text)))
        for criterion in compiled:
            grades[criterion.understood] += 1
            worded += criterion.understood == "whole" and rests_on_words(criterion.tree)
            kinds[criterion.kind] += 1
            rightly += rightly_text(criterion.tree)
            reasons.update(
                {
                    getattr(node, "reason", "") or "not understood"
                    for node in walk(criterion.tree)
                    if isinstance(node, Opaque)
                }
            )
    count = max(1, grades.total())
    print(f"{len(texts):,} texts, {count:,} criteria ({kinds['inclusion']:,} in, {kinds['exclusion']:,} out)")
    print("| whole | part | none | at least part |\n|---|---|---|---|")
    shares = [grades[grade] / count for grade in ("whole", "part", "none")]
    print(f"| {' | '.join(f'{share:.1%}' for share in (*shares, shares[0] + shares[1]))} |")
    coded = grades["whole"] - worded
    print(
        f"of whole: all names coded {coded / count:.1%}, some names by their words alone {worded / count:.1%}"
    )
    print(f"of none, rightly text (a judgement, or about the trial): {rightly / count:.1%} of all")
    print("criteria with Opaque words, by reason:", dict(reasons.most_common()))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{count / spent:,.0f} criteria/s, {sum(map(len, texts)) / 1e6 / spent:.2f} MB/s; peak memory {memory:.2f} GB"
    )
    print(f"slowest {slowest[0]:.1f} ms/kB (a text of {slowest[1]:,} characters)\n")


# --- sections ----------------------------------------------------------------------------------------------------

_BOTH = re.compile(
    r"(?i)\b(?:inclusion|exclusion|eligib|ineligib)\w*\s+criteri|^\W*(?:inclusion|exclusion)\b"
)


def report_sections(rows: list[dict[str, Any]]) -> None:
    """Print how many criteria get the kind that the record flags.

    The flagged lines are written as the registry writes them: those flagged in under "Inclusion Criteria:", those
    flagged out under "Exclusion Criteria:", a bullet each. Lines that hold headings of their own are counted apart:
    the flag is of the whole line there.
    """
    right: Counter[bool] = Counter()
    headed: Counter[bool] = Counter()
    trials = 0
    for row in rows:
        lines = row["eligibility"].get("unstructured") or []
        trials += bool(lines)
        text, owners = _registry_text(lines)
        for criterion in compile_text(text):
            owner = next((each for each in owners if each[0] <= criterion.start < each[1]), None)
            if owner is not None:
                counts = headed if _BOTH.search(owner[3]) else right
                counts[(criterion.kind == "inclusion") == owner[2]] += 1
    print(f"{trials} trials with flags")
    for name, counts in (("sections right", right), ("in lines with headings of their own", headed)):
        if counts.total():
            print(
                f"{name}: {counts[True]:,} of {counts.total():,} criteria, {counts[True] / counts.total():.2%}"
            )
    print()


def _registry_text(lines: list[dict[str, Any]]) -> tuple[str, list[tuple[int, int, bool, str]]]:
    text = ""
    owners = []
    for flag, heading in ((True, "Inclusion Criteria:"), (False, "Exclusion Criteria:")):
        text += f"{heading}\n\n"
        for line in lines:
            if bool(line.get("inclusion_indicator")) is flag:
                words = str(line.get("description") or "").replace("\r\n", "\n")
                owners.append((len(text), len(text) + len(words) + 2, flag, words))
                text += f"* {words}\n"
        text += "\n"
    return text, owners


# --- SQL ---------------------------------------------------------------------------------------------------------

_COMPARISON = re.compile(r"(\w+)\s*(>=|<=|>|<)\s*(\d+(?:\.\d+)?)")


def report_comparisons(rows: list[dict[str, Any]]) -> None:
    """Print how many of the SQL's comparisons the trees make: sign and number, whatever the column.

    The whole logic is not compared, for it would be unfair to both: the SQL leaves out time, units and qualifiers,
    joins what a bracket explains by "or", and names columns at random ("hemoglobin" is often hemoglobin_a1c_hba1c).
    """
    made = wanted = spoilt = whole = 0
    for row in rows:
        gold = Counter((sign, float(number)) for _, sign, number in _COMPARISON.findall(row["query"]))
        criteria = compile_text(row["question"])
        found = Counter(bound for each in criteria for node in walk(each.tree) for bound in _signs(node))
        wanted += gold.total()
        made += (gold & found).total()
        spoilt += (found - gold).total()
        whole += all(each.understood == "whole" for each in criteria)
    print(f"{len(rows)} criteria, {whole} understood whole")
    print(
        f"comparisons: {made} of {wanted} made ({made / max(1, wanted):.1%}); {spoilt} of ours not in the SQL"
    )
    print(
        "whole logic not compared: the SQL drops time, units and qualifiers, and its columns are not reliable\n"
    )


def _signs(node: Tree) -> Iterator[tuple[str, float]]:
    if isinstance(node, Compare):
        interval = node.interval
        if interval.low is not None:
            yield (">" if interval.low_open else ">="), interval.low
        if interval.high is not None:
            yield ("<" if interval.high_open else "<="), interval.high


# --- logic -------------------------------------------------------------------------------------------------------


def report_logic(rows: list[dict[str, Any]], errors: int) -> None:
    """Print how many trees are the same as the annotated ones, safe, or flip a verdict."""
    told: Counter[str] = Counter()
    shown = []
    for row in rows:
        gold = parse_canonical(row["tree"])
        tree = tree_of(row["text"], row["kind"])
        outcome = logic.compare(gold, tree)
        told[outcome] += 1
        if outcome != "same":
            words = " ".join(row["text"].split())
            lines = (
                f"{outcome} {row['nct_id']} {words}",
                f"gold {canonical(gold)}",
                f"ours {canonical(tree)}",
            )
            shown.append("\n  ".join(lines))
    read = sum(not isinstance(parse_canonical(row["tree"]), Opaque) for row in rows)
    count = max(1, told.total())
    print(
        f"{told.total()} criteria, {read} of them more than opaque words to the annotator: "
        + ", ".join(f"{name} {told[name]} ({told[name] / count:.1%})" for name in ("same", "safe", "flip"))
    )
    print("\n".join(shown[:errors]))


def tree_of(text: str, kind: str) -> Tree:
    """Return the tree of one criterion, read alone under a heading of its kind."""
    heading = "Inclusion Criteria" if kind == "inclusion" else "Exclusion Criteria"
    criteria: tuple[Criterion, ...] = compile_text(f"{heading}:\n\n* {text}")
    if not criteria:
        return Opaque(text=text)
    if len(criteria) == 1:
        return criteria[0].tree
    parts = tuple(each.tree for each in criteria)
    return All(children=parts) if kind == "inclusion" else Any_(children=parts)


if __name__ == "__main__":
    sys.exit(main())
