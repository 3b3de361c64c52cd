"""Reads one patient from a free-text note: clinical prose, a letter, a vignette, a story told in the first person.

Comes in: the bytes of a text. Goes out: a `Patient`, each fact with its words and their place. Refuses (PatientError):
a text in which nothing of a patient is found. Nothing is inferred: what is doubtful is a fact `suspected`, what is
unclear is no fact, and `unused` counts what named a thing and was left out, with the reason, never with the words.

Each sentence goes through: names (`codes`), cues (`note_scope`), values (`note_values`), states (`note_states`),
dates (`note_dates`). Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import msgspec

from accrual.basic import Code, PartialDate
from accrual.codes.concepts import Concept, allergy_to, vocabulary
from accrual.codes.qualifiers import RELATIONS, SpottedQualifier, spot_qualifiers
from accrual.message import message
from accrual.patient.model import Fact, FactKind, Patient, Source, Unused
from accrual.patient.note_dates import Told, dates_in, note_date
from accrual.patient.note_names import Mention, mentions_in
from accrual.patient.note_near import dated, narrowed, qualifiers_of
from accrual.patient.note_person import Person, Sex, person_in
from accrual.patient.note_scope import Name, Standing, standings
from accrual.patient.note_states import State, states_in
from accrual.patient.note_text import Sentence, decoded, sentences
from accrual.patient.note_values import Value, is_found, measured_in, turned, values_in
from accrual.patient.note_words import OTHERS, RELATIVES, REPAIRS, courses, followers
from accrual.patient.refusal import refusal

FORM = "free-text note"

_NEXT_WORD = re.compile(r"[\s-]*([A-Za-z]+)")
_FOR = re.compile(r"\bfor (?:an?|the|his|her|my|\w+ing)? ?$", re.IGNORECASE)
_NAMES_FOR = re.compile(
    r"\b(?:negative|remarkable|evidence|looking|positive|checked|tests?|testing|tested|screened|significant)"
    r" for (?:an?|the|his|her|my)? ?$",
    re.IGNORECASE,
)
_PRONOUNS = {"female": "she|her", "male": "he|his", None: ""}
_OTHER_PRONOUN = {
    "female": re.compile(r"(?:he|his)\b", re.IGNORECASE),
    "male": re.compile(r"(?:she|her)\b", re.IGNORECASE),
}
_EARLIER = re.compile(
    r"\bat (?:the|that) time\b|\bin the past\b|\bpreviously\b|\bprior to\b|\bused to\b|\bwhen (?:he|she|i)"
    r" was\b|\b(?:previous|prior|last) (?:visit|admission)\b",
    re.IGNORECASE,
)
_KIN = re.compile(rf"\b(?:{RELATIVES})s?\b", re.IGNORECASE)
_QUOTE = 160  # characters: a longer stretch between cue and name is not quoted whole

_WHY = {
    "earlier": "a value of an earlier time",
    "other": "it is about another person",
    "unclear": "the words leave open whether the patient has it",
    "drug doubtful": "the words leave open whether it was given",
    "planned denied": "it was considered or refused, not done",
}


def read_note(data: bytes, where: str = "") -> Patient:
    """Return the patient whom a note describes.

    Raises:
        PatientError: the text says nothing of a patient.

    Example:
        >>> patient = read_note(b"A 58-year-old woman with asthma denies chest pain.")
        >>> [(fact.concept.code, fact.asserted) for fact in patient.facts]
        [('asthma', True), ('chest-pain', False)]
    """
    text, wrong = decoded(data)
    patient = _Reader(text).patient()
    if not patient.facts and patient.age_years is None and patient.sex is None:
        reason = message("this is text, and nothing of a patient was found in it")
        raise refusal(reason, where)
    if wrong:
        note = Unused("the file", f"{wrong} bytes are not UTF-8: read as Windows-1252")
        patient = msgspec.structs.replace(patient, unused=(note, *patient.unused))
    return patient


class _Reader:
    """Reads one note; holds the facts, and what was not used."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.person: Person = person_in(text)
        self.sex: Sex | None = self.person.sex.sex if self.person.sex else None
        self.day: PartialDate | None = note_date(text)
        self.facts: dict[tuple[object, ...], Fact] = {}
        self.skipped: dict[str, list[str]] = {}
        self.named: set[str] = set()
        self.about = ""  # whom the sentence before spoke of: family, other, or the patient

    def patient(self) -> Patient:
        parts = sentences(self.text)
        for start, end, reason in self.person.unused:
            self.skip(self.place(parts, start, end), reason)
        for sentence in parts:
            self.read(sentence)
        age, sex = self.person.age, self.person.sex
        return Patient(
            form=FORM,
            words=self.text,
            sex=self.sex,
            sex_source=self.source(self.place(parts, sex.start, sex.end), sex.start, sex.end)
            if sex
            else None,
            age_years=age.age if age else None,
            age_date=self.day if age else None,
            age_source=self.source(self.place(parts, age.start, age.end), age.start, age.end)
            if age
            else None,
            facts=tuple(self.facts.values()),
            unused=tuple(
                Unused(places[0] + (f" and {len(places) - 1} more" if len(places) > 1 else ""), reason)
                for reason, places in self.skipped.items()
            ),
            left_out=tuple(
                sorted(self.named - {each.concept.code for each in self.facts.values() if each.concept})
            ),
        )

    # One sentence.

    def read(self, sentence: Sentence) -> None:
        text = self.text[sentence.start : sentence.end]
        kin = "family" if _KIN.search(text) else ""
        measured = measured_in(text)
        mentions = mentions_in(text, measured)
        states = states_in(text)
        values, nothing = values_in(text, measured)
        if not mentions and not measured and not states and not values:
            self.about = kin
            return
        told = spot_qualifiers(text)
        names = sorted(
            (
                *(Name(one.start, one.end, one.concept.kind != "condition") for one in mentions),
                *(Name(one.start, one.end) for one in values),
                *(Name(one.start, one.end, is_open=True) for one in states),
            ),
            key=lambda name: (name.start, name.end),
        )
        # "Not well controlled" narrows a name, and its "not" denies nothing.
        kept = tuple(
            (one.start, one.end) for one in told if " " in text[one.start : one.end] and _is_narrow(one)
        )
        said = standings(text, names, _PRONOUNS[self.sex], kept)
        stood = {(name.start, name.end): standing for name, standing in zip(names, said, strict=True)}
        whom = self.whom(text, sentence)
        places = [(one.start, one.end) for one in mentions] + [(one.start, one.end) for one in values]
        dates = dated(text, dates_in(text, self.day), places)
        for mention in mentions:
            place = mention.start, mention.end
            standing = msgspec.structs.replace(stood[place], whom=whom or stood[place].whom)
            qualifiers = qualifiers_of(text, mention, told)
            self.mention(sentence, text, mention, standing, qualifiers, dates.get(place))
        for value in values:
            place = value.start, value.end
            self.value(sentence, text, value, stood[place], whom, dates.get(place))
        for state in states:
            self.state(sentence, state, stood[state.start, state.end], whom)
        for none in nothing:
            self.skip(self.where(sentence, none.start, none.end), none.reason)
        self.about = whom or kin

    def value(
        self, sentence: Sentence, text: str, value: Value, standing: Standing, whom: str, told: Told | None
    ) -> None:
        at = self.where(sentence, value.start, value.end)
        if whom or _speaks_of_another(text, value.start):
            self.skip(at, _WHY["other"])
            return
        if _EARLIER.search(text, 0, value.start):
            self.skip(at, _WHY["earlier"])
            return
        if is_found(value):
            if standing.truth in ("doubtful", "unclear") or standing.whom:
                self.skip(at, _WHY["unclear"])
                return
            value = turned(value, standing.truth == "denied")
        self.add(
            Fact(
                kind="measurement",
                text=self.quoted(sentence, value.start, value.end),
                source=self.source(at, sentence.start + value.start, sentence.start + value.end),
                variable=value.variable,
                value=value.value,
                comparator=value.comparator,
                # Without a date of its own, a value is of the note's day; a time off the calendar leaves none.
                date=told.date if told is not None else self.day,
                reference_low=value.low,
                reference_high=value.high,
            )
        )

    def state(self, sentence: Sentence, state: State, standing: Standing, whom: str) -> None:
        at = self.where(sentence, state.start, state.end)
        past = standing.time == "past" and state.value == "current" and state.asserted
        if whom or standing.whom or past or standing.truth in ("doubtful", "unclear"):
            self.skip(at, _WHY["other" if whom or standing.whom else "unclear"])
            return
        self.add(
            Fact(
                kind="measurement",
                text=self.quoted(sentence, state.start, state.end),
                source=self.source(at, sentence.start + state.start, sentence.start + state.end),
                asserted=state.asserted,
                variable=state.variable,
                value=state.value,
                date=self.day,
            )
        )

    def whom(self, text: str, sentence: Sentence) -> str:
        """Say whom a whole sentence is about, where it is not the patient: by its section or its first pronoun."""
        if sentence.section == "family":
            return "family"
        other = _OTHER_PRONOUN.get(self.sex or "")
        if other is not None and other.match(text):
            return self.about or "other"
        return ""

    def mention(
        self,
        sentence: Sentence,
        text: str,
        mention: Mention,
        standing: Standing,
        qualifiers: tuple[str, ...],
        told: Told | None,
    ) -> None:
        at = self.where(sentence, mention.start, mention.end)
        self.named.add(mention.concept.id)
        after = _NEXT_WORD.match(text, mention.end)
        follows = after.group(1).lower() if after else ""
        if follows in followers():
            self.skip(at, followers()[follows])
            return
        if standing.whom == "other":
            self.skip(at, _WHY["other"])
            return
        # "No medicine for diabetes" may be said of a patient with diabetes.
        aimed = (
            standing.truth == "denied"
            and mention.concept.kind == "condition"
            and _FOR.search(text, 0, mention.start) is not None
        )
        if standing.truth == "unclear" or (aimed and not _NAMES_FOR.search(text, 0, mention.start)):
            self.skip(at, _WHY["unclear"])
            return
        if follows in REPAIRS and mention.concept.kind == "condition" and not standing.time:
            standing = msgspec.structs.replace(standing, time="past")
        concept, kind = mention.concept, cast("FactKind", mention.concept.kind)
        allergic = standing.relation == "allergy" or (
            sentence.section == "allergies" and concept.kind == "drug"
        )
        asserted = standing.truth != "denied"
        if not asserted and narrowed(text, mention.start):
            self.skip(at, "a narrower thing than the one known by this name is denied")
            return
        if allergic and concept.kind == "drug":
            named = allergy_to(concept.name)
            qualifiers = ()
            if named is not None:
                concept, kind = named, "condition"
            else:
                qualifiers = ("allergy",)
        elif standing.relation in ("intolerance", "at-risk"):
            qualifiers = (standing.relation,)
        elif standing.whom == "family":
            qualifiers = ("family-history",)
        else:
            got = (
                self.condition(concept, standing, sentence, qualifiers)
                if kind == "condition"
                else self.therapy(kind, standing, sentence, qualifiers)
            )
            if isinstance(got, str):
                self.skip(at, got)
                return
            asserted, qualifiers = got
        start = min(standing.first, mention.start)
        end = max(standing.last, mention.end)
        if end - start > _QUOTE:
            start, end = mention.start, mention.end
        when, until = told.date if told else None, None
        if "past" in qualifiers and kind == "drug":
            when, until = (None, when) if standing.therapy == "stopped" else (when, None)
        self.add(
            Fact(
                kind=kind,
                text=self.quoted(sentence, mention.start, mention.end),
                source=self.source(
                    self.where(sentence, start, end), sentence.start + start, sentence.start + end
                ),
                asserted=asserted,
                concept=Code("accrual", concept.id, concept.name),
                qualifiers=qualifiers,
                date=when if asserted else self.day,
                end=until,
            )
        )

    def condition(
        self, concept: Concept, standing: Standing, sentence: Sentence, qualifiers: tuple[str, ...]
    ) -> tuple[bool, tuple[str, ...]]:
        if standing.truth == "denied":
            # "No history of" denies that it ever was, "denies" and "no" that it is there.
            return False, qualifiers if standing.time in ("past", "listed") else (*qualifiers, "current")
        if standing.truth == "doubtful":
            return True, (*qualifiers, "suspected")
        if standing.time == "over":
            return True, (*qualifiers, "resolved")
        time = standing.time or ("listed" if sentence.section in ("history", "surgery") else "")
        family = vocabulary().ancestors(concept.id)
        known = courses()
        passes = not known["passing"].isdisjoint(family)
        gone = passes or (time == "past" and known["lasting"].isdisjoint(family))
        if time and gone and not {"chronic", "active", "recurrent"} & set(qualifiers):
            return True, (*qualifiers, "history")
        return True, qualifiers

    def therapy(
        self, kind: str, standing: Standing, sentence: Sentence, qualifiers: tuple[str, ...]
    ) -> tuple[bool, tuple[str, ...]] | str:
        how = standing.therapy
        if standing.truth == "doubtful":
            return _WHY["drug doubtful"]
        if how == "unclear":
            return _WHY["drug doubtful"]
        if how == "planned" or (not how and sentence.section == "plan"):
            return _WHY["planned denied"] if standing.truth == "denied" else (True, (*qualifiers, "planned"))
        if standing.truth == "denied" or how == "not-taken":
            return False, qualifiers if standing.time == "past" else (*qualifiers, "current")
        if kind == "procedure":
            return True, qualifiers
        if how == "stopped":
            return True, (*qualifiers, "past")
        if how == "taking" or (not how and sentence.section == "medications"):
            return True, qualifiers
        # Given, or named without a verb: that it was taken is said, that it still is, is not.
        return True, (*qualifiers, "history")

    # Facts and places.

    def add(self, fact: Fact) -> None:
        """Keep a fact; of one told twice with the same words about it, the first."""
        about = fact.concept.code if fact.concept is not None else fact.variable
        value = fact.value if isinstance(fact.value, str | None) else str(fact.value)
        key = (fact.kind, about, fact.asserted, frozenset(fact.qualifiers), value, fact.date, fact.end)
        self.facts.setdefault(key, fact)

    def skip(self, at: str, reason: str) -> None:
        self.skipped.setdefault(reason, []).append(at)

    def where(self, sentence: Sentence, start: int, end: int) -> str:
        return f"sentence {sentence.number}, characters {sentence.start + start}-{sentence.start + end}"

    def place(self, parts: Sequence[Sentence], start: int, end: int) -> str:
        number = next((one.number for one in parts if one.start <= start < one.end), None)
        return (f"sentence {number}, " if number is not None else "") + f"characters {start}-{end}"

    def quoted(self, sentence: Sentence, start: int, end: int) -> str:
        return " ".join(self.text[sentence.start + start : sentence.start + end].split())

    def source(self, at: str, start: int, end: int) -> Source:
        return Source(at, self.text[start:end])


def _is_narrow(one: SpottedQualifier) -> bool:
    return one.qualifier.id not in RELATIONS | {"history", "prior", "past", "resolved"}


def _speaks_of_another(text: str, start: int) -> bool:
    before = re.split(r"[;.]| and (?:he|she) ", text[:start])[-1]
    return bool(
        re.search(
            rf"\b(?:his|her|my|the) (?:\S+ )?(?:{RELATIVES}|{OTHERS})s?\b(?! (?:reports|states|says))",
            before[-60:],
            re.IGNORECASE,
        )
    )
