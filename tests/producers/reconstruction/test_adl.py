"""Hyperliquid's forced fills: the real waves at their real times."""

from __future__ import annotations

from typing import Any

import pytest

from producers.reconstruction.adl import ForcedFills, coins
from producers.reconstruction.facts import FIRST_ADL_FILLS, FIRST_MINUTE, LIQUIDATIONS_BEFORE_ADL, minute_of
from producers.reconstruction.prices import World

FIRST_WAVE_MS = 1_760_130_964_831


@pytest.mark.slow
def test_the_first_liquidation_and_the_first_wave_come_at_their_times(observed: Any) -> None:
    """The lead of 61.7 seconds is what a reader of Hyperliquid can have."""
    assert observed.first_fill_ms[False] == FIRST_WAVE_MS - 61_704
    assert observed.first_fill_ms[True] == FIRST_WAVE_MS


def test_the_first_block_holds_as_many_liquidations_as_deleveragings_over_44_coins() -> None:
    """The block is one message: state machines must take it whole."""
    forced = ForcedFills(seed=1, world=World(seed=1, twin=False))
    before = sum(len(b.rows) for b in forced.minute(minute_of("21:15")))
    blocks = forced.minute(minute_of("21:16"))
    first = next(index for index, block in enumerate(blocks) if block.is_adl)
    assert len(blocks[first].rows) == len(blocks[first - 1].rows) == FIRST_ADL_FILLS
    assert before + sum(len(b.rows) for b in blocks[: first - 1]) == LIQUIDATIONS_BEFORE_ADL
    assert len({row[0] for row in blocks[first].rows}) == 44
    avax = sum(row[2] for row in blocks[first].rows if row[0] == "AVAX")
    assert abs(avax - 84_454.65) < 0.01
    assert abs(blocks[first].at_s - ((minute_of("21:16") - FIRST_MINUTE) * 60 + 4.831)) < 1e-6


def test_every_coin_of_a_wave_is_in_the_market_list() -> None:
    """A fill of a coin that the venue does not list could not be read."""
    assert {"BTC", "AVAX", "HYPE", "kPEPE"} <= set(coins())
