"""What a sink is. To add a channel, copy the smallest file here and name it in `registry`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from detector.alerts.message import Message
from detector.alerts.outcomes import Outcome
from detector.alerts.steps import Act
from detector.alerts.traits import Traits
from schemas.alert import Alert
from schemas.state import MarketState


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One send. Every retry of it, and a copy after a crash, has the same ids."""

    delivery_id: str
    """Of this revision of this message: receiving it twice means nothing new."""
    message_id: str
    """Of the message that is new or edited."""
    thread_id: str
    """Of all messages about the same group of stories."""
    act: Act
    revision: int
    """Grows within the thread; what is older than what was received is history."""
    message: Message
    alerts: tuple[Alert, ...]
    """The stories that it tells of, the gravest first; one for a feed."""
    ended: bool
    """Whether all of them are over."""
    silent: bool = False
    """Nobody is to be called by it."""
    remote: str = ""
    """What `Delivered.remote` said of the message that is to be edited, or that this one follows; may be empty."""
    acknowledged: bool = False
    """Whether the channel was told that somebody knows."""
    picture: bytes | None = None
    """A PNG of the last minutes."""


class Memory(Protocol):
    """A few words that a sink keeps beyond a restart, such as the new number of a chat that moved."""

    def get(self, key: str) -> str | None:
        """What was set last."""

    def set(self, key: str, value: str) -> None:
        """Keep it."""


class Sink(Protocol):
    """One configured channel. `send` says what became of a delivery and raises for no fault of the remote."""

    @property
    def traits(self) -> Traits:
        """What it can do."""

    async def send(self, delivery: Delivery) -> Outcome:
        """Send or edit. Called for one delivery at a time."""

    async def close(self) -> None:
        """Let go of what it holds."""


@runtime_checkable
class Beating(Protocol):
    """A sink that also says, again and again, that somebody watches: a bot that hears nothing is not to believe in
    calm.
    """

    @property
    def heartbeat_s(self) -> float:
        """Between two; 0 says nothing."""

    async def heartbeat(self, state: MarketState | None) -> Outcome:
        """Say it, and where the market stands."""


class Answering(Protocol):
    """Who knows the answers: plain text of a few lines."""

    def status(self) -> str:
        """Where the market stands, and what we see of it."""

    def mute(self, seconds: int, assets: tuple[str, ...], by: str, /) -> str:
        """Be silent in this chat; of all assets where none is named."""

    def unmute(self) -> str:
        """Speak again in this chat."""

    def why(self, alert_id: str, /) -> str:
        """The numbers behind an alert."""


class Listener(Protocol):
    """Reads what people ask in a chat."""

    async def run(self) -> None:
        """Until cancelled."""


@runtime_checkable
class Chatting(Protocol):
    """A sink in which people may ask."""

    def commands(self, desk: Answering, /) -> Listener | None:
        """Who listens to them; None where it is not wanted."""
