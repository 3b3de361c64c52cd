"""Public addresses of what a record is about: its page at the registry, its documents, the papers it cites.

Comes in: numbers and file names. Goes out: URLs, as text; nothing is ever fetched. Refuses nothing; an empty name has
an empty address.
"""

from __future__ import annotations

from urllib.parse import quote


def study_url(nct_id: str) -> str:
    """Return the address of a study's page at the registry.

    Example:
        >>> study_url("NCT04785833")
        'https://clinicaltrials.gov/study/NCT04785833'
    """
    return f"https://clinicaltrials.gov/study/{nct_id}"


def document_url(nct_id: str, filename: str) -> str:
    """Return the address of a study's uploaded document; the registry files them by the number's last two digits.

    Example:
        >>> document_url("NCT03516279", "Prot_SAP_000.pdf")
        'https://cdn.clinicaltrials.gov/large-docs/79/NCT03516279/Prot_SAP_000.pdf'
    """
    if not filename:
        return ""
    return f"https://cdn.clinicaltrials.gov/large-docs/{nct_id[-2:]}/{nct_id}/{quote(filename)}"


def paper_url(pmid: str) -> str:
    """Return the address of a paper in PubMed; empty for what is not a number.

    Example:
        >>> paper_url("30087110")
        'https://pubmed.ncbi.nlm.nih.gov/30087110/'
    """
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isascii() and pmid.isdigit() else ""
