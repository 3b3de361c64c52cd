"""The language of the pages: which one a visitor asks for, and the words in it.

Comes in: the address (`?lang=es`), a cookie, the browser's list of languages. Goes out: one of `LANGUAGES`, for the
time of one request, and its catalog. Refuses nothing: a language that is not here is English.

Words of the pages are in gettext catalogs (`locale/es.po`); `python -m tests.web.catalogs` brings them up to date with
the templates. What the registry wrote stays as it is, in English mostly.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode

from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from babel.support import NullTranslations
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Sent

LOCALE = Path(__file__).parent / "locale"
LANGUAGES: dict[str, str] = {"en": "English", "es": "Español"}
"""Code and own name of each language there is."""
DEFAULT = "en"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
COOKIE = "lang"
_A_YEAR = 366 * 24 * 3600  # seconds

_current: ContextVar[str] = ContextVar("language", default=DEFAULT)
_query: ContextVar[str] = ContextVar("query", default="")


def marked(words: str) -> str:
    """Return the words as they are; says that they are of the catalogs, where they are not in a template."""
    return words


def current() -> str:
    """Return the language of this request."""
    return _current.get()


def in_language(language: str) -> str:
    """Return the address of this very page in a language, relative to it."""
    kept = [(name, value) for name, value in parse_qsl(_query.get()) if name != "lang"]
    return "?" + urlencode([*kept, ("lang", language)])


@cache
def catalog(language: str) -> gettext.NullTranslations:
    """Return the words of a language; English stands where it has none."""
    path = LOCALE / f"{language}.po"
    found = NullTranslations()
    if path.is_file():
        with path.open("rb") as file:
            found = _Catalog(read_po(file, locale=language))
    return found


def say(words: str) -> str:
    """Return the words in the language of this request."""
    return catalog(current()).gettext(words) if words else ""


class _Catalog(NullTranslations):
    """A catalog out of a `.po` file, so that no compiled file has to be kept in step with it."""

    def __init__(self, words: Iterable[Message]) -> None:
        super().__init__()
        self._one: dict[str, str] = {}
        self._many: dict[str, tuple[str, ...]] = {}
        for word in words:
            if isinstance(word.id, str) and isinstance(word.string, str) and word.id and word.string:
                self._one[word.id] = word.string
            elif not isinstance(word.id, str) and isinstance(word.string, tuple | list) and all(word.string):
                self._many[word.id[0]] = tuple(word.string)

    def gettext(self, message: str) -> str:
        return self._one.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        forms = self._many.get(msgid1, (msgid1, msgid2))
        return forms[0] if n == 1 else forms[-1]

    ugettext = gettext
    ungettext = ngettext


def asked_language(query: str, cookies: str, accepted: str) -> str:
    """Return the language that the address, the cookie or the browser asks for, in this order.

    Example:
        >>> asked_language("", "", "fr, es;q=0.8, en;q=0.5")
        'es'
    """
    named = parse_qs(query).get("lang", [""])[-1]
    if named in LANGUAGES:
        return named
    try:
        kept = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        kept = None
    if kept is not None and kept.value in LANGUAGES:
        return kept.value
    weighed = []
    for part in accepted[:200].split(","):
        tag, _, weight = part.strip().partition(";q=")
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            weighed.append((_weight(weight), language))
    return max(weighed, key=lambda one: one[0])[1] if weighed else DEFAULT


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


class Language:
    """ASGI middleware: the language of each request, kept in a cookie where the address names one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its language set."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        query = scope.get("query_string", b"").decode("latin-1")
        language = asked_language(query, headers.get("cookie", ""), headers.get("accept-language", ""))
        named = parse_qs(query).get("lang", [""])[-1] == language

        async def told(message: Sent) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if answer.get("content-type", "").startswith("text/html"):
                    answer["content-language"] = language
                    answer.add_vary_header("accept-language, cookie")
                    if named:
                        answer.append(
                            "set-cookie",
                            f"{COOKIE}={language}; Path=/; Max-Age={_A_YEAR}; SameSite=Lax; HttpOnly",
                        )
            await send(message)

        tokens = _current.set(language), _query.set(query)
        try:
            await self.app(scope, receive, told)
        finally:
            _current.reset(tokens[0])
            _query.reset(tokens[1])
