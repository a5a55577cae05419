"""Writes down what a desk decided and what became of it. While that cannot be done, it is kept, and messages go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from detector.alerts.desk import Desk
from detector.alerts.kept import Changes
from detector.store.errors import StoreError
from detector.store.log import LogEntry
from detector.store.store import Store

logger = logging.getLogger(__name__)

WRITE_AGAIN_S = 5.0
"""Each attempt holds everything up for as long as the store is patient."""
SAY_AGAIN_S = 60.0


class Ledger:
    """Of one desk.

    Attributes
    ----------
    position
        Where the input is to be read on; None before anything was read.
    failures
        How often the store could not be read or written.
    """

    def __init__(self, store: Store, desk: Desk) -> None:
        self.position = store.position()
        self.failures = 0
        self._store = store
        self._desk = desk
        self._dirty = False
        self._write_again_s = self._said_s = float("-inf")

    def read_up_to(self, position: int | None) -> None:
        """Everything before this position of the input is taken, or was nothing for us."""
        self._dirty = True
        if position is not None:
            self.position = position

    def save(self, *, last: bool = False) -> None:
        """Write down what was decided since the last time; `last`: there is no later."""
        if last:
            self._write_again_s = float("-inf")
        changes = self._desk.changes
        if self._dirty or changes.threads or changes.gone or changes.stories or changes.alerts:
            self._write(lambda taken: self._store.save(taken, self._desk.kept, position=self.position))

    def log(self, entry: LogEntry) -> None:
        """Write down an attempt, with what it meant for the desk."""
        self._write(lambda taken: self._store.settled(entry, taken, self._desk.kept, position=self.position))

    def failed(self, error: StoreError) -> None:
        """People are told all the same: a message twice is better than none."""
        self.failures += 1
        now_s = time.monotonic()
        if now_s - self._said_s >= SAY_AGAIN_S:
            self._said_s = now_s
            logger.error("messages go on, but nothing is written down, and may be sent again: %s", error)

    def _write(self, write: Callable[[Changes], None]) -> None:
        now_s = time.monotonic()
        if now_s < self._write_again_s:
            return
        changes = self._desk.take_changes()
        try:
            write(changes)
            self._dirty = False
        except StoreError as error:
            self._desk.changes = changes.and_then(self._desk.changes)
            self._dirty = True
            self._write_again_s = now_s + WRITE_AGAIN_S
            self.failed(error)
