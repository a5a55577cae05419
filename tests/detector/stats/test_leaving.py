import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.state import decode_tree, encode_tree
from detector.stats.leaving import DECAY, LEAST_SEEN, MOST_MOVE, Leaving

dollars = st.floats(0.0, 1e9) | st.just(math.nan)
seconds = st.lists(st.tuples(dollars, dollars, st.floats(-0.004, 0.004), st.floats(-1e7, 1e7)), max_size=80)
Seconds = list[tuple[float, float, float, float]]


def played(stream: Seconds, side: Leaving | None = None) -> Leaving:
    """A side whose seconds were (depth, traded, move, edge)."""
    side = side or Leaving()
    for depth, traded, move, edge in stream:
        side.close_second(depth, traded, move=move, edge_usd=edge)
    return side


def steady(depth: list[float], traded: float = 0.0) -> Leaving:
    """Depths at a price that does not move."""
    return played([(usd, traded, 0.0, 0.0) for usd in depth])


@given(stream=seconds)
def test_streaming_and_whole_streams_agree(stream: Seconds) -> None:
    """A replay in one piece would tell another story than the live run."""
    fallen = traded = seen = 0.0
    for n in range(1, len(stream)):
        before, (depth, taken, move, edge) = stream[n - 1][0], stream[n]
        if abs(move) > MOST_MOVE or math.isnan(before - depth + edge - taken):
            continue
        weight = DECAY ** (len(stream) - 1 - n)
        fallen, traded, seen = fallen + weight * (before - depth + edge), traded + weight * taken, seen + weight
    side = played(stream)
    cancelled = max(fallen - traded, 0.0)
    assert side.fallen_usd == pytest.approx(fallen, abs=1e-3)
    if seen * (1 - DECAY) < LEAST_SEEN - 1e-9 or cancelled + traded == 0.0:
        assert side.share is None
    elif cancelled + traded > 1.0:
        assert side.share == pytest.approx(cancelled / (cancelled + traded), abs=1e-6)


@given(stream=seconds, cut=st.integers(0, 80))
def test_it_goes_on_after_a_restart(stream: Seconds, cut: int) -> None:
    """What left just before a restart would be forgotten."""
    saved = decode_tree(encode_tree(played(stream[:cut])), Leaving)
    assert encode_tree(played(stream[cut:], saved)) == encode_tree(played(stream))


def test_what_takers_ate_is_not_withdrawn() -> None:
    """Every sell-off would be told as makers who leave."""
    eaten = steady([1000.0 - 10.0 * second for second in range(60)], traded=10.0)
    assert eaten.share == pytest.approx(0.0, abs=1e-9)


def test_what_nobody_traded_is_withdrawn() -> None:
    """The earliest sign of a cascade that a book gives would be missed."""
    left = steady([1000.0 - 10.0 * second for second in range(60)])
    assert left.share == pytest.approx(1.0)
    both = steady([1000.0 - 10.0 * second for second in range(60)], traded=5.0)
    assert both.share == pytest.approx(0.5, abs=0.01)


def test_orders_that_come_and_go_are_no_withdrawal() -> None:
    """Makers move their orders all the time: second by second nearly all that leaves is cancelled."""
    churn = steady([1000.0 + 300.0 * (second % 2) for second in range(301)], traded=5.0)
    assert churn.share is not None
    assert churn.share < 0.1


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("step", [-0.0002, 0.0002])
def test_a_price_that_walks_through_a_book_at_rest_withdraws_nothing(side: int, step: float) -> None:
    """In every fall the asks' far edge comes nearer, and its orders would count as taken away."""
    density_usd = 1e6
    eaten = side * step < 0  # the side that the price walks into; the other one it leaves behind
    stream = [
        (
            density_usd * (0.01 if eaten else 0.01 - abs(step) * second),
            density_usd * abs(step) if eaten else 0.0,
            step,
            -side * step * density_usd,
        )
        for second in range(40)
    ]
    left = played(stream)
    assert left.fallen_usd == pytest.approx(left.traded_usd)
    assert left.share in (None, pytest.approx(0.0, abs=1e-9))


def test_seconds_in_which_the_price_jumps_are_not_counted_and_too_few_tell_nothing() -> None:
    """In a void the band moves through the book faster than anybody could cancel."""
    quiet = [(1000.0 - second, 0.0, 0.0, 0.0) for second in range(60)]
    jumping = [(1000.0 - second, 0.0, 0.01, 0.0) for second in range(60)]
    assert played(quiet).share == 1.0
    assert played(jumping).share is None
    assert played(quiet + jumping * 2).share is None


def test_an_unknown_depth_or_notional_is_not_counted() -> None:
    """A gap would be a withdrawal of everything."""
    side = steady([1000.0] * 60 + [math.nan] * 3 + [100.0] * 3, traded=1.0)
    assert side.share == 0.0
    assert steady([1000.0 - second for second in range(60)], traded=math.nan).share is None
