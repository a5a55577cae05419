"""A picture of one case: prices, conditions as bands for each stage, alerts as marks. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from detector.console.canvas import COLOURS, matplotlib, moment
from detector.scoring.labels import Label, Stretch
from detector.scoring.messages import SENT
from detector.scoring.run import Run
from detector.scoring.spans import condition_spans, union
from producers.errors import UsageError
from schemas.alert import LEVELS, MARKET

ENDINGS = (".png", ".svg")
STAGES = ("S1", "S2", "S3", "S4", "S5", "S6")
SIZE_INCHES = (12.0, 7.0)


def check_picture(path: Path) -> None:
    """Raise before anything is replayed where a picture could not be drawn: `UsageError`, `NoPicturesError`."""
    if path.suffix not in ENDINGS:
        raise UsageError(f"{path}: a picture ends in {' or '.join(ENDINGS)}")
    matplotlib()


def draw(path: Path, title: str, run: Run, labels: Sequence[Label], during: Stretch) -> None:
    """Draw a part of a replay; the same replay gives the same bytes. Raises `NoPicturesError`, `OSError`."""
    library = matplotlib()
    figure_module, dates = import_module("matplotlib.figure"), import_module("matplotlib.dates")
    # Without this an SVG holds random ids.
    with library.rc_context({"svg.hashsalt": "cascade", "svg.fonttype": "none"}):
        figure = figure_module.Figure(figsize=SIZE_INCHES, layout="constrained")
        prices, bands = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
        _draw_prices(prices, run, during)
        _draw_alerts(prices, run, during)
        _draw_bands(bands, run, labels, during)
        prices.set_title(title, loc="left")
        bands.xaxis.set_major_formatter(dates.DateFormatter("%H:%M", tz=UTC))
        bands.set_xlim(moment(during.from_ns), moment(during.to_ns))
        bands.set_xlabel("UTC")
        nothing = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, metadata=nothing, dpi=110)


def _draw_prices(axes: Any, run: Run, during: Stretch) -> None:
    """Each market as a share of its first price, so that all fit into one picture."""
    for name, prices in run.prices.items():
        paid = [
            (moment(ts_ns), price)
            for ts_ns, price in zip(run.sight.times_ns, prices, strict=True)
            if price is not None and during.holds(ts_ns)
        ]
        if paid:
            times, shares = zip(*((when, price / paid[0][1] * 100) for when, price in paid), strict=True)
            axes.plot(times, shares, linewidth=0.9, label=name)
    axes.set_ylabel("price, % of the first")
    if run.prices:
        axes.legend(loc="lower left", frameon=False)


def _draw_alerts(axes: Any, run: Run, during: Stretch) -> None:
    """A line for each new message about the market, named by its level."""
    for alert in run.alerts:
        if alert.scope == MARKET and alert.status in SENT and during.holds(alert.ts_ns):
            colour = COLOURS[alert.level]
            axes.axvline(moment(alert.ts_ns), color=colour, linewidth=1.1)
            axes.annotate(
                alert.level,
                (moment(alert.ts_ns), 1.0),
                xycoords=("data", "axes fraction"),
                rotation=90,
                verticalalignment="top",
                horizontalalignment="right",
                color=colour,
                fontsize=7,
            )


def _draw_bands(axes: Any, run: Run, labels: Sequence[Label], during: Stretch) -> None:
    """Told conditions as bands, the darker the graver; the true ones, of venues that are there, as a thin line."""
    spans = condition_spans(run.transitions, run.last_ns)
    for row, stage in enumerate(STAGES):
        for level in LEVELS[1:]:
            of_level = [s for s in spans if s.stage == stage and s.peak >= LEVELS.index(level)]
            told = union(((s.since_ns, s.until_ns) for s in of_level), during)
            axes.broken_barh([_bar(part) for part in told], (row + 0.1, 0.6), color=COLOURS[level])
        truth = [
            (label.onset_ns, label.clear_ns)
            for label in labels
            if label.stage.startswith(stage) and label.scope in (*run.venues, MARKET)
        ]
        axes.broken_barh([_bar(part) for part in union(truth, during)], (row + 0.76, 0.12), color="black")
    axes.set_yticks([row + 0.4 for row in range(len(STAGES))], STAGES)
    axes.set_ylim(len(STAGES), 0)
    axes.set_ylabel("bands: told; line: true")


def _bar(part: tuple[int, int]) -> tuple[datetime, Any]:
    start, end = moment(part[0]), moment(part[1])
    return start, end - start
