"""Made-up markets."""

from __future__ import annotations

from itertools import pairwise

from producers.recording import rest_answer
from producers.venue_server.dialects import dialects
from producers.venue_server.synthetic import synthetic

T0 = 1_790_000_000_000_000_000


def test_the_same_seed_gives_the_same_frames() -> None:
    """A failure that nobody can repeat is no finding."""
    runs = [list(synthetic(dialects(), coins=["BTC"], seconds=2, start_ns=T0, seed=seed)) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_every_venue_speaks_in_the_order_of_time_after_its_market_list() -> None:
    """A client asks for markets before anything is played."""
    frames = list(synthetic(dialects(), coins=["BTC"], seconds=2, start_ns=T0))
    assert {venue for _, venue, _ in frames} == set(dialects())
    assert all(before[0] <= after[0] for before, after in pairwise(frames))
    answers = [rest_answer(raw) for _, _, raw in frames[: len(dialects())]]
    assert {answer.rest for answer in answers if answer is not None} == {"markets"}
