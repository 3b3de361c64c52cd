"""What the registry's API says of its own data equals what was recorded of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from accrual.registry.fields import FIELDS
from accrual.registry.metadata import describe_areas, describe_enums, describe_fields


def nodes(tree: list[dict[str, Any]], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for node in tree:
        path = f"{above}.{node['name']}" if above else node["name"]
        yield path, node
        yield from nodes(node.get("children", []), path)


def test_enumerations_are_the_recorded_ones(shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2/studies_enums.json").read_bytes())
    assert describe_enums() == recorded


def test_search_areas_are_the_recorded_ones(shared_reference: Path) -> None:
    recorded = json.loads((shared_reference / "ctgov-api-v2/search_areas.json").read_bytes())
    ours = describe_areas()
    for document in ours:
        for area in document["areas"]:
            # What the record of it leaves out, and the null that the document does not allow.
            area.setdefault("param", None)
            area.setdefault("uiLabel", None)
            for part in area["parts"]:
                assert isinstance(part.pop("isEnum"), bool)
                assert isinstance(part.pop("isSynonyms"), bool)
                assert part.pop("type")
    assert ours == recorded


def test_the_tree_has_every_field_of_today_in_its_place() -> None:
    found = dict(nodes(describe_fields()))
    assert list(found) == [field.path for field in FIELDS if not field.historic]
    assert found["protocolSection.designModule.phases"] == {
        "name": "phases", "piece": "Phase", "sourceType": "Phase[]", "type": "Phase[]", "isEnum": True
    }  # fmt: skip
    assert found["protocolSection.eligibilityModule.sex"]["altPieceNames"] == ["Gender"]
    assert found["protocolSection.contactsLocationsModule.locations"]["nested"] is True


def test_historic_fields_are_there_on_demand() -> None:
    found = dict(nodes(describe_fields(include_historic_only=True)))
    assert list(found) == [field.path for field in FIELDS]
    code = found["protocolSection.contactsLocationsModule.locations.countryCode"]
    assert code["historicOnly"] is True


def test_the_tree_keeps_to_the_public_document() -> None:
    allowed = {
        "altPieceNames", "children", "dedLink", "description", "historicOnly", "indexedOnly", "isEnum", "maxChars",
        "name", "nested", "piece", "rules", "sourceType", "synonyms", "title", "type",
    }  # fmt: skip
    for _, node in nodes(describe_fields(include_indexed_only=True, include_historic_only=True)):
        assert {"name", "piece", "sourceType", "type"} <= set(node) <= allowed
