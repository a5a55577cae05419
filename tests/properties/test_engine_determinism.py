"""The same events give the same outputs, byte for byte, however they are cut, delivered, interrupted or shifted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from detector.engine import Engine
from detector.shard import Output
from schemas.alert import Alert, Transition
from schemas.base import Event
from schemas.codec import Output as AnyOutput
from schemas.codec import decode_output, encode
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from tests.kit.synthetic_crash import CALM_S, NS, T0, chunked, permuted, shifted, synthetic_crash

SEEDS = (1, 2)
NEAR_CRASH_NS = T0 + (CALM_S - 5) * NS
"""Properties are tried many times on the crash, from a saved state; the calm before it is played once a seed."""

randoms = st.integers(0, 2**32 - 1).map(Random)
seeds = st.sampled_from(SEEDS)
few = settings(max_examples=5, phases=[Phase.explicit, Phase.generate])
"""A seed does not become simpler by being smaller: nothing is shrunk."""


def fed(engine: Engine, batches: Iterable[Sequence[Event]], *, finish: bool = True) -> list[Output]:
    """Everything that follows from the batches."""
    out = [output for batch in batches for output in engine.feed(batch)]
    return out + engine.finish() if finish else out


def lines(outputs: Iterable[Output]) -> list[bytes]:
    """What `--json` would print."""
    return [encode(output) for output in outputs]


@cache
def played(seed: int, stall: bool = False) -> tuple[bytes, list[Event], list[bytes], bytes]:
    """State shortly before the crash, the events after it, what follows from them, and the last state."""
    events = synthetic_crash(seed, stall=stall)
    cut = next(at for at, event in enumerate(events) if event.ts_recv_ns >= NEAR_CRASH_NS)
    engine = Engine()
    assert fed(engine, [events[:cut]], finish=False) == []
    before, rest = engine.snapshot(), events[cut:]
    return before, rest, lines(fed(engine, [rest])), engine.snapshot()


def restored(state: bytes) -> Engine:
    """An engine that continues where another one stood."""
    engine = Engine()
    engine.restore(state)
    return engine


@pytest.mark.parametrize("seed", SEEDS)
def test_the_synthetic_crash_raises_every_stage(seed: int) -> None:
    """Without outputs the properties below would hold for an engine that says nothing."""
    outputs = [decode_output(line) for line in played(seed)[2]]
    assert {o.stage for o in outputs if isinstance(o, Transition)} >= {"S1", "S2", "S3", "S4", "S5", "S6"}
    assert {"WATCH", "WARN", "CRITICAL", "EMERGENCY"} <= {o.level for o in outputs if isinstance(o, Alert)}
    last = restored(played(seed)[3])
    assert last.late == last.ticker.clamped == 0
    assert last.dropped() == {}


@given(seed=seeds, random=randoms, stall=st.booleans())
@few
def test_chunking_changes_nothing(seed: int, random: Random, stall: bool) -> None:
    """`--chunk` would change alerts, and a busy machine would alert differently from an idle one."""
    before, rest, expected, last = played(seed, stall)
    engine = restored(before)
    assert lines(fed(engine, chunked(rest, random))) == expected
    assert engine.snapshot() == last


def test_a_stalled_feed_is_late_and_its_events_still_count() -> None:
    """The chunking property would say nothing about events that come after their time."""
    last = restored(played(SEEDS[0], True)[3])
    assert last.late > 100
    about_data = (Instrument, Gap, VenueStatus)
    assert last.events == sum(not isinstance(event, about_data) for event in synthetic_crash(SEEDS[0], stall=True))


@given(seed=seeds, random=randoms)
@few
def test_delivery_order_within_the_lateness_changes_nothing(seed: int, random: Random) -> None:
    """Two collectors with different networks would tell different stories of one market."""
    before, rest, expected, last = played(seed)
    engine = restored(before)
    assert lines(fed(engine, chunked(permuted(rest, random), random))) == expected
    assert engine.late == 0
    assert engine.snapshot() == last


@pytest.mark.slow
def test_delivery_order_of_the_whole_stream_changes_nothing() -> None:
    """As above, with definitions and the warm-up among the permuted events."""
    random = Random(7)
    events = permuted(synthetic_crash(SEEDS[0]), random)
    assert lines(fed(Engine(), chunked(events, random))) == played(SEEDS[0])[2]


@given(seed=seeds, random=randoms, stall=st.booleans(), restarts=st.integers(1, 8))
@few
def test_a_restored_snapshot_continues_as_if_nothing_had_happened(
    seed: int, random: Random, stall: bool, restarts: int
) -> None:
    """A restart in the crash would lose or repeat alerts."""
    before, rest, expected, last = played(seed, stall)
    cuts = sorted(random.randrange(len(rest)) for _ in range(restarts))
    engine, out = restored(before), []
    for start, end in zip([0, *cuts], [*cuts, len(rest)], strict=True):
        engine = restored(engine.snapshot())
        out += fed(engine, [rest[start:end]], finish=False)
    out += engine.finish()
    assert lines(out) == expected
    assert engine.snapshot() == last


def test_restarts_in_the_calm_change_nothing() -> None:
    """Baselines, warm-ups and half-filled rings survive a restart too."""
    events, expected = synthetic_crash(SEEDS[0]), played(SEEDS[0])
    engine, out = Engine(), []
    step = len(events) // 9
    for at in range(0, len(events), step):
        engine = restored(engine.snapshot())
        out += fed(engine, [events[at : at + step]], finish=False)
    out += engine.finish()
    assert lines(out) == expected[2]
    assert engine.snapshot() == expected[3]


def test_a_restore_forgets_what_the_engine_had_seen_before() -> None:
    """An engine that takes over another's partition would mix both states."""
    before, rest, expected, last = played(SEEDS[0])
    engine = Engine()
    fed(engine, [synthetic_crash(9, calm_s=20, crash_s=5)], finish=False)
    engine.restore(before)
    assert lines(fed(engine, [rest])) == expected
    assert engine.snapshot() == last


@pytest.mark.parametrize("minutes", [1, 60 * 24 * 30 + 7])
def test_a_shift_of_whole_minutes_shifts_the_outputs_and_changes_no_decision(minutes: int) -> None:
    """The same crash would be judged differently at another time of day."""
    by_ns = minutes * 60 * NS
    outputs = fed(Engine(), [shifted(synthetic_crash(SEEDS[0]), by_ns)])
    expected = [decode_output(line) for line in played(SEEDS[0])[2]]
    assert [told(output, by_ns) for output in outputs] == [told(output, 0) for output in expected]


def told(output: AnyOutput, by_ns: int) -> tuple[object, ...]:
    """A decision without its ids, with its times moved back."""
    if isinstance(output, Alert):
        conditions = [(c.rule, c.venue, c.asset, c.severity, c.since_ns - by_ns) for c in output.conditions]
        times = (output.ts_ns - by_ns, output.since_ns - by_ns)
        return (*times, output.status, output.level, output.headline, output.evidence, output.coverage, conditions)
    assert isinstance(output, Transition)
    place = (output.rule, output.venue, output.asset, output.active, output.severity, output.direction)
    return (output.ts_ns - by_ns, output.since_ns - by_ns, *place, output.evidence)


HASHED = """
from tests.properties.test_engine_determinism import SEEDS, digest
print(digest(SEEDS[0]))
"""


def digest(seed: int) -> str:
    """One short text for all outputs of a seed and its last state."""
    _, _, out, last = played(seed)
    return blake2b(b"\n".join([*out, last]), digest_size=16).hexdigest()


@pytest.mark.slow
def test_two_processes_with_different_hash_seeds_say_the_same() -> None:
    """Alert ids of two workers, or before and after a restart, would differ by the accident of string hashes."""
    found = set()
    for hash_seed in ("0", "1"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", HASHED]
        run = subprocess.run(  # noqa: S603 - our own code
            command, env=environment, capture_output=True, text=True, check=True, timeout=50
        )
        found.add(run.stdout.strip())
    assert found == {digest(SEEDS[0])}


@pytest.mark.slow
def test_memory_is_bounded_by_the_markets_and_not_by_the_events() -> None:
    """A detector that runs for months would grow until it is killed in the middle of a crash."""
    engine = Engine()
    fed(engine, [synthetic_crash(3, calm_s=90, crash_s=100)])
    once = sizes(engine)
    for round_ in range(1, 4):
        fed(engine, [shifted(synthetic_crash(3, calm_s=90, crash_s=100), round_ * 600 * NS)])
    again = sizes(engine)
    assert set(again) == set(once)
    grown = {name: (once[name], size) for name, size in again.items() if size > max(1.5 * once[name], once[name] + 20)}
    assert grown == {}


def sizes(engine: Engine) -> dict[str, int]:
    """Lengths of everything in the engine that has one."""
    market_wide = engine.market.memory
    found = {
        "state": len(engine.snapshot()) // 2_000,
        "assets": len(engine.shard.assets),
        "conditions": len(market_wide.conditions.tracked) + len(market_wide.of_assets),
        "rules": len(market_wide.conditions.seconds),
        "episodes": len(market_wide.episodes.by_scope),
    }
    for asset, one in engine.shard.assets.items():
        found |= {
            f"{asset} conditions": len(one.memory.conditions.tracked),
            f"{asset} rules": len(one.memory.conditions.seconds),
            f"{asset} pegs": len(one.memory.pegs.recent),
            f"{asset} dislocations": len(one.memory.dislocations.recent),
        }
    for market in engine.markets():
        key = f"{market.venue} {market.instrument.instrument}"
        found |= {
            f"{key} holes": len(market.trading.ids.holes),
            f"{key} delays": len(market.delay.samples),
            f"{key} prices": len(market.trading.prices.cells),
            f"{key} liquidations": len(market.forced.liquidated[0].dump()) // 16,
            f"{key} levels": market.quotes.book.levels(0) if market.quotes.book is not None else 0,
        }
    return found
