import json
from collections.abc import Callable
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venues.binance_usdm import BinanceUsdm
from schemas.market import AdlState, Insurance, Liquidation


def test_books_and_liquidations_are_asked_for_where_they_are_served() -> None:
    """On the wrong route a subscription is acknowledged and stays silent for ever."""
    one = BinanceUsdm()
    instrument = one.infer_instrument("币安人生USDT", 0)
    assert instrument is not None
    public, market = one.sockets([instrument])
    assert (public.path, market.path) == ("/public/stream", "/market/stream")
    assert json.loads(public.subscribe[0])["params"] == [
        "币安人生usdt@depth@100ms",
        "币安人生usdt@bookTicker",
        "币安人生usdt@trade",
    ]
    assert json.loads(market.subscribe[0])["params"] == [
        "币安人生usdt@forceOrder",
        "币安人生usdt@markPrice@1s",
        "!contractInfo",
    ]
    assert one.book_request(instrument).path == (
        "/fapi/v1/depth?symbol=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&limit=1000"
    )


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("BTCUSDT", "BTC-USDT-PERP"),
        ("ETHUSDC", "ETH-USDC-PERP"),
        ("ETHBTC", "ETH-BTC-PERP"),
        ("1000SHIBUSDT", "1000SHIB-USDT-PERP"),
        ("BTCUSDT_260925", "BTC-USDT-20260925"),
        ("币安人生USDT", "币安人生-USDT-PERP"),
    ],
)
def test_a_symbol_names_its_market(symbol: str, name: str) -> None:
    """Recordings without a market list must still be readable."""
    instrument = BinanceUsdm().infer_instrument(symbol, 0)
    assert instrument is not None
    assert instrument.instrument == name
    assert (instrument.contract, instrument.contract_value) == ("linear", 1.0)


@pytest.mark.parametrize("symbol", ["", "USDT", "BTCUSD_PERP", "BTC", "XYZ_260925"])
def test_a_symbol_that_names_no_market_is_none(symbol: str) -> None:
    """A guessed market has a guessed notional."""
    assert BinanceUsdm().infer_instrument(symbol, 0) is None


def test_the_market_list_gives_perpetuals_and_dated_contracts_that_trade() -> None:
    """What is not trading looks like a dead feed."""
    row = {
        "symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "contractType": "PERPETUAL", "status": "TRADING",
        "filters": [{"filterType": "PRICE_FILTER", "tickSize": "0.10"}],
    }  # fmt: skip
    rows = [
        row,
        {**row, "symbol": "BTCUSDT_260925", "contractType": "CURRENT_QUARTER"},
        {**row, "symbol": "TSLAUSDT", "baseAsset": "TSLA", "contractType": "TRADIFI_PERPETUAL"},
        {**row, "symbol": "LUNAUSDT", "status": "SETTLING"},
        {**row, "symbol": "ODDUSDT", "contractType": ""},
    ]
    found = BinanceUsdm().parse_instruments(json.dumps({"symbols": rows}).encode(), 5)
    assert [one.instrument for one in found] == ["BTC-USDT-PERP", "BTC-USDT-20260925", "TSLA-USDT-PERP"]
    assert found[0].tick_size == 0.1


def test_a_fund_is_told_of_each_market_behind_which_it_stands() -> None:
    """Funds are shared: that of one market says nothing about another's. Coins are worth what nobody says here."""
    one = BinanceUsdm()
    one.register([found for symbol in ("BTCUSDT", "OMUSDT") if (found := one.infer_instrument(symbol, 0))])
    body = json.dumps(
        [
            {"symbols": ["BNBUSDT", "BTCUSDT"], "assets": [
                {"asset": "USDC", "marginBalance": "300.5"}, {"asset": "USDT", "marginBalance": "-0.5"},
                {"asset": "BTC", "marginBalance": "61.7"},
            ]},
            {"symbols": ["OMUSDT"], "assets": [{"asset": "BTC", "marginBalance": "1"}]},
        ]
    ).encode()  # fmt: skip
    (event,) = one.parse_poll("funds", body, 7)
    assert isinstance(event, Insurance)
    assert (event.instrument, event.balance_usd, event.taken_over_usd) == ("BTC-USDT-PERP", 300.0, None)
    assert event.ts_event_ns == 7
    with pytest.raises(DecodeError, match="bad_json"):
        one.parse_poll("funds", b"<html>", 7)


@pytest.mark.parametrize(("risk", "level"), [("low", "normal"), ("medium", "normal"), ("high", "elevated")])
def test_a_rating_warns_and_never_says_that_deleveraging_comes_next(risk: str, level: str) -> None:
    """It is half an hour old, and thin markets have the worst one for days."""
    one = BinanceUsdm()
    one.register([found for symbol in ("BTCUSDT",) if (found := one.infer_instrument(symbol, 0))])
    row = '{"symbol":"%s","adlRisk":"%s","updateTime":1597370495002}'
    body = f"[{row % ('BTCUSDT', risk)},{row % ('ETHUSDT', 'high')},{row % ('BTCUSDT', 'new')}]"
    (event,) = one.parse_poll("adl_risk", body.encode(), 7)
    assert isinstance(event, AdlState)
    assert (event.instrument, event.level, event.deleveraging) == ("BTC-USDT-PERP", level, None)


def test_liquidation_frames_of_2026_have_the_measured_side(
    sample_messages: Callable[[str], list[dict[str, Any]]],
) -> None:
    """Captured frames whose meaning was measured against the book: the one test of the side that is not our reading."""
    checked = 0
    for row in sample_messages("live-frames-2026/liquidation_frames.jsonl"):
        if row["venue"] != "binance-usdm":
            continue
        raw = row["raw"].encode()
        one = BinanceUsdm()
        symbol = one.symbol_of(raw)
        assert symbol is not None
        instrument = one.infer_instrument(symbol, 0)
        assert instrument is not None
        one.register([instrument])
        events = list(one.parse(raw, 1_791_391_083_200_000_000))
        if "liquidated_position" not in row:
            assert events == []
            continue
        order = json.loads(raw)
        order = order.get("data", order)["o"]
        (event,) = events
        assert isinstance(event, Liquidation)
        assert event.liquidated == row["liquidated_position"]
        assert event.price == float(order["ap"])
        assert event.qty_base == float(order["z"])
        assert event.notional_usd == pytest.approx(float(order["ap"]) * float(order["z"]))
        checked += 1
    assert checked == 2
