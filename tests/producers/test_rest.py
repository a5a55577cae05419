from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from producers.errors import RestError
from producers.health import Health
from producers.rest import Rest, RestLimits, Silence
from producers.venue import Request
from tests.kit.proxies import HttpProxy, SocksProxy
from tests.kit.scripted_server import Reply, ScriptedServer

HASTY = RestLimits(attempts=3, too_many_wait_s=0.05, banned_wait_s=0.05, body_bytes=1000, total_s=0.3)


def answers(*replies: Reply) -> Callable[[str], Awaitable[Reply]]:
    pending = list(replies)

    async def rest(_: str) -> Reply:
        return pending.pop(0) if len(pending) > 1 else pending[0]

    return rest


async def test_an_answer_comes_with_its_bytes_and_the_time_of_receipt() -> None:
    """A snapshot without its time could not be put in order with the frames."""
    async with (
        ScriptedServer(rest=answers((200, b'{"a":1}', {}))) as server,
        Rest(venue="v", base=server.rest_url + "/", health=Health()) as rest,
    ):
        answer = await rest.get(Request(path="/x?y=1"))
        assert answer.body == b'{"a":1}'
        assert answer.ts_recv_ns > 1.7e18
        assert server.calls == ["/x?y=1"]


async def test_a_recorded_answer_keeps_its_recorded_time() -> None:
    """A replay would put the book behind every frame."""
    reply = (200, b"1", {"X-Recorded-Receive-Ns": "123"})
    async with (
        ScriptedServer(rest=answers(reply, (200, b"1", {}))) as server,
        Rest(venue="v", base=server.rest_url, health=Health(), clock="recorded") as rest,
    ):
        assert (await rest.get(Request(path="/"))).ts_recv_ns == 123
        assert (await rest.get(Request(path="/"))).ts_recv_ns == 0


async def test_server_errors_are_tried_again() -> None:
    """One 502 at start would leave a book unknown."""
    health = Health()
    async with (
        ScriptedServer(rest=answers((502, b"", {}), (200, b"ok", {}))) as server,
        Rest(venue="v", base=server.rest_url, health=health, limits=HASTY) as rest,
    ):
        assert (await rest.get(Request(path="/"))).body == b"ok"
    assert health.total("rest_failures", label="http_502") == 1


@pytest.mark.parametrize("status", [429, 418])
async def test_a_venue_that_asks_to_wait_is_left_alone_by_every_call(status: int) -> None:
    """Each call during the wait lengthens a ban."""
    async with (
        ScriptedServer(rest=answers((status, b"", {"Retry-After": "0.4"}), (200, b"ok", {}))) as server,
        Rest(venue="v", base=server.rest_url, health=Health(), limits=HASTY) as rest,
    ):
        loop = asyncio.get_running_loop()
        first = asyncio.create_task(rest.get(Request(path="/first")))
        while not server.calls:  # noqa: ASYNC110  # a plain list
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        began = loop.time()
        await rest.get(Request(path="/second"))
        assert loop.time() - began > 0.3
        await first


async def test_a_refusal_is_final_and_says_its_status() -> None:
    """A blocked region would be asked five times in a row."""
    async with (
        ScriptedServer(rest=answers((451, b"", {}))) as server,
        Rest(venue="v", base=server.rest_url, health=Health(), limits=HASTY) as rest,
    ):
        with pytest.raises(RestError, match="http_451") as refusal:
            await rest.get(Request(path="/"))
        assert refusal.value.status == 451
        assert len(server.calls) == 1


async def test_a_body_beyond_the_bound_is_cut_off() -> None:
    """An endless answer would fill the memory."""
    async with (
        ScriptedServer(rest=answers((200, b"x" * 2000, {}))) as server,
        Rest(venue="v", base=server.rest_url, health=Health(), limits=HASTY) as rest,
    ):
        with pytest.raises(RestError, match="too_large"):
            await rest.get(Request(path="/"))


async def test_a_server_that_never_answers_is_given_up() -> None:
    """A start would hang for ever."""

    async def silence(_: str) -> Reply:
        await asyncio.sleep(30)
        return 200, b"", {}

    limits = RestLimits(attempts=1, total_s=0.1)
    async with (
        ScriptedServer(rest=silence) as server,
        Rest(venue="v", base=server.rest_url, health=Health(), limits=limits) as rest,
    ):
        with pytest.raises(RestError, match="timeout"):
            await rest.get(Request(path="/"))


async def test_nobody_at_the_address_is_an_error_with_a_reason() -> None:
    """A mistyped address would look like a quiet venue."""
    limits = RestLimits(attempts=1)
    async with Rest(venue="v", base="http://127.0.0.1:1", health=Health(), limits=limits) as rest:
        with pytest.raises(RestError, match="connection"):
            await rest.get(Request(path="/"))


async def test_venues_that_share_a_budget_are_silent_together() -> None:
    """The second venue's calls would turn the first one's warning into a ban."""
    silence = Silence()
    async with (
        ScriptedServer(rest=answers((429, b"", {"Retry-After": "0.4"}))) as warning,
        ScriptedServer(rest=answers((200, b"ok", {}))) as sibling,
        Rest(venue="a", base=warning.rest_url, health=Health(), limits=RestLimits(attempts=1), silence=silence) as one,
        Rest(venue="b", base=sibling.rest_url, health=Health(), silence=silence) as other,
    ):
        loop = asyncio.get_running_loop()
        with pytest.raises(RestError, match="http_429"):
            await one.get(Request(path="/"))
        began_s = loop.time()
        await other.get(Request(path="/"))
        assert loop.time() - began_s > 0.3


async def test_an_error_names_the_whole_address_but_no_password() -> None:
    """A path alone does not tell which of several addresses is wrong; a log is read by others."""
    async with (
        ScriptedServer(rest=answers((404, b"", {}))) as server,
        Rest(
            venue="v",
            base=server.rest_url.replace("http://", "http://me:secret@") + "/v",
            health=Health(),
            limits=HASTY,
        ) as rest,
    ):
        with pytest.raises(RestError) as refusal:
            await rest.get(Request(path="/depth?symbol=X"))
    assert str(refusal.value) == f"http_404: {server.rest_url}/v/depth?symbol=X"


@pytest.mark.parametrize(
    ("proxy", "who", "reason", "words"),
    [
        (HttpProxy(known="ann:secret"), "ann:wrong", "proxy_refused", "wants a user and a password"),
        (HttpProxy(refuses=True), "", "proxy_refused", "ask who runs it"),
        (SocksProxy(known="ann:secret"), "ann:wrong", "proxy_refused", "check user and password"),
        (SocksProxy(refuses=True), "", "proxy_refused", "ask who runs it"),
    ],
    ids=["http-password", "http-rules", "socks-password", "socks-rules"],
)
async def test_a_proxy_that_refuses_is_asked_once_and_named(
    proxy: HttpProxy | SocksProxy, who: str, reason: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password five times over locks the account."""
    health = Health()
    async with proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url(who))
        # Encrypted, as every venue is: the way through an HTTP proxy is a tunnel then.
        async with Rest(venue="v", base="https://venue.example", health=health, limits=HASTY) as rest:
            with pytest.raises(RestError, match=words) as refusal:
                await rest.get(Request(path="/x"))
    assert proxy.tries == 1
    assert refusal.value.reason == reason
    assert "wrong" not in str(refusal.value)
    assert health.total("rest_failures", label=reason) == 1


async def test_an_encrypted_call_goes_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy sees the host's name, and who looks up names is the proxy."""
    health = Health()
    async with HttpProxy() as proxy, ScriptedServer(rest=answers((200, b"ok", {}))) as server:
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        port = server.rest_url.rpartition(":")[2]
        async with Rest(venue="v", base=f"https://venue.example:{port}", health=health, limits=HASTY) as rest:
            # There is no certificate at the other end; the way to it is what is looked at.
            with pytest.raises(RestError):
                await rest.get(Request(path="/x"))
        assert set(proxy.asked_for) == {f"venue.example:{port}"}
        assert health.total("rest_failures", label="proxy") == 0


@pytest.mark.parametrize("kind", [HttpProxy, pytest.param(SocksProxy, marks=pytest.mark.slow)])
async def test_a_proxy_that_is_away_is_named_and_tried_again(
    kind: type[HttpProxy | SocksProxy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue would be blamed, or a proxy that starts late be given up."""
    health = Health()
    async with kind() as proxy:
        pass
    monkeypatch.setenv("ALL_PROXY", proxy.url("ann:secret"))
    async with Rest(venue="v", base="https://venue.example", health=health, limits=HASTY) as rest:
        with pytest.raises(RestError, match="cannot be reached") as failure:
            await rest.get(Request(path="/x"))
    assert "secret" not in str(failure.value)
    assert health.total("rest_failures", label="proxy") == HASTY.attempts
