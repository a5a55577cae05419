"""Three numbers, each with its normal."""

from __future__ import annotations

from typing import Any

from detector.alerts.figures import figure, figures
from detector.alerts.message import Figure
from schemas.alert import Evidence
from tests.kit.alerts import an_alert

DEPTH = Evidence(signal="bid_depth_1pct", where="binance-usdm BTC", value=0.4e6, baseline=6.1e6, unit="USD")
SMALL = Evidence(signal="bid_depth_1pct", where="binance-coinm FIL", value=1e4, baseline=3e5, unit="USD")
RATIO = Evidence(signal="depth_ratio", where="binance-usdm BTC", value=0.06, baseline=1.0, unit="ratio")
MOVE = Evidence(signal="median_move_60s_size", value=0.031, baseline=0.0003, unit="fraction")
ONE_MOVE = Evidence(signal="move_60s_size", where="okx FIL", value=0.2, baseline=0.0005, unit="fraction")
FORCED = Evidence(signal="liquidations_60s", where="okx BTC", value=84.2e6, baseline=0.3e6, unit="USD")
SPREAD = Evidence(signal="spread_share", where="okx BTC", value=0.0003, baseline=0.0003, unit="fraction")
ORDERS = Evidence(signal="orders", value=14.25, baseline=4.82, unit="1/s")


def said(*evidence: Evidence, **changes: Any) -> list[str]:
    """The names of what is shown."""
    return [shown.name for shown in figures(an_alert(scope="market", evidence=evidence, **changes))]


def test_a_number_has_its_name_its_place_and_its_normal() -> None:
    """A raw identifier with six digits is nothing for a phone."""
    assert figure(DEPTH) == Figure(name="1 % depth, bids, Binance USD-M BTC", value="0.4 m$", normal="normal 6.1 m$")
    assert figure(DEPTH, of="BTC").name == "1 % depth, bids, Binance USD-M"
    assert figure(RATIO) == Figure(name="1 % depth, Binance USD-M BTC", value="6 % of normal")


def test_three_numbers_of_three_kinds_in_the_order_in_which_people_ask() -> None:
    """Three lines would say the same of one book."""
    assert said(RATIO, DEPTH, ORDERS, FORCED, SPREAD, MOVE) == [
        "median move in a minute, all assets",
        "liquidated in a minute, OKX BTC",
        "1 % depth, bids, Binance USD-M BTC",
    ]


def test_of_the_market_its_own_number_is_shown_else_where_most_is_gone() -> None:
    """A dead alt would stand for the market."""
    assert said(ONE_MOVE, MOVE) == ["median move in a minute, all assets"]
    assert said(SMALL, DEPTH) == ["1 % depth, bids, Binance USD-M BTC"]


def test_what_is_as_usual_gives_way_and_comes_last() -> None:
    """`spread 3 bp (normal 3 bp)` is no reason for an alert."""
    still = Evidence(signal="median_move_60s_size", value=0.0003, baseline=0.0003, unit="fraction", sigma=0.1)
    assert said(SPREAD, still, ORDERS, FORCED, DEPTH)[2] == "orders"
    assert said(still, ORDERS) == ["orders", "median move in a minute, all assets"]


def test_a_number_without_history_gives_way_to_one_with_a_normal() -> None:
    """Nobody knows whether 2 % is much."""
    unknown = Evidence(signal="median_move_60s", value=-0.02, unit="fraction")
    assert said(unknown, MOVE, FORCED, DEPTH)[0] == "median move in a minute, all assets"
    assert figures(an_alert(evidence=(unknown,)))[0].normal == ""


def test_a_peg_is_always_shown_where_it_is_told() -> None:
    """93 cents look near a dollar, and are not."""
    peg = Evidence(signal="peg_price", where="binance-spot USDE", value=0.9303, baseline=1.0, unit="USD")
    assert figures(an_alert(scope="USDE", evidence=(DEPTH, FORCED, MOVE, peg)))[0] == Figure(
        name="price, Binance spot", value="0.930 $", normal="normal 1.000 $"
    )


def test_what_a_number_is_compared_with_is_named_where_it_is_no_normal() -> None:
    """The book's depth would be taken for the usual liquidations."""
    forced = Evidence(signal="liquidations_300s", value=4e5, baseline=2.9e5, unit="USD")
    assert figure(forced).normal == "1 % depth 0.29 m$"


def test_unknown_and_endless_numbers_are_not_shown() -> None:
    """`unknown` is no number."""
    gone = [Evidence(signal="orders", value=v) for v in (None, float("nan"), float("inf"))]
    assert figures(an_alert(evidence=tuple(gone))) == ()


def test_beside_other_assets_each_number_names_its_own() -> None:
    """In a group nobody would know whose depth is gone."""
    alert = an_alert(scope="BTC", evidence=(DEPTH,))
    assert [shown.name for shown in figures(alert, named=True)] == ["1 % depth, bids, Binance USD-M BTC"]
