import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stats.kyle import DECAY, KyleLambda

seconds = st.tuples(st.floats(-500.0, 500.0), st.floats(-1e8, 1e8).filter(lambda usd: usd == 0.0 or abs(usd) > 1.0))


@given(stream=st.lists(seconds, min_size=1, max_size=60))
def test_it_equals_the_weighted_regression_through_the_origin_at_every_second(
    stream: list[tuple[float, float]],
) -> None:
    """The impact signal compares this slope with its own hour."""
    impact = KyleLambda()
    for n, (move_bp, flow_usd) in enumerate(stream, start=1):
        impact.close_second(move_bp, flow_usd)
        moves, flows = np.array(stream[:n]).T
        weights = DECAY ** np.arange(n - 1, -1, -1)
        flows = flows / 1e5
        square = float(np.sum(weights * flows * flows))
        if square <= 1e-12:
            assert impact.value is None
        else:
            expected = float(np.sum(weights * moves * flows)) / square
            assert impact.value == pytest.approx(expected, rel=1e-6, abs=1e-6 * 500 / square**0.5)


def test_a_price_that_follows_its_flow_gives_the_slope() -> None:
    """Three basis points per 100,000 USD must read as three."""
    impact = KyleLambda()
    for n in range(1, 200):
        flow_usd = 1e5 * (-1) ** n * (n % 7 + 1)
        impact.close_second(3.0 * flow_usd / 1e5, flow_usd)
    assert impact.value == pytest.approx(3.0)


def test_without_flow_there_is_no_slope() -> None:
    """A price that jumps without trades would divide by zero."""
    impact = KyleLambda()
    assert impact.value is None
    impact.close_second(25.0, 0.0)
    assert impact.value is None


def test_it_forgets_within_minutes() -> None:
    """λ of the calm would hide the void."""
    impact = KyleLambda()
    for _ in range(600):
        impact.close_second(1.0, 1e5)
    for _ in range(300):
        impact.close_second(10.0, 1e5)
    assert impact.value == pytest.approx(10.0, rel=0.01)


@given(stream=st.lists(seconds, min_size=1, max_size=40))
def test_up_and_down_have_the_same_slope(stream: list[tuple[float, float]]) -> None:
    """Impact is a size: a rally into a void is as thin as a fall."""
    up, down = KyleLambda(), KyleLambda()
    for move_bp, flow_usd in stream:
        up.close_second(move_bp, flow_usd)
        down.close_second(-move_bp, -flow_usd)
    assert up.value == down.value
