"""From votes to a cause that stands."""

from __future__ import annotations

from typing import Any

import pytest

from detector.config import Labelling
from detector.label import Labels
from detector.state import decode_tree, encode_tree
from schemas.alert import Label
from tests.kit.looks import asset, view

NAMES = ("ADA", "DOT", "SOL")
NEWS: dict[str, Any] = {"dislocation": 0.001, "perp_discount": 0.0}
VOID: dict[str, Any] = {"dislocation": 0.05, "perp_discount": -0.02}
"""Two votes each, once prices have moved by a percent."""


class Episode:
    """One story, second by second: three assets that fall a tenth of a percent a second, to 5 %."""

    def __init__(self, *, up: bool = False) -> None:
        self.labels = Labels()
        self.second = 0
        self.sign = 1 if up else -1

    def see(self, seconds: int, looks: dict[str, Any], episode_id: str = "a") -> Label:
        """So many seconds that look like that."""
        for _ in range(seconds):
            price = 100.0 * (1 + self.sign * min(self.second * 0.001, 0.05))
            fields = looks | {"perp_discount": -self.sign * looks.get("perp_discount", 0.0), "price": price}
            seen = view(self.second, *(asset(name, self.second, **fields) for name in NAMES))
            self.labels.close_second(seen, shocked=False, episode_id=episode_id)
            self.second += 1
        label = self.labels.read()
        assert label is not None
        return label


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.parametrize(("looks", "cause"), [(NEWS, "macro"), (VOID, "microstructure")])
def test_two_votes_that_stand_for_a_minute_are_a_cause(looks: dict[str, Any], cause: str, up: bool) -> None:
    """A label that follows every second would be noise; squeezes upwards have causes too."""
    episode = Episode(up=up)
    assert episode.see(60, looks).cause == "undecided"
    assert episode.see(20, looks).cause == cause


def test_the_label_carries_every_vote_and_their_sum() -> None:
    """Nobody could check a word that stands alone; those who cannot see say so."""
    label = Episode().see(100, NEWS)
    votes = {vote.name: vote.vote for vote in label.votes}
    assert votes == {
        "cross_venue_dispersion": -1,
        "forced_share": None,
        "forced_over_depth": None,
        "depth_and_impact": None,
        "breadth_beta": None,
        "spot_and_perp": -1,
        "retrace": None,
        "external_markets": None,
    }
    assert label.score == -2
    assert all(vote.note for vote in label.votes if vote.vote is None)


def test_news_that_leverage_makes_more_of_is_mixed() -> None:
    """10 October 2025 would be one or the other, and was both."""
    episode = Episode()
    assert episode.see(400, NEWS).cause == "macro"
    episode.see(59, VOID)
    assert episode.see(1, VOID).cause == "macro"
    assert episode.see(1, VOID).cause == "mixed"
    assert episode.see(2_000, NEWS).cause == "mixed"


def test_a_first_impression_of_minutes_is_no_macro_trigger() -> None:
    """Every cascade begins with books that still stand: all of them would be mixed."""
    episode = Episode()
    assert episode.see(100, NEWS).cause == "macro"
    assert episode.see(61, VOID).cause == "microstructure"


def test_a_long_doubt_in_which_nobody_spoke_for_leverage_was_news() -> None:
    """A trigger that only one look could see would be forgotten."""
    episode = Episode()
    doubt = episode.see(400, NEWS | {"perp_discount": -0.003})
    assert (doubt.cause, doubt.score) == ("undecided", -1)
    assert episode.see(61, VOID).cause == "mixed"


def test_a_turn_of_less_than_a_minute_changes_nothing() -> None:
    """Subscribers would be told of each turn."""
    episode = Episode()
    episode.see(400, NEWS)
    for _ in range(3):
        assert episode.see(50, VOID).cause == "macro"
        case = episode.labels.case
        assert case is not None
        case.dispersion.seen.candidates.clear()  # as if the window had passed
        assert episode.see(1, NEWS).cause == "macro"


@pytest.mark.parametrize("between", [None, "b"])
def test_another_episode_begins_with_an_empty_count(between: str | None) -> None:
    """Yesterday's void would label today's news."""
    episode = Episode()
    assert episode.see(200, VOID).cause == "microstructure"
    if between is None:
        episode.labels.close_second(view(episode.second), shocked=False, episode_id="")
        assert episode.labels.read() is None
    assert episode.see(1, NEWS, episode_id="b").cause == "undecided"


def test_the_second_of_the_shock_before_the_episode_has_a_name_belongs_to_it() -> None:
    """The first second would be counted twice, or the origin be lost."""
    labels = Labels()
    labels.close_second(view(0, asset("BTC")), shocked=True, episode_id="")
    before = labels.case
    labels.close_second(view(1, asset("BTC", 1)), shocked=True, episode_id="a")
    assert before is not None
    assert labels.case is before


def test_it_goes_on_from_a_saved_state_as_if_nothing_had_happened() -> None:
    """A restart in a crash would count again from nothing."""
    whole, parts = Episode(), Episode()
    for looks in (NEWS, VOID):
        whole.see(90, looks)
        parts.see(90, looks)
        parts.labels = decode_tree(encode_tree(parts.labels), Labels)
    assert encode_tree(parts.labels) == encode_tree(whole.labels)
    assert parts.see(30, VOID) == whole.see(30, VOID)


def test_every_line_for_leverage_lies_beyond_the_one_for_news() -> None:
    """One number would vote for both."""
    lines = Labelling()
    for small, large in (
        (lines.dispersion_macro, lines.dispersion_micro),
        (lines.forced_macro, lines.forced_micro),
        (lines.pressure_macro, lines.pressure_micro),
        (lines.depth_micro, lines.depth_macro),
        (lines.impact_macro, lines.impact_micro),
        (lines.beta_macro, lines.beta_micro),
        (lines.discount_macro, lines.discount_micro),
        (lines.retrace_macro, lines.retrace_micro),
    ):
        assert 0 < small < large
