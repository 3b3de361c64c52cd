"""What a results page searches for: the form as it was sent, and what its plain words were understood to mean.

What was typed in the language of the page is read as English first (`plain.translation`): records are English.

Comes in: the parameters of an address. Goes out: an `Asked`. Refuses what the form refuses. The page and its map ask
the same, so they show the same trials.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from starlette.datastructures import QueryParams

from accrual.finder import Finder
from accrual.message import Original
from accrual.plain.translation import Lexicon, Reading, translate
from accrual.plain.understanding import Understood, understand
from accrual.search.query import Query
from accrual.search.slips import respelled
from accrual.web.address import SearchForm, read_form
from accrual.web.language import current
from accrual.web.lexicon import lexicon


class Asked(msgspec.Struct, frozen=True):
    """A search as it was typed, and as it is searched for."""

    form: SearchForm
    """As it was sent: what the form shows, and links are made from."""
    meant: SearchForm
    """With what was understood: what is searched for."""
    understood: Understood
    query: Query


def read_asked(params: QueryParams, finder: Finder) -> Asked:
    """Return what the parameters of an address ask for.

    Raises:
        QueryError: something in it makes no sense.
        PlaceNotFoundError: nobody knows the place.
    """
    form = read_form(params)
    words = lexicon(current())
    understood = (
        _understood(form.text, finder, words) if form.text and not form.exact else Understood(form.text)
    )
    meant = _meant(form, understood) if understood.changed else form
    if words is not None:
        meant = msgspec.structs.replace(meant, near=words.place(meant.near))
    return Asked(form, meant, understood, meant.query(finder.place))


def _understood(text: str, finder: Finder, words: Lexicon | None) -> Understood:
    def count(words: str) -> int:
        return finder.find(Query(text=words, top=0)).total

    def understood_of(said: str, mend: Callable[[str], str]) -> Understood:
        return understand(said, finder.place, finder.places.is_known, count, mend)

    reading = translate(text, words) if words is not None else Reading(text)
    if reading.changed:
        # A slip of the keyboard is one of an English word: words of another language are near to many.
        found = understood_of(reading.text, lambda word: "")
        # A name of a hospital or a study may stand in the records as it was typed.
        if count(found.text) or not count(text):
            left_out = tuple(map(reading.typed, found.left_out))
            read = tuple((typed, Original(english)) for typed, english in reading.read)
            return msgspec.structs.replace(found, read=read, left_out=left_out, changed=True)
    return understood_of(text, lambda word: respelled(word, finder.index.frequency))


def exact_form(form: SearchForm) -> SearchForm:
    """Return the search for the very words that were typed."""
    return msgspec.structs.replace(form, exact=True, page=1)


def _meant(form: SearchForm, understood: Understood) -> SearchForm:
    """The form with what was understood, where it does not say something of its own."""
    said = {facet for facet, _ in form.filters}
    more = tuple(pair for pair in understood.filters if pair[0] not in said)
    age = form.age or ("" if "age_group" in said else understood.age)
    if age:
        more = tuple(pair for pair in more if pair[0] != "age_group")
    return msgspec.structs.replace(
        form,
        text=understood.text,
        near=form.near or understood.near,
        within=form.within or ("" if form.near else understood.within),
        age=age,
        filters=(*form.filters, *more),
        exact=True,
    )
