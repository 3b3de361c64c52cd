"""A `Message` in the language of the page: as plain text, or as HTML where what stays English says so.

Comes in: text of ours or of others, and a language. Goes out: the same in that language. Refuses nothing: a sentence
that has no translation stays English, and HTML marks it as English, so that it is read aloud rightly.

Words of others (`Original`) stay English and are marked. Text that is neither is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from babel import Locale
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from accrual.message import Joined, Message, Original, opened
from accrual.search.countries import country_code
from accrual.web.catalog import DEFAULT, catalog
from accrual.web.days import day_words

COUNTRY = "country"
"""The context of a country's name: Babel has those words."""


def spoken(words: str, language: str) -> str:
    """Return words of ours as plain text.

    Example:
        >>> from accrual.registry.labels import label
        >>> spoken(label("status", "RECRUITING"), "es")
        'Busca participantes'
    """
    if not isinstance(words, Message):
        return catalog(language).gettext(words) if words and not isinstance(words, Original) else str(words)
    if isinstance(words, Joined):
        return _joint(words, language).join(spoken(part, language) for part in words.parts)
    found = _found(words, language)
    if found is None:
        return str(words)
    values = {name: _value(value, language) for name, value in words.values.items()}
    text = found % values if values else found
    return opened(text) if words.capital else text


def shown(value: Any, language: str) -> Any:
    """Return what a template puts out: a Message as HTML in a language; anything else as it is.

    No attribute holds the marks: an attribute says `{{ words|plainly }}`.

    Example:
        >>> shown(Original("<b>"), "es")
        Markup('<span lang=en>&lt;b&gt;</span>')
    """
    if language == DEFAULT or not isinstance(value, (Message, Original)):
        return value
    if isinstance(value, Original):
        return _english(value)
    if isinstance(value, Joined):
        return escape(_joint(value, language)).join(shown(part, language) for part in value.parts)
    found = _found(value, language)
    if found is None:
        return _english(value)
    values = {name: shown(_plain(one, language), language) for name, one in value.values.items()}
    html = Markup(escape(found) % values) if values else escape(found)
    return Markup(opened(html)) if value.capital else html


def _english(words: str) -> Markup:
    # No quotes: they would end an attribute that holds this by mistake.
    return Markup("<span lang=en>{}</span>").format(str(words)) if words else Markup("")


def _found(words: Message, language: str) -> str | None:
    """The pattern in a language; None where it has none."""
    if language == DEFAULT:
        return words.many if words.many and words.number != 1 else words.pattern
    if words.context == COUNTRY:
        return country_name(words.pattern, language)
    return catalog(language).find(words.context, words.pattern, words.many, words.number)


@cache
def country_name(name: str, language: str) -> str | None:
    """Return a country's name in a language; None where the tables have none.

    Example:
        >>> country_name("Germany", "es")
        'Alemania'
    """
    code = country_code(name)
    found = Locale.parse(language).territories.get(code) if code else None
    return catalog(language).wrap(found) if found else None


def _joint(words: Joined, language: str) -> str:
    joint = words.pattern
    return catalog(language).gettext(joint) if any(map(str.isalpha, joint)) else joint


def _value(value: object, language: str) -> str:
    return spoken(value, language) if isinstance(value, Message) else str(_plain(value, language))


def _plain(value: object, language: str) -> object:
    """A number or a day as people write it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return day_words(value.isoformat(), language) if isinstance(value, date) else value


def install(environment: Environment, language: str) -> None:
    """Let every template of an environment speak a language, also where a Message is put out, joined or a value."""

    def plainly(words: str) -> str:
        return spoken(words, language) if isinstance(words, (Message, Original)) else words

    def join(parts: Iterable[Any], joint: str = "") -> Markup:
        return Markup(escape(joint)).join(shown(part, language) for part in parts)

    def underscore(words: str, /, **values: Any) -> Any:
        # Jinja's own `_` gives back formatted markup whatever it is given: a record's `<b>` would be one, and its "50%
        # of" a fault. Without values the words are plain text, escaped like any other.
        if isinstance(words, (Message, Original)):
            return shown(words, language)
        told = catalog(language).gettext(words)
        return Markup(told) % _all(values, language) if values else told

    @pass_context
    def gettext(context: Context, words: str, /, **values: Any) -> Any:
        return Markup(catalog(language).gettext(words)) % _all(values, language)

    @pass_context
    def ngettext(context: Context, one: str, many: str, count: int, /, **values: Any) -> Any:
        values.setdefault("num", count)
        return Markup(catalog(language).ngettext(one, many, count)) % _all(values, language)

    environment.finalize = lambda value: shown(value, language)
    environment.filters |= {"plainly": plainly, "join": join}
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    environment.globals |= {"_": underscore, "gettext": gettext, "ngettext": ngettext, "COUNTRY": COUNTRY}


def _all(values: dict[str, Any], language: str) -> dict[str, Any]:
    return {name: escape(shown(value, language)) for name, value in values.items()}
