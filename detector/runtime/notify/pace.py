"""How often a channel may be spoken to: so many in so many seconds, several such rules at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

NS = 1_000_000_000


class Pace:
    """Counts what was sent; time is an argument.

    >>> pace = Pace([(1, 1.0), (3, 60.0)])
    >>> for second in (0, 1, 2):
    ...     pace.sent(second * NS)
    >>> pace.wait_ns(3 * NS) // NS
    57
    """

    def __init__(self, paces: Sequence[tuple[int, float]]) -> None:
        self._rules = [(count, int(seconds * NS), deque[int](maxlen=count)) for count, seconds in paces]

    def wait_ns(self, now_ns: int) -> int:
        """How long until one more may be sent; 0 for now."""
        waits = (sent[0] + span - now_ns for count, span, sent in self._rules if len(sent) == count)
        return max(0, *waits, 0)

    def sent(self, now_ns: int) -> None:
        """One was sent, whatever became of it."""
        for _, _, sent in self._rules:
            sent.append(now_ns)
