"""Lighter as it speaks in 2026: markets by number, books chained by nonce, history as the ack of a trade channel.

Facts: Lighter WebSocket and REST documentation, 2026, and frames published as captured on mainnet, 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import orjson

from producers.venue_server.dialect import Answer, Level, Rules
from producers.venue_server.faults import Faults
from producers.venue_server.listener import Listener, loads
from producers.venue_server.markets import Market, decimals
from producers.venue_server.talker import Talker, text

NONCES_A_FRAME = 7
"""A frame gathers several of the engine's steps, so nonces skip."""
FUND_ACCOUNT = "281474976710655"
_CHANNELS = ("order_book", "trade", "market_stats", "spot_market_stats", "ticker", "height")


class Lighter(Talker):
    """The one socket of Lighter."""

    venue_id = "lighter"
    rules = Rules(
        messages_per_s=50, address_messages_per_min=200, topics=500, connections=200, connects_per_min=80,
        client_silence_s=120.0,
    )  # fmt: skip
    """Fifty messages may wait for their answers; the others are documented so."""
    paths = ("stream",)

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, int] = {}
        """Channel → the nonce of the last book frame written."""

    def rest(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer | None:
        """The market list, and the public account of the insurance fund."""
        match path.strip("/"), query.get("value", FUND_ACCOUNT):
            case "api/v1/orderBookDetails", _:
                kinds = {"order_book_details": "perp", "spot_order_book_details": "spot"}
                shown = {key: [self._listed(one) for one in self._of(kind)] for key, kind in kinds.items()}
                return Answer(orjson.dumps({"code": 200, **shown}))
            case "api/v1/account", number if number == FUND_ACCOUNT:
                fund = {"account_type": 1, "index": int(FUND_ACCOUNT), "status": 1, "collateral": "410000000.000000"}
                fund |= {"total_asset_value": "412345678.901234", "cross_asset_value": "412345678.901234"}
                return Answer(orjson.dumps({"code": 200, "total": 1, "accounts": [fund]}))
            case "api/v1/account", _:
                return Answer(b'{"code":21100,"message":"account not found"}', status=400)
            case _:
                return None

    def greeting(self, listener: Listener) -> list[bytes]:
        """A session's name, and the first of the pings that a client has to answer."""
        return [b'{"session_id":"b23c70b2-9ef8-4080-8f02-4edf34138329","type":"connected"}', b'{"type":"ping"}']

    def hear(self, listener: Listener, text: str, faults: Faults) -> list[bytes]:
        """Answer subscribe, unsubscribe and ping; a book's subscription is answered with the book alone."""
        message = loads(text)
        if not isinstance(message, dict):
            return [self._error(30001, "Invalid JSON")]
        verb, channel = message.get("type"), message.get("channel")
        if verb == "ping":
            return [b'{"type":"pong"}']
        if verb not in ("subscribe", "unsubscribe"):
            return [] if verb == "pong" else [self._error(30002, "Invalid Message Type")]
        topic = channel.replace("/", ":", 1) if isinstance(channel, str) else ""
        if not self._exists(topic) or topic in faults.rejected:
            return [self._error(30005, "Invalid Channel")]
        if verb == "unsubscribe":
            self.unsubscribe(listener, topic)
            return [b'{"type": "unsubscribed", "channel": "%s"}' % topic.encode()] if faults.acks else []
        if topic in listener.topics:
            return [self._error(30003, f"Already Subscribed to : {topic}")]
        self.subscribe(listener, topic)
        if not topic.startswith("trade:") or not faults.acks:
            return []
        history = {"channel": topic, "liquidation_trades": [], "nonce": 1, "trades": [], "type": "subscribed/trade"}
        return [orjson.dumps(history)]

    def topics(self, raw: bytes) -> tuple[str, ...]:
        """The channel as frames name it, and the one of all markets for the state of one."""
        message = loads(raw)
        channel = message.get("channel") if isinstance(message, dict) else None
        if not isinstance(channel, str):
            return ()
        name, colon, number = channel.partition(":")
        if name not in _CHANNELS or message.get("type") not in (f"update/{name}", f"subscribed/{name}"):
            return ()
        of_one = colon and name.endswith("market_stats") and number != "all"
        return (channel, f"{name}:all") if of_one else (channel,)

    def follow(self, raw: bytes, topics: tuple[str, ...]) -> None:
        """Keep the books as played."""
        if not topics[0].startswith("order_book:"):
            return
        message = loads(raw)
        shown, book = message["order_book"], self.books[topics[0]]
        bids, asks = ([(one["price"], one["size"]) for one in shown[side] or ()] for side in ("bids", "asks"))
        keep = book.replace if message["type"].startswith("subscribed/") else book.change
        keep(bids, asks, last_id=shown["nonce"], at_ms=message["timestamp"])

    def opening(self, topic: str, listener: Listener) -> list[bytes]:
        """The whole book as it stands."""
        if topic not in self.books or not self.books[topic].seeded:
            return []
        book = self.books[topic]
        bids, asks = book.best(len(book.bids) + len(book.asks))
        return [self._book(topic, "subscribed", book.at_ms * 1000, bids, asks, begin=0, nonce=book.last_id)]

    def made_up(self, coins: Sequence[str]) -> list[Market]:
        """Perpetuals; a symbol ends in the number that the wire counts markets by."""
        return [
            Market(symbol=f"{coin}:{number}", base=coin, quote="USDC", step="0.0001")
            for number, coin in enumerate(coins)
        ]

    def write_trade(
        self, market: Market, at_ns: int, *, price: float, qty: float, taker: Literal["buy", "sell"]
    ) -> list[bytes]:
        """One execution."""
        return [self._fill(market, at_ns, "trade", price, qty, bought=taker == "buy", before=0.0)]

    def write_book(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """A whole book."""
        topic, nonce = f"order_book:{self._number(market)}", self.next_number(market.symbol) * NONCES_A_FRAME
        self._written[topic] = nonce
        sides = [[(text(price), text(qty)) for price, qty in side] for side in (bids, asks)]
        return [self._book(topic, "subscribed", at_ns // 1000, *sides, begin=0, nonce=nonce)]

    def write_delta(self, market: Market, at_ns: int, *, bids: Sequence[Level], asks: Sequence[Level]) -> list[bytes]:
        """Changed levels, chained to the frame before."""
        topic, nonce = f"order_book:{self._number(market)}", self.next_number(market.symbol) * NONCES_A_FRAME
        begin, self._written[topic] = self._written.get(topic, 0), nonce
        sides = [[(text(price), text(qty)) for price, qty in side] for side in (bids, asks)]
        return [self._book(topic, "update", at_ns // 1000, *sides, begin=begin, nonce=nonce)]

    def write_liquidation(
        self, market: Market, at_ns: int, *, price: float, qty: float, liquidated: Literal["long", "short"]
    ) -> list[bytes]:
        """The liquidated account is the taker of a fill in a list of its own."""
        before, bought = (2 * qty, False) if liquidated == "long" else (-2 * qty, True)
        return [self._fill(market, at_ns, "liquidation", price, qty, bought=bought, before=before)]

    def write_state(
        self, market: Market, at_ns: int, *, mark: float, index: float, funding_rate: float, open_interest: float
    ) -> list[bytes]:
        """Open interest in USD, rates in percent."""
        spot, number = market.kind == "spot", self._number(market)
        stats: dict[str, Any] = {"symbol": market.base, "market_id": number, "index_price": text(index)}
        if not spot:
            stats |= {"mark_price": text(mark), "open_interest": text(open_interest * mark, 6)}
            stats |= {"current_funding_rate": text(funding_rate * 100), "funding_rate": text(funding_rate * 100)}
            stats |= {"funding_timestamp": at_ns // 10**6 // 3_600_000 * 3_600_000}
        name = "spot_market_stats" if spot else "market_stats"
        frame = {"channel": f"{name}:{number}", name: stats, "timestamp": at_ns // 10**6, "type": f"update/{name}"}
        return [orjson.dumps(frame)]

    def _of(self, kind: str) -> list[Market]:
        return [one for one in self.markets.values() if one.kind == kind]

    def _number(self, market: Market) -> int:
        """The number in a symbol like `ETH:0`, else the place in the list."""
        number = market.symbol.rpartition(":")[2]
        return int(number) if number.isdecimal() else list(self.markets).index(market.symbol)

    def _exists(self, topic: str) -> bool:
        name, colon, number = topic.partition(":")
        numbers = {"all"} if name.endswith("market_stats") else set()
        return (
            name in _CHANNELS
            and bool(colon)
            and number in numbers | {str(self._number(m)) for m in self.markets.values()}
        )

    def _listed(self, market: Market) -> dict[str, Any]:
        name = f"{market.base}/{market.quote}" if market.kind == "spot" else market.base
        return {
            "symbol": name,
            "market_id": self._number(market),
            "market_type": market.kind,
            "status": "active",
            "supported_size_decimals": decimals(market.step),
            "supported_price_decimals": decimals(market.tick),
            "supported_quote_decimals": 6,
            "market_config": {"insurance_fund_account_index": int(FUND_ACCOUNT), "force_reduce_only": False},
        }

    def _fill(
        self, market: Market, at_ns: int, kind: str, price: float, qty: float, *, bought: bool, before: float
    ) -> bytes:
        number = self.next_number("trade")
        row: dict[str, Any] = {
            "trade_id": number,
            "trade_id_str": str(number),
            "tx_hash": f"{number:064x}",
            "type": kind,
        }
        row |= {"market_id": self._number(market), "size": text(qty), "price": text(price)}
        row |= {"usd_amount": text(price * qty, 6), "is_maker_ask": bought, "block_height": number}
        row |= {"timestamp": at_ns // 10**6, "transaction_time": at_ns // 1000}
        if before:
            row["taker_position_size_before"] = text(before)
        rows = {"trades": [row] if kind == "trade" else [], "liquidation_trades": [] if kind == "trade" else [row]}
        return orjson.dumps({"channel": f"trade:{row['market_id']}", "nonce": number, **rows, "type": "update/trade"})

    def _book(
        self,
        topic: str,
        when: str,
        at_us: int,
        bids: Sequence[tuple[str, str]],
        asks: Sequence[tuple[str, str]],
        *,
        begin: int,
        nonce: int,
    ) -> bytes:
        shown = {
            side: [{"price": price, "size": qty} for price, qty in levels]
            for side, levels in (("asks", asks), ("bids", bids))
        }
        book = {"code": 0, **shown, "offset": nonce, "nonce": nonce, "last_updated_at": at_us, "begin_nonce": begin}
        frame = {"channel": topic, "last_updated_at": at_us, "offset": nonce, "order_book": book}
        return orjson.dumps({**frame, "timestamp": at_us // 1000, "type": f"{when}/order_book"})

    def _error(self, code: int, message: str) -> bytes:
        return orjson.dumps({"error": {"code": code, "message": message}})
