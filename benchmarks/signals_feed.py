"""A made-up calm market as venues send it: raw frames of many perpetuals on two venues that speak Binance's wire.

Books change at the venues' pace, orders come as a Poisson stream and fill in bunches, their rates fall with the rank of
an asset, prices wander around 100. The same seed gives the same frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from operator import itemgetter
from random import Random
from typing import NamedTuple

import orjson

VENUES = ("binance-usdm", "aster")
MS = 1_000_000
TICK = 0.01
MIDDLE = 10_000
"""Ticks of the price that everything wanders around: a tick is a basis point."""
REACH = 300
"""Ticks on either side that have a level: all bands lie inside."""
WANDER = 60
"""Ticks from the middle at which the price turns back for certain."""
PRICES = [f"{tick * TICK:.2f}" for tick in range(2 * MIDDLE)]
LIQUIDATIONS_PER_S = 0.002
OPEN_INTEREST_EVERY_S = 20


class Frame(NamedTuple):
    """What a venue says, and when it is received."""

    recv_ns: int
    venue: str
    symbol: str
    raw: bytes
    channel: str = "socket"
    """`book` and `open_interest` are REST answers."""


class Pace(NamedTuple):
    """How often one market speaks, a second."""

    deltas: float
    tops: float
    orders: float


TOPS_PER_DELTA = 3.0
"""Best prices change between two steps of 100 ms, too: in the bundled recording of USD-M, 9 times as often as books."""
MAJOR = Pace(deltas=10, tops=80.0, orders=10.0)


def paces(assets: int) -> dict[str, Pace]:
    """BTC and ETH, and alts whose orders thin out with their rank as those of listed perpetuals do."""
    ranks = {f"Q{rank:04}": rank for rank in range(3, assets + 1)}
    alts = {name: alt(2 + (rank <= 50) + (rank <= 20), 6.0 / rank**0.8) for name, rank in ranks.items()}
    return {"BTC": MAJOR, "ETH": MAJOR} | alts


def alt(deltas: float, orders: float) -> Pace:
    """A market that is not among the first."""
    return Pace(deltas, TOPS_PER_DELTA * deltas, orders)


class _Desk:
    """One market on one venue."""

    def __init__(self, venue: str, asset: str, pace: Pace, seed: str) -> None:
        rng = self.rng = Random(seed)
        self.venue, self.pace = venue, pace
        self.symbol = f"{asset}USDT"
        self.stream = f'{{"stream":"{self.symbol.lower()}@'
        self.middle = MIDDLE
        self.update = self.trade = 1_000
        self.qty = [f"{rng.lognormvariate(3.0, 1.0):.3f}" for _ in range(97)]
        self.away = [min(1 + int(rng.expovariate(0.04)), REACH) for _ in range(1_009)]
        self.turn = 0

    def second(self, at_ms: int, thin: float) -> Iterator[tuple[int, str, str]]:
        """Milliseconds, channel and text of what is said in a second; books, tops and marks `thin` times as often."""
        rng, pace = self.rng, self.pace
        for slot in sorted(rng.sample(range(10), _count(rng, pace.deltas * thin))):
            yield self._delta(at_ms + 100 * slot + rng.randrange(10))
        for _ in range(_count(rng, pace.tops * thin)):
            yield self._top(at_ms + rng.randrange(1000))
        for arrival in accumulate(iter(lambda: rng.expovariate(pace.orders), None)):
            if arrival >= 1.0:
                break
            yield from self._order(at_ms + int(1000 * arrival))
        if rng.random() < thin:
            yield self._mark(at_ms)
        if rng.random() < LIQUIDATIONS_PER_S:
            yield self._liquidation(at_ms + rng.randrange(1000))
        if at_ms // 1000 % OPEN_INTEREST_EVERY_S == 0:
            said = {"symbol": self.symbol, "openInterest": f"{1e5 + rng.random() * 1e3:.3f}", "time": at_ms}
            yield at_ms, "open_interest", orjson.dumps(said).decode()

    def book(self, at_ms: int) -> str:
        """The whole book, as REST answers; what it lacks towards a middle that has moved follows by changes."""
        bids = ",".join(self._row(self.middle - away) for away in range(1, REACH + 1))
        asks = ",".join(self._row(self.middle + away) for away in range(1, REACH + 1))
        head = f'{{"lastUpdateId":{self.update},"E":{at_ms},"T":{at_ms}'
        return f'{head},"bids":[{bids}],"asks":[{asks}]}}'

    def _row(self, tick: int) -> str:
        self.turn += 1
        return f'["{PRICES[tick]}","{self.qty[self.turn % 97]}"]'

    def _delta(self, at_ms: int) -> tuple[int, str, str]:
        """20 to 40 levels, most of them near the middle; those that a move of a tick passed are gone."""
        rng, before = self.rng, self.middle
        lean = (MIDDLE - before) / WANDER
        step = rng.random() * 4 - 2 + lean
        self.middle += (step > 1) - (step < -1)
        gone = f'["{PRICES[before]}","0.000"],["{PRICES[self.middle]}","0.000"]'
        sides = []
        for sign in (-1, 1):
            rows = [self._row(self.middle + sign), self._row(self.middle + sign * REACH)]
            for _ in range(rng.randrange(8, 18)):
                self.turn += 1
                rows.append(self._row(self.middle + sign * self.away[self.turn % 1_009]))
            sides.append(f"{gone},{','.join(rows)}")
        last, self.update = self.update, self.update + 40
        ids = f'"U":{last + 1},"u":{self.update},"pu":{last}'
        head = f'{self.stream}depth@100ms","data":{{"e":"depthUpdate","E":{at_ms + 1},"T":{at_ms}'
        return at_ms, "socket", f'{head},"s":"{self.symbol}",{ids},"b":[{sides[0]}],"a":[{sides[1]}]}}}}'

    def _top(self, at_ms: int) -> tuple[int, str, str]:
        bid, ask = PRICES[self.middle - 1], PRICES[self.middle + 1]
        data = f'"e":"bookTicker","u":{self.update},"s":"{self.symbol}","b":"{bid}","B":"31.210","a":"{ask}"'
        return at_ms, "socket", f'{self.stream}bookTicker","data":{{{data},"A":"7.28","T":{at_ms},"E":{at_ms + 1}}}}}'

    def _order(self, at_ms: int) -> Iterator[tuple[int, str, str]]:
        """An order that takes, in one fill or several: every second one is followed by another."""
        rng = self.rng
        sells = rng.random() < 0.5
        price = PRICES[self.middle + (-1 if sells else 1)]
        while True:
            self.trade += 1
            data = f'"e":"trade","E":{at_ms + 1},"T":{at_ms},"s":"{self.symbol}","t":{self.trade},"p":"{price}"'
            tail = f'"q":"{rng.lognormvariate(0.0, 1.5):.3f}","X":"MARKET","m":{"true" if sells else "false"}'
            yield at_ms, "socket", f'{self.stream}trade","data":{{{data},{tail}}}}}'
            if rng.random() < 0.5:
                return

    def _mark(self, at_ms: int) -> tuple[int, str, str]:
        mark, due_ms = PRICES[self.middle], (at_ms // 28_800_000 + 1) * 28_800_000
        data = f'"e":"markPriceUpdate","E":{at_ms},"s":"{self.symbol}","p":"{mark}","i":"{mark}","r":"0.0001"'
        return at_ms, "socket", f'{self.stream}markPrice@1s","data":{{{data},"T":{due_ms}}}}}'

    def _liquidation(self, at_ms: int) -> tuple[int, str, str]:
        price, qty = PRICES[self.middle], f"{self.rng.lognormvariate(0.0, 1.5) + 0.001:.3f}"
        order = f'"s":"{self.symbol}","S":"{self.rng.choice(("SELL", "BUY"))}","o":"LIMIT","f":"IOC","q":"{qty}"'
        tail = f'"p":"{price}","ap":"{price}","X":"FILLED","l":"{qty}","z":"{qty}","T":{at_ms}'
        data = f'"e":"forceOrder","E":{at_ms + 3},"o":{{{order},{tail}}}'
        return at_ms, "socket", f'{self.stream}forceOrder","data":{{{data}}}}}'


class Feed:
    """Frames of all markets, second by second; goes on where it stopped."""

    def __init__(self, assets: Mapping[str, Pace], *, start_s: int) -> None:
        self.assets = tuple(assets)
        self.now_s = start_s
        self._desks = [
            _Desk(venue, asset, pace, f"{venue} {asset}") for asset, pace in assets.items() for venue in VENUES
        ]
        self._rng = Random("arrival")

    def books(self) -> list[Frame]:
        """Every market's whole book and a first liquidation, so that no feed is taken for mute."""
        at_ms = self.now_s * 1000
        frames = []
        for desk in self._desks:
            for ms, channel, text in ((at_ms, "book", desk.book(at_ms)), desk._liquidation(at_ms), desk._delta(at_ms)):
                frames.append(Frame(ms * MS + 5 * MS, desk.venue, desk.symbol, text.encode(), channel))
        return frames

    def play(self, seconds: int, *, thin: float = 1.0) -> list[Frame]:
        """The next seconds, by receive time: some milliseconds after the venue spoke."""
        said = []
        expovariate = self._rng.expovariate
        for desk in self._desks:
            newest_ns = 0
            for second in range(self.now_s, self.now_s + seconds):
                for ms, channel, text in sorted(desk.second(second * 1000, thin), key=itemgetter(0)):
                    newest_ns = max(newest_ns + 1, ms * MS + 3 * MS + int(expovariate(0.3) * MS))
                    said.append((newest_ns, desk.venue, desk.symbol, text, channel))
        self.now_s += seconds
        said.sort()
        # Frames lie in memory in the order in which they come, as they do when sockets are read.
        return [Frame(ns, venue, symbol, text.encode(), channel) for ns, venue, symbol, text, channel in said]


def _count(rng: Random, mean: float) -> int:
    """A whole number with this mean."""
    return int(mean + rng.random())
