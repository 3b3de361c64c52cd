"""mCODE: what the cancer profiles say beyond plain FHIR R4: histology, site, spread, the course, gene variants.

Comes in: Conditions, Observations and Procedures that the FHIR readers have decoded. Goes out: facts. Refuses
(NotUsed): a category or a status that decides nothing in the tables. Source: HL7 mCODE 4.0.0 (hl7.org/fhir/us/mcode).

Spread (M1, a secondary cancer of a named primary) and course (stable, progressive, no sign left) are said of the very
tumor that the resource points to: they become qualifiers of that cancer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from accrual.basic import PartialDate
from accrual.patient.fhir_concepts import coded_facts
from accrual.patient.fhir_entries import Entries
from accrual.patient.fhir_types import CodeableConcept, Component, Condition, Head, Observation
from accrual.patient.ledger import NotUsed
from accrual.patient.model import Fact, Source
from accrual.patient.terms import meanings, named, plain
from accrual.patient.variants import Origin, gene_named, variant_facts

PRIMARY = ("mcode-primary-cancer-condition",)
SECONDARY = ("mcode-secondary-cancer-condition",)
RADIATION = ("mcode-cancer-related-radiation-procedure", "mcode-radiotherapy-course-summary")

_HISTOLOGY = "mcode-histology-morphology-behavior"
_RELATED = ("mcode-related-primary-cancer-condition", "mcode-related-condition")
# LOINC: genetic variant assessment; cancer disease progression.
_VARIANT, _STATUS = "69548-6", "97509-4"
# What Observations of a TNM category are named by. Sources: LOINC; SNOMED CT; mCODE profiles.
_TNM: Mapping[str, str] = {
    **dict.fromkeys(("21905-5", "21899-0", "399504009", "384625004", "78873005"), "T"),
    **dict.fromkeys(("21906-3", "21900-6", "399534004", "371494008", "277206009"), "N"),
    **dict.fromkeys(("21907-1", "21901-4", "399387003", "371497001", "277208005"), "M"),
}
_TNM_PROFILES: Mapping[str, str] = {
    "mcode-tnm-primary-tumor-category": "T",
    "mcode-tnm-regional-nodes-category": "N",
    "mcode-tnm-distant-metastases-category": "M",
}
_M1 = re.compile(r"\b[cpry]{0,2}M1(?:[a-d]|\b)")
# Disease status by SNOMED CT, as mCODE's value set names it; improved and undetermined say nothing that a trial asks.
_COURSE: Mapping[str, str] = {
    "260415000": "in-remission",  # not detected
    "359746009": "stable",
    "271299001": "progressive",
}
# Components of a variant, by LOINC.
_GENE, _SIGNIFICANCE, _ORIGIN = "48018-6", "53037-8", "48002-0"
_CHANGES = ("48005-3", "48004-6", "81290-9", "48006-1", "48019-4", "47998-0")
_GRADES: Mapping[str, str] = {
    "LA26333-7": "uncertain significance",
    "LA26334-5": "likely benign",
    "LA6675-8": "benign",
}
_ORIGINS: Mapping[str, Origin] = {"LA6683-2": "germline", "LA6684-0": "somatic"}


def cancer_facts(own: Condition, base: Fact, head: Head, entries: Entries) -> list[Fact]:
    """Return what a cancer Condition says beyond its code: histology, the cancer of its site, spread of its primary.

    Args:
        base: the fact of the Condition itself; dates and qualifiers are the same.
    """
    facts: list[Fact] = []
    for told in own.extension:
        kind = told.url.rpartition("/")[2]
        if kind == _HISTOLOGY and told.value_codeable_concept is not None:
            facts += _histology(told.value_codeable_concept, base, entries)
        if kind in _RELATED and told.value_reference is not None and head.is_profile(*SECONDARY):
            facts += _said_of(told.value_reference.reference, "metastatic", base, entries)
    if head.is_profile(*PRIMARY) and base.concept is not None and base.concept.code == "cancer":
        for site in own.body_site:
            words = re.sub(r"\b(?:structure|entire|of|the)\b", " ", plain(site.words()).lower())
            found = [one for one in named(f"{' '.join(words.split())} cancer") if words.strip()]
            facts += [msgspec.structs.replace(base, concept=one.concept) for one in found]
    return facts


def _histology(code: CodeableConcept, base: Fact, entries: Entries) -> list[Fact]:
    found = [one for one in meanings(code.words(), code.codes()) if one.kind == "condition"]
    if not found:
        entries.ledger.skip(base.source.where, "Condition", "its histology is not in the vocabulary")
    words = plain(code.words())
    return [
        msgspec.structs.replace(
            base,
            text=words or str(one.concept),
            source=Source(base.source.where, words),
            concept=one.concept,
            qualifiers=tuple(dict.fromkeys((*one.qualifiers, *base.qualifiers))),
        )
        for one in found
    ]


def _said_of(reference: str, qualifier: str, by: Fact, entries: Entries) -> list[Fact]:
    """Facts that a tumor named elsewhere has a qualifier; none when it is not in the file."""
    index = entries.find(reference, "Condition")
    if index is None:
        return []
    tumor = entries.decode(index, Condition)
    if not tumor.verification_status.has("refuted", "entered-in-error", "unconfirmed", "provisional"):
        return [
            msgspec.structs.replace(one, text=by.text, source=by.source, date=by.date, end=by.end)
            for one in coded_facts("condition", tumor.code, by.source.where, qualifiers=(qualifier,))
            if one.kind == "condition" and one.concept is not None
        ]
    return []


def is_special(own: Observation, head: Head) -> bool:
    """Say whether an Observation is one that this module reads: a variant, a TNM category, a disease status."""
    codes = {one.code for one in own.code.coding}
    return bool(codes & {_VARIANT, _STATUS} or codes & _TNM.keys() or head.is_profile(*_TNM_PROFILES))


def special_facts(
    own: Observation, name: str, date: PartialDate | None, head: Head, entries: Entries
) -> list[Fact]:
    """Return the facts of such an Observation.

    Raises:
        NotUsed: it decides nothing.
    """
    codes = {one.code for one in own.code.coding}
    if _VARIANT in codes:
        return _variant(own, name, date)
    value = own.value_codeable_concept or CodeableConcept()
    said = [plain(value.text), *(plain(one.display) or one.code for one in value.coding)]
    words = next((text for text in said if text), "")
    by = Fact(kind="condition", text=words, source=Source(name, words), date=date)
    if _STATUS in codes:
        course = next((_COURSE[one.code] for one in value.coding if one.code in _COURSE), "")
        if not course:
            raise NotUsed("this course of the disease decides nothing", "Observation disease status")
        return _of_focus(own, course, by, entries, "Observation disease status")
    letter = next((_TNM[code] for code in sorted(codes) if code in _TNM), "") or next(
        letter for ending, letter in _TNM_PROFILES.items() if head.is_profile(ending)
    )
    what = f"Observation {letter} category"
    if letter != "M":
        raise NotUsed("the tables have no such variable", what)
    if not any(_M1.search(text) for text in (*said, *(one.code for one in value.coding))):
        raise NotUsed("no spread on the day of staging says nothing of today", what)
    return _of_focus(own, "metastatic", by, entries, what)


def _of_focus(own: Observation, qualifier: str, by: Fact, entries: Entries, what: str) -> list[Fact]:
    facts = [one for focus in own.focus for one in _said_of(focus.reference, qualifier, by, entries)]
    if not facts:
        raise NotUsed("it does not say which cancer of the file it speaks of", what)
    return facts


def latest_course(facts: list[Fact], entries: Entries) -> list[Fact]:
    """Return the facts with only the newest disease status of each cancer: an older one is over."""
    courses = frozenset(_COURSE.values())
    newest: dict[str, Fact] = {}

    def course_of(fact: Fact) -> str:
        single = fact.kind == "condition" and fact.concept is not None and "Observation" in fact.source.where
        return fact.concept.code if single and fact.concept and set(fact.qualifiers) <= courses else ""

    for fact in facts:
        key = course_of(fact)
        if key and (key not in newest or _day(fact) >= _day(newest[key])):
            newest[key] = fact
    kept = []
    for fact in facts:
        key = course_of(fact)
        if key and newest[key] is not fact:
            entries.ledger.skip(fact.source.where, "Observation disease status", "a later one is there")
        else:
            kept.append(fact)
    return kept


def _day(fact: Fact) -> int:
    return fact.date.first.toordinal() if fact.date is not None else 0


def _variant(own: Observation, name: str, date: PartialDate | None) -> list[Fact]:
    parts: dict[str, list[str]] = {}
    for part in own.component:
        for loinc in (one.code for one in part.code.coding):
            parts.setdefault(loinc, []).extend(_texts(part))
    value = own.value_codeable_concept or CodeableConcept()
    present = value.has("LA9633-4", "52101004", "POS") or plain(value.words()).lower() == "present"
    absent = value.has("LA9634-2", "2667000", "NEG") or plain(value.words()).lower() == "absent"
    if present == absent:
        raise NotUsed("it does not say whether the variant is there", "Observation genetic variant")
    grade = " ".join(_GRADES.get(text, text) for text in parts.get(_SIGNIFICANCE, ()))
    origin: Origin = next((_ORIGINS[text] for text in parts.get(_ORIGIN, ()) if text in _ORIGINS), "")
    return variant_facts(
        gene_named(*parts.get(_GENE, ())),
        [text for loinc in _CHANGES for text in parts.get(loinc, ())],
        name,
        present=present,
        significance=grade,
        origin=origin,
        date=date,
    )


def _texts(part: Component) -> list[str]:
    answer = part.value_codeable_concept
    said = [text for one in answer.coding for text in (one.display, one.code)] if answer else []
    return [text for text in (*said, answer.text if answer else "", part.value_string or "") if text]
