from __future__ import annotations

import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidProxy, InvalidStatus, InvalidURI
from websockets.frames import Close
from websockets.http11 import Response

from producers.endings import BANNED_WAIT_S, FORBIDDEN_WAIT_S, TOO_MANY_WAIT_S, of_close, of_handshake


def status(code: int, **headers: str) -> InvalidStatus:
    return InvalidStatus(
        Response(code, "", Headers({name.replace("_", "-"): value for name, value in headers.items()}))
    )


@pytest.mark.parametrize(
    ("error", "reason", "wait_s", "refused"),
    [
        (status(429), "http_429", TOO_MANY_WAIT_S, False),
        (status(429, Retry_After="7"), "http_429", 7.0, False),
        (status(418), "http_418", BANNED_WAIT_S, False),
        (status(418, Retry_After="Thu, 01 Jan 1970 00:10:00 GMT"), "http_418", 600.0, False),
        (status(403), "http_403", FORBIDDEN_WAIT_S, True),
        (status(451), "http_451", FORBIDDEN_WAIT_S, True),
        (status(404), "http_404", FORBIDDEN_WAIT_S, True),
        (status(500), "http_500", None, False),
        (status(503), "http_503", None, False),
        (TimeoutError(), "timeout", None, False),
        (socket.gaierror(-2, "Name or service not known"), "dns", None, False),
        (ssl.SSLCertVerificationError("expired"), "tls", None, False),
        (InvalidProxy("p", "m"), "proxy", None, False),
        (ImportError("python-socks"), "proxy", None, False),
        (InvalidURI("u", "m"), "address", FORBIDDEN_WAIT_S, True),
        (InvalidHandshake("no"), "handshake", None, False),
        (EOFError(), "handshake", None, False),
        (ConnectionRefusedError(), "unreachable", None, False),
    ],
)
def test_a_failed_handshake_says_what_failed_and_how_long_to_stay_away(
    error: Exception, reason: str, wait_s: float | None, refused: bool
) -> None:
    """A ban would be lengthened by asking on, or a passing fault answered with minutes of silence."""
    ending = of_handshake(error, now_ns=0)
    assert (ending.reason, ending.wait_s, ending.refused) == (reason, wait_s, refused)


def test_a_closed_connection_says_with_which_code() -> None:
    """A user could not tell a venue's maintenance from a broken line."""
    assert of_close(ConnectionClosedError(Close(1012, "restart"), None)).reason == "closed_1012"
    assert of_close(ConnectionClosedError(None, None)).reason == "closed_1006"
