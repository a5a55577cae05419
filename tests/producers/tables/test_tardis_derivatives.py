"""Mark, index, funding and open interest. No real file stands behind these: the rows are in the documented shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from producers.tables.tardis_derivatives import TardisDerivatives
from producers.tables.tardis_symbols import Markets
from schemas.base import Event
from schemas.instrument import Instrument
from schemas.market import DerivativeState, OpenInterest
from tests.kit.table_files import write_table

TIME_US = 1_760_129_405_123_456
FUNDING_US = 1_760_140_800_000_000
GOOD = f"binance-delivery,AVAXUSD_PERP,{TIME_US},{TIME_US + 5},{FUNDING_US},0.0001,0.0002,1000,28.5,28.4,28.45"
NAMES = TardisDerivatives.header.split(",")


def row(at: int = 0, /, **changes: object) -> str:
    """A good row with other fields, some microseconds later."""
    usual = GOOD.replace(str(TIME_US), str(TIME_US + at), 1)
    return ",".join(str(changes.get(name, value)) for name, value in zip(NAMES, usual.split(","), strict=True))


def tickers(path: Path, *rows: str) -> TardisDerivatives:
    """A reader of these rows."""
    return TardisDerivatives(write_table(path, TardisDerivatives.header, *rows), Markets())


def told(path: Path, *rows: str) -> list[Event]:
    """What rows say beside the definition."""
    return [event for event in tickers(path, *rows) if not isinstance(event, Instrument)]


def test_the_first_row_says_all_that_it_holds(tmp_path: Path) -> None:
    """Mark, funding and open interest would be unknown until they change."""
    state, interest = told(tmp_path / "a.csv", GOOD)
    assert isinstance(state, DerivativeState)
    assert isinstance(interest, OpenInterest)
    assert (state.mark, state.index, state.funding_rate) == (28.45, 28.4, 0.0001)
    assert state.next_funding_ns == FUNDING_US * 1000
    assert (interest.open_interest, interest.notional_usd) == (1000.0, 10_000.0)
    assert (interest.ts_event_ns, interest.ts_recv_ns) == (TIME_US * 1000, (TIME_US + 5) * 1000)


def test_a_row_that_repeats_says_nothing(tmp_path: Path) -> None:
    """A mark that nobody renewed would look alive."""
    rows = [GOOD, row(1, last_price=28.6), row(2, predicted_funding_rate=0.0003), row(3)]
    assert len(told(tmp_path / "a.csv", *rows)) == 2


def test_only_what_is_new_is_told(tmp_path: Path) -> None:
    """The index would be renewed by each change of the mark."""
    changed = row(1, mark_price=28.0)
    grown = row(2, mark_price=28.0, open_interest=1001)
    _, _, mark, interest = told(tmp_path / "a.csv", GOOD, changed, grown)
    assert isinstance(mark, DerivativeState)
    assert (mark.mark, mark.index, mark.funding_rate, mark.next_funding_ns) == (28.0, None, None, None)
    assert isinstance(interest, OpenInterest)
    assert interest.open_interest == 1001.0


def test_an_empty_field_is_unknown_and_never_zero(tmp_path: Path) -> None:
    """Open interest would fall to nothing, and funding be free."""
    empty = dict.fromkeys(NAMES[4:], "")
    assert told(tmp_path / "a.csv", row(**empty)) == []
    (state,) = told(tmp_path / "a.csv", row(**(empty | {"mark_price": 28.45})))
    assert isinstance(state, DerivativeState)
    assert (state.mark, state.index, state.funding_rate) == (28.45, None, None)
    (interest,) = told(tmp_path / "a.csv", row(**(empty | {"open_interest": 0})))
    assert isinstance(interest, OpenInterest)
    assert (interest.open_interest, interest.notional_usd) == (0.0, 0.0)


def test_open_interest_in_coins_has_dollars_only_with_a_price(tmp_path: Path) -> None:
    """A thousand coins would be worth nothing."""
    names = {"exchange": "binance-futures", "symbol": "AVAXUSDT"}
    without = dict.fromkeys(("last_price", "mark_price"), "")
    assert [e.notional_usd for e in told(tmp_path / "a.csv", row(**names)) if isinstance(e, OpenInterest)] == [28_450.0]
    (interest,) = [e for e in told(tmp_path / "a.csv", row(**(names | without))) if isinstance(e, OpenInterest)]
    assert interest.notional_usd is None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(mark_price="NaN"), "bad_number"),
        (row(mark_price="-1"), "bad_number"),
        (row(open_interest="-1"), "bad_number"),
        (row(funding_rate="inf"), "bad_number"),
        (row(funding_timestamp="soon"), "bad_number"),
        (row(funding_timestamp=FUNDING_US // 1000), "bad_time"),
        (row(timestamp=TIME_US // 1000), "bad_time"),
        (row(local_timestamp="x"), "bad_number"),
        (row(symbol="*"), "bad_shape"),
        (row(exchange="deribit", symbol="BTC-27DEC24-50000-C"), "option"),
        (GOOD + ",1", "bad_shape"),
        ("", "bad_shape"),
    ],
)
def test_a_bad_row_is_counted_and_the_next_is_read(tmp_path: Path, bad: str, reason: str) -> None:
    """One damaged line would end the replay, or its number would be a mark."""
    source = tickers(tmp_path / "a.csv", bad, GOOD)
    assert [type(event) for event in source] == [Instrument, DerivativeState, OpenInterest]
    assert source.skipped == {reason: 1}
