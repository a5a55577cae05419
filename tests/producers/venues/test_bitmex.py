from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from producers.errors import DecodeError
from producers.venue import Ack, Control, Pong, Refusal, Resubscribe
from producers.venues import events
from producers.venues.bitmex import Bitmex
from schemas.base import Event
from schemas.health import Gap, VenueStatus
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Insurance, Liquidation, OpenInterest, Trade

MOMENT = "2024-11-24T08:15:38.704Z"
EVENT_NS = 1_732_436_138_704_000_000
RECV_NS = EVENT_NS + 10**9
USD, TETHER, ETHER = "XBTUSD", "XBTUSDT", "ETHUSD"

Levels = list[list[str]]


def markets() -> list[Instrument]:
    """An inverse, a linear and a quanto market."""
    one = Bitmex()
    linear = events.market(
        "bitmex", TETHER, RECV_NS, base="BTC", quote="USDT", kind="perp", contract="linear", contract_value=1e-6
    )
    return [*(found for name in (USD, ETHER) if (found := one.infer_instrument(name, RECV_NS))), linear]


def knowing() -> Bitmex:
    """A venue that knows them."""
    one = Bitmex()
    one.register(markets())
    return one


def table(name: str, action: str, *rows: dict[str, Any], symbol: str = "") -> bytes:
    """A frame."""
    about = {"filter": {"symbol": symbol}} if symbol else {}
    return orjson.dumps({"table": name, "action": action, **about, "data": rows})


def level(number: int, side: str, size: float | None = None, price: float | None = None, **more: Any) -> dict[str, Any]:
    """A row of a book."""
    row = {"symbol": USD, "id": number, "side": side, "size": size, "price": price, **more}
    return {name: value for name, value in row.items() if value is not None}


def trade(**more: Any) -> dict[str, Any]:
    """A row of the trades."""
    row = {"timestamp": MOMENT, "symbol": USD, "side": "Sell", "size": 100, "price": 50_000, "trdMatchID": "a-1"}
    return row | more


def order(**more: Any) -> dict[str, Any]:
    """A row of the liquidations."""
    return {"orderID": "o-1", "symbol": USD, "side": "Sell", "price": 50_000, "leavesQty": 1000} | more


def state(**more: Any) -> dict[str, Any]:
    """A row of the instruments."""
    return {"symbol": USD, "timestamp": MOMENT} | more


def read(one: Bitmex, *frames: bytes) -> list[Event]:
    """What the frames say."""
    return [event for raw in frames for event in one.parse(raw, RECV_NS) if isinstance(event, Event)]


def sides(event: Event) -> tuple[Levels, Levels]:
    """Bids and asks."""
    assert isinstance(event, BookDelta | BookSnapshot)
    return orjson.loads(bytes(event.bids)), orjson.loads(bytes(event.asks))


WHOLE = table(
    "orderBookL2", "partial", level(5, "Sell", 30, 10.5), level(6, "Sell", 20, 10), level(8, "Buy", 7, 9.5), symbol=USD
)


def listed(symbol: str, typ: str = "FFWCSX", /, **more: Any) -> dict[str, Any]:
    """A row of the list of markets."""
    row = {"symbol": symbol, "typ": typ, "state": "Open", "underlying": "XBT", "quoteCurrency": "USDT", "tickSize": 0.5}
    return row | {"isQuanto": False, "isInverse": False, "expiry": None, "multiplier": 1} | more


INVERSE = {"quoteCurrency": "USD", "isInverse": True, "multiplier": -1e8, "underlyingToSettleMultiplier": -1e8}


def test_the_list_tells_what_a_lot_is_worth() -> None:
    """A dollar, a millionth of a coin, or what only the price of bitcoin tells."""
    rows = [
        listed(USD, **INVERSE),
        listed(TETHER, underlyingToPositionMultiplier=1_000_000),
        listed("XBT_USDT", "IFXXXP", underlyingToPositionMultiplier=100_000_000),
        listed(ETHER, underlying="ETH", quoteCurrency="USD", isQuanto=True, multiplier=100),
        listed("XBTZ26", "FFCCSX", expiry="2026-12-25T12:00:00.000Z", **INVERSE),
        listed("ODDUSDT", underlying="ODD"),
    ]
    found = Bitmex().parse_instruments(orjson.dumps(rows), RECV_NS)
    assert [(one.instrument, one.contract, one.contract_value) for one in found] == [
        ("BTC-USD-PERP", "inverse", 1.0),
        ("BTC-USDT-PERP", "linear", 1e-6),
        ("BTC-USDT-SPOT", "spot", 1e-8),
        ("ETH-USD-PERP", "quanto", None),
        ("BTC-USD-20261225", "inverse", 1.0),
        ("ODD-USDT-PERP", "linear", None),
    ]


def test_indices_spreads_and_closed_markets_are_not_followed() -> None:
    """The list holds all that has a price."""
    rows = [
        listed(".BXBT", "MRCXXX", state="Unlisted"),
        listed("XBTM26-XBTU26", "FFMCSX", expiry="2026-06-26T12:00:00.000Z"),
        listed("OLDUSDT", state="Settled"),
        listed("XBTH27", "FFCCSX"),
    ]
    assert Bitmex().parse_instruments(orjson.dumps(rows), RECV_NS) == []


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_markets_with_one_name_the_valued_one_stays(turned: bool) -> None:
    """A name is unique within a venue, and a market without a value has no dollars."""
    rows = [
        listed(ETHER, underlying="ETH", quoteCurrency="USD", isQuanto=True),
        listed("ETHUSD_ETH", underlying="ETH", **INVERSE),
    ]
    (kept,) = Bitmex().parse_instruments(orjson.dumps(rows[::-1] if turned else rows), RECV_NS)
    assert (kept.symbol, kept.instrument) == ("ETHUSD_ETH", "ETH-USD-PERP")


def test_the_recorded_list_is_read_as_a_whole(shared_data: Path) -> None:
    """All markets of July 2021: what was linear then settled in bitcoin, what was tether's was quanto."""
    packed = (shared_data / "venue-frames/cryptofeed-sample/BITMEX.0.zst").read_bytes()
    line = zstandard.ZstdDecompressor().stream_reader(packed).readall().splitlines()[0]
    found = Bitmex().parse_instruments(line.partition(b" -> ")[2].partition(b": ")[2], RECV_NS)
    assert len(found) == len({one.instrument for one in found}) == 34
    kinds = [(one.contract, one.contract_value) for one in found]
    # Counted in the list itself: isInverse, isQuanto, and neither.
    assert [kinds.count(kind) for kind in (("inverse", 1.0), ("quanto", None), ("linear", 1.0))] == [5, 22, 7]


@pytest.mark.parametrize(
    ("symbol", "name", "contract", "value"),
    [
        (USD, "BTC-USD-PERP", "inverse", 1.0),
        ("XBTEUR", "BTC-EUR-PERP", "inverse", 1.0),
        (ETHER, "ETH-USD-PERP", "quanto", None),
        (TETHER, "BTC-USDT-PERP", "linear", None),
        ("XBT_USDT", "BTC-USDT-SPOT", "spot", None),
    ],
)
def test_a_name_tells_of_a_lot_only_where_it_is_a_dollar(
    symbol: str, name: str, contract: str, value: float | None
) -> None:
    """A guessed lot is a wrong notional."""
    found = Bitmex().infer_instrument(symbol, RECV_NS)
    assert found is not None
    assert (found.instrument, found.contract, found.contract_value) == (name, contract, value)


def test_dated_futures_are_known_only_by_the_list() -> None:
    """Their names tell the month, not the day."""
    assert Bitmex().infer_instrument("XBTZ26", RECV_NS) is None


def test_five_hundred_markets_keep_to_the_limits() -> None:
    """Twenty topics a message; forty connections an address; a market's tables together."""
    one = Bitmex()
    many = [found for n in range(500) if (found := one.infer_instrument(f"C{n}USDT", RECV_NS))]
    sockets = one.sockets(many)
    assert len(sockets) == 5
    homes: dict[str, set[str]] = {}
    topics = []
    for socket in sockets:
        said = [topic for frame in socket.subscribe for topic in json.loads(frame)["args"]]
        assert all(len(json.loads(frame)["args"]) <= 20 for frame in socket.subscribe)
        assert socket.expect_acks == len(said)
        topics += said
        for topic in said:
            homes.setdefault(topic.partition(":")[2], set()).add(socket.name)
    assert all(len(homes[market.symbol]) == 1 for market in many)
    assert len(topics) == len(set(topics)) == 4 * 500 + 2
    assert one.sockets([]) == []


def test_changes_find_their_price_by_the_id_of_the_level() -> None:
    """Updates and deletions need not repeat it."""
    whole, new, changed, gone = read(
        knowing(),
        WHOLE,
        table("orderBookL2", "insert", level(7, "Buy", 4, 9.75)),
        table("orderBookL2", "update", level(6, "Sell", 21), level(7, "Buy", 5)),
        table("orderBookL2", "delete", level(8, "Buy")),
    )
    assert sides(whole) == ([["9.5", "7.0"]], [["10.0", "20.0"], ["10.5", "30.0"]])
    assert sides(new) == ([["9.75", "4.0"]], [])
    assert sides(changed) == ([["9.75", "5.0"]], [["10.0", "21.0"]])
    assert sides(gone) == ([["9.5", "0.0"]], [])


def test_a_level_that_is_not_known_shows_a_loss_and_is_told_once() -> None:
    """There are no numbers: nothing else does. Told with each row, every row would ask for the whole table again."""
    one = knowing()
    unknown = table("orderBookL2", "update", level(99, "Sell", 1))
    _, lost, *more = read(one, WHOLE, unknown, unknown, table("orderBookL2", "update", level(6, "Sell", 2)))
    assert isinstance(lost, Gap)
    assert (lost.channel, lost.instrument) == ("book", "BTC-USD-PERP")
    assert more == []
    whole, changed = read(one, WHOLE, table("orderBookL2", "update", level(6, "Sell", 2)))
    assert isinstance(whole, BookSnapshot)
    assert isinstance(changed, BookDelta)


def test_changes_of_a_book_that_was_never_whole_say_that_it_is_lost() -> None:
    """A stream that begins at a keyframe would show the keyframe's book for good, and call it current."""
    one = knowing()
    change = table("orderBookL2", "update", level(6, "Sell", 2))
    (lost,) = read(one, change, change)
    assert isinstance(lost, Gap)
    assert len(read(one, WHOLE, change)) == 2


def test_nothing_is_lost_with_changes_before_a_whole_table_that_was_announced() -> None:
    """After a new subscription the prices of old levels are not to be relied upon, and new ones are under way."""
    one = knowing()
    change = table("orderBookL2", "update", level(6, "Sell", 2))
    for _ in range(2):
        (ack,) = one.parse(orjson.dumps({"success": True, "subscribe": f"orderBookL2:{USD}"}), RECV_NS)
        assert ack == Ack()
        assert read(one, change) == []
        assert len(read(one, WHOLE, change)) == 2


@pytest.mark.parametrize(
    "broken",
    [
        table("orderBookL2", "update", level(6, "Sell", -2)),
        table("orderBookL2", "partial", level(6, "Sell", 2), symbol=USD),
    ],
)
def test_a_change_that_cannot_be_read_is_a_loss_of_the_book(broken: bytes) -> None:
    """The size that it told would be missing from a book that looks current."""
    one = knowing()
    read(one, WHOLE)
    with pytest.raises(DecodeError):
        read(one, broken)
    (lost,) = read(one, table("orderBookL2", "update", level(6, "Sell", 2)))
    assert isinstance(lost, Gap)


def test_an_empty_book_is_a_book() -> None:
    """A new market begins without orders; its first one must not be taken for a loss."""
    first = table("orderBookL2", "insert", level(6, "Sell", 2, 10))
    empty, filled = read(knowing(), table("orderBookL2", "partial", symbol=USD), first)
    assert sides(empty) == ([], [])
    assert sides(filled) == ([], [["10.0", "2.0"]])


def test_a_message_about_a_stranger_too_changes_no_book() -> None:
    """A level that was remembered and not told would be missing from the book for good."""
    one = knowing()
    read(one, WHOLE)
    both = table("orderBookL2", "insert", level(9, "Buy", 1, 9), level(9, "Buy", 1, 9) | {"symbol": "OTHER"})
    with pytest.raises(DecodeError, match="unknown_symbol"):
        read(one, both)
    (lost,) = read(one, table("orderBookL2", "update", level(9, "Buy", 2)))
    assert isinstance(lost, Gap)


def test_a_change_is_as_old_as_its_newest_row_or_as_its_receipt() -> None:
    """Rows told no times until 2022."""
    old, new = "2024-11-24T08:15:38.000Z", MOMENT
    one = knowing()
    whole, timed, untimed = read(
        one,
        table("orderBookL2", "partial", level(6, "Sell", 2, 10, timestamp=old), symbol=USD),
        table("orderBookL2", "update", level(6, "Sell", 2, timestamp=old), level(6, "Sell", 3, timestamp=new)),
        table("orderBookL2", "update", level(6, "Sell", 2)),
    )
    assert [event.ts_event_ns for event in (whole, timed, untimed)] == [RECV_NS, EVENT_NS, RECV_NS]


def test_trades_before_the_subscription_are_history() -> None:
    """After each reconnect the last trades would count again."""
    assert read(knowing(), table("trade", "partial", trade(), symbol=USD)) == []


def test_a_settlement_is_no_trade_and_other_kinds_are_off_the_book() -> None:
    """Nobody crossed a spread, so that no price moves."""
    one = knowing()
    settlement = trade(trdType="Settlement")
    del settlement["side"]
    plain, regular, odd = read(
        one, table("trade", "insert", settlement, trade(), trade(trdType="Regular"), trade(trdType="Block", side="Buy"))
    )
    assert isinstance(plain, Trade)
    assert isinstance(odd, Trade)
    assert (plain.taker, plain.notional_usd, plain.trade_id, plain.ts_event_ns) == ("sell", 100.0, "a-1", EVENT_NS)
    assert [one.print for one in (plain, regular, odd) if isinstance(one, Trade)] == ["market", "market", "other"]
    assert odd.taker == "buy"


@pytest.mark.parametrize(
    ("symbol", "size", "coins", "dollars"),
    [(USD, 1000, 0.02, 1000.0), (TETHER, 20_000, 0.02, 1000.0), (ETHER, 5, None, None)],
)
@pytest.mark.parametrize(("side", "liquidated"), [("Sell", "long"), ("Buy", "short")])
def test_an_order_of_the_engine_closes_the_other_side(
    symbol: str, size: float, coins: float | None, dollars: float | None, side: str, liquidated: str
) -> None:
    """The row tells the side of the order, not of the position."""
    (found,) = read(knowing(), table("liquidation", "insert", order(symbol=symbol, side=side, leavesQty=size)))
    assert isinstance(found, Liquidation)
    assert (found.liquidated, found.price_kind, found.ts_event_ns) == (liquidated, "order", RECV_NS)
    assert found.qty_base == (coins if coins is None else pytest.approx(coins))
    assert found.notional_usd == (dollars if dollars is None else pytest.approx(dollars))
    assert found.sampled  # what fills at once is never told


def test_an_order_is_told_once_and_not_when_it_stood_there_before() -> None:
    """It shrinks as it fills and then goes: the same position would count again and again."""
    one = knowing()
    assert read(one, table("liquidation", "partial", order(orderID="old"), symbol=USD)) == []
    assert read(one, table("liquidation", "insert", order(orderID="old"))) == []
    placed = table("liquidation", "insert", order())
    assert len(read(one, placed, placed)) == 1
    shrunk = {"orderID": "o-1", "symbol": USD, "leavesQty": 500}
    assert read(one, table("liquidation", "update", shrunk), table("liquidation", "delete", shrunk)) == []
    assert read(one, table("liquidation", "insert", order(symbol="OTHER"))) == []
    with pytest.raises(DecodeError, match="bad_shape"):
        read(one, table("liquidation", "insert", shrunk | {"orderID": "o-2"}))


def test_one_odd_row_costs_no_other() -> None:
    """A crash is when rows come together, and when something odd is among them."""
    one = knowing()
    orders = [order(), order(orderID="o-2", price=None), order(orderID="o-3", leavesQty=-1), order(orderID="o-4")]
    told = read(one, table("liquidation", "insert", *orders))
    assert [row.liquidation_id for row in told if isinstance(row, Liquidation)] == ["o-1", "o-4"]
    # What was not told is not remembered as told.
    assert len(read(one, table("liquidation", "insert", order(orderID="o-2")))) == 1
    trades = [trade(price=0), trade(), trade(symbol="OTHER"), trade(timestamp="1970-01-01T00:00:00Z")]
    assert len(read(one, table("trade", "insert", *trades))) == 1
    assert len(read(one, table("instrument", "update", state(markPrice=-1), state(markPrice=1)))) == 1


def test_one_odd_market_costs_no_other() -> None:
    """Indices that are not followed have no quote currency at times: the whole list would be refused."""
    odd = listed(".X", "MRCXXX", state="Unlisted", quoteCurrency=None)
    (found,) = Bitmex().parse_instruments(orjson.dumps([odd, listed(USD, **INVERSE)]), RECV_NS)
    assert found.symbol == USD
    with pytest.raises(DecodeError, match="bad_shape"):
        Bitmex().parse_instruments(orjson.dumps([odd]), RECV_NS)


def test_a_row_of_state_tells_what_changed_of_it() -> None:
    """Mark and index come one without the other; open interest is worth its dollars by the last mark."""
    one = knowing()
    (index,) = read(one, table("instrument", "update", state(indicativeSettlePrice=50_010)))
    assert isinstance(index, DerivativeState)
    assert (index.mark, index.index, index.ts_event_ns) == (None, 50_010.0, EVENT_NS)
    (unpriced,) = read(one, table("instrument", "update", state(symbol=TETHER, openInterest=2_000_000)))
    _, priced = read(one, table("instrument", "update", state(symbol=TETHER, openInterest=2_000_000, markPrice=50_000)))
    assert isinstance(unpriced, OpenInterest)
    assert isinstance(priced, OpenInterest)
    assert unpriced.notional_usd is None
    assert priced.notional_usd == pytest.approx(100_000.0)
    funding = state(fundingRate=0.0001, fundingTimestamp="2024-11-24T12:00:00.000Z")
    (paid,) = read(one, table("instrument", "update", funding))
    assert isinstance(paid, DerivativeState)
    assert (paid.funding_rate, paid.next_funding_ns) == (0.0001, 1_732_449_600_000_000_000)
    assert read(one, table("instrument", "update", state(lastPrice=5))) == []


def test_a_closed_market_and_its_opening_are_told_once() -> None:
    """The whole row, with its state, comes again after each reconnect."""
    one = knowing()
    rows = [state(state=name) for name in ("Open", "Closed", "Closed", "Open")]
    told = read(one, *(table("instrument", "partial", row) for row in rows))
    assert [(event.state, event.reason) for event in told if isinstance(event, VenueStatus)] == [
        ("halted", "Closed"),
        ("up", "Open"),
    ]


def test_the_funds_are_worth_their_bitcoin_and_their_tether() -> None:
    """One of them alone would look like a fund that lost most of what it had."""
    one = knowing()
    both = [{"currency": "XBt", "walletBalance": 100_000_000}, {"currency": "USDt", "walletBalance": 7_000_000}]
    assert read(one, table("insurance", "partial", *both)) == []
    read(one, table("instrument", "update", state(markPrice=50_000)))
    both[1]["walletBalance"] = 8_000_000
    (told,) = read(one, table("insurance", "insert", *both, {"currency": "Gwei", "walletBalance": 5}))
    assert isinstance(told, Insurance)
    assert (told.balance_usd, told.instrument) == (50_008.0, "*")


def test_a_balance_that_is_told_again_at_another_price_is_no_loss() -> None:
    """Every reconnect in a fall of bitcoin would be a fund that melts."""
    one = knowing()
    fund = table("insurance", "partial", {"currency": "XBt", "walletBalance": 100_000_000})
    read(one, table("instrument", "update", state(markPrice=50_000)))
    assert len(read(one, fund)) == 1
    read(one, table("instrument", "update", state(markPrice=40_000)))
    assert read(one, fund) == []


def test_the_funds_are_told_whichever_markets_are_followed() -> None:
    """Their bitcoin needs a price: without one of bitcoin's markets the declared balance would never come."""
    one = Bitmex()
    one.register(found := [market for market in markets() if market.base == "ETH"])
    said = [topic for frame in one.sockets(found)[0].subscribe for topic in json.loads(frame)["args"]]
    assert said[-2:] == [f"instrument:{USD}", "insurance"]
    assert read(one, table("insurance", "partial", {"currency": "XBt", "walletBalance": 100_000_000})) == []
    # The price may come after the balance, of which the next one comes at noon.
    (told,) = read(one, table("instrument", "update", state(markPrice=50_000)), table("instrument", "update", state()))
    assert isinstance(told, Insurance)
    assert told.balance_usd == 50_000.0
    assert f'"instrument:{USD}"' not in "".join(Bitmex().sockets(markets()[2:])[0].subscribe)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"pong", [Pong()]),
        (b'{"success":true,"subscribe":"trade:XBTUSD","request":{}}', [Ack()]),
        (b'{"success":true,"unsubscribe":"orderBookL2:XBTUSD","request":{}}', [Ack()]),
        (b'{"status":400,"error":"You are already subscribed to this topic: trade:XBTUSD"}', [Ack()]),
        (b'{"status":400,"error":"Unknown table: x"}', [Refusal("400 Unknown table: x", "ignore")]),
        (b'{"status":429,"error":"Rate limit exceeded"}', [Refusal("429 Rate limit exceeded", "resubscribe")]),
        (b'{"status":503,"error":"overloaded"}', [Refusal("503 overloaded", "reconnect")]),
        (b'{"info":"Welcome to the BitMEX Realtime API.","limit":{"remaining":39}}', []),
        (b'{"table":"quote","action":"insert","data":[{"symbol":"XBTUSD"}]}', []),
        (b'{"e":"trade","s":"BTCUSDT"}', []),
    ],
)
def test_answers_are_controls_and_what_is_not_read_is_nothing(raw: bytes, said: list[Control]) -> None:
    """One market that is not known must not end the connection of a hundred."""
    assert list(knowing().parse(raw, RECV_NS)) == said


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"ping", "bad_json"),
        (table("trade", "insert", trade(symbol="OTHER")), "unknown_symbol"),
        (table("trade", "insert", trade(price=0)), "bad_number"),
        (table("trade", "insert", trade(timestamp="2024-11-24T08:15:38")), "bad_shape"),
        (table("trade", "insert", trade(timestamp="1970-01-01T00:00:00Z")), "bad_time"),
        (table("orderBookL2", "partial", level(1, "Buy"), symbol=USD), "bad_shape"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    """One bad message is counted, and the next one read."""
    with pytest.raises(DecodeError, match=reason):
        read(knowing(), raw)


def test_recordings_are_recognised_by_their_tables() -> None:
    """Frames of other venues must not be taken for this one's."""
    one = Bitmex()
    assert one.symbol_of(WHOLE) == USD
    assert one.symbol_of(table("trade", "partial", symbol=ETHER)) == ETHER
    for other in (b"{}", b"[", b"pong", table("insurance", "partial", symbol=USD), b'{"channel":"trades","data":[]}'):
        assert one.symbol_of(other) is None


def test_a_book_is_asked_for_again_by_subscribing_anew() -> None:
    """Whoever only subscribes again is told that he does already."""
    one = Bitmex()
    request = one.book_request(markets()[0])
    assert isinstance(request, Resubscribe)
    assert [json.loads(frame) for frame in request.frames] == [
        {"op": op, "args": [f"orderBookL2:{USD}"]} for op in ("unsubscribe", "subscribe")
    ]
    assert one.polls(markets()) == []
    with pytest.raises(DecodeError):
        one.parse_poll("x", b"", RECV_NS)
    with pytest.raises(DecodeError):
        one.parse_snapshot(b"", markets()[0], RECV_NS)


def test_recorded_changes_of_one_book_follow_each_other(
    sample_messages: Callable[[str], list[dict[str, Any]]],
) -> None:
    """A level is inserted, shrinks by 2000 contracts and goes, as the venue wrote it in 2021."""
    rows = [
        str(row["raw"]).encode()
        for row in sample_messages("crypto-msg-parser/messages.jsonl")
        if row["exchange"] == "bitmex" and row["market"].startswith("inverse_swap") and "orderBookL2" in row["raw"]
    ]
    _, *changes = read(knowing(), *rows)
    assert [sides(change) for change in changes] == [
        ([], [["36760.5", size]]) for size in ("38760.0", "36760.0", "0.0")
    ]


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        ("ws_trade.json", "trade", {"price": 98570.9, "qty": 100.0, "notional_usd": 100.0, "taker": "sell"}),
        ("ws_liquidation.json", "liquidation", {"liquidated": "short", "price": 95_000.0, "notional_usd": 1000.0}),
        ("ws_instrument.json", "instrument", {"mark": 95125.7, "index": 95126.0}),
        ("ws_instrument_index_update.json", "instrument", {"mark": None, "index": 75847.62}),
        ("ws_orderbook_l2.json", "orderBookL2", {"last_id": None}),
    ],
)
def test_rows_of_today_are_read_in_their_tables(file: str, name: str, said: dict[str, Any], shared_data: Path) -> None:
    """The recorded files hold rows without the frame about them."""
    row = orjson.loads((shared_data / "venue-frames/nautilus-fixtures/bitmex" / file).read_bytes())
    one = knowing()
    read(one, table("orderBookL2", "partial", symbol=USD))
    recv_ns = 1_780_544_861_000_000_000
    event, *_ = one.parse(table(name, "insert", row), recv_ns)
    assert {field: getattr(event, field) for field in said} == said
