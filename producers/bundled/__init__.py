"""The recordings that come with the package (see README.md): 80 calm seconds of three Binance venues, 2024-08-08, and
single liquidations of two others.
"""

from __future__ import annotations

from pathlib import Path

CALM_SECONDS = tuple(
    Path(__file__).with_name(f"binance-{market}-2024-08-08.zst") for market in ("usdm", "coinm", "spot")
)
"""USD-M BTC and ETH, COIN-M BTC, spot BTC: a recording for each venue, for playing and replaying together."""

LIQUIDATION_PRINTS = tuple(
    Path(__file__).with_name(f"liquidation-prints-{name}.csv.gz") for name in ("hyperliquid-2025-05", "okx-2026-03")
)
"""Liquidations of five coins that somebody collected: five and a half days of Hyperliquid, one day of OKX."""
