"""A number beside its own normal: evidence with baseline, percentile and σ of the history that it made itself."""

from __future__ import annotations

from detector.stats.rolling_median import RollingMedian
from schemas.alert import Evidence


def beside(
    usual: RollingMedian,
    *,
    signal: str,
    value: float | None,
    digits: int,
    unit: str,
    threshold: float | None = None,
    note: str = "",
) -> Evidence:
    """The evidence of `value`, whose calm history is `usual`; both in the same unit.

    >>> calm = RollingMedian(warm=3)
    >>> for second, value in enumerate((1.0, 2.0, 4.0)):
    ...     calm.offer(30 * second, value)
    >>> found = beside(calm, signal="spread", value=10.0, digits=1, unit="bp")
    >>> found.baseline, found.percentile, found.sigma
    (2.0, 100.0, 5.4)
    """
    if value is None:
        return Evidence(signal=signal, value=None, threshold=threshold, unit=unit, note=note)
    percentile, sigma = usual.percentile(value), usual.sigmas(value)
    return Evidence(
        signal=signal,
        value=round(value, digits),
        baseline=None if usual.value is None else round(usual.value, digits),
        threshold=threshold,
        unit=unit,
        note=note,
        percentile=None if percentile is None else round(percentile, 1),
        sigma=None if sigma is None else round(sigma, 1),
    )
