"""Messages to JSON bytes and back: events on the way in, what the detector says on the way out.

Readers ignore fields that they do not know, so that a newer writer may add some. `kind` names the message.
"""

from __future__ import annotations

import math
import typing

import msgspec

from schemas.alert import Alert, Transition
from schemas.base import Event
from schemas.clock import Tick
from schemas.health import Gap, SelfCheck, VenueStatus
from schemas.instrument import Instrument
from schemas.market import (
    Adl,
    AdlState,
    BookDelta,
    BookSnapshot,
    BookTop,
    DerivativeState,
    Insurance,
    Liquidation,
    OpenInterest,
    PriceBand,
    Trade,
)
from schemas.reading import Reading
from schemas.state import Heartbeat, MarketState

AnyEvent = (
    Instrument
    | Trade
    | BookDelta
    | BookSnapshot
    | BookTop
    | Liquidation
    | DerivativeState
    | OpenInterest
    | Adl
    | AdlState
    | Insurance
    | PriceBand
    | Gap
    | VenueStatus
    | SelfCheck
    | Tick
)
"""Every kind of event."""

Output = Transition | Alert | Reading | Heartbeat | MarketState
"""Every kind of message that the detector writes."""

EVENTS: tuple[type[Event], ...] = typing.get_args(AnyEvent)
OUTPUTS: tuple[type[msgspec.Struct], ...] = typing.get_args(Output)

_encoder = msgspec.json.Encoder()
_events: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)
_outputs: msgspec.json.Decoder[Output] = msgspec.json.Decoder(Output)


def encode(message: Event | Output) -> bytes:
    """One message as one line of JSON, without the newline.

    A number that is not finite is written as null, which reads "unknown".

    Raises
    ------
    ValueError
        Where the field may not be unknown: nobody could read the message.
    """
    for field in _REQUIRED_NUMBERS[type(message)]:
        if not math.isfinite(getattr(message, field)):
            raise ValueError(f"{type(message).__name__}.{field} is not finite")
    return _encoder.encode(message)


def decode_event(data: bytes) -> AnyEvent:
    """The event in a line of JSON. Raises `msgspec.DecodeError` where there is none."""
    return _events.decode(data)


def decode_output(data: bytes) -> Output:
    """What the detector said in a line of JSON. Raises `msgspec.DecodeError` where it is nothing of the kind."""
    return _outputs.decode(data)


def base_asset(instrument: str) -> str:
    """The base asset in a canonical instrument id; `*` stays `*`.

    >>> base_asset("BTC-USDT-PERP"), base_asset("*")
    ('BTC', '*')
    """
    return instrument.rsplit("-", 2)[0]


def partition_key(event: Event) -> bytes:
    """The key that keeps all events of an asset, from every venue, in one order."""
    return base_asset(event.instrument).encode()


def _required_numbers(message: type[msgspec.Struct]) -> tuple[str, ...]:
    hints = typing.get_type_hints(message)
    return tuple(field.name for field in msgspec.structs.fields(message) if hints[field.name] is float)


_REQUIRED_NUMBERS = {message: _required_numbers(message) for message in (*EVENTS, *OUTPUTS)}
