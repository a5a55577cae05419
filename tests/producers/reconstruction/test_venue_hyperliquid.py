"""Hyperliquid's minute."""

from __future__ import annotations

from collections import Counter

import orjson

from producers.reconstruction import frames
from producers.reconstruction.adl import SECOND_VAULT, VAULT


def test_the_twin_says_everything_but_forced_fills() -> None:
    """Silence of the vaults is the calm."""
    real, calm = (
        Counter(
            orjson.loads(raw).get("channel")
            for _, venue, raw in frames(twin=twin, start="21:16", end="21:17")
            if venue == "hyperliquid"
        )
        for twin in (False, True)
    )
    assert set(real) - set(calm) == {"userFills"}
    assert {"l2Book", "trades", "activeAssetCtx"} <= set(calm)


def test_forced_fills_ride_on_the_liquidator_vaults() -> None:
    """These are the addresses that a reader watches by default."""
    users = {
        orjson.loads(raw)["data"]["user"]
        for _, _, raw in frames(start="21:16", end="21:17")
        if raw.startswith(b'{"channel":"userFills"')
    }
    assert users == {VAULT, SECOND_VAULT}
