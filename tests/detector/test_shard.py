"""A share of the assets: however they are spread over processes, each asset's story is the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from detector.asset import AssetEngine
from detector.market_engine import MarketEngine
from detector.shard import LONGEST_SILENCE_S, Closed, Output, Shard
from producers.ticker.ticker import Ticker
from schemas.alert import Alert
from schemas.base import EVERY_INSTRUMENT, Event
from schemas.clock import Tick, VenuePulse
from schemas.codec import base_asset
from schemas.market import Trade
from schemas.reading import AssetReading
from tests.kit.synthetic_crash import ASSETS, NS, PEG, T0, chunked, synthetic_crash

NAMES = sorted([*ASSETS, PEG])


def ticked(events: list[Event]) -> list[Event]:
    """The stream as producers write it."""
    ticker = Ticker()
    return ticker.take(events) + ticker.finish()


@pytest.fixture(scope="module")
def stream() -> list[Event]:
    """A crash with late events in it."""
    return ticked(synthetic_crash(3, stall=True))


@pytest.fixture(scope="module")
def whole(stream: list[Event]) -> list[Closed]:
    """What one shard of everything makes of it."""
    return Shard().feed(stream)


def parted(stream: list[Event], place: dict[str, int], shards: int) -> list[list[Event]]:
    """What each of several partitions is told: its own assets, and what concerns everybody."""
    parts: list[list[Event]] = [[] for _ in range(shards)]
    for event in stream:
        if event.instrument == EVERY_INSTRUMENT:
            for part in parts:
                part.append(event)
        else:
            parts[place[base_asset(event.instrument)]].append(event)
    return parts


def spread(stream: list[Event], random: Random, shards: int) -> list[list[Closed]]:
    """The seconds of several shards over which the assets are spread at random, fed in pieces of any length."""
    parts = parted(stream, {asset: random.randrange(shards) for asset in NAMES}, shards)
    found = []
    for number, part in enumerate(parts):
        shard = Shard(partition=number)
        found.append([closed for batch in chunked(part, random) for closed in shard.feed(batch)])
    return found


def together(second: tuple[Closed, ...]) -> tuple[int, list[AssetReading], list[Alert]]:
    """The readings and alerts of one second of all shards."""
    (ts_ns,) = {closed.reading.ts_ns for closed in second}
    assets = [asset for closed in second for asset in closed.reading.assets]
    alerts = [alert for closed in second for alert in closed.alerts]
    return ts_ns, sorted(assets, key=lambda asset: asset.asset), sorted(alerts, key=lambda alert: alert.scope)


@pytest.mark.parametrize("seed", range(6))
def test_however_assets_are_spread_their_readings_and_alerts_are_the_same(
    stream: list[Event], whole: list[Closed], seed: int
) -> None:
    """Another worker would tell another story: alerts would come twice under other ids, or not at all."""
    random = Random(seed)
    found = spread(stream, random, random.choice((2, 3, 5)))
    assert [together(second) for second in zip(*found, strict=True)] == [together((closed,)) for closed in whole]
    for second, closed in zip(zip(*found, strict=True), whole, strict=True):
        assert {part.reading.pulses for part in second} == {closed.reading.pulses}
        assert [part.reading.partition for part in second] == list(range(len(second)))


def test_the_stream_above_has_something_to_tell(whole: list[Closed]) -> None:
    """Two silent runs are always the same."""
    alerts = [alert for closed in whole for alert in closed.alerts]
    assert {alert.scope for alert in alerts} >= set(ASSETS)
    assert {"CRITICAL", "EMERGENCY"} & {alert.level for alert in alerts}
    assert len({change.rule for closed in whole for change in closed.transitions}) > 8


@pytest.mark.parametrize("seed", range(2))
def test_the_market_is_judged_the_same_by_readings_of_any_number_of_shards(
    stream: list[Event], whole: list[Closed], seed: int
) -> None:
    """The market's alerts would depend on how many workers there are."""
    one, many = MarketEngine(), MarketEngine()
    random = Random(seed)
    expected: list[Output] = []
    found: list[Output] = []
    for closed, second in zip(whole, zip(*spread(stream, random, 3), strict=True), strict=True):
        expected += one.observe((closed.reading,))
        readings = [part.reading for part in second]
        random.shuffle(readings)
        found += many.observe(readings)
    assert found == expected
    assert many.snapshot() == one.snapshot()
    assert len([output for output in found if isinstance(output, Alert)]) > 3


def test_the_same_events_in_other_pieces_give_the_same(stream: list[Event], whole: list[Closed]) -> None:
    """What is told would depend on how many events fit into a frame."""
    shard = Shard()
    assert [closed for event in stream for closed in shard.feed((event,))] == whole


def test_an_asset_moves_to_a_running_worker_as_if_nothing_had_happened(
    stream: list[Event], whole: list[Closed]
) -> None:
    """A rebalance would forget an hour of baselines, or tell an alert again."""
    cut = next(n for n, event in enumerate(stream) if event.ts_event_ns >= T0 + 720 * NS)
    left, right = (Shard(partition=number) for number in (0, 1))
    places = parted(stream[:cut], {asset: int(asset == "SOL") for asset in NAMES}, 2)
    before = list(zip(left.feed(places[0]), right.feed(places[1]), strict=True))
    left.adopt(AssetEngine.restored(right.assets["SOL"].snapshot()))
    after = [(closed,) for closed in left.feed(stream[cut:])]
    assert [together(second) for second in (*before, *after)] == [together((closed,)) for closed in whole]


def test_an_asset_moves_to_a_new_worker_as_if_nothing_had_happened(stream: list[Event], whole: list[Closed]) -> None:
    """A worker that starts with restored assets would skip the second in which it starts."""
    cut = next(n for n, event in enumerate(stream) if event.ts_event_ns >= T0 + 720 * NS)
    old, new = Shard(), Shard()
    before = old.feed(stream[:cut])
    for engine in old.assets.values():
        new.adopt(AssetEngine.restored(engine.snapshot()))
    assert before + new.feed(stream[cut:]) == whole


def test_assets_that_were_saved_at_different_moments_catch_up_with_each_other(
    stream: list[Event], whole: list[Closed]
) -> None:
    """Events would be counted twice or not at all after a restart: assets are not saved all at once."""
    frames = [stream[at : at + 100] for at in range(0, len(stream), 100)]
    first, last = (next(n for n, f in enumerate(frames) if f[-1].ts_event_ns >= T0 + s * NS) for s in (700, 720))
    saved: dict[str, tuple[int, bytes]] = {}
    old, new = Shard(), Shard()
    for offset, frame in enumerate(frames[: last + 1]):
        old.feed(frame, offset=offset)
        if offset in (first, last):
            saved |= {asset: (offset, old.assets[asset].snapshot()) for asset in NAMES[offset == last :: 2]}
    for offset, state in saved.values():
        new.adopt(AssetEngine.restored(state), offset)
    found = [c for offset in range(first + 1, len(frames)) for c in new.feed(frames[offset], offset=offset)]
    assert {offset for offset, _ in saved.values()} == {first, last}
    seconds = {closed.reading.ts_ns: together((closed,)) for closed in whole}
    after = [closed for closed in found if closed.reading.ts_ns > T0 + 721 * NS]
    assert [together((closed,)) for closed in after] == [seconds[closed.reading.ts_ns] for closed in after]
    for closed in found:
        told = {asset.asset: asset for asset in seconds[closed.reading.ts_ns][1]}
        assert all(asset == told[asset.asset] for asset in closed.reading.assets)


def test_a_partition_without_assets_says_so(stream: list[Event], whole: list[Closed]) -> None:
    """The market-wide stage would wait for it for ever."""
    ticks: list[Event] = [event for event in stream if isinstance(event, Tick)]
    found = Shard(partition=7).feed(ticks)
    assert [closed.reading.ts_ns for closed in found] == [closed.reading.ts_ns for closed in whole]
    assert {(closed.reading.partition, closed.reading.assets) for closed in found} == {(7, ())}
    assert not any(closed.alerts for closed in found)


def tick(second: float) -> Tick:
    """The clock of the stream half a second after a second's end, by which that second is over."""
    at_ns = T0 + round((second + 0.5) * NS)
    return Tick(venue=EVERY_INSTRUMENT, instrument=EVERY_INSTRUMENT, ts_event_ns=at_ns, ts_recv_ns=at_ns)


def test_seconds_close_at_ticks_and_each_of_them_once() -> None:
    """Seconds without events would be missing, or counted again when a tick comes twice."""
    shard = Shard()
    assert shard.feed([tick(0)]) == []
    seconds = [closed.reading.ts_ns // NS - T0 // NS for closed in shard.feed([tick(1), tick(1), tick(4), tick(2)])]
    assert seconds == [1, 2, 3, 4]
    assert (shard.standing.first_s, shard.standing.now_s) == (T0 // NS, T0 // NS + 4)
    assert shard.standing.newest_ns == tick(4).ts_event_ns


def test_a_long_jump_in_time_is_cut_short() -> None:
    """A log with a day missing would take minutes over nothing."""
    shard = Shard()
    found = shard.feed([tick(0), tick(86_400)])
    assert len(found) == LONGEST_SILENCE_S + 1
    assert [closed.reading.ts_ns for closed in found[-2:]] == [T0 + LONGEST_SILENCE_S * NS, T0 + 86_400 * NS]
    assert len(shard.feed([tick(86_401)])) == 1


def test_events_of_assets_that_nobody_defined_are_counted() -> None:
    """A venue that lists a coin in the night would stop the worker."""
    shard = Shard()
    fields: dict[str, Any] = {"price": 1.0, "qty": 1.0, "notional_usd": 1.0}
    event = Trade(
        venue="north", instrument="NEW-USDT-PERP", ts_event_ns=T0, ts_recv_ns=T0, taker="buy", trade_id=1, **fields
    )
    assert shard.feed([event, event, tick(0), tick(1)])[0].reading.assets == ()
    assert (shard.standing.unknown, shard.assets) == (2, {})


def test_what_two_producers_both_bring_counts_once(stream: list[Event], whole: list[Closed]) -> None:
    """Every liquidation would be two as long as a hot standby runs."""
    shard = Shard()
    found: list[Closed] = []
    for event in stream[: len(stream) // 3]:
        found += shard.feed((event,), "one")
        if not isinstance(event, Tick):
            found += shard.feed((event,), "two")
    assert found == whole[: len(found)]
    assert len(found) > 200


# --- several producers, and assets that fail


def told(second: float, **pulses: float) -> Tick:
    """The clock, with each venue's last trade so many seconds after the start."""
    ts_ns = T0 + int(second * NS)
    return Tick(
        venue=EVERY_INSTRUMENT,
        instrument=EVERY_INSTRUMENT,
        ts_event_ns=ts_ns,
        ts_recv_ns=ts_ns,
        pulses=tuple(VenuePulse(venue=v, last_trade_ns=T0 + int(at * NS)) for v, at in sorted(pulses.items())),
    )


def test_venues_of_every_producer_are_in_a_reading_whoever_closes_the_second() -> None:
    """A venue that another producer listens to would be silent for ever, or by the accident of who was first."""
    for order in ("AB", "BA"):
        shard, venues = Shard(), {"A": "north", "B": "south"}
        shard.feed([told(0.5)], "A")
        for second in (1, 2, 3):
            closed = [c for who in order for c in shard.feed([told(second + 0.5, **{venues[who]: second})], who)]
        assert [pulse.venue for pulse in closed[-1].reading.pulses] == ["north", "south"]


def test_one_producers_wrong_clock_closes_nobodys_seconds() -> None:
    """Everything that the others bring would be late for as long as the clock is ahead."""
    shard = Shard()
    closed = 0
    for second in range(1, 30):
        closed += len(shard.feed([told(second + 0.5)], "A"))
        closed += len(shard.feed([told(second + 1_800)], "B"))
    assert closed == 28
    assert shard.standing.leaps == 29


def test_a_leap_of_the_only_ticker_is_believed() -> None:
    """After an outage of all venues the detector would wait for ever."""
    shard = Shard()
    shard.feed([told(0.5)], "A")
    shard.feed([told(0.7)], "B")
    for second in range(1, 15):
        shard.feed([told(second + 0.5)], "B")
    assert shard.feed([told(600.5)], "B")
    assert shard.standing.newest_ns == T0 + 600_500_000_000


def test_an_asset_that_fails_darkens_no_other() -> None:
    """One odd number in one market would end the detector of a twelfth of all assets."""
    events = [event for event in synthetic_crash(1, calm_s=20, crash_s=5) if base_asset(event.instrument) != PEG]
    clean, broken = Shard(), Shard()
    stream = ticked(events)
    clean_seconds, found = clean.feed(stream), []
    for event in stream:
        found += broken.feed([event])
        if "SOL" in broken.assets:
            broken.assets["SOL"].memory.pegs = None  # type: ignore[assignment]
    assert broken.standing.failed > 10
    others = [[asset for asset in c.reading.assets if asset.asset != "SOL"] for c in clean_seconds]
    assert [list(c.reading.assets) for c in found] == others
