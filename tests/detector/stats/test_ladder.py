"""Where open positions would be liquidated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.stats.ladder import LEVERAGES, LONG, MAINTENANCE, SHORT, Ladder

PRICES = st.floats(50.0, 200.0)


def opened(price: float = 100.0, usd: float = 2e6) -> Ladder:
    """A ladder that saw open interest grow at a price."""
    ladder = Ladder()
    ladder.on_open_interest(price=price, usd=usd)
    ladder.on_open_interest(price=price, usd=2 * usd)
    return ladder


def test_it_says_nothing_before_a_fifth_of_the_open_interest_was_seen_to_open() -> None:
    """Positions that were there before us would be taken for none at all."""
    ladder = Ladder()
    for usd in (100e6, 110e6):
        ladder.on_open_interest(price=100.0, usd=usd)
    assert ladder.within(price=100.0, share=0.02, side=LONG) is None


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_both_sides_of_a_position_stand_at_the_same_distance(side: int) -> None:
    """A squeeze upwards would be called less fragile than a fall."""
    assert opened().within(price=100.0, share=0.25, side=side) == pytest.approx(2e6)


def test_what_the_price_has_swept_is_gone() -> None:
    """The same positions would be liquidated again on every retest."""
    ladder = opened()
    ladder.sweep(98.4)
    assert ladder.within(price=98.4, share=0.02, side=LONG) == pytest.approx(0.3 * 2e6)  # those of 25 at 96.5
    ladder.sweep(1.0)
    assert ladder.within(price=98.4, share=0.9, side=LONG) == 0.0


def test_a_loss_takes_from_every_rung_alike() -> None:
    """Open interest that halves would leave the model as it was."""
    ladder = opened()
    ladder.on_open_interest(price=100.0, usd=2e6)
    assert ladder.within(price=100.0, share=0.25, side=LONG) == pytest.approx(1e6)


@given(st.lists(st.tuples(PRICES, st.floats(1e5, 1e9)), min_size=2, max_size=40))
def test_the_stream_equals_the_sum_over_all_openings(path: list[tuple[float, float]]) -> None:
    """Scaling and sweeping by parts would drift away from the plain model."""
    ladder, before, positions = Ladder(), 0.0, []
    for price, usd in path:
        ladder.on_open_interest(price=price, usd=usd)
        if before:
            if usd >= before:
                positions += [
                    (price * (1 - 1 / leverage + MAINTENANCE), (usd - before) * share) for leverage, share in LEVERAGES
                ]
            else:
                positions = [(at, size * usd / before) for at, size in positions]
        before = usd
    total = ladder.scale * sum(ladder.rungs[LONG].values())
    assert total == pytest.approx(sum(size for _, size in positions))


def test_many_small_losses_lose_no_digits() -> None:
    """After months of a shrinking scale new positions would vanish in rounding."""
    ladder = opened(usd=1e6)
    for _ in range(200):
        ladder.on_open_interest(price=100.0, usd=0.9 * ladder.open_interest_usd)
    assert ladder.scale > 1e-7
    assert ladder.within(price=100.0, share=0.25, side=LONG) == pytest.approx(ladder.open_interest_usd / 2)
