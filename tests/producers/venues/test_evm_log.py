"""Data of EVM logs: the layout of the Solidity ABI, and hostile bytes."""

from __future__ import annotations

import pytest

from producers.errors import DecodeError
from producers.venue_server.gmx import event_log_data
from producers.venues.evm_log import MOST_KEYS, event_data

SEVENTEEN = (
    "sizeInUsd", "sizeInTokens", "collateralAmount", "borrowingFactor", "fundingFeeAmountPerSize",
    "longTokenClaimableFundingAmountPerSize", "shortTokenClaimableFundingAmountPerSize", "executionPrice",
    "indexTokenPrice.max", "indexTokenPrice.min", "collateralTokenPrice.max", "collateralTokenPrice.min",
    "sizeDeltaUsd", "sizeDeltaInTokens", "collateralDeltaAmount", "values.priceImpactDiffUsd", "orderType",
)  # fmt: skip
"""The numbers of a `PositionDecrease` of 2024, in the contract's order."""


def word(number: int) -> bytes:
    """A number as the ABI writes it."""
    return number.to_bytes(32, signed=number < 0)


def decrease() -> bytes:
    """A `PositionDecrease` whose numbers are 1000, 1001, 1002 …"""
    addresses = {key: bytes(32) for key in ("account", "market", "collateralToken")}
    return event_log_data("PositionDecrease", [addresses, {key: word(1000 + n) for n, key in enumerate(SEVENTEEN)}])


def test_the_layout_is_that_of_the_chain() -> None:
    """DefiLlama's GMX adapter reads words 102 and 118 as the size and the order's type: so must we."""
    data = decrease()
    assert [int.from_bytes(data[32 * at : 32 * at + 32]) for at in (102, 118)] == [1012, 1016]
    assert event_data(data).uints["sizeDeltaUsd"] == 1012
    assert event_data(data).uints["orderType"] == 1016


def test_values_are_read_by_type_and_name() -> None:
    """A negative profit must stay negative, and an address comparable with the market list's."""
    items = [
        {"market": bytes(12) + bytes.fromhex("ab" * 20)},
        {"orderType": word(7)},
        {"basePnlUsd": word(-5)},
        {"isLong": word(1), "other": word(0)},
        {"orderKey": bytes.fromhex("0c" * 32)},
    ]
    found = event_data(event_log_data("PositionDecrease", items))
    assert found.name == "PositionDecrease"
    assert found.addresses == {"market": "0x" + "ab" * 20}
    assert (found.uints, found.ints) == ({"orderType": 7}, {"basePnlUsd": -5})
    assert found.flags == {"isLong": True, "other": False}
    assert found.words == {"orderKey": "0x" + "0c" * 32}


def test_data_that_ends_early_is_refused_wherever_it_ends() -> None:
    """A frame cut by a proxy must count as unreadable, not as half an event."""
    data = decrease()
    needed = len(data) - 32 * 9  # bytes and texts, which are passed over, come last
    for end in range(0, needed, 32):
        with pytest.raises(DecodeError, match="bad_shape"):
            event_data(data[:end])


@pytest.mark.parametrize("value", [2**256 - 1, 2**255, 10**6])
def test_offsets_and_counts_beyond_the_data_are_refused(value: int) -> None:
    """A hostile count must not cost time or memory."""
    data = decrease()
    for at in (1, 2, 3, 5, 12, 14, 15):
        broken = data[: at * 32] + value.to_bytes(32) + data[at * 32 + 32 :]
        with pytest.raises(DecodeError, match="bad_shape"):
            event_data(broken)


def test_too_many_keys_and_odd_names_are_refused() -> None:
    """Names become metric-like keys: they are short and plain."""
    many = {f"k{n}": word(n) for n in range(MOST_KEYS + 1)}
    for items, name in (([{}, many], "A"), ([{}, {"k" * 65: word(1)}], "A"), ([{}, {}], "Größe")):
        with pytest.raises(DecodeError, match="bad_shape"):
            event_data(event_log_data(name, items))
