"""A variant of a gene to the markers of accrual's tables: EGFR p.Leu858Arg is an EGFR mutation, and that one.

Comes in: the gene, the change as HGVS writes it, how sure the laboratory is, whether the tumor or the whole body has
it. Goes out: facts of marker variables. Refuses (NotUsed): a gene without a marker, a variant that is benign or of
uncertain significance, a germline variant where trials ask about the tumor.

Sources: HGNC for genes (genenames.org); HGVS nomenclature 21.0 for changes; exon 19 and 20 of EGFR by their residues
in NM_005228 (729 to 761, 762 to 823).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from accrual.basic import PartialDate
from accrual.codes.variables import variables
from accrual.patient.ledger import NotUsed
from accrual.patient.model import Fact, Source

Origin: TypeAlias = Literal["germline", "somatic", ""]

# Any change that matters in the gene; several where one marker holds the other.
_GENES: Mapping[str, tuple[str, ...]] = {
    "BRAF": ("braf-mutation",),
    "BRCA1": ("brca-mutation",),
    "BRCA2": ("brca-mutation",),
    "CFTR": ("cftr-mutation",),
    "EGFR": ("egfr-mutation",),
    "ESR1": ("esr1-mutation",),
    "FLT3": ("flt3-mutation",),
    "IDH1": ("idh1-mutation", "idh-mutation"),
    "IDH2": ("idh2-mutation", "idh-mutation"),
    "JAK2": ("jak2-mutation",),
    "KRAS": ("kras-mutation",),
    "NPM1": ("npm1-mutation",),
    "NRAS": ("nras-mutation",),
    "PIK3CA": ("pik3ca-mutation",),
    "TP53": ("tp53-mutation",),
}
_FUSIONS: Mapping[str, str] = {
    "ALK": "alk-rearrangement",
    "FGFR2": "fgfr2-fusion",
    "NTRK1": "ntrk-fusion",
    "NTRK2": "ntrk-fusion",
    "NTRK3": "ntrk-fusion",
    "RET": "ret-fusion",
    "ROS1": "ros1-rearrangement",
}
_CHANGES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ABL1", "T315I"): ("t315i-mutation",),
    ("BRAF", "V600E"): ("braf-v600e-mutation", "braf-v600-mutation"),
    ("EGFR", "L858R"): ("egfr-l858r-mutation",),
    ("EGFR", "T790M"): ("egfr-t790m-mutation",),
    ("JAK2", "V617F"): ("jak2-v617f-mutation",),
    ("KRAS", "G12C"): ("kras-g12c-mutation",),
}
# Trials ask for these in the whole body; for all others they mean the tumor, and a child with a RASopathy has none.
_BORN_WITH = frozenset(("BRCA1", "BRCA2", "CFTR"))

# HGNC ids of the genes above, for reports that give nothing but the id.
_HGNC: Mapping[str, str] = {
    "76": "ABL1",
    "427": "ALK",
    "1097": "BRAF",
    "1100": "BRCA1",
    "1101": "BRCA2",
    "1884": "CFTR",
    "3236": "EGFR",
    "3467": "ESR1",
    "3689": "FGFR2",
    "3765": "FLT3",
    "5382": "IDH1",
    "5383": "IDH2",
    "6192": "JAK2",
    "6407": "KRAS",
    "7910": "NPM1",
    "7989": "NRAS",
    "8031": "NTRK1",
    "8032": "NTRK2",
    "8033": "NTRK3",
    "8975": "PIK3CA",
    "9967": "RET",
    "10261": "ROS1",
    "11998": "TP53",
}
_THREE = "Ala Arg Asn Asp Cys Gln Glu Gly His Ile Leu Lys Met Phe Pro Ser Thr Trp Tyr Val Ter"
_LETTERS: Mapping[str, str] = dict(zip(_THREE.split(), "ARNDCQEGHILKMFPSTWYV*", strict=True))
_AMINO = re.compile("|".join(_LETTERS))
_POINT = re.compile(r"(?:\bp\.\(?|^)([A-Z])(\d+)([A-Z*])(?:\)|$)")
_RANGE = re.compile(r"(?:\bp\.\(?|^)[A-Z](\d+)(?:_[A-Z](\d+))?(delins|del|ins|dup)")
_SILENT = re.compile(r"\bp\.\(?(?:[A-Z]\d+)?=")
_FUSED = re.compile(r"fusion|rearrange|translocat", re.IGNORECASE)
_SYMBOL = re.compile(r"^[A-Z][A-Z0-9-]{1,14}$")


def gene_named(*spellings: str) -> str:
    """Return the gene's symbol from a symbol or an HGNC id (`HGNC:3236`); empty when no spelling is one."""
    for text in spellings:
        number = text.strip().upper().removeprefix("HGNC:")
        if number in _HGNC:
            return _HGNC[number]
        if _SYMBOL.match(text.strip()):
            return text.strip()
    return ""


def variant_facts(
    gene: str,
    changes: Iterable[str],
    name: str,
    *,
    present: bool = True,
    significance: str = "",
    origin: Origin = "",
    date: PartialDate | None = None,
) -> list[Fact]:
    """Return the markers that a variant decides.

    Args:
        gene: its symbol.
        changes: what is said of the change: HGVS strings, labels.
        present: False when the report says that this variant was looked for and not found.
        significance: the laboratory's grade in words, empty when it gives none.
        origin: whether the patient was born with it; empty when nobody says.

    Raises:
        NotUsed: it decides no marker.

    Example:
        >>> [fact.variable for fact in variant_facts("KRAS", ["p.Gly12Cys"], "line 1")]
        ['kras-mutation', 'kras-g12c-mutation']
    """
    what = f"Variant {gene}".rstrip()
    if not gene:
        raise NotUsed("it names no gene by its symbol", what)
    said = [text for text in changes if text]
    if "benign" in significance.lower() or "uncertain" in significance.lower():
        raise NotUsed("it is benign or of uncertain significance", what)
    special = _special(gene, said)
    whole = () if _silent(said) else _GENES.get(gene, ())
    if _fused(gene, said):
        special, whole = (_FUSIONS[gene],), ()
    if not special and not whole:
        raise NotUsed("the tables have no marker for it", what)
    if gene not in _BORN_WITH and origin == "germline":
        raise NotUsed("the patient was born with it; trials ask for this marker in the tumor", what)
    if not present and not special:
        raise NotUsed("that one variant is absent does not say that the gene has no other", what)
    held = special if not present else tuple(dict.fromkeys((*whole, *special)))
    quote = " ".join((gene, *said[:1]))
    return [
        Fact(
            kind="measurement",
            text=variables()[marker].name,
            source=Source(name, quote if present else f"{quote}: absent"),
            variable=marker,
            value="positive" if present else "negative",
            date=date,
        )
        for marker in held
    ]


def _special(gene: str, said: list[str]) -> tuple[str, ...]:
    for text in said:
        short = _AMINO.sub(lambda found: _LETTERS[found.group()], text)
        point = _POINT.search(short)
        if point:
            known = _CHANGES.get((gene, "".join(point.groups())))
            if known:
                return known
            if gene == "BRAF" and point.group(1, 2) == ("V", "600"):
                return ("braf-v600-mutation",)
        stretch = _RANGE.search(short)
        if gene == "EGFR" and stretch:
            first, kind = int(stretch.group(1)), stretch.group(3)
            if 729 <= first <= 761 and kind in ("del", "delins"):
                return ("egfr-exon-19-deletion",)
            if 762 <= first <= 823 and kind in ("ins", "dup"):
                return ("egfr-exon-20-insertion",)
    return ()


def _silent(said: list[str]) -> bool:
    return any(_SILENT.search(_AMINO.sub(lambda found: _LETTERS[found.group()], text)) for text in said)


def _fused(gene: str, said: list[str]) -> bool:
    return gene in _FUSIONS and any(_FUSED.search(text) for text in said)
