import json
import sys
from types import ModuleType
from typing import ClassVar

import pytest

from detector.baselines.known import baselines
from detector.baselines.wickra import Wickra
from tests.kit.hearing import Hearing


class _Radar:
    """Keeps what it is told, and is as sure as the sum of quantities of liquidations in its only symbol."""

    told: ClassVar[list[dict[str, object]]] = []

    def __init__(self, spec: str) -> None:
        self.threshold = json.loads(spec)["threshold"]
        self.severity: dict[str, float] = {}
        _Radar.told = []

    def command(self, text: str) -> str:
        command = json.loads(text)
        if command["cmd"] == "feed":
            _Radar.told.append(command["event"])
            if command["event"]["kind"] == "liquidation":
                symbol = command["symbol"]
                self.severity[symbol] = self.severity.get(symbol, 0.0) + command["event"]["qty"]
            return "{}"
        rows = [{"symbol": symbol, "severity": s} for symbol, s in self.severity.items() if s >= self.threshold]
        return json.dumps({"alerts": rows, "scanned": 1})


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the module."""
    stand_in = ModuleType("wickra_radar")
    stand_in.Radar = _Radar  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wickra_radar", stand_in)


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize("side", ["long", "short"])
def test_it_is_told_what_its_documents_name(side: str) -> None:
    """A field under another name would be refused, or worse, taken as nothing."""
    hearing = Hearing(Wickra(0.5))
    hearing.liquidation(1.0, 10.0, side="long" if side == "long" else "short")
    hearing.open_interest(2.0, 7.0)
    hearing.derivative(3.0, funding=0.0002, mark=101.0)
    hearing.book(4.0, bid_qty=3.0, ask_qty=5.0)
    hearing.book(4.1, bid_qty=4.0, ask_qty=5.0)
    hearing.until(6.0)
    kinds = [event["kind"] for event in _Radar.told]
    assert kinds == ["liquidation", "derivatives", "derivatives", "orderbook"]
    assert _Radar.told[0]["side"] == {"long": "buy", "short": "sell"}[side]
    assert {key: _Radar.told[2][key] for key in ("open_interest", "funding_rate", "mark_price")} == {
        "open_interest": 7.0,
        "funding_rate": 0.0002,
        "mark_price": 101.0,
    }
    assert {key: _Radar.told[3][key] for key in ("bid_volume", "ask_volume", "best_bid", "best_ask")} == {
        "bid_volume": 4.0,
        "ask_volume": 5.0,
        "best_bid": 99.9,
        "best_ask": 100.1,
    }


@pytest.mark.usefixtures("module")
def test_books_of_changes_are_heard_whatever_else_a_level_holds() -> None:
    """Venues that send a whole book once and then its changes would look frozen, or end the replay."""
    hearing = Hearing(Wickra(0.5))
    hearing.changes(1.0, bids=b'[["99.8","1"]]', asks=b"[]")  # of a book that is not known yet
    hearing.until(2.5)
    hearing.book(3.0, bid_qty=3.0, ask_qty=5.0)
    hearing.changes(3.5, bids=b'[["99.8","2","0","7"],["99.9","0"]]', asks=b"[]")
    hearing.until(6.0)
    (book,) = (event for event in _Radar.told if event["kind"] == "orderbook")
    assert (book["bid_volume"], book["best_bid"], book["ask_volume"]) == (2.0, 99.8, 5.0)


@pytest.mark.usefixtures("module")
def test_a_symbol_alarms_when_it_reaches_the_threshold_and_not_while_it_stays() -> None:
    """Its liquidations never decay: a message for every second would have no end."""
    hearing = Hearing(Wickra(0.5))
    hearing.liquidation(1.0, 49.0)
    assert hearing.until(2.5) == []
    hearing.liquidation(3.0, 1.0)
    hearing.liquidation(5.0, 1.0)
    hearing.until(9.0)
    assert [(alarm.scope, alarm.says) for alarm in hearing.alarms] == [("BTC", "severity 0.50")]
    assert hearing.seconds() == [4.0]


def test_where_it_is_not_installed_a_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scorecard without its row would look as if nobody had thought of it."""
    monkeypatch.setitem(sys.modules, "wickra_radar", None)
    absent = [name for name in baselines() if name.startswith("wickra")]
    assert absent
    assert all(name.endswith("(not installed)") for name in absent)
    listener = baselines()[absent[0]]()
    assert not listener.saw
