"""Sinks for tests: they remember what they were given and answer as they are told."""

from __future__ import annotations

import asyncio

from detector.alerts.outcomes import Delivered, Outcome
from detector.alerts.traits import Traits
from detector.sinks.sink import Delivery


class RememberingSink:
    """A channel that takes everything, until it is told otherwise.

    Attributes
    ----------
    deliveries
        Everything that it was asked to send.
    answers
        What it says to the next ones; afterwards it takes them.
    hangs
        It never answers.
    asked
        Set with the first delivery.
    """

    def __init__(self, traits: Traits | None = None) -> None:
        self.traits = traits or Traits(edits=True, paces=())
        self.deliveries: list[Delivery] = []
        self.answers: list[Outcome] = []
        self.hangs = False
        self.asked = asyncio.Event()

    async def send(self, delivery: Delivery) -> Outcome:
        """Remember it."""
        self.deliveries.append(delivery)
        self.asked.set()
        if self.hangs:
            await asyncio.sleep(10_000)
        took = Delivered(f"m{len(self.deliveries)}" if delivery.act == "new" else "")
        return self.answers.pop(0) if self.answers else took

    async def close(self) -> None:
        """Nothing is held."""

    @property
    def acts(self) -> list[str]:
        """What was done, with the level that it told of."""
        return [f"{delivery.act} {delivery.message.level}" for delivery in self.deliveries]
