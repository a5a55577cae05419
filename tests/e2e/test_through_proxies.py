"""Behind a proxy that the environment names: each venue's sockets and calls go through it, or say what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from producers.fleet import EndpointOverride
from producers.health import CounterName
from producers.proxy import ProxyAddressError
from producers.venue_server.server import VenueServer
from producers.venues.registry import VENUES
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from tests.kit.hurried import hurried
from tests.kit.made_up import MadeUp, made_up
from tests.kit.proxies import HttpProxy, SocksProxy

PASSWORD = "s3cret%40word"  # noqa: S105  # of a proxy of this test
KNOWN = "ann:s3cret@word"
STEP_NS = 500_000_000
SOME = ("binance-usdm", "coinbase")
HOST = "venue.example"
"""No such host: only the proxy knows where it is."""

every_venue = pytest.mark.parametrize("venue_id", VENUES)
kinds = pytest.mark.parametrize("kind", [HttpProxy, SocksProxy])


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nobody's proxies."""
    for name in ("ws", "wss", "http", "https", "socks", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    return monkeypatch


def elsewhere(venue_id: str, *, sockets: bool = True, rest: bool = True) -> Callable[[VenueServer], EndpointOverride]:
    """The venue's addresses under a name that this machine does not know, or one of the two."""

    def override(server: VenueServer) -> EndpointOverride:
        websocket, calls = server.websocket_url(venue_id), server.rest_url(venue_id)
        return EndpointOverride(
            websocket_base=websocket.replace("127.0.0.1", HOST) if sockets else websocket,
            rest_base=calls.replace("127.0.0.1", HOST) if rest else calls,
        )

    return override


def all_words(run: MadeUp, caplog: pytest.LogCaptureFixture) -> str:
    """Everything that a person or a file could get to see."""
    return " ".join([*map(repr, run.events), *map(repr, run.health.rows()), caplog.text])


@every_venue
@kinds
@hurried
async def test_sockets_and_calls_go_through_the_proxy(
    venue_id: str, kind: type[HttpProxy | SocksProxy], environment: pytest.MonkeyPatch
) -> None:
    """In many offices and countries there is no other way out."""
    async with kind(known=KNOWN) as proxy:
        environment.setenv("ALL_PROXY" if kind is SocksProxy else "HTTP_PROXY", proxy.url(f"ann:{PASSWORD}"))
        async with made_up(venue_id, step_ns=STEP_NS, override=elsewhere(venue_id)) as run:
            await run.until(lambda: run.is_up() and len(run.events) > 30)
            assert set(proxy.asked_for) == {f"{HOST}:{run.server.url.rpartition(':')[2]}"}
            assert len(proxy.asked_for) > len(run.states())
            assert not run.health.total("rest_failures")
            assert not run.health.total("connect_failures")


@pytest.mark.parametrize("venue_id", SOME)
@kinds
@pytest.mark.parametrize(
    ("user_and_password", "refuses", "advice"),
    [
        ("", False, ("wants a user and a password", "check user and password")),
        (f"ann:{PASSWORD}x", False, ("wants a user and a password", "check user and password")),
        (f"ann:{PASSWORD}", True, ("ask who runs it, or except the venue by NO_PROXY",) * 2),
    ],
    ids=["nobody", "stranger", "forbidden"],
)
@pytest.mark.parametrize("side", ["sockets", "rest"])
@hurried
async def test_a_proxy_that_lets_nobody_through_is_told_once_and_left_alone(
    venue_id: str,
    kind: type[HttpProxy | SocksProxy],
    user_and_password: str,
    refuses: bool,
    advice: tuple[str, str],
    side: str,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Asking on locks accounts, and a password in a log is one that others know."""
    if side == "rest" and kind is HttpProxy and refuses:
        pytest.skip("over unencrypted HTTP nobody can tell a proxy's 403 from the venue's")
    caplog.set_level(logging.DEBUG, logger="producers")
    async with kind(known=KNOWN, refuses=refuses) as proxy:
        environment.setenv("SOCKS_PROXY" if kind is SocksProxy else "HTTP_PROXY", proxy.url(user_and_password))
        where = elsewhere(venue_id, sockets=side == "sockets", rest=side == "rest")
        async with made_up(venue_id, step_ns=STEP_NS, override=where) as run:
            await run.until(lambda: "rejected" in run.states().values())
            await run.watch(250)
            reasons = {one.reason for one in run.of(VenueStatus) if one.state == "rejected"}
            assert len(reasons) == 1
            assert advice[kind is SocksProxy] in reasons.pop()
            sockets = len(run.venue.sockets(run.of(Instrument)))
            assert proxy.tries == (sockets if side == "sockets" else 1)
            assert not run.mount.handshakes
            words = all_words(run, caplog)
            assert "s3cret" not in words
            assert f"{proxy.scheme}://127.0.0.1:{proxy.port}" in words


@pytest.mark.parametrize("venue_id", SOME)
@kinds
@pytest.mark.parametrize("side", ["sockets", "rest"])
@hurried
async def test_a_proxy_that_is_away_is_told_and_tried_again(
    venue_id: str,
    kind: type[HttpProxy | SocksProxy],
    side: str,
    environment: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The venue would be blamed for it."""
    async with kind() as proxy:
        address = proxy.url(f"ann:{PASSWORD}")
    environment.setenv("ALL_PROXY", address)
    where = elsewhere(venue_id, sockets=side == "sockets", rest=side == "rest")
    async with made_up(venue_id, step_ns=STEP_NS, override=where) as run:
        await run.until(lambda: "down" in run.states().values())
        name: CounterName = "connect_failures" if side == "sockets" else "rest_failures"
        await run.until(lambda: run.health.total(name, label="proxy") >= 3)
        (reason,) = {one.reason for one in run.of(VenueStatus) if one.state == "down"}
        assert "cannot be reached: check it, or take it out of the environment" in reason
        assert "s3cret" not in all_words(run, caplog)


@hurried
async def test_an_address_that_is_no_proxy_ends_the_run_at_once(environment: pytest.MonkeyPatch) -> None:
    """A misspelt variable would look like a venue that is away, for ever."""
    environment.setenv("HTTP_PROXY", f"htp://ann:{PASSWORD}@127.0.0.1:1")
    with pytest.raises(ProxyAddressError, match="HTTP_PROXY cannot be used; one looks like") as wrong:
        async with made_up("bybit", override=elsewhere("bybit")) as run:
            await run.until(run.is_up, within_s=1)
    assert "s3cret" not in str(wrong.value)
