"""The virtual trial needs an extra: without it these tests say so and are skipped."""

from __future__ import annotations

import importlib.util

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("scipy", "numba") if importlib.util.find_spec(name) is None]
    if missing:
        for item in items:
            if "tests/simulate" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason=f"accrual[simulate] is not installed: {missing}"))
