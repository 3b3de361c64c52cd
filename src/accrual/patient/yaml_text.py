"""A patient file in YAML, as the JSON that it is another spelling of.

Comes in: the bytes of a file. Goes out: JSON for each of its documents, which the readers of the forms take. Refuses
(PatientError): what is no YAML, with line and column; an alias (`*name`), a tag (`!name`) and a merge (`<<`), which no
patient needs and by which few bytes become gigabytes; one key twice; more than 1 MB; nesting beyond any form.

Plain words are text, and only what JSON would call a number, `true`, `false` or `null` is that: `no` and `yes` are
words, and so is `2026-11-02`. What a form writes as text is text even if it looks like a number: `id: 12`,
`date: 2026`. A key with nothing behind it is as good as left out. Source: YAML 1.2.2, section 10.3, the core schema.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, TypeAlias

import msgspec
import yaml

from accrual.errors import PatientError
from accrual.message import joined, message
from accrual.patient.refusal import refusal

ENDINGS = (".yaml", ".yml")
MAX_BYTES = 1_000_000
"""A patient whom somebody writes down has a few kB; programs write JSON."""
MAX_DEPTH = 60
"""No form nests deeper than some ten levels."""

# The form's own mark at the head of a line; a note has no such word.
_MARK = re.compile(rb"^(?:- +)?[\"']?accrual_patient[\"']?[ \t]*:", re.MULTILINE)
_MARKED_WITHIN = 20_000  # bytes
_NUMBER = re.compile(r"[-+]?(?:(?:0|[1-9]\d*)(?P<part>\.\d*)?|(?P<small>\.\d+))(?P<power>[eE][-+]?\d+)?")
_LONGEST = 18  # digits that JSON readers take
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_TEXT = frozenset(("id", "name", "code", "date", "end", "birth_date", "age_date", "place", "unit", "label"))
"""Keys of which every form says that they are text."""

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # in C where PyYAML was built with it


def is_yaml(data: bytes, where: str) -> bool:
    """Say whether a file is YAML: by its name, or as it has the mark of accrual's form at the head of a line.

    Example:
        >>> is_yaml(b"accrual_patient: 1", "")
        True
    """
    name = PurePath(where.removesuffix(".gz"))
    if name.suffix.lower() in ENDINGS:
        return True
    head = data[:_MARKED_WITHIN].removeprefix(b"\xef\xbb\xbf").lstrip()
    # In JSON the mark may stand at the head of a line too, inside the brackets.
    return head[:1] not in (b"{", b"[") and _MARK.search(head) is not None


def json_of(data: bytes, where: str) -> list[bytes]:
    """Return each document of a YAML file as JSON.

    Raises:
        PatientError: see the module.

    Example:
        >>> json_of(b"age: 23\\nstates: {smoker: no}", "")
        [b'{"age":23,"states":{"smoker":"no"}}']
    """
    if len(data) > MAX_BYTES:
        raise refusal(
            message(
                "%(size)s MB of YAML, and %(most)s MB is the most; give JSON",
                size=f"{len(data) / 1e6:.1f}",
                most=MAX_BYTES // 10**6,
            ),
            where,
        )
    try:
        text = data.decode("utf-8-sig")
        return [msgspec.json.encode(one) for one in _documents(text, where)]
    except UnicodeError as error:
        raise refusal(message("not UTF-8 text; save the file as UTF-8"), where) from error
    except yaml.YAMLError as error:
        # Its own words may quote the file; the place says enough.
        mark = getattr(error, "problem_mark", None)
        place = _line(mark) if mark is not None else message("a character")
        raise refusal(message("this is not YAML: %(place)s", place=place), where) from error


def _documents(text: str, where: str) -> Iterator[Value]:
    """Yield each document's value, built from its events without recursion."""
    stack: list[list[Value] | dict[str, Value]] = []
    keys: list[str | None] = []  # for each open container, the key that waits for its value
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _at(event, where, message("an alias (*): write out what it stands for"))
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            raise _at(event, where, message("a tag (!): leave it out"))
        value: Value
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0]
            if stack and isinstance(stack[-1], dict) and keys[-1] is None:
                if plain and event.value == "<<":
                    raise _at(event, where, message("a merge (<<): write out what it stands for"))
                if event.value in stack[-1]:
                    raise _at(event, where, message("a key that is there already: keep one of them"))
                keys[-1] = event.value
                continue
            value = _resolved(event.value, keys[-1] if keys else None) if plain else event.value
        elif isinstance(event, yaml.CollectionStartEvent):
            if stack and isinstance(stack[-1], dict) and keys[-1] is None:
                raise _at(event, where, message("a list or an object as a key"))
            if len(stack) == MAX_DEPTH:
                raise _at(event, where, message("nested too deeply"))
            stack.append({} if isinstance(event, yaml.MappingStartEvent) else [])
            keys.append(None)
            continue
        elif isinstance(event, yaml.CollectionEndEvent):
            value = stack.pop()
            keys.pop()
            if isinstance(value, dict):
                value = {key: held for key, held in value.items() if held is not None}
        else:
            continue
        if not stack:
            if isinstance(value, dict | list):
                yield value
            elif value is not None:
                raise _at(
                    event, where, message("neither an object nor a list: write each thing behind its key")
                )
        elif isinstance(held := stack[-1], list):
            held.append(value)
        else:
            key, keys[-1] = keys[-1], None
            assert key is not None  # a value follows its key
            held[key] = value


def _resolved(text: str, key: str | None) -> Value:
    """Return what a plain word stands for under its key."""
    if text in _WORDS:
        return _WORDS[text]
    number = _NUMBER.fullmatch(text) if key not in _TEXT and len(text) <= _LONGEST else None
    if number is None:
        return text
    found = float(text) if any(number.groups()) else int(text)
    return found if math.isfinite(found) else text


def _at(event: yaml.Event, where: str, reason: str) -> PatientError:
    return refusal(joined(": ", (_line(event.start_mark), reason)), where)


def _line(mark: yaml.Mark) -> str:
    return message("line %(line)s column %(column)s", line=mark.line + 1, column=mark.column + 1)
