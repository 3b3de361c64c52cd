"""A registry to watch, for each test its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from watched import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)
