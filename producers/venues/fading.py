"""Warnings that a venue repeats while they hold: what is no longer repeated is over, and nobody says so.

Receive times alone decide, so that a replay says the same as the live run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

_Key = TypeVar("_Key")


class Fading(Generic[_Key]):
    """When each warning was told last.

    >>> warnings = Fading[str](after_ns=5)
    >>> warnings.told("BTC", 10)
    >>> warnings.over(14), warnings.over(15), warnings.over(16)
    ((), ('BTC',), ())
    """

    def __init__(self, *, after_ns: int) -> None:
        self._after_ns = after_ns
        self._told_ns: dict[_Key, int] = {}

    def told(self, key: _Key, now_ns: int) -> None:
        """Note a warning, or its repetition."""
        self._told_ns[key] = now_ns

    def ended(self, key: _Key) -> None:
        """Note that the venue itself called it off."""
        self._told_ns.pop(key, None)

    def over(self, now_ns: int) -> Sequence[_Key]:
        """The warnings that were not repeated in time; each is told of once."""
        if not self._told_ns:
            return ()
        over = tuple(key for key, told_ns in self._told_ns.items() if now_ns - told_ns >= self._after_ns)
        for key in over:
            del self._told_ns[key]
        return over
