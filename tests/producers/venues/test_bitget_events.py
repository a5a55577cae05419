import json
from typing import Any
from zlib import crc32

import pytest

from producers.completeness import ALL, Coverage
from producers.continuity import BookSyncs
from producers.errors import DecodeError
from producers.venues import bitget_wire as wire
from producers.venues.bitget import Bitget
from producers.venues.bitget_events import Books, fills, liquidations, state
from schemas.base import Event
from schemas.health import Gap
from schemas.instrument import Instrument
from schemas.market import BookDelta, BookSnapshot, DerivativeState, Liquidation, Trade

AT_MS = 1_653_935_348_839
RECV_NS = (AT_MS + 100) * 10**6
SUM = crc32(b"99.5:2:100:1")


def market(symbol: str) -> Instrument:
    """A market by its name."""
    found = Bitget().infer_instrument(symbol, RECV_NS)
    assert found is not None
    return found


BTC = market("BTCUSDT")


def message(data: Any, *, action: str = "update", **arg: str) -> wire.Frame:
    """A frame; of v1, where nothing else is said."""
    own = arg or {"instType": "mc", "channel": "books", "instId": "BTCUSDT"}
    return wire.read(wire.frames, json.dumps({"action": action, "arg": own, "data": data, "ts": AT_MS}).encode())


def signed(checksum: int) -> int:
    """As v1 writes it."""
    return checksum - 2**32 if checksum >= 2**31 else checksum


def change(books: Books, *, action: str = "update", checksum: int = 0, **sides: list[list[str]]) -> Event:
    """What becomes of a change of a v1 book."""
    row = {"bids": [], "asks": [], "ts": str(AT_MS), "checksum": checksum} | sides
    (event,) = books.events(message([row], action=action), BTC, RECV_NS)
    return event


def test_a_changed_level_is_found_by_the_sum_of_an_old_book() -> None:
    """It is all that proves such a book: without it depth goes wrong unseen."""
    books = Books()
    whole = change(books, action="snapshot", checksum=SUM, bids=[["99.5", "2"]], asks=[["100", "1"]])
    assert isinstance(whole, BookSnapshot)
    better = signed(crc32(b"99.6:3:100:1:99.5:2"))
    assert isinstance(change(books, checksum=better, bids=[["99.6", "3"]]), BookDelta)
    gap = change(books, checksum=better, bids=[["99.6", "4"]])
    assert isinstance(gap, Gap)
    assert (gap.instrument, gap.channel) == ("BTC-USDT-PERP", "book")


def test_a_book_that_was_given_up_is_told_of_once() -> None:
    """A gap with every further change would hide that one snapshot mends it."""
    books = Books()
    change(books, action="snapshot", checksum=SUM, bids=[["99.5", "2"]], asks=[["100", "1"]])
    assert isinstance(change(books, checksum=1), Gap)
    assert isinstance(change(books, checksum=2), BookDelta)
    again = change(books, action="snapshot", checksum=SUM, bids=[["99.5", "2"]], asks=[["100", "1"]])
    assert isinstance(again, BookSnapshot)
    assert isinstance(change(books, checksum=SUM, asks=[["101", "0"]]), BookDelta)


def test_a_sum_of_zero_proves_nothing() -> None:
    """From 2024 on it is written and not kept: every book would be a broken one."""
    books = Books()
    assert isinstance(change(books, action="snapshot", bids=[["99.5", "2"]], asks=[["100", "1"]]), BookSnapshot)
    assert isinstance(change(books, bids=[["99.4", "2"]]), BookDelta)


def test_levels_that_are_no_numbers_are_refused() -> None:
    """A level of dots and commas must not reach a sum or a book."""
    for level in (["99.5", ""], ["1.2.3", "1"], ["-1", "1"], ["1e5", "1"]):
        with pytest.raises(DecodeError, match="bad_number"):
            change(Books(), action="snapshot", checksum=SUM, bids=[level], asks=[["100", "1"]])


def test_fills_come_oldest_first() -> None:
    """The wire lists the newest first: read so, a falling price would rise."""
    rows = [[str(AT_MS), "98", "1", "sell"], [str(AT_MS), "99", "1", "sell"], [str(AT_MS - 5), "100", "1", "sell"]]
    said = fills(message(rows, instType="mc", channel="trade", instId="BTCUSDT"), BTC, RECV_NS)
    assert [event.price for event in said if isinstance(event, Trade)] == [100.0, 99.0, 98.0]


def test_what_a_ticker_leaves_open_is_unknown() -> None:
    """An empty text is no zero: funding of zero would be an opinion."""
    arg = {"instType": "usdt-futures", "topic": "ticker", "symbol": "BTCUSDT"}
    row = {"markPrice": "100", "indexPrice": "0", "fundingRate": "", "nextFundingTime": "", "openInterest": ""}
    (said,) = state(message([row], **arg), BTC, RECV_NS)
    assert isinstance(said, DerivativeState)
    assert (said.index, said.funding_rate, said.next_funding_ns) == (None, None, None)
    assert said.ts_event_ns == AT_MS * 10**6
    assert state(message([row | {"markPrice": ""}], **arg), BTC, RECV_NS) == []


@pytest.mark.parametrize(("symbol", "qty_base"), [("BTCUSDT", 0.5), ("BTCUSD_CM", 0.5)])
def test_a_liquidation_is_worth_its_amount(symbol: str, qty_base: float) -> None:
    """`amount` is quote currency: multiplied by the price it would be sixty thousand times too much."""
    rows = [
        {"symbol": symbol, "side": "buy", "price": "60000", "amount": "30000", "ts": str(AT_MS)},
        {"symbol": "NEWUSDT", "side": "buy", "price": "1", "amount": "1", "ts": str(AT_MS)},
    ]
    frame = message(rows, instType="usdt-futures", topic="liquidation")
    (said,) = liquidations(frame, {symbol: market(symbol)}, ALL, RECV_NS)
    assert isinstance(said, Liquidation)
    assert (said.liquidated, said.qty_base, said.notional_usd) == ("long", qty_base, 30_000.0)
    assert not said.sampled
    (said,) = liquidations(
        frame, {symbol: market(symbol)}, Coverage(kind="sampled", rows=2, every_s=1.0, since="2022-05-30"), RECV_NS
    )
    assert isinstance(said, Liquidation)
    assert said.sampled


def numbered(action: str, seq: int, pseq: int, ms: int) -> wire.Frame:
    """A message of a v3 book."""
    row = {"a": [["101", "1"]], "b": [["100", "1"]], "seq": seq, "pseq": pseq, "ts": str(AT_MS + ms)}
    return message([row], action=action, instType="usdt-futures", topic="books", symbol="BTCUSDT")


def test_a_reset_is_one_gap_at_once_and_a_whole_book_mends_it() -> None:
    """Its ids begin far below the last one: taken for old changes, minutes of them would be lost without a word."""
    books = Books()
    frames = [numbered("snapshot", 5000, 0, 0), numbered("update", 5010, 5000, 50), numbered("update", 10, 0, 100),
              numbered("update", 20, 10, 150), numbered("update", 30, 20, 200), numbered("snapshot", 40, 0, 250),
              numbered("update", 50, 40, 300)]  # fmt: skip
    syncs = BookSyncs(venue="bitget", sequencing=Bitget.sequencing)
    out: list[list[Event]] = []
    wanted = []
    for frame in frames:
        out.append(syncs.feed(books.events(frame, BTC, RECV_NS)))
        wanted.append(syncs.wanting())
    assert [[type(event) for event in events] for events in out] == [
        [BookSnapshot], [BookDelta], [Gap], [], [], [BookSnapshot], [BookDelta],
    ]  # fmt: skip
    assert wanted[4] == ["BTC-USDT-PERP"]
    assert wanted[5:] == [[], []]


def test_liquidations_that_begin_a_subscription_are_history() -> None:
    """Every reconnect would force the same positions closed again."""
    row = {"symbol": "BTCUSDT", "side": "buy", "price": "60000", "amount": "30000", "ts": str(AT_MS)}
    arg = {"instType": "usdt-futures", "topic": "liquidation"}
    assert list(liquidations(message([row], action="snapshot", **arg), {"BTCUSDT": BTC}, ALL, RECV_NS)) == []
    assert len(liquidations(message([row], **arg), {"BTCUSDT": BTC}, ALL, RECV_NS)) == 1


@pytest.mark.parametrize(
    "strange", [{"price": ""}, {"price": "0"}, {"side": "both"}, {"ts": "1"}, {"symbol": "NEWUSDT", "price": ""}]
)
def test_one_strange_liquidation_costs_no_other(strange: dict[str, str]) -> None:
    """In a cascade a frame tells of hundreds of markets, whoever asked for them."""
    row = {"symbol": "BTCUSDT", "side": "buy", "price": "60000", "amount": "30000", "ts": str(AT_MS)}
    arg = {"instType": "usdt-futures", "topic": "liquidation"}
    (forced,) = liquidations(message([row | strange, row], **arg), {"BTCUSDT": BTC}, ALL, RECV_NS)
    assert isinstance(forced, Liquidation)
    assert forced.notional_usd == 30_000.0
    with pytest.raises(DecodeError):
        liquidations(message([row | strange], **arg), {"BTCUSDT": BTC}, ALL, RECV_NS)
