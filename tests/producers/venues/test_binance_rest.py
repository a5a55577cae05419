import msgspec
import pytest

from producers.venues.binance_rest import DepthAnswer, Listed


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
