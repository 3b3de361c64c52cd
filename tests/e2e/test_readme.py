"""The README's commands exist as it writes them: each `accrual` line parses, and its make targets are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from accrual import Finder
from accrual.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(accrual [^`…]+)`")
_OPTION = re.compile(r"`(--[a-z-]+)")


def commands_in(page: str) -> list[str]:
    """Return the accrual commands of a page's shell blocks, without comments, and those inside its sentences."""
    found = [
        line
        for kind, body in _BLOCK.findall(page)
        if kind in ("", "sh", "console")
        for line in body.splitlines()
        if line.removeprefix("$ ").startswith("accrual ") and "…" not in line
    ]
    return [line.removeprefix("$ ") for line in found] + _INLINE.findall(_BLOCK.sub("", page))


COMMANDS = sorted({(path.name, line) for path in PAGES for line in commands_in(path.read_text("utf-8"))})


def test_the_readme_shows_every_command_of_the_issue() -> None:
    shown = " ".join(line for name, line in COMMANDS if name == "README.md")
    for command in ("load", "find", "show", "criteria", "screen", "match", "serve", "status"):
        assert f"accrual {command}" in shown
    assert (
        'find "CD7 CAR-T" --condition leukemia --status recruiting --near "Suzhou" --within 100km --top 20'
        in shown
    )


@pytest.mark.parametrize(("name", "line"), COMMANDS)
def test_every_command_in_the_pages_parses(name: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    root = typer.main.get_command(app)
    context = root.make_context("accrual", list(words), resilient_parsing=False)
    rest = [*context._protected_args, *context.args]  # what stands after the global options
    command = root.get_command(context, rest[0])  # type: ignore[attr-defined]
    assert command is not None, line
    if rest[1:]:  # a command named alone is a name, not a call
        command.make_context(rest[0], rest[1:], parent=context)


def test_options_in_comments_exist_too() -> None:
    root = typer.main.get_command(app)
    for name, line in COMMANDS:
        command, _, comment = line.partition("#")
        for option in re.findall(r"--[a-z-]+", comment):
            known = root.commands[shlex.split(command)[1]].params  # type: ignore[attr-defined]
            assert any(option in parameter.opts for parameter in known), (name, line)


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)", (ROOT / "README.md").read_text("utf-8")))
    assert {"run", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_python_example_uses_what_there_is() -> None:
    (example,) = (body for kind, body in _BLOCK.findall(PAGES[0].read_text("utf-8")) if kind == "python")
    compile(example, "README.md", "exec")
    for method in re.findall(r"finder\.(\w+)\(", example):
        assert callable(getattr(Finder, method))


def test_every_page_that_the_readme_links_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", PAGES[0].read_text("utf-8")):
        assert (ROOT / target).is_file(), target
