"""Where alerts go, when, and how they are put together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from detector.alerts.routes import QuietHours, Route
from tests.kit.alerts import an_alert


def at(text: str) -> int:
    """Nanoseconds since 1970 of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e9)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2025-07-01T20:00", True),  # 22:00 in Berlin
        ("2025-07-01T19:59", False),
        ("2025-12-01T20:30", False),  # 21:30: winter
        ("2025-12-01T21:00", True),
        ("2025-12-02T05:59", True),
        ("2025-12-02T06:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(moment: str, quiet: bool) -> None:
    """Twice a year somebody would be called an hour too early."""
    assert QuietHours(start="22:00", end="07:00", timezone="Europe/Berlin").holds(at(moment)) is quiet


def test_quiet_hours_within_a_day_and_from_what_level_on_they_are_broken() -> None:
    """A nap at noon would be quiet all night instead, or an emergency would wait for the morning."""
    route = Route(sinks=("phone",), quiet_hours=QuietHours(start="12:00", end="14:00", unless="CRITICAL"))
    assert route.is_quiet("HIGH", at("2025-07-01T12:00"))
    assert not route.is_quiet("HIGH", at("2025-07-01T14:00"))
    assert not route.is_quiet("CRITICAL", at("2025-07-01T12:00"))


@pytest.mark.parametrize("start", ["24:00", "7:00", "07:60", "noon", "07.00"])
def test_a_time_of_day_that_is_none_is_refused(start: str) -> None:
    """It would never be quiet, or always."""
    with pytest.raises(ValueError, match="write HH:MM"):
        QuietHours(start=start, end="08:00")


def test_a_time_zone_that_is_none_is_refused() -> None:
    """The hours would be others than meant."""
    with pytest.raises(ValueError, match="no time zone 'Berlin'"):
        QuietHours(start="22:00", end="07:00", timezone="Berlin")


def test_single_assets_are_told_together_and_data_apart() -> None:
    """Three hundred coins that fall would be three hundred messages."""
    route = Route(sinks=("phone",))
    alerts = [an_alert(), an_alert(scope="BTC"), an_alert(scope="ETH"), an_alert(scope="okx", stages=("D",))]
    assert [route.group(alert) for alert in alerts] == ["market", "assets", "assets", "data"]
    alone = Route(sinks=("phone",), group_by="scope")
    assert [alone.group(alert) for alert in alerts] == ["market", "BTC", "ETH", "okx"]


def test_a_watchlist_leaves_out_other_assets_and_nothing_else() -> None:
    """Who holds BTC alone would read of coins that they never heard of, or miss the market."""
    route = Route(sinks=("phone",), watchlist=("BTC",))
    assert route.takes(an_alert(scope="BTC"))
    assert not route.takes(an_alert(scope="ETH"))
    assert route.takes(an_alert())
    assert route.takes(an_alert(scope="okx", stages=("D",)))


def test_a_route_to_nowhere_is_refused() -> None:
    """Somebody believes that they would be called."""
    with pytest.raises(ValueError, match="no sink"):
        Route(sinks=())
