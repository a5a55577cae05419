"""Made-up markets."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from producers.recording import rest_answer
from producers.venue_server.dialects import dialects
from producers.venue_server.synthetic import Quoted, synthetic

T0 = 1_790_000_000_000_000_000


def test_the_same_seed_gives_the_same_frames() -> None:
    """A failure that nobody can repeat is no finding."""
    runs = [list(synthetic(dialects(), coins=["BTC"], seconds=2, start_ns=T0, seed=seed)) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_a_market_may_go_on_for_ever_and_at_another_pace() -> None:
    """A demo has no end, and five hundred markets need not change ten times a second."""
    frames = synthetic(dialects(), coins=["BTC"], seconds=None, start_ns=T0, step_ns=10**9)
    assert next(recv_ns for recv_ns, _, _ in frames if recv_ns > T0 + 600 * 10**9)
    pace = list(synthetic(dialects(), coins=["BTC"], seconds=5, start_ns=T0, step_ns=10**9))
    assert {(recv_ns - T0) // 10**9 for recv_ns, _, _ in pace} == set(range(6))


def test_prices_have_no_more_digits_than_a_tick() -> None:
    """Venues that write numbers as they are would show digits that no venue shows, and books refuse them."""
    quoted = Quoted(Random(1), 100.0)
    for _ in range(200):
        bids, asks = quoted.step()
        assert all(len(repr(price).partition(".")[2]) <= 2 for price, _ in bids + asks)


def test_every_venue_speaks_in_the_order_of_time_after_its_market_list() -> None:
    """A client asks for markets before anything is played."""
    frames = list(synthetic(dialects(), coins=["BTC"], seconds=2, start_ns=T0))
    assert {venue for _, venue, _ in frames} == set(dialects())
    assert all(before[0] <= after[0] for before, after in pairwise(frames))
    answers = [rest_answer(raw) for _, _, raw in frames[: len(dialects())]]
    assert {answer.rest for answer in answers if answer is not None} == {"markets"}
