"""Why a connection ended and what that asks of the next try: a small closed vocabulary, fit for metric labels. Pure."""

from __future__ import annotations

import socket
import ssl

import msgspec
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)

from producers.backoff import retry_after_s

FORBIDDEN_WAIT_S = 300.0
"""A refusal by policy (region, network, no such stream) does not change within seconds, and asking often earns bans."""

TOO_MANY_WAIT_S = 30.0
"""After a 429 that names no time: half of the minute over which venues count connections."""

BANNED_WAIT_S = 120.0
"""After a 418 that names no time: the shortest ban that Binance documents."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection ended."""

    reason: str
    """One of a small set: `http_451`, `dns`, `stale`, `closed_1006`."""
    message: str = ""
    """The same for a person, where there is more to say."""
    wait_s: float | None = None
    """How long to stay away at least; None leaves it to the backoff."""
    refused: bool = False
    """The venue does not want us, as opposed to being out of reach."""
    finished: bool = False
    """A recording was played to its end: there is nothing to come back for."""


def of_handshake(error: Exception, *, now_ns: int) -> Ending:
    """The ending of a connection that was never opened."""
    if isinstance(error, InvalidStatus):
        return _of_status(error.response.status_code, error.response.headers.get("Retry-After"), now_ns)
    if isinstance(error, TimeoutError):
        return Ending(reason="timeout")
    if isinstance(error, socket.gaierror):
        return Ending(reason="dns", message=f"the host name is not known: {error}")
    if isinstance(error, ssl.SSLError):
        return Ending(reason="tls", message=f"no trusted connection: {error}")
    if isinstance(error, InvalidProxy | ProxyError | ImportError):
        return Ending(reason="proxy", message=str(error))
    if isinstance(error, InvalidURI):
        return Ending(reason="address", message=str(error), wait_s=FORBIDDEN_WAIT_S, refused=True)
    if isinstance(error, InvalidHandshake | WebSocketException | EOFError):
        return Ending(reason="handshake", message=str(error))
    return Ending(reason="unreachable", message=str(error))


def _of_status(status: int, retry_after: str | None, now_ns: int) -> Ending:
    reason = f"http_{status}"
    if status in (429, 418):
        asked_s = retry_after_s(retry_after, now_ns=now_ns)
        default_s = TOO_MANY_WAIT_S if status == 429 else BANNED_WAIT_S
        wait_s = default_s if asked_s is None else asked_s
        return Ending(reason=reason, message=f"HTTP {status}: the venue asks us to wait {wait_s:.0f} s", wait_s=wait_s)
    if status in (401, 403, 451):
        message = (
            f"HTTP {status}: the venue does not serve this address (region, network or firewall rule); "
            f"next try in {FORBIDDEN_WAIT_S / 60:.0f} min"
        )
        return Ending(reason=reason, message=message, wait_s=FORBIDDEN_WAIT_S, refused=True)
    if 400 <= status < 500:
        message = f"HTTP {status}: the venue has nothing at this address; next try in {FORBIDDEN_WAIT_S / 60:.0f} min"
        return Ending(reason=reason, message=message, wait_s=FORBIDDEN_WAIT_S, refused=True)
    return Ending(reason=reason, message=f"HTTP {status}")


def of_close(closed: ConnectionClosed) -> Ending:
    """The ending of a connection that the other side or the network closed."""
    frame = closed.rcvd
    if frame is None:
        return Ending(reason="closed_1006", message="the connection broke without a closing frame")
    return Ending(reason=f"closed_{int(frame.code)}", message=frame.reason)
