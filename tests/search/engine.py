"""The product's search over some records, and where it does not agree with the oracle.

An expression on which they differ is made smaller, until no smaller part of it tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.search.conftest import Change
from tests.search.oracle import holds

from accrual.search.essie_writing import write_expression
from accrual.search.expression import And, Expression, Not, Or, Scoped
from accrual.search.order import read_all
from accrual.search.plan import Planner
from accrual.search.registry_index import RegistryIndex
from accrual.search.scope import Scope


class Engine:
    """The product's search over some records."""

    def __init__(self, folder: Path, records: Sequence[Mapping[str, Any]]) -> None:
        self.records = records
        index = RegistryIndex(folder, writable=True)
        index.apply([Change(number, json.dumps(record).encode()) for number, record in enumerate(records)])
        index.commit()
        index.close()
        assert index.skipped == 0
        self.snapshot = RegistryIndex(folder).snapshot()

    def find(self, tree: Expression, area: str = "BasicSearch") -> set[int]:
        """The places of the records that the engine finds.

        Raises:
            QueryTooLargeError: the search would take too long.
        """
        _, addresses = read_all(self.snapshot, Planner(self.snapshot).match(tree, Scope(area)))
        return set(self.snapshot.studies.fast_field_values("study", addresses)) if addresses else set()

    def differs(self, tree: Expression, area: str = "BasicSearch") -> dict[int, str]:
        """The records on which the engine and the oracle do not agree, and who of them finds it."""
        found = self.find(tree, area)
        said = {number for number, record in enumerate(self.records) if holds(tree, record, area)}
        return {number: "engine" if number in found else "oracle" for number in sorted(found ^ said)}

    def check(self, tree: Expression, area: str = "BasicSearch") -> None:
        """Fail with the smallest part of an expression on which they do not agree."""
        if not self.differs(tree, area):
            return
        smaller = tree
        while True:
            smaller, found = next(
                ((part, found) for part in _smaller(smaller) if (found := self.differs(part, area))),
                (smaller, {}),
            )
            if not found:
                break
        who = ", ".join(
            f"{self.records[number]['protocolSection']['identificationModule']['nctId']} only by the {by}"
            for number, by in list(self.differs(smaller, area).items())[:5]
        )
        pytest.fail(
            f"{area}: {write_expression(smaller)}: {who}\nfrom {write_expression(tree)}", pytrace=False
        )


def _smaller(tree: Expression) -> Iterator[Expression]:
    """Parts of an expression, and the expression with one part made smaller."""
    match tree:
        case And(parts=parts) | Or(parts=parts):
            yield from parts
            for at, part in enumerate(parts):
                rest = (*parts[:at], *parts[at + 1 :])
                if len(rest) > 1:
                    yield msgspec.structs.replace(tree, parts=rest)
                for each in _smaller(part):
                    yield msgspec.structs.replace(tree, parts=(*parts[:at], each, *parts[at + 1 :]))
        case Not(part=part):
            yield part
        case Scoped(part=part):
            if tree.area is None and tree.document is None:
                yield part
            for each in _smaller(part):
                yield msgspec.structs.replace(tree, part=each)
        case _:
            pass
