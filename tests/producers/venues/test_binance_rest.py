import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues.binance_rest import AdlRating, DepthAnswer, Fund, Listed, OpenInterestAnswer
from producers.venues.registry import venue

RECV_NS = 1_760_130_964_871_000_000


@pytest.mark.parametrize(
    ("status", "trading"),
    [
        ({"status": "TRADING"}, True),
        ({"contractStatus": "TRADING"}, True),
        ({"status": "SETTLING"}, False),
        ({"contractStatus": "DELIVERING"}, False),
        ({"status": "CANCEL_ONLY"}, False),
        ({}, False),
    ],
)
def test_only_markets_that_trade_count_as_trading(status: dict[str, str], trading: bool) -> None:
    """A delisted market looks like a dead feed."""
    listed = msgspec.convert({"symbol": "A", "baseAsset": "A", "quoteAsset": "B", **status}, Listed)
    assert listed.trading is trading


def test_the_tick_size_is_that_of_the_price_filter() -> None:
    """The wrong step makes a book grid of the wrong width."""
    filters = [{"filterType": "LOT_SIZE", "stepSize": "1"}, {"filterType": "PRICE_FILTER", "tickSize": "0.10"}]
    row = {"symbol": "A", "baseAsset": "A", "quoteAsset": "B", "filters": filters}
    assert msgspec.convert(row, Listed, strict=False).tick_size == 0.1
    assert msgspec.convert({**row, "filters": []}, Listed, strict=False).tick_size is None


def test_a_spot_book_has_no_times() -> None:
    """Spot's answer must not be refused for what it never had."""
    answer = msgspec.json.decode(b'{"lastUpdateId":7,"bids":[["1","2"]],"asks":[]}', type=DepthAnswer)
    assert (answer.last_id, answer.match_ms, bytes(answer.bids)) == (7, None, b'[["1","2"]]')


@pytest.mark.parametrize("of", [DepthAnswer, OpenInterestAnswer, Fund, AdlRating], ids=lambda of: of.__name__)
def test_the_answers_that_are_shown_decode(of: type) -> None:
    """The documentation beside a parser must be what it parses."""
    shown = next(line.strip() for line in (of.__doc__ or "").splitlines() if line.strip().startswith("{"))
    assert isinstance(msgspec.json.decode(shown, type=of, strict=False), of)


def test_a_snapshot_keeps_the_far_levels_of_the_book() -> None:
    """1000 levels are a quarter of a percent of BTC: taken for the whole book, each resync looks like a collapse."""
    one = venue("binance-usdm")
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    body = b'{"lastUpdateId":7,"E":1760130964833,"T":1760130964831,"bids":[["1","2"]],"asks":[["2","2"]]}'
    book = one.parse_snapshot(body, instrument, RECV_NS)
    assert (book.last_id, book.keeps_far_levels) == (7, True)
    assert book.ts_event_ns == 1_760_130_964_831_000_000
    for bad in (
        b"",
        b"[]",
        b'{"lastUpdateId":7,"bids":[["1","-2"]],"asks":[]}',
        b'{"code":-1121,"msg":"Invalid symbol."}',
    ):
        with pytest.raises(DecodeError):
            one.parse_snapshot(bad, instrument, RECV_NS)


def test_a_market_that_cannot_be_read_does_not_hide_the_others() -> None:
    """One strange listing must not stop the radar at its start."""
    listed = b'{"symbol":"BTCUSDT","baseAsset":"BTC","quoteAsset":"USDT","contractType":"PERPETUAL","status":"TRADING"}'
    one = venue("binance-usdm")
    found = one.parse_instruments(b'{"symbols":[{"symbol":5},' + listed + b"]}", RECV_NS)
    assert [instrument.instrument for instrument in found] == ["BTC-USDT-PERP"]
    with pytest.raises(DecodeError, match="bad_json"):
        one.parse_instruments(b"<html>", RECV_NS)
