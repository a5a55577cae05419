"""Aster's side of the conversation, where it differs from Binance's, and its wire as the venue's parser reads it."""

from __future__ import annotations

from typing import Literal

import orjson
import pytest

from producers.venue_server.aster import Aster
from producers.venue_server.dialect import Answer, BookCall
from producers.venue_server.faults import Faults
from producers.venue_server.listener import ViolationError
from producers.venues import aster
from schemas.market import BookDelta, DerivativeState, Liquidation, OpenInterest, Trade

T0_NS = 1_790_000_000_000_000_000


def talking() -> tuple[Aster, aster.Aster]:
    """A dialect with a market, and a venue that has read its list."""
    dialect, venue = Aster(), aster.Aster()
    dialect.list_markets(dialect.made_up(["BTC"]))
    answer = dialect.rest("GET", "fapi/v3/exchangeInfo", {}, b"")
    assert isinstance(answer, Answer)
    venue.register(venue.parse_instruments(answer.body, T0_NS))
    return dialect, venue


@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_a_trade_comes_back_as_it_was(taker: Literal["buy", "sell"]) -> None:
    """The flag on the wire is about the maker."""
    dialect, venue = talking()
    (raw,) = dialect.write_trade(dialect.markets["BTCUSDT"], T0_NS, price=60_000, qty=0.5, taker=taker)
    (trade,) = venue.parse(raw, T0_NS)
    assert isinstance(trade, Trade)
    assert (trade.venue, trade.taker, trade.notional_usd, trade.print) == ("aster", taker, 30_000, "market")


@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_a_liquidation_comes_back_as_it_was(liquidated: Literal["long", "short"]) -> None:
    """Written as an order, read as a position."""
    dialect, venue = talking()
    (raw,) = dialect.write_liquidation(dialect.markets["BTCUSDT"], T0_NS, price=60_000, qty=0.5, liquidated=liquidated)
    (row,) = venue.parse(raw, T0_NS)
    assert isinstance(row, Liquidation)
    assert (row.liquidated, row.qty_base, row.notional_usd, row.sampled) == (liquidated, 0.5, 30_000, True)


def test_books_chain_by_the_id_before() -> None:
    """Each change names the one before it."""
    dialect, venue = talking()
    market = dialect.markets["BTCUSDT"]
    frames = [dialect.write_delta(market, T0_NS, bids=[(1.0, 1.0)], asks=[])[0] for _ in range(2)]
    first, second = (venue.parse(raw, T0_NS)[0] for raw in frames)
    assert isinstance(first, BookDelta)
    assert isinstance(second, BookDelta)
    assert second.prev_id == first.last_id


def test_open_interest_is_told_by_rest_at_the_time_of_what_was_played() -> None:
    """The socket does not tell it."""
    dialect, venue = talking()
    market = dialect.markets["BTCUSDT"]
    (raw,) = dialect.write_state(market, T0_NS, mark=60_000, index=60_001, funding_rate=1e-4, open_interest=12.5)
    (change,) = dialect.write_delta(market, T0_NS, bids=[(59_999.0, 1.0)], asks=[])
    dialect.follow(change, dialect.topics(change))
    (state,) = venue.parse(raw, T0_NS)
    assert isinstance(state, DerivativeState)
    assert state.mark == 60_000
    (poll,) = venue.polls(list(venue._by_symbol.values()))
    path, _, query = poll.request.path.lstrip("/").partition("?")
    answer = dialect.rest("GET", path, dict([query.split("=")]), b"")
    assert isinstance(answer, Answer)
    (held,) = venue.parse_poll(poll.name, answer.body, T0_NS + 10**9)
    assert isinstance(held, OpenInterest)
    # The change was pushed a millisecond after it was matched.
    assert (held.open_interest, held.notional_usd, held.ts_event_ns) == (12.5, 750_000, T0_NS + 10**6)
    unknown = dialect.rest("GET", path, {"symbol": "NOUSDT"}, b"")
    assert isinstance(unknown, Answer)
    assert unknown.status == 400


def test_the_rest_of_the_calls_are_binances_under_another_version() -> None:
    """A client with the version before finds nothing."""
    dialect, _ = talking()
    assert dialect.rest("GET", "fapi/v3/depth", {"symbol": "BTCUSDT"}, b"") == BookCall("BTCUSDT")
    legacy = dialect.rest("GET", "fapi/v1/depth", {"symbol": "BTCUSDT"}, b"")
    assert isinstance(legacy, Answer)
    assert legacy.status == 404


def test_one_path_serves_all_streams_and_two_hundred_of_them() -> None:
    """Binance's routes do not exist here, and one stream too many loses all."""
    dialect, _ = talking()
    assert dialect.listener("public/stream", "") is None
    listener = dialect.listener("stream", "")
    assert listener is not None
    names = [f"c{n}usdt@forceOrder" for n in range(200)]
    said = orjson.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}).decode()
    assert dialect.hear(listener, said, Faults()) == [b'{"result":null,"id":1}']
    assert len(listener.topics) == 200
    with pytest.raises(ViolationError):
        dialect.hear(listener, '{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":2}', Faults())


def test_errors_have_no_wrapper_and_frames_no_sender() -> None:
    """As documented; and nothing that it writes could not be Binance's."""
    dialect, _ = talking()
    listener = dialect.listener("stream", "")
    assert listener is not None
    (answer,) = dialect.hear(listener, '{"method":"DANCE","id":1}', Faults())
    assert orjson.loads(answer)["code"] == 2
    (raw,) = dialect.write_trade(dialect.markets["BTCUSDT"], T0_NS, price=1, qty=1, taker="buy")
    assert dialect.recognise(raw) is None
