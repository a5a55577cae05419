"""Venues by the names that people call them."""

from __future__ import annotations

import pytest

from detector.alerts.places import VENUES, in_words, listed, place, scope, venue
from producers.venues import registry
from tests.kit.alerts import an_alert


def test_every_venue_that_there_is_has_a_name() -> None:
    """A new venue would be told by its id, beside others by their names."""
    assert set(VENUES) == set(registry.VENUES)


def test_an_unknown_venue_is_told_by_its_id() -> None:
    """A plugin's venue would have no place in a message."""
    assert venue("new\u202evenue") == "newvenue"
    assert scope(an_alert(scope="okx")) == "OKX"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices apart (okx, binance-usdm)", "prices apart (OKX, Binance USD-M)"),
        ("bybit-spot book", "Bybit spot book"),
        ("my-okx and okxx", "my-okx and okxx"),
    ],
)
def test_ids_within_a_sentence_become_names_only_where_they_stand_alone(text: str, said: str) -> None:
    """A coin whose name has a venue's in it would be renamed."""
    assert in_words(text) == said


@pytest.mark.parametrize(
    ("where", "of", "said"),
    [("okx BTC", "market", "OKX BTC"), ("okx BTC", "BTC", "OKX"), ("okx BTC", "okx", "BTC"), ("", "BTC", "")],
)
def test_of_a_place_only_what_the_title_does_not_say_is_said(where: str, of: str, said: str) -> None:
    """Each line would repeat the asset."""
    assert place(where, of=of) == said


def test_of_a_long_list_the_first_are_named_and_the_rest_counted() -> None:
    """Five hundred assets would be one line."""
    assert listed(["A" * 50, "B", "C", "D"], 2) == f"{'A' * 39}…, B and 2 more"
    assert listed([], 2) == ""
