"""What a chart's words and codes mean in accrual's tables: concepts, qualifiers, categories, quantities.

Comes in: the display text of an entry, its codes, a value with its unit. Goes out: rows of `accrual.codes`.
Refuses nothing: what has no row gives nothing, or a reason that a reader keeps as `Unused`. Nothing is guessed
from part of a name, except the ingredients of a drug product ("Cisplatin 50 MG Injection"), which it truly holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import get_args

import msgspec

from accrual.basic import Code, Quantity
from accrual.codes.concepts import Concept, ConceptKind, vocabulary
from accrual.codes.qualifiers import qualifier_named
from accrual.codes.units import unit_named
from accrual.codes.variables import Variable
from accrual.codes.wording import code_of, is_name, worded
from accrual.errors import UnitError

_CODE_NAMES = {
    "ICD-10": "ICD10",
    "ICD10CM": "ICD10",
    "ICD-10-CM": "ICD10",
    "SNOMEDCT": "SNOMED",
    "SNOMED-CT": "SNOMED",
    "ORPHANET": "ORPHA",
    "ORDO": "ORPHA",
    "MIM": "OMIM",
}

# SNOMED CT writes the kind of thing in brackets behind each fully specified name.
_TAG = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|qualifier value|event|observable entity|substance|"
    r"morphologic abnormality|regime/therapy|product|medicinal product|body structure)\)\s*$"
)
# A gestational diabetes is not simply a diabetes, and "secondary" is more often a cause than a spread.
_NOT_PEELED = ("pregnancy-related", "drug-induced")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u00ad"))
_ANNOTATION = re.compile(r"\{[^}]*\}|\((?:score|count)\)")

# Answers of tests as laboratories word them. Source: LOINC answer lists LL360-9, LL3250-9; SNOMED CT 260385009 ff.
_ANSWERS: Mapping[str, str] = {
    "detected": "positive",
    "reactive": "positive",
    "present": "positive",
    "pos": "positive",
    "not detected": "negative",
    "undetected": "negative",
    "non-reactive": "negative",
    "nonreactive": "negative",
    "not present": "negative",
    "absent": "negative",
    "neg": "negative",
    "true": "yes",
    "false": "no",
}


# A stage with its letter and number lies within the stage: IIIA2 is III (AJCC Cancer Staging Manual, 8th ed., 2017).
_STAGE = re.compile(r"^(?:clinical |pathologic |ajcc |figo )*(?:stage )?c?p?(iv|i{1,3}|[0-4])[a-d]?[0-9]?$")
_ROMAN = {"1": "i", "2": "ii", "3": "iii", "4": "iv"}


class Meaning(msgspec.Struct, frozen=True):
    """What an entry names: a concept, and the qualifiers its words carried ("relapsed ALL")."""

    concept: Code
    kind: str
    qualifiers: tuple[str, ...] = ()


def plain(words: str) -> str:
    """Return the words on one line, without invisible signs and without SNOMED CT's tag in brackets.

    Example:
        >>> plain("Acute bronchitis (disorder)")
        'Acute bronchitis'
    """
    return _TAG.sub("", " ".join(words.translate(_INVISIBLE).split()))


def meanings(words: str, codes: Iterable[tuple[str, str]] = (), drug: bool = False) -> tuple[Meaning, ...]:
    """Return the concepts of an entry: by its codes, else by its words; empty when none is in the vocabulary.

    Args:
        words: the entry's display text or name.
        codes: pairs of system (`SNOMED`, or its FHIR address) and code.
        drug: the entry is a drug product: every ingredient that its words name counts.

    Several codes may translate each other; of two that are kinds of one another the narrower is kept.
    """
    said = named(words, drug)
    coded = tuple(
        concept for system, code in codes if (concept := vocabulary().by_code(system, code)) is not None
    )
    if not coded:
        return said
    carried = said[0].qualifiers if len(said) == 1 else ()
    return tuple(_meaning(concept, carried) for concept in _narrowest(coded))


def named(words: str, drug: bool = False) -> tuple[Meaning, ...]:
    """Return what the words alone name."""
    text = plain(words)
    concept, carried = _peeled(text)
    if concept is None and "," in text:
        # OMIM and SNOMED CT part a name by commas: "Neurofibromatosis, type 1".
        concept, carried = _peeled(" ".join(text.replace(",", " ").split()))
    if concept is not None:
        return (_meaning(concept, carried),)
    if not drug:
        return ()
    found = {spot.concept.id: spot.concept for spot in vocabulary().spot(text) if spot.concept.kind == "drug"}
    return tuple(_meaning(found[key], ()) for key in sorted(found))


def by_words(words: str, kind: str) -> tuple[Meaning, ...]:
    """Return what an entry names by its words alone, when the vocabulary does not have it; empty for other kinds.

    It is the same thing only as a criterion in the same words (`accrual.codes.wording`).
    """
    for each in get_args(ConceptKind):
        if each == kind:
            carried, rest = _unqualified(plain(words))
            return (Meaning(code_of(worded(each, rest)), kind, carried),) if is_name(rest) else ()
    return ()


def agree(one: tuple[Meaning, ...], other: tuple[Meaning, ...]) -> bool:
    """Say whether two readings can mean the same: either is empty, or some pair is a kind of the other."""
    if not one or not other:
        return True
    known = vocabulary()
    return any(
        known.is_a(a.concept.code, b.concept.code) or known.is_a(b.concept.code, a.concept.code)
        for a in one
        for b in other
    )


def code_pair(text: str) -> tuple[str, str]:
    """Split `SNOMED:91861009` into system and code, with the usual spellings of a system folded."""
    system, _, code = text.partition(":")
    system = system.strip().upper()
    return _CODE_NAMES.get(system, system), code.strip()


def category(variable: Variable, words: str) -> str | None:
    """Return the one value of a category that the words mean; None when none does, or more than one.

    Example: for `smoker`, "Former smoker" gives `former`; "Not detected" gives `negative` for a test.
    """
    text = plain(words).lower()
    values = {value.lower(): value for value in variable.values}
    if variable.id == "stage":
        staged = _STAGE.match(text)
        text = (_ROMAN.get(staged.group(1)) or staged.group(1)) if staged else text
    if text in values:
        return values[text]
    answer = _ANSWERS.get(text)
    if answer is not None:
        return values.get(answer)
    if re.search(r"\b(?:not|no|non|without|unknown|never)\b", text) and "never" not in values:
        return None
    held = [value for key, value in values.items() if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)]
    return held[0] if len(held) == 1 else None


def unit_of(*spellings: str) -> str:
    """Return the UCUM unit of the first spelling that is known; the first one as written when none is."""
    for text in spellings:
        if text:
            known = unit_named(text) or unit_named(_ANNOTATION.sub("", text).rstrip("/"))
            if known:
                return known
            if not _ANNOTATION.sub("", text).strip():
                return ""
    return next((text for text in spellings if text), "")


def quantity(variable: Variable, value: float, *spellings: str) -> Quantity:
    """Return the value in its unit; for a plain number, "{score}" and "1" say no more than that it is one."""
    unit = unit_of(*spellings)
    if not variable.unit and _ANNOTATION.sub("", unit).strip() in ("", "1"):
        unit = ""
    return Quantity(value, unit)


def impossible(variable: Variable, quantity: Quantity) -> str:
    """Return why the value cannot be true of a person, empty when it can or when nothing says."""
    try:
        value = variable.canonical(quantity.value, quantity.unit)
    except UnitError:
        return ""
    if variable.is_possible(value):
        return ""
    low, high = variable.low, variable.high
    ends = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'} {variable.unit}".rstrip()
    return f"not a possible {variable.name}: it must lie in {ends}"


def _meaning(concept: Concept, carried: tuple[str, ...]) -> Meaning:
    return Meaning(code_of(concept), concept.kind, carried)


def _narrowest(concepts: tuple[Concept, ...]) -> tuple[Concept, ...]:
    known = vocabulary()
    unique = {concept.id: concept for concept in concepts}
    return tuple(
        concept
        for concept in unique.values()
        if not any(other != concept.id and known.is_a(other, concept.id) for other in unique)
    )


def _peeled(text: str) -> tuple[Concept | None, tuple[str, ...]]:
    """Look the whole text up; else take qualifiers off its front ("relapsed", "history of") and look up the rest."""
    carried: list[str] = []
    while True:
        concept = vocabulary().lookup(text)
        if concept is not None:
            return concept, tuple(carried)
        first = _first_qualifier(text)
        if first is None:
            return None, ()
        carried.append(first[0])
        text = first[1]


def _unqualified(text: str) -> tuple[tuple[str, ...], str]:
    """The qualifiers at the front of a text, and the rest of it."""
    carried: list[str] = []
    while (first := _first_qualifier(text)) is not None:
        carried.append(first[0])
        text = first[1]
    return tuple(carried), text


def _first_qualifier(text: str) -> tuple[str, str] | None:
    """The qualifier at the front of a text and the rest of it, None where there is none or nothing behind it."""
    words = text.split()
    for count in range(min(3, len(words) - 1), 0, -1):
        qualifier = qualifier_named(" ".join(words[:count]))
        if qualifier is not None and qualifier.id not in _NOT_PEELED and words[0].lower() != "secondary":
            return qualifier.id, " ".join(words[count:])
    return None
