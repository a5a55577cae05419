"""Binance's wire, written out by hand: combined-stream frames, market lists and REST books of its three venues."""

from __future__ import annotations

import msgspec

from producers.reconstruction.books import Changes, LatticeBook, Update
from producers.reconstruction.facts import DAY_S, FIRST_MINUTE
from producers.reconstruction.markets import MARKETS, Market
from producers.reconstruction.off_book import Trades
from producers.recording import rest_line
from producers.venue_server import markets as server
from producers.venue_server.timeline import MARKETS as MARKET_LIST

_KIND = ("MARKET", "ADL", "INSURANCE_FUND")
_START_MS = (DAY_S + FIRST_MINUTE * 60) * 1000
_SPOT_DIGITS = 8


def milliseconds(at_s: float) -> int:
    """Wall clock of a second of the window, on the venue's millisecond."""
    return _START_MS + round(at_s * 1000)


class BinanceWriter:
    """Frames of one market, with its update ids."""

    def __init__(self, market: Market, first_id: int) -> None:
        self.market = market
        self.is_spot = market.venue == "binance-spot"
        self._stream = f'{{"stream":"{market.symbol.lower()}@'
        self._price = f"%.{_SPOT_DIGITS if self.is_spot else market.tick_digits}f"
        self._qty = f"%.{_SPOT_DIGITS if self.is_spot else market.lot_digits}f"
        self._last_id = first_id
        coinm = market.venue == "binance-coinm"
        self._tail = f'"ps":"{market.base}USD","st":2' if coinm else f'"ps":"{market.symbol}","st":1'

    def trades(self, trades: Trades) -> list[bytes]:
        """One frame a fill."""
        market, frames = self.market, []
        shape = (
            f'{self._stream}trade","data":{{"e":"trade","E":%d,"T":%d,"s":"{market.symbol}","t":%d,'
            f'"p":"{self._price}","q":"{self._qty}",'
        )
        tail = '"m":%s,"M":true}}' if self.is_spot else '"X":"%s","m":%s}}'
        columns = (trades.at_s, trades.ticks, trades.lots, trades.sold, trades.ids, trades.kind)
        for at_s, tick, lots, sold, number, kind in zip(*(column.tolist() for column in columns), strict=True):
            now = milliseconds(at_s)
            head = shape % (now + 1, now, number, tick * market.tick, lots * market.lot)
            maker = "true" if sold else "false"
            frames.append((head + (tail % maker if self.is_spot else tail % (_KIND[kind], maker))).encode())
        return frames

    def depth(self, at_s: float, update: Update) -> bytes:
        """A book change; futures chain by `pu`, spot by consecutive ids."""
        first, last = self._last_id + 1, self._last_id + 8 + len(update.bids) + len(update.asks)
        now = milliseconds(at_s)
        if self.is_spot:
            head = f'"E":{now + 1},"s":"{self.market.symbol}","U":{first},"u":{last}'
        else:
            ids = f'"U":{first + 3},"u":{last},"pu":{self._last_id}'
            head = f'"E":{now + 1},"T":{now},"s":"{self.market.symbol}",{self._tail},{ids}'
        self._last_id = last
        sides = f'"b":[{self._levels(update.bids, True)}],"a":[{self._levels(update.asks, False)}]'
        return f'{self._stream}depth@100ms","data":{{"e":"depthUpdate",{head},{sides}}}}}'.encode()

    def ticker(self, at_s: float, update: Update) -> bytes:
        """Best bid and ask, the ids of the last book change."""
        (bid, bid_lots), (ask, ask_lots) = update.bid, update.ask
        tick, lot = self.market.tick, self.market.lot
        best = (
            f'"b":"{self._price % (bid * tick)}","B":"{self._qty % (bid_lots * lot)}",'
            f'"a":"{self._price % (ask * tick)}","A":"{self._qty % (ask_lots * lot)}"'
        )
        head = f'"u":{self._last_id},"s":"{self.market.symbol}"'
        if self.is_spot:
            return f'{self._stream}bookTicker","data":{{{head},{best}}}}}'.encode()
        now = milliseconds(at_s)
        times = f'"T":{now},"E":{now + 1}'
        return f'{self._stream}bookTicker","data":{{"e":"bookTicker",{head},{self._tail},{best},{times}}}}}'.encode()

    def mark(self, at_s: float, mark: float, index: float, rate: float) -> bytes:
        """Mark, index and funding."""
        now = milliseconds(at_s)
        prices = f'"p":"{mark:.8f}","ap":"{mark:.8f}","P":"{index:.8f}","i":"{index:.8f}"'
        due = (DAY_S + 86_400) * 1000
        data = f'"E":{now},"s":"{self.market.symbol}",{prices},"r":"{rate:.8f}","T":{due},{self._tail.split(",")[1]}'
        return f'{self._stream}markPrice@1s","data":{{"e":"markPriceUpdate",{data}}}}}'.encode()

    def force_order(self, at_s: float, sold: bool, price: float, quantity: float) -> bytes:
        """A liquidation order: `p` is its limit near bankruptcy, `ap` what it filled at."""
        now = milliseconds(at_s)
        limit = price * (0.995 if sold else 1.005)
        qty = self._qty % quantity
        pair = f'"ps":"{self.market.base}USD",' if self.market.venue == "binance-coinm" else ""
        order = (
            f'"s":"{self.market.symbol}",{pair}"S":"{"SELL" if sold else "BUY"}","o":"LIMIT","f":"IOC","q":"{qty}",'
            f'"p":"{self._price % limit}","ap":"{self._price % price}","X":"FILLED","l":"{qty}","z":"{qty}","T":{now}'
        )
        data = f'"e":"forceOrder","E":{now + 3},"o":{{{order}}},{self._tail}'
        return f'{self._stream}forceOrder","data":{{{data}}}}}'.encode()

    def rest_book(self, at_s: float, book: LatticeBook) -> bytes:
        """The REST answer in line; its id lies inside the range of the next depth frame, as a busy venue's does."""
        bids, asks = book.snapshot()
        now = milliseconds(at_s)
        times = "" if self.is_spot else f'"E":{now},"T":{now},'
        sides = f'"bids":[{self._levels(dict(bids), True)}],"asks":[{self._levels(dict(asks), False)}]'
        body = f'{{"lastUpdateId":{self._last_id + 5},{times}{sides}}}'
        return f'{{"rest":"book","symbol":"{self.market.symbol}","body":{body}}}'.encode()

    def _levels(self, changes: Changes, is_bid: bool) -> str:
        tick, lot = self.market.tick, self.market.lot
        shape = f'["{self._price}","{self._qty}"]'
        ordered = sorted(changes.items(), reverse=is_bid)
        return ",".join([shape % (price * tick, lots * lot) for price, lots in ordered])


def market_list(venue: str) -> bytes:
    """The venue's markets in line."""
    coinm = venue == "binance-coinm"
    rows = [
        server.Market(
            symbol=market.symbol,
            base=market.base,
            quote="USD" if coinm else "USDT",
            kind="spot" if venue == "binance-spot" else "perp",
            contract="inverse" if coinm else "spot" if venue == "binance-spot" else "linear",
            contract_value=market.contract_usd or 1.0,
            tick=_decimal(market.tick),
            step=_decimal(market.lot),
        )
        for market in MARKETS
        if market.venue == venue
    ]
    return rest_line(MARKET_LIST, msgspec.json.encode(rows))


def _decimal(step: float) -> str:
    return f"{step:.8f}".rstrip("0").rstrip(".")
