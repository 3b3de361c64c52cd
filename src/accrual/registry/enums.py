"""The registry's enumerations: every value, and the word its former API wrote for it.

Comes in: the table `data/enums.tsv`; the name of an enumeration (`Phase`) or of a piece. Goes out: `Enum`s. Refuses: a
name that no enumeration has (KeyError).
Source: the registry's `/studies/enums`, API 2.0.3. In plain words for people: `labels.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from accrual.codes.table import items, read_rows
from accrual.registry.fields import DATA, FIELDS, Field

_COLUMNS = ("enum", "value", "except", "legacy")


class EnumValue(msgspec.Struct, frozen=True):
    """One value of an enumeration."""

    value: str
    legacy: str
    """What the former API wrote for it."""
    exceptions: Mapping[str, str]
    """piece → what the former API wrote there instead."""

    def legacy_of(self, piece: str) -> str:
        """Return what the former API wrote for this value in one piece."""
        return self.exceptions.get(piece, self.legacy)


class Enum(msgspec.Struct, frozen=True):
    """One enumeration."""

    name: str
    values: tuple[EnumValue, ...]
    fields: tuple[Field, ...]
    """Every field that has its values."""


def legacy_value(field: Field, value: str) -> str:
    """Return what the former API wrote for a value of a field; the value itself where the enumeration lacks it.

    Example:
        >>> from accrual.registry.fields import find_field
        >>> legacy_value(find_field("StartDateType"), "ESTIMATED")
        'Anticipated'
    """
    if not field.enum:
        return value
    known = _BY_VALUE[field.enum].get(value)
    return known.legacy_of(field.piece) if known else value


def _read_table() -> dict[str, Enum]:
    values: dict[str, list[EnumValue]] = {}
    for row in read_rows(DATA / "enums.tsv", _COLUMNS, keyed=False):
        pairs = (item.partition("=") for item in items(row["except"]))
        exceptions = {piece: legacy for piece, _, legacy in pairs}
        values.setdefault(row["enum"], []).append(EnumValue(row["value"], row["legacy"], exceptions))
    fields: dict[str, list[Field]] = {}
    for field in FIELDS:
        if field.enum:
            fields.setdefault(field.enum, []).append(field)
    return {name: Enum(name, tuple(of), tuple(fields[name])) for name, of in values.items()}


ENUMS: Mapping[str, Enum] = _read_table()
"""name → enumeration, in the registry's order."""
_BY_VALUE = {enum.name: {each.value: each for each in enum.values} for enum in ENUMS.values()}
