"""Ground truth of the reconstruction: when each condition begins and ends in what is emitted."""

from __future__ import annotations

from typing import NamedTuple

from producers.reconstruction.facts import DAY_S, FIRST_ADL_S, FIRST_MINUTE, LAST_ADL_S, USDE_FIRST_LEG, second_of
from producers.reconstruction.liquidity import REFILLED, WITHDRAWAL


class Label(NamedTuple):
    """One condition: `scope` is a venue or `market`, `asset` a base asset or `*`."""

    stage: str
    scope: str
    asset: str
    onset_ns: int
    clear_ns: int
    tolerance_s: float
    note: str


def _ns(second: float) -> int:
    return (DAY_S + FIRST_MINUTE * 60) * 1_000_000_000 + round(second * 1e9)


def _label(stage: str, scope: str, asset: str, onset: float, clear: float, tolerance_s: float, note: str) -> Label:
    return Label(stage, scope, asset, _ns(onset), _ns(clear), tolerance_s, note)


def labels() -> list[Label]:
    """All labels by onset. The twin has none but S1: its volume is the same, its prices are calm."""
    at = second_of
    found = [
        _label("S1", "market", "*", at("20:50:05"), at("21:09"), 15, "branching ratio above 0.85 from 20:50:10"),
        _label(
            "S2", "market", "*", at("20:52:30"), at("21:27"), 60, "breadth: three alts in four beyond -0.75 % in 60 s"
        ),
        _label("S3", "binance-coinm", "*", at(WITHDRAWAL), at(REFILLED), 30, "bid depth below 0.6 of the calm"),
        _label("S3", "binance-usdm", "*", at(WITHDRAWAL), at(REFILLED), 30, "bid depth below 0.6 of the calm"),
        _label("S6i", "binance-coinm", "*", at("21:13"), at("21:25"), 60, "off-book fills on six markets; inferred"),
        _label("S4p", "binance-coinm", "*", at("21:13:27"), at("22:20"), 10, "two alts 0.5 % away for five seconds"),
        _label("S6", "hyperliquid", "*", FIRST_ADL_S, LAST_ADL_S, 2, "first auto-deleveraging fill"),
        _label("S3", "binance-coinm", "feed", at("21:17"), at("21:18"), 30, "p99 feed delay 6.7 s"),
        _label("S3", "binance-spot", "feed", at("21:17"), at("21:18"), 30, "p99 feed delay 7.7 s"),
        _label(
            "S4", "binance-coinm", "*", at("21:17:30"), at("21:50"), 90, "alts fall 10 % in 60 s while trading halves"
        ),
        _label("S5", "binance-spot", "USDE", USDE_FIRST_LEG + 10, at("22:19"), 90, "USDe below 0.97"),
    ]
    return sorted(found, key=lambda label: label.onset_ns)
