import json

import pytest

from producers.errors import DecodeError
from producers.venues import gate_wire as wire
from producers.venues.gate import Gate

RECV_NS = 1_789_456_335_000_000_000


def test_the_shown_frames_are_read() -> None:
    """Who mends the wire compares with them."""

    def shown(struct: type) -> bytes:
        text = (struct.__doc__ or "").splitlines()[0]
        return text[: text.rindex("}") + 1].encode()

    rows = {
        wire.Trade: wire.read_trades,
        wire.Closed: wire.read_closes,
        wire.Ticker: wire.read_tickers,
        wire.Fund: wire.read_funds,
        wire.OldChange: wire.read_book,
    }
    for struct, read in rows.items():
        (row,) = read(b"[%s]" % shown(struct))
        assert isinstance(row, struct)
    assert isinstance(wire.read_liquidate(shown(wire.Liquidate)), wire.Liquidate)
    assert isinstance(wire.read_listed(shown(wire.Listed)), wire.Listed)
    assert isinstance(wire.read_warning(shown(wire.AdlWarning)), wire.AdlWarning)
    assert isinstance(wire.read_book(shown(wire.Book)), wire.Book)
    assert wire.read_system(shown(wire.System)).type == "upgrade"


@pytest.mark.parametrize("size", ['"NaN"', '"inf"', "1e19", '"-1e19"', '"much"', "[]"])
def test_sizes_that_are_no_numbers_are_refused(size: str) -> None:
    """A NaN in a sum stays there for good."""
    venue = Gate()
    market = venue.infer_instrument("BTC_USDT", RECV_NS)
    assert market is not None
    venue.register([market])
    row = {"contract": "BTC_USDT", "id": 1, "price": "60000", "create_time": 1_789_456_334, "size": "here"}
    frame = json.dumps({"channel": "futures.trades", "event": "update", "result": [row]}).replace('"here"', size)
    with pytest.raises(DecodeError) as caught:
        venue.parse(frame.encode(), RECV_NS)
    assert caught.value.reason in ("bad_number", "bad_shape")
