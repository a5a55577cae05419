"""Alerts as the detector writes them, for whatever reads them: one revision, or an episode from begin to end."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from detector.composing import digest
from schemas.alert import LEVELS, MARKET, OURS, ActiveCondition, Alert, Coverage, Evidence, Label, Level, Stage, Vote

NS = 1_000_000_000
T0_NS = 1_760_129_400 * NS
"""2025-10-10 20:50:00 UTC, a moment at which there was something to tell."""


def an_alert(**changes: Any) -> Alert:
    """A revision of the market's own story at HIGH, with everything that alerts say, and these fields changed.

    Ids follow from the scope, `since_ns`, the revision, the level and the stages, unless they are given. A scope that
    is an asset or a venue gives conditions there; stage `D` makes it a story about data.
    """
    scope: str = changes.get("scope", MARKET)
    level: Level = changes.get("level", "HIGH")
    since_ns: int = changes.get("since_ns", T0_NS)
    revision: int = changes.get("revision", 1)
    status = changes.get("status", "open" if revision == 1 else "updated")
    stages: tuple[Stage, ...] = changes.get("stages", () if status == "resolved" else ("S2", "S3"))
    episode_id = changes.get("episode_id", digest(f"episode|{scope}|{since_ns}"))
    fields: dict[str, Any] = {
        "alert_id": digest(f"{episode_id}|{revision}|{level}|{','.join(stages)}"),
        "episode_id": episode_id,
        "revision": revision,
        "ts_ns": since_ns + 10 * NS * revision,
        "status": status,
        "level": level,
        "peak_level": level,
        "stages": stages,
        "scope": scope,
        "direction": "none" if "D" in stages else "down",
        "since_ns": since_ns,
        "headline": _headline(scope, level, stages, status),
        "evidence": EVIDENCE,
        "conditions": () if status == "resolved" else _conditions(scope, level, stages, since_ns),
        "coverage": Coverage(live=5, families=6, blind=("binance-usdm book: gap since 20:49:03",)),
        "second_key": "depth" if LEVELS.index(level) >= LEVELS.index("CRITICAL") else "",
        "posture": "resume" if status == "resolved" else "reduce",
        "label": LABEL if scope == MARKET else None,
        "context": (Evidence(signal="open_interest", value=9.1e10, baseline=7.0e10, unit="USD", percentile=99.0),),
        "clears": ("2 % depth is back at 80 % of its usual for 60 s",),
        "replay_id": "0a1b2c3d/2025-10-10T19:45:00Z/2025-10-10T20:50:10Z",
    }
    return Alert(**fields | changes)


def episode(*levels: Level, every_s: float = 10.0, resolved: bool = True, **changes: Any) -> list[Alert]:
    """All revisions of a story that goes through these levels, one in `every_s` seconds; at its end it is over.

    `stages` are those of all revisions but the last, which names none: save `D`, which a story about data keeps.
    """
    since_ns: int = changes.pop("since_ns", T0_NS)
    stages: tuple[Stage, ...] = changes.pop("stages", ("S2", "S3"))
    over: tuple[Level, ...] = ("CLEAR",) if resolved else ()
    path = (*levels, *over)
    statuses = ["open", *(_status(before, after) for before, after in pairwise(path))]
    if resolved:
        statuses[-1] = "resolved"
    return [
        an_alert(
            **{
                "since_ns": since_ns,
                "ts_ns": since_ns + round(every_s * NS * number),
                "revision": number,
                "level": level,
                "peak_level": max(path[:number], key=LEVELS.index),
                "status": status,
                "stages": tuple(s for s in stages if s == "D") if status == "resolved" else stages,
                **changes,
            }
        )
        for number, (level, status) in enumerate(zip(path, statuses, strict=True), 1)
    ]


def _status(before: Level, after: Level) -> str:
    if before == after:
        return "updated"
    return "escalated" if LEVELS.index(after) > LEVELS.index(before) else "downgraded"


def _headline(scope: str, level: Level, stages: tuple[Stage, ...], status: str) -> str:
    if status == "resolved":
        return f"{scope} calm for 300 s"
    return f"{level} {scope} cannot be seen" if "D" in stages else f"{level} {scope} falling: forced flow, thin books"


def _conditions(scope: str, level: Level, stages: tuple[Stage, ...], since_ns: int) -> tuple[ActiveCondition, ...]:
    blind = "D" in stages
    venue = scope if blind else MARKET if scope in (MARKET, OURS) else "binance-usdm"
    asset = "*" if blind or scope in (MARKET, OURS) else scope
    return tuple(
        ActiveCondition(
            stage=stage, rule=f"{stage}.rule/1", venue=venue, asset=asset, severity=level, since_ns=since_ns
        )
        for stage in stages
    )


EVIDENCE = (
    Evidence(
        signal="depth_ratio",
        where="binance-usdm BTC",
        value=0.31,
        baseline=1.0,
        threshold=0.6,
        unit="ratio",
        since_ns=T0_NS,
        sigma=-7.4,
    ),
    Evidence(signal="liquidations_usd_60s", value=48.2e6, baseline=0.4e6, threshold=5e6, unit="USD", percentile=100.0),
    Evidence(signal="move_60s", where="BTC", value=-0.034, threshold=-0.01, unit="fraction"),
    Evidence(signal="funding_rate", where="bybit BTC", value=None, note="no reading since 20:48"),
)

LABEL = Label(
    cause="microstructure",
    score=2,
    votes=(
        Vote(name="breadth", vote=1, value=0.4, microstructure=0.5, macro=0.9, unit="fraction"),
        Vote(name="spot_and_perp", vote=None, value=None, microstructure=0.2, macro=0.8, note="no spot market"),
    ),
)
