"""Where a sink may connect to: global addresses, and what the configuration allows besides.

Asked when the socket is made, so that a literal address in any spelling, a name that resolves to another address than
before and a name with several addresses are all the same. `ipaddress` alone is no answer: it calls multicast, NAT64 and
6to4 forms global.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from yarl import URL

from producers.errors import UsageError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_DENIED = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by customers of a carrier; Alibaba's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own, though the address is global
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation, as 198.51.100 and 203.0.113
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # measurements
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "2001:db8::/32",  # documentation, as 3fff::
        "2002::/16",  # 6to4 holds an IPv4 address
        "3fff::/20",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
"""All that is given out. Loopback, mapped, NAT64, unique local, link-local, site-local and multicast are not in it."""

_NUMBERS = re.compile(r"[0-9a-fx.]+\.?", re.IGNORECASE)


class AddressRefusedError(OSError):
    """An address that no sink may connect to."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """What `allow_private` names. Raises `UsageError`.

    >>> networks(["10.1.0.0/16", "::1"])
    (IPv4Network('10.1.0.0/16'), IPv6Network('::1/128'))
    """
    found = []
    for text in texts:
        try:
            found.append(ip_network(text))
        except ValueError:
            raise UsageError(
                f"allow_private {text!r} is no network: one looks like 10.1.0.0/16 or fd00:1::/64"
            ) from None
    return tuple(found)


def is_allowed(address: Address, allowed: Iterable[Network] = ()) -> bool:
    """Whether it is global, or in one of the networks.

    >>> [is_allowed(ip_address(text)) for text in ("1.1.1.1", "127.0.0.1", "224.0.0.1", "64:ff9b::101:101")]
    [True, False, False, False]
    """
    if any(address in network for network in allowed):
        return True
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_V6 or address.scope_id is not None):
        return False
    return address.is_global and not any(address in network for network in _DENIED)


def literal(host: str) -> Address | None:
    """The address that a host is, in any spelling that a resolver would take; None where it is a name.

    >>> [str(literal(text)) for text in ("0x7f.1", "2130706433", "[::1]", "localhost.", "example.org")]
    ['127.0.0.1', '127.0.0.1', '::1', '127.0.0.1', 'None']
    """
    # As names are written internationally, there are full stops of several kinds.
    bare = unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().strip("[]").rstrip(".")
    if bare == "localhost" or bare.endswith(".localhost"):
        return IPv4Address("127.0.0.1")
    try:
        return ip_address(bare)
    except ValueError:
        pass
    # Decimal, octal, hexadecimal and short forms.
    if _NUMBERS.fullmatch(bare):
        try:
            return IPv4Address(socket.inet_aton(bare))
        except OSError:
            return None
    return None


class Guard:
    """Makes the sockets of a connector, to allowed addresses alone."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)

    def allows_host(self, host: str) -> bool:
        """Whether a host that is an address is allowed. A name is: what it resolves to is seen when it is connected."""
        address = literal(host)
        return address is None or is_allowed(address, self._allowed)

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one line of `getaddrinfo`. Raises `AddressRefusedError`."""
        family, kind, protocol, _, where = info
        if family not in (socket.AF_INET, socket.AF_INET6) or not self._may_connect(where):
            raise AddressRefusedError("the address is not public")
        return socket.socket(family, kind, protocol)

    def _may_connect(self, where: tuple[Any, ...]) -> bool:
        # A scope stands beside the address, where the resolver took it apart.
        scoped = len(where) == 4 and where[3] != 0
        try:
            address = ip_address(f"{where[0]}%{where[3]}" if scoped and "%" not in where[0] else where[0])
        except ValueError:
            return False
        return is_allowed(address, self._allowed)


def url_fault(text: str) -> str:
    """Why nothing can be sent to this address, whatever it resolves to; empty where it can. Repeats none of it."""
    if not text.isprintable() or re.search(r"[\s\\]", text):
        return "it has spaces, control characters or backslashes"
    try:
        url = URL(text)
        port, host = url.port, url.raw_host
    except ValueError:
        return "it is no URL"
    if url.scheme not in ("http", "https"):
        return "it has to begin with https:// or http://"
    if not host or port == 0:
        return "it names no host, or no port that there is"
    # An empty user is none to yarl, and other parsers take what stands before it for the host.
    if url.raw_user is not None or url.raw_password is not None or "@" in urlsplit(text).netloc:
        return "user and password do not belong into it"
    return ""
