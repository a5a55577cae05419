import csv
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from producers.errors import DecodeError, RecordingError
from producers.replay import Replay
from producers.venues.hyperliquid import Hyperliquid
from producers.venues.hyperliquid_fills import LIQUIDATORS, forced_fill, is_node_line, node_line_ns
from producers.venues.hyperliquid_wire import Fill, FillLiquidation, Side
from producers.venues.registry import venues_of
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import Adl, Liquidation, Trade

MS = 1_760_130_964_831
RECV_NS = (MS + 500) * 1_000_000
VICTIM = "0xAbc0000000000000000000000000000000000001"
OTHER = "0x9b54264d7502f80163ea949038aad771eae67e38"


def btc() -> Instrument:
    """The perpetual of BTC."""
    instrument = Hyperliquid().infer_instrument("BTC", 0)
    assert instrument is not None
    return instrument


def fill(side: Side, direction: str, liquidation: FillLiquidation | None, *, crossed: bool = False) -> Fill:
    """Two coins at 100 dollars."""
    return Fill(
        coin="BTC", side=side, px=100.0, sz=2.0, time=MS, tid=9,
        direction=direction, crossed=crossed, liquidation=liquidation,
    )  # fmt: skip


MARKET = FillLiquidation(liquidated_user=VICTIM, method="market")
BACKSTOP = FillLiquidation(liquidated_user=VICTIM, method="backstop")
UNNAMED = FillLiquidation(liquidated_user=None, method="market")


@pytest.mark.parametrize(
    ("user", "row", "liquidated", "price_kind"),
    [
        (VICTIM, fill("A", "Close Long", MARKET), "long", "fill"),
        (VICTIM, fill("B", "Close Short", MARKET), "short", "fill"),
        (VICTIM.lower(), fill("A", "Close Long", MARKET), "long", "fill"),
        (OTHER, fill("B", "Open Long", MARKET), "long", "fill"),
        (OTHER, fill("A", "Open Short", MARKET), "short", "fill"),
        (OTHER, fill("B", "Open Long", UNNAMED), "long", "fill"),
        (OTHER, fill("A", "Close Long", UNNAMED, crossed=True), "long", "fill"),
        (VICTIM, fill("A", "Liquidated Cross Long", BACKSTOP), "long", "mark"),
        (VICTIM, fill("B", "Liquidated Isolated Short", BACKSTOP), "short", "mark"),
        (VICTIM, fill("A", "Liquidated Cross Long", None), "long", "mark"),
        (OTHER, fill("B", "Open Long", BACKSTOP), "long", "mark"),
    ],
)
def test_whose_position_was_liquidated(user: str, row: Fill, liquidated: str, price_kind: str) -> None:
    """A fill's side is that of its owner, who may be either party: misread, a crash is a squeeze."""
    event = forced_fill(row, user, btc(), RECV_NS, sampled=True)
    assert isinstance(event, Liquidation)
    assert (event.liquidated, event.price_kind, event.sampled) == (liquidated, price_kind, True)
    assert (event.price, event.qty_base, event.notional_usd) == (100.0, 2.0, 200.0)
    assert (event.liquidation_id, event.ts_event_ns) == ("9", MS * 1_000_000)


@pytest.mark.parametrize(("side", "deleveraged"), [("B", "short"), ("A", "long")])
def test_an_adl_fill_is_the_winners(side: Side, deleveraged: str) -> None:
    """A winner who buys gives back a short; counted as a liquidation it would be counted twice."""
    row = fill(side, "Auto-Deleveraging", BACKSTOP)
    event = forced_fill(row, OTHER, btc(), RECV_NS, sampled=True)
    assert isinstance(event, Adl)
    assert (event.deleveraged, event.notional_usd, event.adl_id) == (deleveraged, 200.0, "9")


def test_an_ordinary_fill_is_not_forced() -> None:
    """A liquidator vault mostly unwinds what it took over: those fills are no liquidations."""
    assert forced_fill(fill("A", "Close Long", None), LIQUIDATORS[0], btc(), RECV_NS, sampled=True) is None


def test_what_a_liquidator_vault_loses_was_liquidated_before() -> None:
    """On 2025-10-10 vaults took positions over and were deleveraged themselves: counted twice, it is twice the size."""
    of_vault = FillLiquidation(liquidated_user=LIQUIDATORS[0].upper().replace("X", "x"), method="backstop")
    row = fill("A", "Liquidated Cross Long", of_vault)
    assert forced_fill(row, LIQUIDATORS[0], btc(), RECV_NS, sampled=True) is None
    assert isinstance(forced_fill(fill("B", "Auto-Deleveraging", of_vault), OTHER, btc(), RECV_NS, sampled=True), Adl)


def row(
    tid: int, side: str, direction: str, *, coin: str = "BTC", crossed: bool, px: str = "100.0", **more: Any
) -> Any:
    """A fill of two coins as a node writes it."""
    terms = {"coin": coin, "px": px, "sz": "2.0", "side": side, "time": MS, "startPosition": "0.0", "dir": direction}
    ids = {"closedPnl": "0.0", "hash": "0x0", "oid": tid + 5, "crossed": crossed, "fee": "0.1", "tid": tid}
    return {**terms, **ids, "feeToken": "USDC", "twapId": None, **more}


def block(*owned: tuple[str, Any]) -> bytes:
    """A line of `node_fills_by_block`."""
    times = {
        "local_time": "2025-10-10T21:16:05.331",
        "block_time": "2025-10-10T21:16:04.831",
        "block_number": 758800641,
    }
    return json.dumps({**times, "events": owned}, separators=(",", ":")).encode()


def liquidated(method: str, victim: str = VICTIM) -> dict[str, Any]:
    """What marks both sides of a forced match."""
    return {"liquidation": {"liquidatedUser": victim, "markPx": "99.0", "method": method}}


PLAIN = [(OTHER, row(1, "A", "Open Short", crossed=False)), (VICTIM, row(1, "B", "Open Long", crossed=True))]
THROUGH_BOOK = [
    (VICTIM, row(2, "A", "Close Long", crossed=True, **liquidated("market"))),
    (OTHER, row(2, "B", "Open Long", crossed=False, **liquidated("market"))),
]
TAKEN_OVER = [
    (LIQUIDATORS[0], row(3, "B", "Open Long", crossed=False, **liquidated("backstop"))),
    (VICTIM, row(3, "A", "Liquidated Cross Long", crossed=True, **liquidated("backstop"))),
]
DELEVERAGED = [
    (VICTIM, row(4, "A", "Liquidated Isolated Long", crossed=True, **liquidated("backstop"))),
    (OTHER, row(4, "B", "Auto-Deleveraging", crossed=True, **liquidated("backstop"))),
]
NO_MATCH = [
    (OTHER, row(5, "B", "Settlement", crossed=True, px="0.0")),
    (OTHER, row(6, "B", "Buy", coin="@107", crossed=True)),
]


def told(*lines: bytes) -> list[Event]:
    """What a venue that knows BTC makes of a node's lines."""
    one = Hyperliquid()
    one.register([btc()])
    return [event for line in lines for event in one.parse(line, RECV_NS) if isinstance(event, Event)]


@pytest.mark.parametrize("by_block", [True, False])
def test_a_nodes_fills_are_each_match_once_and_all_that_was_forced(by_block: bool) -> None:
    """Both sides of every match are written: counted as they come, volume and liquidations are twice their size."""
    rows = [*PLAIN, *THROUGH_BOOK, *TAKEN_OVER, *DELEVERAGED, *NO_MATCH]
    lines = [block(*rows)] if by_block else [json.dumps(owned).encode() for owned in rows]
    events = told(*lines, *lines)
    trades = {event.trade_id: (event.taker, event.print) for event in events if isinstance(event, Trade)}
    assert trades == {
        "1": ("buy", "market"),
        "2": ("sell", "market"),
        "3": ("sell", "other"),
        # Alone, the bankrupt side of a match does not say that the other one was deleveraged.
        "4": ("sell", "adl" if by_block else "other"),
    }
    liquidations = [event for event in events if isinstance(event, Liquidation)]
    assert [(event.liquidation_id, event.price_kind) for event in liquidations] == [
        ("2", "fill"),
        ("3", "mark"),
        ("4", "mark"),
    ]
    assert {(event.liquidated, event.qty_base, event.notional_usd) for event in liquidations} == {("long", 2.0, 200.0)}
    # Nobody is left out here, so sums are no lower bounds.
    assert not any(event.sampled for event in liquidations)
    (adl,) = [event for event in events if isinstance(event, Adl)]
    assert (adl.adl_id, adl.deleveraged, adl.notional_usd) == ("4", "short", 200.0)


def test_a_line_is_dated_by_the_node_that_wrote_it() -> None:
    """It has no receive time before it."""
    assert node_line_ns(block(*PLAIN)) == 1_760_130_965_331_000_000
    assert node_line_ns(block().replace(b"05.331", b"05.331874123")) == 1_760_130_965_331_874_123
    assert node_line_ns(json.dumps(PLAIN[0]).encode()) == MS * 1_000_000
    for line in (b'{"local_time":"soon","events":[]}', b'["0x1",{}]', b'{"local_time":"9999-01-01T00:00:00"}'):
        assert is_node_line(line)
        assert node_line_ns(line) is None
    assert not is_node_line(b'{"channel":"pong"}')


def test_a_coin_that_is_not_known_yet_costs_none_of_the_lines_rows() -> None:
    """A block holds many coins; whoever makes them known one by one reads the line again."""
    one = Hyperliquid()
    one.register([btc()])
    line = block(*PLAIN, (OTHER, row(7, "B", "Open Long", coin="ETH", crossed=True)))
    assert one.symbol_of(line) == "ETH"
    with pytest.raises(DecodeError, match="unknown_symbol"):
        one.parse(line, RECV_NS)
    one.register([found for found in [one.infer_instrument("ETH", 0)] if found])
    assert len(one.parse(line, RECV_NS)) == 2


@pytest.mark.parametrize("packed", [False, True])
def test_files_of_a_node_replay_like_recordings(tmp_path: Path, packed: bool) -> None:
    """They are the only whole record of what was liquidated."""
    path = tmp_path / "21"
    eth = [(OTHER, row(7, "B", "Open Long", coin="ETH", crossed=True))]
    text = b"\n".join([block(*PLAIN, *eth), block(*DELEVERAGED, *NO_MATCH), b"junk", b""])
    path.write_bytes(gzip.compress(text) if packed else text)
    replay = Replay([path], venues=venues_of("all"), venue_id="hyperliquid")
    kinds = Counter(type(event).__name__ for batch in replay for event in batch)
    assert kinds == {"Instrument": 2, "Trade": 3, "Liquidation": 1, "Adl": 1}
    (tally,) = replay.tallies
    assert (tally.venue_id, tally.decode_errors, dict(tally.skipped)) == ("hyperliquid", {}, {"not_a_frame": 1})
    assert Replay([path], venues=venues_of("all")).tallies[0].venue_id == "hyperliquid"


def test_a_file_as_it_lies_on_s3_says_how_to_unpack_it(tmp_path: Path) -> None:
    """Read as text it is a recording without a frame, which nobody understands."""
    path = tmp_path / "21.lz4"
    path.write_bytes(b"\x04\x22\x4d\x18 and so on")
    with pytest.raises(RecordingError, match="lz4 -d"):
        Replay([path], venues=venues_of("all"), venue_id="hyperliquid")


def test_the_waves_of_october_2025_come_out_as_they_went_in(shared_data: Path) -> None:
    """Ten minutes of auto-deleveraging, by wave and coin: no quantity is lost or counted twice."""
    path = next((shared_data / "hyperliquid-adl").glob("*.csv"))
    lines: dict[int, list[tuple[str, Any]]] = {}
    wanted: dict[str, float] = {}
    with path.open() as table:
        for tid, wave in enumerate(csv.DictReader(table), start=1):
            coin, ms, qty = wave["coin"], int(wave["t_start_ms"]), wave["qty_contracts"]
            wanted[coin] = wanted.get(coin, 0.0) + float(qty)
            terms = {"coin": coin, "sz": qty, "time": ms, **liquidated("backstop", LIQUIDATORS[0])}
            pair = [(OTHER, "B", "Auto-Deleveraging"), (LIQUIDATORS[0], "A", "Liquidated Cross Long")]
            lines.setdefault(ms, []).extend(
                (user, row(tid, side, direction, crossed=True) | terms) for user, side, direction in pair
            )
    one = Hyperliquid()
    one.register([known for coin in wanted if (known := one.infer_instrument(coin, 0))])
    found: dict[str, float] = {}
    for ms, rows in lines.items():
        for event in one.parse(block(*rows), (ms + 500) * 1_000_000):
            assert isinstance(event, Adl | Trade)
            if isinstance(event, Adl):
                coin = event.instrument.partition("-")[0]
                found[coin] = found.get(coin, 0.0) + (event.qty_base or 0.0)
    assert found == pytest.approx(wanted)
