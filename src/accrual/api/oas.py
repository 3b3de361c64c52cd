"""Our own OpenAPI document: what this server answers to, written from the tables that the server itself reads.

Comes in: the endpoints' parameters, and the table of fields. Goes out: an OpenAPI 3.0.3 document as a value for any
JSON encoder. Refuses nothing. The registry's own document is not copied; the paths and operation names are the same, so
that clients that were generated from it fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from accrual.api import parameters as rows
from accrual.api.parameters import Kind, Parameter
from accrual.registry.enums import ENUMS
from accrual.registry.fields import SECTIONS, Field

Json = dict[str, Any]

_STRING: Final[Json] = {"type": "string"}
_INTEGER: Final[Json] = {"type": "integer"}
_NUMBER: Final[Json] = {"type": "number"}
_BOOLEAN: Final[Json] = {"type": "boolean"}

_TYPES: Final[Mapping[str, Json]] = {
    "text": _STRING,
    "markup": _STRING,
    "time": _STRING,
    "nct": {"type": "string", "pattern": r"^NCT\d{8}$"},
    "date": {"type": "string", "format": "date"},
    "PartialDate": {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"},
    "DateTimeMinutes": _STRING,
    "integer": _INTEGER,
    "number": _NUMBER,
    "boolean": _BOOLEAN,
}
"""type of a field without fields below it → its schema."""


def _object(required: str = "", **properties: Json) -> Json:
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        found["required"] = required.split()
    return found


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_STATISTIC: Final[Json] = {
    "type": {"type": "string", "enum": list(rows.STATISTIC_TYPES)},
    "piece": _STRING,
    "field": _STRING,
    "missingStudiesCount": _INTEGER,
}
_COUNTED: Final = {
    **_STATISTIC,
    "uniqueValuesCount": _INTEGER,
    "topValues": _list(_object("value studiesCount", value=_STRING, studiesCount=_INTEGER)),
}
_ALWAYS: Final = "type piece field missingStudiesCount"

_SCHEMAS: Final[Mapping[str, Json]] = {
    "Message": {"type": "string", "description": "What is wrong with the request."},
    "PagedStudies": _object(
        "studies", totalCount=_INTEGER, studies=_list(_ref("Study")), nextPageToken=_STRING
    ),
    "Version": _object("apiVersion", apiVersion=_STRING, dataTimestamp=_STRING),
    "FieldNode": _object(
        "name piece sourceType type",
        name=_STRING,
        piece=_STRING,
        sourceType=_STRING,
        type=_STRING,
        altPieceNames=_list(_STRING),
        isEnum=_BOOLEAN,
        synonyms=_BOOLEAN,
        nested=_BOOLEAN,
        historicOnly=_BOOLEAN,
        indexedOnly=_BOOLEAN,
        children=_list(_ref("FieldNode")),
    ),
    "SearchDocument": _object("name areas", name=_STRING, areas=_list(_ref("SearchArea"))),
    "SearchArea": _object(
        "name parts",
        name=_STRING,
        param=_STRING,
        uiLabel=_STRING,
        parts=_list(
            _object(
                "pieces type weight isEnum isSynonyms",
                pieces=_list(_STRING),
                type=_STRING,
                weight=_NUMBER,
                isEnum=_BOOLEAN,
                isSynonyms=_BOOLEAN,
            )
        ),
    ),
    "EnumInfo": _object(
        "type pieces values",
        type=_STRING,
        pieces=_list(_STRING),
        values=_list(
            _object("value legacyValue", value=_STRING, legacyValue=_STRING, exceptions={"type": "object"})
        ),
    ),
    "SizeStats": _object(
        "averageSizeBytes largestStudies percentiles ranges totalStudies",
        averageSizeBytes=_INTEGER,
        largestStudies=_list(_object("id sizeBytes", id=_STRING, sizeBytes=_INTEGER)),
        percentiles={"type": "object"},
        ranges=_list(_object("sizeRange studiesCount", sizeRange=_STRING, studiesCount=_INTEGER)),
        totalStudies=_INTEGER,
    ),
    "FieldValues": {
        "anyOf": [
            _object(f"{_ALWAYS} uniqueValuesCount", **_COUNTED),
            _object(
                f"{_ALWAYS} uniqueValuesCount",
                **_COUNTED,
                longest=_object("length nctId value", length=_INTEGER, nctId=_STRING, value=_STRING),
            ),
            _object(f"{_ALWAYS} formats", **_STATISTIC, formats=_list(_STRING), min=_STRING, max=_STRING),
            _object(_ALWAYS, **_STATISTIC, min=_NUMBER, max=_NUMBER, avg=_NUMBER),
            _object(f"{_ALWAYS} trueCount falseCount", **_STATISTIC, trueCount=_INTEGER, falseCount=_INTEGER),
        ]
    },
    "FieldSizes": _object(
        "field piece uniqueSizesCount",
        field=_STRING,
        piece=_STRING,
        minSize=_INTEGER,
        maxSize=_INTEGER,
        uniqueSizesCount=_INTEGER,
        topSizes=_list(_object("size studiesCount", size=_INTEGER, studiesCount=_INTEGER)),
    ),
    "History": _object(
        "study",
        study=_ref("Study"),
        history=_object(
            "changes",
            changes=_list(
                _object(
                    "version date status moduleLabels",
                    version=_INTEGER,
                    date=_STRING,
                    status=_STRING,
                    moduleLabels=_list(_STRING),
                )
            ),
        ),
    ),
    "StudyVersion": _object("studyVersion study", studyVersion=_INTEGER, study=_ref("Study")),
    "Fhir": {"type": "object"},
}


def openapi_document() -> Json:
    """Return the OpenAPI document.

    Example:
        >>> openapi_document()["paths"]["/studies"]["get"]["operationId"]
        'listStudies'
    """
    schemas: Json = dict(_SCHEMAS)
    properties = {section.name: _field_schema(section, schemas) for section in SECTIONS}
    schemas["Study"] = {"type": "object", "properties": properties}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "accrual: the registry's API from a data folder",
            "description": "Answers as the ClinicalTrials.gov API v2 does, offline. What differs is in docs/api.md.",
            "version": version("accrual"),
        },
        "servers": [{"url": "/api/v2", "description": "This server"}],
        "paths": _paths(),
        "components": {"schemas": schemas},
    }


def _field_schema(field: Field, schemas: Json) -> Json:
    """Return the schema of one field, adding those it names."""
    if field.children:
        made: Json = {
            "type": "object",
            "properties": {child.name: _field_schema(child, schemas) for child in field.children},
        }
        # Two structs of one name with other fields: the second goes by its piece, which no other field has.
        name = field.type if schemas.get(field.type, made) == made else field.piece
        schemas[name] = made
        one = _ref(name)
    elif field.enum:
        schemas[field.enum] = {"type": "string", "enum": [each.value for each in ENUMS[field.enum].values]}
        one = _ref(field.enum)
    else:
        one = _TYPES[field.type]
    return _list(one) if field.many else one


def _paths() -> Json:
    number = {
        "name": "nctId",
        "in": "path",
        "required": True,
        "description": "An NCT number; one that a study had before leads to that study with 301.",
        "schema": {"type": "string", "pattern": f"^{rows.NCT_PATTERN}$"},
    }
    position = {
        "name": "version",
        "in": "path",
        "required": True,
        "description": "Versions are numbered from 0, the oldest that is held here.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 999_999},
    }
    internal = [{"url": "/api", "description": "This server"}]
    csv, archive = {"text/csv": _STRING}, {"application/zip": {"type": "string", "format": "binary"}}
    return {
        "/studies": _get(
            "listStudies",
            "Studies",
            rows.STUDIES,
            {"application/json": _ref("PagedStudies"), **csv},
        ),
        "/studies/{nctId}": _get(
            "fetchStudy",
            "One study",
            rows.STUDY,
            {
                "application/json": _ref("Study"),
                **csv,
                **archive,
                "application/fhir+json": _ref("Fhir"),
                "application/x-research-info-systems": _STRING,
            },
            (number,),
        ),
        "/studies/download": _get("downloadStudies", "Studies in a zip file", rows.DOWNLOAD, archive),
        "/studies/metadata": _get(
            "studiesMetadata", "Fields", rows.METADATA, _json(_list(_ref("FieldNode")))
        ),
        "/studies/search-areas": _get(
            "searchAreas", "Search areas", rows.NOTHING, _json(_list(_ref("SearchDocument")))
        ),
        "/studies/enums": _get("enums", "Enumerations", rows.NOTHING, _json(_list(_ref("EnumInfo")))),
        "/stats/size": _get("sizeStats", "Sizes of records", rows.NOTHING, _json(_ref("SizeStats"))),
        "/stats/field/values": _get(
            "fieldValuesStats",
            "Values of fields",
            rows.FIELD_VALUES,
            _json(_list(_ref("FieldValues"))),
            missing=True,
        ),
        "/stats/field/sizes": _get(
            "listFieldSizesStats",
            "Sizes of lists",
            rows.FIELD_SIZES,
            _json(_list(_ref("FieldSizes"))),
            missing=True,
        ),
        "/version": _get("version", "Version", rows.NOTHING, _json(_ref("Version"))),
        "/int/studies/{nctId}": {
            "servers": internal,
            **_get("history", "One study and its versions", rows.HISTORY, _json(_ref("History")), (number,)),
        },
        "/int/studies/{nctId}/history/{version}": {
            "servers": internal,
            **_get(
                "studyVersion",
                "One version of a study",
                rows.NOTHING,
                _json(_ref("StudyVersion")),
                (number, position),
            ),
        },
    }


def _json(schema: Json) -> Json:
    return {"application/json": schema}


def _get(
    operation: str,
    summary: str,
    parameters: tuple[Parameter, ...],
    content: Mapping[str, Json],
    in_path: tuple[Json, ...] = (),
    missing: bool = False,
) -> Json:
    text = {"text/plain": {"schema": _ref("Message")}}
    statuses = {"400": "The request makes no sense", "414": "The query string is too long"}
    if in_path or missing:
        statuses["404"] = "There is none"
    statuses |= {"429": "Too many requests", "503": "It took too long, or the data cannot be read"}
    responses: Json = {
        "200": {"description": "OK", "content": {kind: {"schema": of} for kind, of in content.items()}}
    }
    if operation == "fetchStudy":
        responses["301"] = {"description": "The study has another number now"}
    responses["304"] = {"description": "Nothing changed since the tag of `If-None-Match`"}
    responses |= {status: {"description": what, "content": text} for status, what in statuses.items()}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*in_path, *map(parameter_schema, parameters)],
            "responses": responses,
        }
    }


def parameter_schema(parameter: Parameter) -> Json:
    """Return one parameter as the document has it."""
    found: Json = {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.text,
        "schema": _value_schema(parameter),
    }
    if parameter.kind is Kind.LIST:
        found |= {"style": "pipeDelimited", "explode": False}
    if parameter.example:
        listed = parameter.example.replace("|", ",").split(",")
        found["example"] = listed if parameter.kind is Kind.LIST else parameter.example
    return found


def _value_schema(parameter: Parameter) -> Json:
    if parameter.kind is Kind.FLAG:
        return {**_BOOLEAN, "default": parameter.default == "true"}
    if parameter.kind is Kind.NUMBER:
        return {**_INTEGER, "minimum": 0, "maximum": rows.MAX_INT32, "default": int(parameter.default)}
    one: Json = dict(_STRING)
    if parameter.choices:
        one["enum"] = list(parameter.choices)
    if parameter.pattern:
        one["pattern"] = f"^({parameter.pattern})$"
    if parameter.kind is Kind.LIST:
        many: Json = {"type": "array", "items": one}
        if parameter.fewest:
            many["minItems"] = parameter.fewest
        if parameter.most < rows.MAX_ITEMS:
            many["maxItems"] = parameter.most
        return many
    if parameter.default:
        one["default"] = parameter.default
    return one
