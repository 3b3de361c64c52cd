"""The architecture page matches the code: its map is made from the modules' own first lines.

`python -m tests.test_architecture` rewrites the map; review the diff.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "accrual"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- map: begin -->\n", "<!-- map: end -->\n"

ROOMS = (
    "cli",
    "web",
    "api",
    "watch",
    "report",
    "plain",
    "",
    "simulate",
    "match",
    "store",
    "search",
    "demo",
    "criteria",
    "criteria/phrases",
    "patient",
    "registry",
    "registry/export",
    "codes",
    "codes/sources",
)
"""The rooms in the order of the house, faces first; "" is the package itself."""


def first_line(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def written_map() -> str:
    lines = []
    for room in ROOMS:
        folder = PACKAGE / room
        about = first_line(folder / "__init__.py")
        lines += [f"### {room + '/' if room else 'accrual'}", about, ""]
        lines += [
            f"- `{path.relative_to(PACKAGE)}`: {first_line(path)}"
            for path in sorted(folder.glob("*.py"))
            if path.stem not in {"__init__", "__main__"}
        ]
        lines.append("")
    return "\n".join(lines)


def page_with(map_text: str) -> str:
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}{map_text}{END}{tail}"


def test_the_map_is_what_the_modules_say_of_themselves() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_with(written_map()), (
        "docs/architecture.md is out of date: run `python -m tests.test_architecture`"
    )


def test_every_room_is_on_the_map() -> None:
    rooms = {str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("__init__.py")}
    assert rooms - {"codes/data"} == {room or "." for room in ROOMS}


def test_every_module_says_what_it_is() -> None:
    assert [str(path) for path in PACKAGE.rglob("*.py") if len(first_line(path)) < 20] == []


def test_no_room_is_without_a_name_of_its_own() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
    assert {path for path in PACKAGE.rglob("*") if path.stem in vague} == set()


def test_no_file_is_overcrowded_without_saying_why() -> None:
    """Past 600 lines a file is split, or says at its head why not."""
    crowded = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if len((text := path.read_text(encoding="utf-8")).splitlines()) > 600
        and "Longer than 600 lines" not in text[:2000]
    ]
    assert crowded == []


def test_test_files_have_names_of_their_own() -> None:
    """Two of one name in different folders hide each other when all are collected together."""
    files = (PAGE.parents[1] / "tests").rglob("test_*.py")
    names = [path.name for path in files if not (path.parent / "__init__.py").exists()]
    assert sorted(names) == sorted(set(names))


if __name__ == "__main__":
    PAGE.write_text(page_with(written_map()), encoding="utf-8")
