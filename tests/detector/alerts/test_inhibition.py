"""One story at a time for people."""

from __future__ import annotations

import pytest

from detector.alerts.inhibition import Inhibition
from schemas.alert import MARKET, OURS, Alert, Coverage, Level, Stage


def alert(
    scope: str, level: Level, *, episode: str = "", resolved: bool = False, stages: tuple[Stage, ...] = ("S2",)
) -> Alert:
    """A revision of an episode, of the scope's only one unless told."""
    return Alert(
        alert_id="a",
        episode_id=episode or scope,
        revision=1,
        ts_ns=1,
        status="resolved" if resolved else "open",
        level="CLEAR" if resolved else level,
        peak_level=level,
        stages=stages,
        scope=scope,
        direction="down",
        since_ns=0,
        headline="",
        evidence=(),
        conditions=(),
        coverage=Coverage(live=1, families=1),
    )


@pytest.mark.parametrize(
    ("market", "asset", "allowed"),
    [
        ("CLEAR", "HIGH", True),
        ("WARN", "HIGH", False),
        ("WATCH", "HIGH", True),
        ("WARN", "CRITICAL", True),
        ("HIGH", "HIGH", False),
        ("HIGH", "EMERGENCY", False),
        ("EMERGENCY", "CRITICAL", False),
        ("WATCH", "WARN", True),
        ("WARN", "WARN", False),
    ],
)
def test_an_asset_is_not_told_beside_a_market_that_stands_as_high(market: Level, asset: Level, allowed: bool) -> None:
    """A crash of everything would be told once for every coin."""
    inhibition = Inhibition()
    assert inhibition.allows(alert(MARKET, market))
    assert inhibition.allows(alert("SOL", asset)) is allowed


def test_a_story_that_was_begun_is_told_to_its_end() -> None:
    """The last that a reader hears of an asset would be that it is CRITICAL."""
    inhibition = Inhibition()
    assert inhibition.allows(alert("SOL", "HIGH"))
    assert inhibition.allows(alert(MARKET, "EMERGENCY"))
    assert inhibition.allows(alert("SOL", "CRITICAL"))
    assert not inhibition.allows(alert("ETH", "CRITICAL"))
    assert inhibition.allows(alert("SOL", "CRITICAL", resolved=True))


def test_the_end_of_a_story_that_nobody_heard_is_not_told() -> None:
    """The first that a reader hears of it would be that it is over."""
    inhibition = Inhibition()
    inhibition.allows(alert(MARKET, "HIGH"))
    assert not inhibition.allows(alert("SOL", "CRITICAL"))
    inhibition.allows(alert(MARKET, "HIGH", resolved=True))
    assert inhibition.market_level == 0
    assert not inhibition.allows(alert("SOL", "CRITICAL", resolved=True))


def test_an_asset_that_goes_on_after_the_market_is_told_then() -> None:
    """What began as a part of the market's story and outlives it would stay hidden."""
    inhibition = Inhibition()
    inhibition.allows(alert(MARKET, "HIGH"))
    assert not inhibition.allows(alert("SOL", "HIGH"))
    inhibition.allows(alert(MARKET, "WATCH"))
    assert inhibition.allows(alert("SOL", "CRITICAL"))


def test_an_assets_next_story_is_another_one() -> None:
    """An asset that was told once would be told beside the market for ever."""
    inhibition = Inhibition()
    assert inhibition.allows(alert("SOL", "HIGH", episode="one"))
    inhibition.allows(alert(MARKET, "CRITICAL"))
    assert not inhibition.allows(alert("SOL", "HIGH", episode="two"))


@pytest.mark.parametrize(
    ("market", "data", "allowed"),
    [
        ("CLEAR", "WATCH", True),
        ("WARN", "WATCH", True),
        ("HIGH", "WATCH", False),
        ("HIGH", "WARN", True),
        ("EMERGENCY", "WARN", True),
    ],
)
def test_blindness_is_told_whatever_the_market_does_and_a_single_book_is_not(
    market: Level, data: Level, allowed: bool
) -> None:
    """Nobody would know in a crash that half of it is not seen; or everybody would read of one book in the middle."""
    inhibition = Inhibition()
    inhibition.allows(alert(MARKET, market))
    assert inhibition.allows(alert("okx", data, stages=("D",))) is allowed


def test_while_we_hear_nothing_no_venue_is_told_beside_it() -> None:
    """Our own cut cable would be told once for every venue."""
    inhibition = Inhibition()
    assert inhibition.allows(alert("okx", "WARN", stages=("D", "S3")))
    assert inhibition.allows(alert(OURS, "WARN", stages=("D",)))
    assert not inhibition.allows(alert("bybit", "WARN", stages=("D", "S3")))
    assert inhibition.allows(alert("okx", "WARN", stages=("D", "S3"), resolved=True))
    assert inhibition.allows(alert(OURS, "WARN", stages=("D",), resolved=True))
    assert not inhibition.allows(alert("bybit", "WARN", stages=("D", "S3"), resolved=True))
    assert inhibition.allows(alert("bybit", "WARN", episode="next", stages=("D", "S3")))
