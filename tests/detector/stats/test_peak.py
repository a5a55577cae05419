"""The running maximum: the same as a look through the whole window at every second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detector.stats.peak import Peak

VALUES = st.lists(st.none() | st.floats(-1e6, 1e6) | st.just(float("nan")), max_size=60)


@given(values=VALUES, window_s=st.integers(1, 12))
def test_it_is_the_largest_of_the_window_at_every_second(values: list[float | None], window_s: int) -> None:
    """A dislocation of three minutes ago would be forgotten, or one of ten minutes ago still tell."""
    peak = Peak(window_s=window_s)
    for second, value in enumerate(values):
        peak.put(second, value)
        known = [v for v in values[max(0, second + 1 - window_s) : second + 1] if v is not None and v == v]
        assert peak.recent == max(known, default=None)
        ever = [v for v in values[: second + 1] if v is not None and v == v]
        assert peak.highest == max(ever, default=None)
        assert len(peak.candidates) <= window_s


def test_seconds_that_were_skipped_count_as_time() -> None:
    """A stage that was away for an hour would go on with what it saw before."""
    peak = Peak(window_s=5)
    peak.put(10, 3.0)
    peak.put(3_600, None)
    assert (peak.recent, peak.highest) == (None, 3.0)
