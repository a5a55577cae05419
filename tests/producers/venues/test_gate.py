import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from producers.errors import DecodeError
from producers.venue import Control, Pong, Refusal
from producers.venues.gate import Gate
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import AdlState, BookDelta, BookSnapshot, DerivativeState, Insurance, Liquidation, Trade

RECV_NS = 1_789_456_335_000_000_000
T_MS = 1_789_456_334_981
CONTRACTS: list[dict[str, Any]] = [
    {"name": "BTC_USDT", "type": "direct", "quanto_multiplier": "0.0001", "order_price_round": "0.1"},
    {
        "name": "ETH_USDT",
        "type": "direct",
        "quanto_multiplier": "0.01",
        "order_price_round": "0.01",
        "status": "trading",
    },
    {"name": "BTC_USD", "type": "inverse", "quanto_multiplier": "0", "order_price_round": "0.1"},
    {"name": "ETH_USD", "type": "direct", "quanto_multiplier": "0.000001", "order_price_round": "0.05"},
    {"name": "OLD_USDT", "type": "direct", "quanto_multiplier": "1", "in_delisting": True},
    {"name": "NEW_USDT", "type": "direct", "quanto_multiplier": "1", "status": "prelaunch"},
]


def ready() -> tuple[Gate, dict[str, Instrument]]:
    """The venue with its market list."""
    venue = Gate()
    found = venue.parse_instruments(json.dumps(CONTRACTS).encode(), RECV_NS)
    venue.register(found)
    return venue, {one.symbol: one for one in found}


def said(venue: Gate, channel: str, result: Any, *, event: str = "update") -> list[Event | Control]:
    """What a frame is read as."""
    message = {"time": T_MS // 1000, "time_ms": T_MS, "channel": f"futures.{channel}", "event": event, "result": result}
    return list(venue.parse(json.dumps(message).encode(), RECV_NS))


def trade(**row: Any) -> dict[str, Any]:
    """A fill of one contract, with something else about it."""
    return {"contract": "BTC_USDT", "id": 7, "price": "60000", "size": 1, "create_time": T_MS // 1000, **row}


def test_the_market_list_says_what_a_contract_is_worth() -> None:
    """A wrong worth makes every dollar of the market wrong; a guessed one does so in silence."""
    _, markets = ready()
    assert {symbol: (one.contract, one.contract_value, one.tick_size) for symbol, one in markets.items()} == {
        "BTC_USDT": ("linear", 0.0001, 0.1),
        "ETH_USDT": ("linear", 0.01, 0.01),
        "BTC_USD": ("inverse", 1.0, 0.1),
        "ETH_USD": ("quanto", None, 0.05),  # settled in BTC until 2022
    }
    assert markets["BTC_USD"].instrument == "BTC-USD-PERP"
    assert [one.path for one in Gate().instruments_requests()] == [
        "/api/v4/futures/usdt/contracts",
        "/api/v4/futures/btc/contracts",
    ]


def test_names_tell_what_they_can_and_no_more() -> None:
    """Recordings without a market list are read by names alone."""
    venue = Gate()
    dated = venue.infer_instrument("BTC_USD_20220624", RECV_NS)
    linear = venue.infer_instrument("ETH_USDT", RECV_NS)
    assert dated is not None
    assert linear is not None
    assert (dated.instrument, dated.market, dated.contract_value) == ("BTC-USD-20220624", "future", 1.0)
    assert (linear.contract, linear.contract_value) == ("linear", None)
    assert venue.infer_instrument("BTCUSDT", RECV_NS) is None


def test_each_settlement_has_its_path_and_all_its_liquidations_once() -> None:
    """A market on the other path is acknowledged and never speaks; a liquidation heard twice counts double."""
    venue, markets = ready()
    dated = venue.infer_instrument("BTC_USDT_20261225", RECV_NS)
    assert dated is not None
    more = [one for n in range(60) if (one := venue.infer_instrument(f"C{n}_USDT", RECV_NS))]
    sockets = venue.sockets([*markets.values(), dated, *more])
    assert [(one.name, one.path) for one in sockets] == [
        ("usdt-0", "/v4/ws/usdt"), ("usdt-1", "/v4/ws/usdt"), ("btc-0", "/v4/ws/btc"),
    ]  # fmt: skip
    everywhere = [[json.loads(text)["channel"] for text in one.subscribe if "!all" in text] for one in sockets]
    assert everywhere == [["futures.public_liquidates", "futures.adl_warning"], [], everywhere[0]]
    assert not any("20261225" in text for one in sockets for text in one.subscribe)


def test_sizes_are_read_as_integers_and_as_exact_decimals() -> None:
    """Which of them is sent depends on a header of the handshake, and recordings hold both."""
    venue, _ = ready()
    for size, qty, taker in ((-108, 108.0, "sell"), ("108.5", 108.5, "buy"), ("-0.5", 0.5, "sell")):
        (event,) = said(venue, "trades", [trade(size=size)])
        assert isinstance(event, Trade)
        assert (event.qty, event.taker) == (qty, taker)
        assert event.notional_usd == pytest.approx(qty * 0.0001 * 60_000)
    assert said(venue, "trades", [trade(size=0)]) == []  # half a contract, cut off: its side went with it


def test_a_takeover_is_no_price() -> None:
    """Insurance fund and ADL take liquidations over at prices that no book had."""
    venue, _ = ready()
    inside, outside = said(venue, "trades", [trade(), trade(is_internal=True, price="51000")])
    assert isinstance(inside, Trade)
    assert isinstance(outside, Trade)
    assert (inside.print, outside.print) == ("market", "other")


def test_a_sold_liquidation_was_a_long() -> None:
    """The wrong side turns a crash into a squeeze."""
    venue, _ = ready()
    rows = [
        {"price": "60000", "size": "-1.5", "time": T_MS, "contract": "BTC_USDT"},
        {"price": "60000", "size": 300, "time": T_MS, "contract": "BTC_USD"},
        {"price": "1", "size": 300, "time": T_MS, "contract": "NOT_ASKED_FOR"},
        {"price": "60000", "size": 0, "time": T_MS, "contract": "BTC_USDT"},
    ]
    long, short = said(venue, "public_liquidates", rows)
    assert isinstance(long, Liquidation)
    assert isinstance(short, Liquidation)
    assert long.liquidated == "long"
    assert long.qty_base == pytest.approx(0.00015)
    assert long.notional_usd == pytest.approx(9.0)
    assert (short.liquidated, short.qty_base, short.notional_usd) == ("short", 0.005, 300.0)
    assert (long.price_kind, long.sampled) == ("order", False)


def test_liquidations_before_august_2026_are_a_sample() -> None:
    """One a second and contract was told: sums are lower bounds, and the times are in seconds."""
    venue, _ = ready()
    for time, sampled in ((1_787_183_999, True), (1_787_184_000_000, False)):
        (event,) = said(
            venue, "public_liquidates", [{"price": "60000", "size": 1, "time": time, "contract": "BTC_USDT"}]
        )
        assert isinstance(event, Liquidation)
        assert event.sampled is sampled
    (event,) = said(venue, "public_liquidates", [{"price": "1", "size": 1, "time_ms": T_MS, "contract": "BTC_USDT"}])
    assert event.ts_event_ns == T_MS * 10**6  # type: ignore[union-attr]


def test_ones_own_liquidations_have_the_sign_of_the_position() -> None:
    """The documentation's own example: bought at 209 and due at 213, it can only have been a short."""
    venue, _ = ready()
    row = {
        "entry_price": 209, "fill_price": 215.1, "left": -24, "liq_price": 213, "order_id": 4093362, "size": -124,
        "time": T_MS // 1000, "contract": "BTC_USD", "user": "1040",
    }  # fmt: skip
    (event,) = said(venue, "liquidates", [row])
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.notional_usd, event.price_kind) == ("short", 100.0, "fill")
    assert said(venue, "liquidates", [{**row, "left": -124}, {**row, "contract": "ETC_USD"}]) == []


def test_a_ticker_says_only_what_it_holds() -> None:
    """The open interest is missing in some, and what is missing has not become zero."""
    venue, _ = ready()
    (state,) = said(venue, "tickers", [{"contract": "BTC_USDT", "mark_price": "60000", "index_price": "", "t": T_MS}])
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.funding_rate, state.next_funding_ns) == (60_000.0, None, None, None)
    assert said(venue, "tickers", [{"contract": "BTC_USDT", "last": "60000", "quanto_base_rate": ""}]) == []
    (interest,) = said(venue, "tickers", [{"contract": "BTC_USDT", "total_size": "5"}])
    assert interest.notional_usd is None  # type: ignore[union-attr]


@pytest.mark.parametrize("state", ["warning", "adl_risk", "normal"])
def test_warnings_of_deleveraging_are_read_alone_and_in_lists(state: str) -> None:
    """The documentation shows an object with milliseconds, the wire was seen with a list and seconds."""
    venue, _ = ready()
    row = {"contract": "BTC_USDT", "settle": "usdt", "state": state, "update_time": T_MS}
    (alone,) = said(venue, "adl_warning", row, event="all")
    (listed,) = said(venue, "adl_warning", [{**row, "update_time": T_MS // 1000}, {**row, "contract": "X_USDT"}])
    assert isinstance(alone, AdlState)
    assert isinstance(listed, AdlState)
    assert alone.level == listed.level == {"warning": "elevated", "adl_risk": "imminent", "normal": "normal"}[state]
    assert alone.ts_event_ns // 10**9 == listed.ts_event_ns // 10**9


def test_books_of_2021_replace_and_change_without_ids() -> None:
    """A level that is gone is named without its side, so it goes from both."""
    venue, _ = ready()
    (whole,) = said(venue, "order_book", {"contract": "BTC_USD", "asks": [{"p": "2", "s": 7}], "bids": []}, event="all")
    (change,) = said(venue, "order_book", [{"p": "5", "s": -500, "c": "BTC_USD", "id": 1},
                                           {"p": "4", "s": 0, "c": "BTC_USD", "id": 2},
                                           {"p": "3", "s": 500, "c": "BTC_USD", "id": 3}])  # fmt: skip
    assert isinstance(whole, BookSnapshot)
    assert isinstance(change, BookDelta)
    assert (bytes(whole.asks), whole.last_id, change.last_id) == (b'[["2","7"]]', None, None)
    assert [(price, float(qty)) for price, qty in msgspec.json.decode(change.bids)] == [("4", 0.0), ("3", 500.0)]
    assert [(price, float(qty)) for price, qty in msgspec.json.decode(change.asks)] == [("5", 500.0), ("4", 0.0)]
    assert said(venue, "order_book", []) == []


def test_a_book_is_left_and_entered_again_when_it_is_lost() -> None:
    """A second subscription beside the first would be refused, and the book stay unknown."""
    venue, markets = ready()
    leave, enter = (json.loads(text) for text in venue.book_request(markets["BTC_USDT"]).frames)
    assert (leave["event"], enter["event"]) == ("unsubscribe", "subscribe")
    assert leave["payload"] == enter["payload"] == ["ob.BTC_USDT.400"]


def test_the_book_of_rest_is_read_with_its_id() -> None:
    """Recordings of `order_book_update` begin with it."""
    venue, markets = ready()
    body = {"current": T_MS / 1000, "id": 5, "asks": [{"s": "5116.8", "p": "2"}], "bids": [{"s": 3, "p": "1"}]}
    book = venue.parse_snapshot(json.dumps(body).encode(), markets["BTC_USDT"], RECV_NS)
    assert (book.last_id, bytes(book.asks), book.ts_event_ns) == (5, b'[["2","5116.8"]]', T_MS * 10**6)
    with pytest.raises(DecodeError):
        venue.parse_snapshot(b'[{"p":"1","s":1,"c":"BTC_USDT"}]', markets["BTC_USDT"], RECV_NS)


def test_an_upgrade_is_a_reason_to_open_another_connection_before_this_one_ends() -> None:
    """The venue says so a moment before it closes the connection."""
    venue, _ = ready()
    notice = {"type": "upgrade", "msg": "Please reconnect."}
    assert said(venue, "system", notice) == [Refusal("Please reconnect.", "replace")]
    assert said(venue, "system", {"type": "greeting"}) == []


def test_a_market_that_ceases_to_trade_is_told_once_and_so_is_its_return() -> None:
    """Repeated every minute it would bury everything else."""
    venue, _ = ready()
    told: list[Event] = []
    changes: list[dict[str, Any]] = [{}, {"in_delisting": True}, {"in_delisting": True}, {"status": "halt"}, {}]
    for change in changes:
        told += venue.parse_poll("contracts:usdt", json.dumps([CONTRACTS[0] | change]).encode(), RECV_NS)
    assert all(isinstance(event, VenueStatus) for event in told)
    assert [(event.state, event.reason) for event in told if isinstance(event, VenueStatus)] == [
        ("halted", "in delisting"),
        ("up", ""),
    ]


def test_the_funds_newest_balance_is_told() -> None:
    """Only that of the dollar contracts: the other is in BTC."""
    venue, markets = ready()
    assert [poll.name for poll in venue.polls(list(markets.values()))] == [
        "contracts:usdt", "contracts:btc", "insurance",
    ]  # fmt: skip
    assert [poll.name for poll in venue.polls([markets["BTC_USD"]])] == ["contracts:btc"]
    (event,) = venue.parse_poll("insurance", b'[{"t":1789430400,"b":"104000000.5"},{"t":1,"b":"1"}]', RECV_NS)
    assert isinstance(event, Insurance)
    assert (event.balance_usd, event.ts_event_ns) == (104_000_000.5, 1_789_430_400 * 10**9)
    assert venue.parse_poll("insurance", b"[]", RECV_NS) == []


@pytest.mark.parametrize("channel", ["trades", "tickers", "order_book", "public_liquidates", "adl_warning", "system"])
def test_broken_rows_are_decode_errors(channel: str) -> None:
    """Anything else ends the session, and with it every market on the socket."""
    venue, _ = ready()
    results: list[Any] = [None, 5, {}, [{}], [None], "x", [{"contract": 5}]]
    for result in results:
        with pytest.raises(DecodeError):
            said(venue, channel, result)
    for body in (b"", b"{}", b"[5]"):
        with pytest.raises(DecodeError):
            venue.parse_instruments(body, RECV_NS)
        with pytest.raises(DecodeError):
            venue.parse_poll("insurance", body, RECV_NS)


def test_the_market_list_of_2023_is_read(shared_data: Path) -> None:
    """A captured list: 302 contracts, one of them in delisting."""
    path = shared_data / "venue-frames" / "cryptofeed-sample" / "GATEIO_FUTURES.0.zst"
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        text = reader.read()
    found = Gate().parse_instruments(text.split(b"\n")[0].partition(b": ")[2], RECV_NS)
    assert len(found) == 301
    assert {one.contract for one in found} == {"linear"}
    assert all(one.contract_value and one.tick_size for one in found)


@pytest.mark.parametrize(
    "strange", [{"price": ""}, {"price": "0"}, {"size": "much"}, {"contract": "X_USDT", "price": "0"}, {"time": 5}]
)
def test_one_strange_liquidation_costs_no_other(strange: dict[str, Any]) -> None:
    """A batch tells of every market of the settlement, whoever asked for it."""
    venue, _ = ready()
    row = {"price": "60000", "size": "-1000", "time": T_MS, "contract": "BTC_USDT"}
    (event,) = said(venue, "public_liquidates", [row | strange, row])
    assert isinstance(event, Liquidation)
    assert event.notional_usd == pytest.approx(6_000.0)
    with pytest.raises(DecodeError):
        said(venue, "public_liquidates", [row | strange])


def test_one_strange_contract_does_not_hide_the_others() -> None:
    """The venue would stay away until somebody mends the parser."""
    venue = Gate()
    for strange in ({"quanto_multiplier": ""}, {"status": None}, {"in_delisting": None}, {"order_price_round": None}):
        rows = [CONTRACTS[0] | {"name": "NEW_USDT"} | strange, CONTRACTS[0]]
        assert [one.symbol for one in venue.parse_instruments(json.dumps(rows).encode(), RECV_NS)] == ["BTC_USDT"]
    with pytest.raises(DecodeError):
        venue.parse_instruments(json.dumps([CONTRACTS[0] | {"status": None}]).encode(), RECV_NS)


def test_a_warning_that_is_not_repeated_is_over_with_the_next_frame() -> None:
    """Its end is told once, and not to those who reconnect meanwhile."""
    venue, _ = ready()
    said(venue, "adl_warning", {"contract": "BTC_USDT", "settle": "usdt", "state": "warning", "update_time": T_MS})
    assert said(venue, "trades", []) == []
    pong, calm = venue.parse(b'{"channel":"futures.pong","event":"","result":null}', RECV_NS + 5 * 10**9)
    assert isinstance(calm, AdlState)
    assert (pong, calm.instrument, calm.level) == (Pong(), "BTC-USDT-PERP", "normal")
