"""The proxy that the environment names for an address: one rule for websockets and REST, and no password in words.

`WSS_PROXY`/`WS_PROXY` (websockets alone), `SOCKS_PROXY`, `HTTPS_PROXY`, for unencrypted addresses `HTTP_PROXY`, and
`ALL_PROXY`, in this order, in small or capital letters; `NO_PROXY` excepts hosts. This machine is never asked through
a proxy.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from producers.errors import ProducerError

PROXY, REFUSED_BY_PROXY = "proxy", "proxy_refused"
"""Why something failed, fit for a metric label."""
NOT_ALLOWED = 2
"""A SOCKS5 reply: the proxy's rules forbid it."""
_SOCKS = {"socks5h": 5, "socks5": 5, "socks4a": 4, "socks4": 4}
_PORTS = {"http": 80, "https": 443}
_SCHEMES = (*_PORTS, *_SOCKS)
_NAMES = {
    "ws": ("ws", "socks", "https", "http", "all"),
    "wss": ("wss", "socks", "https", "all"),
    "http": ("socks", "http", "all"),
    "https": ("socks", "https", "all"),
}


class ProxyAddressError(ProducerError):
    """A proxy in the environment that cannot be used; the message names the variable and says how one looks."""


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy. `url` may hold a password; `name` is what may be printed."""

    url: str
    name: str

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, and not HTTP."""
        return self.url.startswith("socks")

    @property
    def socks_version(self) -> int:
        """4 or 5."""
        return _SOCKS[urlsplit(self.url).scheme]

    @property
    def resolves(self) -> bool:
        """Whether the proxy looks up host names, and not this machine."""
        return urlsplit(self.url).scheme in ("http", "https", "socks5h", "socks4a")

    @property
    def host_and_port(self) -> tuple[str, int]:
        """Where it listens."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    @property
    def user_and_password(self) -> tuple[str | None, str | None]:
        """Who it knows."""
        parts = urlsplit(self.url)
        return parts.username and unquote(parts.username), parts.password and unquote(parts.password)


def proxy_for(url: str) -> Proxy | None:
    """The proxy to reach this address by, or None to go there directly. Raises `ProxyAddressError`."""
    target = urlsplit(url)
    host = target.hostname or ""
    if _is_here(host) or proxy_bypass(host if target.port is None else f"{host}:{target.port}"):
        return None
    proxies = getproxies()
    for name in _NAMES[target.scheme]:
        if address := proxies.get(name):
            return _read(name, address)
    return None


def _read(name: str, address: str) -> Proxy:
    # Both are written so in many a profile.
    if "://" not in address:
        address = f"{'socks5h' if name == 'socks' else 'http'}://{address}"
    elif address.startswith("socks://") or (name == "socks" and address.startswith("http://")):
        address = f"socks5h://{address.partition('://')[2]}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.path in ("", "/") and parts.port != 0
        half_known = parts.username is not None and parts.password is None
    except ValueError:  # a port that is none
        usable = half_known = False
    if not usable or half_known:
        example = "http://proxy.example:3128 or socks5h://user:password@proxy.example:1080"
        raise ProxyAddressError(f"the proxy in {name.upper()}_PROXY cannot be used; one looks like {example}")
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    place = f"{host}:{parts.port or _PORTS.get(parts.scheme, 1080)}"
    who, known, _ = parts.netloc.rpartition("@")
    return Proxy(url=f"{parts.scheme}://{who}{known}{place}", name=f"{parts.scheme}://{place}")


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ProxyFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a proxy did not let us through, for a person."""

    message: str
    refused: bool
    """It does not want us, as opposed to being out of reach; asking on may lock an account."""

    @property
    def reason(self) -> str:
        """One of two."""
        return REFUSED_BY_PROXY if self.refused else PROXY


def http_failure(proxy: Proxy, status: int) -> ProxyFailure:
    """An HTTP proxy answered, and not with a connection."""
    if status == 407:
        advice = "wants a user and a password that it knows: http://user:password@host:port"
    elif status < 500:
        advice = "does not let us through: ask who runs it, or except the venue by NO_PROXY"
    else:
        advice = "did not reach the venue"
    return ProxyFailure(message=f"the proxy {proxy.name} {advice} (HTTP {status})", refused=status < 500)


def socks_failure(proxy: Proxy, words: str, code: int | None) -> ProxyFailure:
    """A SOCKS proxy answered, and not with a connection; `code` is its reply, None while it asks who we are."""
    if code is None:
        advice = "does not take us in: check user and password, and whether it speaks SOCKS"
    elif code == NOT_ALLOWED:
        advice = "does not let us through: ask who runs it, or except the venue by NO_PROXY"
    else:
        advice = "did not reach the venue"
    message = f"the proxy {proxy.name} {advice} ({words})"
    return ProxyFailure(message=message, refused=code is None or code == NOT_ALLOWED)


def unreachable(proxy: Proxy) -> ProxyFailure:
    """Nobody answers there."""
    message = f"the proxy {proxy.name} cannot be reached: check it, or take it out of the environment"
    return ProxyFailure(message=message, refused=False)


def unspeakable(proxy: Proxy) -> ProxyFailure:
    """What speaks SOCKS is not installed."""
    message = f"the proxy {proxy.name} speaks SOCKS: install aiohttp-socks and python-socks[asyncio]"
    return ProxyFailure(message=message, refused=True)
