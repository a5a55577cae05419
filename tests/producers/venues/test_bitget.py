import json
from collections import Counter

import pytest

from producers.errors import DecodeError
from producers.venue import Ack, Pong, Refusal
from producers.venues.bitget import Bitget
from schemas.instrument import Instrument
from schemas.market import Insurance, Trade

AT_MS = 1_789_456_512_452
RECV_NS = (AT_MS + 100) * 10**6


def named(*symbols: str) -> list[Instrument]:
    """Markets by their names."""
    found = [Bitget().infer_instrument(symbol, RECV_NS) for symbol in symbols]
    return [one for one in found if one is not None]


def venue(*symbols: str) -> Bitget:
    """A venue that knows these markets."""
    one = Bitget()
    one.register(named(*symbols))
    return one


def fills(product: str, symbol: str, *, action: str = "update", qty: str = "2") -> bytes:
    """A trade on the v3 wire."""
    row = {"i": "7", "p": "100", "v": qty, "S": "sell", "T": str(AT_MS)}
    arg = {"instType": product, "topic": "publicTrade", "symbol": symbol}
    return json.dumps({"action": action, "arg": arg, "data": [row], "ts": AT_MS}).encode()


def test_spot_and_futures_of_one_name_are_two_markets() -> None:
    """`BTCUSDT` is a name of both: taken for one, spot trades would move the perpetual."""
    one = venue("BTCUSDT", "BTCUSDT_SPBL")
    (perpetual,) = one.parse(fills("usdt-futures", "BTCUSDT"), RECV_NS)
    (spot,) = one.parse(fills("spot", "BTCUSDT"), RECV_NS)
    assert isinstance(perpetual, Trade)
    assert isinstance(spot, Trade)
    assert (perpetual.instrument, spot.instrument) == ("BTC-USDT-PERP", "BTC-USDT-SPOT")
    with pytest.raises(DecodeError, match="unknown_symbol"):
        venue("BTCUSDT").parse(fills("spot", "BTCUSDT"), RECV_NS)


def test_coin_margined_lots_are_dollars_today_and_were_coins_before() -> None:
    """The same digits are worth sixty thousand times as much on one wire as on the other."""
    one = venue("BTCUSD_CM", "BTCUSD")
    old = {"action": "update", "arg": {"instType": "mc", "channel": "trade", "instId": "BTCUSD"}}
    raw = json.dumps(old | {"data": [[str(AT_MS), "100", "2", "sell"]]}).encode()
    (today,) = one.parse(fills("coin-futures", "BTCUSD_CM"), RECV_NS)
    (before,) = one.parse(raw, RECV_NS)
    assert isinstance(today, Trade)
    assert isinstance(before, Trade)
    assert (today.notional_usd, before.notional_usd) == (2.0, 200.0)


def test_history_after_a_subscription_is_no_flow() -> None:
    """Every reconnect would count the last trades again."""
    assert list(venue("BTCUSDT").parse(fills("usdt-futures", "BTCUSDT", action="snapshot"), RECV_NS)) == []


def test_five_hundred_markets_stay_within_what_the_venue_bears() -> None:
    """More than 50 topics a connection, 10 a frame or 100 connections end in closed sockets."""
    markets = named(*(f"C{n}USDT" for n in range(400)), *(f"C{n}USDT_SPBL" for n in range(90)), "BTCPERP", "BTCUSD_CM")
    one = Bitget()
    sockets = one.sockets(markets)
    assert len(sockets) <= 100
    said: Counter[str] = Counter()
    for socket in sockets:
        arguments = [json.loads(frame)["args"] for frame in socket.subscribe]
        assert all(len(frame.encode()) < 4096 for frame in socket.subscribe)
        assert all(len(args) <= 10 for args in arguments)
        assert sum(map(len, arguments)) == socket.expect_acks < 50
        assert (socket.ping, socket.ping_every_s < 30) == ("ping", True)
        said.update(json.dumps(arg, sort_keys=True) for args in arguments for arg in args)
    assert set(said.values()) == {1}
    topics = Counter(json.loads(arg)["topic"] for arg in said)
    assert topics == {"books": 492, "publicTrade": 492, "ticker": 402, "liquidation": 3}
    assert json.dumps({"instType": "spot", "symbol": "C0USDT", "topic": "books"}) in said


def test_a_book_is_asked_for_again_by_leaving_and_joining() -> None:
    """Whoever only joins twice gets no snapshot."""
    (spot,) = named("BTCUSDT_SPBL")
    frames = [json.loads(frame) for frame in Bitget().book_request(spot).frames]
    arg = {"instType": "spot", "topic": "books", "symbol": "BTCUSDT"}
    assert frames == [{"op": "unsubscribe", "args": [arg]}, {"op": "subscribe", "args": [arg]}]


def test_reserves_are_polled_where_they_are_dollars() -> None:
    """A balance in bitcoin, read as dollars, would be an empty fund."""
    one = venue("BTCUSDT", "ETHUSDT")
    polls = one.polls(named("BTCUSDT", "BTCPERP", "BTCUSD_CM", "BTCUSDT_SPBL"))
    assert [poll.name for poll in polls] == ["risk_reserve:usdc-futures", "risk_reserve:usdt-futures"]
    assert polls[0].request.path == "/api/v3/market/risk-reserve-all?category=USDC-FUTURES"
    shared = {"symbols": ["BTCUSDT", "ETHUSDT", "NEWUSDT"], "coin": "USDT", "balance": "12.5"}
    body = json.dumps({"code": "00000", "requestTime": 0, "data": {"list": [shared]}}).encode()
    said = one.parse_poll(polls[1].name, body, RECV_NS)
    assert [(event.instrument, event.ts_event_ns) for event in said] == [
        ("BTC-USDT-PERP", RECV_NS),
        ("ETH-USDT-PERP", RECV_NS),
    ]
    assert all(isinstance(event, Insurance) and event.balance_usd == 12.5 for event in said)


@pytest.mark.parametrize(
    ("symbol", "instrument", "contract"),
    [
        ("BTCUSDT", "BTC-USDT-PERP", "linear"),
        ("BTCPERP", "BTC-USDC-PERP", "linear"),
        ("BTCUSD_CM", "BTC-USD-PERP", "inverse"),
        ("BTCUSD", "BTC-USD-PERP", "linear"),
        ("ETHBTC_SPBL", "ETH-BTC-SPOT", "spot"),
        ("USDCUSDT_SPBL", "USDC-USDT-SPOT", "spot"),
    ],
)
def test_a_name_tells_its_market(symbol: str, instrument: str, contract: str) -> None:
    """Recordings without a list of markets know no more than names."""
    (one,) = named(symbol)
    assert (one.instrument, one.contract, one.contract_value) == (instrument, contract, 1.0)


@pytest.mark.parametrize("symbol", ["", "BTC-USDT-SWAP", "USDT", "BTCUSDT_UMCBL", "_SPBL", "BTCXYZ_SPBL"])
def test_other_names_tell_nothing(symbol: str) -> None:
    """A wrong guess is worse than none."""
    assert named(symbol) == []


def test_only_its_own_frames_are_recognised() -> None:
    """OKX's frames look alike, but for the product; whoever takes them for Bitget's reads contracts as coins."""
    one = Bitget()
    assert one.symbol_of(fills("usdt-futures", "BTCUSDT")) == "BTCUSDT"
    assert one.symbol_of(fills("spot", "BTCUSDT")) == "BTCUSDT_SPBL"
    row = {"symbol": "APEUSDT", "side": "buy", "price": "1", "amount": "2", "ts": str(AT_MS)}
    forced = {"action": "update", "arg": {"instType": "usdt-futures", "topic": "liquidation"}, "data": [row]}
    assert one.symbol_of(json.dumps(forced).encode()) == "APEUSDT"
    for other in (
        b'{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[]}',
        b'{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[]}',
        b'{"event":"subscribe","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"}}',
        b"pong",
        b"{}",
    ):
        assert one.symbol_of(other) is None


def test_answers_are_told_from_errors() -> None:
    """One unknown market must not take the others with it."""
    one = Bitget()
    assert list(one.parse(b"pong", RECV_NS)) == [Pong()]
    assert list(one.parse(b'{"event":"unsubscribe","arg":{"instType":"spot"}}', RECV_NS)) == [Ack()]
    (unknown,) = one.parse(b'{"event":"error","code":30001,"msg":"x doesn\'t exist"}', RECV_NS)
    assert unknown == Refusal("30001: x doesn't exist", "ignore")
    for code, action in {"30007": "reconnect", "30006": "reconnect", "30003": "ignore", "99999": "ignore"}.items():
        (other,) = one.parse(b'{"event":"error","code":"%s","msg":"words"}' % code.encode(), RECV_NS)
        assert other == Refusal(f"{code}: words", action)  # type: ignore[arg-type]
    assert one.parse(b'{"action":"update","arg":{"instType":"spot","topic":"kline"},"data":[]}', RECV_NS) == ()
    with pytest.raises(DecodeError, match="dead_protocol"):
        one.parse(b'{"data":[{"instrument_id":"btcusd"}],"table":"swap/trade"}', RECV_NS)


def test_a_book_fetched_by_hand_keeps_what_lies_beyond() -> None:
    """REST shows a few levels of many."""
    (instrument,) = named("BTCUSDT")
    body = b'{"code":"00000","data":{"a":[["101","2"]],"b":[["100","1"]],"ts":"%d"}}' % AT_MS
    book = Bitget().parse_snapshot(body, instrument, RECV_NS)
    assert (bytes(book.bids), book.keeps_far_levels, book.last_id) == (b'[["100","1"]]', True, None)
    with pytest.raises(DecodeError, match="bad_json"):
        Bitget().parse_snapshot(b"x", instrument, RECV_NS)


def listing(*rows: dict[str, object], **answer: object) -> bytes:
    """A market list with these rows."""
    plain = {
        "symbol": "BTCUSDT", "category": "USDT-FUTURES", "baseCoin": "BTC", "quoteCoin": "USDT", "status": "online",
        "deliveryTime": "", "priceMultiplier": "0.1",
    }  # fmt: skip
    return json.dumps({"code": "00000", "msg": "", "data": [plain | row for row in rows]} | answer).encode()


COIN: dict[str, object] = {"category": "COIN-FUTURES", "quoteCoin": "USD"}


def test_a_dated_coin_margined_contract_counts_dollars() -> None:
    """Its name does not end like that of the perpetual: read as coins, it was worth the price times too much."""
    ends = {"deliveryTime": "1798185600000", "symbolType": "delivery"}
    one = Bitget()
    one.register(one.parse_instruments(listing(COIN | ends | {"symbol": "BTCUSD_CM_1225"}), RECV_NS))
    (trade,) = one.parse(fills("coin-futures", "BTCUSD_CM_1225", qty="12500"), RECV_NS)
    assert isinstance(trade, Trade)
    assert (trade.instrument, trade.notional_usd) == ("BTC-USD-20261225", 12_500.0)


@pytest.mark.parametrize(
    "row",
    [
        COIN | {"symbol": "BTCUSD_CM_1225"},
        COIN | {"symbol": "BTCUSD_CM_1225", "type": "delivery"},
        {"symbol": "BTCUSDT_261225", "symbolType": "delivery"},
        {"symbol": "BTCUSDT261225", "type": "delivery", "deliveryTime": "-1"},
    ],
)
def test_a_delivery_whose_end_is_not_told_is_no_second_perpetual(row: dict[str, object]) -> None:
    """Two markets of one name are one book made of two."""
    (found,) = Bitget().parse_instruments(listing(row, {}), RECV_NS)
    assert found.symbol == "BTCUSDT"


def test_one_strange_row_does_not_hide_the_markets() -> None:
    """A new listing without its numbers would keep the whole venue away until somebody mends the parser."""
    one = Bitget()
    strange: list[dict[str, object]] = [{"status": None}, {"baseCoin": None}, {"priceMultiplier": "soon"}]
    for row in strange:
        assert [found.symbol for found in one.parse_instruments(listing(row, {}), RECV_NS)] == ["BTCUSDT"]
        with pytest.raises(DecodeError):
            one.parse_instruments(listing(row), RECV_NS)
    with pytest.raises(DecodeError, match="40034"):
        one.parse_instruments(listing(code="40034", msg="Parameter does not exist"), RECV_NS)


def test_a_fund_that_owes_is_told() -> None:
    """It is what one looks for, and it must not hide the others."""
    one = venue("BTCUSDT", "ETHUSDT")
    pools = [{"symbols": ["BTCUSDT"], "coin": "USDT", "balance": "-12.5"},
             {"symbols": ["ETHUSDT"], "coin": "USDT", "balance": ""}]  # fmt: skip
    body = json.dumps({"code": "00000", "data": {"list": pools}}).encode()
    (fund,) = one.parse_poll("risk_reserve:usdt-futures", body, RECV_NS)
    assert isinstance(fund, Insurance)
    assert (fund.instrument, fund.balance_usd) == ("BTC-USDT-PERP", -12.5)
