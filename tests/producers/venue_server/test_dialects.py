"""Which venue a recorded frame comes from, by the server's own eyes."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.recording import Recording
from producers.venue_server.dialects import dialects, recognise
from producers.venues.registry import VENUES


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"data":{"e":"depthUpdate","s":"BTCUSDT","pu":1}}', ("binance-usdm", "BTCUSDT")),
        (b'{"data":{"e":"depthUpdate","s":"BTCUSDT","U":1}}', ("binance-spot", "BTCUSDT")),
        (b'{"data":{"e":"trade","s":"BTCUSDT","M":true}}', ("binance-spot", "BTCUSDT")),
        (b'{"data":{"e":"trade","s":"BTCUSDT","X":"MARKET"}}', ("binance-usdm", "BTCUSDT")),
        (b'{"e":"trade","s":"BTCUSD_PERP"}', ("binance-coinm", "BTCUSD_PERP")),
        (b'{"e":"forceOrder","o":{"s":"ETHUSDT"}}', ("binance-usdm", "ETHUSDT")),
        (b'{"u":1,"s":"BTCUSDT","b":"1","B":"1","a":"1","A":"1"}', ("binance-spot", "BTCUSDT")),
        (b'{"channel":"trades","data":[{"coin":"BTC"}]}', ("hyperliquid", "BTC")),
        (b'{"channel":"userFills","data":{"user":"0x1"}}', None),
        (b'{"e":"kline","s":"BTCUSDT"}', None),
        (b'{"data":[]}', None),
        (b"[]", None),
        (b"junk", None),
    ],
)
def test_frames_are_recognised_by_what_only_their_venue_writes(raw: bytes, found: tuple[str, str] | None) -> None:
    """A recording without a header is served under the right venue."""
    assert recognise(raw) == found


def test_the_real_recordings_are_recognised(shared_data: Path) -> None:
    """File names play no part."""
    venues = {
        path.name.partition("_")[0]: Recording(path, recognise=recognise).venue_id
        for path in (shared_data / "binance-raw").glob("*.gz")
    }
    assert venues == {
        "usdm": "binance-usdm", "cm": "binance-coinm", "spot": "binance-spot", "hyperliquid": "hyperliquid"
    }  # fmt: skip


def test_every_venue_of_the_producers_has_a_dialect() -> None:
    """What can be produced can be tested against the server."""
    assert all(dialect.venue_id == venue_id for venue_id, dialect in dialects().items())
    assert set(dialects()) == set(VENUES)
