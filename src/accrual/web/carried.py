"""What a page carries in its own form from one step to the next, so that nothing of it is kept on the server.

Comes in: a frozen struct (a patient, rows worked out). Goes out: the text of a hidden field, packed and sealed, and
the struct again. Refuses (QueryError): what would be too large, a field that this server did not write, or one
from before it was started again. The seal stops a changed field from being read at all; it hides nothing from the
visitor, whose own data it is. Source: keyed BLAKE2, RFC 7693 section 2.9.
"""

from __future__ import annotations

import hmac
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BrokenText
from hashlib import blake2b
from typing import TypeVar

import msgspec

from accrual.errors import QueryError
from accrual.message import message
from accrual.patient.model import Patient

T = TypeVar("T")

MOST_BYTES = 2**20
"""Set by hand: a form of 1 MB is sent in about four seconds on a line of 2 Mbit/s. A year of a chart packs to 50 kB."""
MOST_UNUSED = 50  # parts of a file that were not used, named on a page; set by hand
_SEAL_BYTES = 16


class Carrier:
    """Packs and seals what a form carries.

    Example:
        >>> carrier = Carrier(b"a key of this server alone")
        >>> from accrual.basic import Quantity
        >>> carrier.read(carrier.write(Quantity(3, "mg")).encode(), Quantity).unit
        'mg'
    """

    def __init__(self, key: bytes) -> None:
        """`key` is random bytes (at most 64) that only this server has."""
        self._key = key

    def write(self, held: msgspec.Struct) -> str:
        """Return the text of a hidden field.

        Raises:
            QueryError: it is too large for a form.
        """
        packed = zlib.compress(msgspec.json.encode(held))
        if len(packed) > MOST_BYTES:
            raise QueryError(message("this is too large to travel in a page: send a smaller file"))
        return urlsafe_b64encode(self._seal(packed, type(held)) + packed).decode()

    def read(self, field: bytes, kind: type[T]) -> T:
        """Return what a hidden field holds.

        Raises:
            QueryError: this server did not write it, or was started again since.
        """
        try:
            sealed = urlsafe_b64decode(field)
        except (BrokenText, ValueError):
            sealed = b""
        seal, packed = sealed[:_SEAL_BYTES], sealed[_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(packed, kind)):
            raise QueryError(
                message("this page is too old to go on with, or was changed: send the file again")
            )
        return msgspec.json.decode(zlib.decompress(packed), type=kind)

    def _seal(self, packed: bytes, kind: type) -> bytes:
        # The kind is sealed too: a field of one page is no field of another.
        return blake2b(
            packed, key=self._key, digest_size=_SEAL_BYTES, person=kind.__name__[:16].encode()
        ).digest()


def lightened(patient: Patient) -> Patient:
    """Return the patient without what decides nothing: a note's words, the id, and most of what was not used.

    Example:
        >>> lightened(Patient(id="p1", words="a long note")).words
        ''
    """
    return msgspec.structs.replace(patient, id="", words="", left_out=(), unused=patient.unused[:MOST_UNUSED])
