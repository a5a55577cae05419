import pytest

from producers.errors import DecodeError
from producers.venues import bitget_wire as wire
from producers.venues.bitget_wire import Arg


def test_the_older_wires_get_the_names_of_today() -> None:
    """One meaning, one name: whatever follows knows nothing of versions."""
    v2 = (
        b'{"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},'
        b'"data":[{"ts":"1730332800983","price":"27000.5","size":"0.001","side":"buy","tradeId":"12"}]}'
    )
    (fill,) = wire.rows(wire.read(wire.frames, v2), wire.fills)
    assert (fill.ms, fill.price, fill.qty, fill.taker, fill.id) == (1730332800983, 27000.5, 0.001, "buy", "12")
    v1 = (
        b'{"action":"snapshot","arg":{"instType":"mc","channel":"ticker","instId":"BTCUSD"},'
        b'"data":[{"markPrice":"29897.79","capitalRate":"0.0001","holding":"6166.235","systemTime":1654160828664}]}'
    )
    (ticker,) = wire.rows(wire.read(wire.frames, v1), wire.tickers)
    assert (ticker.funding_rate, ticker.open_interest, ticker.ts) == (0.0001, 6166.235, 1654160828664)


def test_a_name_of_today_is_left_alone_on_todays_wire() -> None:
    """A liquidation's `side` and `price` are not those of an old trade."""
    v3 = (
        b'{"action":"update","arg":{"instType":"usdt-futures","topic":"liquidation"},'
        b'"data":[{"symbol":"APEUSDT","side":"buy","price":"0.1649","amount":"13.7","ts":"1777358886549"}]}'
    )
    (raw,) = wire.rows(wire.read(wire.frames, v3), wire.raws)
    row = wire.liquidation.decode(raw)
    assert (row.symbol, row.side, row.amount) == ("APEUSDT", "buy", 13.7)


def test_spot_is_known_by_a_name_of_its_own() -> None:
    """The wire tells spot from futures in another field than the name."""
    assert wire.market_symbol(Arg(inst_type="SPOT", inst_id="BTCUSDT")) == "BTCUSDT_SPBL"
    assert wire.market_symbol(Arg(inst_type="sp", inst_id="BTCUSDT")) == "BTCUSDT_SPBL"
    assert wire.market_symbol(Arg(inst_type="coin-futures", symbol="BTCUSD_CM")) == "BTCUSD_CM"
    assert wire.market_symbol(Arg(inst_type="spot")) == ""


def test_what_is_no_number_is_refused_by_its_reason() -> None:
    """An operator looks for the reason in the counters."""
    with pytest.raises(DecodeError, match="bad_shape"):
        wire.read(wire.liquidation, b'{"symbol":"X"}')
    with pytest.raises(DecodeError, match="bad_json"):
        wire.read(wire.liquidation, b"{")
    with pytest.raises(DecodeError, match="bad_number"):
        wire.read(wire.levels, b'[["1","x"]]')


def test_an_answer_that_is_an_error_is_an_error() -> None:
    """Its rows are none, and would be taken for an empty venue."""
    assert bytes(wire.answered(b'{"code":"00000","data":[7]}').data) == b"[7]"
    with pytest.raises(DecodeError, match="code 429: Too Many Requests"):
        wire.answered(b'{"code":"429","msg":"Too Many Requests"}')
