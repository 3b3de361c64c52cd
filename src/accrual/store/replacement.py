"""A file replaced in one step: neither a reader nor a crash ever sees half of it.

Comes in: a path and what is to stand there. Goes out: nothing but the file. Refuses, as OSError: a folder that cannot
be written, a disk that is full; what stood there still does.
"""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside itself, wait for the disk, and move it into place.

    Example:
        >>> replace_file(folder / "mark.json", b"{}")
    """
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
