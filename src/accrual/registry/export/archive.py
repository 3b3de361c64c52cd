"""One study as a zip archive that holds its JSON.

Comes in: an NCT number and the JSON bytes. Goes out: the bytes of a zip archive with the member `<NCT number>.json`.
Refuses nothing. The same JSON gives the same bytes on any day, so that what was downloaded can be compared.
"""

from __future__ import annotations

import io
import zipfile

_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the first time that the zip format can say: none


def write_archive(nct_id: str, body: bytes) -> bytes:
    """Return a zip archive of one study.

    Example:
        >>> import io, zipfile
        >>> zipfile.ZipFile(io.BytesIO(write_archive("NCT00000102", b"{}"))).namelist()
        ['NCT00000102.json']
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo(f"{nct_id}.json", _FIRST_DAY)
        archive.writestr(member, body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
