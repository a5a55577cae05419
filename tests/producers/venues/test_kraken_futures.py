import json
from collections import Counter
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Refusal, Resubscribe
from producers.venues.kraken_futures import KrakenFutures
from schemas.health import VenueStatus
from schemas.market import Adl, BookDelta, DerivativeState, Liquidation, Trade

AT_MS = 1_790_422_737_272
RECV_NS = (AT_MS + 1_000) * 1_000_000
NAMES = {
    "PF_XBTUSD": "BTC-USD-PERP",
    "PI_XBTUSD": "BTC-USD_INVERSE-PERP",
    "FI_ETHUSD_211231": "ETH-USD_INVERSE-20211231",
    "FF_XBTUSD_261225": "BTC-USD-20261225",
    "PF_USDTUSD": "USDT-USD-PERP",
}


def kraken() -> KrakenFutures:
    """The venue with one market of each sort."""
    venue = KrakenFutures()
    venue.register([market for symbol in NAMES if (market := venue.infer_instrument(symbol, RECV_NS))])
    return venue


def frame(feed: str, symbol: str = "PF_XBTUSD", **said: Any) -> bytes:
    """A market frame."""
    return json.dumps({"feed": feed, "product_id": symbol, "time": AT_MS} | said).encode()


def trade(kind: str, *, uid: str = "u1", side: str = "sell", symbol: str = "PF_XBTUSD") -> bytes:
    """A trade of half a bitcoin."""
    return frame("trade", symbol, uid=uid, side=side, type=kind, seq=7, qty=0.5, price=60_000.0)


def execution(uid: str, kind: str, *, side: str = "Sell", at_ms: int = AT_MS) -> dict[str, Any]:
    """An element of the public history."""
    fill = {
        "uid": uid,
        "makerOrder": {"direction": "Buy", "orderType": "Post"},
        "takerOrder": {"direction": side, "orderType": kind},
        "timestamp": at_ms,
        "quantity": "0.5",
        "price": "60000",
    }
    return {"uid": f"e{uid}", "timestamp": at_ms, "event": {"Execution": {"execution": fill}}}


def executions(*elements: dict[str, Any]) -> bytes:
    """The history's answer, newest first."""
    return json.dumps({"elements": elements, "len": len(elements)}).encode()


@pytest.mark.parametrize(("symbol", "name"), NAMES.items())
def test_a_symbol_names_its_market(symbol: str, name: str) -> None:
    """Two contracts are listed on one pair: under one name their books would be mixed."""
    market = KrakenFutures().infer_instrument(symbol, RECV_NS)
    assert market is not None
    assert market.instrument == name
    assert market.contract == ("inverse" if "INVERSE" in name else "linear")


@pytest.mark.parametrize("symbol", ["in_xbtusd", "PV_XRPXBT", "PF_XBTUSD_261225", "FI_XBTUSD", "OPT_X", "BTC-USD", ""])
def test_a_symbol_of_another_kind_names_none(symbol: str) -> None:
    """Quanto contracts and indices have no dollars to count."""
    assert KrakenFutures().infer_instrument(symbol, RECV_NS) is None


def test_the_list_of_2021_wrote_its_symbols_small() -> None:
    """Frames always wrote them large: a market under its small name would be silent."""
    listed = [
        {"symbol": "pi_xbtusd", "type": "futures_inverse", "tickSize": 0.5, "contractSize": 1, "tradeable": True},
        {"symbol": "pf_xbtusd", "type": "flexible_futures", "tickSize": 1, "contractSize": 1, "tradeable": False},
        {"symbol": "in_xbtusd", "type": "spot index", "tradeable": False},
    ]
    body = json.dumps({"result": "success", "instruments": listed}).encode()
    (market,) = KrakenFutures().parse_instruments(body, RECV_NS)
    assert (market.symbol, market.base, market.tick_size, market.contract_value) == ("PI_XBTUSD", "BTC", 0.5, 1.0)


def test_one_odd_row_costs_no_other() -> None:
    """The list is of all that was ever listed; an execution may name what was never captured."""
    good = {"symbol": "PF_XBTUSD", "tradeable": True}
    odd = [{"symbol": "PF_YUSD", "tradeable": False, "contractSize": None, "tickSize": -1}, {"tradeable": True}]
    body = json.dumps({"instruments": [*odd, good]}).encode()
    assert [market.symbol for market in KrakenFutures().parse_instruments(body, RECV_NS)] == ["PF_XBTUSD"]
    with pytest.raises(DecodeError, match="bad_number"):
        KrakenFutures().parse_instruments(json.dumps({"instruments": odd[:1]}).encode(), RECV_NS)
    broken = execution("u4", "Unwind")
    broken["event"]["Execution"]["execution"]["price"] = "-1"
    answer = executions(broken, execution("u5", "Unwind", at_ms=0), execution("u6", "Unwind"))
    told = kraken().parse_poll("executions:PF_XBTUSD", answer, RECV_NS)
    assert [event.adl_id for event in told if isinstance(event, Adl)] == ["u6"]


def test_five_hundred_markets_keep_to_the_venues_limits() -> None:
    """A hundred connections, and few messages on each."""
    venue = KrakenFutures()
    markets = [market for n in range(500) if (market := venue.infer_instrument(f"PF_C{n}USD", RECV_NS))]
    sockets = venue.sockets(markets)
    assert len(sockets) == 5
    assert max(len(socket.subscribe) for socket in sockets) == 6
    # One answer for each product and feed.
    assert {socket.expect_acks for socket in sockets} == {300}
    said = Counter(
        (message["feed"], product)
        for socket in sockets
        for message in map(json.loads, socket.subscribe)
        for product in message["product_ids"]
    )
    assert len(said) == 1_500
    assert set(said.values()) == {1}
    polls = venue.polls(markets)
    assert len(polls) / polls[0].every_s <= venue.limits.polls_per_s
    assert venue.polls(markets[:1])[0].every_s == 60.0


def test_off_book_fills_move_no_price_and_are_told_once() -> None:
    """Feed and history both show an unwound position."""
    venue = kraken()
    told = venue.parse(trade("termination"), RECV_NS)
    assert [type(event) for event in told] == [Trade, Adl]
    assert venue.parse_poll("executions:PF_XBTUSD", executions(execution("u1", "Unwind")), RECV_NS) == []
    fresh = venue.parse_poll("executions:PF_XBTUSD", executions(execution("u2", "Unwind", side="Buy")), RECV_NS)
    assert [event.deleveraged for event in fresh if isinstance(event, Adl)] == ["long"]
    for kind in ("block", "assignment", "rfq", "something new"):
        (event,) = venue.parse(trade(kind, uid=kind), RECV_NS)
        assert isinstance(event, Trade)
        assert event.print == "other"


def test_a_poll_tells_what_happened_since_the_last_and_no_history() -> None:
    """The answer reaches back for years."""
    venue = kraken()
    old = execution("u0", "Unwind", at_ms=AT_MS - 600_000)
    body = executions(execution("u3", "Assignment"), execution("u2", "Limit"), old)
    told = venue.parse_poll("executions:PF_XBTUSD", body, RECV_NS)
    assert [event.trade_id for event in told if isinstance(event, Trade)] == ["u3"]
    assert venue.parse_poll("executions:PF_XBTUSD", body, RECV_NS) == []
    unknown = executions(execution("u9", "Unwind", side="Unknown"))
    assert venue.parse_poll("executions:PF_XBTUSD", unknown, RECV_NS) == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"elements":[{"event":{"Execution":{"execution":{}}}}]}'])
def test_a_broken_answer_is_a_decode_error(body: bytes) -> None:
    """Anything else would end the session."""
    with pytest.raises(DecodeError):
        kraken().parse_poll("executions:PF_XBTUSD", body, RECV_NS)


def test_a_poll_of_a_market_that_nobody_follows_is_refused() -> None:
    """Its quantities would have no unit."""
    with pytest.raises(DecodeError, match="unknown_symbol"):
        kraken().parse_poll("executions:PF_ZZZUSD", executions(), RECV_NS)


def test_old_trades_after_a_subscription_are_no_flow() -> None:
    """A hundred of them come after every reconnect, liquidations among them."""
    assert kraken().parse(frame("trade_snapshot", trades=[json.loads(trade("liquidation"))]), RECV_NS) == ()


def test_a_halt_is_told_when_it_begins_and_when_it_ends() -> None:
    """The ticker repeats it every second."""
    venue = kraken()
    states = []
    for suspended, post_only in ((False, False), (True, False), (True, False), (False, True), (False, False)):
        told = venue.parse(frame("ticker", markPrice=1.0, suspended=suspended, post_only=post_only), RECV_NS)
        states.append([(event.state, event.reason) for event in told if isinstance(event, VenueStatus)])
    assert states == [[], [("halted", "suspended")], [], [], [("up", "")]]


def test_funding_is_the_relative_rate_of_an_hour() -> None:
    """The absolute one is money for each contract: here 60,000 times the rate."""
    said: dict[str, Any] = {"funding_rate": 0.6, "relative_funding_rate": 1e-5, "next_funding_rate_time": AT_MS + 1}
    (state,) = kraken().parse(frame("ticker", markPrice=60_000.0, index=0.0, **said), RECV_NS)
    assert isinstance(state, DerivativeState)
    assert (state.funding_rate, state.mark, state.index) == (1e-5, 60_000.0, None)
    assert state.next_funding_ns == (AT_MS + 1) * 1_000_000


def test_a_book_that_broke_is_asked_for_by_a_new_subscription() -> None:
    """REST books have no number that the feed would follow."""
    venue = kraken()
    (market,) = (market for market in [venue.infer_instrument("PI_XBTUSD", RECV_NS)] if market)
    request = venue.book_request(market)
    assert isinstance(request, Resubscribe)
    assert [json.loads(said)["event"] for said in request.frames] == ["unsubscribe", "subscribe"]
    assert all(json.loads(said)["product_ids"] == ["PI_XBTUSD"] for said in request.frames)
    with pytest.raises(DecodeError):
        venue.parse_snapshot(b"{}", market, RECV_NS)


def test_prices_of_tiny_coins_come_with_exponents() -> None:
    """Kraken writes its numbers as doubles."""
    venue = KrakenFutures()
    venue.register([market for market in [venue.infer_instrument("PF_PEPEUSD", RECV_NS)] if market])
    raw = b'{"feed":"book","product_id":"PF_PEPEUSD","side":"buy","seq":1,"price":4.5E-6,"qty":1E+6,"timestamp":%d}'
    (delta,) = venue.parse(raw % AT_MS, RECV_NS)
    assert isinstance(delta, BookDelta)
    assert [[float(part) for part in level] for level in json.loads(bytes(delta.bids))] == [[4.5e-6, 1e6]]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'[320,{"b":[["39071.4","7.26","1622714256.06"]],"c":"2040672112"},"book-25","XBT/USD"]', "bad_shape"),
        (frame("trade", uid="u", side="both", type="fill", qty=1, price=1), "bad_shape"),
        (frame("trade", uid="u", side="buy", type="fill", qty=-1, price=1), "bad_number"),
        (trade("fill").replace(str(AT_MS).encode(), b"1790422737"), "bad_time"),
        (trade("fill", symbol="PF_ZZZUSD"), "unknown_symbol"),
        (b"{", "bad_json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    """The counters by reason are how a change of the wire is noticed."""
    with pytest.raises(DecodeError) as caught:
        kraken().parse(raw, RECV_NS)
    assert caught.value.reason == reason


def test_the_answers_to_subscriptions_are_told_apart() -> None:
    """One bad product must not end the others, and a feed that is gone will not come back."""
    venue = kraken()
    assert venue.parse(b'{"event":"subscribed","feed":"book","product_ids":["PF_XBTUSD"]}', RECV_NS) == (Ack(),)
    both = b'{"event":"subscribed","feed":"book","product_ids":["PF_XBTUSD","PI_XBTUSD"]}'
    assert venue.parse(both, RECV_NS) == (Ack(), Ack())
    (refused,) = venue.parse(b'{"event":"error","message":"Invalid product id"}', RECV_NS)
    assert refused == Refusal("Invalid product id", "ignore")
    (refused,) = venue.parse(b'{"event":"error","message":"Invalid feed"}', RECV_NS)
    assert refused == Refusal("Invalid feed", "fatal")
    assert venue.parse(b'{"event":"alert","message":"Already subscribed to feed"}', RECV_NS) == ()


def test_recordings_are_recognised_by_their_products() -> None:
    """Other venues write other names for the same things."""
    venue = KrakenFutures()
    assert venue.symbol_of(trade("fill")) == "PF_XBTUSD"
    assert venue.symbol_of(b'{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD"}]}') is None


def test_a_liquidation_is_a_fill_of_the_liquidated_taker() -> None:
    """Read the other way round, every long squeeze would be a short one."""
    told = kraken().parse(trade("liquidation", side="buy"), RECV_NS)
    assert [type(event) for event in told] == [Trade, Liquidation]
    assert [event.liquidated for event in told if isinstance(event, Liquidation)] == ["short"]
