"""Saved states: what comes back is what was saved, and nothing else is accepted."""

from __future__ import annotations

import math

import msgspec
import pytest

from detector.asset import AssetMemory
from detector.engine import Engine
from detector.state import VERSION, StateError, decode_state, decode_tree, encode_state, encode_tree
from tests.kit.synthetic_crash import synthetic_crash


@pytest.fixture(scope="module")
def engine() -> Engine:
    """In the middle of a crash; nobody may change it."""
    engine = Engine()
    engine.feed(synthetic_crash(5, calm_s=30, crash_s=45))
    return engine


@pytest.fixture(scope="module")
def state(engine: Engine) -> bytes:
    """An asset with books, windows, conditions, open holes and waiting events."""
    return engine.shard.assets["BTC"].snapshot()


def test_a_state_comes_back_whole(state: bytes) -> None:
    """A restart would forget books, baselines or conditions."""
    memory, waiting = decode_state(state, AssetMemory)
    assert encode_state(memory, waiting) == state
    market = memory.world.markets["north|BTC-USDT-PERP"]
    assert market.quotes.book is not None
    assert market.quotes.book.levels(0) == 8
    assert market.forced.minute_usd(memory.world.now_ns) > 1_000_000
    assert market.trading.ids.holes
    assert math.isnan(market.trading.prices.ago(memory.world.now_s, 200))
    assert memory.conditions.active()
    assert waiting[-1]


def test_a_tree_comes_back_whole(engine: Engine) -> None:
    """What has no waiting events could not be saved."""
    pool = engine.market.memory.pool
    assert decode_tree(encode_tree(pool), type(pool)) == pool


@pytest.mark.parametrize(
    "data", [b"", b"not a state", b"\xc1", msgspec.msgpack.encode([1]), msgspec.msgpack.encode((VERSION, 1))]
)
def test_what_is_no_state_is_refused(data: bytes) -> None:
    """A damaged file would raise something that nobody expects, or start an engine of nonsense."""
    with pytest.raises(StateError, match="not a saved state"):
        decode_state(data, AssetMemory)


def test_a_damaged_state_leaves_the_engine_as_it_was(engine: Engine) -> None:
    """Half a state would be worse than none."""
    saved = engine.snapshot()
    other = Engine()
    other.restore(saved)
    with pytest.raises(StateError):
        other.restore(saved[: len(saved) // 2])
    assert other.snapshot() == saved


def test_damage_within_a_book_is_refused(state: bytes) -> None:
    """The kernel's bytes are read by their own rules, and its errors are its own."""
    with pytest.raises(StateError):
        decode_state(state.replace(b"book\x01", b"look\x01", 1), AssetMemory)


def test_damage_within_a_waiting_event_is_refused(state: bytes) -> None:
    """The events are lines of JSON in a tree of MessagePack: their errors would come through as something else."""
    damaged = state.replace(b'"kind":"', b'"kinD":"', 1)
    assert damaged != state
    with pytest.raises(StateError):
        decode_state(damaged, AssetMemory)


def test_a_state_of_another_version_is_refused_by_name(state: bytes) -> None:
    """An update would misread yesterday's baselines."""
    _, memory = msgspec.msgpack.decode(state, type=tuple[int, msgspec.Raw])
    with pytest.raises(StateError, match=f"version {VERSION + 1}"):
        decode_state(msgspec.msgpack.encode((VERSION + 1, memory)), AssetMemory)


def test_only_what_is_known_can_be_saved() -> None:
    """An unsavable field would be found out at the first restart instead of in a test."""
    with pytest.raises(NotImplementedError, match="object"):
        encode_state(object(), (0, 0, 0, 0, 0, []))
    with pytest.raises(NotImplementedError, match="complex"):
        decode_tree(msgspec.msgpack.encode((VERSION, "1j")), complex)
