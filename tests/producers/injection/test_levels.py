"""Levels as venues write them, read and written again."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.injection.levels import on_grid, price_of, quantity_of, read_sides, write_side
from tests.producers.injection.scenes import delta


def test_a_level_keeps_the_venues_spelling() -> None:
    """A price written otherwise may be another price to a book that compares ticks."""
    rows = msgspec.Raw(b'[["60000.50","1.0"],[59999,0],["1e-7","3",7,null]]')
    event = msgspec.structs.replace(delta(0, 2), bids=rows)
    sides = read_sides(event)
    assert sides is not None
    assert [(price_of(row), quantity_of(row)) for row in sides[0]] == [(60_000.5, 1.0), (59_999.0, 0.0), (1e-7, 3.0)]
    assert bytes(write_side(sides[0])) == bytes(rows)


@pytest.mark.parametrize("raw", [b"", b"[[1]]", b'[["a","1"]]', b"[[null,1]]", b"{}", b'[["\xff","1"]]'])
def test_what_a_book_would_refuse_is_not_read(raw: bytes) -> None:
    """A damaged message in a recording would end the replay."""
    assert read_sides(msgspec.structs.replace(delta(0, 2), asks=msgspec.Raw(raw))) is None


@given(price=st.floats(1e-6, 1e6), tick=st.sampled_from((0.1, 0.01, 0.05, 5e-06, 25.0)), up=st.booleans())
def test_a_price_on_the_grid_is_a_whole_number_of_ticks_away(price: float, tick: float, up: bool) -> None:
    """The kernel would learn a finer grid from an order that nobody could place."""
    found = on_grid(price, tick=tick, up=up)
    assert (found >= price) if up else (found <= price)
    assert abs(found - price) <= tick * (1 + 1e-9)
    assert abs(found / tick - round(found / tick)) < 1e-4
