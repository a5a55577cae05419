"""GMX: logs of the chain, REST polls, and what an endpoint may answer. The samples hold the numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.errors import DecodeError
from producers.venue import Refusal
from producers.venues.gmx import MOST_PENDING, Gmx
from schemas.instrument import Instrument
from schemas.market import Adl, AdlState, DerivativeState, Liquidation, OpenInterest

SAMPLES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "samples" / "gmx.jsonl").read_text(encoding="utf-8").splitlines()
]
RECV_NS: int = SAMPLES[0]["ts_recv_ns"]
SYMBOLS = [market["symbol"] for market in SAMPLES[0]["markets"]]
OPENS_ADL = next(sample for sample in SAMPLES if sample["channel"] == "adl" and "before" in sample)


@pytest.fixture
def venue() -> Gmx:
    """A venue that knows the two markets of the samples."""
    made = Gmx()
    made.register(markets(made))
    return made


def markets(venue: Gmx) -> list[Instrument]:
    """ETH with two pools, BTC with one."""
    return [found for symbol in SYMBOLS if (found := venue.infer_instrument(symbol, RECV_NS))]


def edited(sample: dict[str, Any], **changes: object) -> bytes:
    """A sample's log with other fields."""
    frame = json.loads(sample["raw"])
    frame["params"]["result"].update(changes)
    return json.dumps(frame).encode()


def liquidation() -> dict[str, Any]:
    """A liquidated long of ETH."""
    return next(sample for sample in SAMPLES if sample["channel"] == "liquidations")


def test_a_log_told_twice_counts_once(venue: Gmx) -> None:
    """Nodes repeat logs after a reorganisation; a liquidation must not be summed twice."""
    raw = liquidation()["raw"].encode()
    assert [type(event) for event in venue.parse(raw, RECV_NS)] == [DerivativeState, Liquidation]
    assert list(venue.parse(raw, RECV_NS)) == []


def test_an_undone_log_does_not_count_and_may_come_again(venue: Gmx) -> None:
    """A block that was undone never happened; the same transaction in another block did."""
    assert list(venue.parse(edited(liquidation(), removed=True), RECV_NS)) == []
    assert len(venue.parse(edited(liquidation()), RECV_NS)) == 2


def test_a_liquidation_that_came_again_in_another_block_counts_once(venue: Gmx) -> None:
    """After a reorganisation it stands at another place: the order that it executes is the same."""
    assert len(venue.parse(edited(liquidation()), RECV_NS)) == 2
    assert list(venue.parse(edited(liquidation(), removed=True), RECV_NS)) == []
    again = venue.parse(edited(liquidation(), logIndex="0x63", blockNumber="0x2"), RECV_NS)
    assert [type(event) for event in again] == [DerivativeState]
    (closed,) = OPENS_ADL["before"]
    logs = [edited(one, logIndex=hex(place)) for place, one in enumerate([closed, OPENS_ADL] * 2, start=80)]
    assert sum(isinstance(event, Adl) for raw in logs for event in venue.parse(raw, RECV_NS)) == 1


def test_pools_of_one_market_do_not_calm_each_other(venue: Gmx) -> None:
    """The second pool of ETH is fine, and the first one's winners are still about to be closed."""
    warns, calms = (one for one in SAMPLES if one["channel"] == "adl" and "adl_state" in json.dumps(one["expect"]))
    (state,) = venue.parse(edited(warns), RECV_NS)
    assert isinstance(state, AdlState)
    assert state.level == "imminent"
    topics = json.loads(calms["raw"])["params"]["result"]["topics"]
    pools = next(symbol.rpartition(":")[2].split("+") for symbol in SYMBOLS if symbol.startswith("ETH"))
    first = json.loads(warns["raw"])["params"]["result"]["topics"][2][-40:]
    (other,) = (pool[2:] for pool in pools if pool[2:] != first)
    calm = json.loads(calms["raw"])["params"]["result"]["data"]
    (state,) = venue.parse(edited(calms, topics=[*topics[:2], "0x" + "00" * 12 + other], data=calm), RECV_NS)
    assert isinstance(state, AdlState)
    assert state.level == "imminent"


def test_one_odd_row_costs_no_other(venue: Gmx) -> None:
    """The lists are of all tokens and pools, also of those that nobody follows."""
    prices = next(one for one in SAMPLES if one["channel"] == "poll:prices")["raw"]
    good = json.loads(prices)[0]
    odd = good | {"tokenAddress": "0x" + "77" * 20, "updatedAt": None}
    rows = [odd, good | {"minPrice": "0", "maxPrice": "0"}, good]
    assert len(venue.parse_poll("prices", json.dumps(rows).encode(), RECV_NS)) == 1
    assert list(venue.parse_poll("prices", json.dumps([odd]).encode(), RECV_NS)) == []
    with pytest.raises(DecodeError, match="bad_number"):
        venue.parse_poll("prices", json.dumps(rows[:2]).encode(), RECV_NS)
    listing = json.loads(next(one for one in SAMPLES if one["channel"] == "poll:pools")["raw"])
    listing["markets"].append(listing["markets"][0] | {"openInterestLong": None})
    assert venue.parse_poll("pools", json.dumps(listing).encode(), RECV_NS)
    tokens = [{"symbol": "ETH", "address": "0x" + "1A" * 20, "decimals": 18}, {"symbol": "X", "decimals": 99}]
    made = Gmx()
    made.parse_instruments(json.dumps({"tokens": tokens}).encode(), RECV_NS)
    assert len(made.parse_instruments(json.dumps(listing).encode(), RECV_NS)) == 1


@pytest.mark.parametrize("changes", [{"address": "0x" + "00" * 20}, {"topics": ["0x" + "00" * 32] * 3}, {"topics": []}])
def test_logs_of_others_are_passed_over(venue: Gmx, changes: dict[str, Any]) -> None:
    """A user's own endpoint may push more than we asked for."""
    raw = edited(liquidation(), **changes)
    assert list(venue.parse(raw, RECV_NS)) == []
    assert venue.symbol_of(raw) is None


def test_markets_that_were_not_asked_for_are_passed_over() -> None:
    """One subscription tells of all markets."""
    venue = Gmx()
    assert list(venue.parse(liquidation()["raw"].encode(), RECV_NS)) == []
    assert venue.symbol_of(liquidation()["raw"].encode()) == "0x" + "2b" * 20


def test_a_closed_position_is_an_adl_only_if_its_order_says_so(venue: Gmx) -> None:
    """Most orders of that type are ordinary: their traders wanted out."""
    (closed,) = OPENS_ADL["before"]
    assert [type(event) for event in venue.parse(closed["raw"].encode(), RECV_NS)] == [DerivativeState]
    (adl,) = venue.parse(OPENS_ADL["raw"].encode(), RECV_NS)
    assert isinstance(adl, Adl)
    assert adl.deleveraged == "short"


def test_positions_whose_order_is_never_told_are_forgotten(venue: Gmx) -> None:
    """Memory stays bounded over months; the newest position is the one whose order is about to come."""
    (closed,) = OPENS_ADL["before"]
    data = json.loads(closed["raw"])["params"]["result"]["data"]
    key = f"{1006:064x}"
    for number in range(2 * MOST_PENDING):
        other = data.replace(key, f"{10**6 + number:064x}")
        venue.parse(edited(closed, data=other, transactionHash=hex(number + 10**6)), RECV_NS)
    venue.parse(closed["raw"].encode(), RECV_NS)
    assert len(venue._pending) == MOST_PENDING
    assert len(venue.parse(OPENS_ADL["raw"].encode(), RECV_NS)) == 1


def test_a_log_without_a_name_that_is_needed_is_refused(venue: Gmx) -> None:
    """An event that changed its keys must be seen in the counters, not read as zero."""
    data = json.loads(liquidation()["raw"])["params"]["result"]["data"]
    renamed = data.replace(b"executionPrice".hex(), b"executionCosts".hex())
    with pytest.raises(DecodeError, match="bad_shape"):
        venue.parse(edited(liquidation(), data=renamed), RECV_NS)


def test_a_time_that_cannot_be_is_refused(venue: Gmx) -> None:
    """Milliseconds in place of seconds would put the event thousands of years ahead."""
    with pytest.raises(DecodeError, match="bad_time"):
        venue.parse(edited(liquidation(), blockTimestamp="0x1a0c5a6e000"), RECV_NS)


def test_open_interest_waits_for_a_price(venue: Gmx) -> None:
    """The pools' state is in dollars, and base coin cannot be guessed."""
    sample = next(one for one in SAMPLES if one["channel"] == "poll:pools")
    assert [type(event) for event in venue.parse_poll("pools", sample["raw"].encode(), RECV_NS)] == [DerivativeState]
    venue.parse_poll("prices", sample["before"][0]["raw"].encode(), RECV_NS)
    kinds = [type(event) for event in venue.parse_poll("pools", sample["raw"].encode(), RECV_NS)]
    assert kinds == [DerivativeState, OpenInterest]


def test_markets_are_listed_once_both_answers_are_there() -> None:
    """Pools without decimals have no price; either answer may come first."""
    tokens = json.dumps({"tokens": [{"symbol": "ETH", "address": "0x" + "1A" * 20, "decimals": 18}]}).encode()
    pools = next(one for one in SAMPLES if one["channel"] == "poll:pools")["raw"].encode()
    for first, second in ((tokens, pools), (pools, tokens)):
        venue = Gmx()
        assert venue.parse_instruments(first, RECV_NS) == []
        assert [one.symbol for one in venue.parse_instruments(second, RECV_NS)] == SYMBOLS[:1]
    with pytest.raises(DecodeError, match="bad_shape"):
        Gmx().parse_instruments(b"{}", RECV_NS)


def test_one_socket_serves_any_number_of_markets(venue: Gmx) -> None:
    """A public node gives few connections; the contract logs all markets."""
    (socket,) = venue.sockets(markets(venue))
    assert [json.loads(text)["method"] for text in socket.subscribe] == ["eth_chainId", "eth_subscribe"]
    # Positions change seldom, and none of the other sockets tells of liquidations: there are no others.
    assert socket.liquidations == "all"
    assert venue.sockets([]) == []
    assert venue.polls([]) == []


def test_an_endpoint_of_another_chain_is_given_up(venue: Gmx) -> None:
    """A user who names a node of the wrong chain must be told, not left with silence."""
    (refusal,) = venue.parse(b'{"jsonrpc":"2.0","id":2,"result":"0x1"}', RECV_NS)
    assert isinstance(refusal, Refusal)
    assert "Arbitrum" in refusal.reason
    assert refusal.action == "fatal"


def test_there_are_no_books(venue: Gmx) -> None:
    """Nobody may wait for one."""
    (eth, _) = markets(venue)
    assert venue.book_request(eth) is None  # type: ignore[func-returns-value]
    with pytest.raises(DecodeError):
        venue.parse_snapshot(b"{}", eth, RECV_NS)


@pytest.mark.parametrize("frame", [b'{"type":"ping"}', b"junk", b'{"method":"eth_subscription","params":{"result":1}}'])
def test_frames_of_others_are_not_recognised(venue: Gmx, frame: bytes) -> None:
    """Recordings are told apart by their frames."""
    assert venue.symbol_of(frame) is None
