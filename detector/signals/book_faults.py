"""D: a book that cannot be believed. Crossed, frozen, with an order that nobody removes, or with a hole in its feed.

Needs no history, so it sees from the first second. Depth, spread and what rests on them are unknown meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from detector.about import About
from detector.market import Market
from detector.quotes import FROZEN_S, GHOST_BEYOND, GHOST_S
from detector.verdict import CALM, WATCH, Verdict, calm, unknown
from detector.world import World
from schemas.alert import Evidence

CROSSED = "D.crossed/1"
FROZEN = "D.frozen/1"
GHOST = "D.ghost/1"
GAP = "D.gap/1"

RULES = {"gap": GAP, "crossed": CROSSED, "frozen": FROZEN, "ghost": GHOST}
"""By the fault of `Quotes`, in the order in which it looks: whatever it finds hides what comes after."""

ABOUT = (
    About(
        rule=CROSSED,
        stage="D",
        place="venue and asset",
        told="book crossed",
        sees="a best bid above the best ask for two seconds",
        blind="a gap in the book's feed; a book without one of its sides",
        reads=("book",),
        source="no venue rests a bid above an ask: a message was lost, or the venue's own data are wrong",
        clears="the book is not crossed for a minute",
        limits=("data.crossed_s",),
    ),
    About(
        rule=FROZEN,
        stage="D",
        place="venue and asset",
        told="book frozen",
        sees="no level changed for ten seconds in which ten trades printed",
        blind="a market without trades; a gap in the book's feed",
        reads=("book", "trades"),
        source="trades take levels away: a book that shows none of it is not being updated",
        clears="the book changes for a minute",
        limits=(),
    ),
    About(
        rule=GHOST,
        stage="D",
        place="venue and asset",
        told="ghost order in the book",
        sees="a best price ten basis points through the last trade for three seconds with trades",
        blind="a market without trades; a gap in the book's feed",
        reads=("book", "trades"),
        source="a bid of 17.65 BTC at 121,363 $ stayed in a public book of 10 October 2025 for seven hours",
        clears="best prices on the right side of trades for a minute",
        limits=(),
    ),
    About(
        rule=GAP,
        stage="D",
        place="venue and asset",
        told="book missing",
        sees="no whole book for five seconds after a hole in its feed",
        blind="a market whose book was never seen",
        reads=("book", "gaps"),
        source="sequence numbers of the venue, and lost connections",
        clears="a whole book for a minute",
        limits=("data.gap_s",),
    ),
)


def evaluate(world: World) -> Iterator[Verdict]:
    """Four verdicts a market with a book."""
    for market in world.markets.values():
        if market.quotes.book is None:
            continue
        fault = market.quotes.fault
        yield from _beside(market.venue, market.asset, fault)
        if fault in RULES:
            yield _faulty(world, market, fault)


@cache
def _beside(venue: str, asset: str, fault: str) -> tuple[Verdict, ...]:
    """What the other rules say; one object a place, because most places say the same every second."""
    names = list(RULES)
    looked = names.index(fault) if fault in RULES else 1 if fault else len(names)
    return tuple(
        calm(RULES[name], "D", venue, asset) if number < looked else unknown(RULES[name], "D", venue, asset)
        for number, name in enumerate(names)
        if name != fault
    )


def _faulty(world: World, market: Market, fault: str) -> Verdict:
    limits, quotes = world.config.data, market.quotes
    lasts_s, line_s, note = quotes.fault_s, 1, ""
    if fault == "crossed" and quotes.book is not None:
        line_s = limits.crossed_s
        note = f"best bid {quotes.book.best_bid:g} over best ask {quotes.book.best_ask:g}"
    elif fault == "gap":
        line_s = limits.gap_s
    elif fault == "frozen":
        lasts_s, line_s, note = quotes.quiet_s, FROZEN_S, f"{quotes.quiet_trades} trades meanwhile"
    elif fault == "ghost" and quotes.book is not None:
        lasts_s, line_s = quotes.ghost_s, GHOST_S
        best = f"best bid {quotes.book.best_bid:g}, best ask {quotes.book.best_ask:g}"
        note = f"{best}, last trade {market.trading.price:g}; line {GHOST_BEYOND * 1e4:g} bp"
    on = lasts_s >= line_s
    evidence = Evidence(signal=f"book_{fault}", value=float(lasts_s), threshold=float(line_s), unit="s", note=note)
    return Verdict(
        RULES[fault],
        "D",
        market.venue,
        market.asset,
        WATCH if on else CALM,
        True,
        confirm=1,
        evidence=(evidence,) if on else (),
    )
