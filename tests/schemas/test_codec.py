from __future__ import annotations

import json
import types
import typing
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import Event
from schemas.codec import EVENTS, OUTPUTS, base_asset, decode_event, decode_output, encode, partition_key
from schemas.instrument import canonical_id
from schemas.market import BookTop, DerivativeState, Trade

AT: Any = {"venue": "v", "instrument": "BTC-USDT-PERP", "ts_event_ns": 1, "ts_recv_ns": 2}
TRADE = Trade(**AT, price=1.5, qty=2.0, notional_usd=3.0, taker="sell", trade_id=7)

VALUES: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    # Nanoseconds and sequence numbers are 64 bits wide.
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    type(None): st.none(),
    msgspec.Raw: st.lists(st.tuples(st.decimals(0, 1e6, places=3).map(str), st.decimals(0, 9, places=3).map(str))).map(
        lambda levels: msgspec.Raw(msgspec.json.encode(levels))
    ),
}


def _strategy(hint: Any) -> st.SearchStrategy[Any]:
    """Every value that the type of a field allows."""
    if hint in VALUES:
        return VALUES[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_strategy(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_strategy(arguments[0]), _strategy(arguments[1]), max_size=3)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(_strategy(part) for part in arguments))
    return st.builds(hint, **{name: _strategy(part) for name, part in typing.get_type_hints(hint).items()})


@given(st.one_of(*(_strategy(event) for event in EVENTS)))
def test_an_event_comes_back_as_it_went(event: Any) -> None:
    """A replayed or transported stream would give other alerts than the live one."""
    assert decode_event(encode(event)) == event


@given(st.one_of(*(_strategy(output) for output in OUTPUTS)))
def test_an_output_comes_back_as_it_went(output: Any) -> None:
    """A subscriber would read something else than the detector said."""
    assert decode_output(encode(output)) == output


@given(st.one_of(*(_strategy(message) for message in (*EVENTS, *OUTPUTS))))
def test_a_message_is_one_line_of_strict_json(message: Any) -> None:
    """`--json` output could not be read line by line, or not by other languages."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    line = encode(message)
    assert b"\n" not in line
    assert json.loads(line, parse_constant=refuse)["kind"] == message.__struct_config__.tag


def test_fields_of_a_later_version_are_ignored() -> None:
    """An updated writer would stop every reader that was not updated with it."""
    later = json.loads(encode(TRADE)) | {"added_in_v1_9": {"nested": [1, 2]}}
    assert decode_event(json.dumps(later).encode()) == TRADE


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused_where_it_must_be_known(number: float) -> None:
    """The record would be written and nobody could read it."""
    with pytest.raises(ValueError, match=r"Trade\.price is not finite"):
        encode(Trade(**AT, price=number, qty=1.0, notional_usd=None, taker="buy"))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_unknown_where_it_may_be(number: float) -> None:
    """One strange ratio would keep an alert from being sent."""
    assert decode_event(encode(DerivativeState(**AT, mark=number))) == DerivativeState(**AT, mark=None)


@pytest.mark.parametrize(
    "line", [b"", b"{}", b'{"kind":"nonsense"}', b'{"kind":"trade"}', b'{"kind":"alert"}', b"\xff"]
)
def test_what_is_no_event_raises_one_kind_of_error(line: bytes) -> None:
    """A reader that catches the documented error would die of another."""
    with pytest.raises(msgspec.DecodeError):
        decode_event(line)


def test_an_event_is_no_output() -> None:
    """Market data would be taken for the detector's word."""
    with pytest.raises(msgspec.DecodeError):
        decode_output(encode(TRADE))


@pytest.mark.parametrize(
    ("instrument", "key"),
    [
        (canonical_id("BTC", "USDT", "perp"), b"BTC"),
        (canonical_id("BTC", "USD", "future", "20261225"), b"BTC"),
        (canonical_id("BTC", "USDC", "spot"), b"BTC"),
        (canonical_id("1000PEPE", "USDT", "perp"), b"1000PEPE"),
        (canonical_id("XYZ-A", "USDT", "perp"), b"XYZ-A"),
        ("*", b"*"),
    ],
)
def test_all_markets_of_an_asset_share_a_key(instrument: str, key: bytes) -> None:
    """Spot and perpetual of one asset would be judged by two workers, neither of which sees both."""
    event: Event = BookTop(
        venue="v", instrument=instrument, ts_event_ns=1, ts_recv_ns=1, bid=None, bid_qty=None, ask=None, ask_qty=None
    )
    assert partition_key(event) == key
    assert base_asset(instrument).encode() == key
