"""Whether a new version of a study has shrunk so much that it looks like damage, not like an update.

Comes in: the version that is held, and the one that comes. Goes out: what is missing, in words; nothing where all is
well. Refuses nothing: whoever asks decides.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

KEPT_SHARE: Final = 0.2
"""Below this share of its bytes a record has lost most of itself. Set by hand: in the 58 updates of the shared history
the smallest share is 0.79, the next 0.98; results that are taken back can halve a record."""
KEPT_MODULES: Final = 0.5
"""And below this share of its modules. Set by hand: none of those 58 updates lost one."""

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def shrinkage(held: bytes, new: bytes) -> str:
    """Say what a new version of a study has lost; empty where it lost nothing that matters so much.

    Arguments:
        held, new: registry JSON (API v2).

    Example:
        >>> shrinkage(b'{"protocolSection":{"eligibilityModule":{"eligibilityCriteria":"Adults"}}}', b"{}")
        'its eligibility criteria are gone'
    """
    if held == new:
        return ""
    before, after = _decode(held), _decode(new)
    if _criteria(before) and not _criteria(after):
        return "its eligibility criteria are gone"
    had, has = _modules(before), _modules(after)
    if len(new) < KEPT_SHARE * len(held) and has <= KEPT_MODULES * had:
        return f"only {len(new):,} of its {len(held):,} bytes and {has} of its {had} modules are left"
    return ""


def _criteria(record: dict[str, Any]) -> str:
    try:
        return str(record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]).strip()
    except (KeyError, TypeError):
        return ""


def _modules(record: dict[str, Any]) -> int:
    return sum(len(section) for section in record.values() if isinstance(section, dict))
