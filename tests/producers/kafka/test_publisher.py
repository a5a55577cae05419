"""From a fleet's batches to the records of the log, with room and without."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from producers.kafka.publisher import Publisher
from producers.kafka.spool import Spool
from producers.ticker.ticker import Ticker
from schemas.base import Event
from schemas.clock import Tick
from schemas.codec import decode_event
from schemas.frames import decode_frame
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, Liquidation, Trade
from schemas.topics import FRAMES, HEALTH, LIQUIDATIONS, Topic
from tests.kit.stream import BTC, ETH, MS, T0, definition, delta, gap, liquidation, snapshot, spool_in, trade


class Log:
    """What Kafka would hold: takes all records whenever it is asked to."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.frames: dict[int, list[Event]] = {number: [] for number in range(FRAMES.partitions)}
        self.subscribed: dict[str, list[Event]] = {}

    def take(self) -> None:
        for lane in self.spool.lanes:
            for record in lane.records:
                if lane.topic is FRAMES:
                    self.frames[lane.partition] += decode_frame(record.value)
                else:
                    self.subscribed.setdefault(lane.topic.name, []).append(decode_event(record.value))
            self.spool.lanes.acknowledge(lane, len(lane.records))

    def of(self, asset: str) -> list[Event]:
        """What a reader of the partition of an asset sees, without other assets."""
        (events,) = (found for found in self.frames.values() if any(e.instrument.startswith(asset) for e in found))
        return [event for event in events if event.instrument == "*" or event.instrument.startswith(asset)]

    def topic(self, topic: Topic) -> list[Event]:
        return self.subscribed.get(topic.name, [])


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(ticker=Ticker(), spool=spool_in(tmp_path, memory_bytes=60_000))


def first_minute() -> list[Event]:
    """Both markets defined, both books known, and then trades."""
    begin: list[Event] = [definition(), definition(ETH), snapshot(0), snapshot(0, instrument=ETH)]
    return begin + [trade(ms, BTC if ms % 200 else ETH) for ms in range(100, 62_000, 100)]


def without_additions(events: Sequence[Event]) -> list[Event]:
    """What a fleet said, without ticks and keyframes and repeated definitions."""
    told: list[Event] = []
    for event in events:
        added = isinstance(event, Tick) or (isinstance(event, BookSnapshot) and event.keyframe)
        if not added and not (isinstance(event, Instrument) and event in told):
            told.append(event)
    return told


def test_the_log_holds_what_was_published_and_ticks_and_keyframes(publisher: Publisher) -> None:
    """The detector behind a log would see another market than the one in one process."""
    log = Log(publisher.spool)
    published = first_minute()
    for at in range(0, len(published), 50):
        publisher.publish(published[at : at + 50])
        log.take()
    publisher.finish()
    log.take()
    for market in (BTC, ETH):
        seen = log.of(market.split("-")[0])
        assert without_additions(seen) == [event for event in published if event.instrument == market]
        assert sum(isinstance(event, Tick) for event in seen) >= 61
        assert sum(isinstance(event, BookSnapshot) and event.keyframe for event in seen) == 1
        at = next(at for at, event in enumerate(seen) if isinstance(event, BookSnapshot) and event.keyframe)
        assert isinstance(seen[at - 1], Instrument)
        assert isinstance(seen[at - 2], Tick)


def test_ticks_reach_partitions_without_assets(publisher: Publisher) -> None:
    """A worker with quiet partitions would hold up the market-wide stage."""
    log = Log(publisher.spool)
    publisher.publish(first_minute())
    publisher.finish()
    log.take()
    ticks = {tuple(event.ts_event_ns for event in events if isinstance(event, Tick)) for events in log.frames.values()}
    assert len(ticks) == 1


def test_forced_closes_and_gaps_have_their_own_records(publisher: Publisher) -> None:
    """Subscribers would have to read all markets."""
    log = Log(publisher.spool)
    publisher.publish([definition(), liquidation(1), trade(2), gap(3)])
    publisher.flush()
    log.take()
    assert log.topic(LIQUIDATIONS) == [liquidation(1)]
    assert log.topic(HEALTH) == [gap(3)]
    assert without_additions(log.of("BTC")) == [definition(), liquidation(1), trade(2), gap(3)]


def test_time_passes_without_events(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence of all venues would stop the detector's clock, and nothing would be seen any more."""
    log = Log(publisher.spool)
    publisher.advance()
    publisher.publish([definition(), trade(1)])
    began_s = publisher._last_publish_s
    monkeypatch.setattr("producers.kafka.publisher.time.monotonic", lambda: began_s + 5)
    publisher.advance()
    publisher.flush()
    log.take()
    assert log.of("BTC")[-1].ts_event_ns == T0 + MS + 5_000 * MS


def test_a_start_marks_every_market_of_a_venue_as_unheard(publisher: Publisher) -> None:
    """What was lost between a kill and a restart would look like calm."""
    log = Log(publisher.spool)
    publisher.say_started("binance-usdm", since_ns=T0, now_ns=T0 + 5)
    publisher.flush()
    log.take()
    (started,) = log.topic(HEALTH)
    assert isinstance(started, Gap)
    assert (started.instrument, started.channel, started.since_ns) == ("*", "all", T0)
    assert all(events == [started] for events in log.frames.values())


def overflow(publisher: Publisher, log: Log) -> list[Event]:
    """An outage in the middle of a stream: what was published."""
    before: list[Event] = [definition(), definition(ETH), snapshot(0), snapshot(0, instrument=ETH), trade(1)]
    during: list[Event] = []
    for ms in range(2, 3_000):
        during.append(delta(ms, [(f"{90 + ms % 9}", "1")]))
        during.append(trade(ms))
        if ms % 100 == 0:
            during.append(liquidation(ms))
            during.append(liquidation(ms, ETH))
    after: list[Event] = [trade(5_000), delta(5_001, [("89", "3")]), liquidation(5_002), liquidation(5_003, ETH)]
    publisher.publish(before)
    publisher.flush()
    log.take()
    for at in range(0, len(during), 20):
        publisher.publish(during[at : at + 20])
        publisher.flush()
    assert publisher.spool.full
    for _ in range(100):
        log.take()
        publisher.flush()
    assert not publisher.spool.full
    publisher.publish(after)
    publisher.flush()
    log.take()
    return before + during + after


def test_without_room_no_liquidation_is_lost_and_each_asset_keeps_its_order(publisher: Publisher) -> None:
    """The one moment in which the broker is overrun is the one that the detector is for."""
    log = Log(publisher.spool)
    published = overflow(publisher, log)
    for asset, market in (("BTC", BTC), ("ETH", ETH)):
        expected = [event for event in published if isinstance(event, Liquidation) and event.instrument == market]
        seen = log.of(asset)
        assert [event for event in seen if isinstance(event, Liquidation)] == expected
        original = [event for event in seen if event in published and not isinstance(event, Instrument)]
        assert original == sorted(original, key=lambda event: event.ts_event_ns)
    # One partition of subscribers may hold several assets: each of them is in order.
    for market in (BTC, ETH):
        told = [event for event in log.topic(LIQUIDATIONS) if event.instrument == market]
        assert told == [e for e in published if isinstance(e, Liquidation) and e.instrument == market]
    assert publisher.spool.peak_bytes <= 60_000 + 20_000


def test_without_room_the_loss_has_a_gap_at_both_ends_and_then_the_book_as_it_is(publisher: Publisher) -> None:
    """A reader would go on with a book of minutes ago, or never have one again."""
    log = Log(publisher.spool)
    overflow(publisher, log)
    seen = log.of("BTC")
    gaps = [event for event in seen if isinstance(event, Gap)]
    assert sorted((event.channel, "missing" in event.reason) for event in gaps) == [
        ("book", False),
        ("book", True),
        ("trade", False),
        ("trade", True),
    ]
    ends = max(seen.index(event) for event in gaps)
    lost = [event for event in seen[seen.index(gaps[0]) : ends] if isinstance(event, BookDelta | Trade)]
    assert lost == []
    assert isinstance(seen[ends + 1], Instrument)
    book = seen[ends + 2]
    assert isinstance(book, BookSnapshot)
    assert book.keyframe
    assert book.last_id == 2_999
    assert publisher.overflow.dropped["BookDelta"] == publisher.overflow.dropped["Trade"] > 2_000
    assert [event for event in log.topic(HEALTH) if isinstance(event, Gap)] == gaps


def test_without_room_ticks_go_on(publisher: Publisher) -> None:
    """Events of a second that no tick has announced are not believed by any reader."""
    log = Log(publisher.spool)
    overflow(publisher, log)
    ticks = [event.ts_event_ns for event in log.of("ETH") if isinstance(event, Tick)]
    assert len(ticks) >= 4
    assert ticks == sorted(ticks)
