"""How one name is spelled in many ways: case, hyphens, apostrophes, plurals, American and British.

Comes in: a name as a table writes it (American, singular). Goes out: its folded form, and the spellings under
which texts write it. Refuses nothing.
"""

from __future__ import annotations

import re

STRICT_LETTERS = 4
"""An abbreviation of so many letters or fewer is found in a text only as it is written: `ALL`, `AIDS`, `PsA`."""

# Every character below is replaced by one character, so that offsets stay where they are.
_SAME = str.maketrans(
    {
        **dict.fromkeys("-‐‑‒–—−_\t\n\r\f\v\u00a0\u2002\u2003\u2009\u202f", " "),
        **dict.fromkeys("’‘ʼ`´", "'"),
    }
)
_RARE = re.compile(f"[{re.escape(''.join(chr(sign) for sign in _SAME if sign > 127))}]")
_SPACES = re.compile(r" +")

# American stem -> British stem, as in Oxford English; whole-word parts only where shorter would misfire.
_BRITISH = (
    ("emia", "aemia"),
    ("emic", "aemic"),
    ("tumor", "tumour"),
    ("hemo", "haemo"),
    ("hema", "haema"),
    ("edema", "oedema"),
    ("esophag", "oesophag"),
    ("diarrhea", "diarrhoea"),
    ("pediatric", "paediatric"),
    ("fetal", "foetal"),
    ("gynec", "gynaec"),
    ("estr", "oestr"),
    ("celiac", "coeliac"),
    ("cesarean", "caesarean"),
    ("anesthe", "anaesthe"),
    ("orthopedic", "orthopaedic"),
    ("behavior", "behaviour"),
    ("fiber", "fibre"),
    ("sulf", "sulph"),
    ("catheteriz", "catheteris"),
    ("immuniz", "immunis"),
    ("generalized", "generalised"),
    ("localized", "localised"),
    ("vascularization", "vascularisation"),
    ("embolization", "embolisation"),
)
_HAS_AMERICAN = re.compile("|".join(american for american, _ in _BRITISH))


def flat(text: str) -> str:
    """Return `text` with hyphens and white space as spaces, case kept; every character stays in its place."""
    if not text.isascii() and _RARE.search(text):
        return text.translate(_SAME)
    # The same, ten times as fast, where only the plain signs of the table can stand.
    text = text.replace("-", " ").replace("_", " ").replace("\n", " ").replace("\t", " ")
    return text.replace("\r", " ").replace("\f", " ").replace("\v", " ")


def fold(text: str) -> str:
    """Return `text` in lower case with hyphens and white space as spaces; every character stays in its place."""
    return lowered(flat(text))


def lowered(text: str) -> str:
    """Return `text` in lower case; every character stays in its place."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(each if len(each := sign.lower()) == 1 else sign for sign in text)


def american(text: str) -> str:
    """Return folded text with British stems turned American: `oesophageal anaemia` to `esophageal anemia`."""
    for ours, british in _BRITISH:
        if british in text:
            text = text.replace(british, ours)
    return text


def british(text: str) -> str:
    """Return folded text with American stems turned British: `esophageal anemia` to `oesophageal anaemia`.

    What only looks like such a stem becomes a word that no text has: look for both spellings.
    """
    for ours, theirs in _BRITISH:
        if ours in text and theirs not in text:
            text = text.replace(ours, theirs)
    return text


def folded_key(text: str) -> str:
    """Return the folded form with single spaces and none around it: for whole-string lookup."""
    return _SPACES.sub(" ", fold(text)).strip()


def is_strict(surface: str) -> bool:
    """Say whether a spelling is a short abbreviation, found in a text only as it is written: `ALL`, `PsA`.

    It has `STRICT_LETTERS` letters or fewer, two of them capitals. `PSA` is an antigen, `PsA` an arthritis.
    """
    if len(surface) > 2 * STRICT_LETTERS or surface.islower():
        return False
    letters = [sign for sign in surface if sign.isalpha()]
    return len(letters) <= STRICT_LETTERS and sum(sign.isupper() for sign in letters) >= 2


def plural(surface: str) -> str:
    """Return the English plural of a singular name: `biopsy` biopsies, `metastasis` metastases, `TIA` TIAs."""
    if is_strict(surface) or not surface[-1].islower():
        return surface + "s"
    if surface.endswith("woman"):
        return surface[:-3] + "men"
    if surface.endswith(("asis", "osis", "ysis", "esis", "xis")):
        return surface[:-2] + "es"
    if surface.endswith("y") and surface[-2:-1] not in "aeiou":
        return surface[:-1] + "ies"
    if surface.endswith(("s", "x", "ch", "sh")):
        return surface + "es"
    return surface + "s"


def spellings(surface: str) -> frozenset[str]:
    """Return the spellings under which a text may write `surface`; folded, unless it is a strict abbreviation.

    Example:
        >>> sorted(spellings("brain tumor"))
        ['brain tumor', 'brain tumors', 'brain tumour', 'brain tumours']
    """
    if is_strict(surface):
        return frozenset((surface, plural(surface)))
    base = folded_key(surface)
    found = {base}
    if _HAS_AMERICAN.search(base):
        for american, british in _BRITISH:
            if american in base and british not in base:
                found |= {name.replace(american, british) for name in found}
    for name in tuple(found):
        if "'s " in name:
            found |= {name.replace("'s ", "s "), name.replace("'s ", " ")}
    for name in tuple(found):
        head, joint, rest = name.partition(" of ")
        found.add(plural(head) + joint + rest if joint and head[-1] != "s" else plural(name))
    return frozenset(found)
