"""Records with the text of old: `markupFormat=legacy`.

Comes in: a record as decoded JSON, in the markdown that it is kept in. Goes out: the same record, its `markup` fields
as the former system wrote them: markdown's escapes undone, lines ended by CRLF. Lists keep their marks.
Refuses nothing.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from accrual.registry.fields import FIELDS, Record
from accrual.registry.textblock import unescape

_Tree: TypeAlias = "dict[str, _Tree]"


def legacy_text(markdown: str) -> str:
    r"""Return markdown as the former system wrote it.

    Example:
        >>> legacy_text("Age \\> 18\n\n* HIV")
        'Age > 18\r\n\r\n* HIV'
    """
    return unescape(markdown).replace("\r\n", "\n").replace("\n", "\r\n")


def legacy_record(record: Record) -> dict[str, Any]:
    """Return a record, or a part that a projection gave of one, with its markup as the former system wrote it."""
    found: dict[str, Any] = _rewrite(record, _TREE)
    return found


def _rewrite(value: Any, tree: _Tree) -> Any:
    if isinstance(value, str):
        return legacy_text(value) if not tree else value
    if isinstance(value, list):
        return [_rewrite(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _rewrite(below, tree[name]) if name in tree else below for name, below in value.items()}
    return value


def _markup_tree() -> _Tree:
    top: _Tree = {}
    for field in FIELDS:
        if field.type == "markup":
            here = top
            for name in field.path.split("."):
                here = here.setdefault(name, {})
    return top


_TREE = _markup_tree()
