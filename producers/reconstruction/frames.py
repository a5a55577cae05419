"""All venues' frames in the order of receipt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from producers.reconstruction.activity import build_activity, unbroken
from producers.reconstruction.facts import DAY_S, FIRST_MINUTE, minute_of
from producers.reconstruction.feed import Feed
from producers.reconstruction.prices import World
from producers.reconstruction.trades import Flow
from producers.reconstruction.venue_binance import BINANCE, BinanceVenue
from producers.reconstruction.venue_hyperliquid import HyperliquidVenue

SEED = 20251010
Frame = tuple[int, str, bytes]


def frames(
    *, seed: int = SEED, twin: bool = False, macro: bool = False, start: str = "20:20", end: str = "22:20"
) -> Iterator[Frame]:
    """Yield (receive time in ns, venue id, raw frame) from `start` to `end`, whole minutes within 20:20-22:20.

    `twin` is the same activity at calm prices, `macro` a repricing: the same fall, on every venue as it was elsewhere,
    without anything that broke in it. The same arguments give the same bytes. Books begin at `start` with a snapshot
    in line.
    """
    first, last = minute_of(start), minute_of(end)
    cascade = World(seed=seed, twin=False)
    shown = World(seed=seed, twin=True, macro=macro) if twin or macro else cascade
    activity = unbroken(build_activity(seed)) if macro else build_activity(seed)
    flow = Flow(seed=seed, activity=activity, cascade=cascade, shown=shown)
    binance = [BinanceVenue(name, seed=seed, world=shown, first=first) for name in BINANCE]
    venues: list[BinanceVenue | HyperliquidVenue] = [*binance, HyperliquidVenue(seed=seed, world=shown)]
    feeds = {name: Feed(name, seed=seed, twin=shown.twin) for name in (*BINANCE, "hyperliquid")}
    origin_ns = (DAY_S + FIRST_MINUTE * 60) * 1_000_000_000
    opening_ns = origin_ns + (first - FIRST_MINUTE) * 60_000_000_000
    waiting: list[Frame] = [(opening_ns, venue.id, venue.market_list()) for venue in venues]
    for minute in range(first, last):
        start_s = (minute - FIRST_MINUTE) * 60.0
        drawn = flow.minute(minute)
        for venue in venues:
            timed = sorted(venue.minute(minute, drawn), key=lambda row: row[0])
            at_s = np.array([row[0] for row in timed])
            is_trade = np.array([row[1] for row in timed], np.bool_)
            received = feeds[venue.id].receive(minute, start_s, at_s, is_trade)
            recv_ns = (origin_ns + np.rint(received * 1e9).astype(np.int64)).tolist()
            waiting += [(when, venue.id, row[2]) for when, row in zip(recv_ns, timed, strict=True)]
        waiting.sort(key=lambda frame: frame[0])
        horizon = origin_ns + (minute + 1 - FIRST_MINUTE) * 60_000_000_000
        ready = 0
        while ready < len(waiting) and waiting[ready][0] < horizon:
            ready += 1
        yield from waiting[:ready]
        del waiting[:ready]
    yield from waiting
