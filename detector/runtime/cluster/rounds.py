"""Saving many states without a pause: each round is spread over some seconds, a few states at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence


class Rounds:
    """Which keys are due now, so that every key is due once in `every_s` seconds of the wall clock.

    >>> now_s = [0.0]
    >>> rounds = Rounds(10.0, lambda: [b"*", b"BTC", b"ETH", b"SOL"], clock=lambda: now_s[0])
    >>> list(rounds.due())
    [b'*']
    >>> now_s[0] = 5.0
    >>> list(rounds.due())
    [b'BTC', b'ETH']
    """

    def __init__(
        self, every_s: float, keys: Callable[[], Sequence[bytes]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._every_s = every_s
        self._keys = keys
        self._clock = clock
        self._round: list[bytes] = []
        self._done = 0
        self._began_s = 0.0

    def due(self) -> Iterator[bytes]:
        """Keys to save now, in the order of the round."""
        now_s = self._clock()
        if self._done == len(self._round):
            if self._round and now_s - self._began_s < self._every_s:
                return
            self._round, self._done, self._began_s = list(self._keys()), 0, now_s
        share = (now_s - self._began_s) / self._every_s
        while self._done < len(self._round) and self._done / len(self._round) <= share:
            self._done += 1
            yield self._round[self._done - 1]
