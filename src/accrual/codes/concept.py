"""A concept: a condition, a drug or a procedure, with its names, its families and its codes elsewhere.

Comes in and goes out: plain values. Refuses nothing; `concepts.Vocabulary` checks that concepts fit together.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

ConceptKind: TypeAlias = Literal["condition", "drug", "procedure"]


class Concept(msgspec.Struct, frozen=True):
    """One meaning: a row of `concepts.tsv`, or of an imported source."""

    id: str
    kind: ConceptKind
    name: str
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    """`SNOMED:91861009`, `ICD10:C91.0`, `RXNORM:6809`, `MESH:D015456`, `CVX:140`: ours is the same or wider."""
    source: str = ""
