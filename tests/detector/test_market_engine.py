"""The market-wide stage: each second judged once, whatever order its parts come in, and where the market stands."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from detector.asset import AssetMemory
from detector.calibration.calibrated import Calibrated, Calibration, Usual
from detector.config import Config
from detector.episodes import Episodes
from detector.market_engine import MarketEngine, MarketMemory
from detector.shard import Output, Shard
from detector.state import StateError, decode_tree, encode_tree
from detector.stats.rolling_median import LONGEST_FREEZE_S
from producers.ticker.ticker import Ticker
from schemas.alert import MARKET, OURS, Alert, Evidence, Transition
from schemas.clock import VenuePulse
from schemas.reading import AssetReading, Held, MarketReading, Reading, VenueWord
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


def test_three_assets_of_a_hundred_are_not_and_stay_so_when_a_part_of_them_is_missing() -> None:
    """With all coins of a venue there would be no second without an alert; or a dead worker would raise one."""
    stage, names = MarketEngine(), ("ADA", "DOT", "SOL")
    stage.observe((quiet(1, *(orders(f"A{n}") for n in range(100))),))
    for second in (2, 3):
        found = stage.observe((quiet(second, *(changed(name, second) for name in names)),))
        assert [output for output in found if isinstance(output, Alert)] == []


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
            if isinstance(output, Alert) and output.scope == MARKET:
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


@pytest.mark.parametrize("cut", [1, pytest.param(600, marks=pytest.mark.slow), CALM_S + 10, CALM_S + 60, CALM_S + 700])
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


def test_alerts_of_the_market_carry_the_label_of_their_episode(readings: list[Reading]) -> None:
    """Whether leverage made it or news did would be known to the detector alone."""
    stage = MarketEngine()
    found = told(stage, readings[:900])
    labels = [output.label for output in found if isinstance(output, Alert) and output.scope == MARKET]
    assert labels
    assert None not in labels
    settled = stage.memory.labels.read()
    assert settled is not None
    assert settled.cause == "microstructure"
    assert {vote.name for vote in settled.votes} >= {"cross_venue_dispersion", "forced_share", "external_markets"}


def test_while_the_market_is_calm_nothing_is_counted(readings: list[Reading]) -> None:
    """Two thousand calm markets would be looked at eight times a second."""
    stage = MarketEngine()
    told(stage, readings[:600])
    assert stage.memory.labels.case is None


def spoken(second: int, *, silent: tuple[str, ...] = (), fault: str = "", words: tuple[VenueWord, ...] = ()) -> Reading:
    """A second in which two venues are heard, or not; the readings of silent ones are as old as their silence."""
    markets = tuple(
        MarketReading(
            venue=venue,
            instrument="BTC-USDT-PERP",
            market="perp",
            last_event_ns=(START_S + (SILENT_FROM if venue in silent else second)) * NS - NS // 10,
            last_trade_ns=(START_S + (SILENT_FROM if venue in silent else second)) * NS - NS // 10,
            book_fault=fault,
        )
        for venue in ("north", "south")
    )
    pulses = tuple(
        VenuePulse(venue=market.venue, last_trade_ns=market.last_trade_ns, longest_pause_ns=NS) for market in markets
    )
    return quiet(second, AssetReading(asset="BTC", markets=markets, words=words), pulses=pulses)


SILENT_FROM = 700


def blindness(stage: MarketEngine, *readings: Reading) -> list[tuple[int, str, str, str, tuple[str, ...]]]:
    """Alerts about data: when, of what, what kind, which level, which rules."""
    return [
        (
            output.ts_ns // NS - START_S,
            output.scope,
            output.status,
            output.level,
            tuple(c.rule for c in output.conditions),
        )
        for output in told(stage, list(readings))
        if isinstance(output, Alert) and "D" in output.stages
    ]


def warmed() -> MarketEngine:
    """A stage that has heard both venues for seven hundred seconds."""
    stage = MarketEngine()
    assert blindness(stage, *(spoken(second) for second in range(1, SILENT_FROM + 1))) == []
    return stage


def test_a_silent_venue_is_told_at_once_and_that_it_is_back_two_minutes_after() -> None:
    """Blindness would be a word in an alert about prices that nobody sends in the calm."""
    stage = warmed()
    silent = [spoken(second, silent=("north",)) for second in range(701, 731)]
    back = [spoken(second) for second in range(731, 900)]
    assert blindness(stage, *silent, *back) == [
        (705, "north", "open", "WARN", ("S3.silence/1",)),
        (731 + 59 + 60 - 1, "north", "resolved", "CLEAR", ()),
    ]


def test_when_nothing_is_heard_it_is_told_of_ourselves_and_of_no_venue() -> None:
    """A cut cable would be told as the outage of every venue."""
    stage = warmed()
    found = blindness(stage, *(spoken(second, silent=("north", "south")) for second in range(701, 731)))
    assert found == [(705, OURS, "open", "WARN", ("D.deaf/1",))]


def test_a_rule_that_joins_is_news_and_one_that_goes_on_is_none() -> None:
    """A venue that falls silent and then says why would be told once; or every second."""
    stage = warmed()
    down = (VenueWord(venue="north", session="public-0", state="down", since_ns=(START_S + 704) * NS, reason="closed"),)
    silent = [spoken(second, silent=("north",), words=down if second > 703 else ()) for second in range(701, 760)]
    found = blindness(stage, *silent)
    assert [(at, scope, status) for at, scope, status, _, _ in found] == [
        (705, "north", "open"),
        (709, "north", "updated"),
    ]
    assert found[1][4] == ("S3.silence/1", "D.connection/1")


def test_an_outage_that_comes_again_reopens_the_same_story() -> None:
    """A venue that flaps would be another story every few minutes."""
    stage = warmed()
    first = told(stage, [spoken(second, silent=("north",)) for second in range(701, 711)])
    told(stage, [spoken(second) for second in range(711, 900)])
    again = told(stage, [spoken(second, silent=("north",)) for second in range(900, 910)])
    ids = {output.episode_id for output in (*first, *again) if isinstance(output, Alert) and output.scope == "north"}
    assert len(ids) == 1


def test_alerts_about_data_leave_the_market_where_it_stands() -> None:
    """The state of the market would be that of a cable."""
    stage = warmed()
    told(stage, [spoken(second, silent=("north", "south")) for second in range(701, 731)])
    assert stage.memory.state is not None
    assert (stage.memory.state.level, stage.memory.state.stages) == ("CLEAR", ())
    assert stage.memory.state.coverage is not None
    assert "everywhere: nothing heard from any venue" in stage.memory.state.coverage.blind


def test_a_hole_is_no_calm_of_the_order_flow_and_its_end_no_burst() -> None:
    """What a feed had kept back comes at once: a shock would be told when the cable is back."""
    stage = warmed()
    pool = stage.memory.pool
    before_s = pool.buys.seen_s
    told(stage, [spoken(second, silent=("north", "south")) for second in range(701, 731)])
    seen_s = pool.buys.seen_s
    assert seen_s - before_s == 4  # the fifth is the first that is lost
    told(stage, [spoken(second) for second in range(731, 740)])
    assert pool.buys.seen_s - seen_s == 9 - 2


def data_alerts(stage: MarketEngine, first: int, last: int, *, silent: tuple[str, ...]) -> list[tuple[int, str, str]]:
    """When and of what it is told that something is silent, or is over."""
    found = blindness(stage, *(spoken(second, silent=silent) for second in range(first, last)))
    return [(at, scope, status) for at, scope, status, _, _ in found]


@pytest.mark.parametrize("silent", [("north",), ("north", "south")])
def test_a_silence_is_on_for_as_long_as_it_lasts(silent: tuple[str, ...]) -> None:
    """A venue that is dead would be told to be back after twenty minutes."""
    stage = warmed()
    scope = OURS if len(silent) > 1 else "north"
    assert data_alerts(stage, 701, 701 + 3_000, silent=silent) == [(705, scope, "open")]
    assert any(c.stage in ("D", "S3") for c in stage.active())
    assert all(value == "resolved" for *_, value in data_alerts(stage, 3_701, 3_900, silent=()))


def test_a_dead_venue_stays_dead_while_we_are_deaf() -> None:
    """Its outage would end because ours began."""
    stage = warmed()
    told(stage, [spoken(second, silent=("north",)) for second in range(701, 760)])
    for second in range(760, 760 + 1_200):
        stage.observe((spoken_at(second, north=SILENT_FROM, south=759),))
    assert {(c.rule, c.venue) for c in stage.active()} == {("S3.silence/1", "north"), ("D.deaf/1", MARKET)}


def spoken_at(second: int, **heard: int) -> Reading:
    """A second in which each venue was heard last in some second."""
    markets = tuple(
        MarketReading(
            venue=venue,
            instrument="BTC-USDT-PERP",
            market="perp",
            last_event_ns=(START_S + at) * NS - NS // 10,
            last_trade_ns=(START_S + at) * NS - NS // 10,
        )
        for venue, at in sorted(heard.items())
    )
    pulses = tuple(VenuePulse(venue=m.venue, last_trade_ns=m.last_trade_ns, longest_pause_ns=0) for m in markets)
    return quiet(second, AssetReading(asset="BTC", markets=markets), pulses=pulses)


def test_a_second_outage_is_told_like_the_first() -> None:
    """What was long is usual, and a venue that fails twice an hour would be missed once."""
    stage = warmed()

    def begins(first: int, last_heard: int) -> list[int]:
        readings = [spoken_at(s, north=last_heard, south=s) for s in range(first, first + 300)]
        found = [o for o in told(stage, readings) if isinstance(o, Transition) and o.rule == "S3.silence/1"]
        return [o.ts_ns // NS - START_S for o in found if o.active]

    assert begins(701, 700) == [705]
    told(stage, [spoken(second) for second in range(1_001, 1_901)])
    assert begins(1_901, 1_900) == [1_905]


def test_after_a_hole_of_an_hour_the_flow_is_unknown_for_ten_minutes() -> None:
    """The seconds that nobody heard would be calm ones, and the first orders after them a shock."""
    stage = warmed()
    assert stage.memory.pool.buys.value is not None
    told(stage, [spoken(second, silent=("north", "south")) for second in range(701, 770)])
    assert stage.memory.pool.buys.value is None
    assert stage.memory.pool.rate_ratio_60s is None
    told(stage, [spoken(second) for second in range(4_000, 4_598)])
    assert stage.memory.pool.buys.value is None
    told(stage, [spoken(second) for second in range(4_598, 4_610)])
    assert stage.memory.pool.buys.value is not None


def test_a_stage_that_stood_still_begins_its_flow_anew() -> None:
    """A worker that comes back after an hour would mix two hours into ten minutes."""
    stage = warmed()
    told(stage, [spoken(4_000)])
    assert stage.memory.pool.buys.value is None


def test_the_market_learns_again_when_a_shock_lasts_for_two_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A market that stays different would have the baselines of another age for ever."""
    stage = warmed()
    monkeypatch.setattr(Episodes, "frozen", lambda *_: True)
    stage.observe((spoken(701),))
    frozen = list(stage.memory.vitals.move.recent)
    told(stage, [spoken(second) for second in range(702, 800)])
    assert stage.memory.vitals.move.recent == frozen
    told(stage, [spoken(701 + LONGEST_FREEZE_S + extra) for extra in (0, 1)])
    assert len(stage.memory.vitals.move.recent) == len(frozen) + 1


HELD = Held(stage="S2", severity="HIGH", direction="down", since_ns=START_S * NS)


def holds(asset: str, held: Held = HELD) -> AssetReading:
    """An asset of which a condition holds that began before."""
    return AssetReading(asset=asset, markets=(), holding=(f"S2.liquidations/1|north|{asset}",), held=(held,))


def test_a_stage_that_begins_in_the_middle_learns_what_holds() -> None:
    """It would call a crash calm until something new begins."""
    stage = MarketEngine()
    stage.observe((quiet(1, holds("SOL")),))
    (condition,) = stage.active()
    assert (condition.rule, condition.stage, condition.venue, condition.asset) == (
        "S2.liquidations/1",
        "S2",
        "north",
        "SOL",
    )
    assert (condition.severity, condition.direction, condition.since_ns) == (3, "down", START_S * NS)
    stage.observe((quiet(2, AssetReading(asset="SOL", markets=())),))
    assert stage.active() == []


def test_a_change_that_was_missed_is_put_right_and_its_numbers_stay() -> None:
    """The level of the market would be that of a message that was lost."""
    stage = MarketEngine()
    numbers = (Evidence(signal="liquidated", value=1.0),)
    begun = replace(change(1), evidence=numbers)
    stage.observe((quiet(1, replace(holds("SOL"), changes=(begun,))),))
    stage.observe((quiet(2, holds("SOL", replace(HELD, severity="CRITICAL"))),))
    assert [(c.severity, c.evidence) for c in stage.active()] == [(4, numbers)]


def test_a_sender_that_does_not_say_what_holds_is_understood() -> None:
    """A worker of the version before would end every condition, or stop the stage."""
    stage = MarketEngine()
    stage.observe((quiet(1, changed("SOL", 1)),))
    stage.observe((quiet(2, replace(holds("SOL"), held=())),))
    assert [c.asset for c in stage.active()] == ["SOL"]


def test_what_a_shard_says_of_what_holds_is_what_it_told(readings: list[Reading]) -> None:
    """A stage that begins anew would stand elsewhere than one that heard every change."""
    whole, late = MarketEngine(), MarketEngine()
    told(whole, readings[: CALM_S + 60])
    told(late, readings[CALM_S + 60 : CALM_S + 61])
    told(whole, readings[CALM_S + 60 : CALM_S + 61])
    assert late.memory.of_assets.keys() == whole.memory.of_assets.keys() != set()
    for key, condition in late.memory.of_assets.items():
        known = whole.memory.of_assets[key]
        assert (condition.severity, condition.since_ns) == (known.severity, known.since_ns)


def test_calibrated_orders_stand_in_only_where_all_that_speak_are_calibrated() -> None:
    """Orders of a market that nobody knows would be a burst of the others."""
    usual = Usual(samples=60, quantiles=(0.5,) * 21)
    both = ("A-USD-SPOT", "B-USD-SPOT")
    known = Calibration("abc", tuple(Calibrated("north", name, orders_per_s=usual) for name in both))
    for names, ratio in ((both, 4.0), (("A-USD-SPOT", "C-USD-SPOT"), None)):
        stage = MarketEngine(Config(calibration=known))
        for second in range(10):
            markets = tuple(
                MarketReading(venue="north", instrument=name, market="spot", buy_orders=2) for name in names
            )
            stage.observe((quiet(second, AssetReading(asset="A", markets=markets)),))
        assert stage.memory.pool.rate_ratio_10s == ratio
        assert stage.memory.config.calibration == Calibration("abc")
