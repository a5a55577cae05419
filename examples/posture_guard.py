"""What a bot may do now: a guard in the style of freqtrade that obeys `posture` and fails safe: silence is not calm.

Needs nothing of this project: copy it, and `posture_kafka.py` beside it where alerts come from Kafka. Run by itself it
prints every change of what is allowed. Exit codes: 2 written wrong, 130 Ctrl-C.
"""

import argparse
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

STRICTER = ("resume", "normal", "reduce", "halt_new", "no_market_orders")
"""The strictest last; a word that is not here is one that we do not know, and stricter."""
ENTRIES = STRICTER[: STRICTER.index("halt_new")]
"""Under these a position may be opened."""
BLIND = "halt_new"
"""While nobody watches. Positions can still be closed: that nobody watches is no reason to hold them."""
ALLOWED = {
    "resume": "everything, it is over",
    "normal": "everything",
    "reduce": "smaller stakes",
    "halt_new": "no entries",
    "no_market_orders": "no entries, and exits by limit orders only",
}
STEP_S = 1.0
"""A clock that falls behind a steady one by more was set back."""
EVERYWHERE = ("market", "detector")
"""Scopes that concern every pair: the market, and what the detector says about itself."""
SIGNS = {
    "heartbeat": "a detector's heartbeat",
    "judgement": "a judgement of the market",
    "reading": "the last of the alerts",
}
"""Of somebody who watches. A detector without a judgement lives and looks at nothing, and an alert that was not read
yet is news that we do not have."""

View = tuple[dict[str, float], Sequence[tuple[str, str]]]
"""What a source knows: when each sign was last heard, in seconds since 1970, 0 for never; and posture by scope."""


def strictest(*postures: str) -> str:
    """The one that allows least.

    >>> strictest("reduce", "halt_new"), strictest(), strictest("halt_new", "sell_your_house")
    ('halt_new', 'normal', 'no_market_orders')
    """
    known = [posture if posture in STRICTER else STRICTER[-1] for posture in postures]
    return max(known, key=STRICTER.index, default="normal")


def coin(name: str) -> str:
    """The base asset of a pair, whatever multiple of it the market is of.

    >>> coin("BTC/USDT:USDT"), coin("10000SATS/USDT"), coin("1MBABYDOGE"), coin("kPEPE"), coin("1INCH")
    ('BTC', 'SATS', 'BABYDOGE', 'PEPE', '1INCH')
    """
    return re.sub(r"^(10{3,}(?=\D)|1M(?=[A-Z]{3})|k(?=[A-Z]))", "", name.partition("/")[0])


def nothing() -> View:
    """A source that never hears anything."""
    return {}, ()


def read_file(path: Path) -> Callable[[], View]:
    """A source: the file that `webhook_receiver.py` writes."""

    def view() -> View:
        found = json.loads(path.read_bytes())
        signs = {name: float(found["signs"][name]) for name in ("heartbeat", "judgement")}
        return signs, [(str(scope), str(posture)) for scope, posture in found["postures"].items()]

    return view


class Guard:
    """Answers what is allowed. It never raises: freqtrade takes an error in a callback for a yes.

    Parameters
    ----------
    source
        `read_file(path)`, or `KafkaSource(...).start().view`. A guard without one allows no entry.
    silence_s
        So long after the last of any of the signs nobody watches.
    reduced
        The part of a stake that is left under `reduce`.
    """

    def __init__(
        self,
        source: Callable[[], View] = nothing,
        *,
        silence_s: float = 15,
        reduced: float = 0.5,
        clock: Callable[[], float] = time.time,
        steady_clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._clock, self._steady_clock = source, clock, steady_clock
        self._silence_s, self._reduced = silence_s, reduced
        self._lock = threading.Lock()
        self._postures: dict[str, str] = {}
        self._looked_s = (clock(), steady_clock())
        self._went_back = False
        self._doubted: dict[str, float] = {}

    def posture(self, pair: str) -> str:
        """The strictest of the market's, the asset's, and what holds while nobody watches."""
        blind, postures = self.look()
        own = [word for scope, word in postures.items() if scope in EVERYWHERE or coin(scope) == coin(pair)]
        return strictest(*own, BLIND if blind else "normal")

    def may_open(self, pair: str) -> bool:
        """Whether a position may be opened or enlarged."""
        return self.posture(pair) in ENTRIES

    def may_use(self, pair: str, order_type: str) -> bool:
        """Whether a position may be closed by an order of this type."""
        return order_type != "market" or self.posture(pair) != "no_market_orders"

    def stake(self, pair: str, proposed: float, smallest: float | None = None) -> float:
        """What is left of a stake: a part under `reduce`, and 0 where that is too little or nothing may be opened."""
        posture = self.posture(pair)
        left = proposed * self._reduced if posture == "reduce" else proposed
        return left if posture in ENTRIES and left >= (smallest or 0.0) else 0.0

    def order_types(self, usual: dict[str, Any], pairs: Sequence[str] = ()) -> dict[str, Any]:
        """The usual ones, with `limit` for `market` while any of these pairs, or the market, must not be sold so."""
        if all(self.may_use(pair, "market") for pair in ("", *pairs)):
            return usual
        return {name: "limit" if kind == "market" else kind for name, kind in usual.items()}

    def look(self) -> tuple[str, dict[str, str]]:
        """Why nobody watches, empty while somebody does; and posture by scope, as it was last known."""
        with self._lock:
            try:
                self._notice_steps()
                signs, pairs = self._source()
                postures: dict[str, str] = {}
                for scope, posture in pairs:
                    postures[scope] = strictest(posture, postures.get(scope, "resume"))
                self._postures = postures
                return self._blind(signs, self._clock()), postures
            except Exception as error:  # noqa: BLE001 - whatever it is, freqtrade would take it for a yes
                return f"cannot be read: {error!r}", self._postures

    def _notice_steps(self) -> None:
        """Notice a clock that was set back. How old a sign is cannot be told then: only a later one counts."""
        before_s, before_steady_s = self._looked_s
        now_s, steady_s = self._looked_s = self._clock(), self._steady_clock()
        if now_s < before_s or now_s - before_s < steady_s - before_steady_s - STEP_S:
            self._went_back = True

    def _blind(self, signs: dict[str, float], now_s: float) -> str:
        if self._went_back:
            self._went_back, self._doubted = False, dict(signs)
        for name, heard_s in signs.items():
            what = SIGNS.get(name, name)
            if heard_s <= 0:
                return f"{what} was never heard"
            if heard_s > now_s or self._doubted.get(name) == heard_s:
                return f"the clock went back since {what} was heard"
            if not now_s - heard_s <= self._silence_s:
                return f"{what} was heard {now_s - heard_s:.0f} s ago"
        return "" if signs else "nothing was ever heard"


class Guarded:
    """Mix it in before `IStrategy`, and set `guard` in `bot_start`, as `freqtrade_strategy.py` does.

    A strategy that has one of these callbacks itself asks the guard there. freqtrade lets nobody confirm what
    `adjust_trade_position` adds to a position: it asks `guard.may_open`.
    """

    guard: Guard | None = Guard()
    """None allows everything: for backtests, where nobody watches the past."""
    usual_order_types: dict[str, Any] | None = None

    def bot_loop_start(self, *args: Any, **kwargs: Any) -> None:
        """Exits become limit orders in time. To refuse one is the last resort: freqtrade cancels a stop on the exchange
        before it asks.
        """
        if self.guard is not None:
            self.usual_order_types = self.usual_order_types or dict(getattr(self, "order_types", {}))
            provider = getattr(self, "dp", None)
            pairs = provider.current_whitelist() if provider is not None else ()
            self.order_types = self.guard.order_types(self.usual_order_types, pairs)

    def confirm_trade_entry(self, pair: str, *args: Any, **kwargs: Any) -> bool:
        """No entry from `halt_new` on."""
        return self.guard is None or self.guard.may_open(pair)

    def confirm_trade_exit(self, pair: str, trade: Any, order_type: str, *args: Any, **kwargs: Any) -> bool:
        """No exit by a market order under `no_market_orders`; every other exit goes on."""
        return self.guard is None or self.guard.may_use(pair, order_type)

    def custom_stake_amount(
        self,
        pair: str,
        current_time: Any,
        current_rate: float,
        proposed_stake: float,
        min_stake: float | None,
        **_: Any,
    ) -> float:
        """A part of it under `reduce`."""
        return proposed_stake if self.guard is None else self.guard.stake(pair, proposed_stake, min_stake)


def news(guard: Guard, told: dict[str, str]) -> list[str]:
    """A line for everything that changed since it was `told`, which is brought up to date."""
    blind, postures = guard.look()
    now = {"while nobody watches": BLIND if blind else "normal", **postures}
    lines = []
    for scope in sorted(told.keys() | now.keys()):
        posture = now.get(scope, "normal")
        if posture != told.get(scope, "normal"):
            why = f" ({blind})" if scope not in postures and posture != "normal" else ""
            lines.append(f"{scope}: {posture}: {ALLOWED.get(posture, ALLOWED[STRICTER[-1]])}{why}")
    told.clear()
    told.update(now)
    return lines


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__)
    from_where = options.add_mutually_exclusive_group(required=True)
    from_where.add_argument("--kafka", help="HOST:PORT[,...]")
    from_where.add_argument("--file", type=Path, help="what webhook_receiver.py writes")
    options.add_argument("--prefix", default="", help="of the topics")
    options.add_argument("--silence-s", type=float, default=15, help="longer is silence (default: %(default)s)")
    options.add_argument(
        "--recorded", action="store_true", help="Kafka has a recording that is played, not the present"
    )
    given = options.parse_args()
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show must not end it.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    logging.basicConfig(format="%(message)s")
    if given.file:
        source = read_file(given.file)
    else:
        from posture_kafka import KafkaSource  # type: ignore[import-not-found]  # noqa: PLC0415 - for Kafka alone

        source = KafkaSource(given.kafka, given.prefix, recorded=given.recorded).start().view
    guard, told = Guard(source, silence_s=given.silence_s), dict[str, str]()
    try:
        while True:
            for line in news(guard, told):
                print(time.strftime("%H:%M:%S", time.gmtime()), line, flush=True)
            time.sleep(0.5)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
