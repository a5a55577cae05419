"""From samples to numbers: quantiles of usual values, floors of a market's own; too few samples give no number."""

from __future__ import annotations

from detector.calibration.calibrated import QUANTILES, Calibrated, Floor, Usual
from detector.calibration.figures import BASIS, FIGURES
from detector.calibration.gathering import EVERY_S, Gathered
from detector.calibration.samples import Thinned, quantile, rounded
from detector.config import Config

LEAST_SAMPLES = 60
"""Half an hour of half minutes: what a baseline knows that has seen so much itself."""
LEAST_MINUTES = 1_000
"""Of fewer the P99.9 is the largest, which says nothing about one in a thousand."""
STEPS = 2
"""A move of one price step, or back and forth, is no move."""


def calibrated(found: Gathered, config: Config) -> tuple[Calibrated, dict[str, str]]:
    """The numbers of one market, and for each that is not among them why it is not."""
    why: dict[str, str] = {}
    usual: dict[str, Usual] = {}
    for name in FIGURES:
        series = found.figures.get(name)
        if series is None:
            why[name] = "never seen"
        elif len(series.values) < LEAST_SAMPLES:
            why[name] = f"too few samples: {len(series.values)} of {LEAST_SAMPLES}"
        else:
            usual[name] = _usual(series)
    if (basis := usual.get(BASIS)) is not None and (width := _width(basis)) > config.void.dislocation_watch / 2:
        del usual[BASIS]  # whoever begins with it would call the next turn a dislocation, and never learn it
        why[BASIS] = f"not steady: nine tenths of it are {width:.2%} apart"
    market = Calibrated(
        venue=found.venue,
        instrument=found.instrument,
        quiet_hours=round(found.looks * EVERY_S / 3_600, 2),
        **usual,
        least_sigma=_sigma(found, config, why),
        least_spread=_spread(found, config, why),
        least_liquidated_usd_min=_liquidated(found, why),
    )
    return market, why


def _width(basis: Usual) -> float:
    return basis.quantiles[-2] - basis.quantiles[1]


def _usual(series: Thinned) -> Usual:
    ordered = sorted(series.values)
    shares = (step / (QUANTILES - 1) for step in range(QUANTILES))
    return Usual(samples=len(ordered), quantiles=tuple(rounded(quantile(ordered, share)) for share in shares))


def _sigma(found: Gathered, config: Config, why: dict[str, str]) -> Floor | None:
    common = config.shock.sigma_floor
    if found.looks < LEAST_SAMPLES or not found.step:
        why["least_sigma"] = "no price step was seen" if found.looks >= LEAST_SAMPLES else "too few samples"
        return None
    value = rounded(STEPS * found.step / found.price)
    if value <= common:
        why["least_sigma"] = _common_holds(f"{STEPS} price steps are", value, common)
        return None
    return Floor(samples=found.looks, value=value)


def _spread(found: Gathered, config: Config, why: dict[str, str]) -> Floor | None:
    common, series = config.withdrawal.spread_floor_bp / 1e4, found.figures.get("spread")
    if series is None or len(series.values) < LEAST_SAMPLES:
        why["least_spread"] = why["spread"]
        return None
    value = rounded(quantile(sorted(series.values), 0.99))
    if value <= common:
        why["least_spread"] = _common_holds("P99 is", value, common)
        return None
    return Floor(samples=len(series.values), value=value)


def _liquidated(found: Gathered, why: dict[str, str]) -> Floor | None:
    minutes = found.minutes
    if minutes.count < LEAST_MINUTES:
        seen = f"too few minutes: {minutes.count} of {LEAST_MINUTES}" if minutes.count else "never seen"
        why["least_liquidated_usd_min"] = seen
        return None
    return Floor(samples=minutes.count, value=rounded(minutes.value))


def _common_holds(what: str, value: float, common: float) -> str:
    return f"{what} {value * 1e4:.2g} bp: the common floor of {common * 1e4:g} bp holds"
