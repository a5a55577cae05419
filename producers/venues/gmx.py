"""GMX v2 on Arbitrum: liquidations, auto-deleveraging and its warnings from the chain's log, prices by REST. No book.

Traders trade against pools at an oracle's price, so nothing that happens here moves one, and there is no tape to read.
Several pools trade the same token: they are one market here. Any JSON-RPC websocket of Arbitrum One tells the log.
Facts: GMX documentation and contract source (gmx-synthetics), 2026-03. Documented, not captured: all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from producers.completeness import NONE, ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Ack, Control, Limits, Poll, Pong, Refusal, Request, Sequencing, Socket
from producers.venues import events
from producers.venues.decoding import event_ns, readable_rows
from producers.venues.evm_log import EventData
from producers.venues.gmx_adl import AdlFlags, side_of
from producers.venues.gmx_wire import (
    EMITTER,
    NAMES,
    USD,
    WRAPPERS,
    Frame,
    Listing,
    Log,
    Naming,
    Pool,
    Priced,
    Ticker,
    Token,
    event_of,
    namings,
    pool_of,
    price,
    read,
    scaled,
    value_of,
)  # fmt: skip
from producers.venues.recent_ids import RecentIds
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Adl, BookSnapshot

CHAIN_ID = "0xa4b1"
MARKET_DECREASE, LIQUIDATION, BY_ADL = 4, 7, 1
"""Two of `Order.OrderType`, and one of `Order.SecondaryOrderType`."""
HOURS_A_YEAR = 8_760
MOST_PENDING = 1_000
"""Closed positions whose order may turn out to be an ADL; the word follows in the same transaction."""
MOST_SEEN = 20_000
REFUSED_FOR_GOOD = frozenset({-32600, -32601, -32602})
"""Invalid request, unknown method, invalid parameters: an endpoint without such subscriptions."""
SUBSCRIBE_CALL, CHAIN_CALL = 1, 2


class Gmx:
    """One object serves one run: it remembers logs, prices, and closed positions until their order is told."""

    id = "gmx"
    group = "gmx"
    websocket_base = "wss://arbitrum-one-rpc.publicnode.com"
    rest_base = "https://arbitrum-api.gmxinfra.io"
    limits = Limits(messages_per_s=5, connects_per_min=20, lifetime_s=None, polls_per_s=1)
    """Neither GMX nor the public node documents any: this is little."""
    sequencing: Sequencing | None = None
    completeness: Mapping[ChannelName, Coverage] = {
        "trades": NONE,
        "book": NONE,
        "liquidations": Coverage(kind="all", note="of the log; what is logged during a disconnection is not told"),
        "mark": Coverage(kind="poll", every_s=5.0, note="and with every position that changes"),
        "open_interest": Coverage(kind="poll", every_s=60.0, note="the larger side, in USD at entry, over the mark"),
        "insurance": NONE,
        "adl": Coverage(kind="all", note="caps the profit of a side in the pool; no bankruptcy is needed"),
        "status": NONE,
    }

    def __init__(self) -> None:
        self._tokens: tuple[Token, ...] = ()
        self._pools: tuple[Pool, ...] = ()
        self._by_address: dict[str, tuple[Instrument, int]] = {}
        self._marks: dict[str, float] = {}
        self._pending: dict[str, Adl] = {}
        self._flags = AdlFlags()
        self._seen = RecentIds(most=MOST_SEEN)

    def instruments_requests(self) -> list[Request]:
        """The tokens, whose decimals every price needs, and the pools."""
        return [Request(path="/tokens"), Request(path="/markets/info")]

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """Nothing until both answers have been read; then one market for each token."""
        listing = read(body, Listing)
        if listing.tokens is None and listing.markets is None:
            raise DecodeError("bad_shape", "neither tokens nor markets")
        self._tokens = tuple(readable_rows(listing.tokens or (), lambda raw: read(raw, Token))) or self._tokens
        self._pools = tuple(readable_rows(listing.markets or (), lambda raw: read(raw, Pool))) or self._pools
        found = (self.infer_instrument(one.symbol(), ts_recv_ns) for one in namings(self._tokens, self._pools))
        return [instrument for instrument in found if instrument is not None]

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known: by their token and by each of their pools."""
        for instrument in instruments:
            naming = Naming.read(instrument.symbol)
            if naming is not None:
                known = (instrument, naming.decimals)
                self._by_address |= dict.fromkeys((naming.token, *naming.pools), known)

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """A symbol as `gmx_wire.Naming` writes it; an address alone names nothing."""
        naming = Naming.read(symbol)
        if naming is None:
            return None
        at, base = (self.id, symbol, ts_recv_ns), naming.base
        return events.market(*at, base=base, quote="USD", kind="perp", contract="linear", contract_value=1.0)

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """One subscription tells of all markets. It may be quiet for long: somebody has to change a position."""
        wanted = {"address": EMITTER, "topics": [list(WRAPPERS.values()), list(NAMES.values())]}
        said = (_call(CHAIN_CALL, "eth_chainId"), _call(SUBSCRIBE_CALL, "eth_subscribe", "logs", wanted))
        socket = Socket(name="logs", path="", subscribe=said, expect_acks=1, ping=said[0], liquidations="all")
        return [msgspec.structs.replace(socket, stale_after_s=1_800.0)] if instruments else []

    def polls(self, instruments: Sequence[Instrument]) -> list[Poll]:
        """Oracle prices of all tokens, and the state of all pools."""
        calls = {"prices": ("/prices/tickers", 5.0), "pools": ("/markets/info", 60.0)} if instruments else {}
        return [Poll(name=name, request=Request(path=path), every_s=every_s) for name, (path, every_s) in calls.items()]

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """Marks; or open interest and funding, once a mark is known."""
        if name == "pools":
            return self._states(
                readable_rows(read(body, Listing).markets or (), lambda raw: read(raw, Pool)), ts_recv_ns
            )
        rows = readable_rows(read(body, tuple[msgspec.Raw, ...]), lambda raw: (read(raw, Priced).token_address, raw))
        ours = ((known, raw) for token, raw in rows if (known := self._by_address.get(token.lower())) is not None)
        return readable_rows(ours, lambda row: self._priced(*row[0], read(row[1], Ticker), ts_recv_ns))

    def book_request(self, instrument: Instrument) -> None:
        """There is no book."""

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """There is no book."""
        raise DecodeError("bad_shape", "there are no books here")

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One log, or an answer to what was said."""
        message = read(frame, Frame)
        if message.params is not None:
            return self._logged(message.params.result, ts_recv_ns)
        if message.error is not None:
            reason = f"{message.error.code} {message.error.message}"[:200]
            return (Refusal(reason, "fatal" if message.error.code in REFUSED_FOR_GOOD else "reconnect"),)
        if message.id == CHAIN_CALL and message.result.lower() != CHAIN_ID:
            return (Refusal(f"this endpoint serves chain {message.result}, not Arbitrum One"[:200], "fatal"),)
        return (Pong(),) if message.id == CHAIN_CALL else (Ack(),) if message.id == SUBSCRIBE_CALL else ()

    def message_number(self, frame: bytes) -> None:
        """Connections are not counted here."""

    def symbol_of(self, frame: bytes) -> str | None:
        """The registered symbol, else the pool's address, of a log of ours that names one."""
        try:
            message = read(frame, Frame)
            log = message.params.result if message.params is not None else None
            data = None if log is None else event_of(log)
        except DecodeError:
            return None
        pool = None if log is None or data is None else pool_of(log, data)
        return self._by_address[pool][0].symbol if pool in self._by_address else pool

    def _logged(self, log: Log, ts_recv_ns: int) -> Sequence[Event]:
        data = None if log.removed else event_of(log)
        if data is None or not self._seen.add((log.transaction_hash, log.log_index)):
            return ()
        if data.name == "OrderExecuted":
            adl = self._pending.pop(value_of(data.words, "key"), None)
            return (adl,) if adl is not None and data.uints.get("secondaryOrderType") == BY_ADL else ()
        pool = pool_of(log, data) or ""
        known = self._by_address.get(pool)
        if known is None:
            return ()
        seconds = data.uints.get("decreasedAtTime", data.uints.get("increasedAtTime", 0))
        if log.block_timestamp is not None:
            seconds = int(log.block_timestamp, 16)
        at_ns = event_ns(seconds * 1000, ts_recv_ns) if seconds else ts_recv_ns
        if data.name == "AdlStateUpdated":
            return (self._flags.note(known[0], pool, data, at_ns, ts_recv_ns),)
        return self._position(*known, data, at_ns, ts_recv_ns)

    def _position(
        self, instrument: Instrument, decimals: int, data: EventData, at_ns: int, ts_recv_ns: int
    ) -> Sequence[Event]:
        low, high = (value_of(data.uints, f"indexTokenPrice.{end}") for end in ("min", "max"))
        mark = self._mark(instrument, decimals, low, high, at_ns, ts_recv_ns)
        kind = data.uints.get("orderType")
        if data.name != "PositionDecrease" or kind not in (LIQUIDATION, MARKET_DECREASE):
            return (mark,)
        at, key, side = (instrument, at_ns, ts_recv_ns), value_of(data.words, "orderKey"), side_of(data)
        at_price = price(value_of(data.uints, "executionPrice"), decimals)
        qty = scaled(value_of(data.uints, "sizeDeltaInTokens"), decimals, below=1e18)
        if not self._seen.add(key):
            return (mark,)  # told before, from a block that was undone
        if kind == LIQUIDATION:
            told = events.liquidation(
                *at, liquidated=side, price=at_price, price_kind="fill", qty=qty, sampled=False, liquidation_id=key
            )
            return (mark, told)
        self._pending[key] = events.adl(*at, deleveraged=side, price=at_price, qty=qty, adl_id=key)
        if len(self._pending) > MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        return (mark,)

    def _priced(self, instrument: Instrument, decimals: int, ticker: Ticker, ts_recv_ns: int) -> Event:
        at_ns = event_ns(ticker.updated_at, ts_recv_ns)
        return self._mark(instrument, decimals, int(ticker.min_price), int(ticker.max_price), at_ns, ts_recv_ns)

    def _mark(self, instrument: Instrument, decimals: int, low: int, high: int, at_ns: int, ts_recv_ns: int) -> Event:
        mark = price(low + high, decimals) / 2
        self._marks[instrument.symbol] = mark
        return events.derivative(instrument, at_ns, ts_recv_ns, mark=mark)

    def _states(self, pools: Sequence[Pool], ts_recv_ns: int) -> list[Event]:
        """A pool is the other side of every position, so it holds as many as its larger side has."""
        sizes: dict[Instrument, list[tuple[float, float]]] = {}
        ours = ((known[0], one) for one in pools if (known := self._by_address.get(one.market_token.lower())))
        for instrument, held in readable_rows(ours, lambda row: (row[0], _held(row[1]))):
            sizes.setdefault(instrument, []).append(held)
        found: list[Event] = []
        for instrument, rows in sizes.items():
            at, mark = (instrument, ts_recv_ns, ts_recv_ns), self._marks.get(instrument.symbol)
            # Each pool has a funding of its own; an hour of the largest one's stands for the market.
            found.append(events.derivative(*at, funding_rate=max(rows)[1]))
            if mark is not None:
                found.append(events.open_interest(*at, qty=sum(usd for usd, _ in rows) / mark, price=mark))
        return found


def _held(pool: Pool) -> tuple[float, float]:
    """Open interest in USD, and the funding of an hour."""
    larger = max(int(pool.open_interest_long), int(pool.open_interest_short))
    return scaled(larger, USD, below=1e18), -scaled(int(pool.funding_rate_long), USD, below=1e3) / HOURS_A_YEAR


def _call(number: int, method: str, *params: object) -> str:
    call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return msgspec.json.encode(call).decode()
