"""Why a connection ended and what that asks of the next try: a small closed vocabulary, fit for metric labels. Pure."""

from __future__ import annotations

import socket
import ssl

import msgspec
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    WebSocketException,
)

from producers.backoff import retry_after_s
from producers.proxy import Proxy, ProxyFailure, http_failure, socks_failure, unreachable, unspeakable

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


def of_handshake(error: Exception, *, now_ns: int, proxy: Proxy | None = None) -> Ending:
    """The ending of a connection that was never opened, and that was to go through this proxy."""
    failure = None if proxy is None else _of_proxy(error, proxy)
    if failure is not None:
        wait_s = FORBIDDEN_WAIT_S if failure.refused else None
        return Ending(reason=failure.reason, message=failure.message, wait_s=wait_s, refused=failure.refused)
    if isinstance(error, InvalidStatus):
        return _of_status(error.response.status_code, error.response.headers.get("Retry-After"), now_ns)
    if isinstance(error, TimeoutError):
        return Ending(reason="timeout")
    if isinstance(error, socket.gaierror):
        return Ending(reason="dns", message=f"the host name is not known: {error}")
    if isinstance(error, ssl.SSLError):
        return Ending(reason="tls", message=f"no trusted connection: {error}")
    if isinstance(error, InvalidURI):
        return Ending(reason="address", message=str(error), wait_s=FORBIDDEN_WAIT_S, refused=True)
    if isinstance(error, InvalidHandshake | WebSocketException | EOFError):
        return Ending(reason="handshake", message=str(error))
    return Ending(reason="unreachable", message=str(error))


def _of_proxy(error: Exception, proxy: Proxy) -> ProxyFailure | None:
    """What the proxy has to do with it; None where it has nothing."""
    match error:
        case InvalidProxyStatus():
            return http_failure(proxy, error.response.status_code)
        case ProxyError() if proxy.is_socks:
            # The library says what happened in the cause alone.
            return socks_failure(proxy, str(error.__cause__), getattr(error.__cause__, "error_code", None))
        case ProxyError():
            return ProxyFailure(message=f"what answers at {proxy.name} is no proxy: check it", refused=False)
        case ImportError():
            return unspeakable(proxy)
        case TimeoutError() | ssl.SSLError():
            return None
        case OSError():
            return unreachable(proxy)
        case _:
            return None


def _of_status(status: int, retry_after: str | None, now_ns: int) -> Ending:
    reason = f"http_{status}"
    if status in (429, 418):
        asked_s = retry_after_s(retry_after, now_ns=now_ns)
        default_s = TOO_MANY_WAIT_S if status == 429 else BANNED_WAIT_S
        wait_s = default_s if asked_s is None else asked_s
        return Ending(reason=reason, message=f"HTTP {status}: the venue asks us to wait {wait_s:.0f} s", wait_s=wait_s)
    if status in (401, 403, 451):
        message = (
            f"HTTP {status}: the venue does not serve this address (region, network or firewall rule): "
            f"check where you connect from; next try in {FORBIDDEN_WAIT_S / 60:.0f} min"
        )
        return Ending(reason=reason, message=message, wait_s=FORBIDDEN_WAIT_S, refused=True)
    if 400 <= status < 500:
        message = (
            f"HTTP {status}: the venue has nothing at this address: check it; "
            f"next try in {FORBIDDEN_WAIT_S / 60:.0f} min"
        )
        return Ending(reason=reason, message=message, wait_s=FORBIDDEN_WAIT_S, refused=True)
    return Ending(reason=reason, message=f"HTTP {status}: the venue is in trouble: check its status page")


def of_close(closed: ConnectionClosed) -> Ending:
    """The ending of a connection that the other side or the network closed."""
    frame = closed.rcvd
    if frame is None:
        return Ending(reason="closed_1006", message="the connection broke without a closing frame")
    return Ending(reason=f"closed_{int(frame.code)}", message=frame.reason)
