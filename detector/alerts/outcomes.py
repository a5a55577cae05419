"""What became of a send. A channel never raises for what its remote does: it says one of these four."""

from __future__ import annotations

from typing import Literal

import msgspec


class Delivered(msgspec.Struct, frozen=True):
    """The channel has it."""

    remote: str = ""
    """What it calls the message, for edits; empty where nothing can be edited, or it is the one that was edited."""


class RetryAt(msgspec.Struct, frozen=True):
    """The channel does not have it, and may be asked again."""

    after_s: float | None
    """As it asked for; None where it did not say."""
    reason: str


class Rejected(msgspec.Struct, frozen=True):
    """The channel does not want it, and asking again would not help."""

    reason: str
    of: Literal["message", "sink"] = "message"
    """Only this one, or whatever we send: then somebody has to look at the configuration."""


class Unknown(msgspec.Struct, frozen=True):
    """It may have arrived or not."""

    reason: str


Outcome = Delivered | RetryAt | Rejected | Unknown
