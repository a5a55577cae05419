import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_events import delta, derivative, liquidation, top, trade
from producers.venues.binance_usdm import BinanceUsdm
from producers.venues.binance_wire import (
    DepthUpdate,
    LiquidationOrder,
    MarkPriceUpdate,
    SpotBookTicker,
    TradePayload,
)
from schemas.instrument import Instrument
from schemas.market import Adl, BookDelta, BookTop, DerivativeState, Insurance, Liquidation, Trade

MS = 1_760_130_964_831
RECV_NS = (MS + 40) * 1_000_000


def usdm(symbol: str = "BTCUSDT") -> Instrument:
    """A linear contract."""
    instrument = BinanceUsdm().infer_instrument(symbol, RECV_NS)
    assert instrument is not None
    return instrument


def coinm(symbol: str) -> Instrument:
    """An inverse contract."""
    instrument = BinanceCoinm().infer_instrument(symbol, RECV_NS)
    assert instrument is not None
    return instrument


def fill(*, sold: bool = False, execution: str = "MARKET", price: float = 60_000.0, qty: float = 2.0) -> TradePayload:
    """A trade on the wire; `m` true means that the taker sold."""
    return TradePayload(
        symbol="X", match_ms=MS, trade_id=7, price=price, qty=qty, buyer_is_maker=sold, execution=execution
    )


def order(side: str, *, filled: float = 2.0, average: float = 60_000.0) -> LiquidationOrder:
    """A liquidation order on the wire, its limit 1 % worse than its fills."""
    raw = {"s": "X", "S": side, "p": 59_400.0, "ap": average, "z": filled, "T": MS}
    return msgspec.convert(raw, LiquidationOrder)


@pytest.mark.parametrize(
    ("instrument", "side", "liquidated", "notional_usd", "qty_base"),
    [
        (usdm(), "SELL", "long", 120_000.0, 2.0),
        (usdm(), "BUY", "short", 120_000.0, 2.0),
        (coinm("BTCUSD_PERP"), "SELL", "long", 200.0, 200 / 60_000),
        (coinm("BTCUSD_260925"), "BUY", "short", 200.0, 200 / 60_000),
        (coinm("ETHUSD_PERP"), "SELL", "long", 20.0, 20 / 60_000),
    ],
    ids=lambda value: value.symbol if isinstance(value, Instrument) else str(value),
)
def test_the_side_and_size_of_a_liquidation(
    instrument: Instrument, side: str, liquidated: str, notional_usd: float, qty_base: float
) -> None:
    """The side is that of the order: SELL closes a long. The wrong way round, a crash reads as a squeeze.

    COIN-M sizes are contracts of 100 USD (BTC) or 10 USD: taken for coins, a notional is wrong by a factor of hundreds.
    """
    (event,) = liquidation(order(side), instrument, RECV_NS)
    assert isinstance(event, Liquidation)
    assert event.liquidated == liquidated
    assert event.notional_usd == pytest.approx(notional_usd)
    assert event.qty_base == pytest.approx(qty_base)
    assert (event.price, event.price_kind, event.sampled) == (60_000.0, "fill", True)
    assert event.ts_event_ns == MS * 1_000_000


def test_a_liquidation_order_without_fills_says_nothing_and_without_an_average_gives_its_limit() -> None:
    """Nothing was closed yet; and an order's limit is not a fill."""
    assert liquidation(order("SELL", filled=0.0), usdm(), RECV_NS) == ()
    (event,) = liquidation(order("SELL", average=0.0), usdm(), RECV_NS)
    assert isinstance(event, Liquidation)
    assert (event.price, event.price_kind) == (59_400.0, "order")


@pytest.mark.parametrize(("sold", "taker"), [(True, "sell"), (False, "buy")])
def test_the_taker_of_a_trade(sold: bool, taker: str) -> None:
    """`m` names the maker: read as the taker it inverts every flow."""
    (event,) = trade(fill(sold=sold), usdm(), RECV_NS)
    assert isinstance(event, Trade)
    assert (event.taker, event.print, event.trade_id, event.notional_usd) == (taker, "market", 7, 120_000.0)


@pytest.mark.parametrize(("sold", "deleveraged"), [(True, "short"), (False, "long")])
def test_an_adl_print_is_a_trade_off_the_book_and_an_adl(sold: bool, deleveraged: str) -> None:
    """The bankrupt side is the taker: it sold a long, so a short that was in profit had to give way."""
    print_, event = trade(fill(sold=sold, execution="ADL"), coinm("BTCUSD_PERP"), RECV_NS)
    assert isinstance(print_, Trade)
    assert print_.print == "adl"
    assert isinstance(event, Adl)
    assert (event.deleveraged, event.notional_usd, event.adl_id) == (deleveraged, 200.0, 7)


def test_an_insurance_fund_print_is_a_trade_off_the_book_and_a_takeover() -> None:
    """Its price may be percent away from the market and must never be taken for it."""
    print_, event = trade(fill(execution="INSURANCE_FUND"), usdm(), RECV_NS)
    assert isinstance(print_, Trade)
    assert print_.print == "insurance_fund"
    assert isinstance(event, Insurance)
    assert (event.taken_over_usd, event.balance_usd) == (120_000.0, None)


def test_other_prints_keep_their_id_even_with_nothing_in_them() -> None:
    """A hole in the ids would be counted as a hidden fill."""
    (event,) = trade(fill(execution="NA", price=0.0, qty=0.0), usdm(), RECV_NS)
    assert isinstance(event, Trade)
    assert (event.print, event.trade_id) == ("other", 7)


@pytest.mark.parametrize("execution", ["MARKET", "ADL", "INSURANCE_FUND"])
def test_a_real_fill_at_a_price_of_zero_is_refused(execution: str) -> None:
    """One such price is a return of minus 100 %."""
    with pytest.raises(DecodeError, match="bad_number"):
        trade(fill(price=0.0, execution=execution), usdm(), RECV_NS)


def test_a_pair_quoted_in_no_dollar_has_no_notional() -> None:
    """Bitcoin counted as dollars is a small number that is believed."""
    (event,) = trade(fill(), usdm("ETHBTC"), RECV_NS)
    assert isinstance(event, Trade)
    assert event.notional_usd is None


@pytest.mark.parametrize(
    ("funding", "next_ms", "rate", "next_ns"),
    [
        (0.0001, MS + 1000, 0.0001, (MS + 1000) * 1_000_000),
        ("", 0, None, None),
        (0.0, 0, None, None),
        (None, 0, None, None),
    ],
)
def test_markets_without_funding_have_none(
    funding: float | str | None, next_ms: int, rate: float | None, next_ns: int | None
) -> None:
    """A zero rate and no rate are different things: delivery contracts and delisted markets have none."""
    raw = {"s": "X", "E": MS, "p": 100.0, "i": 0.0, "r": funding, "T": next_ms}
    (event,) = derivative(msgspec.convert(raw, MarkPriceUpdate), usdm(), RECV_NS)
    assert isinstance(event, DerivativeState)
    assert (event.mark, event.index, event.funding_rate, event.next_funding_ns) == (100.0, None, rate, next_ns)
    assert event.ts_event_ns == MS * 1_000_000


def test_the_time_of_a_change_is_the_match_engines_where_it_is_told() -> None:
    """Push times lag in a crash; spot's books have no other."""
    empty = msgspec.Raw(b"[]")
    futures = DepthUpdate(
        symbol="X", push_ms=MS + 9, match_ms=MS, first_id=1, last_id=3, prev_id=0, bids=empty, asks=empty
    )
    spot = DepthUpdate(symbol="X", push_ms=MS + 9, first_id=1, last_id=3, bids=empty, asks=empty)
    (change,) = delta(futures, usdm(), RECV_NS)
    assert isinstance(change, BookDelta)
    assert (change.first_id, change.last_id, change.prev_id) == (1, 3, 0)
    assert change.ts_event_ns == MS * 1_000_000
    assert delta(spot, usdm(), RECV_NS)[0].ts_event_ns == (MS + 9) * 1_000_000


def test_a_side_without_orders_is_none() -> None:
    """A bid of zero would be a spread of 200 %."""
    (event,) = top(SpotBookTicker(symbol="X", bid=0.0, bid_qty=0.0, ask=3.0, ask_qty=4.0), usdm(), 5, RECV_NS)
    assert isinstance(event, BookTop)
    assert (event.bid, event.bid_qty, event.ask, event.ask_qty) == (None, None, 3.0, 4.0)
