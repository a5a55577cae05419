from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from producers.pace import Pace


@given(
    limit=st.integers(1, 40),
    burst=st.integers(0, 40),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=120),
)
def test_no_window_ever_holds_more_turns_than_the_limit(limit: int, burst: int, gaps: list[float]) -> None:
    """A venue would ban the address of a user whose reconnects exceed its limit."""
    now_s = 0.0
    pace = Pace(limit=limit, per_s=60.0, burst=burst, now_s=lambda: now_s)
    begins = []
    for gap in gaps:
        now_s += gap
        begins.append(now_s + pace.reserve_s())
    for begin in begins:
        # The window is open at its end, and a float's width narrower than a minute.
        assert sum(begin <= other < begin + 60.0 - 1e-6 for other in begins) <= max(limit, 1)


def test_a_first_turn_waits_for_nothing() -> None:
    """Every reconnect would be late."""
    assert Pace(limit=60, per_s=60.0, burst=1, now_s=lambda: 5.0).reserve_s() == 0.0
