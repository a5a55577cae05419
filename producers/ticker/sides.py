"""Whether liquidations lie on their side of the mark: a venue whose side field we read the wrong way shows at once.

A long is closed because the price fell: the price at which it is bankrupt, or at which its order is placed, lies below
the mark; a short's above. Over many rows that holds for nearly all, and for nearly none where the side is inverted.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from schemas.base import EVERY_INSTRUMENT
from schemas.health import SelfCheck
from schemas.market import DerivativeState, Liquidation

ENOUGH_ROWS = 200
"""Rows before a venue is judged; at twice as many the older half is forgotten."""
FAR = 0.001
"""Nearer to the mark than this, a price says nothing: marks are a second old."""
FRESH_NS = 10 * 10**9
AGREED = 0.9
INVERTED = 0.1


State = Literal["ok", "doubtful", "inverted"]


class Rows(msgspec.Struct):
    """What was compared of one venue."""

    rows: int = 0
    agreed: int = 0
    of_orders: int = 0
    """Rows whose price is of the order or the account. Fills follow the market, whichever side was closed: among them
    only a nearly complete disagreement says anything.
    """
    said: State = "ok"


class Compared(msgspec.Struct, order=True):
    """A mark, or a row to be held against one, until nothing earlier can come any more."""

    ts_event_ns: int
    kind: int
    """Marks come before the rows of their moment."""
    venue: str
    instrument: str
    price: float
    recv_ns: int
    long: bool = False
    fill: bool = False


class Sides(msgspec.Struct):
    """The comparison, by venue, in the order of event times. Pure; its state can be saved."""

    marks: dict[str, tuple[int, float]] = {}
    """Time and mark, by venue and instrument."""
    venues: dict[str, Rows] = {}
    recent: list[Compared] = []

    def on_mark(self, state: DerivativeState, now_ns: int) -> None:
        """Note a mark of this moment, as far as its time can be believed."""
        if state.mark:
            self.recent.append(Compared(now_ns, 0, state.venue, state.instrument, state.mark, state.ts_recv_ns))

    def on_liquidation(self, row: Liquidation, now_ns: int) -> None:
        """Note a row of this moment, where its price can say something."""
        if row.price_kind != "mark":
            self.recent.append(
                Compared(
                    now_ns,
                    1,
                    row.venue,
                    row.instrument,
                    row.price,
                    row.ts_recv_ns,
                    row.liquidated == "long",
                    row.price_kind == "fill",
                )
            )

    def read(self, until_ns: int) -> list[SelfCheck]:
        """What is to be said of what happened before `until_ns`, of which all is known."""
        due = sorted(one for one in self.recent if one.ts_event_ns < until_ns)
        if not due:
            return []
        self.recent = [one for one in self.recent if one.ts_event_ns >= until_ns]
        said = []
        for one in due:
            if one.kind == 0:
                self.marks[f"{one.venue}|{one.instrument}"] = one.ts_event_ns, one.price
            elif (found := self._compare(one)) is not None:
                said.append(found)
        return said

    def _compare(self, row: Compared) -> SelfCheck | None:
        at_ns, mark = self.marks.get(f"{row.venue}|{row.instrument}", (0, 0.0))
        if not mark or row.ts_event_ns - at_ns > FRESH_NS or abs(row.price / mark - 1) <= FAR:
            return None
        seen = self.venues.setdefault(row.venue, Rows())
        if seen.rows >= 2 * ENOUGH_ROWS:
            seen.rows, seen.agreed, seen.of_orders = seen.rows // 2, seen.agreed // 2, seen.of_orders // 2
        seen.rows += 1
        seen.agreed += (row.price < mark) == row.long
        seen.of_orders += not row.fill
        return self._judged(row, seen) if seen.rows >= ENOUGH_ROWS else None

    def _judged(self, row: Compared, seen: Rows) -> SelfCheck | None:
        agreement = seen.agreed / seen.rows
        doubtful = agreement < AGREED and seen.of_orders > seen.rows / 2
        state: State = "inverted" if agreement < INVERTED else "doubtful" if doubtful else "ok"
        if state == seen.said:
            return None
        seen.said = state
        return SelfCheck(
            venue=row.venue,
            instrument=EVERY_INSTRUMENT,
            ts_event_ns=row.ts_event_ns,
            ts_recv_ns=row.recv_ns,
            check="liquidation_side",
            state=state,
            agreement=agreement,
            rows=seen.rows,
        )
