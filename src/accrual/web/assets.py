"""What the pages need of others: htmx, Leaflet and the outline of the world. `python -m accrual.web.assets` builds it.

Comes in: the pinned packages that carry them. Goes out: files in a folder of the user's data, served under
`/static/vendor/`. Refuses (PackageError): a package that cannot be had. Nothing of others lies in this project, and
nothing is asked of other machines while pages are served: without the folder the pages work without scripts and maps.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from accrual.errors import PackageError
from accrual.web.outline import outline
from accrual.wheels import Wheel, fetch, member

HTMX = Wheel(
    "django-htmx", "1.29.0", "django_htmx-1.29.0-py3-none-any.whl",
    "0ec5be1645ed71e6787bd75e0250624f00274ac3bb1730f07b6629a95688929b",
)  # fmt: skip
LEAFLET = Wheel(
    "xstatic-leaflet", "1.9.3.0", "xstatic_leaflet-1.9.3.0-py3-none-any.whl",
    "9d6871255940f03fd5406cacc36c7e1a8e2a681cabe65b8514c9a68cf8c04e48",
)  # fmt: skip
WORLD = Wheel(
    "geopandas", "0.14.4", "geopandas-0.14.4-py3-none-any.whl",
    "3bb6473cb59d51e1a7fe2dbc24a1a063fb0ebdeddf3ce08ddbf8c7ddc99689aa",
)  # fmt: skip


class Asset(msgspec.Struct, frozen=True):
    """One file of others."""

    name: str
    wheel: Wheel
    path: str
    title: str
    licence: str
    make: Callable[[bytes], bytes] = bytes
    """From the file in the package to what is served."""


ASSETS: tuple[Asset, ...] = (
    Asset(
        "htmx.js", HTMX, "django_htmx/static/django_htmx/htmx-2.min.js", "htmx 2", "Zero-Clause BSD"
    ),
    Asset("leaflet.js", LEAFLET, "xstatic/pkg/leaflet/data/leaflet.js", "Leaflet 1.9.3", "BSD-2-Clause"),
    Asset("leaflet.css", LEAFLET, "xstatic/pkg/leaflet/data/leaflet.css", "Leaflet 1.9.3", "BSD-2-Clause"),
    Asset(
        "world.json", WORLD, "geopandas/datasets/naturalearth_lowres/naturalearth_lowres.shp",
        "Natural Earth, 1:110 million", "public domain", outline,
    ),
)  # fmt: skip


def place() -> Path:
    """Return the folder of the built files; it is named for what they are made of."""
    from platformdirs import user_data_path

    return user_data_path("accrual", appauthor=False) / "web" / _recipe()


@cache
def _recipe() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for asset in ASSETS:
        digest.update(f"{asset.name} {asset.wheel.sha256} {asset.path}\n".encode())
    for source in ("assets.py", "outline.py"):
        digest.update((Path(__file__).parent / source).read_bytes())
    return digest.hexdigest()


def built() -> Path | None:
    """Return the folder where it is whole, else None."""
    folder = place()
    return folder if all((folder / asset.name).is_file() for asset in ASSETS) else None


def build(cache_folder: Path) -> Path:
    """Build the folder, whole or not at all; what is there stays.

    Raises:
        PackageError: a package cannot be had.
    """
    folder = place()
    if built() is not None:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    try:
        for asset in ASSETS:
            body = asset.make(member(fetch(asset.wheel, cache_folder), asset.path))
            (made / asset.name).write_bytes(body)
            (made / f"{asset.name}.gz").write_bytes(gzip.compress(body, mtime=0))
        shutil.rmtree(folder, ignore_errors=True)
        made.chmod(0o755)
        try:
            made.rename(folder)
        except OSError:  # another build of the same files was faster
            if built() is None:
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


def main() -> int:
    """Build into the user's data folder; where a package cannot be had, say so and go without."""
    try:
        said = f"web: scripts and map in {build(place().parent / 'packages')}"
    except PackageError as error:
        said = f"web: pages go without scripts and maps: {error}"
    print(said, file=sys.stderr, flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
