"""Rows that stand behind later ones are put where they belong, as far as that is kept in mind."""

from __future__ import annotations

from itertools import chain
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from producers.tables import row_order
from producers.tables.row_order import BUFFER_ROWS, RowOrder

BEGINS = 1_760_130_000_000


def row(number: int, time: int | None = None) -> str:
    return f"{number},x,{BEGINS + (number if time is None else time)}"


def ordered(order: RowOrder, *runs: list[str]) -> list[str]:
    return list(chain.from_iterable(order.of(runs)))


@given(st.lists(st.lists(st.integers(0, 50), max_size=9), max_size=9))
def test_all_that_is_kept_in_mind_is_sorted_and_rows_of_one_time_stay(runs: list[list[int]]) -> None:
    """A shuffled file would be replayed as it lies, and none of it counted."""
    order = RowOrder(2)
    rows = [[row(number, time) for number, time in enumerate(times)] for times in runs]
    given_out = ordered(order, *rows)
    every = list(chain.from_iterable(rows))
    assert given_out == sorted(every, key=lambda one: int(one.split(",")[2]))
    assert (order.moved > 0) is (given_out != every)
    assert order.late == 0


def test_rows_of_one_time_are_put_in_the_order_of_their_ids_where_rows_were_moved() -> None:
    """Ids that go back and forth would be holes, the mark of a deleveraging."""
    shuffled = [row(3, 5), row(2, 5), row(1, 4)]
    assert ordered(RowOrder(2, 0), shuffled) == shuffled[::-1]
    assert ordered(RowOrder(2), shuffled) == [shuffled[2], *shuffled[:2]]


def test_a_row_too_far_behind_is_counted_and_kept_where_it_is() -> None:
    """It would be lost, or a whole file would be kept in mind."""
    order = RowOrder(2)
    runs = [[row(number) for number in range(at, at + 1_000)] for at in range(5, 3 * BUFFER_ROWS, 1_000)]
    given_out = ordered(order, *runs, [row(1)], [row(2), row(3 * BUFFER_ROWS - 50)])
    assert (order.late, order.moved) == (2, 1)
    assert len(given_out) == sum(map(len, runs)) + 3
    assert 0 < given_out.index(row(1)) < given_out.index(row(2)) <= 2 * BUFFER_ROWS


def test_a_row_without_a_time_stays_where_it_is() -> None:
    """One damaged row would put all others out of order."""
    bad = ["", "x", "7,x,", "7,x,12", "7,x,99999999999999999999"]
    rows = [row(1), *bad, row(2)]
    for runs in ([rows], [[one] for one in rows], [[row(1)], bad, [row(2)]]):
        order = RowOrder(2, 0)
        assert ordered(order, *runs) == rows
        assert (order.moved, order.late) == (0, 0)
    order = RowOrder(2)
    assert ordered(order, [row(2), "x", row(1)]) == [row(1), row(2), "x"]


def test_a_shuffled_file_longer_than_the_buffer_loses_no_row() -> None:
    """Trades would be lost without a word."""
    rows = [row(number) for number in range(3 * BUFFER_ROWS)]
    Random(1).shuffle(rows)
    order = RowOrder(2, 0)
    runs = [rows[at : at + 4_000] for at in range(0, len(rows), 4_000)]
    assert sorted(ordered(order, *runs)) == sorted(rows)
    assert order.late > row_order.BUFFER_ROWS / 10
