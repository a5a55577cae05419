from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from detector.sinks.addresses import AddressRefusedError, Guard, is_allowed, literal, networks, url_fault
from producers.errors import UsageError

REFUSED = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16"),  # noqa: S104
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:1.1.1.1", "64:ff9b::7f00:1", "64:ff9b::101:101"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "3fff::1"),
    *("5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1%eth0"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "149.154.167.220", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2600::"]


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    """Whoever writes a webhook's address could make us speak to the machine's own services, or to its cloud's keys."""
    assert not is_allowed(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    """No message would ever be sent."""
    assert is_allowed(ip_address(text))


@pytest.mark.parametrize(
    ("address", "network"), [("10.1.2.3", "10.1.0.0/16"), ("::1", "::1"), ("64:ff9b::101:101", "64:ff9b::/96")]
)
def test_a_network_that_the_configuration_allows_is_allowed(address: str, network: str) -> None:
    """An Alertmanager in the same cluster could not be told."""
    assert is_allowed(ip_address(address), networks([network]))
    assert not is_allowed(ip_address("10.2.0.1"), networks([network]))


def test_what_is_no_network_is_named() -> None:
    """A typing error would allow nothing, and nobody would know why."""
    with pytest.raises(UsageError, match=r"'10\.1\.0\.0/33'.*10\.1\.0\.0/16"):
        networks(["10.1.0.0/33"])


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "017700000001", "127.0.0.1."),
        *("localhost", "localhost.", "LOCALHOST", "a.localhost", "127。0。0。1", "①27.0.0.1"),
    ],
)
def test_every_spelling_of_this_machine_is_known(host: str) -> None:
    """A filter on the usual spelling is passed by an unusual one."""
    assert literal(host) == ip_address("127.0.0.1")


@pytest.mark.parametrize("host", ["example.org", "cafe", "0x.example", "1.2.3.4.5", "a.b.c.d", "999.1.1.1"])
def test_a_name_is_not_an_address(host: str) -> None:
    """Names made of hexadecimal letters could not be reached."""
    assert literal(host) is None


def _info(host: str, *, scope: int | None = None) -> tuple[object, ...]:
    if scope is None:
        return socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 443)
    return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, 443, 0, scope)


@pytest.mark.parametrize(
    "info",
    [
        _info("127.0.0.1"),
        _info("::1", scope=0),
        _info("fe80::1", scope=2),
        _info("2606:4700::1", scope=2),
        _info("fe80::1%2", scope=2),
        _info("no address"),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", "/run/docker.sock"),
    ],
)
def test_no_socket_is_made_for_an_address_that_is_refused(info: tuple[object, ...]) -> None:
    """The check would be before the connection, and not of it."""
    with pytest.raises(AddressRefusedError):
        Guard().socket(info)


def test_a_socket_is_made_for_an_address_that_is_allowed() -> None:
    """Nothing could be sent at all."""
    for info in (_info("1.1.1.1"), _info("2606:4700::1", scope=0)):
        Guard().socket(info).close()
    Guard(networks(["127.0.0.0/8"])).socket(_info("127.0.0.1")).close()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "https://"),
        ("gopher://example.org/_GET", "https://"),
        ("ftp://example.org/", "https://"),
        ("example.org/hook", "https://"),
        ("https://", "no host"),
        ("https:///path", "no host"),
        ("https://example.org:0/", "no port"),
        ("https://example.org:99999/", "no URL"),
        ("https://user:canary@example.org/", "user and password"),
        ("https://canary@example.org/", "user and password"),
        ("http://@1.1.1.1/", "user and password"),
        ("https://example.org/\r\nX-Canary: 1", "control characters"),
        ("https://example.org/a b", "spaces"),
        ("https://example.org\\@127.0.0.1/", "backslashes"),
        ("https://[::1/", "no URL"),
        ("https://example.org/\x00canary", "control characters"),
    ],
)
def test_a_url_that_cannot_be_used_says_why_and_repeats_nothing_of_it(url: str, why: str) -> None:
    """Schemes that read files, or a header that somebody smuggled in; and the reason would print the secret."""
    assert why in url_fault(url)
    assert "canary" not in url_fault(url).lower()


@pytest.mark.parametrize(
    "url", ["https://example.org", "http://10.0.0.1:9093/x?y=1#z", "https://[2606::1]:8443/", "https://a.example/@b"]
)
def test_a_url_that_can_be_used_has_no_fault(url: str) -> None:
    """A good configuration would be refused."""
    assert url_fault(url) == ""
