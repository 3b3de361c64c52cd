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

import msgspec

from accrual.codes.concept import Concept
from accrual.codes.draft import TRUST, Draft, Rules, content
from accrual.codes.naming import composed_names, names_of
from accrual.codes.sources.term import Term
from accrual.codes.spelling import folded_key

_SLUG_GAPS = re.compile(r"[^a-z0-9]+")
_GREEK = str.maketrans({"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "ω": "omega"})
_SURELY = re.compile(
    r"^(?!.*\b(?:benign|in situ|hereditary|familial)\b).*\b(?:malignant|cancer|carcinoma|\w*sarcoma)", re.I
)


class Merged(msgspec.Struct, frozen=True):
    """The vocabulary as it is stored."""

    concepts: tuple[Concept, ...]
    """Imported concepts; and for seed rows, what the sources add to them: parents, codes, source."""
    names: tuple[tuple[str, str], ...]
    """Name and concept id, for spotting and lookup; the seed's own names are not among them."""
    acronyms: tuple[tuple[str, str], ...]
    """Short names in capitals, which need support from the text or record."""


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
    composed = composed_names(seed, drafts, named_in_seed, is_qualifier)
    names, acronyms = names_of(drafts, named_in_seed, rules, is_taken, composed)
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
) -> tuple[dict[str, Draft], dict[str, str]]:
    """The concepts without parents, and where each term went: its code to the concept's id."""
    drafts = {
        row.id: Draft(row.id, row.kind, row.name, is_seed=True, codes={}, names={}, preferred={}, sources={})
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
                drafts[key] = Draft(key, term.kind, term.name, codes={}, names={}, preferred={}, sources={})
            draft = drafts[key]
            for code in (term.code, *term.same):
                home.setdefault(code, key)
                draft.codes[code] = None
            draft.sources[title] = None
            draft.preferred[folded_key(term.name)] = None
            for name in (term.name, *term.synonyms):
                draft.names.setdefault(name, set()).update((title, TRUST) if term.trusted else (title,))
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
    drafts: Mapping[str, Draft],
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


def _agree(term: Term, draft: Draft) -> bool:
    """A code alone may point at a wider or a narrower thing: one must also be called what the other is."""
    if term.kind != draft.kind:
        return False
    here = {folded_key(name) for name in (term.name, *term.synonyms)}
    if term.code.startswith(
        "HP:"
    ):  # its synonyms are a layman's: "Hypercortisolism" of an excess of aldosterone
        return any(_are_close(term.name, name) for name in draft.preferred)
    if not here.isdisjoint(draft.preferred):
        return True
    if folded_key(term.name) not in map(folded_key, draft.names):
        return False
    ours, theirs = content(term.name), content(draft.name)
    if term.code.startswith("DOID:"):  # MONDO keeps DOID's terms with care; a wider one it takes as related
        return not ours < theirs
    return _are_close(term.name, draft.name)


def _are_close(one: str, other: str) -> bool:
    ours, theirs = content(one), content(other)
    return 2 * len(ours & theirs) > len(ours | theirs)


def _fresh(wanted: str, term: Term, drafts: Mapping[str, Draft]) -> str:
    for key in (wanted, f"{wanted}-{term.kind}", f"{wanted}-{slug(term.code)}"):
        if key not in drafts:
            return key
    raise AssertionError(f"{term.code} stands twice in its source")


def _link(
    seed: Mapping[str, Concept],
    drafts: Mapping[str, Draft],
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


def _may_hold(term: Term, parent: Draft) -> bool:
    """A finding of HPO is a kind of other findings; which of them are diseases, HPO does not say."""
    return not term.code.startswith("HP:") or set(parent.sources) == {"HPO"}


def _keep_out(
    family: str, words: re.Pattern[str], drafts: Mapping[str, Draft], seed: Mapping[str, Concept]
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
    seed: Mapping[str, Concept], drafts: Mapping[str, Draft], wanted: Mapping[str, Iterable[str]]
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


def _cut_circles(drafts: Mapping[str, Draft]) -> None:
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
