"""A real browser for the tests of pages: starting it, axe-core, and the pictures that the documentation shows.

`ACCRUAL_PICTURES=1 python -m pytest tests/web` keeps the pictures in `docs/pictures`; else they are only taken.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page

from accrual.web.assets import built

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DESKTOP = {"width": 1200, "height": 800}
PHONE = {"width": 375, "height": 720}

scripted = pytest.mark.skipif(built() is None, reason="`python -m accrual.web.assets` was not run")
"""For tests of what only scripts do: they need htmx and Leaflet, which `make` fetches."""


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Return what axe-core finds wrong on the page as it stands: rule, and where.

    The script is run by the browser's own hand, not put into the page: its security policy stays as it is.
    """
    page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']} at {', '.join(str(node['target']) for node in one['nodes'][:3])}"
        for one in found["violations"]
    ]


def take_picture(page: Page, name: str) -> None:
    """Take a picture of the whole page; keep it for the documentation where asked to."""
    keep = os.environ.get("ACCRUAL_PICTURES") == "1"
    path = PICTURES / f"{name}.png"
    if keep:
        path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path if keep else None, full_page=True)
