"""What can be measured or asked of a patient: each variable with its unit, its possible range and its question.

Comes in: a name or a LOINC code. Goes out: rows of `variables.tsv`, and values in each variable's own unit. What no
row names may still be asked for by its words: `text|central-subfield-thickness` (`measure_id`, `variable_of`).
Refuses: a value in a unit that does not measure the variable (UnitError), a broken table (VocabularyError).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal, TypeAlias, cast, get_args

import msgspec

from accrual.codes.spelling import folded_key
from accrual.codes.spotting import Spotter
from accrual.codes.table import items, number, read_table
from accrual.codes.units import convert
from accrual.errors import UnitError, VocabularyError
from accrual.message import message

VariableKind: TypeAlias = Literal["number", "score", "category"]

_COLUMNS = (
    "id", "name", "kind", "unit", "low", "high", "values", "aliases", "loinc", "molar_mass", "same_units",
    "question", "source",
)  # fmt: skip


OTHER_SCALES: Mapping[tuple[str, str], tuple[float, float]] = {
    # IFCC to NGSP, the master equation of ngsp.org/ifcc.asp: percent = 0.0915 x mmol/mol + 2.15.
    ("hba1c", "mmol/mol"): (0.0915, 2.15),
}
"""Variable and unit to slope and start: units that measure it on a scale of their own, against its own unit."""


class Variable(msgspec.Struct, frozen=True):
    """One row of `variables.tsv`."""

    id: str
    name: str
    kind: VariableKind
    unit: str
    """Canonical UCUM unit, the one criteria use most; empty for scores and categories."""
    low: float | None
    """Smallest possible value in the canonical unit: below it, a value is a slip of the pen or of the unit."""
    high: float | None
    """Largest possible value in the canonical unit."""
    values: tuple[str, ...]
    """The categories, for kind `category`."""
    aliases: tuple[str, ...]
    """Spellings in criteria and charts, lower case unless a short abbreviation is only meant in capitals."""
    loinc: tuple[str, ...]
    molar_mass: float | None
    """g/mol, where laboratories use both mass and molar units."""
    same_units: tuple[str, ...]
    """UCUM units that mean the canonical one for this variable only: `meq/L` is mmol/L for a monovalent ion."""
    question: str
    """What to ask a patient, in plain words."""
    source: str

    def canonical(self, value: float, unit: str) -> float:
        """Return `value`, given in the UCUM `unit`, in this variable's own unit. No unit means its own unit.

        Raises:
            UnitError: the unit does not measure this variable.

        Example:
            >>> round(variables()["creatinine"].canonical(133, "umol/L"), 2)
            1.5
        """
        if unit in ("", self.unit) or unit in self.same_units:
            return value
        if not self.unit and unit == "{score}":
            return value
        if not self.unit:
            raise UnitError(f"{self.name} is a plain number: {unit} does not measure it")
        if (self.id, unit) in OTHER_SCALES:
            slope, start = OTHER_SCALES[self.id, unit]
            return slope * value + start
        try:
            return convert(value, unit, self.unit, molar_mass=self.molar_mass)
        except UnitError as error:
            raise UnitError(f"{self.name}: {error}") from error

    def in_unit(self, value: float, unit: str, to: str) -> float:
        """Return `value`, given in the UCUM `unit`, in the unit `to`.

        Raises:
            UnitError: one of the units does not measure this variable.

        Example:
            >>> round(variables()["hba1c"].in_unit(64, "mmol/mol", "%"), 1)
            8.0
        """
        if unit == to:
            return value
        if (self.id, to) in OTHER_SCALES:
            slope, start = OTHER_SCALES[self.id, to]
            return (self.canonical(value, unit) - start) / slope
        if (self.id, unit) in OTHER_SCALES:
            value, unit = self.canonical(value, unit), self.unit
        start_unit = self.unit if unit in self.same_units else unit
        goal = self.unit if to in self.same_units else to
        return convert(value, start_unit, goal, molar_mass=self.molar_mass)

    def is_possible(self, value: float) -> bool:
        """Say whether `value`, in the canonical unit, lies in the possible range."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@cache
def variables() -> Mapping[str, Variable]:
    """Return the table, id to row.

    Raises:
        VocabularyError: the table breaks a rule.
    """
    table: dict[str, Variable] = {}
    for row in read_table("variables.tsv", _COLUMNS):
        where = f"variables.tsv, {row['id']}"
        if row["kind"] not in get_args(VariableKind):
            raise VocabularyError(f"{where}: kind {row['kind']!r} must be number, score or category")
        table[row["id"]] = Variable(
            id=row["id"],
            name=row["name"],
            kind=cast(VariableKind, row["kind"]),
            unit=row["unit"],
            low=number(row["low"], where),
            high=number(row["high"], where),
            values=items(row["values"]),
            aliases=items(row["aliases"]),
            loinc=items(row["loinc"]),
            molar_mass=number(row["molar_mass"], where),
            same_units=items(row["same_units"]),
            question=row["question"],
            source=row["source"],
        )
    return MappingProxyType(table)


@cache
def _spotter() -> Spotter[str]:
    return Spotter(
        (name, variable.id)
        for variable in variables().values()
        for name in dict.fromkeys((variable.name, *variable.aliases))
    )


@cache
def _by_loinc() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for variable in variables().values():
        for code in variable.loinc:
            if found.setdefault(code, variable.id) != variable.id:
                raise VocabularyError(
                    f"variables.tsv: LOINC {code} stands at {found[code]} and {variable.id}"
                )
    return found


def variable_named(text: str) -> Variable | None:
    """Return the variable with this name or alias; case, hyphens, plurals and British spelling do not matter."""
    found = _spotter().lookup(text)
    return None if found is None else variables()[found]


BY_WORDS = "text|"
"""How the id of a variable begins that no row names: its own words follow."""


def measure_id(words: str) -> str:
    """Return the id of what is measured by these words and has no row; only a fact of the same words decides it.

    Example:
        >>> measure_id("Central subfield thickness"), measure_id("the FEV1/FVC quotients")
        ('text|central-subfield-thickness', 'text|fev1-fvc-quotient')
    """
    parts = re.findall(r"[^\W_]+", folded_key(words))
    kept = [_singular(part) for part in parts if part != "the"]
    return BY_WORDS + "-".join(kept or parts)


def _singular(word: str) -> str:
    plain = len(word) > 5 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if plain else word


LAST_VALUE = message("What was your last value of this: %(name)s?", name="")
"""What is asked of a variable that no row names."""


def variable_of(id_: str) -> Variable | None:
    """Return the row of an id; for an id made of words, a variable of just these words and no range."""
    row = variables().get(id_)
    if row is not None or not id_.startswith(BY_WORDS):
        return row
    name = id_.removeprefix(BY_WORDS).replace("-", " ")
    return Variable(
        id=id_, name=name, kind="number", unit="", low=None, high=None, values=(), aliases=(), loinc=(),
        molar_mass=None, same_units=(), question=LAST_VALUE.pattern % {"name": name}, source="its words",
    )  # fmt: skip


def variable_by_loinc(code: str) -> Variable | None:
    """Return the variable that a LOINC code measures, None if no row has it."""
    found = _by_loinc().get(code)
    return None if found is None else variables()[found]


class SpottedVariable(msgspec.Struct, frozen=True):
    """A variable's name in a text: `text[start:end]`."""

    start: int
    end: int
    variable: Variable


def spot_variables(text: str) -> tuple[SpottedVariable, ...]:
    """Return the variables named in `text`: leftmost, longest, none overlapping."""
    return tuple(
        SpottedVariable(start, end, variables()[found]) for start, end, found in _spotter().spot(text)
    )
