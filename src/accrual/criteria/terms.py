"""Terms: the members of a list that is being read, each a claim with what stood before it.

Comes in: nothing; these are the types that the reader fills, and that `sharing.py` and `lists.py` make a tree of.
Refuses nothing.
"""

from __future__ import annotations

import msgspec

from accrual.basic import Span
from accrual.criteria.phrases.stream import Group
from accrual.criteria.tree import Tree, Window

PAST = frozenset(("history", "prior"))
"""Qualifiers of what was, and may be over."""
PEOPLE: frozenset[str] = frozenset(("sex", "age", "state"))


class UnclearError(Exception):
    """The scope of a word is not clear; caught in `clause.py`, never seen outside."""


class Term(msgspec.Struct):
    node: Tree
    group: Group
    joiner: str = ""  # what stood before it: and, or, comma, ""
    window: Window | None = None
    window_span: Span | None = None
    also: Window | None = None  # what lies in this window counts too
    doubt: bool = False  # an alternative that is not understood
    bare: bool = False  # begins with the name itself, so that words before the list may be meant for it too
    other: bool = (
        False  # begins with "other" or "any": the past of what stands before the list is meant for it too
    )
    again: bool = False  # a subject of its own: "patients with A and patients with B"
    shouted: bool = False  # the word before it is in capitals: "tumor AND progression"
