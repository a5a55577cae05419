from __future__ import annotations

import pytest

from producers.proxy import (
    NOT_ALLOWED,
    Proxy,
    ProxyAddressError,
    http_failure,
    proxy_for,
    socks_failure,
    unreachable,
    unspeakable,
)

GATE = "http://gate.example:3128"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody's proxies."""
    for name in ("ws", "wss", "http", "https", "socks", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    return monkeypatch


@pytest.mark.parametrize(
    ("variables", "url", "expected"),
    [
        ({}, "wss://venue.example", None),
        ({"HTTPS_PROXY": GATE}, "wss://venue.example/ws", GATE),
        ({"HTTPS_PROXY": GATE}, "https://venue.example", GATE),
        ({"https_proxy": GATE}, "https://venue.example", GATE),
        ({"HTTPS_PROXY": GATE}, "http://venue.example", None),
        ({"HTTP_PROXY": GATE}, "ws://venue.example", GATE),
        ({"HTTP_PROXY": GATE}, "wss://venue.example", None),
        ({"ALL_PROXY": GATE}, "wss://venue.example", GATE),
        ({"ALL_PROXY": GATE, "HTTPS_PROXY": "http://other.example:1"}, "wss://venue.example", "http://other.example:1"),
        (
            {"SOCKS_PROXY": "socks5://gate.example:9", "HTTPS_PROXY": GATE},
            "https://a.example",
            "socks5://gate.example:9",
        ),
        ({"WSS_PROXY": GATE}, "wss://venue.example", GATE),
        ({"WSS_PROXY": GATE}, "https://venue.example", None),
        # As people write them, too.
        ({"HTTPS_PROXY": "gate.example:3128"}, "wss://venue.example", GATE),
        ({"ALL_PROXY": "socks://gate.example:1080/"}, "wss://venue.example", "socks5h://gate.example:1080"),
        ({"ALL_PROXY": "socks5h://gate.example"}, "wss://venue.example", "socks5h://gate.example:1080"),
        ({"HTTPS_PROXY": "http://gate.example"}, "wss://venue.example", "http://gate.example:80"),
        ({"HTTPS_PROXY": "http://[2001:db8::1]:3128"}, "wss://venue.example", "http://[2001:db8::1]:3128"),
        # Exceptions.
        ({"ALL_PROXY": GATE, "NO_PROXY": "venue.example"}, "wss://venue.example:9443/ws", None),
        ({"ALL_PROXY": GATE, "NO_PROXY": ".example"}, "https://api.venue.example", None),
        ({"ALL_PROXY": GATE, "NO_PROXY": "*"}, "https://venue.example", None),
        ({"ALL_PROXY": GATE}, "http://127.0.0.1:9000/bybit", None),
        ({"ALL_PROXY": GATE}, "ws://localhost:9000/bybit", None),
        ({"ALL_PROXY": GATE}, "ws://venue.localhost:9000/bybit", None),
        ({"ALL_PROXY": GATE}, "ws://[::1]:9000/bybit", None),
    ],
)
def test_the_environment_says_which_way_to_go(
    variables: dict[str, str], url: str, expected: str | None, environment: pytest.MonkeyPatch
) -> None:
    """Sockets would go one way and calls another, or a server on this machine be asked for by way of an office."""
    for name, value in variables.items():
        environment.setenv(name, value)
    found = proxy_for(url)
    assert (found and found.url) == expected


def test_a_password_is_used_and_never_shown(environment: pytest.MonkeyPatch) -> None:
    """What is shown ends up in logs, and logs in tickets."""
    environment.setenv("ALL_PROXY", "socks5h://ann:s3cret%40word@gate.example:1080")
    proxy = proxy_for("wss://venue.example")
    assert proxy is not None
    assert proxy.user_and_password == ("ann", "s3cret@word")
    assert proxy.host_and_port == ("gate.example", 1080)
    assert proxy.url == "socks5h://ann:s3cret%40word@gate.example:1080"
    assert proxy.name == "socks5h://gate.example:1080"
    for failure in (http_failure(proxy, 407), socks_failure(proxy, "no", None), unreachable(proxy), unspeakable(proxy)):
        assert "s3cret" not in failure.message
        assert proxy.name in failure.message


@pytest.mark.parametrize(
    "address",
    ["ftp://ann:s3cret@gate.example", "http://", "http://ann:s3cret@gate.example:x", "http://ann@gate.example:1",
     "http://gate.example/s3cret", "http://ann:s3cret@gate.example:0"],
)  # fmt: skip
def test_an_address_that_is_none_is_an_error_without_its_password(
    address: str, environment: pytest.MonkeyPatch
) -> None:
    """A misspelt variable would look like a venue that is away."""
    environment.setenv("HTTPS_PROXY", address)
    with pytest.raises(ProxyAddressError, match="HTTPS_PROXY cannot be used; one looks like http://") as wrong:
        proxy_for("wss://venue.example")
    assert "s3cret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("scheme", "version", "resolves"),
    [("socks5h", 5, True), ("socks5", 5, False), ("socks4a", 4, True), ("socks4", 4, False)],
)
def test_the_kinds_of_socks_differ_in_who_looks_up_names(scheme: str, version: int, resolves: bool) -> None:
    """Where names cannot be looked up, or must not be, the proxy does it."""
    proxy = Proxy(url=f"{scheme}://gate.example:1", name="")
    assert (proxy.is_socks, proxy.socks_version, proxy.resolves) == (True, version, resolves)


def test_who_is_refused_is_not_to_ask_again() -> None:
    """A password that is wrong once is wrong a thousand times, and the account is locked."""
    proxy = Proxy(url=GATE, name=GATE)
    assert [http_failure(proxy, status).refused for status in (407, 403, 502, 504)] == [True, True, False, False]
    assert [socks_failure(proxy, "", code).refused for code in (None, NOT_ALLOWED, 4)] == [True, True, False]
    assert {http_failure(proxy, 407).reason, http_failure(proxy, 502).reason} == {"proxy_refused", "proxy"}
