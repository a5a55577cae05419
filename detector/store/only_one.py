"""One notifier a store: two would tell everything twice, each believing that the other's messages are its own."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from detector.store.errors import StoreError


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the store for as long as the body runs; commands that add silences need not. Raises `StoreError`.

    The lock is the process's: however it ends, the next one may have it.
    """
    beside = path.with_name(f"{path.name}.lock")
    try:
        file = beside.open("a")
    except OSError as error:
        raise StoreError(f"store {path}: its lock {beside.name} cannot be written: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                f"store {path}: another notifier works with it: end that one, or name another file by [notify] store"
            ) from None
        yield
