"""The engine: what reaches which market, when seconds close, and that nothing in the input ends it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.engine import Engine
from detector.market import Market
from detector.quotes import BID, cell
from detector.shard import LONGEST_SILENCE_S
from schemas.alert import Alert, Transition
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.health import Channel, Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    Trade,
)
from schemas.reading import Reading
from tests.kit.synthetic_crash import CALM_S, NS, T0, synthetic_crash

BTC = ("north", "BTC-USDT-PERP")
BTC_ONLY = ("north", "BTC")
MS = 1_000_000


def where(second: float, market: tuple[str, str] = BTC) -> dict[str, Any]:
    """A place and a time, received 50 ms later."""
    ts_ns = T0 + int(second * NS)
    return {"venue": market[0], "instrument": market[1], "ts_event_ns": ts_ns, "ts_recv_ns": ts_ns + 50 * MS}


def definition(market: tuple[str, str] = BTC, contract_value: float | None = 1.0) -> Instrument:
    """A linear perpetual."""
    base = market[1].split("-")[0]
    names: dict[str, Any] = {"symbol": f"{base}USDT", "base": base, "quote": "USDT"}
    return Instrument(**where(-1, market), **names, market="perp", contract="linear", contract_value=contract_value)


def trade(second: float, price: float = 100.0, market: tuple[str, str] = BTC, **fields: Any) -> Trade:
    """A trade of one coin."""
    known: dict[str, Any] = {"qty": 1.0, "notional_usd": price, "taker": "buy"} | fields
    return Trade(**where(second, market), price=price, **known)


def book(second: float, keeps_far_levels: bool = False) -> BookSnapshot:
    """A book of two levels a side."""
    sides: dict[str, Any] = {
        "bids": msgspec.Raw(b'[["99.9","5"],["97","5"]]'),
        "asks": msgspec.Raw(b'[["100.1","5"],["103","5"]]'),
    }
    return BookSnapshot(**where(second), **sides, keeps_far_levels=keeps_far_levels)


def gap(second: float, channel: Channel, instrument: str = BTC[1]) -> Gap:
    """Missing data."""
    return Gap(**where(second, ("north", instrument)), channel=channel, since_ns=T0, reason="hole")


def fed(*events: Event, until: float | None = None) -> Engine:
    """An engine after these events, with everything released."""
    engine = Engine()
    engine.feed([definition(), *events])
    engine.finish() if until is None else engine.tick(T0 + int((until + 0.5) * NS))
    return engine


def btc(engine: Engine) -> Market:
    """The state of the one market."""
    return next(market for market in engine.markets() if (market.venue, market.asset) == BTC_ONLY)


def test_a_trade_moves_the_price_of_its_market() -> None:
    """The most basic path from an event to a feature."""
    engine = fed(trade(0.1), trade(0.6, 101.0), until=3)
    trading = btc(engine).trading
    assert trading.price == 101.0
    assert engine.now_ns // NS == T0 // NS + 3


def test_the_newest_event_counts_when_the_input_ends() -> None:
    """The last trade of every recording would be lost."""
    engine = fed(trade(0.1), trade(0.6, 101.0))
    assert btc(engine).trading.price == 101.0
    assert engine.events == 2


@pytest.mark.parametrize("kind", ["adl", "insurance_fund", "other"])
def test_a_print_off_the_book_never_moves_a_price(kind: Any) -> None:
    """A takeover 2 % away from the market would be a crash of its own."""
    trades = [trade(second, trade_id=second) for second in range(100)]
    off = trade(80.5, 98.0, print=kind, trade_id=81)
    with_print = [*trades[:81], off, *(trade(second, trade_id=second + 1) for second in range(81, 100))]
    plain, disturbed = fed(*trades), fed(*with_print)
    before, after = (btc(e) for e in (plain, disturbed))
    assert after.trading.prices.cells == pytest.approx(before.trading.prices.cells, nan_ok=True)
    assert (after.trading.price, after.trading.move_60s) == (100.0, 0.0)
    assert after.trading.rate == before.trading.rate
    assert after.trading.ids.missing_60s.total == 0


def test_events_of_unknown_markets_are_counted_and_ignored() -> None:
    """A venue that lists a new market in the night would stop the detector."""
    engine = fed(
        trade(0.1), trade(0.2, market=("north", "NEW-USDT-PERP")), trade(0.3, market=("east", "BTC-USDT-PERP"))
    )
    assert engine.dropped() == {"unknown_instrument": 2}
    assert [(market.venue, market.asset) for market in engine.markets()] == [BTC_ONLY]


def test_every_kind_of_event_is_taken() -> None:
    """A kind without a handler would be an exception in production."""
    empty: dict[str, Any] = {"bids": msgspec.Raw(b"[]"), "asks": msgspec.Raw(b'[["100.2","1"]]')}
    forced: dict[str, Any] = {"price": 100.0, "qty_base": 1.0, "notional_usd": 100.0}
    engine = fed(
        book(0.1),
        BookDelta(**where(0.2), **empty),
        BookTop(**where(0.2), bid=99.9, bid_qty=1.0, ask=None, ask_qty=None),
        Liquidation(**where(0.3), **forced, liquidated="long", price_kind="fill", sampled=True),
        Adl(**where(0.3), **forced, deleveraged="short"),
        Insurance(**where(0.3), balance_usd=1e9),
        DerivativeState(**where(0.3), mark=100.0, index=100.1, funding_rate=1e-4),
        OpenInterest(**where(0.3), open_interest=7.0, notional_usd=None),
        VenueStatus(**where(0.3, ("north", EVERY_INSTRUMENT)), state="up", session="public-0"),
        gap(0.4, "trade"),
        until=1,
    )
    market = btc(engine)
    assert market.quotes.book is not None
    assert market.quotes.book.levels(1) == 3
    assert market.quotes.top_bid == 99.9
    assert market.forced.minute_usd(engine.now_ns) == 100.0
    assert market.forced.adl_count == 1
    assert (market.forced.mark, market.forced.index, market.forced.open_interest) == (100.0, 100.1, 7.0)
    assert engine.dropped() == {}


def test_a_book_is_unknown_from_a_gap_to_the_next_snapshot() -> None:
    """Depth of a book with missing messages would be believed."""
    events = [book(0.1), trade(0.2), gap(1.1, "book"), trade(2.1), book(3.1), trade(4.1)]
    faults = [btc(fed(*events[: n + 1], until=n)).quotes.fault for n in (2, 3, 5)]
    assert faults == ["gap", "gap", ""]


def test_a_lost_connection_concerns_every_market_of_the_venue() -> None:
    """Other markets of a dead socket would look calm."""
    engine = Engine()
    engine.feed([definition(), definition(("north", "ETH-USDT-PERP")), book(0.1), trade(0.2)])
    engine.feed([trade(0.3, market=("north", "ETH-USDT-PERP")), gap(1.0, "all", EVERY_INSTRUMENT), trade(3.0)])
    assert all(market.quotes.in_gap for market in engine.markets())
    engine.feed([gap(3.0, "all", "NEVER-SEEN-PERP"), trade(5.0)])


def test_a_hole_over_a_gap_in_the_trades_is_no_fill() -> None:
    """A reconnect would be taken for deleveraging."""
    numbered = [trade(second, trade_id=second) for second in range(20)]
    after = [trade(second, trade_id=second + 50) for second in range(21, 40)]
    clean = fed(*numbered, gap(20.5, "trade"), *after)
    assert btc(clean).trading.ids.missing_60s.total == 0


def test_a_book_message_with_impossible_numbers_is_counted_and_leaves_a_gap() -> None:
    """One damaged message would end the stream, or the levels that it should have removed would be believed."""
    bad: dict[str, Any] = {"bids": msgspec.Raw(b'[["NaN","1"]]'), "asks": msgspec.Raw(b'[["100.2","-1"]]')}
    events = [book(0.1), BookDelta(**where(0.2), **bad), BookSnapshot(**where(0.3), **bad), trade(1.1), book(2.1)]
    broken, mended = (btc(fed(*events[:count], until=count)) for count in (4, 5))
    quotes = broken.quotes
    assert (quotes.refused, quotes.fault) == (2, "gap")
    quotes = mended.quotes
    assert quotes.fault == ""
    assert quotes.depth_usd[cell(BID, 1)] == pytest.approx(499.5)


def test_an_unknown_contract_value_makes_no_book_and_no_dollars() -> None:
    """Contracts would be counted as coins."""
    engine = Engine()
    engine.feed([definition(contract_value=None), trade(0.1, notional_usd=None), book(0.2)])
    engine.tick(T0 + 3 * NS)
    market = btc(engine)
    assert market.quotes.book is None
    assert not market.trading.notional_known


def test_silence_is_seen_when_time_passes() -> None:
    """Without events nothing would ever clear, and a dead feed would look like a calm one."""
    engine = fed(trade(0.1), until=70)
    assert engine.now_ns // NS == T0 // NS + 70
    assert engine.tick(T0 + 10 * NS) == []
    assert engine.now_ns // NS == T0 // NS + 70


def test_ticks_before_the_first_event_do_nothing() -> None:
    """A quiet start would begin in 1970."""
    engine = Engine()
    assert engine.tick(0) == engine.finish() == []
    assert engine.now_ns == 0


def test_a_long_jump_in_time_is_cut_short() -> None:
    """A recording with a day missing would take minutes over nothing."""
    engine = fed(trade(0.1), trade(1.1), until=2)
    closed = engine.market.memory.conditions.seconds.copy()
    engine.feed([trade(86_400.1 + n / 10) for n in range(10)])
    seconds = max(engine.market.memory.conditions.seconds.values()) - max(closed.values())
    assert LONGEST_SILENCE_S <= seconds <= LONGEST_SILENCE_S + 2
    assert engine.now_ns // NS == T0 // NS + 86_400


def test_one_wrong_stamp_neither_stops_nor_moves_anything() -> None:
    """A trade of tomorrow would make a day of events late."""
    trades = [trade(second, 100.0 + second) for second in range(10)]
    wrong = trade(86_400.0, 7.0)
    engine = fed(*trades[:5], wrong, *trades[5:])
    assert btc(engine).trading.price == 109.0
    assert (engine.ticker.stray, engine.late) == (1, 0)
    ended = fed(*trades, wrong)
    assert (ended.ticker.stray, ended.now_ns // NS) == (1, T0 // NS + 9)


def test_every_closed_second_is_shown_before_what_follows_from_it() -> None:
    """Pictures would lack the second of the alert, or have it twice."""
    shown: list[Reading] = []
    engine = Engine(seen=shown.append)
    engine.feed([definition(), trade(0.2), trade(3.7), trade(3.8, price=101.0)])
    engine.tick(T0 + 6 * NS)
    seconds = [reading.ts_ns // NS - T0 // NS for reading in shown]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
    assert seconds[-1] >= 4
    assert [asset.markets[0].price for asset in shown[-1].assets] == [101.0]
    assert Engine().feed([definition(), trade(0.2), trade(3.7)]) == []


@pytest.fixture(scope="module")
def crash() -> list[Transition | Alert]:
    """What the synthetic crash gives, with the half hour after it."""
    return Engine().feed(synthetic_crash(1, crash_s=1_500))


def test_everything_clears_and_resolves_in_time(crash: list[Transition | Alert]) -> None:
    """An alert would stay open for ever."""
    places: dict[tuple[str, str, str], bool] = {}
    for output in crash:
        if isinstance(output, Transition):
            places[output.rule, output.venue, output.asset] = output.active
    assert len(places) > 20
    assert not any(places.values())
    market = [output for output in crash if isinstance(output, Alert) and output.scope == "market"]
    assert (market[0].status, market[-1].status) == ("open", "resolved")
    assert [alert.revision for alert in market] == list(range(1, len(market) + 1))
    assert {alert.episode_id for alert in market} == {market[0].episode_id}


def test_the_levels_come_in_their_order_and_name_their_keys(crash: list[Transition | Alert]) -> None:
    """The one sentence that people read would be wrong."""
    alerts = [output for output in crash if isinstance(output, Alert) and output.scope == "market"]
    told = list(dict.fromkeys(alert.level for alert in alerts if alert.status in ("open", "escalated")))
    assert told == ["WATCH", "WARN", "CRITICAL", "EMERGENCY"]
    assert all(bool(alert.second_key) == (alert.level in ("CRITICAL", "EMERGENCY")) for alert in alerts[: len(told)])
    assert all(alert.direction == "down" and alert.coverage.live >= 6 for alert in alerts[: len(told)])


def test_baselines_do_not_learn_the_crash() -> None:
    """After a quarter of an hour a crash would be its own normal, and clear itself."""
    engine = Engine()
    engine.feed(synthetic_crash(1, crash_s=25))
    market = btc(engine)
    before = list(market.trading.usual_rate.recent)
    engine.feed(event for event in synthetic_crash(1) if event.ts_recv_ns >= T0 + (CALM_S + 25) * NS)
    assert market.trading.usual_rate.recent == before
