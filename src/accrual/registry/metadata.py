"""What the registry's API says of its own data: the fields, the search areas and the enumerations, as JSON.

Comes in: nothing but two choices. Goes out: the bodies of `/studies/metadata`, `/studies/search-areas` and
`/studies/enums`, as values that any JSON encoder takes. Refuses nothing.

Source of the shapes: OpenAPI document 2.0.3, schemas `FieldNode`, `SearchDocument` and `EnumInfo`. Titles and
descriptions of fields, which the document allows to be absent, are the registry's prose and not in here.
"""

from __future__ import annotations

from typing import Any

from accrual.registry.areas import AREAS, Area, Part
from accrual.registry.enums import ENUMS, Enum, EnumValue
from accrual.registry.fields import LOCATIONS, SECTIONS, Field


def describe_fields(
    include_indexed_only: bool = False, include_historic_only: bool = False
) -> list[dict[str, Any]]:
    """Return the tree of fields: the body of `/studies/metadata`.

    Args:
        include_indexed_only: fields that can be searched but are in no record; we have none, so it changes nothing.
        include_historic_only: fields that only records of the past have.

    Example:
        >>> [node["name"] for node in describe_fields()][:2]
        ['protocolSection', 'resultsSection']
    """
    return [
        _field_node(field, include_historic_only)
        for field in SECTIONS
        if include_historic_only or not field.historic
    ]


def describe_areas() -> list[dict[str, Any]]:
    """Return the search areas: the body of `/studies/search-areas`.

    Example:
        >>> describe_areas()[0]["areas"][1]["uiLabel"]
        'Conditions or disease'
    """
    return [{"name": "Study", "areas": [_area_node(area) for area in AREAS]}]


def describe_enums() -> list[dict[str, Any]]:
    """Return the enumerations: the body of `/studies/enums`.

    Example:
        >>> describe_enums()[8]["values"][0]
        {'value': 'NA', 'legacyValue': 'Not Applicable'}
    """
    return [_enum_node(enum) for enum in ENUMS.values()]


def _field_node(field: Field, historic: bool) -> dict[str, Any]:
    node: dict[str, Any] = {
        "name": field.name,
        "piece": field.piece,
        "sourceType": field.source_type,
        "type": field.source_type,
    }
    if field.also:
        node["altPieceNames"] = list(field.also)
    flags = {
        "isEnum": bool(field.enum),
        "synonyms": field.synonyms,
        "nested": field.path == LOCATIONS,
        "historicOnly": field.historic,
    }
    node.update((name, True) for name, on in flags.items() if on)
    if children := [
        _field_node(child, historic) for child in field.children if historic or not child.historic
    ]:
        node["children"] = children
    return node


def _area_node(area: Area) -> dict[str, Any]:
    node: dict[str, Any] = {"name": area.name}
    if area.param:
        node["param"] = area.param
    if area.label:
        node["uiLabel"] = area.label
    node["parts"] = [_part_node(part) for part in area.parts]
    return node


def _part_node(part: Part) -> dict[str, Any]:
    types = {field.enum or field.type for field in part.fields}
    return {
        "pieces": [field.piece for field in part.fields],
        "type": types.pop() if len(types) == 1 else "text",
        "weight": part.weight,
        "isEnum": all(field.enum for field in part.fields),
        "isSynonyms": any(field.synonyms for field in part.fields),
    }


def _enum_node(enum: Enum) -> dict[str, Any]:
    return {
        "type": enum.name,
        "values": [_value_node(each) for each in enum.values],
        "pieces": [field.piece for field in enum.fields],
    }


def _value_node(each: EnumValue) -> dict[str, Any]:
    node: dict[str, Any] = {"value": each.value, "legacyValue": each.legacy}
    if each.exceptions:
        node["exceptions"] = dict(each.exceptions)
    return node
