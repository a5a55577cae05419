from __future__ import annotations

import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import (
    ConnectionClosedError,
    InvalidHandshake,
    InvalidProxyMessage,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.frames import Close
from websockets.http11 import Response

from producers.endings import BANNED_WAIT_S, FORBIDDEN_WAIT_S, TOO_MANY_WAIT_S, of_close, of_handshake
from producers.proxy import Proxy


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


HTTP = Proxy(url="http://ann:secret@gate.example:3128", name="http://gate.example:3128")
SOCKS = Proxy(url="socks5h://ann:secret@gate.example:1080", name="socks5h://gate.example:1080")


class SocksReplyError(Exception):
    """As the library raises it."""

    def __init__(self, words: str, error_code: int | None) -> None:
        super().__init__(words)
        self.error_code = error_code


def socks(words: str, code: int | None = None) -> ProxyError:
    error = ProxyError("failed to connect to SOCKS proxy")
    error.__cause__ = SocksReplyError(words, code)
    return error


def proxy_status(code: int) -> InvalidProxyStatus:
    return InvalidProxyStatus(Response(code, "", Headers()))


@pytest.mark.parametrize(
    ("error", "proxy", "reason", "words"),
    [
        (proxy_status(407), HTTP, "proxy_refused", "wants a user and a password"),
        (proxy_status(403), HTTP, "proxy_refused", "ask who runs it"),
        (proxy_status(502), HTTP, "proxy", "did not reach the venue"),
        (InvalidProxyMessage("junk"), HTTP, "proxy", "is no proxy"),
        (ConnectionRefusedError(), HTTP, "proxy", "cannot be reached"),
        (socket.gaierror(-2, "Name or service not known"), HTTP, "proxy", "cannot be reached"),
        (socks("Username and password authentication failure"), SOCKS, "proxy_refused", "check user and password"),
        (socks("Connection not allowed by ruleset", 2), SOCKS, "proxy_refused", "ask who runs it"),
        (socks("Host unreachable", 4), SOCKS, "proxy", "did not reach the venue"),
        (ImportError("python-socks"), SOCKS, "proxy_refused", "install aiohttp-socks and python-socks[asyncio]"),
        # What is none of the proxy's doing.
        (TimeoutError(), HTTP, "timeout", ""),
        (ssl.SSLCertVerificationError("expired"), HTTP, "tls", "expired"),
        (status(451), SOCKS, "http_451", "check where you connect from"),
    ],
)
def test_what_a_proxy_did_is_told_from_what_the_venue_did(
    error: Exception, proxy: Proxy, reason: str, words: str
) -> None:
    """The venue would be blamed for a wrong password, or the password printed."""
    ending = of_handshake(error, now_ns=0, proxy=proxy)
    assert ending.reason == reason
    assert words in ending.message
    assert "secret" not in ending.message
    if reason.startswith("proxy"):
        assert ending.refused == (reason == "proxy_refused")
        assert (ending.wait_s == FORBIDDEN_WAIT_S) == ending.refused


def test_a_closed_connection_says_with_which_code() -> None:
    """A user could not tell a venue's maintenance from a broken line."""
    assert of_close(ConnectionClosedError(Close(1012, "restart"), None)).reason == "closed_1012"
    assert of_close(ConnectionClosedError(None, None)).reason == "closed_1006"
