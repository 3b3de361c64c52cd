"""Rewrites all golden files of compiled criteria: `python -m tests.criteria.rewrite_goldens`, then review the diff."""

from __future__ import annotations

from tests.criteria.goldens import FOLDER, rewritten

if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.txt")):
        path.write_text(rewritten(path), encoding="utf-8")
