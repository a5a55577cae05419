"""What the receive times of a whole venue say: which of its streams are late, and whether its clock was set."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from detector.config import Config
from detector.overview import Listed


class Lateness(NamedTuple):
    """The streams of one venue whose delay is known."""

    late_s: tuple[float, ...]
    """Delays of those that are late."""
    streams: int
    punctual: bool
    """Whether the messages of this very second came in time on some stream."""

    @property
    def all_late(self) -> bool:
        """Whether every stream is late."""
        return self.streams > 0 and len(self.late_s) == self.streams


def lateness(markets: Sequence[Listed], config: Config, *, early: bool = False) -> Lateness | None:
    """Streams that are later than the line and many times their usual; None where no delay is known.

    With `early` a delay whose usual is not known yet is held against that of a long way over the internet.
    """
    limits, usual_s = config.withdrawal, config.data.early_usual_s
    late_s: list[float] = []
    streams, punctual = 0, False
    for _, market in markets:
        delay_s, ratio = market.delay_s, market.delay_ratio
        if delay_s is None or (ratio is None and not early):
            continue
        streams += 1
        if delay_s > limits.delay_warn_s and (delay_s / usual_s if ratio is None else ratio) > limits.delay_ratio:
            late_s.append(delay_s)
        punctual = punctual or (market.delay_now_s is not None and market.delay_now_s <= limits.delay_warn_s)
    return Lateness(tuple(sorted(late_s)), streams, punctual) if streams else None


def clock_step(markets: Sequence[Listed], config: Config) -> float | None:
    """By how many seconds the venue's clock and ours have leapt apart in the last minute; None where they have not.

    Half of the streams that can tell must agree: a clock is the venue's, or ours, and not a market's.
    """
    limits = config.data
    steps = [market.clock_step_s for _, market in markets if market.clock_step_s is not None]
    if not steps:
        return None
    middle = median(steps)
    agree = sum(abs(step - middle) <= limits.clock_agrees_s for step in steps)
    telling = sum(market.clock_step_s is not None or market.delay_s is not None for _, market in markets)
    return middle if agree >= limits.clock_share * telling else None
