from __future__ import annotations

import asyncio
import socket
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from detector.sinks.http import Answer, Http, MaybeSentError, NotSentError, RefusedError, SendError, proxy_fault
from tests.kit.proxies import HttpProxy, SocksProxy

HERE = ("127.0.0.1/32",)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nX-Said: it\r\n\r\nok"
Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


class _Server:
    """Says to each request what the test wants."""

    def __init__(self, serve: Serve | bytes, hello: bytes | None) -> None:
        self._serve = serve
        self._hello = hello
        self.heads: list[str] = []
        self.heard = bytearray()
        """By a server that speaks first."""
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            if self._hello is not None:
                writer.write(self._hello)
                while data := await reader.read(1 << 16):
                    self.heard += data
                return
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if isinstance(self._serve, bytes):
                writer.write(self._serve)
            else:
                await self._serve(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def _serving(serve: Serve | bytes = OK, *, hello: bytes | None = None) -> AsyncIterator[_Server]:
    played = _Server(serve, hello)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(asyncio.CancelledError):
            await played.answer(reader, writer)
        writer.transport.abort()
        tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    played.port = server.sockets[0].getsockname()[1]
    try:
        yield played
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Names(AbstractResolver):
    """Every name has these addresses, one after the other."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not self._addresses:
            raise OSError(f"canary: no {host}")
        address = self._addresses.pop(0)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "SOCKS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def test_an_answer_comes_with_its_headers_whatever_its_status() -> None:
    """Sinks judge by all three."""
    async with _serving(OK.replace(b"200 OK", b"418 Teapot")) as server, Http(HERE) as http:
        answer = await http.send("PATCH", f"http://127.0.0.1:{server.port}/a?b=c#d", body=b"{}", headers={"X-A": "b"})
    assert (answer.status, answer.body, answer.headers["x-SAID"]) == (418, b"ok", "it")
    head = server.heads[0]
    assert head.startswith("PATCH /a?b=c HTTP/1.1\r\n")
    assert "X-A: b\r\n" in head
    assert "User-Agent: cascade-detector\r\n" in head
    # A small answer could unpack to a large one.
    assert "Accept-Encoding: identity\r\n" in head


async def test_every_request_has_a_connection_of_its_own_and_no_memory_of_others() -> None:
    """One that is closed at the other side while it is used again leaves nobody knowing what arrived."""
    async with _serving() as server, Http(HERE) as http:
        for _ in range(2):
            await http.send("POST", f"http://127.0.0.1:{server.port}/")
    assert len(server.heads) == 2
    assert "Cookie" not in server.heads[1]


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]"),
        *("169.254.169.254", "10.0.0.1", "100.64.0.1", "224.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "127.1"),
        *("0177.1", "localhost", "localhost.", "LOCALHOST.", "0", "127。0。0。1", "255.255.255.255", "0.0.0.0"),  # noqa: S104
    ],
)
async def test_what_is_not_public_is_not_connected_to_however_it_is_written(host: str) -> None:
    """A message's address could reach what this machine alone may reach."""
    async with _serving() as server, Http() as http:
        with pytest.raises(RefusedError, match="not a public address: allow its network by allow_private"):
            await http.send("POST", f"http://{host}:{server.port}/canary")
    assert server.heads == []


async def test_a_name_that_resolves_to_what_is_not_public_is_refused_at_the_socket() -> None:
    """The address that was checked would not be the one that is connected to."""
    async with _serving() as server, Http(HERE, resolver=lambda: _Names("127.0.0.1", "127.0.0.2", "::1")) as http:
        url = f"http://flips.example:{server.port}/"
        assert (await http.send("POST", url)).status == 200
        for _ in range(2):
            with pytest.raises(RefusedError):
                await http.send("POST", url)
    assert len(server.heads) == 1


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """It would lead where nothing may be sent, and our secrets with it."""
    async with _serving() as inner:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{inner.port}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with _serving(moved) as server, Http(HERE) as http:
            assert (await http.send("POST", f"http://127.0.0.1:{server.port}/", body=b"x")).status == 307
    assert inner.heads == []


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("file:///etc/passwd", {}),
        ("gopher://127.0.0.1:70/_canary", {}),
        ("https://user:canary@example.org/", {}),
        ("http://example.org/\r\nX: canary", {}),
        ("http://example.org/", {"X-A": "b\r\nX-Evil: canary"}),
        ("http://example.org/", {"X-A: canary\r\nX": "b"}),
        ("http://example.org/", {"X-A": "canary\x00"}),
    ],
)
async def test_what_cannot_be_a_request_is_refused_without_repeating_it(url: str, headers: dict[str, str]) -> None:
    """Files would be read, or requests written into requests."""
    async with Http() as http:
        with pytest.raises(RefusedError) as caught:
            await http.send("POST", url, headers=headers)
    assert "canary" not in str(caught.value)


async def _for_ever(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def _slowly(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _headers_slowly(writer: asyncio.StreamWriter) -> None:
    for letter in OK.decode():
        writer.write(letter.encode())
        await writer.drain()
        await asyncio.sleep(0.05)


async def _never(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize(
    ("serve", "why"),
    [
        (_headers_slowly, r"no answer within 0\.1 s"),
        (_never, r"no answer within 0\.1 s"),
        (_abort, "the connection broke"),
        (b"", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "the connection broke"),
        (b"no HTTP at all\r\n\r\n", "the connection broke"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "the connection broke"),
    ],
)
async def test_what_fails_after_the_sending_began_may_have_arrived_and_is_bounded(
    serve: Serve | bytes, why: str
) -> None:
    """A receiver could hold us up or fill our memory; and what it took would be sent again as if it had not."""
    started_s = time.monotonic()
    async with _serving(serve) as server, Http(HERE, total_s=0.1, body_bytes=100_000) as http:
        with pytest.raises(MaybeSentError, match=why) as caught:
            await http.send("POST", f"http://127.0.0.1:{server.port}/canary?canary", body=b"canary")
    assert time.monotonic() - started_s < 2
    assert "canary" not in _all_of(caught.value)


@pytest.mark.parametrize(("serve", "most"), [(_for_ever, 100_000), (_slowly, 999)])
async def test_an_answer_counts_by_its_status_however_long_or_slow_its_body_is(serve: Serve, most: int) -> None:
    """Who takes a message and answers with a film would be sent it again and again."""
    started_s = time.monotonic()
    async with _serving(serve) as server, Http(HERE, total_s=0.3, body_bytes=100_000) as http:
        answer = await http.send("POST", f"http://127.0.0.1:{server.port}/")
    assert time.monotonic() - started_s < 2
    assert answer.status == 200
    assert 0 < len(answer.body) <= most


async def test_what_fails_before_certainly_did_not_arrive() -> None:
    """It would be taken for a message that may have been read, and not be called a new one."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        closed = bound.getsockname()[1]
        async with Http(HERE, resolver=_Names) as http:
            for url, why in (
                (f"http://127.0.0.1:{closed}/canary", "cannot be reached"),
                ("http://nowhere.example/canary", "no such name"),
            ):
                with pytest.raises(NotSentError, match=why) as caught:
                    await http.send("POST", url)
                assert not isinstance(caught.value, RefusedError)
                assert "canary" not in _all_of(caught.value)


@pytest.mark.parametrize(("said", "why"), [(b"canary, and not TLS\r\n\r\n", "no TLS"), (b"", r"within 0\.1 s")])
async def test_nothing_is_sent_where_tls_does_not_come_about(said: bytes, why: str) -> None:
    """As above; and in the clear it must never be."""
    async with _serving(hello=said) as server, Http(HERE, connect_s=0.1) as http:
        with pytest.raises(NotSentError, match=why) as caught:
            await http.send("POST", f"https://127.0.0.1:{server.port}/canary", body=b"canary")
    assert "canary" not in _all_of(caught.value)
    assert b"canary" not in server.heard


async def test_behind_a_proxy_names_go_through_it_and_addresses_that_are_not_public_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The proxy may be on the own network; what it is asked for may not."""
    async with _serving() as server, HttpProxy() as proxy, Http() as http:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        assert (await http.send("POST", f"http://alerts.example:{server.port}/")).status == 200
        for host in ("10.0.0.1", "0x0a.1", "[::ffff:10.0.0.1]", "169.254.169.254"):
            with pytest.raises(RefusedError):
                await http.send("POST", f"http://{host}/")
    assert proxy.asked_for == [f"alerts.example:{server.port}"]


async def test_a_socks_proxy_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many servers reach the world by nothing else."""
    async with _serving() as server, SocksProxy(known="user:canary") as proxy, Http() as http:
        monkeypatch.setenv("ALL_PROXY", proxy.url("user:canary"))
        assert (await http.send("POST", f"http://alerts.example:{server.port}/")).status == 200
        with pytest.raises(RefusedError):
            await http.send("POST", "http://10.0.0.1/")
        monkeypatch.setenv("ALL_PROXY", proxy.url("user:wrong-canary"))
        with pytest.raises(NotSentError, match=f"by way of the proxy socks5h://127.0.0.1:{proxy.port}") as caught:
            await http.send("POST", f"http://alerts.example:{server.port}/")
    assert proxy.asked_for == [f"alerts.example:{server.port}"]
    assert "canary" not in _all_of(caught.value)


@pytest.mark.parametrize(
    ("address", "why"),
    [("http://user:canary@:x", "the proxy in HTTPS_PROXY cannot be used"), ("socks5h://h:1", "install aiohttp-socks")],
)
async def test_a_proxy_that_cannot_be_used_is_a_refusal(
    address: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that no sink expects would be taken for a fault of the message, which then is never sent."""
    monkeypatch.setenv("HTTPS_PROXY", address)
    # As where the package is not installed.
    monkeypatch.setitem(sys.modules, "producers.socks", None)
    async with Http() as http:
        with pytest.raises(RefusedError, match=why) as caught:
            await http.send("POST", "https://alerts.example/")
    assert "canary" not in str(caught.value)


def test_a_proxy_that_cannot_be_used_is_found_without_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first alert would find it."""
    url = "https://alerts.example/"
    assert proxy_fault(url) == ""
    monkeypatch.setenv("HTTPS_PROXY", "ftp://h")
    assert "HTTPS_PROXY cannot be used" in proxy_fault(url)
    assert proxy_fault("http://localhost/") == ""
    monkeypatch.setenv("HTTPS_PROXY", "socks5h://h:1")
    assert proxy_fault(url) == ""
    monkeypatch.setattr("detector.sinks.http.find_spec", lambda _: None)
    assert "speaks SOCKS: install aiohttp-socks" in proxy_fault(url)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "127.0.0.1."])
async def test_an_address_in_a_spelling_that_the_client_does_not_take_is_refused(host: str) -> None:
    """It would be tried again for ever, though no try can do better."""
    async with Http(HERE) as http:
        with pytest.raises(RefusedError, match="write all four numbers"):
            await http.send("POST", f"http://{host}:9/canary")


async def test_a_proxy_that_refuses_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the environment, and would stand in the log."""
    async with HttpProxy(known="user:other") as proxy, Http() as http:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url("user:canary"))
        with pytest.raises(
            NotSentError, match=f"by way of the proxy http://127.0.0.1:{proxy.port}: HTTP 407"
        ) as caught:
            await http.send("POST", "https://alerts.example/")
    assert "canary" not in _all_of(caught.value)


async def test_a_client_that_was_closed_says_so() -> None:
    """A sink that is used after its end would hang or leak a connection."""
    with pytest.raises(RuntimeError, match="context manager"):
        await Http().send("GET", "http://example.org/")


def test_an_answer_that_is_no_json_object_has_no_fields() -> None:
    """Gateways answer with pages."""
    deep = b"[" * 3_000 + b"]" * 3_000
    for body in (b"", b"<html>", b"[1]", b"\xff", b'{"a":', b"null", b'{"a": NaN}', deep, b'{"a":%s}' % deep):
        assert Answer(200, {}, body).fields == {}
    assert Answer(200, {}, b'{"a": 1}').fields == {"a": 1}


def _all_of(error: SendError) -> str:
    """Everything that a log could say of it."""
    assert error.__context__ is None
    return f"{error} {error!r} {''.join(traceback.format_exception(error, limit=0))}"
