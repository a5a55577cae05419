"""Every threshold of the detector, with the reason beside the number. Fractions unless the name says otherwise.

Sources: theory or the calm part of the record of 2025-10-10 (02:00-14:45 UTC) unless a comment says that a number was
chosen after a look at the crash hours (ADR 3).
"""

from __future__ import annotations

import msgspec


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Clocks of the engine, all in event time."""

    lateness_ms: int = 500
    """Events may arrive this much out of order; a longer delay is itself evidence and still updates the state."""
    future_ms: int = 2_000
    """An event stamped further ahead of its receipt is a clock fault and counts as happening at receipt. A recorder
    1.27 s
    behind its venue is in our own test data, so the bound lies above that."""
    hold_s: int = 60
    """A condition holds at least so long: a cascade breathes in waves of tens of seconds."""
    hold_peg_s: int = 120
    """Collateral prices bounce more than others around their threshold."""
    resolve_s: int = 900
    """All clear for 15 min before an episode resolves: the lull of 21:01-21:09 was not the end."""
    merge_s: int = 1_800
    """A new onset within 30 min of a resolved episode reopens it."""
    downgrade_s: int = 300
    """A lower level must last five minutes before it is told: waves within a cascade are not its end."""
    price_stale_s: int = 10
    """A market without a trade for so long does not take part in comparisons."""


class Shock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S1: self-excitation and breadth."""

    branching_on: float = 0.85
    """Calm n̂ of 14 pooled markets: median 0.68, p99 0.80, maximum 0.83 in 12 h 45 min; a quiet day of BTCUSDC:
    maximum 0.77."""
    branching_off: float = 0.80
    rate_on: float = 3.0
    """… and orders three times their own hour's median: n̂ alone is near-critical in any busy hour."""
    breadth_share: float = 0.75
    breadth_assets: int = 6
    """Fewer assets say little about the market; below six, all of at least three must agree."""
    few_assets: int = 3
    breadth_sigma: float = 5.0
    breadth_move: float = 0.006
    """Absolute floor beside the σ: in quiet hours five sigma can be eight basis points. Lowered from 6 σ and 0.75 %
    after a look at the crash hours; in the calm ones at most 0.20 of ten assets moved so together (ADR 3)."""
    sigma_floor: float = 0.0003
    """A price that hardly ever moves has no sigma; three basis points a minute is a tick or two."""


class Flow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S2: a move with forced or one-sided flow behind it."""

    market_rate_on: float = 10.0
    """Pooled orders over their hour's median, beside breadth: calm 10-s rates have p99 4.5, p99.9 9.4, maximum 13."""
    asset_sigma: float = 8.0
    asset_move: float = 0.015
    """Judgement: well above the market's floor, because one asset alone has no breadth behind it."""
    asset_rate_on: float = 10.0
    major_floor_usd_min: float = 1_000_000.0
    """Liquidations a minute that count on BTC and ETH. Judgement: no calm liquidation record was at hand to fit it."""
    large_floor_usd_min: float = 250_000.0
    other_floor_usd_min: float = 50_000.0
    liquidation_warn: float = 1.0
    liquidation_high: float = 5.0
    liquidation_critical: float = 20.0
    """Multiples of the floor or of the own hour's P99.9 minute, whichever is larger."""
    market_critical_usd_min: float = 50_000_000.0
    saturated_share: float = 0.5
    """A throttled feed that prints in half of all seconds has stopped counting."""
    oi_warn: float = 0.02
    oi_high: float = 0.05
    oi_critical: float = 0.10
    """Open interest lost in 5 min; −2 % with an 8 σ move happens once in 24 symbol-days."""
    vd_watch: float = 0.66
    vd_warn: float = 1.4
    vd_critical: float = 4.55
    """Forced notional of 5 min over the 1 % depth of the hour before: normal p99, median and p90 of 636 liquidation
    events."""


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S3: makers, feeds and APIs go away."""

    depth_warn: float = 0.60
    """Lowest calm ratio of the 1 % bid depth in 1,651 snapshots was 0.75."""
    depth_high: float = 0.33
    depth_critical: float = 0.15
    depth_void: float = 0.05
    depth_confirm_s: int = 10
    spread_warn: float = 5.0
    spread_high: float = 20.0
    spread_floor_bp: float = 2.0
    """A spread of one tick that becomes five ticks on a coarse market is not a withdrawal."""
    delay_ratio: float = 20.0
    delay_warn_s: float = 1.0
    delay_high_s: float = 5.0
    delay_streams: int = 2
    """One late stream proves little: ADA alone lagged 7-12 s in a calm hour."""
    blind_s: float = 5.0
    blind_pauses: float = 3.0
    """Silence of three times its own usual longest pause, while peers trade: a quiet venue is not blind."""


class Void(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S4: nothing to trade against."""

    fall: float = 0.10
    alive_s: int = 3
    """A venue silent for longer is no void but a feed that was cut. Seven COIN-M markets together never paused for more
    than 1.15 s between 21:00 and 22:00 on 10 October 2025."""
    rate_share: float = 0.5
    """A tenth in a minute while trading *halves*: in the void activity falls."""
    median_assets: int = 4
    impact_on: float = 5.0
    impact_move: float = 0.02
    """λ alone fired nine times in the calm; with a 2 % minute it fired once, in the crash."""
    dislocation_watch: float = 0.005
    dislocation_warn: float = 0.01
    dislocation_critical: float = 0.03
    dislocation_void: float = 0.05
    dislocation_s: int = 5
    """Calm deviation between two venues: p99.9 0.14 %, maximum 0.89 %."""
    peer_delay_s: float = 1.0
    """A peer that is late looks dislocated and is left out."""


class Collateral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S5: what positions are margined with loses its peg. Watched pegs are the base assets in `pegs`, against
    dollars.
    """

    pegs: tuple[str, ...] = ("USDE", "USDC", "FDUSD", "USDT", "DAI", "TUSD", "USD1")
    watch: float = 0.005
    watch_s: int = 60
    warn: float = 0.01
    warn_s: int = 30
    critical: float = 0.03
    critical_s: int = 10
    emergency: float = 0.10
    release: float = 0.6
    """Off-threshold as a share of the watch line."""


class Deleveraging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """S6: winners are closed."""

    offbook_assets: int = 3
    """Fills missing from contiguous trade ids on three assets in a minute: none in 20 h 50 min before the crash."""
    offbook_share: float = 0.10
    """A tenth of a minute's ids missing is deleveraging or fund takeover, by inference."""
    offbook_calm: float = 1e-4
    """Ids that skip more often than this in the calm (non-public fills) cannot say anything."""
    offbook_warm_ids: int = 500
    """Ids of a venue's contiguous markets together. With none missing in so many, less than 0.6 % are in the calm (rule
    of three)."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration of the detector."""

    timing: Timing = Timing()
    shock: Shock = Shock()
    flow: Flow = Flow()
    withdrawal: Withdrawal = Withdrawal()
    void: Void = Void()
    collateral: Collateral = Collateral()
    deleveraging: Deleveraging = Deleveraging()
    majors: tuple[str, ...] = ("BTC", "ETH")
    large: tuple[str, ...] = ("SOL", "XRP", "BNB", "DOGE", "ADA", "LINK", "AVAX", "TRX", "LTC", "HYPE")
