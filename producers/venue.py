"""The contract of a venue: what to say to it and how to read what it answers. Pure: no clock, no loop, no socket.

A venue object knows its instruments (`register`) and nothing else; the same object serves live sessions and replays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from producers.completeness import Completeness
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import BookSnapshot


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A REST call. `path` is appended to the venue's REST base, which a user may override."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    body: bytes | None = None


class Resubscribe(msgspec.Struct, frozen=True, kw_only=True):
    """How a socket is made to send a whole book again: said on the connection that carries the book, in order."""

    frames: tuple[str, ...]
    """Unsubscribe and subscribe. Their answers are acks and refusals like others."""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A REST call that is repeated, for what no socket tells: open interest, an insurance fund, executions."""

    name: str
    """Unique within the venue and without spaces: `open_interest:BTCUSDT`. `parse_poll` gets it back."""
    request: Request
    every_s: float


class Socket(msgspec.Struct, frozen=True, kw_only=True):
    """One websocket connection and what to say on it."""

    name: str
    """Unique within the venue: `public-0`."""
    path: str
    """Appended to the venue's websocket base."""
    subscribe: tuple[str, ...]
    """Frames to send after connecting, in order."""
    headers: Mapping[str, str] = {}
    """Of the handshake, where the venue reads any."""
    expect_acks: int
    """How many `Ack`s make the socket "up"."""
    ping: str | None = None
    """Application ping, or None where the protocol's own ping suffices."""
    ping_every_s: float = 20.0
    liquidations: Literal["marks", "trades", "all", "none"] = "marks"
    """Whose liquidations are missing when this socket is lost: those of the markets whose marks it carries, or whose
    trades, of every market of the venue, or nobody's.
    """
    stale_after_s: float = 30.0
    """Without a market event for so long the socket is cut and opened anew; pongs and acks do not count as life."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue tolerates, from its documentation."""

    messages_per_s: float
    messages_shared: bool = False
    """Whether `messages_per_s` counts over all connections of an address."""
    connects_per_min: float
    connects_at_once: int | None = None
    """How many of these may come together; None leaves it to the fleet."""
    lifetime_s: float | None
    """Planned rotation before the venue's own cut."""
    operations_per_h: float | None = None
    """Messages of ours that one connection may send in an hour, where that is counted."""
    connections: int | None = None
    """How many connections one address may have open: `sockets` stays below."""
    polls_per_s: float = 5.0
    """Repeated REST calls, all together; half of what the venue allows at most."""
    snapshots_per_min: float = 0.0
    """Whole books fetched by REST, from the venue's weight budget: half of it at most, as retries, market lists and
    whatever else runs behind the same address spend it too. 0 where the socket sends the books.
    """
    weight_pool: str | None = None
    """Venues that name the same pool count against one budget: what silences one silences all of them."""


class Ack(msgspec.Struct, frozen=True):
    """A subscription was accepted (which on some venues proves nothing)."""


class Pong(msgspec.Struct, frozen=True):
    """An answer to our ping."""


class Reply(msgspec.Struct, frozen=True):
    """The venue asked for a sign of life, and this is what to answer at once."""

    text: str


class Refusal(msgspec.Struct, frozen=True):
    """An error frame and what to do about it."""

    reason: str
    action: Literal["ignore", "resubscribe", "replace", "reconnect", "fatal"]
    """`replace`: an announced end; another connection is opened before this one is left."""


Control = Ack | Pong | Reply | Refusal


class Sequencing(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue's book deltas chain; read by `producers.continuity`."""

    chain: Literal["prev_id", "contiguous"]
    """`prev_id`: delta.prev_id == last delta's last_id. `contiguous`: delta.first_id == last delta's last_id + 1.
    Deltas without ids (`last_id` None) are taken on trust after a snapshot that has none either.
    """
    snapshots: Literal["rest", "socket"] = "rest"
    """Where whole books come from: fetched, with deltas buffered meanwhile; or in the stream, where each one replaces
    the book at once and deltas before the first are of no use.
    """
    snapshot_overlap: int = 0
    """Of `rest`: a first delta fits a snapshot `s` when first_id <= s.last_id + overlap <= last_id."""


class Venue(Protocol):
    """One per venue file. `parse` and its siblings raise nothing but `DecodeError`."""

    id: str
    group: str
    """The name that `--venue` accepts for several at once: `binance`."""
    websocket_base: str
    rest_base: str
    limits: Limits
    sequencing: Sequencing | None
    """None where every book message is a whole book."""
    completeness: Completeness
    """What the public feed omits or throttles, so that silence is never read as calm."""

    def instruments_requests(self) -> Sequence[Request]:
        """The calls that list the venue's markets; most need one."""

    def parse_instruments(self, body: bytes, ts_recv_ns: int) -> list[Instrument]:
        """The tradable markets in the answer to any of them."""

    def register(self, instruments: Sequence[Instrument]) -> None:
        """Make these markets known: frames of others raise `DecodeError("unknown_symbol")`."""

    def infer_instrument(self, symbol: str, ts_recv_ns: int) -> Instrument | None:
        """The market that a symbol names by the venue's own rules, for recordings without a market list."""

    def sockets(self, instruments: Sequence[Instrument]) -> list[Socket]:
        """Connections and subscriptions for these markets, within the venue's limits."""

    def polls(self, instruments: Sequence[Instrument]) -> Sequence[Poll]:
        """REST calls to repeat for these markets; empty where the sockets tell all."""

    def parse_poll(self, name: str, body: bytes, ts_recv_ns: int) -> Sequence[Event]:
        """The events in the answer to the poll of this name."""

    def book_request(self, instrument: Instrument) -> Request | Resubscribe | None:
        """How to come by a whole book when one is missing; None where every book message is one."""

    def parse_snapshot(self, body: bytes, instrument: Instrument, ts_recv_ns: int) -> BookSnapshot:
        """The book in the answer to a `Request` for it."""

    def parse(self, frame: bytes, ts_recv_ns: int) -> Sequence[Event | Control]:
        """One frame's events in their order, or its control decisions; where it carries both, these stand first."""

    def message_number(self, frame: bytes) -> int | None:
        """The number of this message on its connection, where the venue counts them one by one from the first; None
        elsewhere. A number left out is a lost message, and the connection is opened anew.
        """

    def symbol_of(self, frame: bytes) -> str | None:
        """The venue symbol a raw market frame is about, or None when this is not a frame of this venue (used to
        recognise recordings).
        """
