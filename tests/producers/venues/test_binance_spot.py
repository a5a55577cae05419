import json

import pytest

from producers.venue import Sequencing
from producers.venues.binance_spot import BinanceSpot
from schemas.market import BookDelta, BookTop

RECV_NS = 1_723_161_254_116_723_068


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("BTCUSDT", "BTC-USDT-SPOT"),
        ("ETHBTC", "ETH-BTC-SPOT"),
        ("BTCFDUSD", "BTC-FDUSD-SPOT"),
        ("BTCTUSD", "BTC-TUSD-SPOT"),
        ("BTCUSDC", "BTC-USDC-SPOT"),
        ("USDEUSDT", "USDE-USDT-SPOT"),
        ("BTCTRY", "BTC-TRY-SPOT"),
    ],
)
def test_a_symbol_names_its_pair(symbol: str, name: str) -> None:
    """BTCTUSD is not BTCT in dollars."""
    instrument = BinanceSpot().infer_instrument(symbol, 0)
    assert instrument is not None
    assert instrument.instrument == name


@pytest.mark.parametrize("symbol", ["", "USDT", "BTC_PERP"])
def test_a_symbol_without_a_known_quote_is_none(symbol: str) -> None:
    """Neither the asset nor the notional would be known."""
    assert BinanceSpot().infer_instrument(symbol, 0) is None


def test_frames_without_event_type_or_previous_id_are_read() -> None:
    """Spot's best bid and ask have no type and no time, its books no `pu`."""
    one = BinanceSpot()
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    one.register([instrument])
    ticker = b'{"u":5,"s":"BTCUSDT","b":"61837.63","B":"3.78","a":"61837.64","A":"1.60"}'
    for frame in (ticker, b'{"stream":"btcusdt@bookTicker","data":' + ticker + b"}", b" " + ticker):
        (top,) = one.parse(frame, RECV_NS)
        assert isinstance(top, BookTop)
        assert (top.bid, top.ask, top.ts_event_ns) == (61837.63, 61837.64, RECV_NS)
    book = b'{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":5,"u":9,"b":[["1.0","0.0"]],"a":[]}'
    (delta,) = one.parse(b'{"stream":"btcusdt@depth@100ms","data":' + book + b"}", RECV_NS)
    assert isinstance(delta, BookDelta)
    assert (delta.first_id, delta.last_id, delta.prev_id) == (5, 9, None)
    assert delta.ts_event_ns == 1_723_161_255_208_000_000


def test_spot_follows_its_own_rules() -> None:
    """Its chain is contiguous, its snapshot is deeper, and it tolerates half the messages."""
    one = BinanceSpot()
    instrument = one.infer_instrument("BTCUSDT", 0)
    assert instrument is not None
    assert one.sequencing == Sequencing(chain="contiguous", snapshot_overlap=1)
    assert one.book_request(instrument).path == "/api/v3/depth?symbol=BTCUSDT&limit=5000"
    assert one.limits.messages_per_s == 5
    (socket,) = one.sockets([instrument])
    assert json.loads(socket.subscribe[0])["params"] == ["btcusdt@depth@100ms", "btcusdt@bookTicker", "btcusdt@trade"]


def test_books_are_fetched_for_half_of_the_weight_budget_at_most() -> None:
    """A radar that asks for more is banned, and every market behind the same address with it."""
    weight = 250 * BinanceSpot().limits.snapshots_per_min
    assert weight <= 6000 / 2
