"""Saved states: what comes back is what was saved, and nothing else is accepted."""

from __future__ import annotations

import math

import msgspec
import pytest

from detector.engine import Engine, Memory
from detector.state import VERSION, StateError, decode_state, encode_state
from tests.kit.synthetic_crash import synthetic_crash


@pytest.fixture(scope="module")
def state() -> bytes:
    """A state with books, windows, conditions, open holes and waiting events."""
    engine = Engine()
    engine.feed(synthetic_crash(5, calm_s=30, crash_s=45))
    return engine.snapshot()


def test_a_state_comes_back_whole(state: bytes) -> None:
    """A restart would forget books, baselines or conditions."""
    memory, waiting = decode_state(state, Memory)
    assert encode_state(memory, waiting) == state
    market = memory.world.markets["north|BTC-USDT-PERP"]
    assert market.quotes.book is not None
    assert market.quotes.book.levels(0) == 8
    assert market.forced.minute_usd(memory.world.now_ns) > 1_000_000
    assert market.trading.ids.holes
    assert math.isnan(market.trading.prices.ago(memory.world.now_s, 200))
    assert memory.conditions.active()
    assert waiting[5]


@pytest.mark.parametrize(
    "data", [b"", b"not a state", b"\xc1", msgspec.msgpack.encode([1]), msgspec.msgpack.encode((VERSION, 1, 2))]
)
def test_what_is_no_state_is_refused(data: bytes) -> None:
    """A damaged file would raise something that nobody expects, or start an engine of nonsense."""
    with pytest.raises(StateError, match="not a saved state"):
        decode_state(data, Memory)


def test_a_damaged_state_leaves_the_engine_as_it_was(state: bytes) -> None:
    """Half a state would be worse than none."""
    engine = Engine()
    engine.restore(state)
    with pytest.raises(StateError):
        engine.restore(state[: len(state) // 2])
    assert engine.snapshot() == state


def test_damage_within_a_book_is_refused(state: bytes) -> None:
    """The kernel's bytes are read by their own rules, and its errors are its own."""
    with pytest.raises(StateError):
        decode_state(state.replace(b"book\x01", b"look\x01", 1), Memory)


def test_a_state_of_another_version_is_refused_by_name(state: bytes) -> None:
    """An update would misread yesterday's baselines."""
    _, memory, order = msgspec.msgpack.decode(state, type=tuple[int, msgspec.Raw, msgspec.Raw])
    with pytest.raises(StateError, match=f"version {VERSION + 1}"):
        decode_state(msgspec.msgpack.encode((VERSION + 1, memory, order)), Memory)


def test_only_what_is_known_can_be_saved() -> None:
    """An unsavable field would be found out at the first restart instead of in a test."""
    with pytest.raises(NotImplementedError, match="object"):
        encode_state(object(), (0, 0, 0, 0, 0, [], []))
    with pytest.raises(NotImplementedError, match="complex"):
        decode_state(msgspec.msgpack.encode((VERSION, "1j", (0, 0, 0, 0, 0, [], []))), complex)
