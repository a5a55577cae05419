"""The detector of one asset: what reaches which market, when its baselines rest, and that it asks nobody else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from detector.asset import LONGEST_PAUSE_S, AssetEngine, Second
from detector.conditions import Condition
from detector.config import Config
from detector.state import StateError
from detector.stats.rolling_median import LONGEST_FREEZE_S
from detector.verdict import CALM, CRITICAL, HIGH, WARN
from producers.ticker.ticker import Ticker
from schemas.alert import Alert, Stage
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick, VenuePulse
from schemas.codec import base_asset
from schemas.health import Channel, Gap
from schemas.instrument import Instrument
from schemas.market import BookSnapshot, Liquidation, Trade
from tests.kit.synthetic_crash import CALM_S, NS, T0, synthetic_crash

BTC = ("north", "BTC-USDT-PERP")
SPOT = ("south", "BTC-USD-SPOT")
MS = 1_000_000
START_S = T0 // NS


def where(second: float, market: tuple[str, str] = BTC) -> dict[str, Any]:
    """A place and a time, received 50 ms later."""
    ts_ns = T0 + round(second * NS)
    return {"venue": market[0], "instrument": market[1], "ts_event_ns": ts_ns, "ts_recv_ns": ts_ns + 50 * MS}


def definition(market: tuple[str, str] = BTC) -> Instrument:
    """A linear perpetual."""
    names: dict[str, Any] = {"symbol": market[1], "base": "BTC", "quote": market[1].split("-")[1]}
    return Instrument(**where(-1, market), **names, market="perp", contract="linear", contract_value=1.0)


def trade(second: float, price: float = 100.0, market: tuple[str, str] = BTC, **fields: Any) -> Trade:
    """A trade of one coin."""
    known: dict[str, Any] = {"qty": 1.0, "notional_usd": price, "taker": "buy"} | fields
    return Trade(**where(second, market), price=price, **known)


def book(second: float) -> BookSnapshot:
    """A book of two levels a side."""
    sides: dict[str, Any] = {
        "bids": msgspec.Raw(b'[["99.9","5"],["97","5"]]'),
        "asks": msgspec.Raw(b'[["100.1","5"],["103","5"]]'),
    }
    return BookSnapshot(**where(second), **sides)


def gap(second: float, channel: Channel, instrument: str = BTC[1]) -> Gap:
    """Missing data."""
    return Gap(**where(second, ("north", instrument)), channel=channel, since_ns=T0, reason="hole")


class Asset:
    """BTC on two venues, with a clock that tells of both."""

    def __init__(self) -> None:
        self.engine = AssetEngine("BTC", Config(), START_S)
        for market in (BTC, SPOT):
            self.engine.feed(definition(market))

    def second(
        self, now: int, *events: Event, alive: dict[str, float] | None = None, dollars: dict[str, float] | None = None
    ) -> Second | None:
        """The second that ends at `now`, with these events; a venue traded last so many seconds before its end."""
        for event in events:
            self.engine.feed(event)
        at_ns = T0 + now * NS + NS // 2
        pulses = tuple(
            VenuePulse(venue=venue, last_trade_ns=T0 + round((now - ago_s) * NS), longest_pause_ns=0)
            for venue, ago_s in sorted((alive or {"north": 0.0, "south": 0.0}).items())
        )
        tick = Tick(
            venue="*", instrument="*", ts_event_ns=at_ns, ts_recv_ns=at_ns, pulses=pulses, dollars=dollars or {}
        )
        self.engine.tick(tick)
        found = self.engine.close_second(START_S + now)
        self.engine.release()
        return found

    def market(self, market: tuple[str, str] = BTC) -> Any:
        """Its state."""
        return self.engine.memory.world.markets["|".join(market)]


def test_a_second_is_closed_once_and_never_again() -> None:
    """A tick that comes twice would count a second twice."""
    asset = Asset()
    found = asset.second(1, trade(0.1))
    assert found is not None
    assert [market.venue for market in found.reading.markets] == ["north"]
    assert found.reading.markets[0].buy_orders == 1
    assert asset.engine.close_second(START_S + 1) is None
    assert asset.engine.close_second(START_S) is None


def test_an_asset_of_which_no_market_has_spoken_says_nothing() -> None:
    """Hundreds of listed coins would fill the readings with nothing."""
    assert Asset().second(1) is None


def test_an_event_belongs_to_the_second_in_which_it_happened() -> None:
    """The orders of a second would depend on when its tick came."""
    asset = Asset()
    first = asset.second(1, trade(0.99), trade(1.01), trade(0.5))
    second = asset.second(2)
    assert first is not None
    assert second is not None
    assert [found.reading.markets[0].buy_orders for found in (first, second)] == [2, 1]


def test_a_market_that_nobody_defined_is_counted_and_ignored() -> None:
    """Its contract size would be guessed."""
    asset = Asset()
    asset.second(1, trade(0.1), trade(0.2, market=("east", "BTC-USDT-PERP")))
    assert asset.engine.memory.dropped == {"unknown_instrument": 1}
    assert list(asset.engine.memory.world.markets) == ["north|BTC-USDT-PERP"]


def test_a_copy_of_another_producer_counts_once() -> None:
    """A hot standby would double every liquidation."""
    asset = Asset()
    forced = Liquidation(
        **where(0.3),
        price=100.0,
        qty_base=1.0,
        notional_usd=100.0,
        liquidated="long",
        price_kind="fill",
        sampled=False,
        liquidation_id="7",
    )
    for producer in ("one", "two"):
        asset.engine.feed(trade(0.2, trade_id=1), producer)
        asset.engine.feed(forced, producer)
    asset.second(1)
    assert asset.market().forced.minute_usd(T0 + NS) == 100.0
    assert asset.market().trading.trades_10s.total == 1


@pytest.mark.parametrize("instrument", [BTC[1], EVERY_INSTRUMENT])
def test_a_gap_makes_the_book_unknown_on_its_venue_only(instrument: str) -> None:
    """Depth of a book with missing messages would be believed, or a healthy venue be blind."""
    asset = Asset()
    other = msgspec.structs.replace(book(0.1), venue=SPOT[0], instrument=SPOT[1])
    asset.second(1, book(0.1), other)
    asset.second(2, gap(1.1, "book", instrument))
    assert (asset.market().quotes.fault, asset.market(SPOT).quotes.fault) == ("gap", "")
    asset.second(3, book(2.1))
    assert asset.market().quotes.fault == ""


def test_a_hole_in_the_ids_over_a_gap_in_the_trades_is_no_fill() -> None:
    """A reconnect would be taken for deleveraging."""
    asset = Asset()
    asset.second(1, trade(0.1, trade_id=1), gap(0.2, "trade"), trade(0.3, trade_id=50), trade(0.4, trade_id=53))
    for now in range(2, 8):
        asset.second(now)
    assert asset.market().trading.ids.missing_60s.total == 2


def test_what_a_market_skips_while_its_whole_venue_is_silent_was_lost_on_the_way() -> None:
    """A reconnect that nobody noticed would be taken for deleveraging."""
    for ends_ns, missing in (((T0 + 2 * NS + NS // 10,), 0), ((), 8)):
        asset = Asset()
        asset.second(1, trade(0.1, trade_id=1))
        at_ns = T0 + 3 * NS + NS // 2
        pulse = VenuePulse(venue="north", last_trade_ns=T0 + 2 * NS + NS // 10, pause_ends_ns=ends_ns)
        asset.engine.feed(trade(2.1, trade_id=10))
        asset.engine.tick(Tick(venue="*", instrument="*", ts_event_ns=at_ns, ts_recv_ns=at_ns, pulses=(pulse,)))
        for now in range(2, 10):
            asset.engine.close_second(START_S + now)
        assert asset.market().trading.ids.missing_60s.total == missing


def test_while_its_venue_trades_elsewhere_a_quiet_asset_keeps_its_price() -> None:
    """A rare coin on a busy venue would have no price."""
    asset = Asset()
    asset.second(1, trade(0.5))
    for now in range(2, 200):
        asset.second(now)
    assert asset.market().trading.move_60s == 0.0


def test_a_venue_that_trades_nowhere_for_a_minute_is_not_seen() -> None:
    """What a price did in a hole of the data would be a move of a minute."""
    asset = Asset()
    for now in range(1, 100):
        asset.second(now, trade(now - 0.5))
    assert asset.market().trading.move_60s == 0.0
    for silent_s in range(1, LONGEST_PAUSE_S + 1):
        assert asset.market().trading.move_60s == 0.0
        asset.second(99 + silent_s, alive={"north": silent_s})
    assert asset.market().trading.move_60s is None


def test_a_clock_that_tells_less_takes_no_trade_back() -> None:
    """A second producer that has only just begun would make the venue look dead."""
    asset = Asset()
    asset.second(1, trade(0.5), alive={"north": 0.0})
    asset.second(2, alive={"north": 50.0})
    asset.second(3, alive={"south": 0.0})
    assert asset.engine.memory.world.last_trades["north"] == T0 + NS


def test_what_a_coin_is_worth_is_forgotten_with_the_clock() -> None:
    """One odd print of a stablecoin that nobody trades would bend every price in it for ever."""
    asset = Asset()
    asset.second(1, trade(0.5), dollars={"USDC": 0.9})
    assert asset.engine.memory.world.dollars("USDC") == 0.9
    asset.second(2)
    assert asset.engine.memory.world.dollars("USDC") == 0.9
    for now in range(3, 8):
        asset.second(now)
    assert asset.engine.memory.world.dollars("USDC") == 1.0


# --- baselines


def usual_rate(asset: Asset, first: int, last: int) -> int:
    """How many samples the usual rate took in these seconds."""
    samples: list[int] = []
    for now in range(first, last):
        asset.second(now, trade(now - 0.5))
        samples.append(len(asset.market().trading.usual_rate.recent))
    return samples[-1] - samples[0]


def hold(asset: Asset, stage: Stage, severity: int) -> None:
    """A condition of another rule of the stage, which nothing clears for a minute."""
    now_ns = asset.engine.memory.world.now_ns
    asset.market().trading.usual_move.value = 0.001  # what has no baseline yet is not frozen
    asset.engine.memory.conditions.tracked["made up"] = Condition(
        f"{stage}.made_up/1",
        stage,
        "north",
        "BTC",
        severity=severity,
        since_ns=now_ns,
        last_held_ns=now_ns,
        last_full_ns=now_ns,
    )


@pytest.mark.parametrize(
    ("stage", "severity", "learns"),
    [("S2", WARN, False), ("S4", HIGH, False), ("S6", CRITICAL, False), ("S3", HIGH, True), ("S5", WARN, True)],
)
def test_nothing_is_learnt_while_the_asset_is_in_a_shock(stage: Stage, severity: int, learns: bool) -> None:
    """A crash would be its own normal; but makers who leave for good make a new usual."""
    asset = Asset()
    assert usual_rate(asset, 1, 62) > 0
    hold(asset, stage, severity)
    asset.second(62, trade(61.5))
    assert (usual_rate(asset, 63, 200) > 0) is learns


def test_learning_goes_on_a_quarter_of_an_hour_after_the_shock() -> None:
    """A baseline of before the crash would be compared with the day after it."""
    asset = Asset()
    usual_rate(asset, 1, 62)
    hold(asset, "S2", WARN)
    asset.second(62)
    del asset.engine.memory.conditions.tracked["made up"]
    shocked_s = asset.engine.memory.shocked_ns // NS - START_S
    assert shocked_s == 62
    assert usual_rate(asset, 63, 62 + 900) == 0
    assert usual_rate(asset, 62 + 900, 62 + 1_000) > 0


def test_a_shock_that_lasts_for_hours_is_the_new_usual() -> None:
    """An asset in a louder week would be frozen for ever, and alarmed by every hour of it."""
    asset = Asset()
    usual_rate(asset, 1, 62)
    for now in range(62, 62 + LONGEST_FREEZE_S, 60):
        hold(asset, "S2", WARN)
        assert usual_rate(asset, now, now + 60) <= 1
    hold(asset, "S2", WARN)
    assert usual_rate(asset, 62 + LONGEST_FREEZE_S, 62 + LONGEST_FREEZE_S + 120) > 1


def test_what_has_no_baseline_yet_must_get_one_first() -> None:
    """A worker that starts within a cascade would never know what is usual."""
    asset = Asset()
    asset.second(1, trade(0.5))
    hold(asset, "S2", WARN)
    asset.market().trading.usual_move.value = None
    assert usual_rate(asset, 2, 200) > 0


def test_a_price_that_is_none_is_counted_and_moves_nothing() -> None:
    """One trade at zero would end every second that follows with a division by it."""
    asset = Asset()
    asset.second(1, trade(0.5))
    asset.second(2, trade(1.5, 0.0))
    asset.second(3, trade(2.5))
    assert asset.engine.memory.dropped == {"price_not_positive": 1}
    assert asset.market().trading.price == 100.0


def test_a_move_of_its_own_beyond_five_sigma_stops_the_learning_at_once() -> None:
    """The first minutes of a crash would be learnt until some condition is sure of it."""
    asset = Asset()
    for now in range(1, 800):
        asset.second(now, trade(now - 0.5))
    assert asset.engine.memory.shocked_ns == 0
    asset.second(800, trade(799.5, 99.5))
    assert asset.engine.memory.shocked_ns == 0  # half a percent
    asset.second(801, trade(800.5, 99.3))
    assert asset.engine.memory.shocked_ns == T0 + 801 * NS
    assert asset.engine.memory.conditions.active() == []


# --- alerts and state


def of_btc() -> list[Event]:
    """The part of the crash that concerns BTC, with the clock."""
    ticker = Ticker()
    events = ticker.take(synthetic_crash(1)) + ticker.finish()
    return [event for event in events if base_asset(event.instrument) in ("BTC", EVERY_INSTRUMENT)]


def played(engine: AssetEngine, events: list[Event]) -> list[Second]:
    """Every second of it."""
    found = []
    for event in events:
        if not isinstance(event, Tick):
            engine.feed(event)
            continue
        engine.tick(event)
        for now_s in range(engine.memory.world.now_s + 1, (event.ts_event_ns - NS // 2) // NS + 1):
            second = engine.close_second(now_s)
            if second is not None:
                found.append(second)
        engine.release()
    return found


def test_an_asset_tells_its_own_story_from_high_on() -> None:
    """A bot that trades one coin would hear nothing while the market falls with it, or every warning."""
    seconds = played(AssetEngine("BTC", Config(), START_S), of_btc())
    alerts = [second.alert for second in seconds if isinstance(second.alert, Alert)]
    assert {alert.scope for alert in alerts} == {"BTC"}
    assert alerts[0].status == "open"
    assert alerts[0].level in ("HIGH", "CRITICAL", "EMERGENCY")
    assert [alert.revision for alert in alerts] == list(range(1, len(alerts) + 1))
    assert all(condition.asset == "BTC" for alert in alerts for condition in alert.conditions)
    assert all(not line.startswith(("feed delay", "trade ids")) for alert in alerts for line in alert.coverage.blind)


def test_readings_carry_changes_and_what_could_be_seen() -> None:
    """The market-wide stage would not know what holds, nor what nobody can see."""
    seconds = played(AssetEngine("BTC", Config(), START_S), of_btc())
    changes = [change for second in seconds for change in second.reading.changes]
    assert {change.stage for change in changes} >= {"S2", "S3", "S4", "S6"}
    assert {change.asset for change in changes} == {"BTC"}
    last = seconds[-1].reading
    assert {"S3.depth/1", "S4.dislocation/1", "S6.print/1"} <= set(last.sighted)
    assert list(last.sighted) == sorted(last.sighted)
    assert max(second.reading.dislocation or 0.0 for second in seconds) > 0.03


@pytest.mark.parametrize("second", [3, CALM_S + 5, CALM_S + 56, CALM_S + 90])
def test_a_restored_asset_goes_on_exactly_where_it_was(second: int) -> None:
    """A restart would tell another story, or the same one under other ids."""
    events = of_btc()
    cut = next(n for n, event in enumerate(events) if event.ts_event_ns >= T0 + second * NS)
    whole, first = AssetEngine("BTC", Config(), START_S), AssetEngine("BTC", Config(), START_S)
    expected = played(whole, events)
    head = played(first, events[:cut])
    restored = AssetEngine.restored(first.snapshot())
    assert restored.snapshot() == first.snapshot()
    assert head + played(restored, events[cut:]) == expected
    assert restored.snapshot() == whole.snapshot()


def test_what_is_no_state_of_an_asset_is_refused() -> None:
    """A worker would continue from nonsense."""
    saved = AssetEngine("BTC", Config()).snapshot()
    for damaged in (b"", saved[:-3]):
        with pytest.raises(StateError):
            AssetEngine.restored(damaged)
    assert AssetEngine.restored(saved).memory.conditions.active() == []
    assert CALM == 0
