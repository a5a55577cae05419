"""One line about a worker: what it has, how far it is, what it said."""

from __future__ import annotations

import time

from detector.console.wording import clock
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox

DAY_S = 86_400
REPLAY_S = 6 * 3_600
"""The log holds so much: what is older was not late but recorded, and is played again."""
STALLED_S = 5.0


def status_line(frames: FramesWorker, market: MarketWorker, outbox: Outbox, seconds: float, events: int) -> str:
    """For standard error; `events` were taken in the last `seconds`."""
    parts = [f"partitions {','.join(map(str, sorted(frames.owned))) or 'none'}"]
    if frames.watermark_ns:
        parts.append(f"at {clock(frames.watermark_ns)} UTC, {behind(time.time_ns() / 1e9 - frames.watermark_ns / 1e9)}")
    if seconds:
        parts.append(f"{events / seconds:,.0f} events/s")
    if frames.records and (quiet_s := time.monotonic() - frames.last_record_s) > STALLED_S:
        parts.append(f"no frames for {quiet_s:,.0f} s")
    elif not frames.records:
        parts.append("no frames yet")
    if market.state is not None:
        parts.append(f"market {market.state.level}")
        if awaited := market.awaited:
            parts.append(f"waits for partitions {','.join(map(str, awaited))}")
    said = ", ".join(f"{count:,} to {topic}" for topic, count in sorted(outbox.sent.items()))
    parts.append(said or "nothing said yet")
    if outbox.waiting_s > STALLED_S:
        parts.append(f"{outbox.waiting:,} records not acknowledged for {outbox.waiting_s:,.0f} s")
    if poisoned := frames.poisoned + market.poisoned:
        parts.append(f"{poisoned:,} unreadable records set aside")
    if frames.failed_seconds:
        parts.append(f"{frames.failed_seconds:,} seconds of assets could not be judged")
    if frames.unbelieved_ticks:
        parts.append(f"{frames.unbelieved_ticks:,} ticks not believed: a producer's clock is a minute ahead")
    if outbox.refused:
        parts.append(f"{outbox.refused:,} records too large and left out")
    return "; ".join(parts)


def behind(seconds: float) -> str:
    """How far event time is behind the clock, in words.

    >>> behind(1.26), behind(-3.0), behind(600.0)
    ('1.3 s ago', '3.0 s ahead of the clock', '600.0 s ago')
    >>> behind(407.4 * 86_400), behind(7 * 3_600.0)
    ('407 days behind the clock: a replay', '7 hours behind the clock: a replay')
    """
    if seconds < 0:
        return f"{-seconds:,.1f} s ahead of the clock"
    if seconds < REPLAY_S:
        return f"{seconds:,.1f} s ago"
    age = f"{seconds / DAY_S:,.0f} days" if seconds >= 2 * DAY_S else f"{seconds / 3_600:.0f} hours"
    return f"{age} behind the clock: a replay"
