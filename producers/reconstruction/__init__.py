"""A reconstruction of 10 October 2025, 20:20-22:20 UTC, as venue wire frames with ground-truth labels.

This is NOT a recording. A seeded generator draws frames whose statistics follow the published minute table and facts
(`facts.py`); only Hyperliquid's auto-deleveraging waves are real. Gemini and Coinbase are not simulated. The twin has
the same trades at the same times without the cascade; the macro twin has the fall without the cascade: one price
everywhere, books that refill, nobody forced. The errors stated in `facts.TOLERANCE` hold for the default seed;
spot and Hyperliquid books thin with the futures, which alone are labelled.
"""

from producers.reconstruction.frames import SEED, frames
from producers.reconstruction.labels import Label, labels

__all__ = ["SEED", "Label", "frames", "labels"]
