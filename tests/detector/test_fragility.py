"""Modelled liquidations near the price over the depth that would meet them."""

from __future__ import annotations

import pytest

from detector.fragility import fragility
from detector.quotes import BID, TWO_PERCENT, cell
from tests.kit.markets import Scene, instrument

BTC = instrument("BTC")


def scene(growth: float = 2.0) -> Scene:
    """A market whose open interest grew at 100 dollars."""
    made = Scene(BTC)
    for contracts in (10_000.0, 10_000.0 * growth):
        made.trade(BTC, 100.0)
        made.open_interest(BTC, contracts)
        made.close()
    return made


def test_it_is_what_would_be_liquidated_over_what_would_meet_it() -> None:
    """A reader could not tell a thin book from a full one."""
    market = scene().market(BTC)
    market.quotes.depth_usd[cell(BID, TWO_PERCENT)] = 100_000.0
    assert fragility(market) == pytest.approx(3.0)  # 30 % of a million dollars within two percent


def test_without_a_book_or_a_model_it_is_unknown() -> None:
    """An unknown depth would be read as none, and every market as lost."""
    assert fragility(scene().market(BTC)) is None
    grown = scene(growth=1.01).market(BTC)
    grown.quotes.depth_usd[cell(BID, TWO_PERCENT)] = 100_000.0
    assert fragility(grown) is None
