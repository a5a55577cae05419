"""What a careful person does now."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from detector.alerts.advice import DOUBTED, NOT_WHOLE, OURSELVES, UNDELIVERED, WORDS, WORKS_AGAIN, advice
from schemas.alert import OURS, Alert, Posture
from tests.kit.alerts import an_alert


def test_every_posture_has_one_sentence() -> None:
    """A bot would know what to do and a person would not."""
    assert set(WORDS) == set(get_args(Posture))


def test_where_there_is_nothing_to_trade_against_market_orders_are_warned_of() -> None:
    """Whoever closes by a market order in a void sells at any price."""
    said = "Open nothing new; no market orders: there is nothing to trade against."
    assert advice([an_alert(posture="no_market_orders")]) == said
    assert advice([an_alert(scope="DOT", posture="no_market_orders")]) == said.replace("new;", "new in DOT;")


def test_of_a_group_the_strictest_is_told() -> None:
    """The mildest of three coins would decide."""
    group = [an_alert(scope="A", posture="reduce"), an_alert(scope="B", posture="halt_new")]
    assert advice(group) == "Open nothing new in these; take risk off."


def test_what_is_over_but_not_whole_is_not_called_whole() -> None:
    """People would trade as usual against half a book."""
    over = an_alert(scope="DOT", status="resolved", level="CLEAR", posture="normal")
    broken = an_alert(scope="DOT", status="resolved", level="CLEAR", conditions=an_alert(scope="DOT").conditions)
    assert advice([over]) == "It is over: trade as usual in DOT."
    assert advice([broken]) == NOT_WHOLE.format(there=" in DOT")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level": "WATCH"}, DOUBTED.format(where="OKX")),
        ({"scope": OURS, "level": "WARN"}, OURSELVES),
        ({"conditions": (), "scope": "sink phone"}, UNDELIVERED.format(where="sink phone")),
        ({"status": "resolved", "level": "CLEAR"}, WORKS_AGAIN),
    ],
)
def test_of_data_it_says_whom_not_to_believe(changes: dict[str, str], said: str) -> None:
    """`reduce` is no answer to a venue that is silent."""
    assert advice([an_alert(**{"scope": "okx", "stages": ("D",)} | changes)]) == said


def test_a_silent_venue_is_no_calm_one() -> None:
    """Silence would be taken for calm."""
    assert "OKX until it is back" in advice([an_alert(scope="okx", stages=("D",), level="WARN")])


def test_of_troubles_of_several_kinds_each_is_said_what_is_to_be_done() -> None:
    """The settings of a venue cannot be mended, and a channel that is refused tells of no calm."""
    sink, okx = _doubt("sink phone", conditions=()), _doubt("okx")
    both = (
        "Do not take silence for calm: rely on nothing said about OKX until it is back. "
        "Mend the settings of sink phone: nobody is called there."
    )
    assert advice([sink, okx]) == advice([okx, sink]) == both
    assert advice([okx, _doubt("bybit", level="WATCH")]) == (
        "Do not take silence for calm: rely on nothing said about OKX until it is back. "
        "Do not act on Bybit alone: look at another venue as well."
    )
    assert advice([okx, _doubt("bybit")]) == (
        "Do not take silence for calm: rely on nothing said about OKX, Bybit until they are back."
    )
    many = advice([sink, okx, _doubt(OURS), _doubt("bybit", level="WATCH")])
    assert many.startswith(f"{OURSELVES} Do not take silence for calm: rely on nothing said about OKX")
    assert "Mend" not in many


def _doubt(scope: str, **changes: Any) -> Alert:
    return an_alert(scope=scope, stages=("D",), **{"level": "WARN", **changes})
