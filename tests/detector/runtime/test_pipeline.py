"""The one place where events become outputs."""

from __future__ import annotations

import pytest

from detector.engine import Engine
from detector.runtime.pipeline import Pipeline
from detector.shard import Output
from schemas.codec import encode
from tests.kit.synthetic_crash import NS, T0, synthetic_crash


def test_every_listener_gets_every_output_in_order() -> None:
    """The table would show what the JSON lines do not say."""
    heard: tuple[list[Output], list[Output]] = ([], [])
    pipeline = Pipeline(Engine(), [heard[0].append, heard[1].append])
    events = synthetic_crash(1, crash_s=20)
    for at in range(0, len(events), 1_000):
        pipeline.publish(events[at : at + 1_000])
    pipeline.finish()
    assert pipeline.events == len(events)
    assert [encode(o) for o in heard[0]] == [encode(o) for o in heard[1]]
    engine = Engine()
    assert heard[0] == engine.feed(events) + engine.finish()


def test_a_tick_moves_event_time_by_the_time_that_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence would never be seen, or a clock apart from the venue's would make everything late."""
    clock = [50.0]
    monkeypatch.setattr("detector.runtime.pipeline.time.monotonic", lambda: clock[0])
    pipeline = Pipeline(Engine(), [])
    pipeline.tick()
    assert pipeline.engine.newest_ns == 0
    pipeline.publish(synthetic_crash(1, calm_s=3, crash_s=0))
    newest_ns = pipeline.engine.newest_ns
    for passed in (1.0, 2.5):
        clock[0] = 50.0 + passed
        pipeline.tick()
        assert pipeline.engine.newest_ns == newest_ns + int(passed * NS)
    assert pipeline.engine.now_ns // 10**9 == (newest_ns + 2 * NS) // NS


def test_finishing_twice_adds_nothing() -> None:
    """A run that ends by itself and is then stopped would tell its end twice."""
    outputs: list[Output] = []
    pipeline = Pipeline(Engine(), [outputs.append])
    pipeline.finish()
    assert pipeline.engine.now_ns // 10**9 == 0
    pipeline.publish(synthetic_crash(1, crash_s=20))
    pipeline.finish()
    told, now_s = len(outputs), pipeline.engine.now_ns // 10**9
    pipeline.finish()
    assert len(outputs) == told
    assert pipeline.engine.now_ns // 10**9 - now_s <= 1
    assert now_s >= T0 // NS
