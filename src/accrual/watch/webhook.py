"""A report sent to an address of the user's choice: a POST of JSON with a signature.

Comes in: a `Report`, an address, a secret. Goes out: nothing but the request. Patients go by their opaque ids: no name,
no file and no fact of theirs leaves. Refuses an address that is none, or that is not encrypted and not this machine
(QueryError), a secret that is too short (SourceError), a receiver that does not take it (UpstreamError).

The signature is that of Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 with the secret over
`id.timestamp.body`, in base64, behind `v1,`. The id is made of the news, so that a receiver knows what it had already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from accrual.errors import QueryError, SourceError
from accrual.registry.fetch import Client
from accrual.watch.news import Report

SHORTEST: Final = 16
"""Bytes of a secret; fewer can be guessed. Set by hand, below the 24 that Standard Webhooks recommends."""
LONGEST: Final = 4_096


def send_report(report: Report, client: Client, secret: bytes, clock: Callable[[], float]) -> None:
    """Send a report, again and again where it does not arrive.

    Arguments:
        clock: seconds since 1970, for the timestamp.

    Raises:
        UpstreamError: the receiver cannot be reached, or refuses.
    """
    body = payload(report)
    name = message_id(body)
    client.post(body, lambda: signed(body, name, int(clock()), secret))


def payload(report: Report) -> bytes:
    """Return what is sent."""
    return msgspec.json.encode({"type": "accrual.watch", "report": report.without_names()})


def message_id(body: bytes) -> str:
    """Return the id of a message: the same for the same news."""
    return f"msg_{hashlib.sha256(body).hexdigest()[:32]}"


def signed(body: bytes, name: str, timestamp: int, secret: bytes) -> Mapping[str, str]:
    """Return the headers of a message.

    Example:
        >>> signed(b"{}", "msg_1", 1_700_000_000, b"0123456789abcdef")["webhook-id"]
        'msg_1'
    """
    told = f"{name}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(secret, told, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


def read_secret(path: Path) -> bytes:
    """Return the secret of a file: its bytes without the line end; behind `whsec_` they are base64.

    Raises:
        SourceError: it cannot be read, or is too short.
    """
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST).strip()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}; give a file with a secret") from error
    if found.startswith(b"whsec_"):
        try:
            found = base64.b64decode(found.removeprefix(b"whsec_"), validate=True)
        except ValueError as error:
            raise SourceError(
                f"{path}: what stands behind whsec_ is not base64: write the secret again"
            ) from error
    if len(found) < SHORTEST:
        raise SourceError(
            f"{path}: a secret has at least {SHORTEST} bytes: make one with `openssl rand -hex 32`"
        )
    return found


def check_address(text: str) -> str:
    """Return an address that news may be sent to.

    Raises:
        QueryError: not an address, one with a password in it, or one that would send without encryption to elsewhere.
    """
    try:
        parts = urlsplit(text.strip())
        host, known = parts.hostname or "", parts.scheme in ("http", "https") and (parts.port or 1) > 0
    except ValueError:
        host, known = "", False
    if not host or not known or parts.fragment or not text.isascii() or any(map(str.isspace, text.strip())):
        raise QueryError("--webhook: not an address: give one like https://example.org/hook")
    if "@" in parts.netloc:
        raise QueryError("--webhook: an address with a password in it is not taken")
    if parts.scheme == "http" and not _is_here(host):
        raise QueryError(
            "--webhook: this would send verdicts over the network unencrypted: give an https address"
        )
    return text.strip()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
