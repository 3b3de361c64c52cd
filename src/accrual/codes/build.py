"""Building the imported vocabulary: `python -m accrual.codes.build`.

Comes in: the seed table, `imported.tsv`, the pinned packages. Goes out: a built folder, and lines that say what was
done. Refuses (VocabularyError) only what is broken in this project's own tables: a source that cannot be had is named
and left out, and where none can be had the seed table stands alone.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from accrual.codes.concepts import Vocabulary, seed_concepts
from accrual.codes.draft import Rules
from accrual.codes.merge import merge
from accrual.codes.qualifiers import qualifier_named
from accrual.codes.shelf import Manifest, SourceUsed, remove_stale, write
from accrual.codes.shelves import own_files, place, recipe
from accrual.codes.sources.catalog import CATALOG
from accrual.codes.sources.own import read_own
from accrual.codes.sources.term import Term
from accrual.codes.spelling import folded_key
from accrual.codes.table import read_table
from accrual.codes.variables import variable_named
from accrual.errors import PackageError, VocabularyError

KEPT = 12
"""Built folders kept beside each other: as many checkouts may share the place."""

_RULES = ("name", "term", "link", "apart", "allowed", "never")

Say = Callable[[str], None]


def build(home: Path, cache: Path, say: Say) -> Manifest | None:
    """Build the vocabulary into `home`; None where no source could be had.

    Raises:
        VocabularyError: a table of this project is broken.
    """
    began = time.perf_counter()
    sources = [*_own(say)]
    replaced = {used.title for used, _ in sources}
    for source in CATALOG:
        if source.title in replaced:
            continue
        try:
            terms = source.read(cache)
        except (PackageError, VocabularyError) as error:
            say(f"vocabulary: {source.title} is left out: {error}")
            continue
        sources.append((SourceUsed(source.title, source.version, source.licence, len(terms)), terms))
        say(f"vocabulary: {source.title} {source.version}, {len(terms):,} terms")
    if not sources:
        say("vocabulary: no source could be had; the seed table of concepts stands alone")
        return None
    seed = Vocabulary(seed_concepts())
    merged = merge(
        seed.concepts,
        lambda name: found.id if (found := seed.lookup(name)) is not None else None,
        [(used.title, terms) for used, terms in sources],
        read_rules(),
        lambda name: variable_named(name) is not None,
        lambda word: qualifier_named(word) is not None,
    )
    manifest = write(home / recipe(), merged, recipe(), [used for used, _ in sources])
    remove_stale(home, KEPT)
    say(
        f"vocabulary: {manifest.concepts:,} concepts, {manifest.names:,} spellings, "
        f"{time.perf_counter() - began:.0f} s, version {manifest.digest}"
    )
    return manifest


def _own(say: Say) -> Iterator[tuple[SourceUsed, list[Term]]]:
    """The user's own files, tables first: they are trusted before the packages, and a newer edition replaces one."""
    for path in sorted(own_files(), key=lambda path: (path.suffix != ".tsv", path.name)):
        try:
            title, terms = read_own(path)
        except VocabularyError as error:
            say(f"vocabulary: left out: {error}")
            continue
        say(f"vocabulary: {title} from {path.name}, {len(terms):,} terms")
        yield SourceUsed(title, path.name, "the user's own copy", len(terms)), terms


def read_rules() -> Rules:
    """Return the rules of `imported.tsv`.

    Raises:
        VocabularyError: a row has a rule that nobody knows.
    """
    found: dict[str, set[str]] = {rule: set() for rule in _RULES}
    for row in read_table("imported.tsv", ("rule", "reason")):
        rule, _, what = row["rule"].partition(" ")
        if rule not in found or not what or not row["reason"]:
            raise VocabularyError(
                f"imported.tsv, {row['rule']!r}: a rule is one of {', '.join(found)}, with a reason"
            )
        found[rule].add(what)
    never: dict[str, set[str]] = {}
    for what in found.pop("never"):
        family, _, word = what.partition(" ")
        never.setdefault(family, set()).add(re.escape(word))
    return Rules(
        names=frozenset(map(folded_key, found["name"])),
        terms=frozenset(found["term"]),
        links=frozenset(_link(what) for what in found["link"]),
        apart=frozenset(found["apart"]),
        never={family: frozenset(words) for family, words in never.items()},
        allowed=frozenset(map(folded_key, found["allowed"])),
    )


def _link(what: str) -> tuple[str, str]:
    child, _, parent = what.partition(" > ")
    return child, parent


def main(arguments: Iterable[str] = ()) -> int:
    """Build into the user's data folder."""
    home = place()
    if home is None:
        return 0
    build(home, home / "packages", lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
