import json
from typing import Any

import pytest

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal
from producers.venues.gate import Gate
from producers.venues.gate_spot import GateSpot
from producers.venues.gate_v4 import PER_SOCKET, Change, Frame, moment
from schemas.base import Event
from schemas.health import Gap
from schemas.market import BookDelta, BookSnapshot

RECV_NS = 1_789_456_335_000_000_000
T_MS = 1_789_456_334_981
SPOKEN: dict[str, type[Gate] | type[GateSpot]] = {"futures.": Gate, "spot.": GateSpot}


def ready(prefix: str) -> Gate | GateSpot:
    """One of the venues with one market."""
    venue = SPOKEN[prefix]()
    market = venue.infer_instrument("BTC_USDT", RECV_NS)
    assert market is not None
    venue.register([market])
    return venue


def book(prefix: str, **result: Any) -> bytes:
    """A frame of the books' channel."""
    message = {"channel": f"{prefix}obu", "event": "update", "result": {"t": T_MS, "s": "ob.BTC_USDT.400", **result}}
    return json.dumps(message).encode()


@pytest.fixture(params=SPOKEN)
def prefix(request: pytest.FixtureRequest) -> str:
    """Of the futures' channels and of spot's."""
    return str(request.param)


def test_the_shown_frames_are_frames() -> None:
    """Who mends the wire compares with them."""
    assert list(ready("futures.").parse((Frame.__doc__ or "").encode(), RECV_NS)) == [Ack()]
    shown, _, older = (Change.__doc__ or "").partition("\n\n")
    for text in (shown, older.partition(": ")[2]):
        assert json.loads(text)["u"]


def test_a_lost_change_is_one_gap_until_the_next_whole_book(prefix: str) -> None:
    """Depth that was built over a hole is wrong, and nothing else would show it."""
    venue = ready(prefix)
    frames = [
        book(prefix, full=True, u=10, b=[["60000", "1"]], a=[["60001", "2.5"]]),
        book(prefix, U=11, u=12, b=[["60000", "0"]]),
        book(prefix, U=13, u=13),  # counts on without a level
        book(prefix, U=16, u=17, a=[["60001", "1"]]),
        book(prefix, U=18, u=18, a=[["60001", "2"]]),
        book(prefix, full=True, u=18, b=[], a=[]),
        book(prefix, U=19, u=20),
    ]
    syncs = BookSyncs(venue=venue.id, sequencing=venue.sequencing)
    events = [one for frame in frames for one in venue.parse(frame, RECV_NS)]
    out = syncs.feed([one for one in events if isinstance(one, Event)])
    assert [type(one) for one in out] == [BookSnapshot, BookDelta, BookDelta, Gap, BookSnapshot, BookDelta]


def test_a_change_that_does_not_say_where_it_begins_is_no_change(prefix: str) -> None:
    """It could not be chained."""
    with pytest.raises(DecodeError) as caught:
        ready(prefix).parse(book(prefix, u=12), RECV_NS)
    assert caught.value.reason == "bad_shape"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'[["60000","-1"]]', "bad_number"),
        (b'[["60000","1e5"]]', "bad_number"),
        (b'[{"p":"60000","s":"NaN"}]', "bad_number"),
        (b'[{"p":"60000","s":-5}]', "bad_number"),
        (b'[{"p":60000,"s":5}]', "bad_shape"),
        (b"null", "bad_number"),
        (b"7", "bad_shape"),
    ],
)
def test_levels_that_are_none_are_refused(prefix: str, text: bytes, reason: str) -> None:
    """The book parses levels where it keeps them: what is wrong must not get there."""
    frame = book(prefix, U=1, u=1, b=["here"]).replace(b'["here"]', text)
    with pytest.raises(DecodeError) as caught:
        ready(prefix).parse(frame, RECV_NS)
    assert caught.value.reason == reason


def test_an_unknown_market_is_named(prefix: str) -> None:
    """A frame nobody asked for is counted by this reason."""
    with pytest.raises(DecodeError) as caught:
        ready(prefix).parse(book(prefix, U=1, u=1).replace(b"BTC_", b"ETH_"), RECV_NS)
    assert (caught.value.reason, caught.value.detail) == ("unknown_symbol", "ETH_USDT")


@pytest.mark.parametrize(
    ("answer", "means"),
    [
        ({"event": "subscribe", "result": {"status": "success"}}, [Ack()]),
        ({"event": "unsubscribe", "error": None, "result": {"status": "success"}}, [Ack()]),
        ({"event": "subscribe", "error": {"code": 2, "message": "no"}}, [Refusal("2: no", "ignore")]),
        ({"event": "subscribe", "error": {"code": 3, "message": "ours"}}, [Refusal("3: ours", "reconnect")]),
        ({"channel": "pong", "event": ""}, [Pong()]),
        ({"channel": "candlesticks", "event": "update", "result": []}, []),
        ({"channel": "news", "event": "update", "result": None}, []),
    ],
)
def test_answers_are_told_from_data(prefix: str, answer: dict[str, Any], means: list[object]) -> None:
    """One market that is refused must not cost the others their connection."""
    message = {**answer, "channel": prefix + str(answer.get("channel", "trades"))}
    assert list(ready(prefix).parse(json.dumps(message).encode(), RECV_NS)) == means


def test_the_version_before_is_called_dead(prefix: str) -> None:
    """A recording of 2021 is not broken: its protocol is no more."""
    frame = b'{"method":"depth.update","params":[true,{"asks":[],"bids":[],"id":3166483561},"BTC_USDT"],"id":null}'
    with pytest.raises(DecodeError) as caught:
        ready(prefix).parse(frame, RECV_NS)
    assert caught.value.reason == "dead_protocol"


def test_each_market_has_frames_of_its_own_on_one_socket(prefix: str) -> None:
    """A frame that names one unknown market is refused with all that it names."""
    venue = SPOKEN[prefix]()
    markets = [one for n in range(PER_SOCKET + 1) if (one := venue.infer_instrument(f"C{n}_USDT", RECV_NS))]
    first, second = venue.sockets(markets)
    assert (first.expect_acks, second.expect_acks) == (len(first.subscribe), len(second.subscribe))
    for socket, market in ((first, markets[0]), (first, markets[PER_SOCKET - 1]), (second, markets[PER_SOCKET])):
        said = [json.loads(text) for text in socket.subscribe if market.symbol in text]
        assert [one["payload"] for one in said] == [
            [f"ob.{market.symbol}.400"],
            *([market.symbol] for _ in venue.channels),
        ]
    assert len(first.subscribe) <= 152
    assert venue.sockets([]) == []


def test_five_hundred_markets_stay_within_the_connections_of_an_address(prefix: str) -> None:
    """More are refused, and the markets on them never speak."""
    venue = SPOKEN[prefix]()
    sockets = venue.sockets([one for n in range(500) if (one := venue.infer_instrument(f"C{n}_USDT", RECV_NS))])
    assert len(sockets) <= (venue.limits.connections or 0)


def test_symbols_are_found_in_frames_of_ours_alone(prefix: str) -> None:
    """Recordings are recognised by them."""
    venue = ready(prefix)
    assert venue.symbol_of(book(prefix, U=1, u=1)) == "BTC_USDT"
    for frame in (
        book("options.", U=1, u=1),
        b'{"channel":"%strades","event":"subscribe","result":{"status":"success"}}' % prefix.encode(),
        b'{"channel":"%scandlesticks","event":"update","result":{"c":"21342.41"}}' % prefix.encode(),
        b'{"channel":"%strades","event":"update","result":[]}' % prefix.encode(),
        b'{"channel":"%strades","event":"update","result":[{"size":5}]}' % prefix.encode(),
        b"[]",
    ):
        assert venue.symbol_of(frame) is None


def test_seconds_are_told_from_milliseconds() -> None:
    """The venue changed the unit of some times without changing their names."""
    assert moment(RECV_NS, 0, T_MS) == T_MS * 10**6
    assert moment(RECV_NS, 1_789_456_334) == 1_789_456_334 * 10**9
    assert moment(RECV_NS) == RECV_NS
    with pytest.raises(DecodeError):
        moment(RECV_NS, T_MS * 1000)
