"""Units: what prose writes, what it means, and what may be turned into what."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from accrual.codes.units import convert, days, unit_at, unit_key, unit_named, units, units_spellings
from accrual.errors import UnitError

SPELLINGS = {
    "years old": "a",
    "yrs": "a",
    "y.o.": "a",
    "weeks": "wk",
    "mg/dL": "mg/dL",
    "mg / dl": "mg/dL",
    "g per dL": "g/dL",
    "x10^9/L": "10*9/L",
    "× 10⁹ / L": "10*9/L",
    "x 109/L": "10*9/L",
    "* 10^9/L": "10*9/L",
    "x10e9/L": "10*9/L",
    "/mm3": "/mm3",
    "cells/mm³": "/mm3",
    "cells per cubic millimeter": "/mm3",
    "10^3/µL": "10*3/uL",
    "K/uL": "10*3/uL",
    "cells/μL": "/uL",
    "μmol/L": "umol/L",
    "kg/m²": "kg/m2",
    "kg/m^2": "kg/m2",
    "IU/L": "U/L",
    "mIU/mL": "m[IU]/mL",
    "%": "%",
    "mmHg": "mm[Hg]",
    "mm Hg": "mm[Hg]",
    "mL/min/1.73 m²": "mL/min/{1.73_m2}",
    "msec": "ms",
    "copies/mL": "{copies}/mL",
    "pack-years": "{PackYears}",
    "x ULN": "[ULN]",
    "times the upper limit of normal": "[ULN]",
    "°C": "Cel",
}


@pytest.mark.parametrize(("written", "ucum"), SPELLINGS.items())
def test_a_spelling_of_prose_names_its_unit(written: str, ucum: str) -> None:
    assert unit_named(written) == ucum


@pytest.mark.parametrize("written", ["109/L", "106/mL", "patients", "", " ", "of", "normal", "x", "10"])
def test_what_is_no_unit_has_no_name(written: str) -> None:
    assert unit_named(written) is None


def test_a_superscript_lost_without_a_sign_before_it_is_not_guessed() -> None:
    assert unit_named("x 109/L") == "10*9/L"
    assert unit_named("109/L") is None


@pytest.mark.parametrize(
    ("value", "unit", "to", "molar_mass", "expected"),
    [
        (80, "g/L", "g/dL", None, 8.0),
        (1.5, "mg/dL", "umol/L", 113.12, 132.602545969),
        (132.602545969, "umol/L", "mg/dL", 113.12, 1.5),
        (7, "mmol/L", "mg/dL", 180.156, 126.1092),
        (100_000, "/mm3", "10*9/L", None, 100),
        (1.5, "10*3/uL", "/uL", None, 1500),
        (98.6, "[degF]", "Cel", None, 37),
        (0, "Cel", "[degF]", None, 32),
        (18, "a", "mo", None, 216),
        (2, "wk", "d", None, 14),
        (154, "[lb_av]", "kg", None, 69.85322498),
        (2, "ukat/L", "U/L", None, 120),
        (1, "mg/mg", "mg/g", None, 1000),
        (5, "uU/mL", "uU/mL", None, 5),
    ],
)
def test_conversions_a_clinic_knows(
    value: float, unit: str, to: str, molar_mass: float | None, expected: float
) -> None:
    assert convert(value, unit, to, molar_mass=molar_mass) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("%", "g/L"),
        ("%", "1"),
        ("[ULN]", "U/L"),
        ("[ULN]", "[LLN]"),
        ("mg/dL", "mmol/L"),
        ("mL/min", "mL/min/{1.73_m2}"),
        ("meq/L", "mmol/L"),
        ("", "mg/dL"),
        ("{copies}/mL", "/mL"),
        ("kg", "furlong"),
        ("kg", "s"),
        ("nonsense", "mg"),
    ],
)
def test_units_of_different_kinds_are_refused_by_name(unit: str, to: str) -> None:
    with pytest.raises(UnitError):
        convert(1, unit, to)


def test_a_unit_outside_the_table_goes_through_ucum() -> None:
    assert convert(1, "kg.m/s2", "N") == pytest.approx(1)
    assert convert(3, "km", "m") == pytest.approx(3000)


def test_every_factor_agrees_with_pint() -> None:
    from ucumvert import PintUcumRegistry

    registry = PintUcumRegistry()
    by_dimension: dict[str, list[str]] = {}
    for unit in units().values():
        by_dimension.setdefault(unit.dimension, []).append(unit.ucum)
    not_ucum = {"[ULN]", "[LLN]"}  # this project's own
    own_rule = {
        "ukat/L",
        "{packs}/d",
        "{drinks}/d",
        "kPa",
        "U/L",
    }  # annotation or IU against U: checked by hand
    checked = 0
    for members in by_dimension.values():
        plain = [name for name in members if name not in not_ucum | own_rule]
        for name in plain[1:]:
            if units()[name].offset or units()[plain[0]].offset:
                continue
            first, second = registry.from_ucum(plain[0]), registry.from_ucum(name)
            factor = (1 * second).to(first.units).magnitude / first.magnitude
            assert convert(1, name, plain[0]) == pytest.approx(factor, rel=1e-5), (name, plain[0])
            checked += 1
    assert checked > 60


CONVERTIBLE = sorted(
    (one.ucum, other.ucum)
    for one in units().values()
    for other in units().values()
    if one.dimension == other.dimension and one.ucum != other.ucum
)


@given(st.sampled_from(CONVERTIBLE), st.floats(min_value=1e-3, max_value=1e6))
def test_there_and_back_is_the_same_number(pair: tuple[str, str], value: float) -> None:
    one, other = pair
    assert convert(convert(value, one, other), other, one) == pytest.approx(value, rel=1e-8, abs=1e-6)


@given(st.floats(min_value=1e-3, max_value=1e4), st.floats(min_value=10, max_value=5000))
def test_mass_and_molar_there_and_back(value: float, molar_mass: float) -> None:
    molar = convert(value, "mg/dL", "umol/L", molar_mass=molar_mass)
    assert convert(molar, "umol/L", "mg/dL", molar_mass=molar_mass) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1, "d", (1, 1)),
        (2, "wk", (14, 14)),
        (1, "mo", (28, 31)),
        (3, "mo", (89, 92)),
        (6, "mo", (181, 184)),
        (12, "mo", (365, 366)),
        (1, "a", (365, 366)),
        (4, "a", (1461, 1461)),
        (48, "h", (2, 2)),
        (0, "mo", (0, 0)),
    ],
)
def test_a_stretch_of_time_is_a_range_of_days(value: float, unit: str, expected: tuple[float, float]) -> None:
    assert days(value, unit) == expected


@given(
    st.dates(min_value=date(1901, 1, 1), max_value=date(2080, 12, 1)),
    st.integers(min_value=0, max_value=200),
)
def test_calendar_months_never_leave_the_range(start: date, months: int) -> None:
    index = start.year * 12 + start.month - 1 + months
    try:
        end = start.replace(year=index // 12, month=index % 12 + 1)
    except ValueError:
        assume(False)
    low, high = days(months, "mo")
    assert low <= (end - start).days <= high


@pytest.mark.parametrize(
    ("value", "unit"), [(1, "kg"), (-1, "d"), (float("inf"), "mo"), (float("nan"), "mo")]
)
def test_what_is_no_stretch_of_time_is_refused(value: float, unit: str) -> None:
    with pytest.raises(UnitError):
        days(value, unit)


@pytest.mark.parametrize(
    ("text", "start", "found"),
    [
        ("platelets > 100 x 10^9/L or", 16, ("x 10^9/L", "10*9/L")),
        ("18 years of age or older", 3, ("years of age", "a")),
        ("5 mg/dL.", 2, ("mg/dL", "mg/dL")),
        ("1.5 times the upper limit of normal (ULN)", 4, ("times the upper limit of normal (ULN)", "[ULN]")),
        ("60 mL/min/1.73 m² (MDRD)", 3, ("mL/min/1.73 m²", "mL/min/{1.73_m2}")),
    ],
)
def test_the_longest_unit_at_a_place_is_found(text: str, start: int, found: tuple[str, str]) -> None:
    hit = unit_at(text, start)
    assert hit is not None
    assert (text[start : hit[0]], hit[1]) == found


@pytest.mark.parametrize(
    ("text", "start"), [("5 a day", 2), ("3 more", 2), ("2 of 3", 2), ("x", 5), ("5 patients", 2)]
)
def test_words_of_prose_are_no_units(text: str, start: int) -> None:
    assert unit_at(text, start) is None


@given(st.sampled_from(sorted(units_spellings())))
def test_every_listed_spelling_is_understood(spelling: str) -> None:
    assert unit_named(spelling) == units_spellings()[spelling]


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    unit_named(text)
    unit_at(text, 0)
    key = unit_key(text)
    assert "^^" not in key or "^^" in text.lower()


def test_importing_codes_is_quick_and_leaves_pint_alone() -> None:
    program = (
        "import sys; import accrual.codes, accrual.codes.units as u;"
        "u.convert(1, 'g/L', 'g/dL'); u.convert(1, 'mg/dL', 'umol/L', molar_mass=100);"
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
