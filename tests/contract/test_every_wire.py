"""Each venue's wire, written by the server's dialect and read by the venue's parser, which share no code."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import orjson
import pytest

from producers.continuity import BookSyncs
from producers.recording import rest_answer
from producers.venue import Control, Venue
from producers.venue_server.dialect import Dialect
from producers.venue_server.dialects import dialects
from producers.venue_server.faults import Faults
from producers.venue_server.markets import Market
from producers.venue_server.synthetic import synthetic
from producers.venue_server.timeline import Frame
from producers.venues.registry import VENUES
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, Trade
from tests.kit.listing import listed

T0 = 1_790_000_000_000_000_000
PRICE = 100.0
Side = Literal["buy", "sell"]
Position = Literal["long", "short"]


class Wire:
    """A venue, its dialect, and the markets that the one has read from the other's list."""

    def __init__(self, venue_id: str, *coins: str) -> None:
        self.venue: Venue = VENUES[venue_id]()
        self.dialect: Dialect = dialects()[venue_id]
        self.markets: Sequence[Market] = self.dialect.made_up(coins)
        instruments = listed(self.venue, self.dialect, coins, T0)
        self.by_symbol: Mapping[str, Instrument] = {one.symbol: one for one in instruments}
        self.venue.register(instruments)

    def read(self, frames: Sequence[bytes], recv_ns: int = T0 + 10**9) -> list[Event]:
        """The events in these frames."""
        said: list[Event | Control] = [one for raw in frames for one in self.venue.parse(raw, recv_ns)]
        return [one for one in said if isinstance(one, Event)]

    def replay(self, frames: Sequence[Frame]) -> list[Event]:
        """What the venue's books let through of a run."""
        books = BookSyncs(venue=self.venue.id, sequencing=self.venue.sequencing)
        out: list[Event] = []
        for recv_ns, _, raw in frames:
            answer = rest_answer(raw)
            if answer is not None:
                if answer.rest == "book":
                    instrument = self.by_symbol[answer.symbol]
                    out += books.feed([self.venue.parse_snapshot(bytes(answer.body), instrument, recv_ns)])
                continue
            out += books.feed(event for event in self.venue.parse(raw, recv_ns) if isinstance(event, Event))
        return out

    def run(self, seconds: float = 20.0) -> list[Frame]:
        """Frames of made-up markets."""
        coins = [market.base for market in self.markets]
        return list(
            synthetic({self.venue.id: self.dialect}, coins=list(dict.fromkeys(coins)), seconds=seconds, start_ns=T0)
        )


@pytest.fixture(params=VENUES)
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each venue's wire."""
    return Wire(request.param, "BTC", "ETH")


def test_the_list_of_markets_is_read_as_it_is(wire: Wire) -> None:
    """A contract value that is read wrongly is wrong in every notional."""
    assert wire.by_symbol.keys() == {market.symbol for market in wire.markets}
    for market in wire.markets:
        instrument = wire.by_symbol[market.symbol]
        assert (instrument.base, instrument.market, instrument.contract) == (market.base, market.kind, market.contract)
        assert instrument.contract_value == pytest.approx(market.contract_value)


@pytest.mark.parametrize("taker", ["buy", "sell"])
def test_a_trade_has_its_side_and_is_worth_its_dollars(wire: Wire, taker: Side) -> None:
    """Contracts, coins and dollars look alike on the wire."""
    for market in wire.markets:
        frames = wire.dialect.write_trade(market, T0, price=PRICE, qty=2.0, taker=taker)
        trades = [event for event in wire.read(frames) if isinstance(event, Trade)]
        assert len(trades) == bool(frames)
        for trade in trades:
            assert (trade.taker, trade.price, trade.print) == (taker, PRICE, "market")
            assert trade.notional_usd == pytest.approx(2.0 * PRICE)


@pytest.mark.parametrize("liquidated", ["long", "short"])
def test_a_liquidation_has_its_side_and_is_worth_its_dollars(wire: Wire, liquidated: Position) -> None:
    """Some venues write the side of the position, others that of the order."""
    if wire.venue.completeness["liquidations"].kind == "none":
        pytest.skip("this venue tells of no liquidation")
    seen = 0
    for market in wire.markets:
        frames = wire.dialect.write_liquidation(market, T0, price=PRICE, qty=2.0, liquidated=liquidated)
        for row in (event for event in wire.read(frames) if isinstance(event, Liquidation)):
            seen += 1
            assert row.liquidated == liquidated
            assert row.qty_base == pytest.approx(2.0)
            assert row.notional_usd == pytest.approx(2.0 * PRICE)
            assert row.sampled == (wire.venue.completeness["liquidations"].at(T0).kind != "all")
    assert seen


def test_marks_and_open_interest_are_read_as_written(wire: Wire) -> None:
    """The mark is what everything forced is measured against."""
    for market in wire.markets:
        frames = wire.dialect.write_state(
            market, T0, mark=PRICE, index=PRICE + 1, funding_rate=0.0002, open_interest=1000.0
        )
        events = wire.read(frames)
        states = [event for event in events if isinstance(event, DerivativeState)]
        # Where positions are valued at the oracle's price, that is mark and index in one.
        told = {price for state in states for price in (state.mark, state.index)} - {None}
        assert told <= {PRICE, PRICE + 1}
        assert all(state.funding_rate in (None, pytest.approx(0.0002)) for state in states)
        if wire.venue.completeness["mark"].kind not in ("none", "poll") and market.kind != "spot":
            assert any(state.mark in (PRICE, PRICE + 1) for state in states)
        for held in (event for event in events if isinstance(event, OpenInterest)):
            instrument = wire.by_symbol[market.symbol]
            assert instrument.base_qty(held.open_interest, PRICE) == pytest.approx(1000.0)
            assert held.notional_usd in (None, pytest.approx(1000.0 * PRICE))


def test_books_chain_without_a_false_gap_and_never_cross(wire: Wire) -> None:
    """A false gap blanks a good book; a crossed one has no depth."""
    out = wire.replay(wire.run())
    assert not [event for event in out if isinstance(event, Gap)]
    if wire.venue.completeness["book"].kind == "none":
        return
    for instrument in wire.by_symbol.values():
        bids: dict[float, float] = {}
        asks: dict[float, float] = {}
        seen = 0
        for event in out:
            if event.instrument != instrument.instrument or not isinstance(event, BookSnapshot | BookDelta):
                continue
            seen += 1
            if isinstance(event, BookSnapshot) and not event.keeps_far_levels:
                bids, asks = {}, {}
            for side, raw in ((bids, event.bids), (asks, event.asks)):
                side.update((float(level[0]), float(level[1])) for level in orjson.loads(bytes(raw)))
            assert max(price for price, qty in bids.items() if qty) < min(price for price, qty in asks.items() if qty)
        assert seen > 100


def test_a_lost_book_message_is_one_gap_where_the_venue_counts(wire: Wire) -> None:
    """The wrong depth after a loss is worse than none."""
    rule = wire.venue.sequencing
    frames = wire.run()
    symbol = wire.markets[0].symbol
    deltas = [
        place
        for place, (recv_ns, _, raw) in enumerate(frames)
        if rest_answer(raw) is None
        and any(
            isinstance(event, BookDelta) and event.instrument == wire.by_symbol[symbol].instrument and event.last_id
            for event in wire.venue.parse(raw, recv_ns)
        )
    ]
    if rule is None or not deltas:
        pytest.skip("its books are whole each time, or carry no number: a loss cannot show")
    fresh = Wire(wire.venue.id, "BTC", "ETH")
    out = fresh.replay([frame for place, frame in enumerate(frames) if place != deltas[len(deltas) // 2]])
    books = [
        event
        for event in out
        if isinstance(event, Gap | BookDelta | BookSnapshot) and event.instrument == wire.by_symbol[symbol].instrument
    ]
    kinds = [type(event) for event in books]
    assert Counter(kinds)[Gap] == 1
    # Nothing is built upon the hole: until a whole book comes, which nobody asks for here.
    assert kinds[-1] is Gap


def test_whoever_joins_late_gets_a_whole_book(wire: Wire) -> None:
    """After every reconnect the server has to send what the venue would."""
    rule = wire.venue.sequencing
    if rule is None or rule.snapshots == "rest":
        pytest.skip("its books are whole each time, or fetched")
    frames = wire.run(5.0)
    for _, _, raw in frames:
        if rest_answer(raw) is None and (topics := wire.dialect.topics(raw)):
            wire.dialect.follow(raw, topics)
    late = Wire(wire.venue.id, "BTC", "ETH")
    sockets = late.venue.sockets(list(late.by_symbol.values()))
    opened: list[Event] = []
    for socket in sockets:
        path, _, query = socket.path.partition("?")
        streams = dict(pair.split("=", 1) for pair in query.split("&") if pair).get("streams", "")
        listener = wire.dialect.listener(path, streams)
        assert listener is not None, socket.path
        for said in socket.subscribe:
            wire.dialect.hear(listener, said, Faults())
        opened += late.read([raw for topic in sorted(listener.topics) for raw in wire.dialect.opening(topic, listener)])
    books = {event.instrument for event in opened if isinstance(event, BookSnapshot)}
    assert books == {instrument.instrument for instrument in late.by_symbol.values()}


def test_every_number_is_finite(wire: Wire) -> None:
    """One NaN ends every sum that it enters."""
    for event in wire.replay(wire.run(3.0)):
        for name in event.__struct_fields__:
            value = getattr(event, name)
            assert not isinstance(value, float) or math.isfinite(value)
