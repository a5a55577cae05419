"""What Binance's two futures venues share beyond the family: payloads, limits, and what only futures tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal
from urllib.parse import quote

import msgspec

from producers.completeness import ALL, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Limits, Poll, Request, Sequencing
from producers.venues import events
from producers.venues.binance import Binance
from producers.venues.binance_rest import OpenInterestAnswer
from producers.venues.binance_wire import (
    DATED,
    ContractInfo,
    ForceOrder,
    FuturesCombined,
    FuturesPayload,
    LiquidationOrder,
    MarkPriceUpdate,
    Message,
    Probe,
)
from producers.venues.decoding import FAILURES, decode_error, event_ns
from schemas.base import Event
from schemas.instrument import Contract, Instrument
from schemas.market import Position, Trade

OPEN_INTEREST = "open_interest:"
OPEN_INTEREST_EVERY_S = 10.0
OPEN_INTERESTS_PER_S = 4.0
"""Documented (2026-06): 2400 of weight a minute and address, which USD-M and COIN-M share. At the worst, with every
book wanted at once, books spend 2 venues x 25 x 20 = 1000 and open interest 2 venues x 4 a second x 60 x 1 = 480; the
funds and ratings are 1 each. A third and more is left for market lists, retries and whatever else runs here. So up to
40 markets are asked for every 10 s, and 500 every 125 s.
"""
CONTRACTS = ("!contractInfo",)
"""The stream of all contracts' states. Since 2026-06-30 it carries those of both futures venues."""

_payloads: msgspec.json.Decoder[FuturesPayload] = msgspec.json.Decoder(FuturesPayload, strict=False)
_decode_combined = msgspec.json.Decoder(FuturesCombined, strict=False).decode
_open_interest = msgspec.json.Decoder(OpenInterestAnswer, strict=False).decode


class BinanceFutures(Binance):
    """Base of USD-M and COIN-M. Remembers each market's last mark, for the dollars of its open interest."""

    limits = Limits(
        messages_per_s=10,
        connects_per_min=60,
        lifetime_s=23 * 3600,
        polls_per_s=5.0,
        snapshots_per_min=25,
        weight_pool="binance-futures",
    )
    """Documented: 10 messages a second, 24 h a connection; a book of 1000 levels weighs 20 of 2400 a minute, which
    USD-M and COIN-M share since 2026-06-30. Connects have no documented cap: this is spot's.
    """
    sequencing: Sequencing | None = Sequencing(chain="prev_id", snapshot_overlap=0)
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": Coverage(
            kind="all",
            note="ADL and insurance fund fills carry their kind; other fills off the book are holes in the ids",
        ),
        "book": Coverage(
            kind="all", note="in 100 ms steps, without RPI orders; far levels only as they change after a snapshot"
        ),
        "liquidations": Coverage(
            kind="sampled",
            rows=1,
            every_s=1.0,
            since="2021-04-27",
            earlier=ALL,
            note="which one of a second is chosen is undocumented",
        ),
        "mark": Coverage(kind="periodic", every_s=1.0),
        "open_interest": Coverage(
            kind="poll", every_s=OPEN_INTEREST_EVERY_S, note="of up to 40 markets; of 500 every 125 s"
        ),
        "insurance": Coverage(kind="partial", note="only fills that the fund took over"),
        "adl": Coverage(kind="partial", note="only ADL prints among the trades"),
        "status": Coverage(kind="all", note="of each contract, when it changes; nothing of the venue as a whole"),
    }
    depth_limit = 1000
    open_interest_every_s: ClassVar[float] = OPEN_INTEREST_EVERY_S
    events = frozenset({"depthUpdate", "trade", "bookTicker", "forceOrder", "markPriceUpdate", "contractInfo"})

    def __init__(self) -> None:
        super().__init__()
        self._last_marks: dict[str, float] = {}

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Open interest, one call a market."""
        every_s = max(self.open_interest_every_s, len(instruments) / OPEN_INTERESTS_PER_S)
        return [
            Poll(
                name=OPEN_INTEREST + one.symbol,
                request=Request(path=f"{self.api}/openInterest?symbol={quote(one.symbol)}"),
                every_s=every_s,
            )
            for one in instruments
        ]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Open interest in the market's lots; in dollars at its last mark where those depend on a price."""
        one = self._by_symbol.get(name.removeprefix(OPEN_INTEREST))
        if one is None:
            raise DecodeError("unknown_symbol", name[:40])
        try:
            answer = _open_interest(body)
        except FAILURES as failure:
            raise decode_error(failure) from failure
        at_ns, mark = event_ns(answer.time, ts_recv_ns), self._last_marks.get(one.symbol)
        return (events.open_interest(one, at_ns, ts_recv_ns, qty=answer.qty, price=mark),)

    def decode(self, frame: bytes) -> Message:
        """A frame in either layout, told apart by the wrapper's first key."""
        if frame[:9] == b'{"stream"':
            return _decode_combined(frame).data
        return _payloads.decode(frame)

    def decode_payload(self, payload: bytes) -> Message:
        """A bare payload."""
        return _payloads.decode(payload)

    def recognises(self, probe: Probe) -> bool:
        """What only futures have: `pu` in books, an event type in tickers, no `M` in trades."""
        if probe.event == "depthUpdate":
            return probe.prev_id is not None
        if probe.event in ("trade", "aggTrade"):
            return probe.spot_flag is None
        return probe.event in self.events

    def off_book(self, fill: Trade, one: Instrument) -> Sequence[Event]:
        """The auto-deleveraging or takeover by the insurance fund that a fill stands for.

        The taker of an off-book fill is the bankrupt side: its order closes the position. (A recorded print of the
        fund, USD-M 2023-04-05, agrees: `m` is true at a price above the market, which only a bankrupt long can have.)
        """
        at_ns, recv_ns = fill.ts_event_ns, fill.ts_recv_ns
        if fill.print == "adl":
            winner: Position = "short" if fill.taker == "sell" else "long"
            return (
                events.adl(
                    one, at_ns, recv_ns, deleveraged=winner, price=fill.price, qty=fill.qty, adl_id=fill.trade_id
                ),
            )
        if fill.print == "insurance_fund":
            return (events.insurance(self.id, at_ns, recv_ns, taken_over_usd=fill.notional_usd, instrument=one),)
        return ()

    def futures_events(self, message: Message, one: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """Marks, liquidations, and the state of a contract."""
        if isinstance(message, MarkPriceUpdate):
            self._last_marks[message.symbol] = message.mark
            # What a market does not have is empty or zero on the wire.
            funding, next_ms = message.funding, message.next_funding_ms
            return (
                events.derivative(
                    one,
                    event_ns(message.push_ms, ts_recv_ns),
                    ts_recv_ns,
                    mark=message.mark,
                    index=message.index,
                    funding_rate=funding if isinstance(funding, float) and next_ms else None,
                    next_funding_ms=next_ms,
                ),
            )
        if isinstance(message, ForceOrder):
            return self._liquidation(message.order, one, ts_recv_ns)
        if isinstance(message, ContractInfo):
            at_ns, status = event_ns(message.push_ms, ts_recv_ns), message.status
            state: Literal["up", "halted"] = "up" if status == "TRADING" else "halted"
            return (events.status(self.id, at_ns, ts_recv_ns, state=state, reason=status, instrument=one),)
        return ()

    def _liquidation(self, order: LiquidationOrder, one: Instrument, ts_recv_ns: int) -> Sequence[Event]:
        """A liquidation order's fills so far: size `z` at the average price `ap`. SELL closes a long."""
        if order.filled == 0:
            return ()
        at_ns = event_ns(order.match_ms, ts_recv_ns)
        return (
            events.liquidation(
                one,
                at_ns,
                ts_recv_ns,
                liquidated="long" if order.side == "SELL" else "short",
                price=order.average or order.limit,
                price_kind="fill" if order.average else "order",
                qty=order.filled,
                sampled=self.completeness["liquidations"].at(at_ns).kind != "all",
            ),
        )

    def contract(
        self,
        symbol: str,
        *,
        base: str,
        quote: str,
        contract: Contract,
        contract_value: float | None,
        tick_size: float | None,
        ts_recv_ns: int,
    ) -> Instrument:
        """A perpetual, or a delivery contract where the symbol ends in an expiry date."""
        dated = DATED.fullmatch(symbol)
        return events.market(
            self.id,
            symbol,
            ts_recv_ns,
            base=base,
            quote=quote,
            kind="future" if dated else "perp",
            contract=contract,
            contract_value=contract_value,
            expiry=f"20{dated[2]}" if dated else None,
            tick_size=tick_size,
        )
