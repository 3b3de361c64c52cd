"""Every page stands in docs/web.md, and every address there is a page."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.routing import Route
from starlette.testclient import TestClient

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
TABLE = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `/"))


def test_every_route_of_the_pages_is_documented(client: TestClient) -> None:
    routes = [route for route in client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    paths = {re.sub(r":\w+}", "}", route.path) for route in routes if not route.path.startswith("/api/")}
    assert len(paths) > 15
    documented = set(re.findall(r"`(/[^`]*)`", TABLE))
    assert paths - documented == set()


def test_routes_that_take_forms_say_so(client: TestClient) -> None:
    for route in client.app.routes:  # type: ignore[attr-defined]
        if (
            isinstance(route, Route)
            and "POST" in (route.methods or ())
            and not route.path.startswith("/api/")
        ):
            (row,) = (line for line in TABLE.splitlines() if f"`{route.path}`" in line)
            assert "`POST`" in row, route.path


def test_the_page_is_reached_from_the_readme_and_the_map() -> None:
    assert "(docs/web.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(web.md)" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
