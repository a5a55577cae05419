"""One line about a worker: what it has, how far it is, what it said."""

from __future__ import annotations

import time

from detector.console.wording import clock
from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox


def status_line(frames: FramesWorker, market: MarketWorker, outbox: Outbox, seconds: float, events: int) -> str:
    """For standard error; `events` were taken in the last `seconds`."""
    partitions = ",".join(map(str, sorted(frames.owned))) or "none"
    parts = [f"partitions {partitions}"]
    if frames.watermark_ns:
        behind_s = (time.time_ns() - frames.watermark_ns) / 1e9
        parts.append(f"at {clock(frames.watermark_ns)} UTC, {behind_s:,.1f} s ago")
    if seconds:
        parts.append(f"{events / seconds:,.0f} events/s")
    if market.state is not None:
        parts.append(f"market {market.state.level}")
        if awaited := market.alignment.awaited():
            parts.append(f"waits for partitions {','.join(map(str, awaited))}")
    said = ", ".join(f"{count:,} to {topic}" for topic, count in sorted(outbox.sent.items()))
    parts.append(said or "nothing said yet")
    if poisoned := frames.poisoned + market.poisoned:
        parts.append(f"{poisoned:,} unreadable records set aside")
    return "; ".join(parts)
