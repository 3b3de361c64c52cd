"""Reads a patient file of any known form: looks at what it is, then hands it to that form's reader.

Comes in: bytes. Goes out: a `Patient`, or a member for each of several. Refuses (PatientError): a file of another form,
naming what it looks like and which forms exist; broken JSON, with line and column; a file of 50 MB or more; JSON
nested beyond reason; several patients of whom none is chosen. The messages name places, keys and ids, never what a
patient's file says there. Sources that need no such limit are read by `patients`. YAML is read as the JSON that it
stands for. Text that is no JSON, no YAML, no XML and no table is a note.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import msgspec

from accrual.errors import PatientError
from accrual.message import Original, error_words, joined, message
from accrual.patient.bulk import Bulk
from accrual.patient.fhir import FORM as BUNDLE
from accrual.patient.fhir import bundle_entries, members_of, read_bundle
from accrual.patient.fhir_entries import Entry
from accrual.patient.form import KEYS, read_form
from accrual.patient.member import Member, choose
from accrual.patient.model import Patient
from accrual.patient.note import read_note
from accrual.patient.note_text import is_prose
from accrual.patient.phenopacket import read_phenopacket
from accrual.patient.refusal import refusal
from accrual.patient.roster import is_table, roster_members
from accrual.patient.yaml_text import is_yaml, json_of

ARRAY = "FHIR R4 resources"
MAX_BYTES = 50_000_000
"""A patient's whole record with claims is a few MB; the largest of 120 Synthea bundles has 1.6 MB."""

MAX_HEADER = 20_000
"""Bytes: a first line that is longer names no columns."""

FORMS = message(
    "the accrual form (docs/patient.md) as JSON or YAML, a FHIR R4 Bundle (resourceType: Bundle), FHIR R4 resources "
    "as NDJSON or an array, a GA4GH phenopacket, a CSV table, an OMOP folder or database, a note in plain English"
)

# What else is sent to matchers, by keys that only it has: GA4GH phenopackets 2.0, MatchMiner, OMOP, TREC topics.
_OTHER_FORMS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset(("proband",)),
        message("a GA4GH Family: give the phenopacket of its proband (its member proband) by itself"),
    ),
    (frozenset(("members", "metaData")), message("a GA4GH Cohort: give its members one by one")),
    (frozenset(("protocolSection",)), message("a study record of the registry")),
    (frozenset(("person_id",)), message("an OMOP person by itself; give the folder of its tables")),
    (frozenset(("treatment_list",)), message("a MatchMiner trial")),
)
_BUNDLE = msgspec.Raw(b'"Bundle"')
_PACKETS = (frozenset(("phenotypicFeatures",)), frozenset(("subject", "metaData")))


def read_patient(data: bytes, where: str = "", person: str = "") -> Patient:
    """Return the patient in a file, whichever known form it has.

    Args:
        data: the whole file.
        where: its name, for messages.
        person: the id of the patient, where the file holds several.

    Raises:
        PatientError: no known form, broken, too large, or several patients and none chosen; the message says which
            forms exist, or which ids.

    Example:
        >>> read_patient(b'{"accrual_patient": 1, "age": 23}').form
        'accrual form'
    """
    if person or is_yaml(data, where) or _holds_several(data):
        return choose(members_in(data, where), person, where)
    return _read_one(data, where)


def members_in(data: bytes, where: str = "") -> Iterator[Member]:
    """Yield each patient in a file; a file of one patient gives that one.

    Raises:
        PatientError: no known form, or broken.
    """
    _check(data, where)
    if not is_yaml(data, where):
        yield from _in_document(data, where)
        return
    documents = json_of(data, where)
    for number, document in enumerate(documents, 1):
        yield from _in_document(
            document,
            where
            if len(documents) == 1
            else joined(", ", (where, message("document %(number)s", number=number))),
        )


def _in_document(data: bytes, where: str) -> Iterator[Member]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    start = data.lstrip()[:1]
    with _told(data, where):
        if _is_note(data):
            yield Member("", partial(_read_one, data, where))
        elif start == b"[":
            yield from _in_array(data, where)
        elif start == b"{" and _are_lines(data):
            yield from _in_lines(data, where)
        elif start not in (b"{", b"") and _is_table(data):
            text = data.decode("utf-8", errors="surrogateescape")
            yield from roster_members(io.StringIO(text, newline=""), where)
        else:
            several = list(_in_bundle(data, where)) if _is_bundle(data) else []
            one = Member(several[0].id if several else _id_of(data), partial(_read_one, data, where))
            yield from several if len(several) > 1 else [one]


def _read_one(data: bytes, where: str) -> Patient:
    _check(data, where)
    if _is_note(data):
        try:
            return read_note(data, where)
        except PatientError as error:
            raise _refused("", error_words(error)) from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    with _told(data, where):
        keys = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return _reader(keys, where)(data, where)


@contextmanager
def _told(data: bytes, where: str) -> Iterator[None]:
    """Say where a document is broken, and how."""
    try:
        yield
    except msgspec.ValidationError as error:
        raise _refused(where, message("this is JSON, and not an object")) from error
    except msgspec.DecodeError as error:
        raise _refused(
            where, message("this is not JSON: %(place)s", place=_place(data, str(error)))
        ) from error
    except UnicodeDecodeError as error:
        raise _refused(
            where,
            message("%(place)s: not UTF-8 text; save the file as UTF-8", place=_bad_text(data)),
        ) from error
    except RecursionError as error:
        raise _refused(where, message("its JSON is nested too deeply")) from error


def _check(data: bytes, where: str) -> None:
    if len(data) >= MAX_BYTES:
        raise _refused(
            where,
            message(
                "%(size)s MB, and a patient file has less than %(most)s MB",
                size=round(len(data) / 1e6),
                most=MAX_BYTES // 10**6,
            ),
        )
    found = _not_json(data)
    if found:
        raise _refused(where, message("this is %(form)s", form=found))


# Files of several patients.


def _holds_several(data: bytes) -> bool:
    if len(data) >= MAX_BYTES or _is_note(data):
        return False
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return start == b"[" or (_are_lines(data) if start == b"{" else _is_table(data))


def _are_lines(data: bytes) -> bool:
    """Say whether the first line is a whole JSON object and more follows: NDJSON, and not an object on many lines."""
    first, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    return bool(rest.strip()) and _keys(first) is not None


def _is_table(data: bytes) -> bool:
    first = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]
    return len(first) < MAX_HEADER and is_table(first.decode("utf-8", errors="replace"))


def _is_note(data: bytes) -> bool:
    return is_prose(data) and not _is_table(data)


def _is_bundle(data: bytes) -> bool:
    keys = _keys(data) or {}
    return keys.get("resourceType") == _BUNDLE


def _keys(data: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | None:
    try:
        return msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _in_bundle(data: bytes, where: str) -> Iterator[Member]:
    yield from members_of(bundle_entries(data, where), where, BUNDLE)


def is_bulk(data: bytes) -> bool:
    """Say whether a file holds FHIR resources one a line: of a bulk export, it may be one of several.

    Example:
        >>> is_bulk(b'{"resourceType": "Patient", "id": "p1"}\n')
        True
    """
    keys = _keys(data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0]) or {}
    return "resourceType" in keys and keys["resourceType"] != _BUNDLE


def _in_lines(data: bytes, where: str) -> Iterator[Member]:
    if is_bulk(data):
        yield from Bulk([("", io.BytesIO(data))], where).members()
        return
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            at = f"{where}, line {number}" if where else f"line {number}"
            yield Member(_id_of(line) or f"line {number}", partial(_read_one, line, at))


def _in_array(data: bytes, where: str) -> Iterator[Member]:
    held = msgspec.json.decode(data, type=list[msgspec.Raw])
    kinds = [_keys(one) for one in held]
    if not held or None in kinds:
        raise _refused(where, message("this is an array, and not of patients"))
    bare = (keys is not None and keys.get("resourceType", _BUNDLE) != _BUNDLE for keys in kinds)
    if all(bare):
        entries = [Entry(f"[{index}]", one) for index, one in enumerate(held)]
        yield from members_of(entries, where, ARRAY)
        return
    for index, one in enumerate(held):
        at = f"{where}, [{index}]" if where else f"[{index}]"
        yield Member(_id_of(bytes(one)) or f"[{index}]", partial(_read_one, bytes(one), at))


class _Named(msgspec.Struct, frozen=True):
    """Where the forms keep a patient's id."""

    id: str = ""
    subject: msgspec.Raw = msgspec.Raw(b"{}")
    entry: list[msgspec.Raw] = []


class _Held(msgspec.Struct, frozen=True):
    resource: msgspec.Raw = msgspec.Raw(b"{}")


class _Known(msgspec.Struct, frozen=True, rename={"kind": "resourceType"}):
    id: str = ""
    kind: str = ""


def _id_of(data: bytes) -> str:
    """Return the id of the one patient in a document; empty when it cannot be told without reading it."""
    try:
        own = msgspec.json.decode(data, type=_Named)
        for raw in own.entry:
            inside = msgspec.json.decode(msgspec.json.decode(raw, type=_Held).resource, type=_Known)
            if inside.kind == "Patient":
                return inside.id
        return msgspec.json.decode(own.subject, type=_Known).id or own.id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


# Files of one patient.


def _reader(keys: Mapping[str, msgspec.Raw], where: str) -> Callable[[bytes, str], Patient]:
    if "resourceType" in keys:
        try:
            kind = msgspec.json.decode(keys["resourceType"], type=str)
        except msgspec.ValidationError as error:
            raise _refused(where, message("resourceType is not a string")) from error
        if kind == "Bundle":
            return read_bundle
        known = Original(kind) if kind.isalpha() and len(kind) < 40 else message("resource of unknown kind")
        raise _refused(
            where,
            message(
                "this is a FHIR %(kind)s by itself; put the patient's resources into a Bundle", kind=known
            ),
        )
    if "accrual_patient" in keys:
        return read_form
    for marks, name in _OTHER_FORMS:
        if marks <= keys.keys():
            raise _refused(where, message("this is %(form)s", form=name))
    if any(marks <= keys.keys() for marks in _PACKETS):
        return read_phenopacket
    if any(key in KEYS for key in keys if key != "id"):
        return read_form
    shown = Original(", ".join(repr(key[:40]) for key in list(keys)[:5])) or message("none at all")
    raise _refused(where, message("this is a JSON object with keys that no form has (%(keys)s)", keys=shown))


def _not_json(data: bytes) -> str:
    """Name what the first bytes show, when that is no JSON; empty when it may be."""
    if not data.strip():
        return message("an empty file")
    start = data[:16]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return message("UTF-16 text; save it as UTF-8")
    for mark, name in (
        (b"PK", message("a zip file")),
        (b"\x1f\x8b", message("a gzip file")),
        (b"%PDF", message("a PDF")),
        (b"\xfd7zX", message("an xz file")),
        (
            b"SQLite format 3\0",
            message("an SQLite database; of an OMOP CDM give the file itself by its path"),
        ),
    ):
        if start.startswith(mark):
            return name
    if data[8:12] == b"DUCK":
        return message("a DuckDB database; of an OMOP CDM give the file itself by its path")
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return Original("XML")
    return ""


def _place(data: bytes, reason: str) -> str:
    """Turn msgspec's "(byte 123)" into line and column; a file that ends too early is said so."""
    before, _, byte = reason.rpartition("(byte ")
    digits = byte.rstrip(")")
    if digits.isdecimal():
        told = Original(before.strip().removeprefix("JSON is malformed: "))
        return joined(": ", (_line(data, int(digits)), told))
    return message("%(place)s: it ends too early", place=_line(data, len(data)))


def _bad_text(data: bytes) -> str:
    """Return the line and column of the first bytes that are not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _line(data, error.start)
    return message("somewhere")


def _line(data: bytes, offset: int) -> str:
    before = data[:offset]
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    lines = before.count(b"\n")
    return message("line %(line)s column %(column)s", line=lines + 1, column=column)


def _refused(where: str, reason: str) -> PatientError:
    told = message("%(reason)s. Known forms: %(forms)s", reason=reason, forms=FORMS)
    return refusal(told, where)
