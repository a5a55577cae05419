"""The recordings that come with the package: 80 calm seconds of three Binance venues, 2024-08-08 (see README.md)."""

from __future__ import annotations

from pathlib import Path

CALM_SECONDS = tuple(
    Path(__file__).with_name(f"binance-{market}-2024-08-08.zst") for market in ("usdm", "coinm", "spot")
)
"""USD-M BTC and ETH, COIN-M BTC, spot BTC: a recording for each venue, for playing and replaying together."""
