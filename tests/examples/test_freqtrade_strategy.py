"""The strategy that people copy: it connects the guard where it trades, and leaves backtests alone."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def strategy(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As freqtrade makes one: from its folder, with a configuration."""
    package, module = ModuleType("freqtrade"), ModuleType("freqtrade.strategy")
    module.IStrategy = type("IStrategy", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "freqtrade", package)
    monkeypatch.setitem(sys.modules, "freqtrade.strategy", module)
    monkeypatch.syspath_prepend(EXAMPLES)
    made = importlib.import_module("freqtrade_strategy").CascadeGuardedStrategy()
    for name in ("freqtrade_strategy", "posture_guard"):
        monkeypatch.delitem(sys.modules, name)
    return made


def configuration(runmode: str, **cascade: str) -> dict[str, Any]:
    return {"runmode": SimpleNamespace(value=runmode), **({"cascade": cascade} if cascade else {})}


def opens(strategy: Any) -> bool:
    return bool(strategy.confirm_trade_entry("BTC/USDT", "limit", 1.0, 1.0, "GTC", None, None, "long"))


@pytest.mark.parametrize("runmode", ["live", "dry_run"])
def test_it_obeys_the_file_while_it_trades(runmode: str, strategy: Any, tmp_path: Path) -> None:
    """Whoever copies it would trade through a crash."""
    path = tmp_path / "posture.json"
    strategy.config = configuration(runmode, file=str(path))
    strategy.bot_start()
    assert not opens(strategy)
    for posture, allowed in (("normal", True), ("halt_new", False), ("reduce", True)):
        signs = dict.fromkeys(("heartbeat", "judgement"), time.time() - 1)
        path.write_text(json.dumps({"signs": signs, "postures": {"market": posture}}))
        assert opens(strategy) is allowed


def test_without_a_source_it_opens_nothing(strategy: Any) -> None:
    """A forgotten line of configuration would be a bot that nobody guards."""
    strategy.config = configuration("live")
    strategy.bot_start()
    assert not opens(strategy)


@pytest.mark.parametrize("runmode", ["backtest", "hyperopt"])
def test_backtests_are_not_guarded(runmode: str, strategy: Any) -> None:
    """Every backtest would be without a trade."""
    strategy.config = configuration(runmode, file="/nowhere")
    strategy.bot_start()
    assert opens(strategy)
