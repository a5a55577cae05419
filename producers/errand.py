"""Something to be said on a connection when its turn comes, if it is still wanted then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence


class Errand:
    """Frames that belong together, for the connection that carries a market.

    Turns are handed out by the venue's limits and may be long in coming: what was wanted when the errand was given may
    be there by then, and saying it all the same would take a good book away.
    """

    def __init__(self, frames: Sequence[str], *, wanted: Callable[[], bool]) -> None:
        self.frames = tuple(frames)
        self.wanted = wanted
        self.over = asyncio.Event()
        """It was said, or was no longer wanted, or the connection is gone."""
        self.said = False
