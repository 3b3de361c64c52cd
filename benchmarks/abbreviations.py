"""Counts which abbreviations mean one thing whatever their case, and writes the table of those that do.

Comes in: titles and summaries of studies (`titles_summaries.jsonl.xz`). Goes out: `search/data/abbreviations.tsv`: the
vocabulary's abbreviations that are written in capitals nearly always (`CASED`), and whose studies mostly name the thing
in full too (`NAMED`). Refuses nothing. To be run again when the vocabulary changes much; read the diff.

    python benchmarks/abbreviations.py ../shared/data/text/titles_summaries.jsonl.xz

Records are searched without case: "ms" is multiple sclerosis and a thousandth of a second, "copd" is one thing only.
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from collections import Counter
from pathlib import Path

from accrual.codes.concepts import Concept, vocabulary
from accrual.codes.spelling import is_strict
from accrual.search.expansion import ABBREVIATIONS, is_code, names_of
from accrual.search.words import cut_words, stem_of

CASED = 0.95  # of the studies with the letters, those that have them so
NAMED = 0.6  # of the studies with the letters, those that also have another name of the thing
STUDIES = 20  # fewer say nothing
# Seen to mean something else too, in samples of nine studies each: antidepressant therapy, pandrug-resistant and Lao
# PDR, primary spontaneous pneumothorax, sudden cardiac death.
AMBIGUOUS = frozenset(("ADT", "PDR", "PSP", "SCD"))

_WORD = re.compile(r"[^\W_]+")


def abbreviations() -> dict[str, Concept]:
    """Return the vocabulary's abbreviations of one word that are not clear by themselves."""
    found = {}
    shelf = vocabulary().shelf
    for concept in vocabulary().concepts.values():
        more = shelf.get(concept.id) if shelf is not None else None
        for name in (concept.name, *concept.synonyms, *(more.synonyms if more is not None else ())):
            if is_strict(name) and not is_code(name) and len(cut_words(name)) == 1:
                found[name] = concept
    return found


def main(path: Path) -> None:
    """Count, and write the table."""
    asked = abbreviations()
    by_word: dict[str, list[str]] = {}
    for name in asked:
        by_word.setdefault(cut_words(name)[0], []).append(name)
    names = {
        name: [
            f" {' '.join(map(stem_of, words))} " for words in names_of(concept) if words != cut_words(name)
        ]
        for name, concept in asked.items()
    }
    studies: Counter[str] = Counter()
    cased: Counter[str] = Counter()
    named: Counter[str] = Counter()
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            written = _WORD.findall(f"{row.get('title') or ''} . {row.get('summary') or ''}")
            words = [word.lower() for word in written]
            text = ""
            for word in by_word.keys() & set(words):
                text = text or f" {' '.join(map(stem_of, words))} "
                for name in by_word[word]:
                    studies[name] += 1
                    cased[name] += all(
                        each == name for each, low in zip(written, words, strict=True) if low == word
                    )
                    named[name] += any(other in text for other in names[name])
    kept = sorted(
        name
        for name, count in studies.items()
        if name not in AMBIGUOUS
        and count >= STUDIES
        and cased[name] >= CASED * count
        and named[name] >= NAMED * count
    )
    rows = [f"{name}\t{asked[name].id}\t{studies[name]}\t{named[name]}" for name in kept]
    head = [line for line in ABBREVIATIONS.read_text().splitlines() if line.startswith("#")]
    ABBREVIATIONS.write_text("\n".join([*head, "abbreviation\tconcept\tstudies\tnamed", *rows]) + "\n")
    print(f"{len(kept)} of {len(asked)} abbreviations")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
