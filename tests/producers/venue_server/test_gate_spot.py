import json

from producers.venue import Ack, Pong
from producers.venue_server.faults import Faults
from producers.venue_server.gate_spot import GateSpot
from producers.venue_server.markets import Market
from producers.venues.gate_spot import GateSpot as Reader
from schemas.market import BookDelta, BookSnapshot, Trade

AT_NS = 1_790_000_000_123_000_000
RECV_NS = AT_NS + 50_000_000
USDE = Market(symbol="USDE_USDT", base="USDE", quote="USDT", kind="spot", contract="spot", tick="0.0001", step="0.01")


def pair() -> tuple[GateSpot, Reader]:
    """The venue that speaks and the parser that listens, both knowing what its market list says."""
    dialect, reader = GateSpot(), Reader()
    dialect.list_markets([USDE])
    (request,) = reader.instruments_requests()
    answer = dialect.rest("GET", request.path.strip("/"), {}, b"")
    assert answer is not None
    reader.register(reader.parse_instruments(answer.body, RECV_NS))
    return dialect, reader


def test_what_is_written_is_read_as_the_same_coins_and_dollars() -> None:
    """A spot price is the reference that futures are measured by."""
    dialect, reader = pair()
    (raw,) = dialect.write_trade(USDE, AT_NS, price=0.65, qty=1_000.0, taker="sell")
    (trade,) = reader.parse(raw, RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.instrument, trade.price, trade.qty, trade.taker) == ("USDE-USDT-SPOT", 0.65, 1_000.0, "sell")
    assert (trade.notional_usd, trade.ts_event_ns) == (650.0, AT_NS)
    raws = dialect.write_book(USDE, AT_NS, bids=[(0.65, 10.0)], asks=[(0.66, 5.5)])
    raws += dialect.write_delta(USDE, AT_NS, bids=[(0.65, 0.0)], asks=[])
    snapshot, delta = (event for raw in raws for event in reader.parse(raw, RECV_NS))
    assert isinstance(snapshot, BookSnapshot)
    assert isinstance(delta, BookDelta)
    assert (bytes(snapshot.bids), bytes(snapshot.asks)) == (b'[["0.65","10"]]', b'[["0.66","5.5"]]')
    assert (snapshot.last_id, delta.first_id) == (1, 2)


def test_every_subscription_of_the_client_is_acknowledged() -> None:
    """A request in another shape than the venue's would be refused live."""
    dialect, reader = pair()
    market = reader.infer_instrument("USDE_USDT", RECV_NS)
    assert market is not None
    (socket,) = reader.sockets([market])
    listener = dialect.listener(socket.path, "")
    assert listener is not None
    said = [raw for text in socket.subscribe for raw in dialect.hear(listener, text, Faults())]
    assert [list(reader.parse(raw, RECV_NS)) for raw in said] == [[Ack()]] * socket.expect_acks
    assert set(listener.topics) == {"obu:ob.USDE_USDT.400", "trades:USDE_USDT"}
    (pong,) = dialect.hear(listener, socket.ping or "", Faults())
    assert list(reader.parse(pong, RECV_NS)) == [Pong()]


def test_what_it_cannot_mean_is_answered_with_an_error() -> None:
    """A client that talks nonsense must hear of it."""
    dialect, _ = pair()
    listener = dialect.listener("ws/v4", "")
    assert listener is not None
    for said, code in (
        ("nonsense", 1),
        ('{"channel":"spot.nope","event":"subscribe","payload":["BTC_USDT"]}', 2),
        ('{"channel":"spot.trades","event":"subscribe","payload":[]}', 2),
        ('{"channel":"spot.trades","event":"subscribe","payload":["!all"]}', 2),
    ):
        (raw,) = dialect.hear(listener, said, Faults())
        assert json.loads(raw)["error"]["code"] == code
    assert listener.names == {}
    assert dialect.rest("GET", "api/v4/spot/tickers", {}, b"") is None
    assert [market.symbol for market in dialect.made_up(["USDE"])] == ["USDE_USDT"]
