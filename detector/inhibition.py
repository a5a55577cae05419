"""One story at a time: while the market's own alert says it all, alerts of single assets are not read out beside it.

Alerts themselves are complete: a bot that trades one asset wants them. This is for people.
"""

from __future__ import annotations

from detector.verdict import HIGH
from schemas.alert import LEVELS, MARKET, Alert


class Inhibition:
    """Remembers where the market stands, and which assets' stories were begun.

    >>> inhibition = Inhibition()
    >>> inhibition.market_level
    0
    """

    def __init__(self) -> None:
        self.market_level = 0
        self._told: set[str] = set()

    def allows(self, alert: Alert) -> bool:
        """Whether people should read it; to be asked once for every alert, in their order."""
        level = LEVELS.index(alert.level)
        if alert.scope == MARKET:
            self.market_level = level
            return True
        if alert.episode_id in self._told:
            if alert.status == "resolved":
                self._told.discard(alert.episode_id)
            return True
        if alert.status == "resolved" or self.market_level >= min(HIGH, level):
            return False  # part of the market's story
        self._told.add(alert.episode_id)
        return True
