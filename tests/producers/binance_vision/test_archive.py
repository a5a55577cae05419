from __future__ import annotations

from datetime import date

import pytest

from producers.binance_vision.archive import usual_kinds, wanted
from producers.errors import UsageError

DAY = date(2025, 10, 10)


@pytest.mark.parametrize(
    ("market", "symbol", "kind", "path"),
    [
        ("spot", "BTCUSDT", "aggTrades", "spot/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades"),
        ("um", "BTCUSDT", "bookDepth", "futures/um/daily/bookDepth/BTCUSDT/BTCUSDT-bookDepth"),
        ("um", "1000SHIBUSDT", "metrics", "futures/um/daily/metrics/1000SHIBUSDT/1000SHIBUSDT-metrics"),
        ("cm", "AVAXUSD_PERP", "trades", "futures/cm/daily/trades/AVAXUSD_PERP/AVAXUSD_PERP-trades"),
        ("cm", "BTCUSD_251226", "klines", "futures/cm/daily/klines/BTCUSD_251226/1m/BTCUSD_251226-1m"),
    ],
)
def test_each_market_and_kind_has_its_path(market: str, symbol: str, kind: str, path: str) -> None:
    """Everything would be called not published."""
    (one,) = wanted(market, [symbol.lower()], [kind.lower()], DAY, DAY)
    assert one.daily(DAY) == f"data/{path}-2025-10-10.zip"


def test_trades_and_candles_come_by_the_month_and_the_rest_does_not() -> None:
    """A file that can not exist would be asked for, or one that does would not."""
    trades, depth = wanted("um", ["BTCUSDT"], ["trades", "bookDepth"], DAY, DAY)
    assert trades.monthly(DAY) == "data/futures/um/monthly/trades/BTCUSDT/BTCUSDT-trades-2025-10.zip"
    assert depth.monthly(DAY) is None


def test_who_names_no_kind_gets_all_that_the_market_has_for_the_rules() -> None:
    """On spot nothing could be fetched without naming kinds: it has no depth."""
    for market, symbol in (("spot", "BTCUSDT"), ("um", "BTCUSDT"), ("cm", "BTCUSD_PERP")):
        kinds = [one.kind for one in wanted(market, [symbol], usual_kinds(market), DAY, DAY)]
        assert kinds == (["aggTrades"] if market == "spot" else ["aggTrades", "bookDepth", "metrics"])
    with pytest.raises(UsageError, match="unknown market 'x'"):
        wanted("x", ["BTCUSDT"], usual_kinds("x"), DAY, DAY)


def test_days_are_inclusive_and_parted_by_the_month() -> None:
    """The last day that was asked for would be missing."""
    (one,) = wanted("spot", ["BTCUSDT"], ["klines"], date(2025, 9, 29), date(2025, 10, 2))
    assert [[day.day for day in days] for days in one.months()] == [[29, 30], [1, 2]]


def test_what_is_named_twice_is_wanted_once() -> None:
    """Two writers would share one file."""
    assert len(wanted("spot", ["BTCUSDT", "btcusdt", " "], ["trades", "trades"], DAY, DAY)) == 1


@pytest.mark.parametrize(
    ("market", "symbols", "kinds", "last", "says"),
    [
        ("futures", ["BTCUSDT"], ["trades"], DAY, "there are spot, um, cm"),
        ("spot", ["BTCUSDT"], ["bookDepth"], DAY, "of spot there are aggTrades, trades, klines"),
        ("um", ["BTCUSD_PERP"], ["trades"], DAY, "ask for the market cm"),
        ("cm", ["BTCUSDT"], ["trades"], DAY, "one looks like BTCUSD_PERP"),
        ("um", ["../BTCUSDT"], ["trades"], DAY, "no symbol"),
        ("um", [""], ["trades"], DAY, "at least one symbol"),
        ("um", ["BTCUSDT"], ["trades"], date(2025, 10, 9), "before they begin"),
    ],
)
def test_what_cannot_be_meant_is_told(market: str, symbols: list[str], kinds: list[str], last: date, says: str) -> None:
    """A wrong word would end as a long list of files that are not published."""
    with pytest.raises(UsageError, match=says):
        wanted(market, symbols, kinds, DAY, last)
