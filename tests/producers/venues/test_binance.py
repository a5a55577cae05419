import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venue import Ack, Refusal, Venue
from producers.venues.registry import venue, venues_of
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, BookTop, Trade

RECV_NS = 1_760_130_964_871_000_000
TRADE = (
    b'{"e":"trade","E":1760130964833,"T":1760130964831,"s":"BTCUSDT","t":7,"p":"60000","q":"2","X":"MARKET","m":true}'
)
SWAPPED = b'{"s":"BTCUSDT","t":7,"p":"60000","q":"2","m":true,"T":1760130964831,"e":"trade"}'
MARK = b'{"e":"markPriceUpdate","E":1760130964831,"s":"%s","p":"60000","r":"0.0001","T":1760140800000}'


def knowing(venue_id: str, *symbols: str) -> Venue:
    """A venue that knows these markets."""
    made = venue(venue_id)
    for symbol in symbols:
        instrument = made.infer_instrument(symbol, 0)
        assert instrument is not None
        made.register([instrument])
    return made


@pytest.mark.parametrize(
    "frame",
    [
        TRADE,
        b'{"stream":"btcusdt@trade","data":' + TRADE + b"}",
        b'{"data":' + TRADE + b',"stream":"btcusdt@trade"}',
        b' {"stream": "btcusdt@trade", "data": ' + SWAPPED + b"}",
        SWAPPED,
    ],
)
@pytest.mark.parametrize("venue_id", ["binance-usdm", "binance-spot"])
def test_any_layout_of_a_frame_gives_the_same_event(venue_id: str, frame: bytes) -> None:
    """JSON promises no order of keys, and recordings are made in both layouts."""
    one = knowing(venue_id, "BTCUSDT")
    assert one.parse(frame, RECV_NS) == one.parse(TRADE, RECV_NS)
    assert len(one.parse(frame, RECV_NS)) == 1


@pytest.mark.parametrize(
    "frame",
    [
        b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT","a":1,"p":"1","q":"1"}}',
        b'{"e":"24hrTicker","s":"BTCUSDT"}',
        b'{"stream":"!ticker@arr","data":[{"e":"24hrTicker","s":"BTCUSDT"}]}',
        b'{"lastUpdateId":17044571457,"bids":[["1782.0","6.4"]],"asks":[]}',
        b"{}",
    ],
)
@pytest.mark.parametrize("one", venues_of("binance"), ids=lambda one: one.id)
def test_channels_that_are_not_ours_are_no_error(one: Venue, frame: bytes) -> None:
    """A venue that adds an event must not look broken."""
    assert list(one.parse(frame, RECV_NS)) == []


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (b'{"result":null,"id":1}', Ack()),
        (
            b'{"error":{"code":4,"msg":"Too many subscriptions"}}',
            Refusal("4: Too many subscriptions", "fatal"),
        ),
        (b'{"code":2,"msg":"Invalid request"}', Refusal("2: Invalid request", "fatal")),
        (b'{"code":-1003,"msg":"Too many requests","id":2}', Refusal("-1003: Too many requests", "reconnect")),
        (b'{"e":"serverShutdown","E":1770123456789}', Refusal("server shutdown announced", "replace")),
        (
            b'{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
            Refusal("server shutdown announced", "replace"),
        ),
    ],
)
@pytest.mark.parametrize("one", venues_of("binance"), ids=lambda one: one.id)
def test_answers_become_decisions(one: Venue, frame: bytes, answer: Ack | Refusal) -> None:
    """The session follows them without knowing the venue."""
    assert list(one.parse(frame, RECV_NS)) == [answer]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\x00\xff", "bad_json"),
        (b"Too many requests", "bad_json"),
        (TRADE[:-1], "bad_json"),
        (TRADE.replace(b'"q":"2"', b'"q":"-2"'), "bad_number"),
        (TRADE.replace(b'"p":"60000"', b'"p":"NaN"'), "bad_number"),
        (TRADE.replace(b'"p":"60000"', b'"p":1e999'), "bad_number"),
        (TRADE.replace(b'"m":true', b'"m":"yes"'), "bad_shape"),
        (TRADE.replace(b'"T":1760130964831', b'"T":1760130964'), "bad_time"),
        (TRADE.replace(b'"T":1760130964831', b'"T":1760130964831000'), "bad_time"),
        (TRADE.replace(b'"T":1760130964831', b'"T":4070908800000'), "bad_time"),
        (TRADE.replace(b"BTCUSDT", b"ETHUSDT"), "unknown_symbol"),
    ],
)
@pytest.mark.parametrize("venue_id", ["binance-usdm", "binance-spot"])
def test_a_defect_has_its_reason(venue_id: str, frame: bytes, reason: str) -> None:
    """A counter by reason is how an operator sees that a venue changed its wire."""
    with pytest.raises(DecodeError) as caught:
        knowing(venue_id, "BTCUSDT").parse(frame, RECV_NS)
    assert caught.value.reason == reason


@pytest.mark.parametrize(("sold", "taker"), [("true", "sell"), ("false", "buy")])
@pytest.mark.parametrize("venue_id", ["binance-usdm", "binance-spot"])
def test_the_taker_of_a_trade(venue_id: str, sold: str, taker: str) -> None:
    """`m` names the maker: read as the taker it inverts every flow."""
    frame = TRADE.replace(b'"m":true', f'"m":{sold}'.encode())
    (event,) = knowing(venue_id, "BTCUSDT").parse(frame, RECV_NS)
    assert isinstance(event, Trade)
    assert (event.taker, event.print, event.trade_id, event.notional_usd) == (taker, "market", 7, 120_000.0)


def test_a_pair_quoted_in_no_dollar_has_no_notional() -> None:
    """Bitcoin counted as dollars is a small number that is believed."""
    (event,) = knowing("binance-usdm", "ETHBTC").parse(TRADE.replace(b"BTCUSDT", b"ETHBTC"), RECV_NS)
    assert isinstance(event, Trade)
    assert event.notional_usd is None


def test_the_time_of_a_change_is_the_match_engines_where_it_is_told() -> None:
    """Push times lag in a crash; spot's books have no other."""
    book = b'{"e":"depthUpdate","E":1760130964840,%b"s":"BTCUSDT","U":1,"u":3,%b"b":[],"a":[]}'
    (change,) = knowing("binance-usdm", "BTCUSDT").parse(book % (b'"T":1760130964831,', b'"pu":0,'), RECV_NS)
    assert isinstance(change, BookDelta)
    assert (change.first_id, change.last_id, change.prev_id) == (1, 3, 0)
    assert change.ts_event_ns == 1_760_130_964_831_000_000
    (change,) = knowing("binance-spot", "BTCUSDT").parse(book % (b"", b""), RECV_NS)
    assert isinstance(change, BookDelta)
    assert change.ts_event_ns == 1_760_130_964_840_000_000


@pytest.mark.parametrize("stream", ["btcusdt@depth20", "btcusdt@depth5@100ms"])
def test_the_top_of_a_book_is_not_taken_for_a_change_of_it(stream: str) -> None:
    """Recordings of others hold such streams: read as changes they build a book that never loses a level."""
    book = b'{"stream":"%b","data":{"e":"depthUpdate","E":1760130964840,"T":1760130964831,"s":"BTCUSDT","U":1,"u":3,'
    rest = b'"pu":0,"b":[["1","2"]],"a":[]}}'
    one = knowing("binance-usdm", "BTCUSDT")
    assert list(one.parse(book % stream.encode() + rest, RECV_NS)) == []
    assert len(one.parse(book % b"btcusdt@depth@100ms" + rest, RECV_NS)) == 1


def test_a_side_without_orders_is_none() -> None:
    """A bid of zero would be a spread of 200 %."""
    ticker = b'{"u":5,"s":"BTCUSDT","b":"0.0","B":"0.0","a":"3","A":"4"}'
    (event,) = knowing("binance-spot", "BTCUSDT").parse(ticker, RECV_NS)
    assert isinstance(event, BookTop)
    assert (event.bid, event.bid_qty, event.ask, event.ask_qty) == (None, None, 3.0, 4.0)


def test_rows_of_the_sibling_in_a_merged_stream_are_passed_over() -> None:
    """Since 2026-06-30 all-market streams carry both futures venues: counted twice, a cascade is twice its size."""
    usdm = knowing("binance-usdm", "BTCUSDT")
    coinm = knowing("binance-coinm", "BTCUSD_PERP")
    order = (
        b'{"e":"forceOrder","E":1760130964831,"o":{"s":"%s","S":"SELL","p":"9","ap":"10","z":"3","T":1760130964831}}'
    )
    assert len(usdm.parse(order % b"BTCUSDT", RECV_NS)) == 1
    assert list(usdm.parse(order % b"BTCUSD_PERP", RECV_NS)) == []
    assert len(coinm.parse(order % b"BTCUSD_PERP", RECV_NS)) == 1
    assert list(coinm.parse(order % b"BTCUSDT", RECV_NS)) == []
    with pytest.raises(DecodeError, match="unknown_symbol"):
        usdm.parse(order % b"ETHUSDT", RECV_NS)


def test_arrays_of_marks_give_the_known_markets() -> None:
    """A pair's stream of marks comes as an array with every contract of the pair."""
    coinm = knowing("binance-coinm", "BTCUSD_PERP")
    rows = b"[" + MARK % b"BTCUSD_PERP" + b"," + MARK % b"BTCUSD_261225" + b"]"
    for frame in (rows, b'{"stream":"btcusd@markPrice","data":' + rows + b"}"):
        (event,) = coinm.parse(frame, RECV_NS)
        assert isinstance(event, Event)
        assert event.instrument == "BTC-USD-PERP"
    for bad, reason in ((rows[:-1], "bad_json"), (rows.replace(b'"p":"60000"', b'"p":"-6"'), "bad_number")):
        with pytest.raises(DecodeError, match=reason):
            coinm.parse(bad, RECV_NS)


def test_subscriptions_stay_below_the_limits() -> None:
    """One stream too many loses a socket with all that is on it."""
    for one in venues_of("binance"):
        symbols = [f"C{n}USD_PERP" if one.id == "binance-coinm" else f"C{n}USDT" for n in range(700)]
        instruments = [found for symbol in symbols if (found := one.infer_instrument(symbol, 0))]
        sockets = one.sockets(instruments)
        assert len({socket.name for socket in sockets}) == len(sockets)
        for socket in sockets:
            assert socket.expect_acks == len(socket.subscribe)
            sizes = [len(json.loads(frame)["params"]) for frame in socket.subscribe]
            assert max(sizes) <= 200
            assert sum(sizes) <= (200 if one.id == "binance-coinm" else 1024)
        text = "".join(frame for socket in sockets for frame in socket.subscribe)
        assert all(f'"{symbol.lower()}@trade"' in text for symbol in symbols)
        assert one.sockets([]) == []


RECORDINGS = {
    "usdm_btcusdt_20230404.dat.gz": ("binance-usdm", "BTCUSDT"),
    "usdm_btcusdt_20230405.dat.gz": ("binance-usdm", "BTCUSDT"),
    "usdm_btcusdt_20240808.gz": ("binance-usdm", "BTCUSDT"),
    "usdm_ethusdt_20240808.gz": ("binance-usdm", "ETHUSDT"),
    "cm_btcusd_perp_20240808.gz": ("binance-coinm", "BTCUSD_PERP"),
    "spot_btcusdt_20240808.gz": ("binance-spot", "BTCUSDT"),
}
WITHOUT_SNAPSHOT = "usdm_btcusdt_20230405.dat.gz"


def recorded(path: Path) -> Iterator[tuple[int, bytes]]:
    """Receive time in ns and raw frame of each line; the files of 2023 count microseconds."""
    with gzip.open(path) as lines:
        for line in lines:
            time, raw = line.rstrip().split(b" ", 1)
            yield int(time) * (1000 if len(time) == 16 else 1), raw


def counted(raw: bytes) -> str:
    """What a raw line is, told without our parser."""
    for word, name in (
        (b'"lastUpdateId"', "BookSnapshot"),
        (b'"depthUpdate"', "BookDelta"),
        (b'"e":"trade"', "Trade"),
        (b'"markPriceUpdate"', "DerivativeState"),
    ):
        if word in raw:
            return name
    return "BookTop"


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_frame_of_a_recording_is_read_and_no_book_has_a_gap(name: str, shared_data: Path) -> None:
    """Hours of real frames, each of them accounted for: the wire is as we think it is."""
    path = shared_data / "binance-raw" / name
    if not path.exists():
        pytest.skip(f"{name} is not among the recordings")
    venue_id, symbol = RECORDINGS[name]
    one = knowing(venue_id, symbol)
    instrument = one.infer_instrument(symbol, 0)
    assert isinstance(instrument, Instrument)
    syncs = BookSyncs(venue=one.id, sequencing=one.sequencing, accept_unanchored=name == WITHOUT_SNAPSHOT)
    lines: Counter[str] = Counter()
    parsed: Counter[str] = Counter()
    published: Counter[str] = Counter()
    for recv_ns, raw in recorded(path):
        lines[counted(raw)] += 1
        if raw.startswith(b'{"lastUpdateId"'):
            events: list[Event] = [one.parse_snapshot(raw, instrument, recv_ns)]
        else:
            events = [event for event in one.parse(raw, recv_ns) if isinstance(event, Event)]
        parsed.update(type(event).__name__ for event in events)
        published.update(type(event).__name__ for event in syncs.feed(events))
    assert parsed.pop("Insurance", 0) == (1 if name == WITHOUT_SNAPSHOT else 0)
    assert parsed == lines
    assert published["Gap"] == 0
    assert published["BookSnapshot"] == lines["BookSnapshot"]
    # Only what precedes the snapshot may be missing.
    assert lines["BookDelta"] - published["BookDelta"] <= 30


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_recognised_by_its_own_venue_alone(name: str, shared_data: Path) -> None:
    """USD-M and spot share their symbols; taken for the other, a recording's books never sync."""
    path = shared_data / "binance-raw" / name
    venue_id, symbol = RECORDINGS[name]
    frames = [raw for _, (_, raw) in zip(range(500), recorded(path), strict=False) if counted(raw) != "BookSnapshot"]
    for one in venues_of("all"):
        assert {one.symbol_of(raw) for raw in frames} == ({symbol} if one.id == venue_id else {None})


def test_collected_messages_are_events_or_none_of_our_business(
    sample_messages: Callable[[str], list[dict[str, Any]]],
) -> None:
    """Messages of 2021-2022 of every kind: what we read gives events, the rest nothing, and none an error."""
    by_market = {"spot": "binance-spot", "linear": "binance-usdm", "inverse": "binance-coinm"}
    read: Counter[str] = Counter()
    for row in sample_messages("crypto-msg-parser/messages.jsonl"):
        venue_id = by_market.get(row["market"].split("_")[0])
        if row["exchange"] != "binance" or venue_id is None:
            continue
        raw = row["raw"].encode()
        one = venue(venue_id)
        symbol = one.symbol_of(raw)
        if symbol is not None:
            one = knowing(venue_id, symbol)
        read.update(type(event).__name__ for event in one.parse(raw, 1_700_000_000_000_000_000))
    assert read["BookDelta"] == 5
    assert read["BookTop"] >= 5
    assert read["DerivativeState"] >= 2
    assert set(read) == {"BookDelta", "BookTop", "DerivativeState"}


HALF_MINUTES = {"BINANCE_FUTURES": "binance-usdm", "BINANCE_DELIVERY": "binance-coinm", "BINANCE": "binance-spot"}


def lines_of(path: Path) -> Iterator[tuple[str, int, bytes]]:
    """What was asked for, receive time in ns and answer of each line; frames were not asked for."""
    text = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).readall()
    for line in text.splitlines():
        head, _, raw = line.partition(b": ")
        asked, _, at_s = head.decode().rpartition(" -> ")
        if raw and at_s.replace(".", "").isdigit():
            yield asked, int(float(at_s) * 1e9), raw


def half_minute(folder: Path, name: str) -> tuple[Venue, list[list[Event]]]:
    """A venue that has read its market list of that time, and the events of each frame and whole book in order."""
    one = venue(HALF_MINUTES[name])
    _, recv_ns, listed = next(lines_of(folder / f"{name}.0.zst"))
    known = {instrument.symbol: instrument for instrument in one.parse_instruments(listed, recv_ns)}
    one.register(list(known.values()))
    answers: list[tuple[int, list[Event]]] = [
        (recv_ns, [one.parse_snapshot(raw, known[asked.partition("symbol=")[2].partition("&")[0]], recv_ns)])
        for asked, recv_ns, raw in lines_of(folder / f"{name}.http.0.0.zst")
    ]
    frames = [
        (recv_ns, [event for event in one.parse(raw, recv_ns) if isinstance(event, Event)])
        for _, recv_ns, raw in lines_of(folder / f"{name}.ws.1.0.zst")
    ]
    return one, [events for _, events in sorted([*answers, *frames], key=lambda moment: moment[0])]


@pytest.mark.parametrize("name", HALF_MINUTES)
def test_every_market_of_a_recording_gets_its_book_and_none_a_false_gap(name: str, shared_data: Path) -> None:
    """The venue's own market list, whole books and changes, of another recorder."""
    one, moments = half_minute(shared_data / "venue-frames" / "cryptofeed-sample", name)
    syncs = BookSyncs(venue=one.id, sequencing=one.sequencing)
    out = [event for events in moments for event in syncs.feed(events)]
    wanted = {event.instrument for events in moments for event in events if isinstance(event, BookSnapshot)}
    assert len(wanted) == {"BINANCE": 4, "BINANCE_DELIVERY": 10, "BINANCE_FUTURES": 4}[name]
    assert {event.instrument for event in out if isinstance(event, BookSnapshot)} == wanted
    assert not [event for event in out if isinstance(event, Gap)]


@pytest.mark.parametrize("name", HALF_MINUTES)
def test_one_change_left_out_is_one_gap_until_a_whole_book_comes(name: str, shared_data: Path) -> None:
    """Nothing is built upon the hole: wrong depth is worse than none."""
    one, moments = half_minute(shared_data / "venue-frames" / "cryptofeed-sample", name)
    changes = [(place, event) for place, events in enumerate(moments) for event in events if type(event) is BookDelta]
    busiest, _ = Counter(event.instrument for _, event in changes).most_common(1)[0]
    places = [place for place, event in changes if event.instrument == busiest]
    hole = places[len(places) * 3 // 4]
    syncs = BookSyncs(venue=one.id, sequencing=one.sequencing)
    out = [event for place, events in enumerate(moments) if place != hole for event in syncs.feed(events)]
    (gap,) = [event for event in out if isinstance(event, Gap)]
    assert gap.instrument == busiest
    books = [
        event for event in out if event.instrument == busiest and isinstance(event, BookDelta | BookSnapshot | Gap)
    ]
    assert books[-1] is gap
