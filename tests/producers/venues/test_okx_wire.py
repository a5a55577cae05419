"""OKX's names of markets, and the frames that the file shows."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest

from producers.errors import DecodeError
from producers.venues import okx_wire
from producers.venues.okx_wire import Frame, Listed, Topic, answered, listed, named, read_levels


def test_a_name_tells_pair_kind_and_contract() -> None:
    """What is margined in the coin counts dollars; the same pair margined in dollars counts coins."""
    told = {
        "BTC-USDT": ("BTC-USDT-SPOT", "USDT", "spot", 1.0),
        "BTC-USDT-SWAP": ("BTC-USDT-PERP", "USDT", "linear", None),
        "BTC-USD-SWAP": ("BTC-USD-PERP", "USD", "inverse", None),
        "BTC-USD_UM-SWAP": ("BTC-USD_UM-PERP", "USD", "linear", None),
        "BTC-USD-261225": ("BTC-USD-20261225", "USD", "inverse", None),
        "BTC-USD_UM-261225": ("BTC-USD_UM-20261225", "USD", "linear", None),
        "BTC-USD_UM_XPERP-310404": ("BTC-USD_UM_XPERP-PERP", "USD", "linear", None),
    }
    for symbol, expected in told.items():
        market = named("okx", symbol, 1)
        assert market is not None
        assert (market.instrument, market.quote, market.contract, market.contract_value) == expected


@pytest.mark.parametrize(
    "symbol", ["BTC", "", "-", "BTC-", "-USDT", "BTC-USD-241217-92000-C", "BTC-USDT-WEEK", "BTC-_UM-SWAP"]
)
def test_other_names_are_no_markets_of_ours(symbol: str) -> None:
    """An option, or a name of another venue, must not become a market with a wrong unit."""
    assert named("okx", symbol, 1) is None


@pytest.mark.parametrize(
    ("unit", "contract", "value"),
    [("BTC", "linear", 0.01), ("USDT", "linear", None), ("BTC", "inverse", None), ("", "", None)],
)
def test_a_contract_in_another_unit_has_an_unknown_value(unit: str, contract: str, value: float | None) -> None:
    """Unknown is said; a guess would be a wrong number of dollars."""
    row = Listed(inst_id="BTC-USDT-SWAP", state="live", ct_type=contract, ct_val=0.01, ct_mult=1.0, ct_val_ccy=unit)
    market = listed("okx", row, 1)
    assert market is not None
    assert market.contract_value == value


def test_an_answer_that_is_an_error_is_an_error() -> None:
    """Its rows are empty, and would be taken for none."""
    assert answered(b'{"code":"0","msg":"","data":[{}]}') == (msgspec.Raw(b"{}"),)
    with pytest.raises(DecodeError, match="code 50011: Too Many Requests"):
        answered(b'{"code":"50011","msg":"Too Many Requests","data":[]}')


def test_a_topic_is_written_as_it_is_read() -> None:
    """The answer to a subscription is matched with it."""
    topic = Topic(channel="liquidation-orders", inst_type="SWAP")
    assert msgspec.json.encode(topic) == b'{"channel":"liquidation-orders","instType":"SWAP"}'
    assert msgspec.json.decode(b'{"arg":{"channel":"liquidation-orders","instType":"SWAP"}}', type=Frame).arg == topic


def shown() -> list[Any]:
    """Every Struct with the frames of its docstring."""
    classes = [
        kind for _, kind in inspect.getmembers(okx_wire, inspect.isclass) if kind.__module__ == okx_wire.__name__
    ]
    return [
        (kind, line.strip())
        for kind in classes
        for line in (kind.__doc__ or "").splitlines()
        if line.strip()[:1] == "{"
    ]


@pytest.mark.parametrize(("kind", "frame"), shown(), ids=lambda one: getattr(one, "__name__", ""))
def test_the_frames_shown_are_read(kind: type[msgspec.Struct], frame: str) -> None:
    """A sample that its Struct refuses teaches what is wrong."""
    msgspec.json.decode(frame.encode(), type=kind, strict=False)


def test_levels_of_a_checksum_are_plain_numbers() -> None:
    """They are compared as text and sorted as numbers."""
    assert read_levels(b'[["8476.98","415","0","13"]]') == (("8476.98", "415", "0", "13"),)
    with pytest.raises(msgspec.ValidationError):
        read_levels(b'[["1.2.3","415","0","13"]]')
