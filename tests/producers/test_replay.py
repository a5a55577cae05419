"""Replays: every frame of the real recordings is read, nothing is lost unsaid, and bad input is counted."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from producers.bundled import CALM_SECONDS
from producers.errors import RecordingError
from producers.record import Recorder
from producers.recording import Recording, recogniser
from producers.replay import Replay
from producers.venue import Venue
from producers.venues.binance_coinm import BinanceCoinm
from producers.venues.binance_spot import BinanceSpot
from producers.venues.binance_usdm import BinanceUsdm
from producers.venues.hyperliquid import Hyperliquid
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Trade

NS = 1_723_161_255_030_314_667
MS = NS // 10**6
RECORDINGS = (
    "cm_btcusd_perp_20240808.gz",
    "hyperliquid_btcusd_20250126.gz",
    "spot_btcusdt_20240808.gz",
    "usdm_btcusdt_20230404.dat.gz",
    "usdm_btcusdt_20230405.dat.gz",
    "usdm_btcusdt_20240808.gz",
    "usdm_ethusdt_20240808.gz",
)
KINDS = {
    b"depth": "book_delta",
    b"bookTicker": "book_top",
    b"trade": "trade",
    b"markPrice": "derivative_state",
    b"l2Book": "book_snapshot",
}


def venues() -> list[Venue]:
    """Fresh objects: they learn the markets of what they read."""
    return [BinanceUsdm(), BinanceCoinm(), BinanceSpot(), Hyperliquid()]


def trade(price: str = "61800.30", *, time_ms: int = MS, symbol: str = "BTCUSDT", kind: str = "MARKET") -> bytes:
    """A USD-M trade as the venue writes it."""
    data = (
        f'"e":"trade","E":{time_ms},"T":{time_ms},"s":"{symbol}","t":1,"p":"{price}","q":"0.006","X":"{kind}","m":false'
    )
    return f'{{"stream":"{symbol.lower()}@trade","data":{{{data}}}}}'.encode()


def written(path: Path, *frames: bytes) -> Path:
    """A plain recording, a microsecond between its frames."""
    path.write_bytes(b"".join(b"%d %b\n" % (NS + number * 1000, frame) for number, frame in enumerate(frames)))
    return path


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recorded_frame_is_an_event_of_its_channel_and_no_book_has_a_gap(shared_data: Path, name: str) -> None:
    """The counts equal those of a text search in the file, which knows nothing of our parsers."""
    path = shared_data / "binance-raw" / name
    text = gzip.decompress(path.read_bytes())
    expected: Counter[str] = Counter()
    for channel in re.findall(rb'^\d+ \{"stream":"[^@"]+@([a-zA-Z]+)', text, re.MULTILINE):
        expected[KINDS[channel]] += 1
    expected["book_snapshot"] += len(re.findall(rb'"lastUpdateId"|"channel":"l2Book"', text))
    expected["trade"] += text.count(b'"tid":')
    expected["insurance"] = text.count(b'"X":"INSURANCE_FUND"')

    replay = Replay([path], venues=venues())
    batches = list(replay)
    (tally,) = replay.tallies
    assert tally.parsed == +expected
    assert (tally.decode_errors, tally.unknown_frames, tally.skipped, tally.warnings) == ({}, 0, {}, [])
    assert tally.lines == tally.frames + tally.answers == text.count(b"\n")
    assert tally.gaps == {}
    assert sum(len(batch) for batch in batches) == sum(tally.published.values()) + len(replay.instruments)
    withheld = expected["book_delta"] - tally.published["book_delta"]
    assert 0 <= withheld < 50, "only deltas that the first snapshot holds already are dropped"


def test_markets_come_first_with_their_sizes(shared_data: Path) -> None:
    """A notional needs the contract value before the first trade."""
    path = shared_data / "binance-raw" / "cm_btcusd_perp_20240808.gz"
    first = next(iter(Replay([path], venues=venues())))[0]
    assert isinstance(first, Instrument)
    assert (first.instrument, first.contract, first.contract_value) == ("BTC-USD-PERP", "inverse", 100.0)


def test_several_recordings_are_one_stream_by_receive_time() -> None:
    """The bundled venues play together, as they would be received."""
    events = [event for batch in Replay(CALM_SECONDS, venues=venues()) for event in batch]
    market = [event for event in events if not isinstance(event, Instrument)]
    assert events[: len(events) - len(market)] == [event for event in events if isinstance(event, Instrument)]
    assert {event.venue for event in market} == {"binance-usdm", "binance-coinm", "binance-spot"}
    times = [event.ts_recv_ns for event in market if event.__struct_config__.tag in ("trade", "book_top")]
    assert times == sorted(times)


def test_batches_of_any_size_hold_the_same_events() -> None:
    """How events are handed over must not change an alert."""

    def replayed(batch_events: int) -> list[bytes]:
        path = CALM_SECONDS[1]
        batches = Replay([path], venues=venues(), batch_events=batch_events)
        return [msgspec.json.encode(event) for batch in batches for event in batch]

    assert replayed(1) == replayed(10_000)


def test_progress_grows_to_one() -> None:
    """A person who waits sees how far it is."""
    replay = Replay(CALM_SECONDS[1:], venues=venues())
    seen = [replay.progress() for _ in replay]
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert 0 < seen[0] < 1
    assert seen[-1] == 1


def test_bad_frames_are_counted_by_reason_and_the_stream_goes_on(tmp_path: Path) -> None:
    """Junk on the wire costs the junk: prices stay what they were."""
    good = trade()
    path = written(
        tmp_path / "bad",
        good,
        b'{"stream":"btcusdt@trade","data":{"e":"tra',
        trade("NaN"),
        trade("1e999"),
        trade("-5"),
        trade(time_ms=MS * 1000),
        trade(symbol="???"),
        b'{"stream":"btcusdt@kline","data":{"e":"kline","s":"BTCUSDT"}}',
        b'{"result":null,"id":1}',
        trade("61900.00", kind="INSURANCE_FUND"),
        good,
    )
    replay = Replay([path], venues=venues())
    trades = [event for batch in replay for event in batch if isinstance(event, Trade)]
    (tally,) = replay.tallies
    assert [event.price for event in trades if event.print == "market"] == [61800.3, 61800.3]
    assert tally.decode_errors.total() == 6
    assert tally.decode_errors["unknown_symbol"] == 1
    assert tally.decode_errors["bad_time"] == 1
    assert tally.decode_errors["bad_json"] == 1
    assert tally.unknown_frames == 2
    assert tally.frames == 11


def test_a_market_that_appears_late_is_announced_before_its_first_event(tmp_path: Path) -> None:
    """Recordings without a header may hold a market that traded only once."""
    path = written(tmp_path / "late", *[trade()] * 600, trade(symbol="ETHUSDT"))
    events = [event for batch in Replay([path], venues=venues()) for event in batch]
    assert isinstance(events[-2], Instrument)
    assert events[-2].instrument == events[-1].instrument == "ETH-USDT-PERP"


def test_a_header_is_the_last_word_on_which_markets_there_are(tmp_path: Path) -> None:
    """In our own recordings a market without a definition has no known size, so its frames are refused."""
    path = tmp_path / "ours.zst"
    instrument = BinanceUsdm().infer_instrument("BTCUSDT", NS)
    assert instrument is not None
    with Recorder(path, venue_id="binance-usdm", instruments=[instrument]) as recorder:
        recorder.frame(NS, trade())
        recorder.frame(NS, trade(symbol="ETHUSDT"))
        recorder.answer(NS, "book", b'{"lastUpdateId":1,"bids":[],"asks":[]}', "ETHUSDT")
    replay = Replay([path], venues=venues())
    events: list[Event] = [event for batch in replay for event in batch]
    assert [type(event) for event in events] == [Instrument, Trade]
    assert replay.tallies[0].decode_errors == {"unknown_symbol": 2}


def test_a_broken_chain_in_a_recording_is_a_gap(tmp_path: Path) -> None:
    """A recording with a hole must not give a book that looks whole."""
    recording = Recording(CALM_SECONDS[2], recognise=recogniser([]))
    frames = [frame for frame in recording if b"@depth" in frame.raw or frame.raw.startswith(b'{"rest"')]
    assert recording.header is not None
    path = tmp_path / "hole.zst"
    with Recorder(path, venue_id="binance-spot", instruments=recording.header.instruments) as recorder:
        for number, frame in enumerate(frames):
            if number != 300:
                recorder.frame(frame.recv_ns, frame.raw)
    replay = Replay([path], venues=venues())
    for _ in replay:
        pass
    assert replay.tallies[0].gaps == {"BTC-USDT-SPOT": 1}


def test_a_file_that_is_no_recording_is_refused_before_anything_is_replayed(tmp_path: Path) -> None:
    """A typing error in the third of three files shows at once, not after a minute."""
    path = tmp_path / "notes.txt"
    path.write_text("shopping list\n")
    with pytest.raises(RecordingError, match="not a recording"):
        Replay([CALM_SECONDS[0], path], venues=venues())
