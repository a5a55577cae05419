"""A file that is either whole or not there: it is written under another name, held against its sum, and renamed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from producers.errors import ProducerError

_SUM = re.compile(r"([0-9a-fA-F]{64})\s+\*?\S+")


class FolderError(ProducerError):
    """A folder that cannot be written to, or a full disk: no other file will fare better."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path}: {error.strerror or error}")


class PartFile:
    """`NAME.part` until it is kept; whatever ends the block before that, an error or Ctrl-C, takes it away.

    Every failure of the disk is a `FolderError`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self.bytes = 0

    def __enter__(self) -> Self:
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        except OSError as error:
            raise FolderError(self._part, error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failure: OSError | None = None
        for tidy in (self._file.close, self._unlink):
            # A full disk also fails what is still to be written when the file is closed.
            try:
                tidy()
            except OSError as refused:
                failure = refused
        if failure is not None and error is None:
            raise FolderError(self._part, failure) from failure

    def write(self, chunk: bytes) -> None:
        """Go on."""
        try:
            self._file.write(chunk)
        except OSError as error:
            raise FolderError(self._part, error) from error
        self.bytes += len(chunk)

    def sha256(self) -> str | None:
        """The sum of what is on the disk."""
        try:
            self._file.flush()
        except OSError as error:
            raise FolderError(self._part, error) from error
        return sha256_of(self._part)

    def keep(self) -> None:
        """Give the file its name."""
        try:
            self._file.close()
            self._part.replace(self._path)
        except OSError as error:
            raise FolderError(self._path, error) from error

    def _unlink(self) -> None:
        self._part.unlink(missing_ok=True)


def sha256_of(path: Path) -> str | None:
    """The sum of a file; None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FolderError(path, error) from error


def sum_in(text: bytes) -> str | None:
    """The sum in a checksum file of one line, as `sha256sum` writes it; None where it is something else.

    >>> sum_in(b"ab" * 32 + b"  BTCUSDT-1m-2025-10-10.zip")[:4]
    'abab'
    """
    found = _SUM.match(text.decode("ascii", "replace"))
    return found[1].lower() if found else None
