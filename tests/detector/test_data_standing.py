"""Levels of blindness, apart from the level of the market."""

from __future__ import annotations

import pytest

from detector.conditions import Condition
from detector.config import Config, Data
from detector.data_standing import data_standings, data_vitals, is_of_data
from detector.rollup import Watched, asset_standing, market_standing
from detector.signals import book_faults, breadth, clocks, depth, feed, ourselves, venue_words
from detector.verdict import CALM, HIGH, WARN, WATCH
from schemas.alert import MARKET, OURS, Stage
from tests.kit.heard import hearing, late, stream
from tests.kit.standing import market_of


def on(rule: str, *, venue: str = "north", asset: str = "*", severity: int = WARN, stage: Stage = "D") -> Condition:
    """A condition that holds."""
    return Condition(rule, stage, venue, asset, severity=severity)


def books(*assets: str, rule: str = book_faults.GHOST) -> list[Condition]:
    """Faulty books."""
    return [on(rule, asset=asset, severity=WATCH) for asset in assets]


SILENT = on(feed.SILENCE, severity=HIGH, stage="S3")
EVERYTHING = [SILENT, *books("BTC", "ETH", "SOL"), on(clocks.RULE), on(ourselves.DEAF, venue=MARKET)]


@pytest.mark.parametrize(
    ("active", "level"),
    [
        (books("BTC"), WATCH),
        ([SILENT], WARN),
        ([on(venue_words.HALTED, stage="S3")], WARN),
        ([on(clocks.RULE)], WARN),
        ([on(venue_words.SIDES, severity=WATCH)], WATCH),
    ],
)
def test_blind_is_more_than_a_book(active: list[Condition], level: int) -> None:
    """A ghost order would wake somebody, or a dead venue nobody; and neither says how grave the market is."""
    (found,) = data_standings(active, {"north": 9}, Data()).values()
    assert (found.level, found.direction, found.second_key) == (level, "none", "")
    assert "D" in found.stages


@pytest.mark.parametrize(
    ("faulty", "watched", "level"),
    [(("BTC", "ETH", "SOL"), 6, WARN), (("BTC", "ETH", "SOL"), 7, WATCH), (("BTC", "ETH"), 2, WATCH)],
)
def test_half_of_the_books_are_as_good_as_all(faulty: tuple[str, ...], watched: int, level: int) -> None:
    """A venue whose books are all wrong would be told as a few odd ones."""
    (found,) = data_standings(books(*faulty), {"north": watched}, Data()).values()
    assert found.level == level


def test_each_venue_has_its_own_and_ours_comes_first() -> None:
    """Two venues would share a story; and people would read of each venue before they read that it is us."""
    active = [on(clocks.RULE, venue="south"), SILENT, on(ourselves.DEAF, venue=MARKET)]
    found = data_standings(active, {}, Data())
    assert list(found) == [OURS, "north", "south"]
    assert [standing.rules for standing in found.values()] == [(ourselves.DEAF,), (feed.SILENCE,), (clocks.RULE,)]


def test_what_is_said_of_prices_is_no_matter_of_data() -> None:
    """Every shock would be told once more for every venue."""
    shock, thin = on(breadth.SHOCK, venue=MARKET, stage="S1"), on(depth.DEPTH, stage="S3")
    assert not is_of_data(shock)
    assert data_standings([shock, thin], {}, Data()) == {}


def test_a_late_feed_is_no_blindness() -> None:
    """What was true a second ago would be told like nothing at all; and told nowhere in the calm it would be missed."""
    late = on(feed.DELAY, stage="S3", severity=HIGH)
    assert data_standings([late], {}, Data())["north"].level == WATCH


def test_our_data_raise_neither_the_market_nor_an_asset() -> None:
    """Somebody would sell because a cable was loose."""
    only_data = [c for c in EVERYTHING if c.stage == "D"]
    market = market_standing(only_data, Watched({"north": 3}, 3), Config())
    asset = asset_standing("BTC", only_data)
    assert (market.level, market.stages, market.direction) == (CALM, (), "none")
    assert (asset.level, asset.stages, asset.direction) == (CALM, (), "none")


def test_a_venue_that_says_it_stopped_is_withdrawn() -> None:
    """Its own word would count for less than its silence."""
    shock = on(breadth.SHOCK, venue=MARKET, stage="S1", severity=WATCH)
    halted = on(venue_words.HALTED, stage="S3")
    assert market_of([shock]).level == WATCH
    assert market_of([shock, halted]).level == WARN


def test_three_numbers_stand_beside_every_alert_about_data() -> None:
    """A reader could not tell a pause from an outage."""
    view = hearing(stream("north", silent_s=9.0, book_fault="gap"), late("south"), pauses_s={"north": 2.0})
    numbers = {n.signal: n for n in data_vitals(view, "north")}
    assert (numbers["last_heard"].value, numbers["last_heard"].baseline) == (9.0, 2.0)
    assert (numbers["faulty_books"].value, numbers["delay"].value) == (1.0, 0.02)
    assert {n.where for n in numbers.values()} == {"north"}
    ours = {n.signal: n.value for n in data_vitals(view, OURS)}
    assert ours == {"last_heard": 0.1, "faulty_books": 1.0, "delay": 3.0}
    never = data_vitals(view, "west")
    assert [(n.signal, n.value) for n in never] == [
        ("markets", 0.0),
        ("other_venues_heard", 2.0),
        ("their_markets", 2.0),
    ]
    assert never[0].note == "nothing was ever heard"
