"""Our own OpenAPI document: it says what the server does, and real answers fit it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.api.limits import Limits
from accrual.api.oas import openapi_document
from accrual.api.registry import registry_routes

DOCUMENT = openapi_document()


def misfits(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """What of a value does not fit a schema; of JSON Schema only what our document uses."""
    if "$ref" in schema:
        return misfits(value, DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], where)
    if "anyOf" in schema:
        found = [misfits(value, one, where) for one in schema["anyOf"]]
        return [] if any(not one for one in found) else min(found, key=len)
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "number": (int, float),
    }
    if not isinstance(value, kinds[schema["type"]]) or (
        isinstance(value, bool) and schema["type"] != "boolean"
    ):
        return [f"{where}: {value!r:.40} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is not among the values"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{where}: {value!r:.40} is not as its pattern"]
    if isinstance(value, list):
        return [
            bad for at, one in enumerate(value) for bad in misfits(one, schema["items"], f"{where}[{at}]")
        ]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        bad = [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        if schema.get("additionalProperties") is False:
            bad += [f"{where}.{name} is unknown" for name in value if name not in known]
        for name, one in value.items():
            if name in known:
                bad += misfits(one, known[name], f"{where}.{name}")
        return bad
    return []


def schema_of(path: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    return found


def test_every_route_is_in_the_document_and_nothing_else() -> None:
    routes = {route.path for route in registry_routes(None, Limits())}  # type: ignore[arg-type]
    documented = {
        f"{entry.get('servers', DOCUMENT['servers'])[0]['url']}{path}"
        for path, entry in DOCUMENT["paths"].items()
    }
    assert routes - {"/api/oas/v2"} == documented


def test_the_server_gives_the_document(demo_client: TestClient) -> None:
    assert demo_client.get("/api/oas/v2").json() == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(DOCUMENT)))
    assert named <= DOCUMENT["components"]["schemas"].keys()
    assert {"Study", "PagedStudies"} <= named


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/api/v2/studies?pageSize=300&countTotal=true", "/studies"),
        ("/api/v2/studies/metadata", "/studies/metadata"),
        ("/api/v2/studies/search-areas", "/studies/search-areas"),
        ("/api/v2/studies/enums", "/studies/enums"),
        ("/api/v2/version", "/version"),
    ],
)
def test_real_answers_fit(client: TestClient, address: str, path: str) -> None:
    assert misfits(client.get(address).json(), schema_of(path)) == []


def test_the_paths_and_operations_are_the_public_documents(shared_reference: Path) -> None:
    public = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text()
    paths = public[public.index("\npaths:") : public.index("\ncomponents:")]
    for path, operation in re.findall(r'\n  (/[^:]*):\n.*?operationId: "(\w+)"', paths, re.DOTALL):
        assert DOCUMENT["paths"][path]["get"]["operationId"] == operation
