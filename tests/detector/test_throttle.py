"""What a throttled feed hides: bounds that hold whatever comes, and an estimate that is right where it can be."""

from __future__ import annotations

from math import exp
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.throttle import Estimate, Shown, by_occupancy, estimate, occupancy, sentence, words
from producers.completeness import ALL, NONE, Coverage

POOLED = Coverage(kind="sampled", rows=1, every_s=1.0)
"""One row a symbol in a second, as on most venues that throttle."""
BY_SIDE = Coverage(kind="sampled", rows=2, every_s=1.0)
PARTIAL = Coverage(kind="partial")
NOTHING = Shown(0.0, 0)

sides = st.integers(0, 60).flatmap(
    lambda rows: st.builds(Shown, st.floats(1.0, 1e9) if rows else st.just(0.0), st.just(rows))
)
feeds = st.sampled_from([ALL, POOLED, BY_SIDE, PARTIAL, NONE, Coverage(kind="sampled", rows=3, every_s=7.0)])
dollars = st.none() | st.floats(-1e9, 1e9)
told = st.fixed_dictionaries({"peers_usd": st.none() | st.floats(0.0, 1e10), "fell_usd": dollars}).flatmap(
    lambda known: st.floats(0.0, 1e9).map(lambda since: known | {"since_usd": since})
)


def judge(feed: Coverage, longs: Shown, shorts: Shown = NOTHING, **known: Any) -> Estimate:
    return estimate(feed, longs, shorts, saturated_share=0.5, **known)


@given(feed=feeds, longs=sides, shorts=sides, known=told)
def test_no_estimate_is_below_what_was_reported_or_above_what_open_interest_allows(
    feed: Coverage, longs: Shown, shorts: Shown, known: dict[str, Any]
) -> None:
    """A bound that does not hold is worse than none."""
    found = judge(feed, longs, shorts, **known)
    assert found.lower_usd == found.reported_usd == longs.usd + shorts.usd
    if found.estimate_usd is not None:
        assert found.estimate_usd >= found.reported_usd
    if found.upper_usd is not None:
        assert found.upper_usd >= (found.estimate_usd or found.reported_usd)


@given(longs=sides, shorts=sides, known=told)
def test_a_complete_feed_is_the_truth(longs: Shown, shorts: Shown, known: dict[str, Any]) -> None:
    """What is known would be called a guess."""
    found, true = judge(ALL, longs, shorts, **known), longs.usd + shorts.usd
    assert found == Estimate(reported_usd=true, estimate_usd=true, upper_usd=true, method="complete")
    assert words(found) == ""


@given(
    usd=st.floats(1.0, 1e9), fewer=st.integers(1, 70), more=st.integers(1, 70), feed=st.sampled_from([POOLED, BY_SIDE])
)
def test_the_fuller_a_feed_the_more_it_hides(usd: float, fewer: int, more: int, feed: Coverage) -> None:
    """The end of counting would look like the end of the cascade."""
    fewer, more = sorted((fewer, more))
    assert by_occupancy(feed, Shown(usd, fewer), NOTHING) <= by_occupancy(feed, Shown(usd, more), NOTHING)


@given(feed=feeds, longs=sides, shorts=sides, known=told)
def test_the_sides_can_be_exchanged(feed: Coverage, longs: Shown, shorts: Shown, known: dict[str, Any]) -> None:
    """A squeeze would be judged otherwise than a fall."""
    one, other = judge(feed, longs, shorts, **known), judge(feed, shorts, longs, **known)
    assert one.method == other.method
    assert one.estimate_usd == pytest.approx(other.estimate_usd)


@given(feed=feeds, longs=sides, shorts=sides, times=st.sampled_from([0.25, 2.0, 1024.0]), known=told)
def test_it_does_not_matter_in_what_money_one_counts(
    feed: Coverage, longs: Shown, shorts: Shown, times: float, known: dict[str, Any]
) -> None:
    """A threshold in dollars would hide in a formula about shares."""
    scaled = {name: None if value is None else value * times for name, value in known.items()}
    found = judge(feed, longs, shorts, **known)
    again = judge(feed, Shown(longs.usd * times, longs.rows), Shown(shorts.usd * times, shorts.rows), **scaled)
    assert again.method == found.method
    for name in ("reported_usd", "estimate_usd", "upper_usd"):
        value = getattr(found, name)
        assert getattr(again, name) == (None if value is None else pytest.approx(value * times, rel=1e-12))


@pytest.mark.parametrize("rows", [1, 10, 29])
def test_below_saturation_the_empty_slots_tell_how_many_fell_into_the_others(rows: int) -> None:
    """The correction would be of another distribution than the one that is said."""
    found = judge(POOLED, Shown(1_000.0 * rows, rows), peers_usd=1e9)
    assert found.method == "occupancy"
    assert found.estimate_usd is not None
    a_slot = found.estimate_usd / 1_000.0 / 60
    assert 1 - exp(-a_slot) == pytest.approx(rows / 60)


def test_at_saturation_peers_are_asked() -> None:
    """The count of a full feed says nothing."""
    full = Shown(1e6, 30)
    assert judge(POOLED, full, peers_usd=7e6) == Estimate(
        reported_usd=1e6, estimate_usd=7e6, upper_usd=None, method="peers"
    )
    assert judge(POOLED, full, peers_usd=1e3).estimate_usd == 1e6
    assert judge(POOLED, Shown(1e6, 29), peers_usd=7e6).method == "occupancy"


def test_without_peers_a_full_feed_is_corrected_as_far_as_its_slots_can_tell() -> None:
    """Infinity, or a failed second in the middle of a crash."""
    found, fuller = judge(POOLED, Shown(1e6, 60)), judge(POOLED, Shown(1e6, 400))
    assert found.method == "occupancy, saturated"
    assert found.estimate_usd == fuller.estimate_usd == pytest.approx(1e6 * 4.787 / (1 - 1 / 120), rel=1e-3)


def test_a_feed_of_one_row_a_side_has_a_counter_for_each() -> None:
    """Longs that fill every slot would be halved by shorts that fill none."""
    longs, shorts = Shown(1e6, 30), Shown(1e5, 6)
    assert (occupancy(BY_SIDE, longs, shorts), occupancy(POOLED, longs, shorts)) == (0.5, 0.6)
    apart = by_occupancy(BY_SIDE, longs, NOTHING) + by_occupancy(BY_SIDE, shorts, NOTHING)
    assert by_occupancy(BY_SIDE, longs, shorts) == pytest.approx(apart)
    assert judge(BY_SIDE, NOTHING, longs, peers_usd=7e6).method == "peers"


@pytest.mark.parametrize("every_s", [0.5, 2.0, 60.0, 600.0])
def test_slots_may_be_of_any_length(every_s: float) -> None:
    """A venue that shows a row in ten minutes would divide by nothing."""
    feed = Coverage(kind="sampled", rows=1, every_s=every_s)
    found = judge(feed, Shown(100.0, 1))
    assert found.estimate_usd is not None
    assert found.estimate_usd >= 100.0
    assert occupancy(feed, Shown(100.0, 1), NOTHING) == min(every_s / 60, 1.0)


@pytest.mark.parametrize("feed", [PARTIAL, NONE, Coverage(kind="poll", every_s=30.0)])
def test_of_a_part_of_unknown_size_no_estimate_is_made_up(feed: Coverage) -> None:
    """A few watched addresses would be taken for a venue."""
    found = judge(feed, Shown(1e6, 50), peers_usd=7e6, fell_usd=5e6)
    assert found == Estimate(reported_usd=1e6, estimate_usd=None, upper_usd=5e6, method="partial")
    assert words(found) == "reported 1 M$ (at least), at most 5 M$ (open interest)"


def test_an_estimate_is_cut_at_the_fall_of_open_interest() -> None:
    """More would be liquidated than was closed."""
    found = judge(POOLED, Shown(1e6, 50), peers_usd=7e6, fell_usd=5e6)
    assert (found.estimate_usd, found.upper_usd) == (5e6, 5e6)


def test_open_interest_bounds_nothing_that_came_after_its_figure() -> None:
    """Between two polls a cascade would be cut to what closed in the calm before it."""
    found = judge(POOLED, Shown(1e6, 50), peers_usd=8e6, fell_usd=2e6, since_usd=5e5)
    assert (found.estimate_usd, found.upper_usd) == (6e6, 6e6)
    found = judge(POOLED, Shown(1e6, 50), peers_usd=8e6, fell_usd=2e6, since_usd=5e6)
    assert (found.estimate_usd, found.upper_usd) == (8e6, 10e6)


@pytest.mark.parametrize("fell_usd", [None, -5e6, 0.0, 9e5])
def test_open_interest_that_cannot_hold_the_reported_is_no_bound(fell_usd: float | None) -> None:
    """Where others open positions it hardly falls, and the estimate would be cut to what was reported."""
    found = judge(POOLED, Shown(1e6, 50), peers_usd=7e6, fell_usd=fell_usd)
    assert (found.estimate_usd, found.upper_usd) == (7e6, None)


def test_a_minute_of_nothing_is_nothing() -> None:
    """Division by zero, once a second and market."""
    for feed in (ALL, POOLED, BY_SIDE):
        assert judge(feed, NOTHING, fell_usd=5e6).estimate_usd == 0.0


def test_estimates_survive_a_save() -> None:
    """An asset that moves to another worker would lose its memory."""
    found = judge(POOLED, Shown(1e6, 50), peers_usd=7e6, fell_usd=5e6)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Estimate) == found


@pytest.mark.parametrize(
    ("usd", "text"), [(0.4, "0 $"), (999.0, "999 $"), (1_500.0, "1.5 k$"), (12.3e6, "12 M$"), (2.5e9, "2.5 G$")]
)
def test_dollars_are_read_at_a_glance(usd: float, text: str) -> None:
    """Digits that nobody knows would look like knowledge."""
    assert sentence(usd, None, "", None) == f"reported {text} (at least)"


@pytest.mark.parametrize("a_second", [0.2, 0.5, 1.5])
def test_of_simulated_liquidations_the_estimate_is_nearer_than_the_report(a_second: float) -> None:
    """The correction would do harm; `benchmarks/throttle.py` measures how much good it does."""
    random = Random(7)
    happened, reported, estimated = [], [], []
    for _ in range(150):
        seconds = [[random.lognormvariate(8.0, 1.0) for _ in range(_poisson(random, a_second))] for _ in range(60)]
        shown = [random.choice(sizes) for sizes in seconds if sizes]
        happened.append(sum(map(sum, seconds)))
        reported.append(sum(shown))
        estimated.append(by_occupancy(POOLED, Shown(sum(shown), len(shown)), NOTHING))
    error = abs(sum(estimated) / sum(happened) - 1)
    assert error < 0.05
    assert error < 1 - sum(reported) / sum(happened)


def _poisson(random: Random, mean: float) -> int:
    count, at = 0, random.expovariate(mean)
    while at < 1:
        count, at = count + 1, at + random.expovariate(mean)
    return count
