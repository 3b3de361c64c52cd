"""Record bodies as bytes on disk: zstd with a dictionary trained on the registry's own records, or against an
earlier version of the same study.

Comes in: minified JSON. Goes out: a zstd frame with a checksum, and back. Refuses, as StoreError: a frame that is
damaged or whose dictionary is missing.

Measured on 1,886 real v2 records (18.7 kB mean), level 3: 5.0 kB a record without a dictionary, 3.7 kB with
112 KiB, 3.5 kB with 256 KiB; level 9 would save another tenth and take four times as long.

Measured on 58 later versions of 46 real studies (30.2 kB mean): 6,333 bytes a version with the dictionary, 294 against
the study's first version, in 0.5 ms; it is read back in 0.05 ms (benchmarks/history.py).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import zstandard

from accrual.errors import StoreError

LEVEL = 3
DICTIONARY_BYTES = 256 * 1024
MIN_SAMPLES = 200  # fewer records than this teach a dictionary little; then none is made yet
MAX_SAMPLES = 1000
SAMPLE_BYTES = 64 * 1024  # of each record at most: one giant must not be the whole dictionary

# Lengths of the segments and d-mers that COVER looks for. Fixed, so that nothing is searched for: the search
# took 39 s for the same ratio, these take 0.6 s. See ZDICT_cover_params_t in zstd's zdict.h.
_SEGMENT, _DMER = 2048, 8

NO_DICTIONARY = 0

DELTA_LEVEL = 6  # as fast as level 3 here, and a tenth smaller; 12 saves 3 % more and takes ten times as long
_USUAL_WINDOW = (
    21  # log2 of the bytes that the levels used here look back; see ZSTD_defaultCParameters in zstd
)
_WIDEST_WINDOW = 27  # ZSTD_WINDOWLOG_LIMIT_DEFAULT of zstd.h: what any decoder takes


def train(bodies: Sequence[bytes]) -> bytes | None:
    """Return a dictionary made from these records, or None where they are too few to learn from."""
    if len(bodies) < MIN_SAMPLES:
        return None
    step = max(1, len(bodies) // MAX_SAMPLES)
    samples: list[bytes | bytearray | memoryview[int]] = [body[:SAMPLE_BYTES] for body in bodies[::step]]
    size = min(DICTIONARY_BYTES, sum(map(len, samples)) // 8)
    try:
        return zstandard.train_dictionary(size, samples, k=_SEGMENT, d=_DMER).as_bytes()
    except zstandard.ZstdError:  # records too short or too alike to have anything in common worth a table
        return None


class Codec:
    """Compresses and decompresses with a set of dictionaries, in any thread."""

    def __init__(self, dictionaries: Mapping[int, bytes]) -> None:
        self._dictionaries = {
            number: zstandard.ZstdCompressionDict(data) for number, data in dictionaries.items()
        }
        self._local = threading.local()  # zstd contexts belong to one thread at a time

    def knows(self, dictionary: int) -> bool:
        """Say whether bodies written with this dictionary can be read."""
        return dictionary == NO_DICTIONARY or dictionary in self._dictionaries

    def compress(self, body: bytes, dictionary: int) -> bytes:
        """Return the zstd frame of a body."""
        return self._compressor(dictionary).compress(body)

    def compress_many(self, bodies: Sequence[bytes], dictionary: int) -> list[bytes]:
        """Return the frames of many bodies, compressed on all cores.

        One call lets go of the interpreter once for all of them. A call for each body, in threads of its own,
        would have to fight for it each time (up to 5 ms, `sys.getswitchinterval`): measured, that was slower
        than no threads at all.
        """
        if not bodies:
            return []
        frames = self._compressor(dictionary).multi_compress_to_buffer(list(bodies), threads=-1)
        return [frames[place].tobytes() for place in range(len(frames))]

    def decompress(self, frame: bytes, dictionary: int, size: int) -> bytes:
        """Return the body of a frame; `size` is its length in bytes, known from the row beside it.

        Raises:
            StoreError: the frame is damaged.
        """
        decompressors = self._of_thread().decompressors
        if dictionary not in decompressors:
            decompressors[dictionary] = zstandard.ZstdDecompressor(
                dict_data=self._dictionaries.get(dictionary)
            )
        try:
            # Looked at first: a damaged header could claim any size, and zstd would set that much memory aside.
            if zstandard.frame_content_size(frame) == size:
                return decompressors[dictionary].decompress(frame)
            reason = "its length is not the one it was stored with"
        except zstandard.ZstdError as error:
            reason = str(error)
        raise StoreError(_damaged(reason))

    def _compressor(self, dictionary: int) -> zstandard.ZstdCompressor:
        compressors = self._of_thread().compressors
        if dictionary not in compressors:
            compressors[dictionary] = zstandard.ZstdCompressor(
                level=LEVEL,
                dict_data=self._dictionaries.get(dictionary),
                write_checksum=True,
                write_dict_id=False,
            )
        return compressors[dictionary]

    def _of_thread(self) -> _Contexts:
        contexts: _Contexts | None = getattr(self._local, "contexts", None)
        if contexts is None:
            contexts = self._local.contexts = _Contexts()
        return contexts


def compress_against(base: bytes, body: bytes) -> bytes:
    """Return the zstd frame of a body that says only what it does not share with another.

    Example:
        >>> len(compress_against(older, newer)), len(codec.compress(newer, 1))
        (294, 6333)
    """
    window = min((len(base) + len(body)).bit_length(), _WIDEST_WINDOW)
    # The tables of a level suit what is read as a stream: the base of a large record would fall out of them.
    wide = {"window_log": window, "hash_log": window - 1, "chain_log": window - 1}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        DELTA_LEVEL,
        source_size=len(body),
        dict_size=len(base),
        write_checksum=1,
        write_dict_id=0,
        **(wide if window > _USUAL_WINDOW else {}),
    )
    return zstandard.ZstdCompressor(dict_data=_content(base), compression_params=parameters).compress(body)


def decompress_against(base: bytes, frame: bytes, size: int) -> bytes:
    """Return the body of a frame that `compress_against` made; `size` is the body's length in bytes.

    Raises:
        StoreError: the frame is damaged, or was made against another body.
    """
    try:
        if zstandard.frame_content_size(frame) == size:  # as in `Codec.decompress`
            return zstandard.ZstdDecompressor(dict_data=_content(base)).decompress(frame)
        reason = "its length is not the one it was stored with"
    except zstandard.ZstdError as error:
        reason = str(error)
    raise StoreError(_damaged(reason))


def _content(base: bytes) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(base, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _damaged(reason: str) -> str:
    return f"a stored record is damaged ({reason})"


class _Contexts:
    """One thread's zstd contexts, by dictionary."""

    def __init__(self) -> None:
        self.compressors: dict[int, zstandard.ZstdCompressor] = {}
        self.decompressors: dict[int, zstandard.ZstdDecompressor] = {}
