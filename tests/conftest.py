"""Fixtures every test may use: the shared folder of real records, skipped with a reason where it is absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real records and patients that lies beside the checkout; not part of the project."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("real records are not here: ../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """The folder of facts on the registry's API that lies beside the checkout; not part of the project."""
    folder = SHARED / "reference"
    if not folder.is_dir():
        pytest.skip("reference facts are not here: ../shared/reference is absent")
    return folder
