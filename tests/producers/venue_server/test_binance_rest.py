"""What Binance answers to calls, and what a client makes of it."""

from __future__ import annotations

import orjson
import pytest

from producers.venue import Venue
from producers.venue_server.binance import Binance, Coinm, Spot, Usdm
from producers.venue_server.dialect import Answer, BookCall
from producers.venues.registry import venue
from schemas.base import Event
from schemas.market import AdlState, Insurance, OpenInterest

USDM = Usdm()
T0 = 1_790_000_000_000_000_000


PLAYED_NS = 1_790_000_000_000_000_000


def called(dialect: Binance, path: str) -> Answer:
    """The answer to a call with its query."""
    bare, _, query = path.lstrip("/").partition("?")
    answer = dialect.rest("GET", bare, dict(pair.split("=", 1) for pair in query.split("&") if pair), b"")
    assert isinstance(answer, Answer)
    return answer


def play(dialect: Binance) -> None:
    """A change of a book, at `PLAYED_NS`."""
    (market,) = dialect.made_up(["BTC"])
    (frame,) = dialect.write_delta(market, PLAYED_NS, bids=[(1.0, 1.0)], asks=[])
    dialect.follow(frame, dialect.topics(frame))


def polled(one: Venue, dialect: Binance, now_ns: int) -> list[Event]:
    """What a client reads from the answers to everything that it asks again and again."""
    dialect.list_markets(dialect.made_up(["BTC", "ETH"]))
    (request,) = one.instruments_requests()
    markets = one.parse_instruments(called(dialect, request.path).body, now_ns)
    one.register(markets)
    return [
        event
        for poll in one.polls(markets)
        for event in one.parse_poll(poll.name, called(dialect, poll.request.path).body, now_ns)
    ]


def test_open_interest_is_told_in_lots_as_it_was_written() -> None:
    """Contracts and coins look alike in an answer."""
    for dialect, price in ((Usdm(), 50_000.0), (Coinm(), 50_000.0)):
        one = venue(dialect.venue_id)
        for market in dialect.made_up(["BTC", "ETH"]):
            dialect.write_state(market, T0, mark=price, index=price, funding_rate=0.0001, open_interest=40.0)
        raw = b'{"data":{"e":"depthUpdate","E":%d,"s":"X","U":1,"u":1,"b":[],"a":[]}}' % (T0 // 1_000_000)
        dialect.follow(raw, ("x@depth",))
        held = [event for event in polled(one, dialect, T0) if isinstance(event, OpenInterest)]
        lots = [40.0, 40.0] if isinstance(dialect, Usdm) else [20_000.0, 200_000.0]
        assert [event.open_interest for event in held] == pytest.approx(lots)
        assert {event.ts_event_ns for event in held} == {T0}


def test_funds_and_ratings_are_told_of_usdm_markets_alone() -> None:
    """A client that asks for them elsewhere finds nothing there, as it would live."""
    dialect = Usdm()
    play(dialect)
    events = polled(venue("binance-usdm"), dialect, PLAYED_NS + 10**9)
    for kind in (Insurance, AdlState, OpenInterest):
        assert [event.instrument for event in events if type(event) is kind] == ["BTC-USDT-PERP", "ETH-USDT-PERP"]
    for path in ("dapi/v1/insuranceBalance", "dapi/v1/symbolAdlRisk", "dapi/v1/other"):
        assert called(Coinm(), path).status == 404
    assert called(Spot(), "api/v3/openInterest?symbol=BTCUSDT").status == 404


def test_a_symbol_that_is_not_listed_is_an_error_in_json_and_a_path_that_is_not_there_a_web_page() -> None:
    """Both happen, and a client must survive both."""
    for call in ("depth", "openInterest"):
        answer = called(USDM, f"fapi/v1/{call}?symbol=NOUSDT")
        assert (answer.status, orjson.loads(answer.body)["code"]) == (400, -1121)
    assert called(USDM, "fapi/v1/nowhere").body.startswith(b"<html>")
    dialect = Usdm()
    dialect.list_markets(dialect.made_up(["BTC"]))
    assert dialect.rest("GET", "fapi/v1/depth", {"symbol": "BTCUSDT"}, b"") == BookCall("BTCUSDT")


def test_only_diff_streams_have_a_book_to_fetch() -> None:
    """Partial books are whole and need no snapshot."""
    assert USDM.book_symbol("btcusdt@depth") == "BTCUSDT"
    assert USDM.book_symbol("btcusdt@depth20") is None
    assert USDM.book_symbol("btcusdt@trade") is None


def test_before_anything_is_played_it_is_no_time_yet() -> None:
    """A recording of last year would begin with an answer of today, and all that follows were late."""
    dialect = Usdm()
    dialect.list_markets(dialect.made_up(["BTC"]))
    for call in ("openInterest?symbol=BTCUSDT", "insuranceBalance", "symbolAdlRisk"):
        assert called(dialect, f"fapi/v1/{call}").later
    play(dialect)
    assert not called(dialect, "fapi/v1/openInterest?symbol=BTCUSDT").later
