"""The seed table and the sources' terms merged: one concept a meaning.

Comes in: the seed's concepts, the terms of each source in order of trust, the rules of `imported.tsv`. Goes out:
`Merged`: the concepts, seed first, and the names that texts may be searched for. Refuses nothing: what does not fit
is left out, because a name that is not there leaves a criterion unknown, and a wrong one makes a wrong verdict.

- The seed wins: its ids, names, synonyms and the is-a among its own rows stay exactly as they are.
- Two terms are one concept if a seed row has the preferred name of one, if a source says so and no other term claims
  the same code, or if their preferred names are spelled alike.
- A synonym counts if two independent sources have it, or if it is made of the words of a preferred name.
- A concept's parents come from the first source that has any: no circle can arise between sources.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType

import msgspec

from accrual.codes.concept import Concept, ConceptKind
from accrual.codes.sources.term import Term
from accrual.codes.spelling import folded_key, is_strict

_SLUG_GAPS = re.compile(r"[^a-z0-9]+")
_GREEK = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "ω": "omega"})
_WORDS = re.compile(r"[^\W_]+")
_SMALL = frozenset(
    (
        "of",
        "the",
        "in",
        "and",
        "due",
        "to",
        "with",
        "by",
        "a",
        "an",
        "disease",
        "disorder",
        "infection",
        "infectiou",
    )
)
_TRUST = "trusted"  # a second witness by itself
_REACTIONS = frozenset(("allergy", "hypersensitivity", "intolerance"))
# DOID's names went into MONDO: the two are one witness.
_COPIES = {"DOID": "MONDO"}
# "Diarrhea 9" is the ninth kind in a list of genes, and in a criterion the beginning of a number of times.
_COUNTED = re.compile(r"(?<!type) (?:\d+|[ivx]+|\d[a-z])$")
_SURELY = re.compile(
    r"^(?!.*\b(?:benign|in situ|hereditary|familial)\b).*\b(?:malignant|cancer|carcinoma|\w*sarcoma)", re.I
)
_SHORTEST = 4  # letters of an imported name
_ACRONYM = 8  # letters up to which a name in capitals is an acronym, and may be another word written large


class Rules(msgspec.Struct, frozen=True):
    """What of the sources is not taken, or not as it stands; see `imported.tsv`."""

    names: frozenset[str] = frozenset()
    """Folded names that are not searched for."""
    terms: frozenset[str] = frozenset()
    """Codes of terms that are left out; their children go to their parents."""
    links: frozenset[tuple[str, str]] = frozenset()
    """Child and parent, by code, that are no is-a."""
    apart: frozenset[str] = frozenset()
    """Codes of terms that are not the seed row of the same name."""
    never: Mapping[str, frozenset[str]] = MappingProxyType({})
    """Of a seed family, words: what is called so is no kind of it, unless its name says that it is malignant."""
    allowed: frozenset[str] = frozenset()
    """Folded synonyms that were read and found right, though only one source has them."""


class Merged(msgspec.Struct, frozen=True):
    """The vocabulary as it is stored."""

    concepts: tuple[Concept, ...]
    """Imported concepts; and for seed rows, what the sources add to them: parents, codes, source."""
    names: tuple[tuple[str, str], ...]
    """Name and concept id, for spotting and lookup; the seed's own names are not among them."""
    acronyms: tuple[tuple[str, str], ...]
    """Short names in capitals, which need support from the text or record."""


class _Draft(msgspec.Struct):
    """A concept being put together."""

    id: str
    kind: ConceptKind
    name: str
    is_seed: bool = False
    parents: tuple[str, ...] = ()
    codes: dict[str, None] = {}
    names: dict[str, set[str]] = {}
    """Each name with the sources that have it."""
    preferred: dict[str, None] = {}
    sources: dict[str, None] = {}


def merge(
    seed: Mapping[str, Concept],
    named_in_seed: Callable[[str], str | None],
    sources: Sequence[tuple[str, Sequence[Term]]],
    rules: Rules,
    is_taken: Callable[[str], bool] = lambda name: False,
    is_qualifier: Callable[[str], bool] = lambda word: False,
) -> Merged:
    """Return the one vocabulary of seed and sources.

    Arguments:
        seed: the rows of `concepts.tsv`.
        named_in_seed: the id of the seed row that a name means.
        sources: title and terms, the most trusted first.
        rules: what is not taken.
        is_taken: says of a name that it is another table's (a variable's), and not to be searched for.
        is_qualifier: says of a word that it narrows what follows, so that the two are read as two.
    """
    drafts, home = _drafts(seed, named_in_seed, sources, rules)
    _link(seed, drafts, home, sources, rules)
    composed = _composed(seed, drafts, named_in_seed, is_qualifier)
    names, acronyms = _names(drafts, named_in_seed, rules, is_taken, composed)
    concepts = tuple(
        Concept(
            id=draft.id,
            kind=draft.kind,
            name=draft.name,
            parents=draft.parents,
            synonyms=tuple(name for name in names.get(draft.id, ()) if name != draft.name),
            codes=tuple(sorted(draft.codes)),
            source="; ".join(draft.sources),
        )
        for draft in drafts.values()
        if not draft.is_seed or draft.sources
    )
    return Merged(
        concepts=concepts,
        names=tuple((name, key) for key, found in names.items() for name in found),
        acronyms=acronyms,
    )


def slug(name: str) -> str:
    """Return a readable id for a name.

    Example:
        >>> slug("Sjögren's syndrome, α-type")
        'sjogrens-syndrome-alpha-type'
    """
    plain = unicodedata.normalize("NFKD", name.lower().translate(_GREEK)).encode("ascii", "ignore").decode()
    return _SLUG_GAPS.sub("-", plain.replace("'", "")).strip("-")


def _drafts(
    seed: Mapping[str, Concept],
    named_in_seed: Callable[[str], str | None],
    sources: Sequence[tuple[str, Sequence[Term]]],
    rules: Rules,
) -> tuple[dict[str, _Draft], dict[str, str]]:
    """The concepts without parents, and where each term went: its code to the concept's id."""
    drafts = {
        row.id: _Draft(row.id, row.kind, row.name, is_seed=True, codes={}, names={}, preferred={}, sources={})
        for row in seed.values()
    }
    home: dict[str, str] = {f"SEED:{key}": key for key in seed}
    by_name: dict[tuple[str, str], str] = {}
    for title, terms in sources:
        for term in terms:
            if term.code in rules.terms:
                continue
            key = _home_of(term, seed, named_in_seed, home, by_name, drafts, rules)
            if key is None and term.joins_only:
                continue
            if key is None:
                key = _fresh(slug(term.name) or slug(term.code), term, drafts)
                drafts[key] = _Draft(key, term.kind, term.name, codes={}, names={}, preferred={}, sources={})
            draft = drafts[key]
            for code in (term.code, *term.same):
                home.setdefault(code, key)
                draft.codes[code] = None
            draft.sources[title] = None
            draft.preferred[folded_key(term.name)] = None
            for name in (term.name, *term.synonyms):
                draft.names.setdefault(name, set()).update((title, _TRUST) if term.trusted else (title,))
            by_name.setdefault((term.kind, folded_key(term.name)), key)
    # A code that two terms claim stays with the term that is called so.
    for key, draft in drafts.items():
        draft.codes = {code: None for code in draft.codes if home.get(code) == key}
    known = {code for row in seed.values() for code in row.codes}
    for draft in drafts.values():
        draft.codes = {code: None for code in draft.codes if code not in known}
    return drafts, home


def _home_of(
    term: Term,
    seed: Mapping[str, Concept],
    named_in_seed: Callable[[str], str | None],
    home: Mapping[str, str],
    by_name: Mapping[tuple[str, str], str],
    drafts: Mapping[str, _Draft],
    rules: Rules,
) -> str | None:
    """The concept that a term is, if there is one already."""
    if term.code not in rules.apart:
        found = named_in_seed(term.name)
        if found is not None and seed[found].kind == term.kind:
            return found
        if term.joins_only:
            return by_name.get((term.kind, folded_key(term.name)))
        own = {folded_key(name) for name in term.synonyms}
        for name in term.synonyms:
            found = named_in_seed(name)
            if found is not None and seed[found].kind == term.kind and folded_key(seed[found].name) in own:
                return found
    for code in (term.code, *term.same):
        if code in home and code not in rules.apart and _agree(term, drafts[home[code]]):
            return home[code]
    return by_name.get((term.kind, folded_key(term.name)))


def _agree(term: Term, draft: _Draft) -> bool:
    """A code alone may point at a wider or a narrower thing: one must also be called what the other is."""
    if term.kind != draft.kind:
        return False
    here = {folded_key(name) for name in (term.name, *term.synonyms)}
    if not here.isdisjoint(draft.preferred):
        return True
    if folded_key(term.name) not in map(folded_key, draft.names):
        return False
    ours, theirs = _content(term.name), _content(draft.name)
    if term.code.startswith("DOID:"):  # MONDO keeps DOID's terms with care; a wider one it takes as related
        return not ours < theirs
    return 2 * len(ours & theirs) > len(ours | theirs)


def _fresh(wanted: str, term: Term, drafts: Mapping[str, _Draft]) -> str:
    for key in (wanted, f"{wanted}-{term.kind}", f"{wanted}-{slug(term.code)}"):
        if key not in drafts:
            return key
    raise AssertionError(f"{term.code} stands twice in its source")


def _link(
    seed: Mapping[str, Concept],
    drafts: Mapping[str, _Draft],
    home: Mapping[str, str],
    sources: Sequence[tuple[str, Sequence[Term]]],
    rules: Rules,
) -> None:
    """Give each concept its parents, from the first source that has any."""
    wanted: dict[str, dict[str, None]] = {}
    for _, terms in sources:
        by_code = {term.code: term for term in terms}
        found: dict[str, dict[str, None]] = {}
        for term in terms:
            key = home.get(term.code)
            if key is None or key in wanted or term.code in rules.terms:
                continue
            for parent in _parents(term, by_code, home, rules):
                if (
                    parent != key
                    and drafts[parent].kind == drafts[key].kind
                    and _may_hold(term, drafts[parent])
                ):
                    found.setdefault(key, {})[parent] = None
        wanted.update(found)
    above = _seed_above(seed, drafts, wanted)
    for key, parents in wanted.items():
        kept = [
            parent for parent in parents
            if key not in above(parent) and (key not in seed or above(parent) <= above(key))
        ]  # fmt: skip
        drafts[key].parents = tuple(sorted(kept))
    _cut_circles(drafts)
    for family, words in rules.never.items():
        _keep_out(family, re.compile(rf"\b(?:{'|'.join(sorted(words))})s?\b", re.IGNORECASE), drafts, seed)


def _may_hold(term: Term, parent: _Draft) -> bool:
    """A finding of HPO is a kind of other findings; which of them are diseases, HPO does not say."""
    return not term.code.startswith("HP:") or set(parent.sources) == {"HPO"}


def _keep_out(
    family: str, words: re.Pattern[str], drafts: Mapping[str, _Draft], seed: Mapping[str, Concept]
) -> None:
    """Cut the links by which a concept with one of the words in its name is a kind of the family."""

    @cache
    def is_below(key: str) -> bool:
        if key == family:
            return True
        draft = drafts[key]
        if key not in seed and words.search(draft.name) and not _SURELY.search(draft.name):
            draft.parents = tuple(parent for parent in draft.parents if not is_below(parent))
        own = seed[key].parents if key in seed else ()
        return any(is_below(parent) for parent in (*own, *draft.parents))

    for key in drafts:
        is_below(key)


def _parents(term: Term, by_code: Mapping[str, Term], home: Mapping[str, str], rules: Rules) -> Iterable[str]:
    """The ids above a term; above what is left out, its parents stand in."""
    waiting, seen = list(term.parents), {term.code}
    while waiting:
        code = waiting.pop(0)
        if code in seen or (term.code, code) in rules.links:
            continue
        seen.add(code)
        if code in home and code not in rules.terms:
            yield home[code]
        elif code in by_code:
            waiting += by_code[code].parents


def _seed_above(
    seed: Mapping[str, Concept], drafts: Mapping[str, _Draft], wanted: Mapping[str, Iterable[str]]
) -> Callable[[str], frozenset[str]]:
    """Of a concept, the seed rows above it or it itself: through the seed's own parents where it is a seed row."""
    known: dict[str, frozenset[str]] = {}
    open_: set[str] = set()

    def climb(key: str) -> frozenset[str]:
        if key in known:
            return known[key]
        if key in open_:
            return frozenset()
        open_.add(key)
        row = seed.get(key)
        parents = row.parents if row is not None else wanted.get(key, ())
        found = frozenset((key,)) if row is not None else frozenset()
        for parent in parents:
            found |= climb(parent)
        open_.discard(key)
        known[key] = found
        return found

    return climb


def _cut_circles(drafts: Mapping[str, _Draft]) -> None:
    """Two terms of one source that became one concept can close a circle: its last link is cut."""
    done: set[str] = set()

    def climb(key: str, below: tuple[str, ...]) -> None:
        draft = drafts[key]
        for parent in draft.parents:
            if parent == key or parent in below:
                draft.parents = tuple(one for one in draft.parents if one != parent)
            elif parent not in done:
                climb(parent, (*below, key))
        done.add(key)

    for key in drafts:
        if key not in done:
            climb(key, ())


def _names(
    drafts: Mapping[str, _Draft],
    named_in_seed: Callable[[str], str | None],
    rules: Rules,
    is_taken: Callable[[str], bool],
    composed: Callable[[str, _Draft], bool],
) -> tuple[dict[str, list[str]], tuple[tuple[str, str], ...]]:
    """The names that may be searched for, each for one concept; and the acronyms."""
    first: dict[str, str] = {}  # folded name -> who has it as its preferred name
    claimed: dict[str, set[str]] = {}
    accepted: list[tuple[str, str, str]] = []
    acronyms: dict[str, set[str]] = {}
    for draft in drafts.values():
        words = _content(draft.name)
        for name, sources in draft.names.items():
            key = folded_key(name)
            if (len(name) <= _ACRONYM and name.isupper() and name.isalpha()) or is_strict(name):
                acronyms.setdefault(name, set()).add(draft.id)
                continue
            if draft.kind == "condition" and _COUNTED.search(key):
                continue
            if ", " in name or sum(sign.isalpha() for sign in key) < _SHORTEST or key in rules.names:
                continue
            if named_in_seed(name) is not None or is_taken(name):
                continue
            preferred = key in draft.preferred
            if preferred:
                first.setdefault(key, draft.id)
            elif not (
                draft.kind == "drug"
                or len({_COPIES.get(source, source) for source in sources}) > 1
                or key in rules.allowed
                or _content(name) == words
            ):
                continue
            if draft.kind == "condition" and composed(key, draft):
                continue
            claimed.setdefault(key, set()).add(draft.id)
            accepted.append((key, name, draft.id))
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for key, name, owner in accepted:
        if key in seen or (first.get(key, owner) != owner) or (key not in first and len(claimed[key]) > 1):
            continue
        seen.add(key)
        found.setdefault(owner, []).append(name)
    alone = sorted((name, min(owners)) for name, owners in acronyms.items() if len(owners) == 1)
    return found, tuple(pair for pair in alone if named_in_seed(pair[0]) is None)


def _composed(
    seed: Mapping[str, Concept],
    drafts: Mapping[str, _Draft],
    named_in_seed: Callable[[str], str | None],
    is_qualifier: Callable[[str], bool],
) -> Callable[[str, _Draft], bool]:
    """Says of a name that it is a qualifier and another name, "chronic hepatitis", or a drug and how one takes it,
    "aspirin allergy": the reader reads it as two.
    """
    called: dict[str, str] = {}
    for draft in drafts.values():
        for key in draft.preferred:
            called.setdefault(key, draft.id)

    @cache
    def above(key: str) -> frozenset[str]:
        parents = (*drafts[key].parents, *(seed[key].parents if key in seed else ()))
        return frozenset((key,)).union(*map(above, parents))

    def is_composed(key: str, draft: _Draft) -> bool:
        start, _, last = key.rpartition(" ")
        if last in _REACTIONS and (found := named_in_seed(start) or called.get(start)) is not None:
            return drafts[found].kind == "drug"
        first, _, rest = key.partition(" ")
        if not rest or not is_qualifier(first):
            return False
        tail = named_in_seed(rest) or called.get(rest)
        return tail is not None and (tail in above(draft.id) or set(draft.sources) == {"HPO"})

    return is_composed


def _content(name: str) -> frozenset[str]:
    words = (word.rstrip("s") for word in _WORDS.findall(name.lower()))
    return frozenset(word for word in words if word not in _SMALL)
