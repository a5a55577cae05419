"""Alerts, conditions and numbers in words and short lines."""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.alert import Alert, Evidence, Transition

NUMBERS_SHOWN = 4
"""Evidence lines under an alert in a terminal; the JSON has them all."""


def clock(ts_ns: int) -> str:
    """UTC time of day.

    >>> clock(1_760_129_410_000_000_000)
    '20:50:10'
    """
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC).strftime("%H:%M:%S")


def day(ts_ns: int) -> str:
    """UTC date."""
    return datetime.fromtimestamp(ts_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")


def dollars(value: float | None) -> str:
    """Dollars at a glance.

    >>> dollars(1_234_567.0), dollars(950.0), dollars(float("nan"))
    ('1.2M', '950', '-')
    """
    if value is None or value != value:
        return "-"
    for limit, suffix in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.1f}{suffix}"
    return f"{value:.0f}"


def number(evidence: Evidence) -> str:
    """One piece of evidence with its normal.

    >>> number(Evidence(signal="breadth", value=0.9, threshold=0.75, unit="share of assets"))
    'breadth 0.9 share of assets (line 0.75)'
    """
    if evidence.value is None:
        return f"{evidence.signal} unknown ({evidence.note})" if evidence.note else f"{evidence.signal} unknown"
    beside = []
    if evidence.baseline is not None:
        beside.append(f"normal {_figure(evidence.baseline, evidence.unit)}")
    if evidence.sigma is not None:
        beside.append(f"{evidence.sigma:+.1f} σ")
    elif evidence.percentile is not None:
        beside.append(f"above {evidence.percentile:g} % of its hour")
    if evidence.threshold is not None:
        beside.append(f"line {_figure(evidence.threshold, evidence.unit)}")
    if evidence.note:
        beside.append(evidence.note)
    unit = f" {evidence.unit}" if evidence.unit not in ("", "fraction", "ratio") else ""
    tail = f" ({', '.join(beside)})" if beside else ""
    where = f"{evidence.where}: " if evidence.where else ""
    return f"{where}{evidence.signal} {_figure(evidence.value, evidence.unit)}{unit}{tail}"


def _figure(value: float, unit: str) -> str:
    if unit == "fraction":
        return f"{value * 100:+.2f} %"
    return dollars(value) if unit == "USD" and abs(value) >= 1000 else f"{value:g}"


def alert_lines(alert: Alert) -> list[str]:
    """An alert for a terminal: the headline, since when, the strongest numbers, what is blind."""
    indent = " " * 10
    lines = [f"{clock(alert.ts_ns)}  {alert.headline}"]
    stages = " ".join(alert.stages) or "no stage"
    key = f" · second key: {alert.second_key}" if alert.second_key else ""
    lines.append(f"{indent}{alert.status}, since {clock(alert.since_ns)} · {stages} · id {alert.alert_id}{key}")
    lines.append(f"{indent}bots: {alert.posture}{_cause(alert)}")
    lines.extend(f"{indent}{number(e)}" for e in alert.evidence[:NUMBERS_SHOWN])
    seen = alert.coverage
    blind = f"; blind: {'; '.join(seen.blind[:3])}" if seen.blind else ""
    lines.append(f"{indent}sees {seen.live} of {seen.families} families of evidence{blind}")
    return lines


def _cause(alert: Alert) -> str:
    """Macro or microstructure, with who voted how; nothing where nobody asks."""
    label = alert.label
    if label is None:
        return ""
    sides = (("for leverage", 1), ("for news", -1))
    told = ((way, [vote.name for vote in label.votes if vote.vote == sign]) for way, sign in sides)
    said = "; ".join(f"{way}: {', '.join(names)}" for way, names in told if names)
    return f" · cause: {label.cause} ({label.score:+d}{'; ' if said else ''}{said})"


def transition_line(transition: Transition) -> str:
    """A condition's onset, change or clear in one line, with the time at which it was decided."""
    where = f"{transition.venue} {transition.asset}" if transition.asset != "*" else transition.venue
    rule = transition.rule
    if not transition.active:
        return f"{clock(transition.ts_ns)}  - {rule} {where} clear, began {clock(transition.since_ns)}"
    numbers = " · ".join(number(e) for e in transition.evidence[:3])
    since = clock(transition.since_ns)
    return f"{clock(transition.ts_ns)}  + {rule} {where} {transition.severity} since {since} {numbers}"
