"""Criteria that are lists of tags: "primary_open_angle_glaucoma ocular_hypertension", a name on each line.

Comes in: the words of a criterion, and the same made plain. Goes out: the plain words with a comma between the tags, so
that they are read as a list; every offset stays true. Refuses, and leaves as it is: words that are not all tags.
"""

from __future__ import annotations

import re

_TAGS = re.compile(r"\s*[^\W\d_][\w-]*(?:_[\w-]+)?(?:\s+[^\W\d_][\w-]*)*\s*")
_BETWEEN = re.compile(r"(?<=\S)\s(?=\s*\S)")
MIN_UNDERSCORED = 3
"""One tag in so many must have an underscore: a sentence with one odd word is no list."""


def untagged(words: str, clean: str) -> str:
    r"""Return the plain words with a comma between tags.

    Example:
        >>> untagged("dry_eye asthma", "dry eye asthma")
        'dry eye,asthma'
    """
    if "_" not in words or _TAGS.fullmatch(words) is None:
        return clean
    tags = words.split()
    if sum("_" in tag for tag in tags) * MIN_UNDERSCORED < len(tags) or len(tags) < 2:
        return clean
    out = list(clean)
    for found in _BETWEEN.finditer(words):
        out[found.start()] = ","
    return "".join(out)
