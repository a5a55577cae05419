"""A producer says that it lives, so that nobody takes its silence for a calm market."""

from __future__ import annotations

import asyncio
import time
from typing import Literal

from producers.kafka.publisher import Publisher
from producers.kafka.writer import Writer
from schemas.codec import encode
from schemas.state import Heartbeat
from schemas.topics import STATE

EVERY_S = 5.0


async def beat(*, worker: str, publisher: Publisher, writer: Writer) -> None:
    """Until cancelled."""
    while True:
        await tell(worker=worker, publisher=publisher, writer=writer)
        await asyncio.sleep(EVERY_S)


async def tell(*, worker: str, publisher: Publisher, writer: Writer, ends: bool = False) -> None:
    """Once."""
    now_ns = time.time_ns()
    heard_ns = publisher.last_recv_ns
    state: Literal["stopping", "running", "waiting"] = "stopping" if ends else "running" if heard_ns else "waiting"
    heartbeat = Heartbeat(
        worker=worker,
        role="producer",
        at_ns=now_ns,
        watermark_ns=publisher.ticker.newest_ns,
        lag_s=max(0.0, (now_ns - heard_ns) / 1e9) if heard_ns else None,
        state=state,
        note="no event yet" if state == "waiting" else "",
    )
    await writer.tell(STATE, f"worker|{worker}".encode(), encode(heartbeat))
