"""The page of the seed trial says what the public trial page says, in the same order and words."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from accrual.cli.run import run
from accrual.finder import Finder
from accrual.web.app import create_app

SEED = "NCT04785833"
# Words of the public page that are no part of the trial: its own menu, logo, loading sign and footer; the sponsor's
# short name, which stands once more before the full one; and a funder class that the registry record leaves out.
NOT_THE_TRIAL = {"ClinicalTrials.Veeva", "Menu", "PersonGen BioTherapeutics logo", "Loading...", "Other"}
FOOTER = "Clinical trials"


@pytest.fixture(scope="module")
def public_words(shared_data: Path) -> list[str]:
    """The lines of the public page, in order."""
    lines = (shared_data / "seed" / "trial-page.txt").read_text("utf-8").splitlines()
    words = [" ".join(line.replace("•", " ").split()) for line in lines]
    return [line for line in words[: words.index(FOOTER)] if line and line not in NOT_THE_TRIAL]


@pytest.fixture(scope="module")
def home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the real record of the seed trial."""
    folder = tmp_path_factory.mktemp("seed")
    with Finder(folder) as finder:
        assert finder.load([shared_data / "seed" / f"{SEED}.json"]).added == 1
    return folder


def follow(text: str, words: list[str]) -> None:
    """Fail unless the text has all the words, each after the one before."""
    at = 0
    for line in words:
        found = text.find(line, at)
        assert found >= 0, f"{line!r} does not follow {text[max(at - 80, 0) : at]!r}"
        at = found + len(line)


def test_the_web_page_has_every_section(home: Path, public_words: list[str]) -> None:
    with Finder(home) as finder:
        source = TestClient(create_app(finder)).get(f"/trials/{SEED}").text
    text = html.unescape(re.sub(r"<[^>]*>", " ", source.partition("<article")[2].partition(">")[2]))
    follow(" ".join(text.split()), public_words)


@pytest.mark.parametrize("form", [(), ("--markdown",)])
def test_the_terminal_and_markdown_have_every_section(
    home: Path,
    public_words: list[str],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    form: tuple[str, ...],
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["--home", str(home), "show", SEED, *form]) == 0
    text = re.sub(r"[#*•\\]+|^\s*-\s", " ", capfd.readouterr().out, flags=re.MULTILINE)
    # A number alone (of locations) is told in words there; lines broken in a word are put together again.
    follow("".join(text.split()), ["".join(line.split()) for line in public_words if not line.isdecimal()])
