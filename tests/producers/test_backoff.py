from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producers.backoff import Backoff, retry_after_s


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_waits_stay_below_a_ceiling_that_doubles_up_to_the_cap(draws: list[float]) -> None:
    """A wait beyond its bound would keep a user blind for longer than promised."""
    pending = iter(draws)
    backoff = Backoff(base_s=0.5, cap_s=30.0, draw=lambda: next(pending))
    for number in range(len(draws)):
        assert 0 <= backoff.next_s() < min(0.5 * 2**number, 30.0)


def test_the_first_try_comes_within_half_a_second_and_again_after_a_reset() -> None:
    """A single cut would cost a market seconds of sight."""
    backoff = Backoff(draw=lambda: 0.999)
    assert backoff.next_s() < 0.5
    for _ in range(10):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() < 0.5


@given(st.text(max_size=40))
def test_a_retry_after_header_never_asks_for_less_than_nothing_or_for_ever(header: str) -> None:
    """A venue's odd header would crash the session or silence it for good."""
    wait_s = retry_after_s(header, now_ns=0)
    assert wait_s is None or 0 <= wait_s < float("inf")
