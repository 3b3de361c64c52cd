"""The user's own files: a newer MONDO, DOID or HPO, a newer MeSH, RxNorm, or a table of one's own.

Comes in: a file. Goes out: the system it replaces or adds to, and its terms. Refuses (VocabularyError): a file of
another kind, or one that cannot be read.

| file | what is taken |
|---|---|
| `*.obo` | terms of MONDO, DOID or HPO; of their synonyms the exact ones |
| `desc*.xml` | MeSH descriptors |
| `RXNCONSO.RRF` | RxNorm's own ingredients (`SAB` RXNORM, `TTY` IN and PIN); names of other sources are not touched |
| `*.tsv` | a table in the form of `concepts.tsv`; parents are its own ids or those of the seed table |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast, get_args

import msgspec

from accrual.codes.concept import ConceptKind
from accrual.codes.sources.mesh import read_headings
from accrual.codes.sources.obo import Entry, Reference, terms_of
from accrual.codes.sources.term import Term
from accrual.codes.table import CONCEPT_COLUMNS, items, read_rows
from accrual.errors import VocabularyError

_SYNONYM = re.compile(r'^"(.*)" EXACT\b')
_OBO_SYSTEMS = ("MONDO", "DOID", "HP")
_LONGEST = 60  # characters of an ingredient; longer ones are chemistry


def read_own(path: Path) -> tuple[str, list[Term]]:
    """Return the title of the source that a file is, and its terms.

    Raises:
        VocabularyError: it is none that is known, or it is broken.
    """
    for ending, read in _READERS.items():
        if re.search(ending, path.name, re.IGNORECASE):
            try:
                title, terms = read(path)
            except (OSError, ValueError, SyntaxError, IndexError) as error:
                raise VocabularyError(f"{path.name} cannot be read: {error}") from error
            if not terms:
                raise VocabularyError(f"{path.name}: nothing in it that is known")
            return title, terms
    raise VocabularyError(f"{path.name}: known are *.obo, desc*.xml (MeSH), RXNCONSO.RRF and *.tsv")


def _read_table(path: Path) -> tuple[str, list[Term]]:
    rows = read_rows(path, CONCEPT_COLUMNS)
    own = {row["id"] for row in rows}
    terms: list[Term] = []
    for row in rows:
        if row["kind"] not in get_args(ConceptKind):
            raise VocabularyError(f"{path.name}, {row['id']}: kind {row['kind']!r} is none that is known")
        terms.append(
            Term(
                code=f"OWN:{row['id']}",
                kind=cast(ConceptKind, row["kind"]),
                name=row["name"],
                synonyms=items(row["synonyms"]),
                parents=tuple(f"{'OWN' if key in own else 'SEED'}:{key}" for key in items(row["parents"])),
                same=items(row["codes"]),
                trusted=True,
            )
        )
    return f"own table {path.name}", terms


def _read_obo(path: Path) -> tuple[str, list[Term]]:
    entries = list(_entries(path))
    systems = [system for system in _OBO_SYSTEMS if any(one.id.startswith(f"{system}:") for one in entries)]
    if not systems:
        raise VocabularyError(f"{path.name}: no terms of MONDO, DOID or HPO")
    system = systems[0]
    mine = [entry for entry in entries if entry.id.startswith(f"{system}:")]
    terms = [msgspec.structs.replace(term, trusted=True) for term in terms_of(system, mine)]
    return ("HPO" if system == "HP" else system), terms


def _entries(path: Path) -> Iterator[Entry]:
    for stanza in path.read_text(encoding="utf-8").split("\n[Term]\n")[1:]:
        fields: dict[str, list[str]] = {}
        for line in stanza.partition("\n[")[0].splitlines():
            name, _, value = line.partition(": ")
            fields.setdefault(name, []).append(value.partition(" ! ")[0].strip() if name == "is_a" else value)
        if "true" in fields.get("is_obsolete", ()) or "id" not in fields or "name" not in fields:
            continue
        references = (value.split(" ")[0].split("{")[0].partition(":") for value in fields.get("xref", ()))
        yield Entry(
            id=fields["id"][0],
            name=fields["name"][0],
            synonyms=[match[1] for value in fields.get("synonym", ()) if (match := _SYNONYM.match(value))],
            relations={"is_a": [value.split(" ")[0] for value in fields.get("is_a", ())]},
            xrefs=[Reference(id=code, namespace=space) for space, _, code in references if code],
        )


def _read_mesh(path: Path) -> tuple[str, list[Term]]:
    from lxml import etree

    lines: list[str] = []
    context = etree.iterparse(str(path), tag="DescriptorRecord", resolve_entities=False, no_network=True)
    for _, record in context:
        label = record.findtext("DescriptorName/String") or ""
        terms = [node.text or "" for node in record.iterfind("ConceptList/Concept/TermList/Term/String")]
        trees = [node.text or "" for node in record.iterfind("TreeNumberList/TreeNumber")]
        number = record.findtext("DescriptorUI") or ""
        lines.append("\t".join((number, label, "|".join(terms), "|".join(trees), "")))
        record.clear()
    return "MeSH", read_headings("\n".join(lines).encode())


def _read_rxnorm(path: Path) -> tuple[str, list[Term]]:
    names: dict[str, dict[str, None]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            cell = line.split("|")
            if cell[1] == "ENG" and cell[11] == "RXNORM" and cell[12] in ("IN", "PIN") and cell[16] == "N":
                names.setdefault(cell[0], {})[cell[14]] = None
    terms = [
        Term(code=f"RXNORM:{number}", kind="drug", name=next(iter(own)), synonyms=tuple(own)[1:])
        for number, own in sorted(names.items())
        if len(next(iter(own))) <= _LONGEST
    ]
    return "RxNorm", terms


_READERS: Mapping[str, Callable[[Path], tuple[str, list[Term]]]] = {
    r"\.obo$": _read_obo,
    r"^desc.*\.xml$": _read_mesh,
    r"^RXNCONSO.*\.RRF$": _read_rxnorm,
    r"\.tsv$": _read_table,
}
