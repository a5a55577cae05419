"""What all pictures share: one table of colours, and the library that draws. It is an extra."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from typing import Any

import numpy as np

from producers.errors import ProducerError

COLOURS = {
    "WATCH": "#9aa0a6",
    "WARN": "#f9ab00",
    "HIGH": "#f57c00",
    "CRITICAL": "#d93025",
    "EMERGENCY": "#8e24aa",
}
"""By level."""
DOWN, UP = "#d93025", "#188038"
"""Longs that are sold, shorts that are bought."""
NS = 1_000_000_000
LONGEST_NAME = 9
COLOURS_KEPT, OCTREE = 128, 2
"""A third of the bytes, and nobody sees the difference: by an octree rare colours, such as the gravest, are kept."""


class NoPicturesError(ProducerError):
    """matplotlib is not installed."""


def moment(ts_ns: int) -> datetime:
    """Event time as an axis takes it."""
    return datetime.fromtimestamp(ts_ns / NS, UTC)


def matplotlib() -> Any:
    """The library; raises `NoPicturesError` where it is missing."""
    try:
        return import_module("matplotlib")
    except ImportError:
        raise NoPicturesError(
            "pictures need matplotlib, which is not installed: pip install 'cascade-detector[pictures]'"
        ) from None


def png(figure: Any) -> bytes:
    """As few bytes as it takes: a message waits for them."""
    import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    figure.canvas.draw()
    image = import_module("PIL.Image").fromarray(np.asarray(figure.canvas.buffer_rgba())[:, :, :3])
    out = BytesIO()
    image.quantize(COLOURS_KEPT, method=OCTREE, dither=0).save(out, format="png", optimize=True)
    return out.getvalue()


def runs(flags: Any) -> list[tuple[int, int]]:
    """Stretches in which something holds, by their first step and the one after their last.

    >>> runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.asarray(flags, dtype=np.int8), [0]))))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def apart(places: list[float], least: float = 0.12) -> list[float]:
    """Rising places in the panel's height, moved until no label hides another.

    >>> apart([0.5, 0.55, 0.9], least=0.2)
    [0.5, 0.7, 0.9]
    """
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + least) if moved else place)
    over = max(0.0, moved[-1] - 1.0) if moved else 0.0
    return [round(place - over, 6) for place in moved]


def plain(name: str, longest: int = LONGEST_NAME) -> str:
    """Letters that the font has: others would be boxes, and a warning for each.

    >>> plain("币安人生"), plain("1000PEPE"), plain("1000000BABYDOGE")
    ('?', '1000PEPE', '1000000B…')
    """
    kept = "".join(letter for letter in name if letter == "·" or (letter.isascii() and letter.isprintable())).strip()
    return (kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…") or "?"
