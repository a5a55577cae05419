"""Holds each registered venue, and the template that new ones are copied from, to the contract of `producers.venue`."""

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import get_args

import pytest

from producers.completeness import ChannelName, Coverage
from producers.errors import DecodeError
from producers.venue import Limits, Refusal, Request, Resubscribe, Sequencing, Socket, Venue
from producers.venue_server.dialects import DIALECTS
from producers.venues._template import Example
from producers.venues.registry import VENUES
from schemas.codec import base_asset
from schemas.instrument import Instrument
from tests.kit.listing import listed
from tests.kit.venue_samples import SAMPLES, read, rows
from tests.kit.venue_samples import markets as venue_markets

RECV_NS = 1_760_130_964_900_000_000
MAKERS: list[Callable[[], Venue]] = [*VENUES.values(), Example]


@pytest.fixture(params=MAKERS, ids=lambda maker: maker().id)
def venue(request: pytest.FixtureRequest) -> Venue:
    """Each venue, new."""
    made: Venue = request.param()
    return made


def markets(venue: Venue, count: int) -> list[Instrument]:
    """So many markets of a venue, as the server lists them; of the template, as their names tell."""
    coins = [f"C{n}" for n in range(count)]
    make = DIALECTS.get(venue.id)
    if make is None:
        return [found for coin in coins if (found := venue.infer_instrument(f"{coin}-USDT", RECV_NS))]
    # Some venues list several markets of a coin.
    return listed(venue, make(), coins, RECV_NS)[:count]


def test_it_has_a_name_addresses_and_limits(venue: Venue) -> None:
    """A user overrides addresses and reads names; a session keeps to the limits."""
    assert venue.id == venue.id.lower()
    assert venue.group
    assert venue.websocket_base.startswith("wss://")
    assert venue.rest_base.startswith("https://")
    assert not venue.websocket_base.endswith("/")
    assert not venue.rest_base.endswith("/")
    assert isinstance(venue.limits, Limits)
    assert venue.limits.messages_per_s > 0
    assert venue.limits.connects_per_min > 0
    assert venue.sequencing is None or isinstance(venue.sequencing, Sequencing)


def test_its_id_is_that_under_which_it_is_registered() -> None:
    """Events, topics and command lines must speak of the same venue."""
    assert {venue_id: maker().id for venue_id, maker in VENUES.items()} == {venue_id: venue_id for venue_id in VENUES}


def test_it_says_what_it_omits_of_every_channel(venue: Venue) -> None:
    """Silence is read as calm unless someone said what it may hide."""
    assert set(venue.completeness) == set(get_args(ChannelName))
    for coverage in venue.completeness.values():
        assert isinstance(coverage, Coverage)
        assert (coverage.rows is not None) == (coverage.kind == "sampled")
        assert (coverage.every_s is not None) == (coverage.kind in ("sampled", "periodic", "poll"))
        assert (coverage.earlier is not None) <= bool(coverage.since)


def test_its_markets_are_named_by_the_common_rule(venue: Venue) -> None:
    """The same market on two venues must have the same form of name, unique within each."""
    found = markets(venue, 3)
    assert len({instrument.instrument for instrument in found}) == 3
    for instrument in found:
        assert instrument.venue == venue.id
        assert base_asset(instrument.instrument) == instrument.base
        assert instrument.instrument.startswith(f"{instrument.base}-{instrument.quote}")
        assert instrument.contract_value is None or instrument.contract_value > 0
        assert instrument.ts_recv_ns == RECV_NS


@pytest.mark.parametrize("count", [1, 7, 300])
def test_its_sockets_subscribe_every_market(venue: Venue, count: int) -> None:
    """A market without a subscription is silent, and nobody notices."""
    found = markets(venue, count)
    sockets = venue.sockets(found)
    assert len({socket.name for socket in sockets}) == len(sockets)
    for socket in sockets:
        assert isinstance(socket, Socket)
        assert socket.path.startswith("/") or not socket.path
        assert socket.expect_acks > 0
        assert all(isinstance(json.loads(frame), dict) for frame in socket.subscribe)
        assert socket.ping is None or socket.ping_every_s > 0
    assert venue.limits.connections is None or len(sockets) <= venue.limits.connections
    assert venue.sockets([]) == []


def test_its_requests_are_complete(venue: Venue) -> None:
    """A path without its slash, or a POST without a body, fails only live."""
    (instrument,) = markets(venue, 1)
    book = venue.book_request(instrument)
    # Books that are chained need one to begin with, and only they; a socket that sends them is asked for them again.
    assert (book is None) == (venue.sequencing is None)
    assert isinstance(book, Request) == (venue.limits.snapshots_per_min > 0)
    if venue.sequencing is not None:
        assert isinstance(book, Resubscribe) == (venue.sequencing.snapshots == "socket")
    polls = venue.polls([instrument])
    assert len({poll.name for poll in polls}) == len(polls)
    assert all(poll.every_s >= 1 and " " not in poll.name for poll in polls)
    requests = [*venue.instruments_requests(), *(poll.request for poll in polls)]
    for request in [*requests, book] if isinstance(book, Request) else requests:
        assert isinstance(request, Request)
        assert request.path.startswith("/")
        assert (request.body is not None) == (request.method == "POST")


JUNK = [
    b"", b" ", b"null", b"[]", b"[[]]", b"{}", b'""', b"0", b"\x00", b"\xff\xfe", b"{", b'{"e":', b'{"e":5}',
    b'{"e":"trade"}', b'{"e":"depthUpdate","b":5}', b'{"stream":"x","data":null}', b'{"data":[null]}',
    b'{"channel":"trades","data":[null]}', b'{"channel":5}', b'{"channel":"l2Book"}', b'{"error":[],"id":1}',
    b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'{"code":' + b"9" * 400 + b"}", b"pong", b"ping",
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: repr(bytes(junk[:24])))
def test_junk_raises_nothing_but_decode_error(venue: Venue, junk: bytes) -> None:
    """Any other exception ends the session, and with it every market on the socket."""
    (instrument,) = markets(venue, 1)
    venue.register([instrument])
    reads: list[Callable[[], object]] = [
        lambda: venue.parse(junk, RECV_NS),
        lambda: venue.parse_instruments(junk, RECV_NS),
        lambda: venue.parse_snapshot(junk, instrument, RECV_NS),
        lambda: venue.message_number(junk),
        *(partial(venue.parse_poll, poll.name, junk, RECV_NS) for poll in venue.polls([instrument])),
    ]
    for attempt in reads:
        with suppress(DecodeError):
            attempt()
    assert venue.symbol_of(junk) is None


def test_an_unknown_channel_is_no_error(venue: Venue) -> None:
    """Venues add channels and events without notice."""
    for frame in (
        b'{"e":"newEvent","s":"BTCUSDT"}',
        b'{"channel":"newChannel","data":{}}',
        b'{"stream":"x","data":{}}',
    ):
        assert not [one for one in venue.parse(frame, RECV_NS) if isinstance(one, Refusal)]


def test_reading_the_same_frames_says_the_same(venue: Venue) -> None:
    """A replay that differs from run to run proves nothing."""
    tales = []
    for _ in range(2):
        one = type(venue)()
        tale: list[object] = []
        for row in rows(SAMPLES, venue.id):
            one.register(venue_markets(venue.id, row.get("markets", ())))
            with suppress(DecodeError):
                tale += read(one, row, row["raw"].encode())
        tales.append(tale)
    assert tales[0] == tales[1]
