"""Every command, option and exit code stands in docs/cli.md, and every route in docs/api.md, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from accrual.api.routes import routes
from accrual.cli.app import app
from accrual.cli.run import MEANINGS

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
API_PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = {
    section.split(None, 1)[0]: section for section in re.split(r"^## accrual ", PAGE, flags=re.MULTILINE)[1:]
}


def test_every_command_has_a_section() -> None:
    assert SECTIONS.keys() == typer.main.get_command(app).commands.keys()  # type: ignore[attr-defined]


def test_every_option_is_documented_and_every_documented_option_exists() -> None:
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        rows = "\n".join(line for line in SECTIONS[name].splitlines() if line.startswith("|"))
        documented = set(re.findall(r"`(--[a-z-]+)", rows))
        parts = [command, *getattr(command, "commands", {}).values()]  # `accrual snapshot create`
        options = {
            opt
            for part in parts
            for param in part.params
            for opt in (*param.opts, *param.secondary_opts)
            if opt[0] == "-"
        }
        assert documented == options, name


def test_every_exit_code_is_documented() -> None:
    for code, meaning in MEANINGS.items():
        assert f"| {code.value} | {meaning} |" in PAGE


def test_every_route_of_the_api_is_documented() -> None:
    for route in routes(finder=None, today=None):  # type: ignore[arg-type]
        (method,) = (route.methods or set()) - {"HEAD"}
        assert f"`{method} {route.path.replace('{nct}', '{NCT}')}`" in API_PAGE
