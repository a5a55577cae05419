"""What a configuration will do, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.alerts.match import Match
from detector.alerts.routes import QuietHours, Route
from detector.alerts.traits import Traits
from detector.sinks.config import NotifyConfig, NotifySettings
from detector.sinks.describing import doubts, route_in_words, routes_to, traits_in_words
from detector.sinks.json_lines import StdoutSettings


def config(*routes: Route, sinks: tuple[str, ...] = ("phone",)) -> NotifyConfig:
    """With these routes."""
    return NotifyConfig(
        file=Path("cascade.toml"),
        notify=NotifySettings(),
        sinks={name: StdoutSettings() for name in sinks},
        routes=routes,
    )


def test_a_route_says_all_that_it_decides() -> None:
    """Whoever checks a file could not see what it will do at night."""
    route = Route(
        sinks=("phone",),
        match=Match(asset=("BTC", "ETH"), stage=("S4",)),
        min_level="HIGH",
        quiet_hours=QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin"),
    )
    assert route_in_words(route) == (
        "stage S4; asset BTC or ETH, from HIGH on; quiet 22:00 to 07:00 Europe/Berlin, but for EMERGENCY and above; "
        "grouped by kind; pictures from HIGH on"
    )


def test_of_a_feed_nothing_is_said_that_does_not_hold_for_it() -> None:
    """A program's author would believe in quiet hours that there are not."""
    assert route_in_words(Route(sinks=("topic",), min_level="WATCH"), feed=True) == "everything, from WATCH on"


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        (Traits(every_revision=True), "every revision of every alert"),
        (Traits(edits=True), "edited"),
        (Traits(), "one more when it is over"),
    ],
)
def test_a_channel_says_what_it_can_do(traits: Traits, says: str) -> None:
    """Nobody would know why a channel gets more messages than another."""
    assert says in traits_in_words(traits)


def test_routes_are_numbered_as_errors_number_them() -> None:
    """Another route would be mended."""
    routes = (Route(sinks=("desk",)), Route(sinks=("phone", "desk")))
    assert [number for number, _ in routes_to("phone", routes)] == [2]


@pytest.mark.parametrize(
    ("configured", "says"),
    [
        (config(sinks=()), "there is no sink"),
        (config(Route(sinks=("desk",)), sinks=("desk", "phone")), "no route leads to phone"),
        (
            config(Route(sinks=("phone",), min_level="HIGH"), Route(sinks=("phone",), match=Match(asset=("BTC",)))),
            "[[routes]] 2 is never used for phone: [[routes]] 1 takes all",
        ),
        (config(Route(sinks=("phone",), watchlist=("btc",))), "assets are written in capitals, BTC and not btc"),
    ],
)
def test_what_can_hardly_be_meant_is_asked_about(configured: NotifyConfig, says: str) -> None:
    """A route that is allowed and does nothing would be found out on the day that it was for."""
    (doubt,) = doubts(configured)
    assert says in doubt


def test_narrow_before_wide_is_no_doubt() -> None:
    """What is as it should be would be complained about."""
    narrow = Route(sinks=("phone",), match=Match(asset=("BTC",)))
    assert list(doubts(config(narrow, Route(sinks=("phone",))))) == []
