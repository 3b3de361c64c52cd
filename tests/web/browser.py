"""A real browser for the tests of pages: starting it, axe-core, and the pictures that the documentation shows.

`ACCRUAL_PICTURES=1 python -m pytest tests/web` takes those that the documentation shows, into `docs/pictures`; else
none are taken: drawing them without a graphics card takes the tests long.
"""

from __future__ import annotations

import os
import re
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
DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "pictures"
TALLEST = 1_600  # pixels of a page that a picture shows: more is not looked at in a document; set by hand
_SHOWN = re.compile(r"pictures/([\w-]+)\.png")
_STICKS_OUT = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter(one => {
      const box = one.getBoundingClientRect();
      return box.width && (box.right > wide + 1 || box.left < -1);
    })
    .map(one => one.tagName + "." + one.className + " " + one.textContent.trim().slice(0, 40)).slice(0, 5);
}"""
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


def shown() -> set[str]:
    """Return the names of the pictures that the documentation shows."""
    pages = (*DOCS.glob("*.md"), DOCS.parent / "README.md")
    return {name for page in pages for name in _SHOWN.findall(page.read_text(encoding="utf-8"))}


def take_picture(page: Page, name: str) -> None:
    """Take a picture of the page, from its top, where asked to and where the documentation shows it."""
    if os.environ.get("ACCRUAL_PICTURES") != "1" or name not in shown():
        return
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    width = page.viewport_size["width"] if page.viewport_size else DESKTOP["width"]
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]


def wider_than_the_window(page: Page) -> list[str]:
    """Return what sticks out of the window sideways, so that a reader would have to scroll both ways.

    What scrolls inside a box of its own (a table) does not stick out.
    """
    found: list[str] = page.evaluate(_STICKS_OUT)
    return found


def reach(page: Page, name: str, most: int) -> None:
    """Reach what has this text by the keyboard alone, with so many Tabs at most."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == name:
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")
