"""REST through a SOCKS proxy: the HTTP client speaks to HTTP proxies alone, and a library beside it to the others."""

from __future__ import annotations

from aiohttp import TCPConnector
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError, ProxyType

from producers.proxy import Proxy, ProxyFailure, socks_failure, unreachable

SOCKS_ERRORS: tuple[type[Exception], ...] = (ProxyError, ProxyConnectionError, ProxyTimeoutError)


def socks_connector(proxy: Proxy) -> TCPConnector:
    """Connections by way of this proxy, as many as are asked for."""
    host, port = proxy.host_and_port
    user, password = proxy.user_and_password
    return ProxyConnector(
        host,
        port,
        proxy_type=ProxyType.SOCKS5 if proxy.socks_version == 5 else ProxyType.SOCKS4,
        username=user,
        password=password,
        rdns=proxy.resolves,
        limit=0,
    )


def failure_of(error: Exception, proxy: Proxy) -> ProxyFailure:
    """What one of `SOCKS_ERRORS` says of the proxy."""
    if isinstance(error, ProxyError):
        return socks_failure(proxy, str(error), error.error_code)
    return unreachable(proxy)
