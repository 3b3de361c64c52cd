"""The language of the pages: which one a visitor asks for.

Comes in: the address (`?lang=es`), a cookie, the browser's list of languages. Goes out: one of `LANGUAGES`, for the
time of one request. Refuses nothing: a language that is not here is English. Its words: `accrual.web.catalog`.
"""

from __future__ import annotations

from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Sent

from accrual.web.catalog import DEFAULT
from accrual.web.speech import spoken

LANGUAGES: dict[str, str] = {"en": "English", "es": "Español"}
"""Code and own name of each language there is."""
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


def say(words: str) -> str:
    """Return words of ours in the language of this request, as plain text."""
    return spoken(words, current())


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
