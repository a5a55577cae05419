import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Refusal
from producers.venues._template import BookFrame, Example, TradeFrame
from schemas.market import BookDelta, Trade

RECV_NS = 1_760_130_964_900_000_000


def ready() -> Example:
    """The example with one market."""
    one = Example()
    one.register(one.parse_instruments(b'{"symbols":["BTC-USDT","odd"]}', RECV_NS))
    return one


def test_the_example_reads_the_frames_that_it_shows() -> None:
    """Who copies it begins with something that works."""
    (trade,) = ready().parse((TradeFrame.__doc__ or "").encode(), RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.taker, trade.notional_usd) == ("sell", 30_000.05)
    (delta,) = ready().parse((BookFrame.__doc__ or "").encode(), RECV_NS)
    assert isinstance(delta, BookDelta)
    assert (delta.first_id, delta.last_id) == (11, 12)
    assert ready().symbol_of((BookFrame.__doc__ or "").encode()) == "BTC-USDT"
    assert ready().symbol_of(b"{}") is None


def test_the_example_resyncs_and_subscribes() -> None:
    """The parts that are easily forgotten are in it."""
    one = ready()
    instrument = one.infer_instrument("BTC-USDT", 0)
    assert instrument is not None
    body = b'{"to":12,"bids":[["1","2"]],"asks":[],"ms":1760130964831}'
    assert one.parse_snapshot(body, instrument, RECV_NS).last_id == 12
    assert one.book_request(instrument).path == "/v1/book?symbol=BTC-USDT"
    assert one.sockets([instrument])[0].subscribe == ('{"subscribe":["trade","book"],"symbols":["BTC-USDT"]}',)
    assert one.instruments_requests()[0].path == "/v1/symbols"


def test_the_example_tells_answers_from_errors() -> None:
    """A broken frame of ours is an error; a channel that is not ours is nothing."""
    assert list(ready().parse(b'{"channel":"subscribed"}', RECV_NS)) == [Ack()]
    assert list(ready().parse(b'{"error":"no"}', RECV_NS)) == [Refusal("no", "reconnect")]
    assert list(ready().parse(b'{"channel":"news"}', RECV_NS)) == []
    for frame in (b'{"channel":"trade"}', b"{", (TradeFrame.__doc__ or "").replace("BTC", "ETH").encode()):
        with pytest.raises(DecodeError):
            ready().parse(frame, RECV_NS)
