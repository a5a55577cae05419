"""One story at a time: while the market's own alert says it all, alerts of single assets are not read out beside it.
From its WARN on it stands for assets at HIGH; for graver ones only once it is at HIGH itself.

That we are blind to a venue is read out whatever the market does: it says how much of all else can be believed. A
single book is not, while there is something graver; nor is every venue, while it is we who hear nothing.

Alerts themselves are complete: a bot that trades one asset wants them. This is for people.
"""

from __future__ import annotations

import msgspec

from detector.verdict import HIGH, WARN
from schemas.alert import LEVELS, MARKET, OURS, Alert


class Inhibition(msgspec.Struct):
    """Remembers where the market stands, whether we hear anything, and which stories were begun.

    >>> inhibition = Inhibition()
    >>> inhibition.market_level
    0
    """

    market_level: int = 0
    """Position in `schemas.alert.LEVELS`."""
    deaf: bool = False
    """Whether it is we who hear nothing."""
    told: set[str] = set()
    """Episodes that people were told of."""

    def allows(self, alert: Alert) -> bool:
        """Whether people should read it; to be asked once for every alert, in their order."""
        level = LEVELS.index(alert.level)
        if alert.scope == MARKET:
            self.market_level = level
            return True
        if alert.scope == OURS:
            self.deaf = alert.status != "resolved"
            return True
        if alert.episode_id in self.told:
            if alert.status == "resolved":
                self.told.discard(alert.episode_id)
            return True
        if alert.status == "resolved" or self._is_a_part(alert, level):
            return False
        self.told.add(alert.episode_id)
        return True

    def _is_a_part(self, alert: Alert, level: int) -> bool:
        """Whether it belongs to a story that is told already."""
        if "D" in alert.stages:
            return self.deaf or (level < WARN and self.market_level >= HIGH)
        return self.market_level >= (min(WARN, level) if level <= HIGH else HIGH)
