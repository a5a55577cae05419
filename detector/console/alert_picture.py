"""A small PNG of the last quarter of an hour, for a phone: price, depth, liquidations, stages. Needs matplotlib."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from detector.alerts.recent import Recent
from detector.alerts.units import dollars
from detector.alerts.window import STAGES, STEP_NS, STEPS, STEPS_OF_A_MINUTE, Series, Window
from detector.console.canvas import COLOURS, DOWN, NS, UP, apart, matplotlib, moment, plain, png, runs
from schemas.alert import LEVELS, Level, Stage

SIZE_INCHES, DPI = (8.0, 6.0), 100
LINES = ("#1a73e8", "#5f6368", "#d93025")
INK, PALE, DEPTH = "#202124", "#5f6368", "#8ab4f8"
HATCH = {"facecolor": "none", "edgecolor": "#bdc1c6", "hatch": "////", "linewidth": 0.0}
LARGE, SMALL = 13.5, 11.5
LONGEST_TITLE = 42
BESIDE, ROOM_BESIDE = 1.015, 150.0
"""Where labels stand to the right of a panel, and how large so many letters may be there, in points."""
BAR_STEPS = 3
LEAST_PERCENT = 0.25
"""Up and down from where prices began: a tick is no crash."""
TICK_NS = 180 * NS
WORDS: dict[Stage, str] = {
    "S1": "shock",
    "S2": "flow",
    "S3": "makers leave",
    "S4": "void",
    "S5": "peg broken",
    "S6": "ADL",
}


class Shown(NamedTuple):
    """What the picture is called, and what it marks."""

    level: Level
    title: str
    alert_ns: int
    since_ns: int


def warm() -> None:
    """Load what draws, which takes a second, before anybody waits for it. Raises `NoPicturesError`."""
    now_ns = STEPS * STEP_NS
    draw(Recent().window((), now_ns, since_ns=0), Shown("WATCH", "", now_ns, now_ns))


def draw(window: Window, shown: Shown) -> bytes:
    """A PNG; the same window gives the same bytes. Raises `NoPicturesError`."""
    matplotlib()
    figure = import_module("matplotlib.figure").Figure(figsize=SIZE_INCHES, dpi=DPI, facecolor="white")
    panels = figure.subplots(4, 1, sharex=True, height_ratios=[3.4, 1.7, 1.7, 1.9])
    figure.subplots_adjust(left=0.085, right=0.795, top=0.905, bottom=0.098, hspace=0.16)
    prices, depth, forced, stages = panels
    _draw_prices(prices, window)
    _draw_depth(depth, window)
    _draw_liquidations(forced, window)
    _draw_stages(stages, window)
    for panel in panels:
        _draw_unheard(panel, window)
        _draw_marks(panel, window, shown)
        panel.spines[["top", "right", "left"]].set_visible(False)
        panel.spines["bottom"].set_color("#dadce0")
        panel.tick_params(length=0, labelsize=SMALL, colors=PALE)
    _draw_clock(stages, window)
    title = plain(shown.title, LONGEST_TITLE)
    _say(figure, 0.012, 0.977, title, size=18, weight="bold", color=COLOURS.get(shown.level, INK), va="top")
    _say(figure, 0.99, 0.97, f"{moment(shown.alert_ns):%H:%M:%S} UTC", size=LARGE, color=PALE, va="top", ha="right")
    _draw_key(figure, f"{moment(shown.alert_ns):%d %b %Y}")
    return png(figure)


def _draw_prices(axes: Any, window: Window) -> None:
    """Each line is named where it ends, so that nobody has to look up a legend."""
    steps = np.arange(STEPS) + 1
    ends: list[tuple[float, str, str]] = []
    for (name, shares), colour in zip(window.prices.items(), LINES, strict=False):
        percent = (shares - 1) * 100
        axes.plot(steps, percent, color=colour, linewidth=2.0, solid_capstyle="round")
        known = percent[~np.isnan(percent)]
        if len(known):
            last = f"{known[-1]:+.1f} %".replace("-", "−") if not np.isnan(percent[-1]) else "not seen"
            ends.append((float(known[-1]), f"{plain(name)} {last}", colour))
    axes.axhline(0, color="#dadce0", linewidth=1, zorder=0)
    axes.margins(y=0.12)
    axes.locator_params(axis="y", nbins=5)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:+g}".replace("-", "−") if value else "0 %")
    low, high = axes.get_ylim()
    low, high = axes.set_ylim(min(low, -LEAST_PERCENT), max(high, LEAST_PERCENT))
    for place, (_, text, colour) in zip(
        apart([(end[0] - low) / (high - low) for end in sorted(ends)]), sorted(ends), strict=True
    ):
        _write(axes, BESIDE, place, text, color=colour, weight="bold", va="center")
    _caption(axes, f"price since {moment(window.start_ns):%H:%M}", at=0.04)


def _draw_depth(axes: Any, window: Window) -> None:
    """What could be seen as an area; what could not, hatched as high as it was seen last."""
    steps = np.arange(STEPS) + 1
    seen, blind = window.depth_usd, np.nan_to_num(window.blind_usd)
    known = ~np.isnan(seen)
    _caption(axes, "depth within 2 %")
    axes.set_yticks([])
    if not known.any():
        _nothing(axes, "no book")
        return
    depth = np.nan_to_num(seen)
    axes.fill_between(steps, 0, depth, where=known, color=DEPTH, alpha=0.75, linewidth=0, step="pre")
    axes.fill_between(steps, depth, depth + blind, where=blind > 0, step="pre", **HATCH)
    highest = max(float((depth + blind).max()), window.normal_usd or 0.0)
    axes.set_ylim(0, highest * 1.45 or 1)
    for start, end in runs(~known & (blind <= 0)):
        axes.axvspan(start, end, **HATCH)
    last = f"{dollars(depth[-1])}" if known[-1] else "not seen"
    _write(axes, BESIDE, 0.42, last, color="#1967d2", weight="bold", va="center")
    if window.normal_usd:
        axes.axhline(window.normal_usd, color=INK, linewidth=1.3, dashes=(4, 3))
        if known[-1]:
            share = depth[-1] / window.normal_usd * 100
            _write(axes, BESIDE, 0.14, f"{share:.0f} % of normal", color=PALE, size=SMALL, va="center")
        _write(
            axes,
            BESIDE,
            window.normal_usd / axes.get_ylim()[1],
            f"normal {dollars(window.normal_usd)}",
            color=PALE,
            size=SMALL,
            va="center",
        )


def _draw_liquidations(axes: Any, window: Window) -> None:
    """Longs down, shorts up."""
    _caption(axes, f"liquidated, {BAR_STEPS * STEP_NS // NS} s a bar")
    axes.set_yticks([])
    if np.isnan(window.longs_usd).all() and np.isnan(window.shorts_usd).all():
        _nothing(axes, "none shown by any feed")
        return
    places = np.arange(0, STEPS, BAR_STEPS) + BAR_STEPS / 2
    longs, shorts = bars(window.longs_usd), bars(window.shorts_usd)
    axes.bar(places, -longs, width=BAR_STEPS * 0.86, color=DOWN)
    axes.bar(places, shorts, width=BAR_STEPS * 0.86, color=UP)
    axes.axhline(0, color=PALE, linewidth=0.8)
    most = max(float(longs.max()), float(shorts.max()), 1.0)
    axes.set_ylim(-max(float(longs.max()), 0.25 * most) * 1.1, max(float(shorts.max()), 0.45 * most) * 1.1)
    for place, name, series, colour in ((0.7, "shorts", window.shorts_usd, UP), (0.2, "longs", window.longs_usd, DOWN)):
        minute = float(np.nansum(series[-STEPS_OF_A_MINUTE:]))
        _write(axes, BESIDE, place, f"{name} {dollars(minute)}", color=colour, weight="bold", va="center")
    _write(axes, BESIDE, 0.45, "in a minute", color=PALE, size=SMALL, va="center")


def _draw_stages(axes: Any, window: Window) -> None:
    """A band for each stage, coloured by its gravest condition."""
    axes.set_ylim(len(STAGES), 0)
    axes.set_yticks([row + 0.5 for row in range(len(STAGES))], STAGES)
    for row, stage in enumerate(STAGES):
        axes.axhline(row + 0.5, color="#e8eaed", linewidth=6, zorder=0)
        severities = window.bands[stage]
        for severity, level in enumerate(LEVELS[1:], start=1):
            parts = [(start, end - start) for start, end in runs(severities == severity)]
            axes.broken_barh(parts, (row + 0.12, 0.76), color=COLOURS[level], linewidth=0)
        now = LEVELS[severities[-1]]
        _write(
            axes,
            BESIDE,
            1 - (row + 0.5) / len(STAGES),
            WORDS[stage],
            color=INK if now != "CLEAR" else "#bdc1c6",
            weight="bold" if now != "CLEAR" else "normal",
            size=SMALL,
            va="center_baseline",
        )


def _draw_unheard(axes: Any, window: Window) -> None:
    for start, end in runs(~window.heard):
        axes.axvspan(start, end, zorder=3, **HATCH)


def _draw_marks(axes: Any, window: Window, shown: Shown) -> None:
    """Where the episode began, and where it became what the message says."""
    marks = ((shown.since_ns, PALE, (1, 2)), (shown.alert_ns, COLOURS.get(shown.level, INK), (5, 2)))
    for ts_ns, colour, dashes in marks:
        if window.start_ns < ts_ns <= window.end_ns:
            at = (ts_ns - window.start_ns) / STEP_NS
            axes.axvline(at, color=colour, linewidth=1.4, dashes=dashes, zorder=4)


def _draw_clock(axes: Any, window: Window) -> None:
    first = -(-window.start_ns // TICK_NS) * TICK_NS
    ticks = range(first, window.end_ns + 1, TICK_NS)
    axes.set_xlim(0, STEPS)
    axes.set_xticks([(tick - window.start_ns) / STEP_NS for tick in ticks], [f"{moment(tick):%H:%M}" for tick in ticks])


def _draw_key(figure: Any, day: str) -> None:
    """What the colours of bands mean, below everything."""
    for place, level in zip((0.085, 0.215, 0.335, 0.455, 0.605), LEVELS[1:], strict=True):
        _say(figure, place, 0.021, "■", size=LARGE, color=COLOURS[level], va="center")
        _say(figure, place + 0.022, 0.021, level, size=9.5, color=PALE, va="center_baseline")
    _say(figure, 0.745, 0.021, "▨", size=LARGE, color=PALE, va="center")
    _say(figure, 0.767, 0.021, "not seen", size=9.5, color=PALE, va="center_baseline")
    _say(figure, 0.99, 0.021, day, size=SMALL, color=PALE, va="center_baseline", ha="right")


def bars(series: Series) -> Series:
    """Steps put together; what is unknown adds nothing, and is hatched besides."""
    added: Series = np.nansum(series.reshape(-1, BAR_STEPS), axis=1)
    return added


def _caption(axes: Any, text: str, at: float = 0.94) -> None:
    _write(axes, 0.008, at, text, color=PALE, va="top" if at > 0.5 else "bottom", size=SMALL, zorder=5)


def _nothing(axes: Any, why: str) -> None:
    axes.axvspan(0, STEPS, **HATCH)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 5}
    _write(axes, 0.5, 0.45, why, color=PALE, ha="center", va="center", bbox=box, zorder=5)


def _write(axes: Any, x: float, y: float, text: str, **how: Any) -> None:
    """Text in shares of a panel, as large as it fits; a dollar sign in it begins no formula."""
    size = min(how.pop("size", LARGE), ROOM_BESIDE / len(text)) if x == BESIDE else how.pop("size", LARGE)
    axes.text(x, y, text, transform=axes.transAxes, parse_math=False, size=size, **how)


def _say(figure: Any, x: float, y: float, text: str, **how: Any) -> None:
    figure.text(x, y, text, parse_math=False, **how)
