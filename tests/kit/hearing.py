"""Hand-made streams for other programs' rules: what was said, by seconds since a full hour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from detector.baselines.baseline import Baseline
from detector.baselines.listener import Listener
from detector.scoring.alarms import Alarm
from schemas.base import Event
from schemas.instrument import Instrument, canonical_id
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Position, Trade

NS = 10**9
HOUR_NS = 1_760_126_400 * NS
PAUSE_S = 300
"""Somebody else trades as often, so that nothing looks like a hole."""


class Hearing:
    """A rule and the events that it is told, in order of their times."""

    def __init__(self, baseline: Baseline) -> None:
        self.listener = Listener(baseline)
        self.alarms: list[Alarm] = []
        self._known: set[tuple[str, str]] = set()
        self._last_s = 0.0

    def liquidation(
        self, at_s: float, usd: float | None, *, asset: str = "BTC", side: Position = "long", venue: str = "okx"
    ) -> None:
        """A forced close at a price of 100."""
        self._say(
            asset,
            Liquidation(
                **_where(asset, at_s, venue),
                liquidated=side,
                price=100.0,
                price_kind="order",
                qty_base=usd / 100.0 if usd is not None else None,
                notional_usd=usd,
                sampled=True,
            ),
        )

    def liquidations(self, at_s: Iterable[float], usd: float, *, asset: str = "BTC", side: Position = "long") -> None:
        """One of these dollars at each of these seconds."""
        for moment in at_s:
            self.liquidation(moment, usd, asset=asset, side=side)

    def trade(self, at_s: float, price: float, *, asset: str = "BTC", venue: str = "okx") -> None:
        """A trade of one dollar."""
        self._say(
            asset,
            Trade(**_where(asset, at_s, venue), price=price, qty=1.0 / price, notional_usd=1.0, taker="buy"),
        )

    def open_interest(self, at_s: float, coins: float, *, asset: str = "BTC", venue: str = "okx") -> None:
        """Coins that are open, at 100 dollars."""
        self._say(asset, OpenInterest(**_where(asset, at_s, venue), open_interest=coins, notional_usd=coins * 100.0))

    def derivative(
        self, at_s: float, *, funding: float, mark: float = 100.0, index: float = 100.0, asset: str = "BTC"
    ) -> None:
        """Mark, index and funding of a perpetual."""
        where = _where(asset, at_s, "okx")
        self._say(asset, DerivativeState(**where, mark=mark, index=index, funding_rate=funding))

    def book(self, at_s: float, *, bid_qty: float, ask_qty: float) -> None:
        """A whole book of one level a side, a tick around 100."""
        self._say(
            "BTC",
            BookSnapshot(
                **_where("BTC", at_s, "okx"),
                bids=msgspec.Raw(b'[["99.9","%g"]]' % bid_qty),
                asks=msgspec.Raw(b'[["100.1","%g"]]' % ask_qty),
            ),
        )

    def changes(self, at_s: float, *, bids: bytes, asks: bytes) -> None:
        """Changes of a book."""
        self._say("BTC", BookDelta(**_where("BTC", at_s, "okx"), bids=msgspec.Raw(bids), asks=msgspec.Raw(asks)))

    def until(self, at_s: float) -> list[Alarm]:
        """Everything said until all before this second is over; somebody trades all the while."""
        while self._last_s + PAUSE_S < at_s:
            self.trade(self._last_s + PAUSE_S, 1.0, asset="NOBODY")
        self.trade(at_s, 1.0, asset="NOBODY")
        return self.alarms

    def seconds(self) -> list[float]:
        """When it spoke."""
        return [(alarm.ts_ns - HOUR_NS) / NS for alarm in self.alarms]

    def _say(self, asset: str, event: Event) -> None:
        if (event.venue, event.instrument) not in self._known:
            self._known.add((event.venue, event.instrument))
            self.alarms += self.listener.feed([_instrument(asset, event.venue, event.ts_event_ns)])
        self.alarms += self.listener.feed([event])
        self._last_s = (event.ts_event_ns - HOUR_NS) / NS


def _where(asset: str, at_s: float, venue: str) -> dict[str, Any]:
    moment = HOUR_NS + round(at_s * NS)
    return {
        "venue": venue,
        "instrument": canonical_id(asset, "USDT", "perp"),
        "ts_event_ns": moment,
        "ts_recv_ns": moment + NS // 10,
    }


def _instrument(asset: str, venue: str, ts_ns: int) -> Instrument:
    return Instrument(
        venue=venue,
        instrument=canonical_id(asset, "USDT", "perp"),
        ts_event_ns=ts_ns,
        ts_recv_ns=ts_ns,
        symbol=asset,
        base=asset,
        quote="USDT",
        market="perp",
        contract="linear",
        contract_value=1.0,
    )
