"""REST calls to one venue: bounded in time and size, retried with backoff, silent as long as the venue asks for it."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp
import msgspec

from producers.backoff import Backoff, retry_after_s
from producers.clock import RECORDED_RECEIVE_HEADER, ClockName
from producers.errors import RestError
from producers.health import Health
from producers.proxy import Proxy, ProxyAddressError, ProxyFailure, http_failure, proxy_for, unreachable, unspeakable
from producers.venue import Request

logger = logging.getLogger(__name__)

ASKED_TO_WAIT = frozenset({418, 429})
USER_AND_PASSWORD = re.compile(r"//[^/@]*@")


class RestAnswer(msgspec.Struct, frozen=True):
    """A body exactly as it came, and when."""

    body: bytes
    ts_recv_ns: int


class RestLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a call."""

    # The longest market list known is Binance spot's, about 15 MB; anything beyond this is not an answer.
    body_bytes: int = 64 * 1024 * 1024

    total_s: float = 30.0
    connect_s: float = 10.0
    # A playing server answers when its timeline reaches the snapshot, which at the recorded speed may take long.
    recorded_total_s: float = 3600.0

    attempts: int = 5
    # Where the venue says "wait" and not how long: half a minute for a full minute-window of weight, more for a ban.
    too_many_wait_s: float = 30.0
    banned_wait_s: float = 120.0


class Silence:
    """Until when a venue, or several that count against one budget, wants to hear nothing."""

    def __init__(self) -> None:
        self._until_s = 0.0

    def keep(self, for_s: float) -> None:
        """Say nothing for so long, or for longer if that was asked for before."""
        self._until_s = max(self._until_s, time.monotonic() + for_s)

    async def over(self) -> None:
        """Wait for its end."""
        # Another call may be told to wait while this one does.
        while (wait_s := self._until_s - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait_s)


class Rest:
    """One venue's REST side. Use it as an async context manager; it holds one HTTP session.

    A 429 or 418 silences every call to the venue, not only the one that was answered: going on would lengthen the ban.
    Venues that share a budget share their `silence`.
    """

    def __init__(
        self,
        *,
        venue: str,
        base: str,
        health: Health,
        clock: ClockName = "wall",
        limits: RestLimits | None = None,
        silence: Silence | None = None,
    ) -> None:
        self._venue = venue
        self._base = base.rstrip("/")
        self._health = health
        self._recorded = clock == "recorded"
        self._limits = limits or RestLimits()
        self._silence = silence or Silence()
        self._proxy = proxy_for(self._base)
        self._socks_errors: tuple[type[Exception], ...] = ()
        self._socks_failure: Callable[[Exception, Proxy], ProxyFailure]
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        total_s = self._limits.recorded_total_s if self._recorded else self._limits.total_s
        timeout = aiohttp.ClientTimeout(total=total_s, connect=self._limits.connect_s)
        # Whoever calls bounds how much it asks at once.
        proxy = self._proxy
        socks = proxy is not None and proxy.is_socks
        connector = self._socks(proxy) if proxy is not None and socks else aiohttp.TCPConnector(limit=0)
        through = proxy.url if proxy is not None and not socks else None
        self._http = aiohttp.ClientSession(connector=connector, timeout=timeout, proxy=through)
        return self

    def _socks(self, proxy: Proxy) -> aiohttp.TCPConnector:
        # Not before it is needed: the rest of the world runs without it.
        try:
            from producers.socks import SOCKS_ERRORS, failure_of, socks_connector  # noqa: PLC0415
        except ImportError as error:
            raise ProxyAddressError(unspeakable(proxy).message) from error
        self._socks_errors, self._socks_failure = SOCKS_ERRORS, failure_of
        return socks_connector(proxy)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def get(self, request: Request) -> RestAnswer:
        """The answer to a call (a POST too, where the venue asks by POST); `RestError` when there is none to be had."""
        backoff = Backoff()
        for attempts_left in reversed(range(self._limits.attempts)):
            await self._silence.over()
            try:
                return await self._ask(request)
            except _TryAgainError as failure:
                self._health.add(self._venue, "rest_failures", failure.reason)
                if failure.silence_s is not None:
                    logger.warning("%s asks for %.0f s of silence (%s)", self._venue, failure.silence_s, failure.reason)
                    self._silence.keep(failure.silence_s)
                if not attempts_left:
                    detail = failure.detail or self._address(request)
                    raise RestError(failure.reason, detail, status=failure.status) from failure
            await asyncio.sleep(backoff.next_s())
        raise RestError("no_attempts", self._address(request))

    def _address(self, request: Request) -> str:
        # A proxy's address may hold a password, and what is said here is printed.
        return USER_AND_PASSWORD.sub("//", self._base) + request.path

    async def _ask(self, request: Request) -> RestAnswer:
        if self._http is None:
            raise RestError("closed", "a Rest is an async context manager")
        headers = {"Content-Type": "application/json"} if request.body is not None else None
        try:
            async with self._http.request(
                request.method, self._base + request.path, data=request.body, headers=headers
            ) as response:
                self._judge(response, request)
                body = await self._read(response, request)
                return RestAnswer(body, self._received_ns(response))
        except self._socks_errors as error:
            raise self._by_proxy(error) from error
        except TimeoutError as error:
            raise _TryAgainError("timeout") from error
        except (aiohttp.ClientHttpProxyError, aiohttp.ClientProxyConnectionError) as error:
            raise self._by_proxy(error) from error
        except aiohttp.InvalidURL as error:
            raise RestError("address", self._address(request)) from error
        except aiohttp.ClientConnectorDNSError as error:
            raise _TryAgainError("dns") from error
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise _TryAgainError("tls") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _TryAgainError("connection") from error

    def _by_proxy(self, error: Exception) -> Exception:
        """The failure of a proxy as an error: one that does not want us is not asked again."""
        if (proxy := self._proxy) is None:
            return error
        if isinstance(error, aiohttp.ClientHttpProxyError):
            failure = http_failure(proxy, error.status)
        elif isinstance(error, self._socks_errors):
            failure = self._socks_failure(error, proxy)
        else:
            failure = unreachable(proxy)
        if not failure.refused:
            return _TryAgainError(failure.reason, detail=failure.message)
        return self._refused_by_proxy(failure)

    def _refused_by_proxy(self, failure: ProxyFailure) -> RestError:
        self._health.add(self._venue, "rest_failures", failure.reason)
        return RestError(failure.reason, failure.message)

    def _judge(self, response: aiohttp.ClientResponse, request: Request) -> None:
        status = response.status
        if status < 400:
            return
        if status in ASKED_TO_WAIT:
            default_s = self._limits.too_many_wait_s if status == 429 else self._limits.banned_wait_s
            asked_s = retry_after_s(response.headers.get("Retry-After"), now_ns=time.time_ns())
            raise _TryAgainError(f"http_{status}", status=status, silence_s=default_s if asked_s is None else asked_s)
        if status >= 500:
            raise _TryAgainError(f"http_{status}", status=status)
        if status == 407 and self._proxy is not None:
            raise self._refused_by_proxy(http_failure(self._proxy, status))
        # Asking a 4xx again gives the same answer; `Fleet` decides whether to live without.
        self._health.add(self._venue, "rest_failures", f"http_{status}")
        raise RestError(f"http_{status}", self._address(request), status=status)

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> bytes:
        limit = self._limits.body_bytes
        body = bytearray()
        async for chunk in response.content.iter_chunked(1 << 16):
            body += chunk
            if len(body) > limit:
                self._health.add(self._venue, "rest_failures", "too_large")
                raise RestError("too_large", f"{self._address(request)}: more than {limit} bytes")
        return bytes(body)

    def _received_ns(self, response: aiohttp.ClientResponse) -> int:
        if not self._recorded:
            return time.time_ns()
        stamp = response.headers.get(RECORDED_RECEIVE_HEADER, "")
        # An answer that was not recorded is older than everything that was.
        return int(stamp) if stamp.isdecimal() else 0


class _TryAgainError(Exception):
    def __init__(
        self, reason: str, *, detail: str = "", status: int | None = None, silence_s: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.status = status
        self.silence_s = silence_s
