from typing import Any

import orjson
import pytest

from producers.errors import DecodeError
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_futures import OPEN_INTEREST_EVERY_S, BinanceFutures
from producers.venues.binance_usdm import BinanceUsdm
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import Adl, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

MS = 1_760_130_964_831
RECV_NS = (MS + 40) * 1_000_000

BOOK = b'{"e":"depthUpdate","E":1,"s":"%s","U":1,"u":2,"pu":0,"b":[],"a":[]}'
SPOT_BOOK = b'{"e":"depthUpdate","E":1,"s":"%s","U":1,"u":2,"b":[],"a":[]}'
TICKER = b'{"e":"bookTicker","u":1,"s":"%s","b":"1","B":"1","a":"2","A":"1","T":1,"E":1}'
SPOT_TICKER = b'{"u":1,"s":"%s","b":"1","B":"1","a":"2","A":"1"}'
SPOT_TRADE = b'{"e":"trade","E":1,"s":"%s","t":1,"p":"1","q":"1","T":1,"m":true,"M":true}'
FORCE = b'{"e":"forceOrder","E":1,"o":{"s":"%s","S":"SELL","p":"9","ap":"10","z":"3","T":1}}'


@pytest.mark.parametrize(("one", "symbol"), [(BinanceUsdm(), "BTCUSDT"), (BinanceCoinm(), "BTCUSD_PERP")])
def test_futures_payloads_are_told_from_those_of_spot(one: BinanceFutures, symbol: str) -> None:
    """The symbols are the same; only the keys differ."""
    for frame in (BOOK, TICKER, FORCE):
        assert one.symbol_of(frame % symbol.encode()) == symbol
    for frame in (SPOT_BOOK, SPOT_TICKER, SPOT_TRADE):
        assert one.symbol_of(frame % symbol.encode()) is None


def test_a_contract_expires_on_the_date_in_its_symbol() -> None:
    """Two expiries of a pair are two markets with two prices."""
    assert [
        one.contract(
            symbol, base="BTC", quote="USDT", contract="linear", contract_value=1.0, tick_size=0.1, ts_recv_ns=5
        ).instrument
        for one in [BinanceUsdm()]
        for symbol in ("BTCUSDT", "BTCUSDT_260925", "BTCUSDT_261225")
    ] == ["BTC-USDT-PERP", "BTC-USDT-20260925", "BTC-USDT-20261225"]


def test_books_of_both_venues_are_fetched_for_half_of_their_common_budget_at_most() -> None:
    """Each alone within the budget, USD-M and COIN-M together would be banned from both."""
    limits = [BinanceUsdm().limits, BinanceCoinm().limits]
    assert sum(20 * one.snapshots_per_min for one in limits) <= 2400 / 2
    assert limits[0].weight_pool == limits[1].weight_pool is not None


def knowing(symbol: str) -> tuple[BinanceFutures, Instrument]:
    """The venue of a symbol, knowing it."""
    one: BinanceCoinm | BinanceUsdm = BinanceCoinm() if "USD_" in symbol else BinanceUsdm()
    instrument = one.infer_instrument(symbol, RECV_NS)
    assert instrument is not None
    one.register([instrument])
    return one, instrument


def said(symbol: str, payload: dict[str, Any]) -> list[Event]:
    """The events of a payload about this market."""
    one, _ = knowing(symbol)
    return [event for event in one.parse(orjson.dumps(payload), RECV_NS) if isinstance(event, Event)]


def fill(symbol: str, *, sold: bool = False, execution: str = "MARKET", price: str = "60000") -> dict[str, Any]:
    """A trade of two lots on the wire; `m` true means that the taker sold."""
    return {"e": "trade", "E": MS, "T": MS, "s": symbol, "t": 7, "p": price, "q": "2", "X": execution, "m": sold}


def order(symbol: str, side: str, *, filled: str = "2", average: str = "60000") -> dict[str, Any]:
    """A liquidation order on the wire, its limit 1 % worse than its fills."""
    terms = {"s": symbol, "S": side, "p": "59400", "ap": average, "z": filled, "T": MS}
    return {"e": "forceOrder", "E": MS, "o": terms}


@pytest.mark.parametrize(
    ("symbol", "side", "liquidated", "notional_usd", "qty_base"),
    [
        ("BTCUSDT", "SELL", "long", 120_000.0, 2.0),
        ("BTCUSDT", "BUY", "short", 120_000.0, 2.0),
        ("BTCUSD_PERP", "SELL", "long", 200.0, 200 / 60_000),
        ("BTCUSD_260925", "BUY", "short", 200.0, 200 / 60_000),
        ("ETHUSD_PERP", "SELL", "long", 20.0, 20 / 60_000),
    ],
)
def test_the_side_and_size_of_a_liquidation(
    symbol: str, side: str, liquidated: str, notional_usd: float, qty_base: float
) -> None:
    """The side is that of the order: SELL closes a long. The wrong way round, a crash reads as a squeeze.

    COIN-M sizes are contracts of 100 USD (BTC) or 10 USD: taken for coins, a notional is wrong by a factor of hundreds.
    """
    (event,) = said(symbol, order(symbol, side))
    assert isinstance(event, Liquidation)
    assert event.liquidated == liquidated
    assert event.notional_usd == pytest.approx(notional_usd)
    assert event.qty_base == pytest.approx(qty_base)
    assert (event.price, event.price_kind, event.sampled) == (60_000.0, "fill", True)
    assert event.ts_event_ns == MS * 1_000_000


def test_liquidations_before_the_throttle_were_all_told() -> None:
    """A recording of that time is no sample, and its sums are no lower bounds."""
    one, _ = knowing("BTCUSDT")
    ms = 1_609_459_200_000
    frame = orjson.dumps({"e": "forceOrder", "E": ms, "o": order("BTCUSDT", "SELL")["o"] | {"T": ms}})
    (event,) = one.parse(frame, ms * 1_000_000)
    assert isinstance(event, Liquidation)
    assert not event.sampled


def test_a_liquidation_order_without_fills_says_nothing_and_without_an_average_gives_its_limit() -> None:
    """Nothing was closed yet; and an order's limit is not a fill."""
    assert said("BTCUSDT", order("BTCUSDT", "SELL", filled="0")) == []
    (event,) = said("BTCUSDT", order("BTCUSDT", "SELL", average="0"))
    assert isinstance(event, Liquidation)
    assert (event.price, event.price_kind) == (59_400.0, "order")


@pytest.mark.parametrize(("sold", "deleveraged"), [(True, "short"), (False, "long")])
def test_an_adl_print_is_a_trade_off_the_book_and_an_adl(sold: bool, deleveraged: str) -> None:
    """The bankrupt side is the taker: it sold a long, so a short that was in profit had to give way."""
    print_, event = said("BTCUSD_PERP", fill("BTCUSD_PERP", sold=sold, execution="ADL"))
    assert isinstance(print_, Trade)
    assert print_.print == "adl"
    assert isinstance(event, Adl)
    assert (event.deleveraged, event.notional_usd, event.adl_id) == (deleveraged, 200.0, 7)


def test_an_insurance_fund_print_is_a_trade_off_the_book_and_a_takeover() -> None:
    """Its price may be percent away from the market and must never be taken for it."""
    print_, event = said("BTCUSDT", fill("BTCUSDT", execution="INSURANCE_FUND"))
    assert isinstance(print_, Trade)
    assert print_.print == "insurance_fund"
    assert isinstance(event, Insurance)
    assert (event.instrument, event.taken_over_usd, event.balance_usd) == ("BTC-USDT-PERP", 120_000.0, None)


def test_other_prints_keep_their_id_even_with_nothing_in_them() -> None:
    """A hole in the ids would be counted as a hidden fill."""
    (event,) = said("BTCUSDT", fill("BTCUSDT", execution="NA", price="0"))
    assert isinstance(event, Trade)
    assert (event.print, event.trade_id) == ("other", 7)


@pytest.mark.parametrize("execution", ["MARKET", "ADL", "INSURANCE_FUND"])
def test_a_real_fill_at_a_price_of_zero_is_refused(execution: str) -> None:
    """One such price is a return of minus 100 %."""
    with pytest.raises(DecodeError, match="bad_number"):
        said("BTCUSDT", fill("BTCUSDT", price="0", execution=execution))


@pytest.mark.parametrize(
    ("funding", "next_ms", "rate", "next_ns"),
    [
        ("0.0001", MS + 1000, 0.0001, (MS + 1000) * 1_000_000),
        ("", 0, None, None),
        ("0.0", 0, None, None),
        (None, 0, None, None),
    ],
)
def test_markets_without_funding_have_none(
    funding: str | None, next_ms: int, rate: float | None, next_ns: int | None
) -> None:
    """A zero rate and no rate are different things: delivery contracts and delisted markets have none."""
    mark = {"e": "markPriceUpdate", "E": MS, "s": "BTCUSDT", "p": "100", "i": "0", "r": funding, "T": next_ms}
    (event,) = said("BTCUSDT", mark)
    assert isinstance(event, DerivativeState)
    assert (event.mark, event.index, event.funding_rate, event.next_funding_ns) == (100.0, None, rate, next_ns)
    assert event.ts_event_ns == MS * 1_000_000


@pytest.mark.parametrize(
    ("status", "state"), [("TRADING", "up"), ("PRE_SETTLE", "halted"), ("TRADING_HALT", "halted"), ("CLOSE", "halted")]
)
def test_a_contract_that_stops_trading_says_so(status: str, state: str) -> None:
    """A market that is being settled looks like a dead feed, or like calm."""
    (event,) = said("BTCUSDT", {"e": "contractInfo", "E": MS, "s": "BTCUSDT", "ct": "PERPETUAL", "cs": status})
    assert isinstance(event, VenueStatus)
    assert (event.state, event.instrument, event.session, event.reason) == (state, "BTC-USDT-PERP", "platform", status)


def test_states_of_contracts_come_of_all_markets_of_both_venues() -> None:
    """One stream for two venues: what nobody asked for is passed over, and is no error."""
    for symbol in ("ETHUSDT", "BTCUSD_PERP"):
        assert said("BTCUSDT", {"e": "contractInfo", "E": MS, "s": symbol, "cs": "TRADING"}) == []
    for one, symbols in ((BinanceUsdm(), ["BTCUSDT", "ETHUSDT"]), (BinanceCoinm(), ["BTCUSD_PERP", "ETHUSD_PERP"])):
        found = [instrument for symbol in symbols if (instrument := one.infer_instrument(symbol, 0))]
        text = "".join(frame for socket in one.sockets(found) for frame in socket.subscribe)
        assert text.count("!contractInfo") == 1


def test_open_interest_is_in_lots_and_its_dollars_need_a_mark_where_lots_are_coins() -> None:
    """Without the price of the moment a notional would be a guess; contracts of COIN-M are dollars already."""
    answer = b'{"symbol":"%s","openInterest":"10659.5","time":1760130964831}'
    usdm, _ = knowing("BTCUSDT")
    (held,) = usdm.parse_poll("open_interest:BTCUSDT", answer % b"BTCUSDT", RECV_NS)
    assert isinstance(held, OpenInterest)
    assert (held.open_interest, held.notional_usd, held.ts_event_ns) == (10659.5, None, MS * 1_000_000)
    mark = {"e": "markPriceUpdate", "E": MS, "s": "BTCUSDT", "p": "100", "r": "0.0001", "T": MS + 1000}
    usdm.parse(orjson.dumps(mark), RECV_NS)
    (held,) = usdm.parse_poll("open_interest:BTCUSDT", answer % b"BTCUSDT", RECV_NS)
    assert isinstance(held, OpenInterest)
    assert held.notional_usd == pytest.approx(1_065_950.0)
    coinm, _ = knowing("BTCUSD_PERP")
    (held,) = coinm.parse_poll("open_interest:BTCUSD_PERP", answer % b"BTCUSD_PERP", RECV_NS)
    assert isinstance(held, OpenInterest)
    assert held.notional_usd == pytest.approx(1_065_950.0)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("open_interest:ETHUSDT", b'{"symbol":"ETHUSDT","openInterest":"1","time":1760130964831}', "unknown_symbol"),
        ("open_interest:BTCUSDT", b"<html>", "bad_json"),
        ("open_interest:BTCUSDT", b'{"symbol":"BTCUSDT","openInterest":"-1","time":1760130964831}', "bad_number"),
        ("open_interest:BTCUSDT", b'{"symbol":"BTCUSDT","openInterest":"1","time":1760130964}', "bad_time"),
    ],
)
def test_an_answer_that_is_none_has_its_reason(name: str, body: bytes, reason: str) -> None:
    """REST answers with web pages when it is in trouble."""
    with pytest.raises(DecodeError) as caught:
        knowing("BTCUSDT")[0].parse_poll(name, body, RECV_NS)
    assert caught.value.reason == reason


@pytest.mark.parametrize("count", [1, 40, 500])
def test_polls_and_books_together_leave_a_third_of_the_common_budget(count: int) -> None:
    """A radar that asks for more is banned, and every market behind the same address with it."""
    weight = 0.0
    for one, pattern in ((BinanceUsdm(), "C{}USDT"), (BinanceCoinm(), "C{}USD_PERP")):
        found = [instrument for n in range(count) if (instrument := one.infer_instrument(pattern.format(n), 0))]
        polls = one.polls(found)
        a_second = sum(1 / poll.every_s for poll in polls)
        assert a_second <= one.limits.polls_per_s
        weight += 60 * a_second + 20 * one.limits.snapshots_per_min
        assert max(poll.every_s for poll in polls if "open_interest" in poll.name) == (
            OPEN_INTEREST_EVERY_S if count <= 40 else 125.0
        )
    assert weight <= 2400 * 2 / 3
