"""What one replay of a case gave: everything that figures are made of."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from detector.ordering import NS
from detector.scoring.alarms import EVALUABLE, Heard
from detector.scoring.labels import Stretch
from detector.shard import LONGEST_SILENCE_S
from schemas.alert import Alert, Transition


class Sight(msgspec.Struct):
    """For each rule how often it was asked and could see, up to each sample; one evaluation is one place and second."""

    times_ns: list[int] = []
    asked: dict[str, list[int]] = {}
    known: dict[str, list[int]] = {}
    evaluations: list[int] = []
    """Of all rules together."""

    def sample(self, now_ns: int, asked: dict[str, int], known: dict[str, int]) -> None:
        """Add the counters as they stand now."""
        before = len(self.times_ns)
        self.times_ns.append(now_ns)
        self.evaluations.append(sum(asked.values()))
        for rule in dict.fromkeys((*self.asked, *asked)):
            for counts, told in ((self.asked, asked), (self.known, known)):
                column = counts.setdefault(rule, [0] * before)
                column.append(told.get(rule, column[-1] if column else 0))

    def share(self, rule: str, during: Stretch) -> float | None:
        """Share of a rule's evaluations within a stretch that could see; None where it was never asked.

        >>> sight = Sight()
        >>> sight.sample(10, {"S1.x/1": 4}, {"S1.x/1": 0})
        >>> sight.sample(20, {"S1.x/1": 8}, {"S1.x/1": 3})
        >>> sight.share("S1.x/1", Stretch(10, 20)), sight.share("S1.x/1", Stretch(0, 20)), sight.share("other", (0, 9))
        (0.75, 0.375, None)
        """
        asked = self._between(self.asked.get(rule), during)
        return self._between(self.known.get(rule), during) / asked if asked else None

    def looked(self, during: Stretch, rule: str = "") -> list[Stretch]:
        """The parts of a stretch in which a rule was asked, or any of them.

        A hole is no time without alarms; beyond `LONGEST_SILENCE_S` of it nothing is closed.

        >>> sight = Sight()
        >>> for second, asked in ((0, 0), (10, 10), (20, 10), (30, 20)):
        ...     sight.sample(second * NS, {"S1.x/1": asked}, {})
        >>> [part.seconds for part in sight.looked(Stretch(5 * NS, 30 * NS), "S1.x/1")]
        [5.0, 10.0]
        """
        counts = self.asked.get(rule, []) if rule else self.evaluations
        parts: list[Stretch] = []
        begins = max(1, bisect_right(self.times_ns, during.from_ns))
        for position in range(begins, len(counts)):
            start_ns, end_ns = self.times_ns[position - 1 : position + 1]
            first_ns = max(start_ns, during.from_ns)
            last_ns = min(end_ns, start_ns + LONGEST_SILENCE_S * NS, during.to_ns)
            if start_ns >= during.to_ns:
                break
            if counts[position] == counts[position - 1] or first_ns >= last_ns:
                continue
            if parts and parts[-1].to_ns == first_ns:
                parts[-1] = Stretch(parts[-1].from_ns, last_ns)
            else:
                parts.append(Stretch(first_ns, last_ns))
        return parts

    def looked_s(self, during: Stretch, rule: str = "") -> float:
        """Seconds of these parts."""
        return sum(part.seconds for part in self.looked(during, rule))

    def sees(self, rule: str, during: Stretch) -> bool:
        """Whether a rule could see in at least `EVALUABLE` of its evaluations within a stretch."""
        return (self.share(rule, during) or 0.0) >= EVALUABLE

    def _between(self, counts: list[int] | None, during: Stretch) -> int:
        if not counts:
            return 0
        first, last = (bisect_right(self.times_ns, moment_ns) - 1 for moment_ns in during)
        return (counts[last] if last >= 0 else 0) - (counts[first] if first >= 0 else 0)


class Run(msgspec.Struct, kw_only=True):
    """One replay."""

    first_ns: int
    """The first second of its events; 0 where there were none."""
    last_ns: int
    events: int
    markets: tuple[str, ...]
    """`venue instrument` of each that spoke."""
    venues: tuple[str, ...]
    transitions: list[Transition]
    alerts: list[Alert]
    """All of them; `detector.alerts.inhibition` says which of them people read."""
    sight: Sight
    prices: dict[str, list[float | None]]
    """Of the markets to draw, at the times of `sight`."""
    heard: dict[str, Heard] = {}
    """What other programs' rules said of the same events, by name."""
    unread: tuple[str, ...] = ()
    """What was wrong with the files, in words."""

    @property
    def seen(self) -> Stretch:
        """The time that was replayed."""
        return Stretch(self.first_ns, self.last_ns)
