"""A venue's pulse: when it last traded anywhere, and how long its pauses usually are."""

from __future__ import annotations

import msgspec

from schemas.clock import VenuePulse

NS = 1_000_000_000

MINUTES = 60
"""Memory of usual pauses: an hour of minutes."""
WARM = 10
"""Minutes before a usual pause is known."""
EARLY_S = 30
EARLY_PAUSES = 10
"""Until then the longest pause stands for it, once the venue was heard for half a minute and ten of these pauses."""
QUIET_NS = 3 * NS
RATE_S = 10
"""A rate of trades counts ten seconds: with a pause of three in them it is the feed's, and not the market's."""


class Pulse(msgspec.Struct):
    """The last trade of any market of a venue, and its longest pauses."""

    last_ns: int = 0
    longest_ns: int = 0
    seconds: int = 0
    minutes: list[int] = []
    early_ns: int = 0
    """The longest pause that ended before the usual one was known."""
    quiet_s: int = 0
    """The last second at whose end it had not traded for three."""

    def take(self, pulse: VenuePulse) -> None:
        """Take what the stream's clock says."""
        self.last_ns = max(self.last_ns, pulse.last_trade_ns)
        self.longest_ns = max(self.longest_ns, pulse.longest_pause_ns)
        if len(self.minutes) < WARM:
            self.early_ns = max(self.early_ns, pulse.longest_pause_ns)

    def close_second(self, now_s: int, line_ns: int | None = None) -> None:
        """Once a minute, remember the longest pause so far in it, one that still lasts included.

        Beyond `line_ns` (what `line_ns()` tells) a pause is an outage: while it lasts no minute is remembered, and once
        it is over it counts as no longer than the line. An outage would be usual in the end, and over while it lasts.
        """
        self.seconds += 1
        if now_s * NS - self.last_ns > QUIET_NS:
            self.quiet_s = now_s
        if self.seconds % 60 == 0:
            lasting = now_s * NS - self.last_ns if self.last_ns else 0
            if line_ns is None:
                self.minutes = [*self.minutes[1 - MINUTES :], max(self.longest_ns, lasting)]
            elif lasting <= line_ns:
                self.minutes = [*self.minutes[1 - MINUTES :], min(max(self.longest_ns, lasting), line_ns)]
            self.longest_ns = 0

    @property
    def usual_longest_s(self) -> float | None:
        """Longest pause of the last hour, leaving out its three worst minutes; None before ten minutes."""
        if len(self.minutes) < WARM:
            return None
        return sorted(self.minutes)[-4] / NS

    @property
    def known_longest_s(self) -> float | None:
        """The usual longest pause; in the first ten minutes the longest so far, or None where even that says little."""
        if len(self.minutes) >= WARM:
            return self.usual_longest_s
        heard = self.seconds >= EARLY_S and self.seconds * NS >= EARLY_PAUSES * self.early_ns
        return self.early_ns / NS if heard else None

    def flows(self, now_s: int) -> bool:
        """Whether it has traded without such a pause for as long as a rate looks back."""
        return now_s - self.quiet_s >= RATE_S

    def line_ns(self, blind_s: float, pauses: float) -> int | None:
        """A pause beyond so many seconds, and so many of the usual longest pauses, is an outage; None while unknown."""
        usual_s = self.known_longest_s
        return None if usual_s is None else round(max(blind_s, pauses * usual_s) * NS)

    def is_lost(self, now_s: int, line_ns: int | None) -> bool:
        """Whether it has not traded for longer than the line that `line_ns()` tells."""
        return line_ns is not None and now_s * NS - self.last_ns > line_ns
