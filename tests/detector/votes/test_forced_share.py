"""Liquidations over volume."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from detector.votes.forced_share import ForcedShare, liquidated_at_most
from schemas.alert import Vote
from tests.kit.looks import asset, market, moved, view


def told(*minutes: dict[str, Any], gap_s: int = 60) -> Vote:
    """The vote after these minutes of one market, which is also all that is seen."""
    look, move = ForcedShare(), moved()
    seen = view(0)
    for n, minute in enumerate(minutes):
        fields = {"liquidations_seen": True, "traded_usd_60s": 1_000.0, "liquidated_method": "complete"} | minute
        fields.setdefault("liquidated_estimate_usd", fields.get("liquidated_longs_usd", 0.0))
        for second in range(n * gap_s, (n + 1) * gap_s):
            seen = view(second, asset("BTC", second, **fields))
            look.close_second(seen, move)
    return look.vote(seen, move)


@pytest.mark.parametrize(("usd", "vote"), [(151.0, 1), (150.0, 0), (31.0, 0), (29.0, -1), (0.0, -1)])
@pytest.mark.parametrize("side", ["liquidated_longs_usd", "liquidated_shorts_usd"])
def test_it_votes_by_its_share(usd: float, vote: int, side: str) -> None:
    """Whether sellers had to sell is the question itself, and buyers to buy."""
    found = told({side: usd, "liquidated_estimate_usd": usd})
    assert (found.vote, found.value) == (vote, usd / 1_000.0)


def test_it_is_the_share_of_five_minutes() -> None:
    """One minute's burst would be the whole story, or be drowned in a day."""
    found = told({}, {"liquidated_longs_usd": 400.0}, {}, {}, {})
    assert found.value == pytest.approx(0.2)  # of the two minutes that there were when it ended


@pytest.mark.parametrize(
    ("fields", "vote"),
    [
        ({"liquidated_method": "occupancy", "liquidated_estimate_usd": 20.0}, -1),
        ({"liquidated_method": "peers", "liquidated_estimate_usd": 40.0}, 0),
        ({"liquidated_method": "partial", "liquidated_estimate_usd": None}, 0),
        ({"liquidated_method": "partial", "liquidated_estimate_usd": None, "liquidated_upper_usd": 20.0}, -1),
        ({"liquidated_method": "", "liquidated_longs_usd": 0.0, "liquidated_estimate_usd": None}, -1),
    ],
)
def test_a_throttled_feed_votes_for_news_only_with_what_it_may_hide(fields: dict[str, Any], vote: int) -> None:
    """Binance shows one liquidation a second: every cascade there would be news."""
    found = told({"liquidated_longs_usd": 10.0} | fields)
    assert found.vote == vote
    assert bool(found.note) is (vote == 0 or fields.get("liquidated_longs_usd") != 0.0)


def test_a_market_that_never_showed_a_liquidation_does_not_count() -> None:
    """The volume of venues without such a feed would drown what the others show."""
    look, move = ForcedShare(), moved()
    shown = market("BTC", liquidations_seen=True, liquidated_longs_usd=20.0, traded_usd_60s=100.0)
    hidden = market("BTC", venue="spot", traded_usd_60s=1e9)
    unknown = market("BTC", venue="odd", liquidations_seen=True, traded_usd_60s=None)
    seen = view(0, asset("BTC", 0, shown, hidden, unknown))
    look.close_second(seen, move)
    assert look.vote(seen, move).value == 0.2
    blind = ForcedShare()
    blind.close_second(view(0, asset("BTC", 0, hidden)), move)
    assert blind.vote(seen, move).vote is None


def test_what_a_feed_may_hide_is_never_less_than_what_it_shows() -> None:
    """An estimate below the report would make news of a cascade."""
    reading = market("BTC", liquidated_longs_usd=7.0, liquidated_shorts_usd=3.0, liquidated_method="occupancy")
    assert liquidated_at_most(reading) == inf
    told_less = market("BTC", liquidated_longs_usd=7.0, liquidated_method="occupancy", liquidated_estimate_usd=1.0)
    assert liquidated_at_most(told_less) == 7.0
