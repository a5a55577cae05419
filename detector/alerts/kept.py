"""What a desk remembers, and what of it is to be written down."""

from __future__ import annotations

import msgspec

from detector.alerts.threads import Thread
from schemas.alert import Alert


class Story(msgspec.Struct, kw_only=True):
    """The newest revision of an episode."""

    alert: Alert
    fed: tuple[str, ...] = ()
    """Feeds that got any of it: they get the rest to its end."""


class Kept(msgspec.Struct, kw_only=True):
    """Everything that a desk remembers."""

    stories: dict[str, Story] = {}
    """By episode."""
    threads: dict[str, Thread] = {}
    shown: dict[str, Alert] = {}
    """By alert id: the revisions that members of threads are of."""
    number: int = 0


class Changes(msgspec.Struct):
    """What has to be written down since it was asked last."""

    alerts: list[Alert] = []
    stories: set[str] = set()
    threads: set[str] = set()
    gone: set[str] = set()
    """Threads that are forgotten."""

    def and_then(self, later: Changes) -> Changes:
        """These and what came after them."""
        return Changes(
            alerts=[*self.alerts, *later.alerts],
            stories=self.stories | later.stories,
            threads=(self.threads | later.threads) - later.gone,
            gone=self.gone | later.gone,
        )
