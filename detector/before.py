"""What was usual on a market before a shock, and its way back there."""

from __future__ import annotations

import msgspec

from detector.config import Recovery
from detector.market import Market
from detector.quotes import ASK, BID, ONE_PERCENT, cell
from detector.stats.rolling_median import RollingMedian
from detector.verdict import CALM, Verdict, calm


class Trail(msgspec.Struct):
    """One number's way back after a shock."""

    low_s: int = 0
    """Seconds on end beyond the line."""
    left: bool = False
    """Whether it was there for so long that the rule spoke: from then on the other line counts."""
    whole_s: int = 0
    """Seconds as before; with what cannot be seen between them."""

    def after(self, verdict: Verdict, over: bool, after_s: int) -> Verdict:
        """What of a difference is an aftermath: in the shock none, and what comes after a recovery is something new."""
        if not over:
            self.low_s = self.whole_s = 0
            return verdict._replace(severity=CALM, direction="none", evidence=())
        if self.whole_s > after_s:
            self.left = False
            return calm(verdict.rule, verdict.stage, verdict.venue, verdict.asset)
        self._step(verdict)
        return verdict

    def _step(self, verdict: Verdict) -> None:
        self.low_s = self.low_s + 1 if verdict.severity else 0
        self.left = self.left or (verdict.severity > CALM and self.low_s >= verdict.confirm)
        if verdict.severity or (verdict.holds and self.left):
            self.whole_s = 0
        elif verdict.known:
            self.whole_s += 1


class Before(msgspec.Struct):
    """What was usual on one market before a shock; None where it was not known."""

    since_ns: int
    """When the shock began."""
    depth_usd: tuple[float | None, float | None]
    """Bids and asks within one percent of mid."""
    spread: float | None
    basis: float | None
    """Its price over the median of its peers, less one."""
    depth_trail: Trail = msgspec.field(default_factory=Trail)
    basis_trail: Trail = msgspec.field(default_factory=Trail)


def usual_now(market: Market, basis: RollingMedian | None, since_ns: int) -> Before:
    """What ordinary baselines call usual on a market; `basis` is that of its difference to its peers."""
    depth = market.quotes.usual_depth
    sides = depth[cell(BID, ONE_PERCENT)].value, depth[cell(ASK, ONE_PERCENT)].value
    return Before(since_ns, sides, market.quotes.usual_spread.value, basis.value if basis is not None else None)


def usual_again(before: Before, usual: Before, limits: Recovery) -> bool:
    """Whether what ordinary baselines call usual is what it was; a calm minute within a new regime is no end of it."""
    for old, new in zip(before.depth_usd, usual.depth_usd, strict=True):
        if old is not None and (new is None or new < limits.depth_off * old):
            return False
    if before.basis is None:
        return True
    return usual.basis is not None and abs(usual.basis - before.basis) < limits.basis_off
