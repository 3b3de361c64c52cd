"""Reads a patient file of any known form: looks at what it is, then hands it to that form's reader.

Comes in: bytes. Goes out: a `Patient`. Refuses (PatientError): a file of another form, naming what it looks like
and which forms exist; broken JSON, with line and column; a file of 50 MB or more; JSON nested beyond reason. The
messages name places and keys, never what a patient's file says there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from accrual.errors import PatientError
from accrual.patient.fhir import read_bundle
from accrual.patient.form import KEYS, read_form
from accrual.patient.model import Patient

MAX_BYTES = 50_000_000
"""A patient's whole record with claims is a few MB; the largest of 120 Synthea bundles has 1.6 MB."""

FORMS = "the accrual form (docs/patient.md), or a FHIR R4 Bundle (resourceType: Bundle)"

# What else is sent to matchers, by keys that only it has: GA4GH phenopackets 2.0, MatchMiner, OMOP, TREC topics.
_OTHER_FORMS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("phenotypicFeatures",)), "a GA4GH phenopacket"),
    (frozenset(("subject", "metaData")), "a GA4GH phenopacket"),
    (frozenset(("family", "proband")), "a GA4GH phenopacket"),
    (frozenset(("protocolSection",)), "a study record of the registry"),
    (frozenset(("person_id",)), "an OMOP person"),
    (frozenset(("treatment_list",)), "a MatchMiner trial"),
)


def read_patient(data: bytes, where: str = "") -> Patient:
    """Return the patient in a file, whichever known form it has.

    Args:
        data: the whole file.
        where: its name, for messages.

    Raises:
        PatientError: no known form, broken, or too large; the message says which forms exist.

    Example:
        >>> read_patient(b'{"accrual_patient": 1, "age": 23}').form
        'accrual form'
    """
    if len(data) >= MAX_BYTES:
        raise _refused(
            where, f"{len(data) / 1e6:.0f} MB, and a patient file has less than {MAX_BYTES // 10**6} MB"
        )
    found = _not_json(data)
    if found:
        raise _refused(where, f"this is {found}")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        if data.lstrip()[:1] == b"[":
            msgspec.json.decode(data, type=list[msgspec.Raw])
            raise _refused(where, "this is an array; give one patient per file")
        keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return _reader(keys, where)(data, where)
    except msgspec.ValidationError as error:
        raise _refused(where, "this is JSON, and not an object") from error
    except msgspec.DecodeError as error:
        raise _refused(where, f"this is not JSON: {_place(data, str(error))}") from error
    except UnicodeDecodeError as error:
        raise _refused(where, f"{_bad_text(data)}: not UTF-8 text; save the file as UTF-8") from error
    except RecursionError as error:
        raise _refused(where, "its JSON is nested too deeply") from error


def _reader(keys: Mapping[str, msgspec.Raw], where: str) -> Callable[[bytes, str], Patient]:
    if "resourceType" in keys:
        try:
            kind = msgspec.json.decode(keys["resourceType"], type=str)
        except msgspec.ValidationError as error:
            raise _refused(where, "resourceType is not a string") from error
        if kind == "Bundle":
            return read_bundle
        known = kind if kind.isalpha() and len(kind) < 40 else "resource of unknown kind"
        raise _refused(where, f"this is a FHIR {known} by itself; put the patient's resources into a Bundle")
    if "accrual_patient" in keys:
        return read_form
    for marks, name in _OTHER_FORMS:
        if marks <= keys.keys():
            raise _refused(where, f"this is {name}")
    if any(key in KEYS for key in keys if key != "id"):
        return read_form
    shown = ", ".join(repr(key[:40]) for key in list(keys)[:5]) or "none at all"
    raise _refused(where, f"this is a JSON object with keys that no form has ({shown})")


def _not_json(data: bytes) -> str:
    """Name what the first bytes show, when that is no JSON; empty when it may be."""
    if not data.strip():
        return "an empty file"
    start = data[:4]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16 text; save it as UTF-8"
    for mark, name in (
        (b"PK", "a zip file"),
        (b"\x1f\x8b", "a gzip file"),
        (b"%PDF", "a PDF"),
        (b"\xfd7zX", "an xz file"),
    ):
        if start.startswith(mark):
            return name
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return "XML"
    return ""


def _place(data: bytes, reason: str) -> str:
    """Turn msgspec's "(byte 123)" into line and column; a file that ends too early is said so."""
    before, _, byte = reason.rpartition("(byte ")
    digits = byte.rstrip(")")
    if digits.isdigit():
        return f"{_line(data, int(digits))}: {before.strip().removeprefix('JSON is malformed: ')}"
    return f"{_line(data, len(data))}: it ends too early"


def _bad_text(data: bytes) -> str:
    """Return the line and column of the first bytes that are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _line(data, error.start)
    return "somewhere"


def _line(data: bytes, offset: int) -> str:
    before = data[:offset]
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    lines = before.count(b"\n")
    return f"line {lines + 1} column {column}"


def _refused(where: str, reason: str) -> PatientError:
    return PatientError(f"{f'{where}: ' if where else ''}{reason}. Known forms: {FORMS}")
