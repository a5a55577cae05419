"""OKX: answers and pushes, what is history, what stops a market, and half a minute of the real thing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import zstandard

from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal
from producers.venues.okx import Okx
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.market import AdlState, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

RECV_NS = 1_789_669_900_000_000_000
MS = RECV_NS // 10**6
LISTING: dict[str, Any] = {
    "code": "0",
    "msg": "",
    "data": [
        {"instId": symbol, "state": state, "ctType": kind, "ctVal": value, "ctMult": times, "ctValCcy": unit,
         "tickSz": "0.1"}
        for symbol, state, kind, value, times, unit in (
            ("BTC-USDT-SWAP", "live", "linear", "0.01", "1", "BTC"),
            ("BTC-USD-SWAP", "live", "inverse", "100", "1", "USD"),
            ("BTC-USD-261225", "live", "inverse", "10", "10", "USD"),
            ("ETH-USDT-SWAP", "preopen", "linear", "", "", ""),
            ("BTC-USDT", "live", "", "", "", ""),
            ("BTC-USD-241217-92000-C", "live", "", "1", "0.01", "BTC"),
        )
    ],
}  # fmt: skip


def ready() -> Okx:
    """The venue with what is live in the listing."""
    venue = Okx()
    venue.register(venue.parse_instruments(json.dumps(LISTING).encode(), RECV_NS))
    return venue


def push(venue: Okx, arg: dict[str, str], *rows: object, recv_ns: int = RECV_NS, **more: str) -> list[Event]:
    """The events of a push."""
    said = venue.parse(json.dumps({"arg": arg, **more, "data": rows}).encode(), recv_ns)
    return [one for one in said if isinstance(one, Event)]


def subscribed(venue: Okx, arg: dict[str, str], recv_ns: int = RECV_NS) -> None:
    """The answer to a subscription."""
    assert venue.parse(json.dumps({"event": "subscribe", "arg": arg}).encode(), recv_ns) == (Ack(),)


TRADES = {"channel": "trades", "instId": "BTC-USDT-SWAP"}
LIQUIDATIONS = {"channel": "liquidation-orders", "instType": "SWAP"}


def trade(number: int, ms: int = MS) -> dict[str, str]:
    """A row of trades."""
    return {"instId": "BTC-USDT-SWAP", "tradeId": str(number), "px": "60000", "sz": "2", "side": "buy", "ts": str(ms)}


def liquidated(symbol: str = "BTC-USDT-SWAP", ms: int = MS, kind: str = "SWAP") -> dict[str, Any]:
    """A row of liquidations."""
    row = {"bkLoss": "0", "bkPx": "60000", "ccy": "", "posSide": "net", "side": "sell", "sz": "3", "ts": str(ms)}
    return {"details": [row], "instFamily": "BTC-USDT", "instId": symbol, "instType": kind, "uly": "BTC-USDT"}


def test_the_listing_gives_live_markets_with_what_a_contract_is_worth() -> None:
    """A contract taken for a coin is wrong a hundredfold; options and what is not open yet are left out."""
    found = ready().parse_instruments(json.dumps(LISTING).encode(), RECV_NS)
    assert [(one.instrument, one.contract, one.contract_value) for one in found] == [
        ("BTC-USDT-PERP", "linear", 0.01),
        ("BTC-USD-PERP", "inverse", 100.0),
        ("BTC-USD-20261225", "inverse", 100.0),
        ("BTC-USDT-SPOT", "spot", 1.0),
    ]
    assert found[-1].tick_size == 0.1


def test_an_error_in_the_place_of_a_listing_is_no_empty_venue() -> None:
    """A rate limit would otherwise look like a venue without markets."""
    with pytest.raises(DecodeError, match="50011"):
        Okx().parse_instruments(b'{"code":"50011","msg":"Too Many Requests","data":[]}', RECV_NS)


def test_answers_and_notices_say_what_to_do() -> None:
    """One wrong topic must not cost the connection, and an announced upgrade must."""
    venue = ready()
    assert venue.parse(b"pong", RECV_NS) == (Pong(),)
    codes = {"60018": "ignore", "60012": "fatal", "60014": "resubscribe", "64004": "ignore"}
    for code, action in codes.items():
        (refusal,) = venue.parse(b'{"event":"error","code":"%s","msg":"words"}' % code.encode(), RECV_NS)
        assert refusal == Refusal(f"{code}: words", action)  # type: ignore[arg-type]
    (notice,) = venue.parse(b'{"event":"notice","code":"64008","msg":"upgrade","connId":"a4d3ae55"}', RECV_NS)
    assert notice == Refusal("64008: upgrade", "replace")
    assert venue.parse(b'{"event":"channel-conn-count","channel":"orders","connCount":"2"}', RECV_NS) == ()


def test_the_last_trade_after_a_subscription_is_history() -> None:
    """Each reconnect would otherwise count a trade of an hour ago, or one that was counted."""
    venue = ready()
    assert len(push(venue, TRADES, trade(7))) == 1
    subscribed(venue, TRADES)
    assert push(venue, TRADES, trade(7)) == []
    subscribed(venue, TRADES)
    assert push(venue, TRADES, trade(8, MS - 3000)) == []
    # Only the first push is suspected: late trades are the rule when it matters.
    assert len(push(venue, TRADES, trade(9, MS - 3000))) == 1


def test_a_trade_that_follows_the_subscription_counts() -> None:
    """A rule that drops the first push would lose it."""
    venue = ready()
    subscribed(venue, TRADES)
    (event,) = push(venue, TRADES, trade(7, MS - 1000))
    assert isinstance(event, Trade)
    assert (event.qty, event.notional_usd, event.trade_id) == (2.0, 1200.0, "7")


def test_backlog_of_liquidations_is_history() -> None:
    """A forced close of a minute ago, told on every reconnect, is not a new one."""
    venue = ready()
    subscribed(venue, LIQUIDATIONS)
    assert push(venue, LIQUIDATIONS, liquidated(ms=MS - 60_000)) == []
    (event,) = push(venue, LIQUIDATIONS, liquidated())
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.qty_base, event.notional_usd, event.sampled) == ("long", 0.03, 1800.0, True)
    # Two equal rows in the stream are two closes.
    assert len(push(venue, LIQUIDATIONS, liquidated())) == 1
    subscribed(venue, LIQUIDATIONS)
    assert push(venue, LIQUIDATIONS, liquidated()) == []


def test_liquidations_of_strangers_and_of_margin_loans_are_passed_over() -> None:
    """The channel is about every market; a margin row counts coins or dollars, not contracts."""
    venue = ready()
    assert push(venue, LIQUIDATIONS, liquidated("XRP-USDT-SWAP")) == []
    assert push(venue, LIQUIDATIONS, liquidated("BTC-USDT", kind="MARGIN")) == []


def test_an_index_is_told_to_every_derivative_of_its_pair() -> None:
    """Swap and future share an index; the spot pair of the same name has none."""
    events = push(ready(), {"channel": "index-tickers", "instId": "BTC-USD"}, {"idxPx": "64280", "ts": str(MS)})
    assert [(event.instrument, event.index) for event in events if isinstance(event, DerivativeState)] == [
        ("BTC-USD-PERP", 64280.0),
        ("BTC-USD-20261225", 64280.0),
    ]
    assert push(ready(), {"channel": "index-tickers", "instId": "BTC-USDT"}, {"idxPx": "1", "ts": str(MS)})[
        0
    ].instrument == ("BTC-USDT-PERP")


def test_an_empty_number_is_unknown_and_not_zero() -> None:
    """Markets before their opening have empty fields."""
    venue = ready()
    of_swap = {"instId": "BTC-USDT-SWAP"}
    assert push(venue, {"channel": "open-interest"} | of_swap, {"oi": "", "ts": str(MS)}) == []
    (mark,) = push(venue, {"channel": "mark-price"} | of_swap, {"markPx": "", "ts": str(MS)})
    (rate,) = push(venue, {"channel": "funding-rate"} | of_swap, {"fundingRate": "", "fundingTime": "", "ts": str(MS)})
    assert isinstance(mark, DerivativeState)
    assert isinstance(rate, DerivativeState)
    assert (mark.mark, rate.funding_rate, rate.next_funding_ns) == (None, None, None)
    (interest,) = push(venue, {"channel": "open-interest"} | of_swap, {"oi": "5", "oiCcy": "0.05", "ts": str(MS)})
    assert isinstance(interest, OpenInterest)
    assert (interest.open_interest, interest.notional_usd) == (5.0, None)


def test_a_suspended_market_is_halted_and_a_live_one_up() -> None:
    """Quiet because nothing may trade is not calm."""
    arg, venue = {"channel": "instruments", "instType": "SWAP"}, ready()
    for state, expected in (("suspend", "halted"), ("live", "up")):
        rows = ({"instId": "BTC-USDT-SWAP", "state": state}, {"instId": "XRP-USDT-SWAP", "state": state})
        (event,) = push(venue, arg, *rows)
        assert isinstance(event, VenueStatus)
        assert (event.instrument, event.state, event.reason) == ("BTC-USDT-PERP", expected, state)


def test_the_fund_is_told_in_dollars_or_not_at_all() -> None:
    """A balance in coins is no balance in dollars; the total is the venue's."""
    venue = ready()
    body = b'{"code":"0","data":[{"details":[{"balance":"7","ccy":"%s"}],"total":"1000"}]}'
    told = venue.parse_poll("insurance:SWAP:BTC-USDT", body % b"USDT", RECV_NS)
    assert [(one.instrument, one.balance_usd) for one in told if isinstance(one, Insurance)] == [
        ("*", 1000.0),
        ("BTC-USDT-PERP", 7.0),
    ]
    assert len(venue.parse_poll("insurance:SWAP:BTC-USD", body % b"BTC", RECV_NS)) == 1
    with pytest.raises(DecodeError):
        venue.parse_poll("insurance:SWAP:BTC-USDT", b'{"code":"51000","msg":"Parameter error","data":[]}', RECV_NS)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b'{"table":"spot/trade","data":[]}', "dead_protocol"),
        (b'{"arg":{"channel":"trades","instId":"XRP-USDT"},"data":[]}', "unknown_symbol"),
        (b'{"arg":{"channel":"trades","instId":"BTC-USDT"}}', "bad_shape"),
        (b'{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"ts":"1789669900000"}]}', "bad_shape"),
        (b'{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"markPx":"-1","ts":"1"}]}', "bad_number"),
        (b'{"arg":{"channel":"mark-price","instId":"BTC-USDT-SWAP"},"data":[{"markPx":"1","ts":"1"}]}', "bad_time"),
        (b"{", "bad_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(frame: bytes, reason: str) -> None:
    """The reason is what a counter shows: a changed protocol must not pass for silence."""
    with pytest.raises(DecodeError) as refused:
        ready().parse(frame, RECV_NS)
    assert refused.value.reason == reason


def test_channels_that_are_not_read_are_nothing() -> None:
    """Tickers and candles share the socket of whoever recorded them."""
    for channel in ("tickers", "candle1m", "bbo-tbt", "books5"):
        assert ready().parse(b'{"arg":{"channel":"%s","instId":"X-Y"},"data":[[1]]}' % channel.encode(), RECV_NS) == []


def test_a_recording_is_recognised_by_its_markets() -> None:
    """Bitget writes its topics alike, but its symbols without a dash; an index is no market."""
    symbol_of = Okx().symbol_of
    assert (
        symbol_of(b'{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[]}')
        == "BTC-USDT-SWAP"
    )
    assert symbol_of(json.dumps({"arg": LIQUIDATIONS, "data": [liquidated()]}).encode()) == "BTC-USDT-SWAP"
    assert symbol_of(b'{"arg":{"instType":"mc","channel":"books","instId":"BTCUSDT"},"data":[]}') is None
    assert symbol_of(b'{"arg":{"channel":"index-tickers","instId":"BTC-USDT"},"data":[]}') is None
    assert symbol_of(b'{"event":"subscribe","arg":{"channel":"trades","instId":"BTC-USDT"}}') is None
    assert symbol_of(b"pong") is None


def test_the_listings_of_2022_are_read_whole(shared_data: Path) -> None:
    """783 recorded pairs and contracts: every one has a name of its own and a known worth."""
    path = shared_data / "venue-frames" / "cryptofeed-sample" / "OKX.0.zst"
    lines = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).readall().decode().splitlines()
    found = []
    for kind in ("SPOT", "SWAP", "FUTURES", "OPTION&uly=BTC-USD"):
        line = next(line for line in lines if line.partition(" -> ")[0].endswith(f"instType={kind}"))
        found += Okx().parse_instruments(line.partition(": ")[2].encode(), RECV_NS)
    assert Counter((one.market, one.contract) for one in found) == {
        ("spot", "spot"): 513,
        ("perp", "linear"): 126,
        ("perp", "inverse"): 40,
        ("future", "linear"): 52,
        ("future", "inverse"): 52,
    }
    assert len({one.instrument for one in found}) == len(found)
    assert all(one.contract_value for one in found)
    assert all(one.tick_size for one in found)


def warned(state: str, *, family: str = "BTC-USDT", **more: str) -> dict[str, str]:
    """A row of ADL warnings."""
    return {"instType": "SWAP", "instFamily": family, "state": state, "bal": "-100", "ts": str(MS)} | more


WARNINGS = {"channel": "adl-warning", "instType": "SWAP"}


def test_a_warning_that_is_not_repeated_is_over_with_the_next_frame_of_any_kind() -> None:
    """OKX says nothing in the normal state: a market would be deleveraged for good."""
    venue = ready()
    (state,) = push(venue, WARNINGS, warned("adl"))
    assert isinstance(state, AdlState)
    assert (state.level, state.fund_usd) == ("active", -100.0)
    at_rest = [type(event) for event in push(venue, TRADES, trade(1), recv_ns=RECV_NS + 4_999_999_999)]
    assert at_rest == [Trade]
    later_ns = RECV_NS + 5 * 10**9
    _, calm = push(venue, TRADES, trade(2), recv_ns=later_ns)
    assert isinstance(calm, AdlState)
    assert (calm.instrument, calm.level, calm.ts_event_ns) == ("BTC-USDT-PERP", "normal", later_ns)
    assert [type(event) for event in push(venue, TRADES, trade(3), recv_ns=later_ns + 1)] == [Trade]


def test_what_changed_while_nobody_listened_is_found_by_asking() -> None:
    """The channel tells changes alone: a `live` that was missed would leave the market halted."""
    venue = ready()
    push(venue, {"channel": "instruments", "instType": "SWAP"}, {"instId": "BTC-USDT-SWAP", "state": "suspend"})
    answer = json.dumps(LISTING).encode()
    (event,) = venue.parse_poll("states:SWAP", answer, RECV_NS)
    assert isinstance(event, VenueStatus)
    assert (event.instrument, event.state) == ("BTC-USDT-PERP", "up")
    assert venue.parse_poll("states:SWAP", answer, RECV_NS) == []


def test_one_strange_market_does_not_hide_the_others() -> None:
    """New markets are listed before their numbers are known."""
    plain = LISTING["data"][0]
    for strange in ({"tickSz": None}, {"ctType": None}, {"ctVal": "soon"}):
        rows = [plain | {"instId": "NEW-USDT-SWAP"} | strange, plain]
        found = Okx().parse_instruments(json.dumps({"code": "0", "data": rows}).encode(), RECV_NS)
        assert [one.symbol for one in found] == ["BTC-USDT-SWAP"]
    with pytest.raises(DecodeError):
        Okx().parse_instruments(json.dumps({"code": "0", "data": [plain | {"tickSz": None}]}).encode(), RECV_NS)


@pytest.mark.parametrize("price", ["", "0", "-1"])
@pytest.mark.parametrize("symbol", ["BTC-USDT-SWAP", "XRP-USDT-SWAP"])
def test_one_liquidation_without_a_price_costs_no_other(symbol: str, price: str) -> None:
    """In a cascade a frame tells of many markets, whoever asked for them."""
    strange = liquidated(symbol)
    strange["details"][0] |= {"bkPx": price}
    (event,) = push(ready(), LIQUIDATIONS, strange, liquidated())
    assert isinstance(event, Liquidation)
    assert event.notional_usd == 1800.0
