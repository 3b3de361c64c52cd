"""The only network client: one polite connection to a registry, or to a mirror of it.

Comes in: the address of a registry's API, and what to ask. Goes out: answers that arrived whole and could be read, and
long downloads piece by piece. Refuses, as UpstreamError: an address that is none, a registry that cannot be
reached, stalls, breaks off, keeps refusing, or sends more than was bargained for; a redirection to another host.

Polite: it says who asks, asks so often a second and no oftener, over one connection, takes gzip, waits as long as it
is told to (`Retry-After`, RFC 9110 section 10.2.3), and between attempts longer each time, never to the beat. Nothing
here reads the environment: proxy, clock, sleep and randomness are arguments.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import metadata
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import msgspec
import urllib3
from urllib3.exceptions import HTTPError, InvalidHeader

from accrual.errors import UpstreamError

T = TypeVar("T")

REGISTRY_URL: Final = "https://clinicaltrials.gov/api/v2"
REGISTRY_RATE: Final = 1.0
"""Requests a second to the registry. Set by hand: it answers a page of 1,000 records in about a second."""
OTHER_RATE: Final = 10.0
"""Requests a second to any other host: a mirror, another accrual. Set by hand."""

CONNECT_SECONDS: Final = 15.0
STALL_SECONDS: Final = 60.0
"""How long nothing at all may arrive. Set by hand: accrual's own server gives up on its work after 20."""
ANSWER_SECONDS: Final = 600.0
"""How long one answer may take in all, however it trickles; downloads have no such end. Set by hand."""
MAX_ANSWER_BYTES: Final = 256 * 2**20
"""Of one answer, unpacked: a page of 1,000 records has 17 MB on average, a single record at most 3.6 MB (2026)."""
ATTEMPTS: Final = 6
"""How often one thing is asked for before it is given up. Set by hand."""
FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
LONGEST_TOLD_SECONDS: Final = 900.0
"""The longest `Retry-After` that is waited for; who is told to come back later than that, is told so. Set by hand."""
MAX_REDIRECTIONS: Final = 3
PIECE_BYTES: Final = 256 * 2**10

_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that may be another one next time
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_SHOWN_CHARS: Final = 200  # of what a registry says in its own words


class Patience(msgspec.Struct, frozen=True):
    """How often to ask, and how long to wait for what."""

    rate: float = REGISTRY_RATE
    """Requests a second; 0 for any number."""
    connect_seconds: float = CONNECT_SECONDS
    stall_seconds: float = STALL_SECONDS
    answer_seconds: float = ANSWER_SECONDS
    max_answer_bytes: int = MAX_ANSWER_BYTES
    attempts: int = ATTEMPTS


class PassingError(UpstreamError):
    """What may succeed on another attempt: this attempt's reason, and how long the registry asked to wait."""

    def __init__(self, reason: str, wait_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


class RefusedError(UpstreamError):
    """The registry refused, and would again: `status` is its HTTP status."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class Reply(msgspec.Struct, frozen=True):
    """The head of an answer, and its body where it is short."""

    status: int
    headers: Mapping[str, str]
    """By name in small letters."""
    body: bytes = b""


class Download:
    """A long answer on its way: its head, and its bytes as they come."""

    def __init__(self, head: Reply, pieces: Iterator[bytes]) -> None:
        self.head = head
        self.pieces = pieces


class Client:
    """One connection to one host.

    Example:
        >>> with Client("https://clinicaltrials.gov/api/v2") as client:
        ...     client.get("/version", {}, msgspec.json.decode)
    """

    def __init__(
        self,
        base_url: str,
        patience: Patience | None = None,
        *,
        exact: bool = False,
        proxy: str = "",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Make ready to ask; nothing is sent yet.

        Arguments:
            base_url: see `read_address`.
            exact: the address is taken as it is, which its caller has looked at: no registry's API, a receiver's.
            proxy: address of a proxy to go through.
            clock: seconds, for the pace of asking and for the end of an answer.
            chance: a number from 0 to 1, other ones each time: spreads the attempts of many clients.

        Raises:
            UpstreamError: one of the addresses is none.
        """
        self.base_url = base_url if exact else read_address(base_url)
        self.patience = patience or Patience(rate=default_rate(self.base_url))
        self.requests = 0
        """Requests sent so far."""
        self.received_bytes = 0
        """Bytes of bodies received so far, as they came."""
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._last = -float("inf")
        timeout = urllib3.Timeout(connect=self.patience.connect_seconds, read=self.patience.stall_seconds)
        settings: dict[str, Any] = {"maxsize": 1, "block": True, "timeout": timeout, "retries": False}
        try:
            self._manager: urllib3.PoolManager = (
                urllib3.ProxyManager(proxy, num_pools=1, proxy_headers=_proxy_login(proxy), **settings)
                if proxy
                else urllib3.PoolManager(num_pools=1, **settings)
            )
        except (HTTPError, ValueError) as error:
            raise UpstreamError(
                f"{_host(proxy) or 'proxy'}: not the address of a proxy: give http://HOST:PORT"
            ) from error
        self._agent = user_agent()

    def get(
        self, path: str, parameters: Mapping[str, str], read: Callable[[bytes], T], etag: str = ""
    ) -> tuple[T, Reply] | None:
        """Return what `read` makes of an answer, asking again where it does not arrive whole or cannot be read.

        Arguments:
            path: behind the base address, with its slash.
            read: raises ValueError where the body is not what it should be.
            etag: the tag of the answer that is held already; None is returned where it is still the same.

        Raises:
            UpstreamError: see the head of this module.
        """

        def attempt() -> tuple[T, Reply] | None:
            headers = {"accept-encoding": "gzip"} | ({"if-none-match": etag} if etag else {})
            with self._answered(path, parameters, headers) as (response, head):
                if head.status not in (200, 304):
                    raise self._refused(path, response, head)
                # Also where nothing is in it: only what was read to its end leaves the connection open.
                body = b"".join(self._pieces(path, response, self.patience.max_answer_bytes, decode=True))
            if head.status == 304:
                return None
            try:
                return read(body), msgspec.structs.replace(head, body=body)
            except ValueError as error:
                raise PassingError(
                    f"{self._place(path)}: the answer cannot be read: {_short(str(error))}"
                ) from error

        return self.again(attempt)

    @contextmanager
    def download(
        self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[Download]:
        """Ask for something long, once, as it is (not unpacked); `again` is the caller's, who knows where to go on.

        Raises:
            PassingError: what may succeed another time; also while the pieces are read.
            UpstreamError: see the head of this module.
        """
        with self._answered(path, parameters, {"accept-encoding": "identity", **headers}) as (response, head):
            if head.status not in (200, 206, 416):
                raise self._refused(path, response, head)
            if "content-encoding" in head.headers:
                raise UpstreamError(
                    f"{self._place(path)}: the download comes packed, though not asked for so"
                )
            yield Download(head, self._pieces(path, response, None, decode=False))

    def post(self, body: bytes, headers: Callable[[], Mapping[str, str]]) -> Reply:
        """Send something to the base address itself, again where it does not arrive. Redirections are not followed.

        Arguments:
            headers: made anew for each attempt, as they may carry the time.

        Raises:
            UpstreamError: see the head of this module.
        """

        def attempt() -> Reply:
            self._keep_pace()
            try:
                response = self._manager.request(
                    "POST",
                    self.base_url,
                    body=body,
                    headers={"user-agent": self._agent, "accept": "*/*", **headers()},
                    redirect=False,
                    preload_content=False,
                )
            except HTTPError as error:
                raise PassingError(f"{self._place('')}: {_in_words(error)}") from error
            try:
                head = Reply(response.status, {name.lower(): one for name, one in response.headers.items()})
                if not 200 <= head.status < 300:
                    raise self._refused("", response, head)
                return head
            finally:
                response.close()
                response.release_conn()

        return self.again(attempt)

    def again(self, attempt: Callable[[], T], attempts: int | None = None) -> T:
        """Return what an attempt gives, trying again with longer and longer pauses.

        Raises:
            UpstreamError: the last attempt's.
        """
        most = attempts or self.patience.attempts
        for number in range(most):
            try:
                return attempt()
            except PassingError as error:
                if number == most - 1:
                    raise UpstreamError(f"{error}; tried {most} times: try again later") from error
                self.wait(number, error)
        raise AssertionError("at least one attempt is made")

    def wait(self, number: int, error: PassingError) -> None:
        """Wait before the attempt after attempt `number`, counted from 0.

        Raises:
            UpstreamError: the registry asks for a longer wait than anybody would sit through.
        """
        told = error.wait_seconds
        if told is not None and told > LONGEST_TOLD_SECONDS:
            raise UpstreamError(f"{error}: it asks to wait {told:,.0f} seconds: try again after that")
        pause = min(FIRST_WAIT_SECONDS * 2**number, LONGEST_WAIT_SECONDS) * (0.5 + self._chance() / 2)
        self._sleep(max(pause, told or 0.0))

    def close(self) -> None:
        """Hang up. Closing twice does nothing."""
        self._manager.clear()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- inside

    @contextmanager
    def _answered(
        self, path: str, parameters: Mapping[str, str], headers: Mapping[str, str]
    ) -> Iterator[tuple[urllib3.BaseHTTPResponse, Reply]]:
        """Send a request and give its answer's head, following redirections on the same host."""
        address, fields = f"{self.base_url}{path}", dict(parameters)
        for _ in range(MAX_REDIRECTIONS + 1):
            self._keep_pace()
            try:
                response = self._manager.request(
                    "GET",
                    address,
                    fields=fields or None,
                    headers={"user-agent": self._agent, "accept": "*/*", **headers},
                    redirect=False,
                    preload_content=False,
                )
            except HTTPError as error:
                raise PassingError(f"{self._place(path)}: {_in_words(error)}") from error
            head = Reply(response.status, {name.lower(): value for name, value in response.headers.items()})
            if response.status not in _MOVED:
                try:
                    yield response, head
                finally:
                    # What was not read to its end cannot be read past: this connection is not used again.
                    response.close()
                    response.release_conn()
                return
            response.close()
            response.release_conn()
            address, fields = self._moved(path, address, head), {}
        raise UpstreamError(f"{self._place(path)}: is redirected again and again: check the address")

    def _moved(self, path: str, address: str, head: Reply) -> str:
        target = urljoin(address, head.headers.get("location", ""))
        if urlsplit(target)[:2] != urlsplit(self.base_url)[:2]:
            raise RefusedError(
                f"{self._place(path)}: redirects to another host ({_host(target)}), which is not followed: "
                "give that address with --base-url if you trust it",
                head.status,
            )
        return target

    def _pieces(
        self, path: str, response: urllib3.BaseHTTPResponse, limit: int | None, *, decode: bool
    ) -> Iterator[bytes]:
        """Yield a body as it comes, and see that it is whole."""
        began, size = self._clock(), 0
        try:
            while piece := response.read1(PIECE_BYTES, decode_content=decode):
                size += len(piece)
                if limit is not None and size > limit:
                    raise UpstreamError(
                        f"{self._place(path)}: an answer of more than {limit:,} bytes is not taken"
                    )
                yield piece
                if limit is not None and self._clock() - began > self.patience.answer_seconds:
                    raise PassingError(f"{self._place(path)}: the answer does not end: it only trickles")
        except (HTTPError, OSError) as error:
            if isinstance(error, UpstreamError):
                raise
            raise PassingError(f"{self._place(path)}: {_in_words(error)}") from error
        finally:
            self.received_bytes += response.tell()
        promised = response.headers.get("content-length", "")
        if promised.isdecimal() and response.tell() != int(promised):
            raise PassingError(
                f"{self._place(path)}: broke off after {response.tell():,} of {int(promised):,} bytes"
            )

    def _refused(self, path: str, response: urllib3.BaseHTTPResponse, head: Reply) -> UpstreamError:
        """Return what to raise for an answer that is a refusal; it may carry a word of why."""
        said = ""
        with suppress(HTTPError, OSError):  # the status says enough
            said = _short(response.read1(_SHOWN_CHARS * 4, decode_content=True).decode("utf-8", "replace"))
        words = f"{self._place(path)}: refused with HTTP {head.status}" + (f" ({said})" if said else "")
        if head.status in _PASSING:
            return PassingError(words, _told_to_wait(head))
        return RefusedError(f"{words}: check the address and what is asked for", head.status)

    def _keep_pace(self) -> None:
        if self.patience.rate > 0:
            wait = self._last + 1 / self.patience.rate - self._clock()
            if wait > 0:
                self._sleep(wait)
        self._last = self._clock()
        self.requests += 1

    def _place(self, path: str) -> str:
        return f"{self.base_url.partition('?')[0]}{path}"  # behind it a receiver may have its own secret


def read_address(text: str) -> str:
    """Return the base address of an API: a bare host is taken for a server of the registry's API.

    Raises:
        UpstreamError: not an address of a web server, or one with a password in it.

    Example:
        >>> read_address("http://127.0.0.1:8000/")
        'http://127.0.0.1:8000/api/v2'
    """
    try:
        parts = urlsplit(text.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment:
        raise UpstreamError(f"{_short(text)}: not the address of a registry: give one like {REGISTRY_URL}")
    if "@" in parts.netloc:
        raise UpstreamError(f"{_host(text)}: an address with a password in it is not taken")
    path = parts.path.rstrip("/") or "/api/v2"
    return urlunsplit((parts.scheme, parts.netloc.lower(), path, "", ""))


def default_rate(base_url: str) -> float:
    """Return how often a second a host is asked where nobody says: the public registry least."""
    return REGISTRY_RATE if _host(base_url) == _host(REGISTRY_URL) else OTHER_RATE


def user_agent() -> str:
    """Return who we say we are: the program, its version, and its address where the package names one."""
    about = metadata("accrual")
    addresses = [line.partition(",")[2].strip() for line in about.get_all("Project-URL") or ()]
    return f"{about['Name']}/{about['Version']}" + (f" (+{addresses[0]})" if addresses else "")


def _proxy_login(proxy: str) -> dict[str, str]:
    login = unquote(urlsplit(proxy).netloc.rpartition("@")[0])
    return dict(urllib3.make_headers(proxy_basic_auth=login)) if login else {}


def _told_to_wait(head: Reply) -> float | None:
    """Return the seconds of `Retry-After`: a number of them, or a date; None where there is none to be understood."""
    text = head.headers.get("retry-after", "")
    try:
        return urllib3.Retry().parse_retry_after(text) if text else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _in_words(error: Exception) -> str:
    """Return what went wrong with a connection. What a library says names objects; its kind is told instead."""
    match error:
        case urllib3.exceptions.ReadTimeoutError() | TimeoutError():  # before the rest of the OSErrors
            return "stalled: nothing arrived for a while"
        case urllib3.exceptions.NameResolutionError():
            return "its host name is not known: check the address and the network"
        case urllib3.exceptions.ProxyError():
            return "the proxy cannot be reached or refuses: check its address"
        case urllib3.exceptions.SSLError():
            return "its certificate is not trusted, or the connection cannot be encrypted"
        case urllib3.exceptions.NewConnectionError():  # which is, oddly, also the next one
            return "cannot be reached: the connection is refused"
        case urllib3.exceptions.ConnectTimeoutError():
            return "cannot be reached: no connection in time"
        case urllib3.exceptions.DecodeError():
            return "the packed answer is damaged"
        case urllib3.exceptions.IncompleteRead() | urllib3.exceptions.ProtocolError() | OSError():
            return "the connection broke off"
    return f"the answer is not HTTP as it should be ({type(error).__name__})"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN_CHARS else f"{words[:_SHOWN_CHARS]}…"
