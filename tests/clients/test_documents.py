"""schemathesis: the server against the public OpenAPI document, and against our own; a short run of `make fuzz-api`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from clients_environment import PROGRAMS, Environments

# Whether an expression can be read is not in any document: what fits its type may still be refused.
CHECKS = ("--exclude-checks", "positive_data_acceptance")

FORGOTTEN = {
    # The public document names the formats and leaves out what they are sent as.
    '                $ref: "#/components/schemas/PagedStudies"\n': (
        '                $ref: "#/components/schemas/PagedStudies"\n'
        "            text/csv:\n"
        "              schema:\n"
        '                $ref: "#/components/schemas/StudiesCsv"\n'
    ),
    "            application/fhir+json:\n": (
        "            application/x-research-info-systems:\n"
        "              schema:\n"
        '                type: "string"\n'
        "            application/fhir+json:\n"
    ),
}
"""What the public document lacks: after which line → that line and what is missing."""

Check = Callable[..., str]


@pytest.fixture(scope="module")
def check(environments: Environments, tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Runs schemathesis, and gives its report; more examples with `ACCRUAL_FUZZ_EXAMPLES` set."""
    folder = tmp_path_factory.mktemp("schemathesis")
    python = environments.python("schemathesis")

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), "-m", "schemathesis.cli", "run", *arguments, *CHECKS, "--seed", "7", "--no-shrink"],
            capture_output=True,
            text=True,
            timeout=3600,
            check=False,
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(PROGRAMS)},
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    return run


def examples(few: int) -> tuple[str, ...]:
    return ("--max-examples", os.environ.get("ACCRUAL_FUZZ_EXAMPLES", str(few)))


def test_the_server_does_what_the_public_document_says(
    check: Check, server: str, shared_reference: Path, tmp_path: Path
) -> None:
    public = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text()
    for line, whole in FORGOTTEN.items():
        assert public.count(line) == 1
        public = public.replace(line, whole)
    document = tmp_path / "public.yaml"
    document.write_text(public)
    phases = "coverage,fuzzing" if "ACCRUAL_FUZZ_EXAMPLES" in os.environ else "examples,fuzzing"
    report = check(str(document), "--url", f"{server}/api/v2", "--phases", phases, *examples(8))
    assert "Operations:       9 selected / 9 total" in report


def test_the_server_does_what_our_own_document_says(check: Check, server: str) -> None:
    phases = "coverage,fuzzing" if "ACCRUAL_FUZZ_EXAMPLES" in os.environ else "fuzzing"
    report = check(f"{server}/api/oas/v2", "--phases", phases, *examples(6))
    assert "Operations:       12 selected / 12 total" in report
