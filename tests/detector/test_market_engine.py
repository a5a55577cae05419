"""The market-wide stage: each second judged once, whatever order its parts come in, and where the market stands."""

from __future__ import annotations

import pytest

from detector.asset import AssetMemory
from detector.market_engine import MarketEngine, MarketMemory
from detector.shard import Output, Shard
from detector.state import StateError, decode_tree, encode_tree
from producers.ticker.ticker import Ticker
from schemas.alert import Alert, Transition
from schemas.clock import VenuePulse
from schemas.reading import AssetReading, MarketReading, Reading
from schemas.state import MarketState
from tests.kit.synthetic_crash import CALM_S, NS, T0, synthetic_crash

START_S = T0 // NS


@pytest.fixture(scope="module")
def readings() -> list[Reading]:
    """The synthetic crash, and the half hour after it."""
    ticker = Ticker()
    events = ticker.take(synthetic_crash(1, crash_s=1_500)) + ticker.finish()
    return [closed.reading for closed in Shard().feed(events)]


def told(stage: MarketEngine, readings: list[Reading]) -> list[Output]:
    """What it says to these seconds."""
    return [output for reading in readings for output in stage.observe((reading,))]


def states(readings: list[Reading]) -> list[MarketState]:
    """Where the market stands at each second."""
    stage, found = MarketEngine(), []
    for reading in readings:
        stage.observe((reading,))
        assert stage.memory.state is not None
        found.append(stage.memory.state)
    return found


def quiet(second: int, *assets: AssetReading, partition: int = 0, pulses: tuple[VenuePulse, ...] = ()) -> Reading:
    """A second in which hardly anything happens."""
    return Reading(ts_ns=(START_S + second) * NS, partition=partition, assets=assets, pulses=pulses)


def change(second: int, *, active: bool = True, asset: str = "SOL") -> Transition:
    """Liquidations of an asset begin, or are over."""
    return Transition(
        stage="S2",
        rule="S2.liquidations/1",
        venue="north",
        asset=asset,
        active=active,
        severity="HIGH" if active else "CLEAR",
        direction="down",
        ts_ns=(START_S + second) * NS,
        since_ns=START_S * NS,
        evidence=(),
    )


def changed(asset: str, second: int, *, active: bool = True) -> AssetReading:
    """An asset of which a condition begins, or is over."""
    holding = (f"S2.liquidations/1|north|{asset}",) if active else ()
    return AssetReading(asset=asset, markets=(), changes=(change(second, asset=asset, active=active),), holding=holding)


def orders(asset: str, buys: int = 0, sells: int = 0) -> AssetReading:
    """An asset with so many orders in a second."""
    return AssetReading(
        asset=asset,
        markets=(
            MarketReading(
                venue="north", instrument=f"{asset}-USDT-PERP", market="perp", buy_orders=buys, sell_orders=sells
            ),
        ),
    )


def test_a_second_is_judged_once(readings: list[Reading]) -> None:
    """A reading that is delivered twice would be two seconds of the same crash."""
    once, twice = MarketEngine(), MarketEngine()
    expected = told(once, readings[:750])
    found = [output for reading in readings[:750] for output in twice.observe((reading,)) + twice.observe((reading,))]
    assert found == expected
    assert twice.observe((readings[10],)) == []
    assert twice.snapshot() == once.snapshot()


def test_the_order_of_a_seconds_parts_changes_nothing() -> None:
    """Alerts would depend on which worker is faster."""
    parts = [
        quiet(1, orders("ETH", 2), partition=0),
        quiet(1, orders("BTC", 3, 1), orders("SOL"), partition=1),
        quiet(1, partition=2),
    ]
    stages = [MarketEngine(), MarketEngine()]
    stages[0].observe(parts)
    stages[1].observe(parts[::-1])
    assert stages[0].snapshot() == stages[1].snapshot()
    assert stages[0].memory.pool.minute.total == 6


def test_the_pulse_that_every_partition_tells_is_taken_once() -> None:
    """A venue's pauses would look longer with every worker."""
    pulses = (VenuePulse(venue="north", last_trade_ns=START_S * NS, longest_pause_ns=NS // 5),)
    stage = MarketEngine()
    stage.observe([quiet(1, partition=n, pulses=pulses) for n in range(3)])
    pulse = stage.memory.pulses["north"]
    assert (pulse.last_ns, pulse.longest_ns, pulse.seconds) == (START_S * NS, NS // 5, 1)


def test_conditions_of_assets_hold_until_their_readings_say_that_they_are_over() -> None:
    """The market's level rests on them: one would be forgotten at once, or hold for ever."""
    stage = MarketEngine()
    stage.observe((quiet(1, changed("SOL", 1)),))
    stage.observe((quiet(2, changed("BTC", 2)),))
    assert [(c.asset, c.severity, c.since_ns) for c in stage.active()] == [
        ("BTC", 3, START_S * NS),
        ("SOL", 3, START_S * NS),
    ]
    stage.observe((quiet(3, changed("SOL", 3, active=False)),))
    assert [condition.asset for condition in stage.active()] == ["BTC"]


def test_a_condition_whose_end_nobody_told_is_over_with_the_next_reading() -> None:
    """A worker that began anew without a state would leave the market in alarm for ever."""
    stage = MarketEngine()
    stage.observe((quiet(1, changed("SOL", 1)),))
    stage.observe((quiet(2, AssetReading(asset="SOL", markets=())),))
    assert stage.active() == []


def test_a_condition_of_an_asset_that_nobody_speaks_of_is_forgotten_after_a_quarter_of_an_hour() -> None:
    """A partition that died in a cascade would keep the market in it."""
    stage = MarketEngine()
    stage.observe((quiet(1, changed("SOL", 1)),))
    for second in range(2, 902):
        stage.observe((quiet(second),))
    assert len(stage.active()) == 1
    stage.observe((quiet(902),))
    assert stage.active() == []


def test_conditions_of_assets_are_not_told_again() -> None:
    """Subscribers would read each of them twice."""
    stage = MarketEngine()
    reading = quiet(1, changed("SOL", 1))
    assert [output for output in stage.observe((reading,)) if isinstance(output, Transition)] == []


def test_three_assets_with_forced_flow_are_the_markets_business() -> None:
    """A cascade spread over many coins would be told as none."""
    stage, names = MarketEngine(), ("ADA", "DOT", "SOL")
    assets = [changed(name, 1) for name in names]
    alerts = [output for output in stage.observe((quiet(1, *assets),)) if isinstance(output, Alert)]
    assert [(alert.scope, alert.level, len(alert.conditions)) for alert in alerts] == [("market", "WATCH", 3)]


def test_calm_is_said_too_and_what_was_missing() -> None:
    """Silence could not be told from death, nor a judgement of half the market from one of all."""
    stage = MarketEngine()
    stage.observe((quiet(1, orders("BTC")),), missing=(4, 7))
    state = stage.memory.state
    assert state is not None
    assert (state.level, state.stages, state.since_ns, state.episode_id) == ("CLEAR", (), None, "")
    assert (state.ts_ns, state.missing_partitions) == ((START_S + 1) * NS, (4, 7))


def test_where_the_market_stands_is_what_its_alerts_say(readings: list[Reading]) -> None:
    """A subscriber that joins in the middle would believe another level than one that read every alert."""
    stage, level, episode = MarketEngine(), "CLEAR", ""
    for reading in readings:
        for output in stage.observe((reading,)):
            if isinstance(output, Alert):
                level = output.level
                episode = "" if output.status == "resolved" else output.episode_id
        state = stage.memory.state
        assert state is not None
        assert (state.level, state.episode_id, state.ts_ns) == (level, episode, reading.ts_ns)
        assert (state.since_ns is None) is (not episode)
    assert level == "CLEAR"


def test_the_levels_come_in_their_order(readings: list[Reading]) -> None:
    """The crash would be told backwards, or not to its end."""
    levels = list(dict.fromkeys(state.level for state in states(readings[: CALM_S + 100])))
    assert levels == ["CLEAR", "WATCH", "WARN", "CRITICAL", "EMERGENCY"]


def test_the_usual_flow_is_not_learnt_in_the_crash(readings: list[Reading]) -> None:
    """After a quarter of an hour a crash would be its own normal, and clear itself."""
    stage = MarketEngine()
    told(stage, readings[: CALM_S + 25])
    before = list(stage.memory.pool.usual_rate.recent)
    told(stage, readings[CALM_S + 25 : CALM_S + 400])
    assert stage.memory.pool.usual_rate.recent == before


@pytest.mark.parametrize("cut", [1, 600, CALM_S + 10, CALM_S + 60, CALM_S + 700])
def test_a_restart_changes_nothing(readings: list[Reading], cut: int) -> None:
    """Another process would tell another story, or the same one under other ids."""
    whole, first, second = MarketEngine(), MarketEngine(), MarketEngine()
    expected = told(whole, readings)
    head = told(first, readings[:cut])
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert head + told(second, readings[cut:]) == expected
    assert second.snapshot() == whole.snapshot()


def test_what_is_no_state_of_the_stage_is_refused(readings: list[Reading]) -> None:
    """A worker would continue from nonsense."""
    stage = MarketEngine()
    told(stage, readings[:20])
    saved = stage.snapshot()
    for damaged in (b"", saved[: len(saved) // 2], encode_tree(("something", 1))):
        with pytest.raises(StateError):
            stage.restore(damaged)
    assert stage.snapshot() == saved
    assert decode_tree(saved, MarketMemory).now_s == stage.memory.now_s
    with pytest.raises(StateError):
        decode_tree(saved, AssetMemory)
