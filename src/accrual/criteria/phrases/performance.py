"""Which way "better" goes on a scale: "ECOG 1 or better", "Karnofsky 70 or better".

Comes in: a variable's id and `better` or `worse`. Goes out: the comparator. Refuses (None) a scale that is not
listed here.
"""

from __future__ import annotations

# Scales where a lower grade is a better state. Sources: Oken 1982 (ECOG); NYHA 1994; Kurtzke 1983 (EDSS).
LOWER_IS_BETTER = frozenset(("ecog", "nyha", "edss", "asa", "child-pugh-score", "nihss"))
# Scales where a higher grade is a better state. Sources: Karnofsky 1949; Lansky 1987; Teasdale 1974 (GCS).
HIGHER_IS_BETTER = frozenset(("karnofsky", "lansky", "gcs", "mmse", "moca"))


def direction(variable: str, suffix: str) -> str | None:
    """Return `<=` or `>=` for "or better" and "or worse" on this scale, None where the scale is not known."""
    if variable in LOWER_IS_BETTER:
        return "<=" if suffix == "better" else ">="
    if variable in HIGHER_IS_BETTER:
        return ">=" if suffix == "better" else "<="
    return None
