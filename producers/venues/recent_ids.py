"""A bounded memory of ids, for venues that repeat themselves after a subscription."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class RecentIds:
    """The last `most` ids; the oldest is forgotten first."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._ids: set[Hashable] = set()
        self._order: deque[Hashable] = deque()

    def add(self, key: Hashable) -> bool:
        """Remember; False where it was remembered already."""
        if key in self._ids:
            return False
        self._ids.add(key)
        self._order.append(key)
        if len(self._order) > self._most:
            self._ids.discard(self._order.popleft())
        return True
