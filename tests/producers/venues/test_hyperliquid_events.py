import msgspec

from producers.venues.hyperliquid import Hyperliquid
from producers.venues.hyperliquid_events import context, snapshot, top, trade
from producers.venues.hyperliquid_wire import AssetContext, Book, Level, WsTrade
from schemas.instrument import Instrument
from schemas.market import DerivativeState, OpenInterest


def btc() -> Instrument:
    """The perpetual of BTC."""
    instrument = Hyperliquid().infer_instrument("BTC", 0)
    assert instrument is not None
    return instrument


def test_a_trade_is_by_its_aggressor_and_its_id_does_not_count() -> None:
    """`B` bought. An id read as a counter would have holes, and holes are read as hidden fills."""
    rows = [WsTrade(coin="BTC", side=side, px=60_000.0, sz=0.5, time=1, tid=9) for side in ("B", "A")]
    bought, sold = (trade(row, btc(), 5, 6) for row in rows)
    assert (bought.taker, sold.taker) == ("buy", "sell")
    assert (bought.trade_id, bought.notional_usd, bought.print) == ("9", 30_000.0, "market")


def test_a_book_is_all_there_is() -> None:
    """Twenty levels replace twenty levels: what stayed from before would be depth that is gone."""
    book = Book(coin="BTC", time=1, levels=((Level(px="1.0", sz="2"),), ()))
    event = snapshot(book, btc(), 5, 6)
    assert (event.keeps_far_levels, event.last_id) == (False, None)
    assert (bytes(event.bids), bytes(event.asks)) == (b'[["1.0","2"]]', b"[]")


def test_an_empty_side_is_none() -> None:
    """After a sweep there is no ask: that is not a price of zero."""
    event = top((Level(px="1.5", sz="2"), None), btc(), 5, 6)
    assert (event.bid, event.bid_qty, event.ask, event.ask_qty) == (1.5, 2.0, None, None)


def test_a_context_is_marks_and_open_interest_at_the_time_of_receipt() -> None:
    """It has no time of its own; a delisted coin has nulls."""
    state, interest = context(AssetContext(mark=10.0, oracle=11.0, funding=0.0001, open_interest=3.0), btc(), 6)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.funding_rate, state.ts_event_ns) == (10.0, 11.0, 0.0001, 6)
    assert isinstance(interest, OpenInterest)
    assert (interest.open_interest, interest.notional_usd) == (3.0, 30.0)
    (nothing,) = context(msgspec.convert({}, AssetContext), btc(), 6)
    assert isinstance(nothing, DerivativeState)
    assert nothing.mark is None
