"""The guard that bots copy: what it allows under each posture, and that silence allows no entry."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.posture import STRICTER as OURS
from examples import posture_guard
from examples.posture_guard import STRICTER, Guard, Guarded, View, coin, news, read_file

EXAMPLE = Path(posture_guard.__file__)
NOW_S = 1_760_129_405.0


class Source:
    """What a guard is told, and the time."""

    def __init__(self, **postures: str) -> None:
        self.now_s = NOW_S
        self.steady_s = 0.0
        self.signs = {"heartbeat": NOW_S, "judgement": NOW_S, "reading": NOW_S}
        self.postures = list(postures.items())
        self.error: Exception | None = None

    def __call__(self) -> View:
        if self.error is not None:
            raise self.error
        return dict(self.signs), self.postures

    def clock(self) -> float:
        return self.now_s

    def steady_clock(self) -> float:
        return self.steady_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.steady_s += seconds

    def hear(self) -> None:
        self.signs = dict.fromkeys(self.signs, self.now_s)

    def guard(self) -> Guard:
        return Guard(self, clock=self.clock, steady_clock=self.steady_clock)


def test_postures_are_the_detectors_in_its_order() -> None:
    """A word that the guard does not know would halt everything, one in the wrong place allow it."""
    assert STRICTER == OURS


@pytest.mark.parametrize(
    ("posture", "opens", "stake", "sells_at_market"),
    [
        ("normal", True, 100.0, True),
        ("resume", True, 100.0, True),
        ("reduce", True, 50.0, True),
        ("halt_new", False, 0.0, True),
        ("no_market_orders", False, 0.0, False),
        ("sell_everything", False, 0.0, False),
    ],
)
@pytest.mark.parametrize("scope", ["market", "detector", "BTC"])
def test_each_posture_allows_what_it_says(
    scope: str, posture: str, opens: bool, stake: float, sells_at_market: bool
) -> None:
    """A bot would open in a crash, or not close in one."""
    guard = Source(**{scope: posture}).guard()
    assert guard.may_open("BTC/USDT") is opens
    assert guard.stake("BTC/USDT", 100.0) == stake
    assert guard.may_use("BTC/USDT", "market") is sells_at_market
    assert guard.may_use("BTC/USDT", "limit")


@pytest.mark.parametrize(
    ("market", "asset", "expected"),
    [
        ("reduce", "halt_new", "halt_new"),
        ("halt_new", "reduce", "halt_new"),
        ("no_market_orders", "resume", "no_market_orders"),
        ("resume", "reduce", "reduce"),
    ],
)
def test_the_stricter_of_market_and_asset_holds(market: str, asset: str, expected: str) -> None:
    """The milder one would lift the other."""
    assert Source(market=market, BTC=asset).guard().posture("BTC/USDT") == expected


@pytest.mark.parametrize("pair", ["PEPE/USDT", "1000PEPE/USDT:USDT", "kPEPE/USDC:USDC"])
@pytest.mark.parametrize("scope", ["PEPE", "1000PEPE", "kPEPE"])
def test_a_coin_is_known_by_all_names_of_its_markets(pair: str, scope: str) -> None:
    """A spot bot would not see the crash of the same coin's perpetual."""
    assert not Source(**{scope: "halt_new"}).guard().may_open(pair)
    assert coin(pair) == "PEPE"


@pytest.mark.parametrize(
    ("name", "asset"),
    [
        ("10000SATS/USDT:USDT", "SATS"),
        ("10000LADYS", "LADYS"),
        ("1MBABYDOGE/USDT", "BABYDOGE"),
        ("1000000MOG/USDT:USDT", "MOG"),
        ("1000CAT", "CAT"),
        ("1CAT", "1CAT"),
        ("1INCH/USDT", "1INCH"),
        ("100X", "100X"),
        ("KAVA/USDT", "KAVA"),
        ("kas", "kas"),
        ("1MT", "1MT"),
    ],
)
def test_every_multiple_is_its_asset(name: str, asset: str) -> None:
    """A bot would trade ten thousand of a coin that is halted."""
    assert coin(name) == asset


def test_another_asset_does_not_concern_a_pair() -> None:
    """One thin coin would stop all trading."""
    guard = Source(SOL="no_market_orders", ETHFI="halt_new").guard()
    assert guard.posture("BTC/USDT") == guard.posture("ETH/USDT") == "normal"


def test_a_stake_below_the_smallest_is_none() -> None:
    """The exchange would refuse it, or the bot raise it to more than was allowed."""
    guard = Source(market="reduce").guard()
    assert [guard.stake("BTC/USDT", 100.0, smallest) for smallest in (None, 50.0, 51.0)] == [50.0, 50.0, 0.0]


def test_market_orders_become_limit_orders_before_they_are_needed() -> None:
    """An exit would be refused at the moment at which it matters."""
    usual = {"entry": "limit", "exit": "market", "stoploss": "market", "stoploss_on_exchange": True}
    limited = {"entry": "limit", "exit": "limit", "stoploss": "limit", "stoploss_on_exchange": True}
    guard = Source(SOL="no_market_orders").guard()
    assert guard.order_types(usual, ["BTC/USDT"]) == usual
    assert guard.order_types(usual, ["BTC/USDT", "SOL/USDT"]) == limited
    assert Source(market="no_market_orders").guard().order_types(usual) == limited


# Failing safe


@pytest.mark.parametrize("sign", ["heartbeat", "judgement", "reading"])
def test_each_sign_that_stops_halts_after_fifteen_seconds(sign: str) -> None:
    """A dead detector, one without data or a reader that hangs would look like a calm market."""
    source = Source()
    guard = source.guard()
    source.wait(15)
    assert guard.may_open("BTC/USDT")
    source.wait(0.01)
    source.signs = dict.fromkeys(source.signs, source.now_s) | {sign: NOW_S}
    assert (guard.may_open("BTC/USDT"), guard.may_use("BTC/USDT", "market")) == (False, True)
    assert "15 s ago" in guard.look()[0]


@pytest.mark.parametrize("signs", [{}, {"heartbeat": 0.0}, {"heartbeat": NOW_S, "judgement": 0.0}])
def test_what_was_never_heard_halts(signs: dict[str, float]) -> None:
    """A bot that starts before the detector would trade unwatched."""
    source = Source()
    source.signs = signs
    assert not source.guard().may_open("BTC/USDT")
    assert "never heard" in source.guard().look()[0] or "nothing was ever heard" in source.guard().look()[0]


def test_without_a_source_nothing_is_opened() -> None:
    """A strategy whose author forgot to connect it would trade unwatched."""
    assert not Guard().may_open("BTC/USDT")
    assert not Guarded().confirm_trade_entry("BTC/USDT", "limit", 1.0, 1.0, "GTC", None, None, "long")


def test_a_source_that_fails_halts_and_what_was_known_stays() -> None:
    """An error in a callback is a yes, and a torn file would lift `no_market_orders`."""
    source = Source(market="no_market_orders")
    guard = source.guard()
    assert guard.posture("BTC/USDT") == "no_market_orders"
    source.error = OSError("gone")
    assert guard.posture("BTC/USDT") == "no_market_orders"
    source.error, source.postures = None, []
    assert guard.posture("BTC/USDT") == "normal"
    source.error = RuntimeError("gone")
    assert guard.posture("BTC/USDT") == "halt_new"


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_clock_that_goes_back_halts_until_somebody_is_heard_anew(is_seen: bool) -> None:
    """Old signs would look young again: a detector that died before would be alive for another hour."""
    source = Source()
    guard = source.guard()
    assert guard.may_open("BTC/USDT")
    source.wait(14)
    assert not is_seen or guard.may_open("BTC/USDT")
    source.now_s -= 10
    assert not guard.may_open("BTC/USDT")
    source.wait(1)
    assert not guard.may_open("BTC/USDT")
    source.hear()
    assert guard.may_open("BTC/USDT")


def test_a_clock_that_goes_back_while_nothing_can_be_read_is_noticed_all_the_same() -> None:
    """What is read afterwards would look younger than it is."""
    source = Source()
    guard = source.guard()
    source.error = OSError("gone")
    source.wait(16)
    assert not guard.may_open("BTC/USDT")
    source.now_s -= 2
    assert not guard.may_open("BTC/USDT")
    source.error = None
    assert not guard.may_open("BTC/USDT")


@pytest.mark.parametrize("moment_s", [float("nan"), float("inf"), -1.0, NOW_S + 0.5])
def test_a_sign_at_an_impossible_moment_is_none(moment_s: float) -> None:
    """A broken clock would count as somebody who watches."""
    source = Source()
    source.signs["heartbeat"] = moment_s
    assert not source.guard().may_open("BTC/USDT")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 40)),
        st.tuples(st.just("back"), st.floats(0.001, 40)),
        st.tuples(st.just("pass and back"), st.tuples(st.floats(0, 40), st.floats(1.01, 40))),
        st.tuples(st.just("hear"), st.sets(st.sampled_from(["heartbeat", "judgement", "reading"]))),
        st.tuples(st.just("say"), st.tuples(st.sampled_from(["market", "BTC", "SOL"]), st.sampled_from(STRICTER))),
        st.tuples(st.just("break"), st.booleans()),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_is_said_and_whatever_the_clock_does_silence_allows_no_entry(steps: list[tuple[str, Any]]) -> None:
    """One sequence of messages and times in which a bot opens while nobody watches, or against a posture."""
    source = Source()
    guard = source.guard()
    source.signs = dict.fromkeys(source.signs, 0.0)
    heard_s, said = dict.fromkeys(source.signs, float("-inf")), dict[str, str]()
    for step, value in steps:
        if step == "pass":
            source.wait(value)
        elif step == "back":
            source.now_s -= value
        elif step == "pass and back":
            source.wait(value[0])
            source.now_s -= value[1]
        elif step == "hear":
            source.signs |= dict.fromkeys(value, source.now_s)
            heard_s |= dict.fromkeys(value, source.steady_s)
        elif step == "say":
            said[value[0]] = value[1]
            source.postures = list(said.items())
        else:
            source.error = OSError("gone") if value else None
        watched = source.error is None and all(source.steady_s - at_s <= 15.001 for at_s in heard_s.values())
        if guard.may_open("BTC/USDT"):
            assert watched
            assert {said.get("market"), said.get("BTC")} <= {None, "normal", "resume", "reduce"}
        elif source.error is None:
            assert guard.stake("BTC/USDT", 100.0) == 0.0
        if source.error is None and "no_market_orders" in (said.get("market"), said.get("BTC")):
            assert not guard.may_use("BTC/USDT", "market")


# freqtrade

FREQTRADE: dict[str, tuple[str, ...]] = {
    "bot_loop_start": ("current_time",),
    "confirm_trade_entry": (
        *("pair", "order_type", "amount", "rate"),
        *("time_in_force", "current_time", "entry_tag", "side"),
    ),
    "confirm_trade_exit": (
        *("pair", "trade", "order_type", "amount", "rate"),
        *("time_in_force", "exit_reason", "sell_reason", "current_time"),
    ),
    "custom_stake_amount": (
        *("pair", "current_time", "current_rate", "proposed_stake", "min_stake", "max_stake"),
        *("leverage", "entry_tag", "side"),
    ),
}
"""With which names freqtrade 2026.9 calls each callback; more may come."""


@pytest.mark.parametrize("name", FREQTRADE)
def test_callbacks_take_what_freqtrade_calls_them_with(name: str) -> None:
    """A TypeError in a callback is a yes."""
    arguments: dict[str, Any] = dict.fromkeys((*FREQTRADE[name], "more_may_come"))
    assert inspect.signature(getattr(Guarded(), name)).bind(**arguments).arguments


def ask(strategy: Guarded, order_type: str = "market") -> tuple[bool, bool, float]:
    """Entry, exit and stake, asked as freqtrade does."""
    values: dict[str, Any] = {"pair": "BTC/USDT", "order_type": order_type, "proposed_stake": 100.0, "min_stake": 10.0}
    calls: dict[str, dict[str, Any]] = {n: {key: values.get(key) for key in keys} for n, keys in FREQTRADE.items()}
    strategy.bot_loop_start(**calls["bot_loop_start"])
    return (
        strategy.confirm_trade_entry(**calls["confirm_trade_entry"]),
        strategy.confirm_trade_exit(**calls["confirm_trade_exit"]),
        strategy.custom_stake_amount(**calls["custom_stake_amount"]),
    )


def test_a_strategy_obeys_and_gets_its_order_types_back() -> None:
    """It would sell at any price in the void, or by limit orders for ever after."""
    source = Source(BTC="no_market_orders")

    class Strategy(Guarded):
        order_types: dict[str, Any] = {"exit": "market"}  # noqa: RUF012 - as freqtrade's strategies have it
        dp = type("Provider", (), {"current_whitelist": lambda _: ["BTC/USDT"]})()

    strategy = Strategy()
    strategy.guard = source.guard()
    assert ask(strategy) == (False, False, 0.0)
    assert ask(strategy, "limit") == (False, True, 0.0)
    assert strategy.order_types == {"exit": "limit"}
    source.postures = [("BTC", "resume")]
    assert ask(strategy) == (True, True, 100.0)
    assert strategy.order_types == {"exit": "market"}
    assert Strategy.order_types == {"exit": "market"}


def test_a_backtest_is_not_guarded() -> None:
    """Nobody watches the past: every backtest would be without a trade."""
    strategy = Guarded()
    strategy.guard = None
    assert ask(strategy) == (True, True, 100.0)


# The file, and by itself


@pytest.mark.parametrize(
    "content",
    [None, b"", b"[]", b'{"signs": {}}', b'{"signs": {"heartbeat": 1e18, "judgement": "x"}, "postures": {}}', b"\xff"],
)
def test_a_file_that_cannot_be_read_halts(content: bytes | None, tmp_path: Path) -> None:
    """A receiver that never ran, or another's file, would be calm."""
    path = tmp_path / "posture.json"
    if content is not None:
        path.write_bytes(content)
    assert not Guard(read_file(path)).may_open("BTC/USDT")


def test_changes_are_told_once() -> None:
    """Whoever looks at it would not see what changed among what did not."""
    source, told = Source(market="reduce"), dict[str, str]()
    guard = source.guard()
    assert news(guard, told) == ["market: reduce: smaller stakes"]
    assert news(guard, told) == []
    source.postures = [("BTC", "halt_new"), ("market", "resume")]
    source.wait(20)
    assert news(guard, told) == [
        "BTC: halt_new: no entries",
        "market: resume: everything, it is over",
        "while nobody watches: halt_new: no entries (a detector's heartbeat was heard 20 s ago)",
    ]
    source.wait(1)
    assert news(guard, told) == []
    source.hear()
    source.postures = []
    assert news(guard, told) == [
        "BTC: normal: everything",
        "market: normal: everything",
        "while nobody watches: normal: everything",
    ]


async def test_by_itself_it_prints_what_is_allowed(tmp_path: Path) -> None:
    """It could be right and never tell anybody."""
    path = tmp_path / "posture.json"
    path.write_text(json.dumps({"signs": {"heartbeat": 1, "judgement": 1}, "postures": {"market": "reduce"}}))
    process = await asyncio.create_subprocess_exec(sys.executable, EXAMPLE, "--file", path, stdout=PIPE)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(10):
            lines = [(await process.stdout.readline()).decode().split(" ", 1)[1] for _ in range(2)]
    finally:
        process.kill()
        await process.communicate()
    assert lines[0] == "market: reduce: smaller stakes\n"
    assert lines[1].startswith("while nobody watches: halt_new: no entries (a detector's heartbeat was heard ")


async def test_a_name_that_the_terminal_cannot_show_does_not_end_it(tmp_path: Path) -> None:
    """Whoever watches it would see nothing any more from the first alert of such a coin on."""
    path = tmp_path / "posture.json"
    path.write_text(
        json.dumps(
            {"signs": {"heartbeat": 1, "judgement": 1}, "postures": {"\u5e01\ud800": "reduce", "market": "reduce"}}
        )
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, EXAMPLE, "--file", path, stdout=PIPE, env={"PYTHONIOENCODING": "ascii"}
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(10):
            lines = {(await process.stdout.readline()).decode().split(" ", 1)[1] for _ in range(3)}
    finally:
        process.kill()
        await process.communicate()
    assert "??: reduce: smaller stakes\n" in lines


def test_it_needs_nothing_of_this_project() -> None:
    """Whoever copies it would get an import error."""
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "posture_kafka"}
