"""The registry's v2 JSON in and out, without losing anything.

Comes in: the bytes of one study. Goes out: a `Trial`; and back, bytes that parse to the same JSON. What the typed
fields cannot hold (unknown fields, explicit nulls and empty values, values of a wrong type, at any depth) is kept in
`Trial.residue`. Refuses, with a RecordError: bytes that are not UTF-8, text that is not JSON (with the offset), JSON
that is not an object, a study without an NCT number.

A clean record costs one typed decode and one encode: when encoding gives the very bytes back, nothing was lost. Only
records for which it does not are read a second time, untyped, to find what is left over.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import msgspec
from msgspec import inspect

from accrual.basic import nct_id
from accrual.errors import QueryError, RecordError
from accrual.registry.record import JsonPath, Residue, Study, Trial, calendar_date

_Json: TypeAlias = Any  # untyped JSON; lives only inside this module, the edge

MAX_WARNINGS = 20  # per record: a broken record must not flood the load report

_DECODER = msgspec.json.Decoder(Study)
_ENCODER = msgspec.json.Encoder()
_STUDY = inspect.type_info(Study)
_UTF8_BOM = b"\xef\xbb\xbf"
_CANONICAL_ID = re.compile(r"NCT\d{8}")


def read_json(data: bytes, where: str = "") -> Trial:
    """Read one study in the registry's v2 JSON.

    Args:
        data: UTF-8 JSON of one study; a byte order mark is allowed.
        where: file and line or member, for messages.

    Raises:
        RecordError: not UTF-8, not JSON, not an object, or without an NCT number.

    Example:
        >>> read_json(b'{"protocolSection":{"identificationModule":{"nctId":"NCT04785833"}}}').nct_id
        'NCT04785833'
    """
    return read_with_body(data, where)[0]


def read_with_body(data: bytes, where: str = "") -> tuple[Trial, bytes]:
    """Read one study as `read_json` does; also return its canonical body, the bytes that `write_json` would give."""
    if data.startswith(_UTF8_BOM):
        data = data[len(_UTF8_BOM) :]
    try:
        study = _DECODER.decode(data)
    except msgspec.ValidationError:
        return _read_rest(data, None, b"", where)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(explain_json_error(data, error), where) from None
    body = _ENCODER.encode(study)
    if body == data:
        return trial_of(study, (), (), where), body
    return _read_rest(data, study, body, where)


def write_json(trial: Trial) -> bytes:
    """Return the study as minified v2 JSON, fields in the registry's order, kept-aside pieces put back."""
    body = _ENCODER.encode(_study_of(trial))
    return _put_back(body, trial.residue) if trial.residue else body


def explain_json_error(data: bytes, error: Exception) -> str:
    """Say in plain words why `data` is not the JSON of a study: which encoding it is in, or at which byte it breaks."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:4]:
        return "text in UTF-16 or UTF-32, JSON must be UTF-8: convert the file to UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deep to be a study"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as bad:
        byte = f"byte 0x{data[bad.start]:02X} at offset {bad.start}"
        return f"not UTF-8: {byte} (Latin-1 text?): convert the file to UTF-8"
    if not data.strip():
        return "empty: no JSON"
    reason = str(error)
    if "truncated" in reason:
        # msgspec says "truncated" for a lone surrogate escape as well; only the end of the text has an offset to give
        return f"invalid JSON: breaks off before byte {len(data)}, the end of the text"
    return reason.replace("JSON is malformed", "invalid JSON").replace("(byte ", "(at byte ")


def _study_of(trial: Trial) -> Study:
    return Study(
        protocolSection=trial.protocolSection,
        resultsSection=trial.resultsSection,
        annotationSection=trial.annotationSection,
        documentSection=trial.documentSection,
        derivedSection=trial.derivedSection,
        hasResults=trial.hasResults,
    )


def trial_of(study: Study, residue: tuple[Residue, ...], warnings: tuple[str, ...], where: str) -> Trial:
    """Make the `Trial` of a study that was read, and add a warning for each impossible date.

    Raises:
        RecordError: the study has no NCT number, or one that cannot be.
    """
    text = study.protocolSection.identificationModule.nctId
    if not _CANONICAL_ID.fullmatch(text):
        if not text:
            raise RecordError("no NCT number: protocolSection.identificationModule.nctId is missing", where)
        try:
            nct_id(text)
        except QueryError as error:
            raise RecordError(str(error), where) from None
    impossible = impossible_dates(study)
    if impossible:
        warnings = (*warnings, *impossible)
    if len(warnings) > MAX_WARNINGS:
        warnings = (*warnings[:MAX_WARNINGS], f"and {len(warnings) - MAX_WARNINGS} more")
    return Trial(
        protocolSection=study.protocolSection,
        resultsSection=study.resultsSection,
        annotationSection=study.annotationSection,
        documentSection=study.documentSection,
        derivedSection=study.derivedSection,
        hasResults=study.hasResults,
        residue=residue,
        warnings=warnings,
    )


# --- what the typed fields cannot hold ------------------------------------------------------------------------


def _read_rest(data: bytes, study: Study | None, body: bytes, where: str) -> tuple[Trial, bytes]:
    """Read a record whose bytes do not come back as they were: other white space or order, or something left over."""
    try:
        if study is not None and msgspec.json.format(data, indent=-1) == body:
            return trial_of(study, (), (), where), body
        raw: _Json = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(explain_json_error(data, error), where) from None
    if not isinstance(raw, dict):
        raise RecordError(f"a study is a JSON object, this is {_kind(raw)}", where)
    residue: list[Residue] = []
    warnings: list[str] = []
    if study is not None:
        _put_differences_aside(raw, msgspec.json.decode(body), (), residue)
    else:
        study = msgspec.convert(_keep(raw, _STUDY, (), residue, warnings), Study)
    trial = trial_of(study, tuple(residue), tuple(warnings), where)
    return trial, write_json(trial)


def _put_differences_aside(raw: _Json, typed: _Json, path: JsonPath, residue: list[Residue]) -> None:
    """Put aside what `raw` has and `typed`, the same record after a typed decode that succeeded, has not.

    Such a decode only ever drops fields (or rounds a huge number), so arrays still match place by place. Equal
    branches are skipped whole.
    """
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key not in typed or not isinstance(value, dict | list):
                if key not in typed or value != typed[key]:
                    _put_aside(value, (*path, key), residue)
            elif value != typed[key]:
                _put_differences_aside(value, typed[key], (*path, key), residue)
    elif isinstance(raw, list):
        for index, (value, kept) in enumerate(zip(raw, typed, strict=True)):
            if value != kept:
                _put_differences_aside(value, kept, (*path, index), residue)


_NOTHING = object()


def _keep(
    raw: _Json, shape: inspect.Type, path: JsonPath, residue: list[Residue], warnings: list[str]
) -> _Json:
    """Return the part of `raw` that fits the typed field, putting the rest aside; `_NOTHING` when none of it fits."""
    while isinstance(shape, inspect.Metadata):
        shape = shape.type
    if isinstance(shape, inspect.UnionType):
        shape = next(one for one in shape.types if not isinstance(one, inspect.NoneType))
    match shape:
        case inspect.StructType() if isinstance(raw, dict):
            fields = {field.encode_name: field for field in shape.fields}
            if any(field.required and field.encode_name not in raw for field in shape.fields):
                return _put_aside(raw, path, residue)
            inner: list[Residue] = []
            kept: dict[str, _Json] = {}
            for key, value in raw.items():
                field = fields.get(key)
                if field is None:
                    _put_aside(value, (*path, key), inner)
                elif (fit := _keep(value, field.type, (*path, key), inner, warnings)) is not _NOTHING:
                    kept[key] = fit
            if any(field.required and field.encode_name not in kept for field in shape.fields):
                return _put_aside(raw, path, residue)
            residue += inner
            return kept
        case inspect.VarTupleType() if isinstance(raw, list) and raw:
            inner, items = [], []
            for index, value in enumerate(raw):
                fit = _keep(value, shape.item_type, (*path, index), inner, warnings)
                if fit is not _NOTHING:
                    items.append(fit)
            if not items:
                return _put_aside(raw, path, residue)
            residue += inner
            return items
        case inspect.StrType() if isinstance(raw, str) and (raw or isinstance(path[-1], int)):
            return raw
        case inspect.BoolType() if isinstance(raw, bool):
            return raw
        case inspect.IntType() if type(raw) is int or (type(raw) is float and raw.is_integer()):
            return int(raw)
        case inspect.FloatType() if type(raw) in (int, float) and float(raw) == raw:
            return float(raw)
    if raw not in (None, "", []):
        name = ".".join(str(step) for step in path)
        warnings.append(
            f"{name}: {_kind(raw)} where {_WANTED.get(type(shape), 'a group of fields')} belongs; kept, not used"
        )
    return _put_aside(raw, path, residue)


def _put_aside(raw: _Json, path: JsonPath, residue: list[Residue]) -> object:
    residue.append(Residue(path, _ENCODER.encode(raw)))
    return _NOTHING


def _put_back(body: bytes, residue: tuple[Residue, ...]) -> bytes:
    """Return `body` with the pieces at their places. They come in document order, so array places are right."""
    root: _Json = msgspec.json.decode(body)
    for piece in residue:
        place = root
        *steps, last = piece.path
        for step in steps:
            place = place[step]
        value = msgspec.json.decode(piece.value)
        if isinstance(last, int):
            place.insert(last, value)
        else:
            place[last] = value
    return _ENCODER.encode(root)


_WANTED: dict[type, str] = {
    inspect.StrType: "text",
    inspect.BoolType: "yes/no",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.VarTupleType: "a list",
}


def _kind(raw: _Json) -> str:
    match raw:
        case None:
            return "null"
        case bool():
            return "yes/no"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


# --- dates ----------------------------------------------------------------------------------------------------

_DatePlan: TypeAlias = tuple[tuple[str, ...], tuple[tuple[str, Any, Any], ...], tuple[tuple[str, Any], ...]]
"""Of one Struct: date fields; fields that hold a Struct with dates, its default, its plan; lists of such."""


def _date_plan(shape: inspect.StructType) -> _DatePlan:
    dates: list[str] = []
    parts: list[tuple[str, Any, Any]] = []
    lists: list[tuple[str, Any]] = []
    for field in shape.fields:
        match field.type:
            case inspect.Metadata(extra={"date": True}):
                dates.append(field.name)
            case inspect.StructType() as inner if any(plan := _date_plan(inner)):
                parts.append((field.name, field.default, plan))
            case inspect.VarTupleType(item_type=inspect.StructType() as inner) if any(
                plan := _date_plan(inner)
            ):
                lists.append((field.name, plan))
    return tuple(dates), tuple(parts), tuple(lists)


assert isinstance(_STUDY, inspect.StructType)
_DATES = _date_plan(_STUDY)


def impossible_dates(study: Study) -> tuple[str, ...]:
    """Return a warning for each date of the record that is not on the calendar; such dates count as missing."""
    found: list[str] = []
    _check_dates(study, _DATES, "", found)
    return tuple(found)


def _check_dates(part: object, plan: _DatePlan, path: str, found: list[str]) -> None:
    dates, parts, lists = plan
    for name in dates:
        text = getattr(part, name)
        if text and calendar_date(text) is None:
            found.append(f"{path}{name}: {text[:40]!r} is not a date on the calendar; counts as missing")
    for name, default, inner in parts:
        value = getattr(part, name)
        if value is not default:
            _check_dates(value, inner, f"{path}{name}.", found)
    for name, inner in lists:
        for index, value in enumerate(getattr(part, name)):
            _check_dates(value, inner, f"{path}{name}.{index}.", found)
