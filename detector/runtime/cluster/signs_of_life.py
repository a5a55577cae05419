"""Signs of life: every few seconds this worker says that it lives, and where the market stands if it knows."""

from __future__ import annotations

import asyncio
import time

from detector.runtime.cluster.frames_worker import FramesWorker
from detector.runtime.cluster.market_worker import MarketWorker
from detector.runtime.cluster.outbox import Outbox
from schemas.state import Heartbeat

EVERY_S = 5.0
QUIET_S = 5.0
"""Ticks come every second: without any for so long there is no input."""


class SignsOfLife:
    """Says them until cancelled."""

    def __init__(self, outbox: Outbox, frames: FramesWorker, market: MarketWorker) -> None:
        self._outbox = outbox
        self._frames = frames
        self._market = market

    async def run(self) -> None:
        """Say them at once and then regularly."""
        while True:
            await self.say()
            await asyncio.sleep(EVERY_S)

    async def say(self, *, stopping: bool = False) -> None:
        """One heartbeat, and the market's state where this worker has that stage."""
        await self._outbox.heartbeat(self.heartbeat(stopping=stopping))
        if self._market.state is not None and not stopping:
            await self._outbox.market_state(self._market.state)

    def heartbeat(self, *, stopping: bool = False) -> Heartbeat:
        """How this worker does."""
        frames = self._frames
        watermark_ns, now_ns = frames.watermark_ns, time.time_ns()
        quiet_s = time.monotonic() - frames.last_record_s
        awaited = self._market.awaited
        waiting = not frames.records or quiet_s > QUIET_S
        note = ""
        if waiting:
            note = "no frames yet" if not frames.records else f"no frames for {quiet_s:.0f} s"
        elif awaited:
            note = f"the market-wide stage waits for partitions {', '.join(map(str, awaited))}"
        return Heartbeat(
            worker=self._outbox.worker,
            role="detector",
            at_ns=now_ns,
            watermark_ns=watermark_ns,
            lag_s=max(0.0, round((now_ns - watermark_ns) / 1e9, 3)) if watermark_ns else None,
            partitions=tuple(sorted(frames.owned)),
            state="stopping" if stopping else "waiting" if waiting else "running",
            note=note,
        )
