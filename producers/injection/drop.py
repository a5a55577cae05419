"""A share of the messages is lost on the way.

A lost change of a book leaves a hole in its ids: a `Gap` and, after the answer to a REST call, a whole book. Of lost
trades only the holes in their ids tell, of all else nothing does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from producers.injection.chains import Chains, LossOptions
from producers.injection.fault import Fault, Layer, Options, Plan, Share
from producers.injection.messages import Fates
from producers.injection.stamps import OURS
from schemas.base import Event


class DropOptions(LossOptions, frozen=True, kw_only=True):
    """How much is lost."""

    share: Share = 0.01


class Drop(Fault[DropOptions]):
    """Loses messages, each for itself."""

    kind = "drop"
    about = "a share= of the messages is lost; book ids show it, and answer_s= later a whole book comes"
    layer = Layer.WAY
    options_type: ClassVar[type[Options]] = DropOptions

    def __init__(self, plan: Plan, options: DropOptions) -> None:
        super().__init__(plan, options)
        self._fates = Fates(lambda: self.random.random() < options.share)
        self._chains = Chains(options, self.touched)

    def take(self, event: Event, at_ns: int) -> Iterable[Event]:
        """Nothing, or the event; of a book what its chain lets through."""
        if not self.concerns(event):
            return (event,)
        if type(event) not in OURS and self.holds(at_ns) and self._fates.of(event):
            return self._chains.lose(event, at_ns)
        return self._chains.hear(event, at_ns)
