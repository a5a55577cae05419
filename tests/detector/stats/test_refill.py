import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.state import decode_tree, encode_tree
from detector.stats.refill import FALL_S, FORGET_S, HIT, LATER_S, MEMORY_S, SOON_S, Refill

START_S = 1_760_000_000
depths = st.lists(st.sampled_from([100.0, 98.0, 95.0, 80.0, 60.0, 30.0, 0.0, math.nan]), max_size=12).map(
    lambda runs: [depth for depth in runs for _ in range(9)]
)


def played(stream: list[float], side: Refill | None = None, start_s: int = START_S) -> Refill:
    """A side whose depth was that, second by second."""
    side = side or Refill()
    for second, depth in enumerate(stream):
        side.close_second(start_s + second, depth)
    return side


def oracle(stream: list[float]) -> tuple[float | None, float | None]:
    """The same from the whole stream at once."""
    hits: list[tuple[int, float, float, float]] = []
    at = FALL_S
    while at < len(stream):
        if not stream[at] < stream[at - FALL_S] * (1.0 - HIT):
            at += 1
            continue
        watched = stream[at : at + LATER_S + 1]
        unknown = next((n for n, depth in enumerate(watched) if math.isnan(depth)), None)
        if unknown is not None:
            at += unknown + 1
            continue
        if len(watched) <= LATER_S:
            break
        low = min(watched[: FALL_S + 1])
        fallen = stream[at - FALL_S] - low
        soon, later = (min(max(watched[after] - low, 0.0), fallen) for after in (SOON_S, LATER_S))
        hits.append((at + LATER_S, fallen, soon, later))
        at += LATER_S + 1
    if not hits or len(stream) - 1 - hits[-1][0] > FORGET_S:
        return None, None
    weights = [math.exp((judged - hits[-1][0]) / MEMORY_S) for judged, *_ in hits]
    fallen = sum(w * hit[1] for w, hit in zip(weights, hits, strict=True))
    soon, later = (sum(w * hit[n] for w, hit in zip(weights, hits, strict=True)) / fallen for n in (2, 3))
    return soon, later


@given(stream=depths)
def test_streaming_and_whole_streams_agree(stream: list[float]) -> None:
    """A replay in one piece would tell another story than the live run."""
    side, expected = played(stream), oracle(stream)
    assert (side.soon, side.later) == pytest.approx(expected, nan_ok=True) if expected[0] is not None else (None, None)


@given(stream=depths, cut=st.integers(0, 108))
def test_it_goes_on_after_a_restart(stream: list[float], cut: int) -> None:
    """A hit just before a restart would be forgotten, or judged by half."""
    saved = decode_tree(encode_tree(played(stream[:cut])), Refill)
    assert encode_tree(played(stream[cut:], saved, START_S + min(cut, len(stream)))) == encode_tree(played(stream))


@pytest.mark.parametrize(
    ("stream", "soon", "later"),
    [
        ([100.0] * 6 + [50.0] * 40, 0.0, 0.0),
        ([100.0] * 6 + [50.0] * 5 + [100.0] * 40, 1.0, 1.0),
        ([100.0] * 6 + [50.0] * 15 + [90.0] * 40, 0.0, 0.8),
        ([100.0] * 6 + [80.0, 60.0, 50.0] + [75.0] * 40, 0.5, 0.5),
        ([100.0] * 6 + [50.0] * 12 + [20.0] * 40, 0.0, 0.0),
        ([100.0] * 6 + [91.0] * 60, None, None),
        ([100.0 * 0.99**second for second in range(100)], None, None),
    ],
)
def test_a_hit_is_judged_by_what_came_back(stream: list[float], soon: float | None, later: float | None) -> None:
    """An ordinary sell-off, which refills, would look like makers who left."""
    side = played(stream)
    assert (side.soon, side.later) == pytest.approx((soon, later)) if later is not None else (None, None)


@pytest.mark.parametrize("factor", [1e-6, 1e9])
def test_dollars_do_not_matter(factor: float) -> None:
    """A thin market would have another resiliency than a deep one of the same shape."""
    stream = [100.0] * 6 + [50.0] * 15 + [90.0] * 40 + [70.0] * 50
    one, other = played(stream), played([depth * factor for depth in stream])
    assert (one.soon, one.later) == pytest.approx((other.soon, other.later))


def test_a_large_hit_weighs_more_than_a_small_one_and_an_old_one_less() -> None:
    """The ripple before a crash would hide that the crash was not refilled."""
    small_back, large_gone = [100.0] * 6 + [85.0] * 4 + [100.0] * 40, [20.0] * 40
    assert played(small_back + large_gone).later == pytest.approx(15.0 / (15.0 + 80.0), rel=0.2)
    late = played(small_back + [100.0] * 600 + large_gone)
    assert late.later is not None
    assert late.later < 0.03


def test_after_a_quarter_of_an_hour_without_a_hit_nothing_is_known() -> None:
    """A refill of last night would excuse the withdrawal of today."""
    side = played([100.0] * 6 + [50.0] * 60)
    assert side.later == 0.0
    assert played([50.0] * FORGET_S, side, START_S + 66).later is None


def test_a_hit_whose_end_cannot_be_seen_is_not_judged() -> None:
    """A reconnect in the middle of a fall would be a withdrawal."""
    assert played([100.0] * 6 + [50.0] * 10 + [math.nan] * 3 + [50.0] * 60).later is None
