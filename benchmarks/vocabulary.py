"""How long the vocabulary takes to load, what memory it costs, and how fast it finds names in texts.

usage: python benchmarks/vocabulary.py TEXTS    a file with one text a line, or JSON lines with a field `criteria`;
                                                .gz too. ACCRUAL_VOCABULARY=none measures the seed table alone.
"""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from pathlib import Path

from accrual.codes.concepts import vocabulary
from accrual.criteria.compile import compile_text

MOST = 1500  # texts; enough for a steady figure


def main(path: Path) -> None:
    """Print the figures for the texts of one file."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    known = vocabulary()
    loaded = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = len(known.shelf or ())
    print(f"load {loaded:.2f} s, {(memory - before) / 1024:.0f} MB more, {count:,} imported concepts")
    texts = read(path)[:MOST]
    known.spot(texts[0])
    began = time.process_time()
    named = sum(len(known.spot(text)) for text in texts)
    spent = time.process_time() - began
    size = sum(map(len, texts)) / 1e6
    print(f"spot {len(texts):,} texts, {named:,} names, {size / spent:.1f} million characters a second")
    began = time.process_time()
    read_criteria = sum(len(compile_text(text)) for text in texts)
    spent = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"compile {read_criteria:,} criteria, {read_criteria / spent:,.0f} a second, {memory / 1024:.0f} MB"
    )


def read(path: Path) -> list[str]:
    """Return the texts of a file."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    lines = [line for line in raw.decode("utf-8").splitlines() if line.strip()]
    return [json.loads(line)["criteria"] if line.startswith("{") else line for line in lines]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
