"""The one HTTP client of all sinks: to public addresses alone, no redirects, answers bounded in size and time.

Its errors name scheme and host of an address and never the rest, which often is the secret.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from importlib.util import find_spec
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from detector.sinks.addresses import AddressRefusedError, Guard, networks, url_fault
from producers.errors import ProducerError
from producers.proxy import Proxy, ProxyAddressError, proxy_for, unspeakable

TOTAL_S = 15.0
BODY_S = 5.0
"""How long a body may take once the status is there."""
CONNECT_S = 5.0
BODY_BYTES = 256 * 1024
"""The longest answer known is Slack's, which repeats the message."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FAILURES: tuple[type[Exception], ...] = (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError)


class Answer(msgspec.Struct, frozen=True):
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str] = {}
    """Names in any case."""
    body: bytes = b""

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "headers", CIMultiDict(self.headers))

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object that the body is; empty where it is none."""
        try:
            found = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class SendError(ProducerError):
    """A request without an answer."""


class NotSentError(SendError):
    """It certainly did not arrive: no name, no connection, no TLS."""


class RefusedError(NotSentError):
    """It is not ours to send: no such address, one that is not public, or a proxy that cannot be used."""


class MaybeSentError(SendError):
    """It may have arrived or not: a timeout or a lost connection after the sending began, or an endless answer."""


class Http:
    """Use it as an async context manager. A connection is made for every request: one that was kept open and is closed
    by the other side at the moment of the next request leaves nobody knowing whether that arrived.

    Parameters
    ----------
    allow_private
        Networks that may be reached though they are not public, `10.1.0.0/16`.
    total_s
        For a request and its whole answer.
    connect_s
        For name, connection and TLS.
    """

    def __init__(
        self,
        allow_private: Iterable[str] = (),
        *,
        total_s: float = TOTAL_S,
        connect_s: float = CONNECT_S,
        body_bytes: int = BODY_BYTES,
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        self._guard = Guard(networks(allow_private))
        self._total_s = total_s
        self._connect_s = connect_s
        self._body_bytes = body_bytes
        self._body_s = min(BODY_S, total_s / 3)
        self._resolver = resolver
        self._failures: tuple[type[Exception], ...] = _FAILURES
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        """By the proxy's address; empty where there is none."""
        self._open: AsyncExitStack | None = None

    async def __aenter__(self) -> Self:
        self._open = AsyncExitStack()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stack, self._open = self._open, None
        self._sessions.clear()
        if stack is not None:
            await stack.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        form: aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, and the answer to it, whatever its status.

        Raises
        ------
        NotSentError
            It certainly did not arrive.
        MaybeSentError
            Nobody knows.
        """
        target = self._target(url)
        headers = headers or {}
        where = f"{target.scheme}://{target.host_port_subcomponent}"
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name) or _UNSENDABLE.search(value):
                raise RefusedError(f"{where}: a header has letters that cannot be sent")
        begun = SimpleNamespace(sending=False)
        proxy: Proxy | None = None
        failure: SendError
        try:
            async with asyncio.timeout(self._total_s):
                proxy = proxy_for(str(target))
                session = await self._session(proxy)
                data = form if body is None else body
                async with session.request(
                    method, target, data=data, headers=headers, allow_redirects=False, trace_request_ctx=begun
                ) as response:
                    return await self._read(response)
        except TimeoutError:
            after_s = self._total_s if begun.sending else min(self._connect_s, self._total_s)
            failure = _failure(where, begun.sending, f"no answer within {after_s:g} s")
        except ProxyAddressError as error:
            failure = RefusedError(str(error))
        except self._failures as error:
            failure = _said(error, where, begun.sending, proxy)
        # Outside of the clauses: the errors of the client hold the whole address.
        raise failure

    def _target(self, text: str) -> URL:
        if fault := url_fault(text):
            raise RefusedError(f"the address cannot be used: {fault}")
        # What one parser understood is what all others get.
        url = URL(text).with_fragment(None)
        host = url.raw_host or ""
        if not self._guard.allows_host(host):
            raise RefusedError(_not_public(f"{url.scheme}://{url.host_port_subcomponent}"))
        return url

    async def _session(self, proxy: Proxy | None) -> aiohttp.ClientSession:
        if self._open is None:
            raise RuntimeError("Http is an async context manager")
        key = proxy.url if proxy is not None else ""
        if key not in self._sessions:
            self._sessions[key] = await self._open.enter_async_context(self._new_session(proxy))
        return self._sessions[key]

    def _new_session(self, proxy: Proxy | None) -> aiohttp.ClientSession:
        begins = aiohttp.TraceConfig()
        begins.on_connection_create_end.append(_begins)
        return aiohttp.ClientSession(
            connector=self._connector(proxy),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            # A small answer that unpacks to a large one is not asked for.
            headers={"Accept-Encoding": "identity", "User-Agent": "cascade-detector"},
            auto_decompress=False,
            trace_configs=[begins],
            trust_env=False,
            proxy=proxy.url if proxy is not None and not proxy.is_socks else None,
        )

    def _connector(self, proxy: Proxy | None) -> aiohttp.BaseConnector:
        if proxy is not None and proxy.is_socks:
            try:
                # Not before it is needed: the rest of the world runs without it.
                from producers.socks import SOCKS_ERRORS, socks_connector  # noqa: PLC0415
            except ImportError:
                raise ProxyAddressError(unspeakable(proxy).message) from None
            self._failures = (*_FAILURES, *SOCKS_ERRORS)
            return socks_connector(proxy)
        # A proxy often is on the own network, and is what the configuration of this machine says.
        made = self._guard.socket if proxy is None else _any_socket
        resolver = self._resolver() if self._resolver is not None else None
        return aiohttp.TCPConnector(socket_factory=made, resolver=resolver, use_dns_cache=False, force_close=True)

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        """What comes of the body within its bounds: the status has been said, and counts without the rest."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._body_s):
                async for chunk in response.content.iter_any():
                    body += chunk
                    if len(body) > self._body_bytes:
                        break
        except TimeoutError:
            pass
        return Answer(response.status, response.headers, bytes(body[: self._body_bytes]))


def proxy_fault(url: str) -> str:
    """Why the proxy that the environment names for an address cannot be used; empty where it can, or there is none."""
    try:
        proxy = proxy_for(url)
    except ProxyAddressError as error:
        return str(error)
    if proxy is not None and proxy.is_socks and not (find_spec("aiohttp_socks") and find_spec("python_socks")):
        return unspeakable(proxy).message
    return ""


async def _begins(_session: aiohttp.ClientSession, context: SimpleNamespace, _: object) -> None:
    """From here on something may arrive."""
    context.trace_request_ctx.sending = True


def _any_socket(info: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


def _said(error: Exception, where: str, sending: bool, proxy: Proxy | None) -> SendError:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefusedError):
        return RefusedError(_not_public(where))
    if isinstance(error, aiohttp.InvalidURL):
        return RefusedError(f"{where}: no host is written so: write all four numbers of an address, or a name")
    why = _why(error)
    if proxy is not None and not sending:
        why = f"by way of the proxy {proxy.name}: {why}"
    return _failure(where, sending, why)


def _failure(where: str, sending: bool, why: str) -> SendError:
    return MaybeSentError(f"{where}: {why}; it may have arrived") if sending else NotSentError(f"{where}: {why}")


def _not_public(where: str) -> str:
    return f"{where}: not a public address: allow its network by allow_private in [notify], or write another address"


def _why(error: Exception) -> str:
    """In words of ours: the client's own repeat the address."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such name"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"HTTP {error.status}"
    if isinstance(error, (ssl.SSLError, ssl.CertificateError, aiohttp.ClientSSLError)):
        return "no TLS connection, or a certificate that nobody vouches for"
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        return f"cannot be reached ({os.strerror(number) if number else type(error.os_error).__name__})"
    return f"the connection broke ({type(error).__name__})"
