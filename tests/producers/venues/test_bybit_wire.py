"""Bybit's Structs read the frames that they show."""

from __future__ import annotations

import re

import msgspec
import pytest

from producers.venues import bybit_wire as wire


def shown(struct: type[msgspec.Struct]) -> bytes:
    """The first JSON object in a docstring."""
    found = re.search(r"\{.*\}", struct.__doc__ or "")
    assert found is not None
    return found[0].replace("…", "").encode()


@pytest.mark.parametrize(
    "struct",
    [
        wire.Book, wire.TradeRow, wire.LiquidationRow, wire.OldLiquidation, wire.Ticker, wire.PoolRow, wire.FundRow,
        wire.Band, wire.Maintenance, wire.Listed,
    ],
)  # fmt: skip
def test_a_struct_reads_the_frame_beside_it(struct: type[msgspec.Struct]) -> None:
    """A field that is renamed by mistake would be silently absent."""
    read = msgspec.json.decode(shown(struct), type=struct, strict=False)
    named = [field.name for field in msgspec.structs.fields(struct) if field.required]
    assert all(getattr(read, name) is not None for name in named)


def test_a_ticker_reads_empty_text_as_nothing() -> None:
    """Futures have no funding, and say so with two quotation marks."""
    read = msgspec.json.decode(
        b'{"fundingRate":"","nextFundingTime":"","markPrice":"5"}', type=wire.Ticker, strict=False
    )
    assert (read.funding_rate, read.next_funding_time, read.mark_price, read.index_price) == ("", "", 5.0, None)


@pytest.mark.parametrize("symbol", ["BTC-6JAN23-17500-C", "BTC-30JUN25-100000-P-USDT", "tickers.ETH-26JUN26-16000-P"])
def test_options_are_known_by_their_names(symbol: str) -> None:
    """They are many, and none of ours."""
    assert wire.OPTION.fullmatch(symbol)
    assert not wire.OPTION.fullmatch("BTCUSDT-26DEC25")
