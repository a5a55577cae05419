"""Hyperliquid's wire, written out by hand: books, trades, contexts and the fills of the liquidator vaults."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from producers.reconstruction.adl import Fills
from producers.reconstruction.markets import Market
from producers.reconstruction.off_book import Trades
from producers.reconstruction.wire_binance import milliseconds
from producers.recording import rest_line
from producers.venue_server import markets as server
from producers.venue_server.timeline import MARKETS as MARKET_LIST

_LEVELS, _FAST_LEVELS = 20, 5
_STEP = 7e-4
_BLOCK_S = 0.2
_HASH = "0x" + "0" * 64
_BUYER, _SELLER = "0x" + "1b" * 20, "0x" + "2a" * 20
_FEES = '"fee":"0.0","feeToken":"USDC"'


def market_list(coins: list[str]) -> bytes:
    """Every coin that the venue says anything of, in line."""
    rows = [server.Market(symbol=coin, base=coin, quote="USDC", step="0.01") for coin in coins]
    return rest_line(MARKET_LIST, msgspec.json.encode(rows))


class BookWriter:
    """Whole books of one coin; the noise of its sizes comes from a fixed pool."""

    def __init__(self, market: Market, rng: np.random.Generator) -> None:
        self._market = market
        self._pool = np.exp(rng.normal(0, 0.15, 1009)).tolist()
        self._drawn = 0

    def book(self, at_s: float, mid: float, half: float, share: float, *, fast: bool) -> bytes:
        """20 levels a side, or five with `fast`."""
        market, count = self._market, _FAST_LEVELS if fast else _LEVELS
        bid = max(1, math.floor(mid * (1 - half) / market.tick))
        ask = max(bid + 1, math.ceil(mid * (1 + half) / market.tick))
        dollars = market.depth_per_bp_usd * _STEP * 1e4
        bids = self._side(bid, -1, count, mid, dollars * share)
        asks = self._side(ask, 1, count, mid, dollars * share**0.8)
        flag = ',"fast":true' if fast else ""
        data = f'"coin":"{market.symbol}","time":{milliseconds(at_s)},"levels":[[{bids}],[{asks}]]{flag}'
        return f'{{"channel":"l2Book","data":{{{data}}}}}'.encode()

    def _side(self, edge: int, sign: int, count: int, mid: float, dollars: float) -> str:
        market = self._market
        step = sign * max(1.0, mid * _STEP / market.tick)
        level = f'{{"px":"%.{market.tick_digits}f","sz":"%.{market.lot_digits}f","n":%d}}'
        rows = []
        for rank in range(count):
            price = (edge + round(rank * step)) * market.tick
            if price > 0:
                self._drawn = (self._drawn + 1) % 1009
                rows.append(level % (price, max(market.lot, self._pool[self._drawn] * dollars / price), 2 + rank))
        return ",".join(rows)


def trades(market: Market, drawn: Trades) -> list[tuple[float, bytes]]:
    """Frames of a minute's trades with their time: those of one block go together."""
    block = np.floor(drawn.at_s / _BLOCK_S).astype(np.int64)
    frames = []
    px, sz = f"%.{market.tick_digits}f", f"%.{market.lot_digits}f"
    for start, end in zip(*_runs(block), strict=True):
        rows = []
        for index in range(start, end):
            row = (
                f'{{"coin":"{market.symbol}","side":"{"A" if drawn.sold[index] else "B"}",'
                f'"px":"{px % (drawn.ticks[index] * market.tick)}","sz":"{sz % (drawn.lots[index] * market.lot)}",'
                f'"time":{milliseconds(float(drawn.at_s[index]))},"hash":"{_HASH}","tid":{int(drawn.ids[index]) * 977},'
                f'"users":["{_BUYER}","{_SELLER}"]}}'
            )
            rows.append(row)
        frames.append((float(drawn.at_s[end - 1]), f'{{"channel":"trades","data":[{",".join(rows)}]}}'.encode()))
    return frames


def _runs(block: NDArray[np.int64]) -> tuple[list[int], list[int]]:
    if not block.size:
        return [], []
    starts = [0, *(np.flatnonzero(np.diff(block)) + 1).tolist()]
    return starts, [*starts[1:], block.size]


def context(market: Market, mark: float, oracle: float, funding: float, open_interest: float) -> bytes:
    """Mark, oracle, hourly funding and open interest of a coin."""
    px = f"%.{market.tick_digits}f"
    ctx = (
        f'"funding":"{funding:.8f}","openInterest":"{open_interest:.2f}","prevDayPx":"{px % oracle}",'
        f'"dayNtlVlm":"1000000.0",'
        f'"premium":"{mark / oracle - 1:.8f}","oraclePx":"{px % oracle}","markPx":"{px % mark}","midPx":"{px % mark}",'
        f'"impactPxs":["{px % (mark * 0.9999)}","{px % (mark * 1.0001)}"]'
    )
    return f'{{"channel":"activeAssetCtx","data":{{"coin":"{market.symbol}","ctx":{{{ctx}}}}}}}'.encode()


def user_fills(fills: Fills) -> bytes:
    """All fills of one vault in one block."""
    now = milliseconds(fills.at_s)
    direction, method = ("Auto-Deleveraging", "backstop") if fills.is_adl else ("Open Long", "market")
    rows = []
    for number, (coin, price, size, victim) in enumerate(fills.rows, fills.first_id):
        rows.append(
            f'{{"coin":"{coin}","px":"{price:.6f}","sz":"{size:.4f}","side":"B","time":{now},"startPosition":"0.0",'
            f'"dir":"{direction}","closedPnl":"0.0","hash":"0x{number:064x}","oid":{number + 7},"crossed":true,'
            f'"tid":{number},'
            f'"liquidation":{{"liquidatedUser":"{victim}","markPx":"{price:.6f}","method":"{method}"}},{_FEES}}}'
        )
    body = ",".join(rows)
    return f'{{"channel":"userFills","data":{{"isSnapshot":false,"user":"{fills.user}","fills":[{body}]}}}}'.encode()
