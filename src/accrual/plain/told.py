"""One change of a record in words: a sentence, how much it weighs, what stood there before and after.

Comes in: differences of any field. Goes out: `Told`s. Refuses nothing: a field that no table knows is told by its own
name. The parts of a record that have words of their own stand in `difference`, `difference_sites` and
`difference_criteria`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from accrual.alignment import changed_words
from accrual.errors import UnknownFieldError
from accrual.message import Original, joined, message, word
from accrual.plain.prose import unescape
from accrual.registry.difference import Difference, Json, field_of
from accrual.registry.fields import find_field
from accrual.registry.labels import enum_label

Weight: TypeAlias = Literal["main", "other", "bookkeeping"]
Record: TypeAlias = Mapping[str, Json]

QUOTED: Final = 160
"""Signs of a text that are quoted whole in a sentence; of a longer one the words that differ. Set by hand."""
DEEPEST: Final = 12
"""Levels of a value that are shown; results, the deepest, have 9."""

BOOKKEEPING: Final = (
    "derivedSection",
    "protocolSection.statusModule.lastUpdate",
    "protocolSection.statusModule.statusVerifiedDate",
    "protocolSection.statusModule.studyFirst",
    "protocolSection.statusModule.resultsFirstSubmit",
    "protocolSection.statusModule.dispFirst",
    "protocolSection.statusModule.delayedPosting",
    "protocolSection.identificationModule.nctIdAliases",
    "annotationSection",
)
"""Beginnings of paths: the registry's own marks and dates of filing, which say nothing new of the study."""

MAIN: Final = (
    "protocolSection.statusModule",
    "protocolSection.eligibilityModule",
    "protocolSection.designModule",
    "protocolSection.conditionsModule.conditions",
    "protocolSection.outcomesModule.primaryOutcomes",
    "protocolSection.armsInterventionsModule",
    "protocolSection.contactsLocationsModule.locations",
    "protocolSection.identificationModule.briefTitle",
    "protocolSection.sponsorCollaboratorsModule.leadSponsor",
    "protocolSection.contactsLocationsModule.centralContacts",
    "resultsSection",
    "hasResults",
)
"""Beginnings of paths: what readers and patients look for."""


class Told(msgspec.Struct, frozen=True):
    """One change in words."""

    words: str
    """The sentence: a `Message`."""
    weight: Weight
    section: str
    """The module of the record: `statusModule`."""
    differences: tuple[Difference, ...]
    before: str = ""
    """What stood there before, as text; empty: nothing."""
    after: str = ""


_P = "protocolSection."
NAMES: Final[Mapping[str, str]] = {
    _P + "identificationModule.briefTitle": message("Title"),
    _P + "identificationModule.officialTitle": message("Official title"),
    _P + "identificationModule.acronym": message("Acronym"),
    _P + "sponsorCollaboratorsModule.leadSponsor": message("Sponsor"),
    _P + "descriptionModule.briefSummary": message("Summary"),
    _P + "descriptionModule.detailedDescription": message("Detailed description"),
    _P + "designModule.phases": message("Phase"),
    _P + "designModule.designInfo.interventionModelDescription": message("Description of the design"),
    _P + "eligibilityModule.minimumAge": message("Lowest age"),
    _P + "eligibilityModule.maximumAge": message("Highest age"),
    _P + "eligibilityModule.sex": message("Sex"),
    _P + "eligibilityModule.stdAges": message("Age group"),
    _P + "eligibilityModule.healthyVolunteers": message("Healthy volunteers"),
    _P + "statusModule.whyStopped": message("Why it stopped"),
    _P + "statusModule.lastKnownStatus": message("Last known status"),
    _P + "statusModule.statusVerifiedDate": message("Record checked by the sponsor"),
    _P + "statusModule.lastUpdateSubmitDate": message("Update sent"),
    _P + "statusModule.lastUpdatePostDateStruct": message("Update posted"),
    _P + "statusModule.resultsFirstPostDateStruct": message("Results posted"),
    "derivedSection.miscInfoModule.versionHolder": message("Date of the data"),
}
"""What a field is called in a sentence; others by their own name in words."""

THINGS: Final[Mapping[str, str]] = {
    _P + "conditionsModule.conditions": message("Condition"),
    _P + "conditionsModule.keywords": message("Keyword"),
    _P + "armsInterventionsModule.armGroups": message("Group"),
    _P + "armsInterventionsModule.interventions": message("Treatment"),
    _P + "outcomesModule.primaryOutcomes": message("Primary outcome"),
    _P + "outcomesModule.secondaryOutcomes": message("Secondary outcome"),
    _P + "outcomesModule.otherOutcomes": message("Other outcome"),
    _P + "contactsLocationsModule.centralContacts": message("Contact"),
    _P + "contactsLocationsModule.overallOfficials": message("Investigator"),
    _P + "sponsorCollaboratorsModule.collaborators": message("Collaborator"),
    _P + "referencesModule.references": message("Paper"),
    _P + "referencesModule.seeAlsoLinks": message("Link"),
    _P + "identificationModule.secondaryIdInfos": message("Other number"),
    _P + "armsInterventionsModule.interventions.armGroupLabels": message("Group"),
    _P + "armsInterventionsModule.interventions.otherNames": message("Other name"),
    _P + "armsInterventionsModule.armGroups.interventionNames": message("Treatment"),
    _P + "designModule.phases": message("Phase"),
    _P + "eligibilityModule.stdAges": message("Age group"),
    "documentSection.largeDocumentModule.largeDocs": message("Document"),
}
"""What an item of a list is called in a sentence."""
_NAMED_BY: Final = (
    "measure",
    "label",
    "name",
    "title",
    "facility",
    "citation",
    "url",
    "id",
    "filename",
    "type",
)


def told(
    words: str,
    differences: Sequence[Difference],
    before: str = "",
    after: str = "",
    weight: Weight | None = None,
) -> Told:
    """Return a change in words; its weight is that of its field, unless it is given."""
    field = differences[0].field
    return Told(words, weight or weight_of(field), _section(field), tuple(differences), before, after)


def weight_of(field: str) -> Weight:
    """Return how much a change of a field weighs.

    Example:
        >>> weight_of("protocolSection.statusModule.lastUpdateSubmitDate")
        'bookkeeping'
    """
    if field.startswith(BOOKKEEPING):
        return "bookkeeping"
    return "main" if field.startswith(MAIN) else "other"


def value_text(value: Json, depth: int = 0) -> str:
    """Return a value as lines: a list one item a line, a group of fields "name: value"."""
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return "; ".join(
            f"{field_words(name)}: {value_text(item, depth + 1)}" for name, item in value.items()
        )
    if isinstance(value, list):
        return "\n".join(value_text(item, depth + 1) for item in value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "" if value is None else unescape(str(value))


def field_words(name: str) -> str:
    """Return a field's name in words.

    Example:
        >>> field_words("briefTitle")
        'Brief title'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("Struct").removesuffix("Module"))
    return word(words[:1].upper() + words[1:].lower(), "field")


def name_of(field: str) -> str:
    """Return what a field is called in a sentence."""
    return NAMES.get(field) or field_words(field.rpartition(".")[2])


def item_at(record: Record, path: Sequence[str | int]) -> Json:
    """Return what stands at a path of a record; None where it does not lead."""
    found: Any = record
    for step in path:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def quoted(text: str) -> str:
    """Return a text as it is quoted in a sentence: cut where it is long."""
    words = " ".join(unescape(text).split())
    return Original(words if len(words) <= QUOTED else words[: QUOTED - 1].rstrip() + "…")


def changed_quotes(before: str, after: str) -> tuple[str, str]:
    """Return two texts as they are quoted beside each other: of long ones the words that differ."""
    first, second = (" ".join(unescape(text).split()) for text in (before, after))
    if max(len(first), len(second)) > QUOTED:
        first, second = changed_words(first, second)
    return Original(_cut(first)), Original(_cut(second))


def arrow(name: str, before: str, after: str) -> str:
    """Return "name: before → after"; what is missing on one side is said."""
    if not before:
        return message("%(name)s added: %(after)s", name=name, after=after)
    if not after:
        return message("%(name)s removed; it was: %(before)s", name=name, before=before)
    return message("%(name)s: %(before)s → %(after)s", name=name, before=before, after=after)


def tell_fields(differences: Sequence[Difference], before: Record, after: Record) -> Iterator[Told]:
    """Any other field, by its name; an item of a list by what it is called."""
    del after
    for each in differences:
        yield told(_sentence(each, before), [each], value_text(each.before), value_text(each.after))


def _sentence(each: Difference, before: Record) -> str:
    places = [at for at, step in enumerate(each.path) if isinstance(step, int)]
    if not places:
        return arrow(name_of(each.field), *_values(each))
    outer = places[-1]
    if outer == len(each.path) - 1:  # a whole item of a list
        words = _item_words(each, field_of(each.path[:outer]))
        if len(places) == 1:
            return words
        outer = places[-2]
    else:
        words = ""
    item = item_at(before, each.path[: outer + 1])
    list_field = field_of(each.path[:outer])
    thing = THINGS.get(list_field) or name_of(list_field)
    field = str(each.path[-1])
    if not words and each.kind == "changed" and isinstance(item, dict) and field == _naming(item):
        was, now = _values(each)
        return message("%(name)s changed: “%(before)s” → “%(after)s”", name=thing, before=was, after=now)
    inner = words or arrow(field_words(field), *_values(each))
    return message(
        "%(thing)s “%(name)s”: %(change)s", thing=thing, name=quoted(item_name(item)), change=inner
    )


def _item_words(each: Difference, field: str) -> str:
    """An item that came, went, or changed as a whole."""
    thing = THINGS.get(field) or name_of(field)
    if each.kind == "changed":
        return arrow(thing, *_values(each))
    name = _enum(each.field, quoted(item_name(each.after if each.kind == "added" else each.before)))
    if each.kind == "added":
        return message("%(name)s added: %(after)s", name=thing, after=name)
    return message("%(name)s removed: %(before)s", name=thing, before=name)


def _values(each: Difference) -> tuple[str, str]:
    """Both sides as they stand in a sentence."""
    if isinstance(each.before, str) and isinstance(each.after, str):
        if _enum_name(each.field):
            return _enum(each.field, each.before), _enum(each.field, each.after)
        return changed_quotes(each.before, each.after)
    return _value(each, each.before), _value(each, each.after)


def _value(each: Difference, value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return message("Yes") if value else message("No")
    if isinstance(value, list):
        return joined(", ", [_value(each, item) for item in value])
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if name not in ("class", "type", "role")}
        return quoted(value_text(next(iter(kept.values())) if len(kept) == 1 else kept or value))
    return _enum(each.field, str(value)) if _enum_name(each.field) else quoted(str(value))


def _enum_name(field: str) -> str:
    try:
        return find_field(field).enum
    except UnknownFieldError:
        return ""


def _enum(field: str, value: str) -> str:
    enum = _enum_name(field)
    return enum_label(enum, value) if enum else value


def item_name(item: Json) -> str:
    """What an item of a list is called: by the field that names it, else all of it."""
    if not isinstance(item, dict):
        return value_text(item)
    naming = _naming(item)
    return value_text(item[naming]) if naming else value_text(item)


def _naming(item: Mapping[str, Json]) -> str:
    return next((name for name in _NAMED_BY if isinstance(item.get(name), str) and item[name]), "")


def _cut(text: str) -> str:
    most = 2 * QUOTED
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _section(field: str) -> str:
    steps = field.split(".")
    return steps[1] if len(steps) > 1 else steps[0]
