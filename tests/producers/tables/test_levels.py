"""Levels as the book reads them keep the file's digits, and hold nothing that the book would refuse."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.kernel import Book
from producers.tables.levels import NO_LEVELS, as_written, best_first

AMOUNTS = st.one_of(
    st.decimals(min_value=0, max_value=10**9, places=6).map(lambda number: f"{number:f}"),
    st.integers(0, 10**9).map(str),
    st.sampled_from(["0", "0.0", "1e-7", "2.5E+3"]),
)
PRICES = st.one_of(
    st.decimals(min_value="0.000001", max_value=10**6, places=6).map(lambda number: f"{number:f}"),
    st.integers(1, 10**6).map(str),
)


@given(st.lists(st.tuples(PRICES, AMOUNTS), max_size=20))
def test_the_digits_are_the_files_own(levels: list[tuple[str, str]]) -> None:
    """A price would lose its last decimals, or a level its place."""
    raw, bad = as_written([f"{price},{amount}" for price, amount in levels])
    assert bad == 0
    assert json.loads(bytes(raw)) == [list(level) for level in levels]
    Book(1.0, False, 0.0).apply_snapshot(bytes(raw), b"[]", False)


@pytest.mark.parametrize(
    "bad",
    ["", ",", "1", "1,", ",1", "1,2,3", "nan,1", "1,inf", "-1,1", "1,-1", "0,1", "0.00,1", '"1",1', "1_0,1", " 1,1",
     "01,1", "1.,1", "1,2;3,4", "1]],1", "\u0661,1", "1,1\n"],
)  # fmt: skip
def test_what_is_no_level_costs_itself_alone(bad: str) -> None:
    """The book would refuse the whole message, or read a number that nobody wrote."""
    raw, lost = as_written(["2,1", bad, "3,1"])
    assert (bytes(raw), lost) == (b'[["2","1"],["3","1"]]', 1)
    assert as_written([bad]) == (NO_LEVELS, 1)


def test_levels_are_put_in_the_order_of_a_book() -> None:
    """Nine would come after ten, as in a dictionary."""
    assert best_first(["9,1", "10.5,2", "10,3"], bids=True) == ["10.5,2", "10,3", "9,1"]
    assert best_first(["10.5,2", "9,1", "10,3"], bids=False) == ["9,1", "10,3", "10.5,2"]
    assert best_first(["x,1", "9,1"], bids=False) == ["x,1", "9,1"]
