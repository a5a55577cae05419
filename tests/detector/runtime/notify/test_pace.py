"""How often a channel may be spoken to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detector.runtime.notify.pace import NS, Pace


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 5), st.floats(0.5, 30))
def test_no_window_of_any_rule_ever_holds_more_than_it_may(pauses: list[float], count: int, seconds: float) -> None:
    """One too many, and the channel shuts us out."""
    pace, now_ns, sent = Pace([(count, seconds), (10, 60.0)]), 0, list[int]()
    for pause_s in pauses:
        now_ns += int(pause_s * NS)
        now_ns += pace.wait_ns(now_ns)
        pace.sent(now_ns)
        sent.append(now_ns)
    for most, span_s in ((count, seconds), (10, 60.0)):
        for first, last in zip(sent, sent[most:], strict=False):
            assert last - first >= int(span_s * NS)


def test_without_rules_nobody_waits() -> None:
    """A file has no limits."""
    pace = Pace([])
    pace.sent(0)
    assert pace.wait_ns(0) == 0
