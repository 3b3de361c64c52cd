"""Places by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from accrual.basic import GeoPoint
from accrual.errors import PlaceNotFoundError
from accrual.search.countries import country_name
from accrual.search.places import Places
from accrual.search.regions import region_code
from accrual.search.words import fold

SUZHOU = GeoPoint(31.304, 120.595)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Suzhou", "Suzhou, Jiangsu, China"),
        ("suzhou, china", "Suzhou, Jiangsu, China"),
        ("Suzhou, Anhui", "Suzhou, Anhui, China"),
        ("Suzhou China", "Suzhou, Jiangsu, China"),
        ("Paris", "Paris, France"),
        ("Paris, Texas", "Paris, Texas, United States"),
        ("Paris, TX", "Paris, Texas, United States"),
        ("Paris, TX, USA", "Paris, Texas, United States"),
        ("München", "Munich, Bavaria, Germany"),
        ("New York", "New York City, New York, United States"),
        ("Cologne", "Köln, North Rhine-Westphalia, Germany"),
        ("北京", "Beijing, China"),
        ("Lyon, Rhône, France", "Lyon, France"),
        ("USA", "United States"),
        ("Georgia", "Georgia"),
        ("Georgia, USA", "Georgia, United States"),
        ("California", "California, United States"),
        ("02139", "02139 Cambridge, MA, United States"),
        ("02139-4307", "02139 Cambridge, MA, United States"),
        ("31.3, 120.6", "31.3, 120.6"),
    ],
)
def test_a_place_is_found_by_name(places: Places, typed: str, name: str) -> None:
    assert places.find(typed).name == name


def test_the_largest_wins_and_the_others_are_named(places: Places) -> None:
    paris = places.find("Paris")
    assert paris.kind == "city"
    assert "Paris, Texas, United States" in paris.alternatives
    assert paris.name not in paris.alternatives


def test_a_slip_of_the_finger_is_answered_with_the_right_spelling(places: Places) -> None:
    with pytest.raises(PlaceNotFoundError, match="Shanghai, China"):
        places.find("Shanhgai")


@pytest.mark.parametrize(
    "typed", ["", "   ", "Boston, Atlantis", "99999", "91, 0", "0, 181", "x" * 10_000, "\x00", ",,,"]
)
def test_what_no_table_has_is_refused(places: Places, typed: str) -> None:
    with pytest.raises(PlaceNotFoundError):
        places.find(typed)


def test_beginnings_are_completed_with_the_largest_first(places: Places) -> None:
    assert places.suggest("suzh", 3)[0] == "Suzhou, Jiangsu, China"
    assert places.suggest("", 3) == ()
    assert len(places.suggest("s", 5)) == 5


def test_a_site_is_placed_by_city_state_and_country(places: Places) -> None:
    suzhou = places.place_site("Suzhou", "Jiangsu", "China")
    assert suzhou is not None
    assert suzhou.distance_km(SUZHOU) < 1
    springfield = places.place_site("Springfield", "Illinois", "United States")
    assert springfield is not None
    assert springfield.distance_km(GeoPoint(39.80, -89.64)) < 20
    assert places.place_site("Springfield", "Hawaii", "United States") is None
    assert places.place_site("Seoul", "", "Korea, Republic of") is not None
    assert places.place_site("Nowhere at all", "", "China") is None
    assert places.place_site("Paris", "", "Atlantis") is None


def test_the_tables_are_kept_in_the_folder_and_rebuilt_when_damaged(places: Places, tmp_path: Path) -> None:
    first = Places(tmp_path)
    assert first.find("Suzhou").point.distance_km(SUZHOU) < 1
    kept = next(tmp_path.glob("cities-*"))
    assert Places(tmp_path).find("Suzhou").name == first.find("Suzhou").name
    (kept / "rows.npy").write_bytes(b"garbage")
    assert Places(tmp_path).find("Suzhou").name == "Suzhou, Jiangsu, China"


# A capital or large city of each, to hold the codes against GeoNames' cities.
CAPITALS = {
    "CN": "Jiangsu Nanjing|Zhejiang Hangzhou|Anhui Hefei|Jiangxi Nanchang|Jilin Changchun|Qinghai Xining|Fujian Fuzhou"
    "|Heilongjiang Harbin|Henan Zhengzhou|Hebei Shijiazhuang|Hunan Changsha|Hubei Wuhan|Xinjiang Ürümqi|Tibet Lhasa"
    "|Gansu Lanzhou|Guangxi Nanning|Guizhou Guiyang|Liaoning Shenyang|Inner Mongolia/Hohhot|Ningxia Yinchuan"
    "|Beijing Beijing|Shanghai Shanghai|Shanxi Taiyuan|Shandong Jinan|Shaanxi Xi'an|Tianjin Tianjin|Yunnan Kunming"
    "|Guangdong Guangzhou|Hainan Haikou|Sichuan Chengdu|Chongqing Chongqing",
    "CA": "Alberta Edmonton|British Columbia/Victoria|Manitoba Winnipeg|New Brunswick/Fredericton|Ontario Toronto"
    "|Nova Scotia/Halifax|Prince Edward Island/Charlottetown|Quebec Montréal|Saskatchewan Regina|Yukon Whitehorse"
    "|Newfoundland and Labrador/St. John's|Northwest Territories/Yellowknife|Nunavut Iqaluit",
    "AU": "New South Wales/Sydney|Victoria Melbourne|Queensland Brisbane|South Australia/Adelaide|Tasmania Hobart"
    "|Western Australia/Perth|Northern Territory/Darwin|Australian Capital Territory/Canberra",
    "GB": "England London|Scotland Edinburgh|Wales Cardiff|Northern Ireland/Belfast",
    "DE": "Baden-Wuerttemberg Stuttgart|Bavaria Munich|Bremen Bremen|Hamburg Hamburg|Hesse Wiesbaden"
    "|Saarland Saarbrücken"
    "|Lower Saxony/Hannover|North Rhine-Westphalia/Düsseldorf|Rhineland-Palatinate Mainz|Schleswig-Holstein Kiel"
    "|Brandenburg Potsdam|Mecklenburg-Western Pomerania/Schwerin|Saxony Dresden|Saxony-Anhalt Magdeburg"
    "|Thuringia Erfurt"
    "|Berlin Berlin",
}


@pytest.mark.parametrize(
    ("country", "region", "city"),
    [
        (country, *(pair.split("/", 1) if "/" in pair else pair.split(" ", 1)))
        for country, pairs in CAPITALS.items()
        for pair in pairs.split("|")
    ],
)
def test_every_region_holds_its_capital(places: Places, country: str, region: str, city: str) -> None:
    code = region_code(country, region)
    assert code
    found = places._cities.named(fold(city))
    assert (country, code) in {(c.country, c.region) for c in found}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Korea, Republic of", "South Korea"),
        ("Turkey (Türkiye)", "Turkey"),
        ("Russian Federation", "Russia"),
        ("usa", "United States"),
        ("Côte d’Ivoire", "Côte d'Ivoire"),
        ("Atlantis", "Atlantis"),
    ],
)
def test_a_country_has_one_name(written: str, name: str) -> None:
    assert country_name(written) == name
