"""What signals and stages cost beside decode and kernel of the same events, and how that grows with the assets.

`python -m benchmarks.signals [--rounds N]`. Raw frames of a made-up calm market go through the venues' parsers, the
ticker, the order of events and the markets (*decode and kernel*); what is done at the close of each second, for each
asset and for the market, is *signals and stages*: features, baselines, signals, conditions, readings, roll-up. Both are
told apart within one run, in time of the processor; engines of several sizes take turns round by round, so that ratios
hold on a busy machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.signals_feed import VENUES, Feed, Frame, Pace, alt, paces
from detector import kernel
from detector.engine import Engine, Saved
from detector.market_engine import MarketEngine
from detector.ordering import NS
from detector.shard import Closed
from detector.state import decode_tree, encode_tree
from producers.continuity import BookSyncs
from producers.venue import Venue
from producers.venues.registry import VENUES as KNOWN
from schemas.alert import Alert
from schemas.base import Event
from schemas.instrument import Instrument

MOST_RATIO = 1.0
"""Signals and stages over decode and kernel."""
MOST_GROWTH = 1.3
"""Of what signals and stages cost an event, from the fewest assets to the most, at equal rates an asset. Decode and
kernel are told beside it: they grow with what no longer fits the caches."""
MIXED_ASSETS = 100
"""Each on two venues: 200 symbols."""
SIZES = (10, 100, 1_000)
BATCH_EVENTS = 512
START_S = 1_700_000_000
WARM_S = 660
"""Baselines are known after ten minutes."""
WARM_THIN = 0.4
"""Orders decide what is usual; books, tops and marks are said less often while it is learnt, but not so seldom that a
book looks frozen."""
SECONDS = 30
"""Of the mixed feed, a round."""
SHORTEST_S = 3
"""Of the largest feed, a round. Smaller ones last longer: as many frames lie in memory, whatever the size."""
ALT = alt(3, 0.5)
BUSY = alt(10, 5.0)


class Cost(NamedTuple):
    """A stretch of frames through an engine, in seconds of work."""

    events: int
    decode_s: float
    close_s: float

    @property
    def us(self) -> tuple[float, float]:
        """Decode and kernel, signals and stages: microseconds an event."""
        return self.decode_s / self.events * 1e6, self.close_s / self.events * 1e6


class Way:
    """The way of the data in one process, from frames to outputs, with a clock on what is done at each second's end."""

    def __init__(self, feed: Feed, engine: Engine) -> None:
        self.engine = engine
        self.feed = feed
        self.venues: dict[str, Venue] = {venue: KNOWN[venue]() for venue in VENUES}
        self.books = {name: BookSyncs(venue=name, sequencing=venue.sequencing) for name, venue in self.venues.items()}
        self.alerts = 0
        self._close_s = 0.0
        self._symbols: dict[tuple[str, str], Instrument] = {}
        listed: list[Event] = []
        for name, venue in self.venues.items():
            markets = [venue.infer_instrument(f"{asset}USDT", feed.now_s * NS) for asset in feed.assets]
            known = [market for market in markets if market is not None]
            venue.register(known)
            self._symbols |= {(name, market.symbol): market for market in known}
            listed += known
        engine.feed(listed)
        shard, market = engine.shard, engine.market
        self._close_assets, self._observe = shard._close_second, market.observe
        shard._close_second = self._timed_assets  # type: ignore[method-assign]
        market.observe = self._timed_market  # type: ignore[method-assign]
        self.run(feed.books())

    def run(self, frames: Sequence[Frame]) -> Cost:
        """Decode, order, apply; close the seconds that are over."""
        self._close_s = 0.0
        count, batch = 0, []
        gc.freeze()  # frames that wait in a list are the benchmark's own: nobody is to look through them for garbage
        began = time.process_time()
        for frame in frames:
            batch += self.books[frame.venue].feed(self._read(frame))
            if len(batch) >= BATCH_EVENTS:
                count += len(batch)
                self._feed(batch)
                batch = []
        count += len(batch)
        self._feed(batch)
        whole_s = time.process_time() - began
        gc.unfreeze()
        return Cost(count, whole_s - self._close_s, self._close_s)

    def _read(self, frame: Frame) -> Sequence[Event]:
        venue = self.venues[frame.venue]
        if frame.channel == "socket":
            return venue.parse(frame.raw, frame.recv_ns)  # type: ignore[return-value]
        if frame.channel == "book":
            return (venue.parse_snapshot(frame.raw, self._symbols[frame.venue, frame.symbol], frame.recv_ns),)
        return venue.parse_poll(f"open_interest:{frame.symbol}", frame.raw, frame.recv_ns)

    def _feed(self, batch: list[Event]) -> None:
        self.alerts += sum(isinstance(output, Alert) for output in self.engine.feed(batch))

    def _timed_assets(self, now_s: int, pulses: Any) -> Closed:
        for engine in self.engine.shard.assets.values():  # these events wait for the close; they are none of its cost
            for ts_ns, due in engine.order.until(now_s * NS):
                engine._apply(due, ts_ns)
        began = time.process_time()
        closed = self._close_assets(now_s, pulses)
        self._close_s += time.process_time() - began
        return closed

    def _timed_market(self, readings: Any, missing: tuple[int, ...] = ()) -> Any:
        began = time.process_time()
        outputs = self._observe(readings, missing)
        self._close_s += time.process_time() - began
        return outputs


def named(count: int) -> list[str]:
    """Assets with names of one length: a state is copied by putting another name into its bytes."""
    return [f"Q{rank:04}" for rank in range(count)]


def warm(assets: Mapping[str, Pace]) -> Way:
    """Ten minutes later."""
    way = Way(Feed(assets, start_s=START_S), Engine())
    for _ in range(0, WARM_S, 20):
        way.run(way.feed.play(20, thin=WARM_THIN))
    return way


def enlarged(few: Way, count: int) -> bytes:
    """The state of an engine with so many assets, each as warm as one of the `few`. Its market-wide stage is new."""
    saved = decode_tree(few.engine.snapshot(), Saved)
    originals = [name.encode() for name in sorted(few.feed.assets)]
    saved.assets = [
        saved.assets[rank % len(originals)].replace(originals[rank % len(originals)], name.encode())
        for rank, name in enumerate(named(count))
    ]
    saved.market = MarketEngine().snapshot()
    return encode_tree(saved)


def copied(few: Way, count: int, pace: Pace) -> Way:
    """A way with so many assets, each as warm as one of the `few`."""
    engine = Engine()
    engine.restore(enlarged(few, count))
    return Way(Feed(dict.fromkeys(named(count), pace), start_s=few.feed.now_s), engine)


def mixed(rounds: int) -> float:
    """The ratio on the mixed feed, with what an event costs."""
    way = warm(paces(MIXED_ASSETS))
    costs = [way.run(way.feed.play(SECONDS)) for _ in range(rounds)]
    decode, close = (statistics.median(part) for part in zip(*(cost.us for cost in costs), strict=True))
    ratio = statistics.median([cost.close_s / cost.decode_s for cost in costs])
    markets = 2 * MIXED_ASSETS
    rate = statistics.median(cost.events for cost in costs) / SECONDS
    flavour = "compiled" if kernel.COMPILED else "interpreted"
    print(f"mixed feed: {markets} symbols on 2 venues, {rate:,.0f} events/s of event time, {way.alerts} alerts")
    print(f"  decode and kernel ({flavour})  {decode:6.2f} us/event")
    print(f"  signals and stages            {close:6.2f} us/event, {close * rate / markets:.0f} us a market and second")
    print(f"  ratio                         {ratio:6.2f}")
    return ratio


def growth(rounds: int, few: Way, plan: Mapping[int, tuple[Pace, int]], what: str) -> float:
    """What signals and stages cost an event with the most assets, over the fewest; a line a size.

    `plan` has the pace of each asset and the seconds of a round, by the number of assets.
    """
    ways = {size: copied(few, size, pace) for size, (pace, _) in plan.items()}
    costs: dict[int, list[Cost]] = {size: [] for size in plan}
    for number in range(rounds + 1):
        for size, (_, seconds) in plan.items():
            cost = ways[size].run(ways[size].feed.play(seconds))
            if number:  # the first round brings books and lists to their size
                costs[size].append(cost)
    print(what)
    closes: dict[int, float] = {}
    wholes: dict[int, float] = {}
    for size, found in costs.items():
        decode, close = (statistics.median(part) for part in zip(*(cost.us for cost in found), strict=True))
        closes[size], wholes[size] = close, decode + close
        print(f"  {size:5} assets  decode and kernel {decode:6.2f}, signals and stages {close:6.2f} us/event")
    least, most = min(plan), max(plan)
    grown = closes[most] / closes[least]
    print(f"  {least} to {most}: signals and stages x {grown:.2f}, all together x {wholes[most] / wholes[least]:.2f}")
    return grown


def memory(few: Way, count: int) -> None:
    """Print what an asset of two markets takes, its detector alone."""
    saved = enlarged(few, count)
    gc.collect()
    before = _resident()
    engine = Engine()
    engine.restore(saved)
    print(f"memory: {(_resident() - before) / 1024 / count:,.0f} KiB an asset on 2 venues, of {count} assets")


def _resident() -> int:
    """Bytes in memory; 0 where nobody says."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def main() -> None:
    """Print both figures of each ratio; fail where one is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    ratio = mixed(rounds)
    few = warm(dict.fromkeys(named(min(SIZES)), ALT))
    memory(few, max(SIZES))
    same_each = {size: (ALT, SHORTEST_S * max(SIZES) // size) for size in SIZES}
    grown = growth(rounds, few, same_each, "each asset speaks as often, however many there are")
    same_all = {size: (_slower(BUSY, size // min(SIZES)), SECONDS) for size in SIZES}
    growth(rounds, few, same_all, "all assets together speak as often: a second's end is shared by fewer events")
    assert ratio <= MOST_RATIO, f"signals and stages cost {ratio:.2f} times what decode and kernel do"
    assert grown <= MOST_GROWTH, f"signals and stages cost {grown:.2f} times as much an event with the most assets"


def _slower(pace: Pace, times: int) -> Pace:
    return Pace(pace.deltas / times, pace.tops / times, pace.orders / times)


if __name__ == "__main__":
    main()
