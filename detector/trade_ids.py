"""Holes in a market's contiguous trade ids: fills that took an id and did not print (insurance fund, deleveraging).

An inference, and only where ids are contiguous in the calm. Blind where a counter is shared with other markets.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detector.bars import Tally

LONGEST_HOLE = 500
"""A trade id that runs ahead by more is a feed gap or a restarted counter, not fills that did not print."""

HOLE_SETTLES_S = 3
"""A hole counts when it is still open after this: prints may overtake each other by a moment."""

SCATTERED_IDS = 200
"""So many calm holes, and a tenth of all ids, before a counter is given up."""

HALF_LIFE_S = 3_600
"""What ids do in the calm is remembered for hours, not for ever: one bad minute must not blind a market."""


class Hole(msgspec.Struct):
    """An id that did not print between two that did."""

    since_ns: int
    until_ns: int
    age_s: int = 0


class TradeIds(msgspec.Struct):
    """Counts ids and holes of one market, a second at a time.

    >>> ids = TradeIds()
    >>> for second, number in enumerate((1, 2, 5, 4)):
    ...     ids.on_id(number, second - 1, second)
    >>> for second in range(5):
    ...     ids.close_second(second, learn=False)
    >>> ids.ids_60s.total, ids.missing_60s.total
    (4, 1)
    """

    last: int = -1
    taken: int = 0
    """Ids that passed in this second, printed or not."""
    holes: dict[int, Hole] = {}
    """Missing ids."""
    ids_60s: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    missing_60s: Tally = msgspec.field(default_factory=lambda: Tally.of(60))
    calm_ids: int = 0
    calm_missing: int = 0
    age_s: int = 0

    def on_id(self, trade_id: int, since_ns: int, now_ns: int) -> None:
        """Take the id of a print at `now_ns`; the market's last one was at `since_ns`."""
        step = trade_id - self.last
        if step == 1 or (step > 1 and self.scattered):
            self.last = trade_id
            self.taken += 1
        elif self.last < 0 or step > LONGEST_HOLE or step < -LONGEST_HOLE:
            self.last = trade_id
            self.holes.clear()
        elif step > 1:
            for missing in range(self.last + 1, trade_id):
                self.holes[missing] = Hole(since_ns, now_ns)
            self.last = trade_id
            self.taken += step
        else:
            self.holes.pop(trade_id, None)

    def forget(self) -> None:
        """After a gap in the feed a hole proves nothing."""
        self.last = -1
        self.holes.clear()

    def forgive(self, pause_ends_ns: Iterable[int]) -> None:
        """The whole venue was silent until these moments: what it skipped over one was lost on the way."""
        for end_ns in pause_ends_ns:
            for missing in [m for m, hole in self.holes.items() if hole.since_ns < end_ns <= hole.until_ns]:
                del self.holes[missing]
                self.taken -= 1

    def close_second(self, now_s: int, learn: bool) -> None:
        """Close the second that ends at `now_s`; what is usual is learnt only while `learn`."""
        past_ids = self.ids_60s.put(now_s, self.taken)
        past_missing = self.missing_60s.put(now_s, self._settle() if self.holes else 0)
        self.taken = 0
        self.age_s += 1
        if learn:  # from what has left the minute: no minute may be the yardstick of itself
            self.calm_ids += past_ids
            self.calm_missing += past_missing
        if self.age_s % HALF_LIFE_S == 0:  # of its own life: the hour of the day decides nothing
            self.calm_ids //= 2
            self.calm_missing //= 2

    @property
    def scattered(self) -> bool:
        """Whether ids skip all the time: a counter shared with other markets says nothing about this one."""
        return self.calm_missing > SCATTERED_IDS and self.calm_missing > self.calm_ids // 10

    def _settle(self) -> int:
        """Age the open holes by a second; return how many are now taken for fills that did not print."""
        settled = 0
        for missing, hole in list(self.holes.items()):
            if hole.age_s < HOLE_SETTLES_S:
                hole.age_s += 1
            else:
                del self.holes[missing]
                settled += 1
        return settled
