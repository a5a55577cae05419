"""Other addresses for venues."""

from __future__ import annotations

import pytest

from detector.commands.endpoints import EndpointError, parse_endpoints
from producers.fleet import EndpointOverride
from producers.venues.registry import venues_of

BINANCE = venues_of("binance")


@pytest.mark.parametrize(
    ("url", "websocket", "rest"),
    [
        ("http://127.0.0.1:9000", "ws://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("https://proxy.example/binance/", "wss://proxy.example/binance", "https://proxy.example/binance"),
        ("ws://127.0.0.1:9000/x", "ws://127.0.0.1:9000/x", "http://127.0.0.1:9000/x"),
        ("wss://[::1]:9000", "wss://[::1]:9000", "https://[::1]:9000"),
    ],
)
def test_one_address_serves_websocket_and_rest(url: str, websocket: str, rest: str) -> None:
    """Half of a venue would still be asked at its own address."""
    found = parse_endpoints([f"binance-usdm={url}"], BINANCE)
    assert found == {"binance-usdm": EndpointOverride(websocket_base=websocket, rest_base=rest)}


def test_all_puts_each_venue_under_its_own_path() -> None:
    """A venue server would need one address a venue."""
    found = parse_endpoints(["all=http://127.0.0.1:9000/"], BINANCE)
    assert {venue: one.rest_base for venue, one in found.items()} == {
        venue.id: f"http://127.0.0.1:9000/{venue.id}" for venue in BINANCE
    }


def test_a_later_endpoint_replaces_an_earlier_one() -> None:
    """`all` with one exception would not be possible."""
    found = parse_endpoints(["all=http://a", "binance-spot=http://b"], BINANCE)
    assert found["binance-spot"].rest_base == "http://b"
    assert found["binance-usdm"].rest_base == "http://a/binance-usdm"
    assert parse_endpoints([], BINANCE) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://127.0.0.1", "write VENUE=URL, for example binance-usdm=http://127.0.0.1:9000/binance-usdm"),
        ("kraken=http://127.0.0.1", "this run has the venues binance-usdm, binance-coinm, binance-spot"),
        ("binance-usdm=127.0.0.1:9000", "is not an http, https, ws or wss address"),
        ("binance-usdm=ftp://127.0.0.1", "is not an http, https, ws or wss address"),
        ("binance-usdm=http://", "is not an http, https, ws or wss address"),
        ("binance-usdm=", "is not an http, https, ws or wss address"),
        ("binance-usdm=http://[::1", "is not an http, https, ws or wss address"),
        ("binance-usdm=http://127.0.0.1:99999", "is not an http, https, ws or wss address"),
        ("binance-usdm=http://:9000", "for example binance-usdm=http://127.0.0.1:9000/binance-usdm"),
    ],
)
def test_a_wrong_endpoint_says_how_a_right_one_looks(text: str, says: str) -> None:
    """A typing mistake would connect to the real venue without a word."""
    with pytest.raises(EndpointError, match=says):
        parse_endpoints([text], BINANCE)
