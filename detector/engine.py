"""The engine: events in, transitions and alerts out. Pure: it reads no clock and does no I/O.

It is the whole way in one process: the stream's clock, the detector of each asset, the market-wide stage. A cluster
runs the same three parts in several processes. Every whole second of event time closes all bars, asks all signals,
steps all conditions, and rolls them up. The same events give the same outputs, whole or in chunks, in one process or
after `restore(snapshot())` in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import msgspec

from detector.asset import AssetEngine
from detector.conditions import Condition
from detector.config import Config
from detector.market import Market
from detector.market_engine import MarketEngine
from detector.ordering import NS
from detector.shard import Closed, Output, Shard, Standing
from detector.state import decode_tree, encode_tree
from producers.ticker.ticker import Ticker, TickerState
from schemas.base import Event
from schemas.reading import Reading


class Saved(msgspec.Struct):
    """An engine's whole state."""

    ticker: TickerState
    standing: Standing
    assets: list[bytes]
    market: bytes


def _unseen(_: Reading) -> None:
    """What nobody looks at."""


class Engine:
    """One detector over any number of markets.

    Parameters
    ----------
    seen
        Called with the reading of each second that is closed, before what follows from it is returned.
    """

    def __init__(self, config: Config | None = None, seen: Callable[[Reading], None] = _unseen) -> None:
        self.config = config or Config()
        self.seen = seen
        timing = self.config.timing
        self.ticker = Ticker(lateness_ms=timing.lateness_ms, future_ms=timing.future_ms)
        self.shard = Shard(self.config)
        self.market = MarketEngine(self.config)

    # Inputs

    def feed(self, events: Iterable[Event]) -> list[Output]:
        """Take events as received; return what follows from those that are now in order."""
        return self._judge(self.shard.feed(self.ticker.take(events)))

    def tick(self, now_ns: int) -> list[Output]:
        """Let time pass without events, so that silence can be seen; `now_ns` is event time."""
        return self._judge(self.shard.feed(self.ticker.advance(now_ns)))

    def finish(self) -> list[Output]:
        """Release what still waits for the lateness: the input has ended."""
        return self._judge(self.shard.feed(self.ticker.finish()))

    def _judge(self, closed: list[Closed]) -> list[Output]:
        out: list[Output] = []
        for second in closed:
            self.seen(second.reading)
            out += second.transitions
            out += self.market.observe((second.reading,))
            out += second.alerts
        return out

    # State

    def snapshot(self) -> bytes:
        """The whole state, to be restored by an engine of the same version."""
        assets = [self.shard.assets[asset].snapshot() for asset in sorted(self.shard.assets)]
        return encode_tree(Saved(self.ticker.state, self.shard.standing, assets, self.market.snapshot()))

    def restore(self, data: bytes) -> None:
        """Continue exactly where `snapshot` was taken; raises `StateError` for another version's state."""
        saved = decode_tree(data, Saved)
        shard, market = Shard(self.config), MarketEngine(self.config)
        shard.standing = saved.standing
        for asset in saved.assets:
            shard.adopt(AssetEngine.restored(asset))
        market.restore(saved.market)
        self.ticker.state, self.shard, self.market = saved.ticker, shard, market

    # What it stands at

    @property
    def newest_ns(self) -> int:
        """Event time of the newest event that is believed; 0 before the first."""
        return self.ticker.newest_ns

    @property
    def first_ns(self) -> int:
        """The first second of the input, in event time; 0 before it."""
        return self.shard.standing.first_s * NS

    @property
    def now_ns(self) -> int:
        """The last second that was closed."""
        return self.shard.standing.now_s * NS

    @property
    def events(self) -> int:
        """Events that were applied."""
        return sum(engine.memory.events for engine in self.shard.assets.values())

    @property
    def late(self) -> int:
        """Events that came later than the allowed lateness; they were used at once."""
        return sum(engine.order.late for engine in self.shard.assets.values())

    def dropped(self) -> dict[str, int]:
        """Events that could not be used, by reason."""
        counts: Counter[str] = Counter()
        for engine in self.shard.assets.values():
            counts.update(engine.memory.dropped)
            counts["ahead_of_the_clock"] += engine.order.ahead
        counts["unknown_instrument"] += self.shard.standing.unknown
        counts["failed_seconds"] += self.shard.standing.failed
        return {reason: count for reason, count in sorted(counts.items()) if count}

    def markets(self) -> Iterator[Market]:
        """Every market that has spoken, by asset, venue and name."""
        for asset in sorted(self.shard.assets):
            yield from self.shard.assets[asset].memory.world.of_asset(asset)

    def venues(self) -> list[str]:
        """Every venue that has spoken."""
        return sorted({market.venue for market in self.markets()})

    def active(self) -> list[Condition]:
        """Conditions that hold now, in a fixed order."""
        return self.market.active()

    def evaluable_share(self) -> dict[str, float]:
        """For each rule the share of its evaluations in which it could see."""
        seconds: Counter[str] = Counter()
        known: Counter[str] = Counter()
        for conditions in (
            self.market.memory.conditions,
            *(engine.memory.conditions for engine in self.shard.assets.values()),
        ):
            seconds.update(conditions.seconds)
            known.update(conditions.known)
        return {rule: known[rule] / total for rule, total in sorted(seconds.items())}
