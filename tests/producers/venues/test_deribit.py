from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from producers.errors import DecodeError
from producers.venue import Ack, Control, Pong, Refusal, Reply, Resubscribe
from producers.venues.deribit import PING, Deribit
from schemas.base import Event
from schemas.health import VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, OpenInterest, PriceBand, Trade

MS = 1_790_000_000_000
RECV_NS = (MS + 50) * 10**6
INVERSE, LINEAR, SPOT = "BTC-PERPETUAL", "BTC_USDC-PERPETUAL", "BTC_USDC"


def knowing(*symbols: str) -> Deribit:
    """A venue that knows these markets."""
    one = Deribit()
    one.register([found for symbol in symbols if (found := one.infer_instrument(symbol, RECV_NS))])
    return one


def note(channel: str, data: object) -> bytes:
    """A notification."""
    return orjson.dumps({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})


def row(symbol: str = INVERSE, /, **more: object) -> dict[str, Any]:
    """A trade."""
    said = {"trade_seq": 7, "trade_id": "66460463", "timestamp": MS, "price": 50_000.0, "amount": 1000.0}
    return {**said, "instrument_name": symbol, "direction": "sell", **more}


def trades(*rows: dict[str, Any]) -> bytes:
    """A message of the first row's channel."""
    return note(f"trades.{rows[0]['instrument_name']}.100ms", rows)


def ticker(symbol: str = INVERSE, /, **more: object) -> bytes:
    """A ticker with little in it."""
    return note(f"ticker.{symbol}.100ms", {"timestamp": MS, "state": "open", "instrument_name": symbol, **more})


def book(kind: str, **more: object) -> bytes:
    """A message of a book."""
    data = {"type": kind, "timestamp": MS, "instrument_name": INVERSE, "change_id": 12, "bids": [], "asks": [], **more}
    return note(f"book.{INVERSE}.100ms", data)


def only(said: object) -> Event | Control:
    """The one thing that was said."""
    assert isinstance(said, list | tuple)
    (one,) = said
    return one  # type: ignore[no-any-return]


def listed(name: str, kind: str = "future", **more: object) -> dict[str, Any]:
    """A row of the list of markets."""
    return {"instrument_name": name, "kind": kind, "tick_size": 0.5, "contract_size": 10.0, "is_active": True, **more}


def test_lots_are_one_whatever_the_list_calls_the_size_of_a_contract() -> None:
    """`amount` counts dollars or coins: ten of them to a contract would make every notional ten times too large."""
    rows = [listed(INVERSE), listed(LINEAR, contract_size=0.001), listed(SPOT, "spot"), listed("BTC-25DEC26")]
    found = Deribit().parse_instruments(orjson.dumps({"jsonrpc": "2.0", "result": rows}), RECV_NS)
    assert [(one.instrument, one.contract, one.contract_value, one.tick_size) for one in found] == [
        ("BTC-USD-PERP", "inverse", 1.0, 0.5),
        ("BTC-USDC-PERP", "linear", 1.0, 0.5),
        ("BTC-USDC-SPOT", "spot", 1.0, 0.5),
        ("BTC-USD-20261225", "inverse", 1.0, 0.5),
    ]


def test_options_combinations_and_what_is_not_active_are_not_followed() -> None:
    """Their prices are no prices of the coin."""
    rows = [
        listed("BTC-25DEC26-100000-C", "option"),
        listed("BTC-FS-25DEC26_PERP", "future_combo"),
        listed("ETH-PERPETUAL", is_active=False),
    ]
    assert Deribit().parse_instruments(orjson.dumps({"result": rows}), RECV_NS) == []
    with pytest.raises(DecodeError, match="bad_shape"):
        Deribit().parse_instruments(b'{"error":{"code":10028}}', RECV_NS)


def test_one_odd_market_costs_no_other() -> None:
    """The list is of all markets, also of those that nobody follows."""
    rows = [listed("X_USDC", "spot", tick_size=-1, is_active=False), listed(INVERSE, tick_size=0), {"kind": "future"}]
    (found,) = Deribit().parse_instruments(orjson.dumps({"result": rows}), RECV_NS)
    assert (found.symbol, found.tick_size) == (INVERSE, None)
    with pytest.raises(DecodeError, match="bad_shape"):
        Deribit().parse_instruments(orjson.dumps({"result": rows[2:]}), RECV_NS)


def test_one_odd_trade_costs_no_other() -> None:
    """A hundred milliseconds of a crash are one message."""
    odd = [row(liquidation="none"), row(price=-1), row(timestamp=0), row("ETH-PERPETUAL")]
    told = knowing(INVERSE).parse(trades(row(liquidation="T"), *odd, row(trade_seq=8)), RECV_NS)
    assert [type(event) for event in told] == [Trade, Liquidation, Trade]
    with pytest.raises(DecodeError, match="bad_shape"):
        knowing(INVERSE).parse(trades(*odd), RECV_NS)


@pytest.mark.parametrize(
    "name", ["", "BTC", "BTC_", "_USDC", "BTC-", "BTC-27DEC24-100000-C", "BTC-FS-22MAY26_PERP", "BTC-27DEX24"]
)
def test_other_names_name_no_market(name: str) -> None:
    """A guessed market has a guessed unit."""
    assert Deribit().infer_instrument(name, RECV_NS) is None


def test_recorded_lists_say_the_same_as_the_names(shared_data: Path) -> None:
    """The names alone decide here which coin is priced, and whether a lot is a dollar."""
    packed = (shared_data / "venue-frames/cryptofeed-sample/DERIBIT.0.zst").read_bytes()
    compared = 0
    for line in zstandard.ZstdDecompressor().stream_reader(packed).readall().splitlines():
        body = line.partition(b" -> ")[2].partition(b": ")[2]
        if not body:
            continue
        rows = {one["instrument_name"]: one for one in orjson.loads(body)["result"] if one["kind"] == "future"}
        found = Deribit().parse_instruments(body, RECV_NS)
        assert {one.symbol for one in found} == rows.keys()
        for one in found:
            told = rows[one.symbol]
            assert (one.base, one.quote) == (told["base_currency"], told["quote_currency"])
            assert (one.contract == "linear") == (told.get("future_type") == "linear")
            compared += 1
    assert compared == 37


def test_five_hundred_markets_keep_to_the_limits() -> None:
    """32 connections an address and 500 channels a call: above them the venue refuses."""
    one = Deribit()
    markets = [found for n in range(500) if (found := one.infer_instrument(f"C{n}_USDC-PERPETUAL", RECV_NS))]
    sockets = one.sockets(markets)
    assert len(sockets) == 4
    homes: dict[str, set[str]] = {}
    numbers = []
    for socket in sockets:
        assert socket.expect_acks == len(socket.subscribe)
        for said in map(json.loads, socket.subscribe):
            numbers.append(said["id"])
            assert len(said["params"]["channels"]) <= 500
            for channel in said["params"]["channels"]:
                homes.setdefault(channel.partition(".")[2], set()).add(socket.name)
    assert len(numbers) == len(set(numbers))
    assert all(len(homes[f"{market.symbol}.100ms"]) == 1 for market in markets)
    assert one.sockets([]) == []


def test_a_channel_that_the_answer_leaves_out_was_refused() -> None:
    """The venue says no word about it: the market would be silent, and nobody would notice."""
    one = knowing(INVERSE)
    (said,) = one.sockets([market for market in [one.infer_instrument(INVERSE, RECV_NS)] if market])[0].subscribe
    asked = json.loads(said)
    channels = asked["params"]["channels"]
    answer = {"jsonrpc": "2.0", "id": asked["id"], "result": channels}
    assert list(one.parse(orjson.dumps(answer), RECV_NS)) == [Ack()]
    few = one.parse(orjson.dumps(answer | {"result": channels[1:]}), RECV_NS)
    assert list(few) == [Ack(), Refusal(f"not subscribed: {channels[0]}", "ignore")]
    none = one.parse(orjson.dumps(answer | {"result": []}), RECV_NS)
    assert [type(control) for control in none] == [Refusal]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"jsonrpc":"2.0","id":1,"result":{"version":"1.2.26"}}', Pong()),
        (b'{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}', Reply(PING)),
        (b'{"id":1,"error":{"code":10028,"message":"too many"}}', Refusal("10028 too many", "resubscribe")),
        (b'{"id":1,"error":{"code":11050,"message":"bad_request"}}', Refusal("11050 bad_request", "reconnect")),
        (b'{"id":1,"error":{"code":13778,"message":"raw"}}', Refusal("13778 raw", "fatal")),
    ],
)  # fmt: skip
def test_answers_and_questions_are_controls(raw: bytes, said: Control) -> None:
    """Whoever does not answer a test request is cut."""
    assert list(Deribit().parse(raw, RECV_NS)) == [said]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}',
        b'{"jsonrpc":"2.0","id":4,"result":"ok"}',
        b'{"jsonrpc":"2.0","result":[{"instrument_name":"BTC-PERPETUAL"}]}',
        note("book.BTC-PERPETUAL.none.20.100ms", {"bids": [[1.0, 2.0]]}),
        note("quote.BTC-PERPETUAL", {}),
        note("deribit_price_index.btc_usd", {}),
        b'{"e":"trade","s":"BTCUSDT"}',
    ],
)
def test_what_is_not_read_is_nothing(raw: bytes) -> None:
    """A channel that others may have subscribed to in a recording is no error."""
    assert list(knowing(INVERSE).parse(raw, RECV_NS)) == []


@pytest.mark.parametrize(
    ("flag", "direction", "sides"),
    [
        ("T", "sell", ["long"]),
        ("T", "buy", ["short"]),
        ("M", "sell", ["short"]),
        ("M", "buy", ["long"]),
        ("MT", "sell", ["short", "long"]),
        ("MT", "buy", ["long", "short"]),
    ],
)
def test_the_flag_tells_whose_position_was_closed(flag: str, direction: str, sides: list[str]) -> None:
    """The taker sold out of a long; a maker who sold was hit by a buyer."""
    said = knowing(INVERSE).parse(trades(row(liquidation=flag, direction=direction)), RECV_NS)
    trade, *closed = said
    assert isinstance(trade, Trade)
    assert (trade.taker, trade.print) == (direction, "market")
    assert [one.liquidated for one in closed if isinstance(one, Liquidation)] == sides
    for one in closed:
        assert isinstance(one, Liquidation)
        assert (one.qty_base, one.notional_usd, one.price_kind, one.sampled) == (0.02, 1000.0, "fill", False)


@pytest.mark.parametrize("mark", [{"block_trade_id": "B-1"}, {"block_rfq_id": 5}, {"combo_trade_id": "43"}])
def test_what_was_agreed_upon_elsewhere_never_moves_a_price(mark: dict[str, object]) -> None:
    """A block of a hundred million a percent away from the book is no crash."""
    trade = only(knowing(INVERSE).parse(trades(row(**mark)), RECV_NS))
    assert isinstance(trade, Trade)
    assert trade.print == "other"


def test_trades_of_everything_pass_over_strangers_and_those_of_a_market_do_not() -> None:
    """A market that nobody asked for is a mistake on its own channel, and expected on a channel of all."""
    one = knowing(INVERSE)
    said = one.parse(note("trades.future.any.100ms", [row("ETH-PERPETUAL"), row()]), RECV_NS)
    assert [event.instrument for event in said if isinstance(event, Event)] == ["BTC-USD-PERP"]
    with pytest.raises(DecodeError, match="unknown_symbol"):
        one.parse(trades(row("ETH-PERPETUAL")), RECV_NS)


def test_a_deleted_level_has_nothing_left_whatever_its_row_says() -> None:
    """A level that stays after its deletion is depth that is not there."""
    one = knowing(INVERSE)
    whole = only(one.parse(book("snapshot", bids=[["new", 9.5, 10.0]], asks=[["new", 10.0, 20.0]]), RECV_NS))
    assert isinstance(whole, BookSnapshot)
    assert (whole.last_id, orjson.loads(bytes(whole.bids))) == (12, [["9.5", "10.0"]])
    said = book("change", change_id=19, prev_change_id=12, bids=[["delete", 9.5, 10.0]], asks=[["change", 10.0, 5.0]])
    delta = only(one.parse(said, RECV_NS))
    assert isinstance(delta, BookDelta)
    assert (delta.prev_id, delta.first_id, delta.last_id) == (12, 19, 19)
    assert [orjson.loads(bytes(side)) for side in (delta.bids, delta.asks)] == [[["9.5", "0"]], [["10.0", "5.0"]]]


def test_a_ticker_tells_mark_open_interest_and_band_as_far_as_it_has_them() -> None:
    """Futures have no funding, spot pairs neither mark nor open interest."""
    one = knowing(INVERSE, LINEAR, SPOT)
    full = {"mark_price": 50_000.0, "index_price": 50_010.0, "open_interest": 7e6, "current_funding": 0.0001}
    mark, held, band = one.parse(ticker(**full, min_price=49_000.0, max_price=51_000.0), RECV_NS)
    assert isinstance(mark, DerivativeState)
    assert isinstance(held, OpenInterest)
    assert isinstance(band, PriceBand)
    assert (mark.mark, mark.index, mark.funding_rate) == (50_000.0, 50_010.0, 0.0001)
    assert held.notional_usd == 7e6
    assert (band.highest_buy, band.lowest_sell) == (51_000.0, 49_000.0)
    _, linear = one.parse(ticker(LINEAR, mark_price=50_000.0, open_interest=2.0), RECV_NS)
    assert isinstance(linear, OpenInterest)
    assert linear.notional_usd == 100_000.0
    assert list(one.parse(ticker(SPOT, mark_price=50_000.0, index_price=50_000.0), RECV_NS)) == []


def test_a_halt_and_its_end_are_told_once() -> None:
    """Ten tickers a second would say it ten times."""
    one = knowing(SPOT)
    states = ["open", "halted", "halted", "locked", "open", "open"]
    said = [status for state in states for status in one.parse(ticker(SPOT, state=state), RECV_NS)]
    assert all(isinstance(status, VenueStatus) for status in said)
    told = [(status.state, status.reason) for status in said if isinstance(status, VenueStatus)]
    assert told == [("halted", "halted"), ("halted", "locked"), ("up", "open")]


def test_maintenance_halts_the_venue_and_a_locked_index_its_own_markets() -> None:
    """Books that stand still then are no calm."""
    one = knowing(INVERSE, LINEAR)
    whole = only(one.parse(note("platform_state", {"maintenance": True}), RECV_NS))
    assert isinstance(whole, VenueStatus)
    assert (whole.state, whole.instrument, whole.ts_event_ns) == ("halted", "*", RECV_NS)
    for locked, state in ((True, "halted"), (False, "up")):
        part = only(one.parse(note("platform_state", {"price_index": "btc_usd", "locked": locked}), RECV_NS))
        assert isinstance(part, VenueStatus)
        assert (part.state, part.instrument) == (state, "BTC-USD-PERP")
    assert list(one.parse(note("platform_state", {"price_index": "sol_usd", "locked": True}), RECV_NS)) == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "bad_json"),
        (trades(row(price=0)), "bad_number"),
        (trades(row(timestamp=MS // 1000)), "bad_time"),
        (trades(row(direction="up")), "bad_shape"),
        (book("change", bids=[["burn", 1.0, 1.0]]), "bad_shape"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    """One bad message is counted, and the next one read."""
    with pytest.raises(DecodeError, match=reason):
        knowing(INVERSE).parse(raw, RECV_NS)


def test_recordings_are_recognised_by_their_channels() -> None:
    """Frames of other venues must not be taken for this one's."""
    one = Deribit()
    assert one.symbol_of(trades(row())) == INVERSE
    for other in (b"{}", b"[", note("platform_state", {}), b'{"channel":"trades","data":[]}', b'{"table":"trade"}'):
        assert one.symbol_of(other) is None


def test_a_book_is_asked_for_again_by_subscribing_anew() -> None:
    """Whoever only subscribes again is sent nothing."""
    one = Deribit()
    market = one.infer_instrument(INVERSE, RECV_NS)
    assert isinstance(market, Instrument)
    request = one.book_request(market)
    assert isinstance(request, Resubscribe)
    said = [json.loads(frame) for frame in request.frames]
    assert [call["method"] for call in said] == ["public/unsubscribe", "public/subscribe"]
    assert all(call["params"] == {"channels": [f"book.{INVERSE}.100ms"]} for call in said)
    assert one.polls([market]) == []
    with pytest.raises(DecodeError):
        one.parse_poll("x", b"", RECV_NS)
    with pytest.raises(DecodeError):
        one.parse_snapshot(b"", market, RECV_NS)
