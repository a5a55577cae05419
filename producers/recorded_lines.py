"""Lines out of chunks of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from producers.compressed import CompressedFile

MAX_LINE_BYTES = 1 << 26
"""The longest market list is 3 MB; whatever is twenty times longer is no line."""

PEEK_BYTES = 1 << 14


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""The lines of a text that comes in pieces.

    >>> list(lines([b"one\ntw", b"o\n", b"three"]))
    [b'one', b'two', b'three']
    """
    rest = b""
    for chunk in chunks:
        whole, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            # Something else than text can go on for ever without a line end.
            rest = rest + tail if len(rest) < MAX_LINE_BYTES else tail
            continue
        found = (rest + whole).split(b"\n")
        rest = tail
        yield from found
    if rest:
        yield rest


def first_lines(path: Path, count: int) -> list[bytes]:
    """The lines that a file begins with, for those who want no more of it."""
    return list(islice(lines(CompressedFile(path, chunk_bytes=PEEK_BYTES)), count))
