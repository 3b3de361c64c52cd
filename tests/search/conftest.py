"""Small studies made up for the tests, and an index over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual.basic import GeoPoint
from accrual.search.index import TextIndex
from accrual.search.places import Places

SUZHOU = GeoPoint(31.30408, 120.59538)


class Change(msgspec.Struct, frozen=True):
    """What the index is fed."""

    study: int
    body: bytes


def study(number: int, title: str = "", **parts: Any) -> Change:
    """Return a made-up study: `number` is both its key and its NCT number."""
    site = parts.pop("sites", [])
    body = {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "briefTitle": title,
                "orgStudyIdInfo": {"id": parts.pop("org", f"ORG-{number}")},
            },
            "statusModule": {
                "overallStatus": parts.pop("status", "RECRUITING"),
                "startDateStruct": {"date": parts.pop("start", "2020-01")},
                "lastUpdatePostDateStruct": {"date": parts.pop("updated", "2024-01-01")},
            },
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": "A Sponsor", "class": parts.pop("funder", "OTHER")}
            },
            "descriptionModule": {"briefSummary": parts.pop("summary", "")},
            "conditionsModule": {
                "conditions": parts.pop("conditions", []),
                "keywords": parts.pop("keywords", []),
            },
            "designModule": {"studyType": "INTERVENTIONAL", "phases": parts.pop("phases", ["PHASE2"])},
            "armsInterventionsModule": {"interventions": [{"name": name} for name in parts.pop("drugs", [])]},
            "eligibilityModule": {
                "eligibilityCriteria": parts.pop("criteria", ""),
                "sex": parts.pop("sex", "ALL"),
                "stdAges": parts.pop("ages", ["ADULT"]),
            },
            "contactsLocationsModule": {"locations": site},
        },
        "hasResults": parts.pop("results", False),
    }
    assert not parts, f"the made-up study has no {parts}"
    return Change(number, json.dumps(body).encode())


def site(
    city: str, lat: float | None = None, lon: float = 0.0, country: str = "China", status: str = ""
) -> dict[str, Any]:
    """Return a made-up site; without a latitude it has no point."""
    found: dict[str, Any] = {"facility": f"{city} Hospital", "city": city, "country": country}
    if status:
        found["status"] = status
    if lat is not None:
        found["geoPoint"] = {"lat": lat, "lon": lon}
    return found


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The tables of places, built once."""
    return Places(tmp_path_factory.mktemp("places"))


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[[Iterable[Change]], TextIndex]:
    """Return a function that builds an index of studies and opens it for reading."""

    def make(changes: Iterable[Change]) -> TextIndex:
        index = TextIndex(tmp_path / "index", writable=True)
        index.apply(list(changes))
        index.commit()
        index.close()
        return TextIndex(tmp_path / "index")

    return make
