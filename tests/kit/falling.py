"""Coins of one venue in a fall: by their features, or trade by trade."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kit.markets import Scene, instrument, quick_to_learn

COINS = [instrument(base, venue="binance-coinm") for base in ("ATOM", "AVAX", "DOT", "UNI", "WLD")]


def coins(moves: list[float | None], rate: float = 4.0, peak: float = 10.0, *, ago_s: float = 0.0) -> Scene:
    """Markets that moved so far in a minute, with such a trade rate now and at its highest; all traded last then."""
    scene = Scene(*COINS[: len(moves)])
    for definition, move in zip(COINS, moves, strict=False):
        trading = scene.market(definition).trading
        trading.move_60s, trading.rate_ratio, trading.rate = move, None if move is None else 1.0, rate
        trading.rate_peak, trading.rate_peak_s = peak, scene.now_s
        scene.traded_last(definition, ago_s=ago_s)
    return scene


def cut_in_a_fall() -> Iterator[Scene]:
    """Four coins that fall by 12 % in half a minute with as many trades as ever; then twelve seconds without any."""
    scene = Scene(*COINS[:4])
    for definition in COINS[:4]:
        quick_to_learn(scene.market(definition))
    for second in range(120):
        for definition in COINS[:4]:
            for n in range(4):
                scene.trade(definition, 1.0 - 0.004 * max(second - 90, 0), after_ms=100 + 250 * n)
        scene.close(learn=second < 90)
    yield scene
    for _ in range(12):
        scene.close(learn=False)
        yield scene


def collapse(factor: float, sign: int) -> Scene:
    """Four coins of another price: two busy minutes, then 20 % in a minute with a third of the trades."""
    scene = Scene(*COINS[:4])
    for definition in COINS[:4]:
        quick_to_learn(scene.market(definition))
    for second in range(180):
        falling = max(second - 120, 0)
        for definition in COINS[:4]:
            price = factor * (1 + sign * 0.2 * falling / 60 + (0.00002 if second % 2 else 0.0))
            for n in range(6 if second < 120 else 2):
                taker = ("sell" if sign < 0 else "buy") if falling else ("buy" if second % 2 else "sell")
                scene.trade(
                    definition, price, 5_000.0, taker="buy" if taker == "buy" else "sell", after_ms=100 + 120 * n
                )
        scene.close(learn=not falling)
    return scene
