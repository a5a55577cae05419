"""Bybit's derivatives: names, sockets, and the numbers that other venues write otherwise."""

from __future__ import annotations

import json

import pytest

from producers.errors import DecodeError
from producers.venue import Resubscribe
from producers.venues.bybit import Bybit
from schemas.instrument import Instrument
from schemas.market import AdlState, DerivativeState, Insurance, Liquidation, OpenInterest

T_MS = 1_760_130_964_831
RECV_NS = (T_MS + 1000) * 1_000_000


def ready(*symbols: str) -> Bybit:
    """A venue that knows these markets."""
    one = Bybit()
    one.register([found for symbol in symbols if (found := one.infer_instrument(symbol, 0))])
    return one


def frame(topic: str, data: object, **more: object) -> bytes:
    """A frame of a topic."""
    return json.dumps({"topic": topic, "type": "delta", "ts": T_MS, "data": data} | more).encode()


def many(count: int) -> list[Instrument]:
    """So many linear and a fifth as many inverse markets, with names as long as they come."""
    one = Bybit()
    names = [f"1000000BABYDOGE{n:03}USDT" for n in range(count)] + [f"C{n}USD" for n in range(count // 5)]
    return [found for name in names if (found := one.infer_instrument(name, 0))]


@pytest.mark.parametrize(
    ("symbol", "name", "contract"),
    [
        ("BTCUSDT", "BTC-USDT-PERP", "linear"),
        ("1000PEPEUSDT", "1000PEPE-USDT-PERP", "linear"),
        ("BTCPERP", "BTC-USDC-PERP", "linear"),
        ("BTCUSD", "BTC-USD-PERP", "inverse"),
        ("BTCUSDT-26DEC25", "BTC-USDT-20251226", "linear"),
        ("BTC-26DEC25", "BTC-USDC-20251226", "linear"),
        ("BTCUSDZ25", "BTC-USD-20251226", "inverse"),
    ],
)
def test_a_symbol_names_its_market(symbol: str, name: str, contract: str) -> None:
    """Four ways of naming a contract must not end as one market, or as none."""
    found = Bybit().infer_instrument(symbol, 5)
    assert found is not None
    assert (found.instrument, found.contract, found.contract_value) == (name, contract, 1.0)


@pytest.mark.parametrize("symbol", ["", "USDT", "BTC", "BTC-26DEC25-100000-C", "BTC-26DEC25-100000-C-USDT", "ETHBTC"])
def test_a_symbol_that_names_no_market_is_none(symbol: str) -> None:
    """A guessed market has a guessed notional; options are not followed."""
    assert Bybit().infer_instrument(symbol, 0) is None


def test_the_market_list_gives_what_trades_under_distinct_names() -> None:
    """USDC contracts were listed as quoted in USD, which is what the inverse ones are."""
    row = {"status": "Trading", "baseCoin": "BTC", "priceFilter": {"tickSize": "0.10"}, "deliveryTime": "0"}
    rows = [
        row | {"symbol": "BTCUSDT", "contractType": "LinearPerpetual", "quoteCoin": "USDT", "settleCoin": "USDT"},
        row | {"symbol": "BTCPERP", "contractType": "LinearPerpetual", "quoteCoin": "USD", "settleCoin": "USDC"},
        row | {"symbol": "BTCUSD", "contractType": "InversePerpetual", "quoteCoin": "USD", "settleCoin": "BTC"},
        row | {"symbol": "BTCUSDZ25", "contractType": "InverseFutures", "quoteCoin": "USD", "settleCoin": "BTC",
               "deliveryTime": "1766736000000"},
        row | {"symbol": "OLDUSDT", "contractType": "LinearPerpetual", "quoteCoin": "USDT", "status": "Closed"},
        row | {"symbol": "BTC-26DEC25-1-C", "optionsType": "Call", "quoteCoin": "USDC"},
        {"symbol": 5},
    ]  # fmt: skip
    found = Bybit().parse_instruments(json.dumps({"retCode": 0, "result": {"list": rows}}).encode(), 5)
    assert [one.instrument for one in found] == ["BTC-USDT-PERP", "BTC-USDC-PERP", "BTC-USD-PERP", "BTC-USD-20251226"]
    assert found[0].tick_size == 0.1


def test_linear_and_inverse_markets_have_their_own_paths_and_the_platform_has_one() -> None:
    """On the other path a topic is refused."""
    sockets = {socket.name: socket for socket in ready().sockets(many(5))}
    assert {name: socket.path for name, socket in sockets.items()} == {
        "linear-0": "/v5/public/linear",
        "inverse-0": "/v5/public/inverse",
        "status": "/v5/public/misc/status",
    }
    assert [json.loads(said)["args"] for said in sockets["inverse-0"].subscribe] == [
        ["orderbook.1000.C0USD", "publicTrade.C0USD", "tickers.C0USD"],
        ["allLiquidation.C0USD"],
        ["priceLimit.C0USD"],
        ["adlAlert.inverse"],
        ["insurance.inverse"],
    ]
    assert json.loads(sockets["linear-0"].subscribe[-1])["args"] == ["insurance.USDC"]
    assert (sockets["linear-0"].ping, sockets["linear-0"].expect_acks) == ('{"op":"ping"}', 5 + 5 + 1 + 4)


def test_five_hundred_markets_stay_below_the_limit_of_a_connection() -> None:
    """Above 21,000 characters of topics the connection is refused."""
    sockets = Bybit().sockets(many(500))
    topics = [[topic for said in socket.subscribe for topic in json.loads(said)["args"]] for socket in sockets]
    assert max(sum(len(topic) + 3 for topic in some) for some in topics) <= 21_000
    assert len({topic for some in topics for topic in some}) == sum(map(len, topics)) == 600 * 5 + 6 + 1


def test_a_book_is_had_again_by_subscribing_again() -> None:
    """There is no other way to a book whose ids go on from it."""
    (instrument,) = many(1)
    request = Bybit().book_request(instrument)
    assert isinstance(request, Resubscribe)
    assert [json.loads(said) for said in request.frames] == [
        {"op": said, "args": [f"orderbook.1000.{instrument.symbol}"]} for said in ("unsubscribe", "subscribe")
    ]


@pytest.mark.parametrize(("side", "liquidated"), [("Buy", "long"), ("Sell", "short")])
def test_a_liquidations_side_is_that_of_the_position(side: str, liquidated: str) -> None:
    """All others write the side of the order: read like theirs, every cascade here would be upside down."""
    one = ready("BTCUSDT")
    rows = [{"T": T_MS, "s": "BTCUSDT", "S": side, "v": "0.5", "p": "60000"}] * 2
    found = list(one.parse(frame("allLiquidation.BTCUSDT", rows), RECV_NS))
    assert len(found) == 2
    for event in found:
        assert isinstance(event, Liquidation)
        assert (event.liquidated, event.price_kind, event.sampled) == (liquidated, "bankruptcy", False)


def test_the_topic_of_old_is_a_sample_even_where_the_new_one_exists() -> None:
    """Both were served for nine months, and the old one went on to tell one a second."""
    data = {"updatedTime": T_MS, "symbol": "BTCUSDT", "side": "Buy", "size": "0.5", "price": "60000"}
    (event,) = ready("BTCUSDT").parse(frame("liquidation.BTCUSDT", data), RECV_NS)
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.sampled) == ("long", True)


def test_what_a_ticker_leaves_out_is_left_out() -> None:
    """Overwritten with nothing, the mark and the funding would vanish ten times a second."""
    one = ready("BTCUSDT")
    (state,) = one.parse(frame("tickers.BTCUSDT", {"symbol": "BTCUSDT", "fundingRate": "0"}), RECV_NS)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.funding_rate) == (None, 0.0)
    assert list(one.parse(frame("tickers.BTCUSDT", {"symbol": "BTCUSDT"}), RECV_NS)) == []


def test_open_interest_counts_each_contract_once() -> None:
    """The older field counts longs and shorts, twice of what the other venues tell."""
    one = ready("BTCUSDT")
    old = {"markPrice": "60000", "openInterest": "2000"}
    found = [event for event in one.parse(frame("tickers.BTCUSDT", old), RECV_NS) if isinstance(event, OpenInterest)]
    both = {"openInterest": "2000", "singleOpenInterest": "1000", "singleOpenInterestValue": "60000000"}
    found += [event for event in one.parse(frame("tickers.BTCUSDT", both), RECV_NS) if isinstance(event, OpenInterest)]
    assert [(event.open_interest, event.notional_usd) for event in found] == [(1000.0, 60e6)] * 2


def test_markets_that_nobody_follows_are_passed_over_in_what_is_told_of_all() -> None:
    """One frame tells of eight hundred markets, whoever asked for one."""
    pool = {"c": "USDT", "s": "BTCUSDT", "b": 5.0, "mb": "", "i_pr": -0.3, "pr": -0.1, "adl_tt": 1, "adl_sr": -0.25}
    one = ready("BTCUSDT")
    (state,) = one.parse(frame("adlAlert.USDT", [pool | {"s": "ETHUSDT"}, pool]), RECV_NS)
    assert isinstance(state, AdlState)
    assert (state.instrument, state.fund_usd, state.drawdown) == ("BTC-USDT-PERP", 5.0, 0.1)
    fund = {"coin": "USDT", "symbols": "BTCUSDT", "balance": "7", "updateTime": str(T_MS)}
    rows = [fund | {"symbols": "ETHUSDT"}, fund | {"coin": "BTC"}, fund]
    (balance,) = one.parse(frame("insurance.USDT", rows), RECV_NS)
    assert isinstance(balance, Insurance)
    assert balance.balance_usd == 7.0


def test_a_market_topic_of_a_stranger_is_refused_and_an_option_passed_over() -> None:
    """A frame that nobody can size must not become an event."""
    with pytest.raises(DecodeError) as refused:
        ready().parse(frame("tickers.BTCUSDT", {}), RECV_NS)
    assert refused.value.reason == "unknown_symbol"
    assert list(ready().parse(frame("tickers.BTC-6JAN23-17500-C", {}), RECV_NS)) == []


@pytest.mark.parametrize(
    ("raw", "symbol"),
    [
        (frame("orderbook.50.BTCUSDT", {}), "BTCUSDT"),
        (frame("orderbook.1.BTCUSDT", {}), None),
        (b'{"topic":"orderbook.50.BTCUSDT","ts":1,"type":"delta","data":{}}', None),
        (frame("publicTrade.BTCUSDT", [{"T": 1, "S": "Buy", "v": "1", "p": "1", "i": "20f43950-d8dd"}]), "BTCUSDT"),
        (frame("publicTrade.BTCUSDT", [{"T": 1, "S": "Buy", "v": "1", "p": "1", "i": "229"}]), None),
        (frame("tickers.BTCUSDT", {"markPrice": "1"}), "BTCUSDT"),
        (frame("tickers.BTCUSDT", {"lastPrice": "1"}), None),
        (frame("tickers.BTC-6JAN23-17500-C", {"markPrice": "1"}), None),
        (frame("allLiquidation.ICPUSDT", []), "ICPUSDT"),
        (frame("liquidation.BTCUSDT", {"updatedTime": 1}), "BTCUSDT"),
        (frame("liquidation.BTCUSD", {"qty": 1}), None),
        (frame("priceLimit.BTCUSDT", {}), None),
        (b"pong", None),
    ],
)
def test_a_recording_is_recognised_where_spot_could_not_have_written_it(raw: bytes, symbol: str | None) -> None:
    """The pairs have the same names; a wrong guess would put a perpetual's books under spot."""
    assert Bybit().symbol_of(raw) == symbol


def test_open_interest_alone_has_dollars_by_the_last_mark() -> None:
    """Most changes of a ticker hold one number: its dollars would be unknown ten times a second."""
    one = ready("BTCUSDT", "ETHUSDT")
    one.parse(frame("tickers.BTCUSDT", {"markPrice": "60000"}), RECV_NS)
    (held,) = one.parse(frame("tickers.BTCUSDT", {"singleOpenInterest": "10"}), RECV_NS)
    (stranger,) = one.parse(frame("tickers.ETHUSDT", {"singleOpenInterest": "10"}), RECV_NS)
    assert isinstance(held, OpenInterest)
    assert isinstance(stranger, OpenInterest)
    assert (held.notional_usd, stranger.notional_usd) == (600_000.0, None)
