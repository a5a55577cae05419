"""One story at a time: while the market's own alert says it all, alerts of single assets are not read out beside it.
From its WARN on it stands for assets at HIGH; for graver ones only once it is at HIGH itself.

That we are blind to a venue is read out whatever the market does: it says how much of all else can be believed. A
single book is not, while there is something graver; nor is every venue, while it is we who hear nothing.

Alerts themselves are complete: a bot that trades one asset wants them. This is for people.
"""

from __future__ import annotations

from detector.verdict import HIGH, WARN
from schemas.alert import LEVELS, MARKET, OURS, Alert


def is_a_part(alert: Alert, *, market_level: int, deaf: bool) -> bool:
    """Whether a story belongs to one that is told already.

    Parameters
    ----------
    market_level
        Of the market's own story, as far as it is told; a position in `schemas.alert.LEVELS`.
    deaf
        Whether it is told that it is we who hear nothing.
    """
    if alert.scope in (MARKET, OURS):
        return False
    level = LEVELS.index(alert.level)
    if "D" in alert.stages:
        return deaf or (level < WARN and market_level >= HIGH)
    return market_level >= (min(WARN, level) if level <= HIGH else HIGH)


class Inhibition:
    """For a reader of everything: remembers where the market stands, whether we hear anything, and which stories were
    begun.

    >>> inhibition = Inhibition()
    >>> inhibition.market_level
    0
    """

    def __init__(self) -> None:
        self.market_level = 0
        self._deaf = False
        self._told: set[str] = set()

    def allows(self, alert: Alert) -> bool:
        """Whether people should read it; to be asked once for every alert, in their order."""
        if alert.scope == MARKET:
            self.market_level = LEVELS.index(alert.level)
            return True
        if alert.scope == OURS:
            self._deaf = alert.status != "resolved"
            return True
        if alert.episode_id in self._told:
            if alert.status == "resolved":
                self._told.discard(alert.episode_id)
            return True
        if alert.status == "resolved" or is_a_part(alert, market_level=self.market_level, deaf=self._deaf):
            return False
        self._told.add(alert.episode_id)
        return True
