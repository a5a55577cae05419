"""One table: a long was liquidated, and a short, in every venue's own words and in its own lots.

Written from the venues' documentation and, where they exist, measurements; not from the parsers. Half a coin at 60,000
is 30,000 dollars on every venue, whether its wire counts coins, contracts or dollars, and whether its side is that of
the position, of the order, or of the taker.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from producers.venues import events
from producers.venues.registry import VENUES
from schemas.instrument import Contract, Kind
from schemas.market import Liquidation, Position, PriceKind, Trade

MS = 1_789_999_999_980
RECV_NS = (MS + 500) * 1_000_000
PRICE, BASE, USD = 60_000.0, 0.5, 30_000.0


class Words(NamedTuple):
    """How a venue says it."""

    venue: str
    symbol: str
    quote: str
    contract: Contract
    lot: float
    """Base coin, or dollars of an inverse contract."""
    frame: str
    """With SIDE, AMOUNT and NOW to be filled in."""
    long: str
    short: str
    amount: str
    price_kind: PriceKind
    kind: Kind = "perp"


FORCE_ORDER = (
    '{"e":"forceOrder","E":NOW,"o":{"s":"SYMBOL","S":"SIDE","o":"LIMIT","f":"IOC","q":"AMOUNT","p":"1","ap":"60000",'
    '"X":"FILLED","l":"1","z":"AMOUNT","T":NOW}}'
)
DERIBIT = (
    '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.SYMBOL.100ms","data":[{"timestamp":NOW,'
    '"price":60000.0,"amount":AMOUNT,"direction":"SIDE","index_price":60000.0,"instrument_name":"SYMBOL",'
    '"trade_seq":5,"mark_price":60000.0,"tick_direction":2,"trade_id":"7","liquidation":"WHO"}]}}'
)
KRAKEN = (
    '{"feed":"trade","product_id":"SYMBOL","uid":"05af78ac","side":"SIDE","type":"liquidation","seq":5,"time":NOW,'
    '"qty":AMOUNT,"price":60000.0}'
)
OKX = (
    '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkLoss":"0","bkPx":"60000",'
    '"ccy":"","posSide":"net","side":"SIDE","sz":"AMOUNT","ts":"NOW"}],"instFamily":"FAMILY","instId":"SYMBOL",'
    '"instType":"SWAP","uly":"FAMILY"}]}'
)
BITGET = (
    '{"action":"update","arg":{"instType":"usdt-futures","topic":"liquidation"},"data":[{"symbol":"SYMBOL",'
    '"side":"SIDE","price":"60000","amount":"AMOUNT","ts":"NOW"}],"ts":NOW}'
)
BITMEX = (
    '{"table":"liquidation","action":"insert","data":[{"orderID":"dd9cea25","symbol":"SYMBOL","side":"SIDE",'
    '"price":60000,"leavesQty":AMOUNT}]}'
)
BYBIT = (
    '{"topic":"allLiquidation.SYMBOL","type":"snapshot","ts":NOW,"data":[{"T":NOW,"s":"SYMBOL","S":"SIDE","v":"AMOUNT",'
    '"p":"60000"}]}'
)
GATE = (
    '{"time":SECONDS,"time_ms":NOW,"channel":"futures.public_liquidates","event":"update","result":[{"price":"60000",'
    '"size":SIDEAMOUNT,"time":NOW,"contract":"SYMBOL"}]}'
)
DYDX = (
    '{"type":"channel_data","connection_id":"3a2e","message_id":4,"id":"SYMBOL","channel":"v4_trades","version":"1.0.0",'
    '"contents":{"trades":[{"id":"01","size":"AMOUNT","price":"60000","side":"SIDE",'
    '"createdAt":"2026-09-21T12:13:19.980Z","type":"LIQUIDATED","createdAtHeight":"1"}]}}'
)
LIGHTER = (
    '{"channel":"trade:0","liquidation_trades":[{"trade_id":103,"trade_id_str":"103","tx_hash":"00","type":"liquidation",'
    '"market_id":0,"size":"AMOUNT","price":"60000","usd_amount":"30000","ask_id":1,"bid_id":2,"ask_account_id":3,'
    '"bid_account_id":4,"is_maker_ask":SIDE,"block_height":5,"timestamp":NOW,"transaction_time":NOW000}],"nonce":1,'
    '"trades":[],"type":"update/trade"}'
)
HYPERLIQUID = (
    '{"channel":"userFills","data":{"user":"0xvault","fills":[{"coin":"SYMBOL","px":"60000","sz":"AMOUNT","side":"SIDE",'
    '"time":NOW,"dir":"Open Long","crossed":false,"tid":9,"liquidation":{"liquidatedUser":"0xvictim","markPx":"60000",'
    '"method":"backstop"}}]}}'
)

TABLE = [
    # The side of the order: a sale closes a long. Coins; contracts of 100 dollars.
    Words("binance-usdm", "BTCUSDT", "USDT", "linear", 1.0, FORCE_ORDER, "SELL", "BUY", "0.5", "fill"),
    Words("binance-coinm", "BTCUSD_PERP", "USD", "inverse", 100.0, FORCE_ORDER, "SELL", "BUY", "300", "fill"),
    Words("aster", "BTCUSDT", "USDT", "linear", 1.0, FORCE_ORDER, "SELL", "BUY", "0.5", "fill"),
    # The side of the position, and the price at which it is bankrupt. Coins; contracts of a dollar.
    Words("bybit", "BTCUSDT", "USDT", "linear", 1.0, BYBIT, "Buy", "Sell", "0.5", "bankruptcy"),
    Words("bybit", "BTCUSD", "USD", "inverse", 1.0, BYBIT, "Buy", "Sell", "30000", "bankruptcy"),
    # The side of the order, contracts. What the price is was described anew in 2026: no bankruptcy price since.
    Words("okx", "BTC-USDT-SWAP", "USDT", "linear", 0.01, OKX, "sell", "buy", "50", "order"),
    Words("okx", "BTC-USD-SWAP", "USD", "inverse", 100.0, OKX, "sell", "buy", "300", "order"),
    # The sign of the order, contracts.
    Words("gate", "BTC_USDT", "USDT", "linear", 0.0001, GATE, "-", "", "5000", "order"),
    Words("gate", "BTC_USD", "USD", "inverse", 1.0, GATE, "-", "", "30000", "order"),
    # The side of the position, dollars already.
    Words("bitget", "BTCUSDT", "USDT", "linear", 1.0, BITGET, "buy", "sell", "30000", "liquidation"),
    # A fill of the vault that takes over: it buys what a long sold.
    Words("hyperliquid", "BTC", "USDC", "linear", 1.0, HYPERLIQUID, "B", "A", "0.5", "mark"),
    # The taker's direction, and whether taker or maker was liquidated. Dollars; coins.
    Words(
        "deribit", "BTC-PERPETUAL", "USD", "inverse", 1.0, DERIBIT.replace("WHO", "T"), "sell", "buy", "30000.0", "fill"
    ),
    Words(
        "deribit", "BTC-PERPETUAL", "USD", "inverse", 1.0, DERIBIT.replace("WHO", "M"), "buy", "sell", "30000.0", "fill"
    ),
    Words(
        "deribit",
        "BTC_USDC-PERPETUAL",
        "USDC",
        "linear",
        1.0,
        DERIBIT.replace("WHO", "T"),
        "sell",
        "buy",
        "0.5",
        "fill",
    ),
    # The side of the engine's order. Contracts of a dollar; millionths of a coin.
    Words("bitmex", "XBTUSD", "USD", "inverse", 1.0, BITMEX, "Sell", "Buy", "30000", "order"),
    Words("bitmex", "XBTUSDT", "USDT", "linear", 1e-6, BITMEX, "Sell", "Buy", "500000", "order"),
    # The taker's side. Coins; contracts of a dollar.
    Words("kraken-futures", "PF_XBTUSD", "USD", "linear", 1.0, KRAKEN, "sell", "buy", "0.5", "fill"),
    Words("kraken-futures", "PI_XBTUSD", "USD", "inverse", 1.0, KRAKEN, "sell", "buy", "30000", "fill"),
    # The taker's side, coins.
    Words("dydx", "BTC-USD", "USD", "linear", 1.0, DYDX, "SELL", "BUY", "0.5", "fill"),
    # Whether the maker asked: if not, the taker sold.
    Words("lighter", "BTC:0", "USDC", "linear", 1.0, LIGHTER, "false", "true", "0.5", "fill"),
]


def liquidation(words: Words, side: str) -> Liquidation:
    """The one liquidation in a frame that says so."""
    venue = VENUES[words.venue]()
    market = events.market(
        words.venue,
        words.symbol,
        0,
        base="BTC",
        quote=words.quote,
        kind=words.kind,
        contract=words.contract,
        contract_value=words.lot,
    )
    venue.register([market])
    family = words.symbol.removesuffix("-SWAP")
    frame = words.frame.replace("SYMBOL", words.symbol).replace("FAMILY", family)
    frame = frame.replace("NOW", str(MS)).replace("SECONDS", str(MS // 1000))
    raw = frame.replace("SIDE", side).replace("AMOUNT", words.amount).encode()
    said = [one for one in venue.parse(raw, RECV_NS) if not isinstance(one, Trade)]
    (row,) = [one for one in said if isinstance(one, Liquidation)]
    return row


@pytest.mark.parametrize("liquidated", ["long", "short"])
@pytest.mark.parametrize("words", TABLE, ids=lambda words: f"{words.venue}-{words.symbol}-{words.long}")
def test_half_a_coin_was_liquidated(words: Words, liquidated: Position) -> None:
    """The one mistake that turns a crash into a squeeze, and the other that is wrong by the size of a contract."""
    row = liquidation(words, words.long if liquidated == "long" else words.short)
    assert row.liquidated == liquidated
    assert (row.price, row.price_kind) == (PRICE, words.price_kind)
    assert row.qty_base == pytest.approx(BASE)
    assert row.notional_usd == pytest.approx(USD)
    assert row.sampled == (VENUES[words.venue]().completeness["liquidations"].kind != "all")


def test_every_venue_that_tells_of_liquidations_is_in_the_table() -> None:
    """GMX tells them in the binary log of a contract: its samples hold them."""
    telling = {venue_id for venue_id in VENUES if VENUES[venue_id]().completeness["liquidations"].kind != "none"}
    assert telling - {words.venue for words in TABLE} == {"gmx"}
