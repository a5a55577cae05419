import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venue import Socket
from producers.venues.hyperliquid import MOST_SUBSCRIPTIONS, MOST_USERS, Hyperliquid
from producers.venues.hyperliquid_fills import LIQUIDATORS
from schemas.instrument import Instrument
from schemas.market import Adl, BookSnapshot, BookTop, DerivativeState, Liquidation, OpenInterest, Trade

MS = 1_760_130_964_831
RECV_NS = (MS + 500) * 1_000_000
VAULT = LIQUIDATORS[0]
VICTIM = "0x9b54264d7502f80163ea949038aad771eae67e38"


def knowing(*coins: str) -> Hyperliquid:
    """A venue that knows these coins."""
    one = Hyperliquid()
    one.register([found for coin in coins if (found := one.infer_instrument(coin, 0))])
    return one


def frame(channel: str, data: object) -> bytes:
    """A frame of this channel."""
    return json.dumps({"channel": channel, "data": data}).encode()


def book(time: int, *, px: str = "100.0", fast: bool = False) -> bytes:
    """A book with one level a side."""
    levels = [[{"px": px, "sz": "2", "n": 1}], [{"px": "101.0", "sz": "3", "n": 1}]]
    return frame("l2Book", {"coin": "BTC", "time": time, "levels": levels} | ({"fast": True} if fast else {}))


def trades(*rows: tuple[int, int]) -> bytes:
    """Trades by time and id."""
    row = {"coin": "BTC", "side": "B", "px": "100.0", "sz": "2", "hash": "0x0", "users": ["0x1", "0x2"]}
    return frame("trades", [{**row, "time": time, "tid": tid} for time, tid in rows])


ADL_ROW: dict[str, Any] = {
    "coin": "AVAX", "px": "22.075", "sz": "28.53", "side": "B", "time": MS, "startPosition": "-28.53",
    "dir": "Auto-Deleveraging", "closedPnl": "194.275035", "hash": "0x922ada15", "oid": 194018286846, "crossed": True,
    "fee": "0.0", "tid": 771334864158847, "feeToken": "USDC",
    "liquidation": {"liquidatedUser": VICTIM, "markPx": "22.025", "method": "backstop"},
}  # fmt: skip
OTHER_LEG = ADL_ROW | {"side": "A", "dir": "Liquidated Cross Long"}


def fills(*rows: dict[str, Any], user: str = VAULT, **more: object) -> bytes:
    """Fills of an address."""
    return frame("userFills", {"user": user, "fills": list(rows), **more})


def test_a_default_book_is_a_whole_book_and_a_fast_one_only_its_top() -> None:
    """Five fast levels in place of twenty slow ones would be a collapse of depth, twice a second."""
    one = knowing("BTC")
    (whole,) = one.parse(book(MS), RECV_NS)
    assert isinstance(whole, BookSnapshot)
    assert (whole.keeps_far_levels, whole.last_id) == (False, None)
    assert (bytes(whole.bids), bytes(whole.asks)) == (b'[["100.0","2"]]', b'[["101.0","3"]]')
    (best,) = one.parse(book(MS, fast=True), RECV_NS)
    assert isinstance(best, BookTop)
    assert (best.bid, best.ask_qty) == (100.0, 3.0)


def test_an_older_book_is_dropped_and_one_wild_time_does_not_stop_the_rest() -> None:
    """There are no sequence numbers: the time is all that orders the frames."""
    one = knowing("BTC")
    assert len(one.parse(book(MS), RECV_NS)) == 1
    assert len(one.parse(book(MS - 1), RECV_NS)) == 0
    assert len(one.parse(book(MS), RECV_NS)) == 1
    assert len(one.parse(book(MS + 3_600_000), RECV_NS)) == 1
    assert len(one.parse(book(MS + 20_000), RECV_NS + 20 * 10**9)) == 1


def test_the_older_of_best_prices_and_fast_books_is_dropped() -> None:
    """Both tell the best price: a fast book half a second late would turn it back."""
    one = knowing("BTC")
    bbo = frame("bbo", {"coin": "BTC", "time": MS, "bbo": [{"px": "1", "sz": "2", "n": 1}, None]})
    (best,) = one.parse(bbo, RECV_NS)
    assert isinstance(best, BookTop)
    assert (best.bid, best.ask) == (1.0, None)
    assert len(one.parse(book(MS - 10, fast=True), RECV_NS)) == 0
    assert len(one.parse(book(MS - 10), RECV_NS)) == 1


def test_trades_come_once_and_history_not_at_all() -> None:
    """After each subscription the venue repeats old trades without saying so: counted, they are a burst of volume."""
    one = knowing("BTC")
    first = one.parse(trades((MS - 3_600_000, 1), (MS - 5_000, 2), (MS, 3)), RECV_NS)
    assert [event.trade_id for event in first if isinstance(event, Trade)] == ["2", "3"]
    again = one.parse(trades((MS, 3), (MS + 10, 4)), RECV_NS)
    assert [event.trade_id for event in again if isinstance(event, Trade)] == ["4"]


@pytest.mark.parametrize(("side", "taker"), [("B", "buy"), ("A", "sell")])
def test_a_trade_is_by_its_aggressor_and_its_id_does_not_count(side: str, taker: str) -> None:
    """`B` bought. An id read as a counter would have holes, and holes are read as hidden fills."""
    (event,) = knowing("BTC").parse(trades((MS, 9)).replace(b'"B"', f'"{side}"'.encode()), RECV_NS)
    assert isinstance(event, Trade)
    assert (event.taker, event.trade_id, event.notional_usd, event.print) == (taker, "9", 200.0, "market")


def test_a_context_gives_mark_and_open_interest() -> None:
    """Open interest falling is how forced flow shows where no liquidation is published."""
    context = {
        "coin": "BTC",
        "ctx": {"funding": "0.00004863", "openInterest": "186.0", "oraclePx": "0.2", "markPx": "0.5"},
    }
    state, interest = knowing("BTC").parse(frame("activeAssetCtx", context), RECV_NS)
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.funding_rate, state.ts_event_ns) == (0.5, 0.2, 0.00004863, RECV_NS)
    assert isinstance(interest, OpenInterest)
    assert (interest.open_interest, interest.notional_usd) == (186.0, 93.0)
    delisted = {"coin": "BTC", "ctx": {"funding": None, "openInterest": None, "oraclePx": None, "markPx": None}}
    (nothing,) = knowing("BTC").parse(frame("activeAssetCtx", delisted), RECV_NS)
    assert isinstance(nothing, DerivativeState)
    assert nothing.mark is None


def test_an_adl_pair_is_one_adl_and_one_liquidation_whoever_saw_it() -> None:
    """Both sides of a match are published with one id, and two watched addresses may be its sides."""
    one = knowing("AVAX")
    events = [
        *one.parse(fills(ADL_ROW, OTHER_LEG, user="0xe92d"), RECV_NS),
        *one.parse(fills(OTHER_LEG, ADL_ROW), RECV_NS),
    ]
    adl, liquidation = events
    assert isinstance(adl, Adl)
    assert adl.deleveraged == "short"
    assert isinstance(liquidation, Liquidation)
    assert liquidation.liquidated == "long"


def test_the_history_of_an_address_and_its_ordinary_fills_say_nothing() -> None:
    """The first message holds up to 2000 old fills: a cascade on every reconnect."""
    one = knowing("AVAX")
    ordinary = ADL_ROW | {"dir": "Close Long", "tid": 5}
    del ordinary["liquidation"]
    assert list(one.parse(fills(ADL_ROW, isSnapshot=True), RECV_NS)) == []
    assert list(one.parse(fills(ordinary), RECV_NS)) == []
    assert list(one.parse(fills(ADL_ROW | {"coin": "@107"}), RECV_NS)) == []
    assert len(one.parse(fills(ADL_ROW), RECV_NS)) == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"channel":"trades"', "bad_json"),
        (book(MS, px="NaN"), "bad_number"),
        (book(MS, px="-1"), "bad_number"),
        (book(MS // 1000), "bad_time"),
        (trades((MS * 1000, 1)), "bad_time"),
        (trades((4_070_908_800_000, 1)), "bad_time"),
        (book(MS).replace(b"BTC", b"ETH"), "unknown_symbol"),
        (trades((MS, 1)).replace(b'"sz": "2"', b'"sz": "-2"'), "bad_number"),
        (trades((MS, 1)).replace(b'"px": "100.0"', b'"px": 1e999'), "bad_number"),
        (trades((MS, 1)).replace(b'"side": "B"', b'"side": "S"'), "bad_shape"),
    ],
)
def test_a_defect_has_its_reason(raw: bytes, reason: str) -> None:
    """A counter by reason is how an operator sees that a venue changed its wire."""
    with pytest.raises(DecodeError) as caught:
        knowing("BTC").parse(raw, RECV_NS)
    assert caught.value.reason == reason


def test_more_addresses_than_the_venue_allows_are_refused_at_the_start() -> None:
    """Later the venue would refuse some of them, and which would not be known."""
    with pytest.raises(ValueError, match="at most 10"):
        Hyperliquid(watched_users=[f"0x{n}" for n in range(11)])
    assert Hyperliquid(watched_users=()).watched_users == ()


@pytest.mark.parametrize(("coin", "name"), [("BTC", "BTC-USDC-PERP"), ("xyz:NVDA", "xyz:NVDA-USDC-PERP")])
def test_a_coin_names_its_perpetual(coin: str, name: str) -> None:
    """Spot pairs are not followed."""
    instrument = Hyperliquid().infer_instrument(coin, 0)
    assert instrument is not None
    assert (instrument.instrument, instrument.contract_value) == (name, 1.0)
    assert Hyperliquid().infer_instrument("@107", 0) is None
    assert Hyperliquid().infer_instrument("PURR/USDC", 0) is None


def test_the_recording_is_read_whole(shared_data: Path) -> None:
    """46 books and 9 batches of trades of 2025, each of them accounted for."""
    path = shared_data / "binance-raw" / "hyperliquid_btcusd_20250126.gz"
    one = knowing("BTC")
    read: Counter[str] = Counter()
    with gzip.open(path) as lines:
        for line in lines:
            time, raw = line.rstrip().split(b" ", 1)
            assert one.symbol_of(raw) == "BTC"
            read.update(type(event).__name__ for event in one.parse(raw, int(time)))
    assert read == {"BookSnapshot": 46, "Trade": 64}


def test_the_fixtures_of_another_project_are_read(shared_data: Path) -> None:
    """Frames and answers in today's shapes that we did not choose ourselves."""
    folder = shared_data / "venue-frames" / "nautilus-fixtures" / "hyperliquid"
    if not folder.is_dir():
        pytest.skip("no fixtures of Hyperliquid among the recordings")
    one = knowing("BTC")
    coins = one.parse_instruments((folder / "http_meta_perp_sample.json").read_bytes(), RECV_NS)
    assert [coin.instrument for coin in coins] == ["BTC-USDC-PERP", "ETH-USDC-PERP", "ATOM-USDC-PERP"]
    data = json.loads((folder / "ws_book_data.json").read_bytes())
    (event,) = one.parse(frame("l2Book", data), 1_703_875_200_100_000_000)
    assert isinstance(event, BookSnapshot)
    assert len(json.loads(bytes(event.bids))) == 5
    rest = one.parse_snapshot((folder / "http_l2_book_btc.json").read_bytes(), coins[0], 1_761_786_491_100_000_000)
    assert json.loads(bytes(rest.asks))[0] == ["110428.0", "3.72573"]
    rows = json.loads((folder / "http_recent_trades_btc.json").read_bytes())
    assert len(one.parse(frame("trades", rows), 1_769_916_003_000_000_000)) == 3
    for name in ("ws_allmids.json", "ws_all_dexs_asset_ctxs.json"):
        assert list(one.parse((folder / name).read_bytes(), RECV_NS)) == []


def coins(count: int) -> list[Instrument]:
    """So many perpetuals."""
    return [found for n in range(count) if (found := Hyperliquid().infer_instrument(f"C{n}", 0))]


def said(made: list[Socket]) -> list[dict[str, Any]]:
    """All subscriptions on all sockets."""
    return [json.loads(frame)["subscription"] for socket in made for frame in socket.subscribe]


def test_a_coin_has_both_books_trades_and_context_and_the_vaults_are_watched() -> None:
    """Each is the only source of something: depth, best prices, flow, open interest, forced fills."""
    (socket,) = Hyperliquid().sockets(coins(1))
    subscriptions = said([socket])
    assert subscriptions[:5] == [
        {"type": "l2Book", "coin": "C0"},
        {"type": "trades", "coin": "C0"},
        {"type": "activeAssetCtx", "coin": "C0"},
        {"type": "bbo", "coin": "C0"},
        {"type": "l2Book", "fast": True, "coin": "C0"},
    ]
    assert [one["user"] for one in subscriptions[5:]] == list(LIQUIDATORS)
    assert len(LIQUIDATORS) <= MOST_USERS
    assert socket.expect_acks == len(subscriptions)
    assert socket.ping == '{"method":"ping"}'
    # The server closes a connection on which it said nothing for a minute.
    assert socket.ping_every_s < 60


@pytest.mark.parametrize("count", [0, 1, 50, 51, 198, 199, 247, 330, 500])
def test_the_caps_of_one_address_are_kept(count: int) -> None:
    """What exceeds them is refused, at random; better to leave out what can be spared."""
    made = Hyperliquid().sockets(coins(count))
    assert len(said(made)) <= MOST_SUBSCRIPTIONS
    assert len(made) <= (Hyperliquid.limits.connections or 0) / 2
    kind = "trades" if count < 500 else "l2Book"
    assert {one["coin"] for one in said(made) if one["type"] == kind} == {one.symbol for one in coins(count)}
