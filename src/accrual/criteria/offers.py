"""Lead-ins of which one thing is enough, and lists that stand below them without being set in.

Comes in: the words of a line. Goes out: whether it offers its list ("Eligible subtypes:", "One or more risk factors:"),
and how the lines below it belong to it. Refuses every line that does not end with a colon.
"""

from __future__ import annotations

import re
from typing import Literal

_OF_THE_FOLLOWING = re.compile(
    r"(?i)\b(?:(?:one|two|three|four|[1-4])(?:\s*\(\d\))?(?:\s+or\s+more)?|any(?:\s+one)?)\s+(?:of\s+)?(?:the\s+)?"
    r"(?:following|these|below)\b|\bone\s+or\s+more\s+of\b|\beither\W*$"
)
_ELIGIBLE = re.compile(
    r"(?i)\W*(?:the\s+)?(?:following\s+)?(?:eligible\s+)?(?:(?:histolog\w+|tumou?r|cell|epithelial|cancer)\s+)*"
    r"(?:sub-?types?|types?|histologies|diagnos[ei]s|diseases?|malignancies)(?:\s+(?:are|is|will\s+be)\s+eligible)?\W*"
)
_ONE_MORE = re.compile(
    r"(?i)(?:\b(?:at\s+least\s+(?:one|1)|one\s+or\s+more|1\s+or\s+more)|≥\s*(?:1|one))\s+(?:[\w-]+\s+){0,4}"
    r"(?:factors?|symptoms?|comorbidit(?:y|ies)|signs?|features?|conditions?)(?:\s+(?:for|of)\s+[\w /-]{1,60})?\W*"
)

# What is asked of everybody in nearly every trial is no alternative: with it the list is over.
_ENDS = re.compile(
    r"(?i)\W*(?:(?:signed|written|provision of|able to (?:give|provide)|voluntar\w*|willing\w*|ability)\b|"
    r"informed consent\b|"
    r"(?:eastern cooperative|ecog|karnofsky|who|performance) (?:oncology|performance|status|ps)\b|life expectancy\b|"
    r"(?:wo)?men (?:of child|must|who)|fertile\b|female (?:subjects?|patients?|participants?)\b|for all\b|adequate\b|"
    r"patients? (?:must|should)\b|subjects? (?:must|should)\b|participants? (?:must|should)\b|negative pregnancy\b)"
)


def ends_offer(words: str) -> bool:
    """Say whether a line is surely none of what a lead-in above it offers: consent, a performance status."""
    return _ENDS.match(words) is not None


def offers(words: str) -> Literal["", "kinds", "factors"]:
    """Say whether a lead-in offers a list of which one thing is enough, without "of the following".

    `kinds`: it says nothing else; `factors`: it says what the list is of.

    Example:
        >>> offers("Eligible subtypes:"), offers("Presence of at least 1 additional risk factor:"), offers("Stroke")
        ('kinds', 'factors', '')
    """
    if not words.rstrip(" *_").endswith(":"):
        return ""
    if "eligible" in words.lower() and _ELIGIBLE.fullmatch(words):
        return "kinds"
    found = _ONE_MORE.search(words)
    return "factors" if found is not None and found.end() == len(words) else ""


def is_offer(words: str) -> bool:
    """Say whether one or some of the lines below are enough, so that none of them is asked for by itself."""
    if not words.rstrip(" *_").endswith(":"):
        return False
    return _OF_THE_FOLLOWING.search(words[-200:]) is not None or offers(words) != ""
