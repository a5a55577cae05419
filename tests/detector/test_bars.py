import math

from hypothesis import given
from hypothesis import strategies as st

from detector.bars import Ring, Tally


@given(
    values=st.lists(st.floats(allow_nan=False), max_size=60), size=st.integers(1, 12), start_s=st.integers(0, 2 * 10**9)
)
def test_a_ring_remembers_its_last_seconds_and_nothing_else(values: list[float], size: int, start_s: int) -> None:
    """A minute's return would compare with the wrong minute."""
    ring = Ring.of(size)
    for second, value in enumerate(values):
        now_s = start_s + second
        oldest = ring.push(now_s, value)
        assert oldest == values[second - size + 1] if second >= size - 1 else math.isnan(oldest)
        for seconds in range(size + 3):
            found = ring.ago(now_s, seconds)
            if seconds < size and seconds <= second:
                assert found == values[second - seconds]
            else:
                assert math.isnan(found)


def test_a_ring_that_was_never_written_knows_nothing() -> None:
    """Zero would be a price."""
    assert math.isnan(Ring.of(5).ago(1_760_000_000, 0))


@given(values=st.lists(st.integers(0, 10**12), max_size=60), size=st.integers(1, 12), start_s=st.integers(0, 2 * 10**9))
def test_a_tally_is_the_exact_sum_of_its_last_seconds(values: list[int], size: int, start_s: int) -> None:
    """An order rate would drift."""
    tally = Tally.of(size)
    for second, value in enumerate(values):
        assert tally.put(start_s + second, value) == (values[second - size] if second >= size else 0)
        assert tally.total == sum(values[max(0, second + 1 - size) : second + 1])


def test_two_of_a_kind_share_no_seconds() -> None:
    """One market's trades would be counted on another."""
    one, other = Tally.of(3), Tally.of(3)
    one.put(0, 7)
    assert (one.total, other.total) == (7, 0)
