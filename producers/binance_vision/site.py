"""The archive's web server: one file at a time, retried with backoff, silent as long as it asks for it."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from producers.backoff import Backoff, retry_after_s
from producers.errors import ProducerError, UsageError
from producers.proxy import Proxy, ProxyAddressError, ProxyFailure, http_failure, proxy_for, unreachable, unspeakable
from producers.rest import ASKED_TO_WAIT, Silence

CHUNK_BYTES = 1 << 18

T = TypeVar("T")
Chunks = AsyncIterator[bytes]


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a file is tried for."""

    attempts: int = 6
    connect_s: float = 15.0
    stall_s: float = 60.0
    """Without a byte. A file may take as long as it takes: a month of trades is half a gigabyte."""
    too_many_wait_s: float = 30.0
    """Where the server says "wait" and not how long."""
    backoff_base_s: float = 1.0
    backoff_cap_s: float = 60.0


class NotPublishedError(Exception):
    """The archive has no such file."""


class SiteError(ProducerError):
    """A file that cannot be had from there, for good or after all attempts; the message says why."""


class Site:
    """Use it as an async context manager; it holds one HTTP session. A 429 silences all calls, not only its own.

    Raises `UsageError` for an address that is none.
    """

    def __init__(self, base: str, patience: Patience) -> None:
        if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).netloc:
            raise UsageError(f"{base!r} is no address; one looks like https://data.binance.vision")
        self._base = base.rstrip("/")
        self._patience = patience
        self._silence = Silence()
        self._proxy = proxy_for(self._base)
        self._proxy_failures: dict[type[Exception], Callable[[Exception, Proxy], ProxyFailure]] = {
            aiohttp.ClientHttpProxyError: lambda error, proxy: http_failure(proxy, getattr(error, "status", 0)),
            aiohttp.ClientProxyConnectionError: lambda _, proxy: unreachable(proxy),
        }
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        proxy, patience = self._proxy, self._patience
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=patience.connect_s, sock_read=patience.stall_s)
        # What is summed is what was sent: nothing may unpack it on the way.
        if proxy is not None and proxy.is_socks:
            connector = self._socks(proxy)
            self._http = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)
        else:
            through = proxy.url if proxy is not None else None
            self._http = aiohttp.ClientSession(proxy=through, timeout=timeout, auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def get(self, path: str, take: Callable[[Chunks], Awaitable[T]]) -> T:
        """What `take` makes of the file's bytes; each attempt begins with a new call of it.

        Raises `NotPublishedError`, or `SiteError` after the last attempt; what `take` raises is passed on.
        """
        backoff = Backoff(base_s=self._patience.backoff_base_s, cap_s=self._patience.backoff_cap_s)
        for attempts_left in reversed(range(self._patience.attempts)):
            await self._silence.over()
            try:
                async with self._opened(path) as chunks:
                    return await take(chunks)
            except _TryAgainError as failure:
                if failure.silence_s is not None:
                    self._silence.keep(failure.silence_s)
                if not attempts_left:
                    raise SiteError(f"{failure} ({self._patience.attempts} attempts)") from failure
            await asyncio.sleep(backoff.next_s())
        raise SiteError("no attempts")

    @asynccontextmanager
    async def _opened(self, path: str) -> AsyncIterator[Chunks]:
        """The body of one answer. What goes wrong with it, at once or on the way, becomes an error of this file."""
        try:
            async with self._http.get(f"{self._base}/{path}") as response:
                self._judge(response)
                yield response.content.iter_chunked(CHUNK_BYTES)
        except tuple(self._proxy_failures) as error:
            raise self._by_proxy(error) from error
        except TimeoutError as error:
            raise _TryAgainError("nothing came for too long") from error
        except aiohttp.ClientPayloadError as error:
            raise _TryAgainError("the answer ended too early") from error
        except (aiohttp.ClientError, ssl.SSLError, ConnectionError) as error:
            raise _TryAgainError(f"no connection: {type(error).__name__}") from error

    def _judge(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status < 400:
            return
        if status == 404:
            raise NotPublishedError
        asked_s = retry_after_s(response.headers.get("Retry-After"), now_ns=time.time_ns())
        if status in ASKED_TO_WAIT:
            raise _TryAgainError(
                f"HTTP {status}", silence_s=self._patience.too_many_wait_s if asked_s is None else asked_s
            )
        if status >= 500:
            raise _TryAgainError(f"HTTP {status}", silence_s=asked_s)
        if status == 407 and self._proxy is not None:
            raise SiteError(http_failure(self._proxy, status).message)
        raise SiteError(f"HTTP {status}")

    def _socks(self, proxy: Proxy) -> aiohttp.TCPConnector:
        # Not before it is needed: the rest of the world runs without it.
        try:
            from producers.socks import SOCKS_ERRORS, failure_of, socks_connector  # noqa: PLC0415
        except ImportError as error:
            raise ProxyAddressError(unspeakable(proxy).message) from error
        self._proxy_failures.update(dict.fromkeys(SOCKS_ERRORS, failure_of))
        return socks_connector(proxy)

    def _by_proxy(self, error: Exception) -> Exception:
        """One that does not want us is not asked again."""
        if self._proxy is None:
            return error
        judge = next(judge for kind, judge in self._proxy_failures.items() if isinstance(error, kind))
        failure = judge(error, self._proxy)
        return SiteError(failure.message) if failure.refused else _TryAgainError(failure.message)


class _TryAgainError(Exception):
    """It may come right; `silence_s` is how long the server wants to hear nothing."""

    def __init__(self, reason: str, *, silence_s: float | None = None) -> None:
        super().__init__(reason)
        self.silence_s = silence_s
