"""S3: a venue's feed arrives late, or not at all while its peers trade.

The delay is receive minus event time over the clocks' offset; it counts when at least two streams of the venue suffer
and
some other venue does not. When every venue is late the fault is ours: LOCAL, never S3. Blind with one connected
venue: then
nobody can tell the venue from ourselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.overview import NS, Listed, Overview
from detector.verdict import ANY, CALM, HIGH, WARN, Verdict, calm, unknown
from schemas.alert import Evidence

PEER_RATE = 0.3
"""A peer that trades at a third of its usual rate, and did in the last two seconds, shows that we are not deaf."""

DELAY = "S3.feed_delay/1"
SILENCE = "S3.silence/1"


def evaluate(view: Overview) -> Iterator[Verdict]:
    """Two verdicts a venue."""
    late = {venue: _late_streams(view, markets) for venue, markets in view.venues()}
    for venue, markets in view.venues():
        peers = [other for other in late if other != venue]
        told = [other for other in peers if late[other] is not None]
        healthy = [other for other in told if not late[other]]
        yield _delay(view, venue, late[venue], bool(told), bool(healthy))
        yield _silence(view, venue, markets)


def _late_streams(view: Overview, markets: list[Listed]) -> list[float] | None:
    """Delays in seconds of the venue's late streams; None while no stream's usual delay is known."""
    limits = view.config.withdrawal
    known = [
        (market.delay_s, market.delay_ratio)
        for _, market in markets
        if market.delay_ratio is not None and market.delay_s is not None
    ]
    if not known:
        return None
    return [delay_s for delay_s, ratio in known if ratio > limits.delay_ratio and delay_s > limits.delay_warn_s]


def _delay(view: Overview, venue: str, late: list[float] | None, has_peers: bool, peer_healthy: bool) -> Verdict:
    limits = view.config.withdrawal
    if late is None or (late and not has_peers):
        return unknown(DELAY, "S3", venue, ANY)
    if not late or not peer_healthy:
        return calm(DELAY, "S3", venue, ANY)
    worst = sorted(late)[len(late) // 2]
    enough = len(late) >= limits.delay_streams
    severity = (HIGH if worst > limits.delay_high_s else WARN) if enough else CALM
    return Verdict(
        DELAY,
        "S3",
        venue,
        ANY,
        severity,
        True,
        evidence=(
            Evidence(signal="feed_delay", value=round(worst, 2), threshold=limits.delay_warn_s, unit="s"),
            Evidence(
                signal="late_streams", value=float(len(late)), threshold=float(limits.delay_streams), unit="streams"
            ),
        ),
    )


def _silence(view: Overview, venue: str, markets: list[Listed]) -> Verdict:
    """Silent for five seconds and three times its usual longest pause, while somebody elsewhere goes on trading."""
    limits, now_ns = view.config.withdrawal, view.now_ns
    last_ns = max(market.last_event_ns for _, market in markets)
    pulse = view.pulses.get(venue)
    usual_s = pulse.usual_longest_s if pulse is not None else None
    peers = [
        market
        for _, market in view.markets
        if market.venue != venue and (market.order_rate_ratio or 0.0) >= PEER_RATE and view.fresh(market, 2)
    ]
    if not last_ns or usual_s is None:
        return unknown(SILENCE, "S3", venue, ANY)
    silent_s = (now_ns - last_ns) / NS
    if silent_s <= limits.blind_s:
        return calm(SILENCE, "S3", venue, ANY)
    if not peers:
        return unknown(SILENCE, "S3", venue, ANY)
    on = silent_s > max(limits.blind_s, limits.blind_pauses * usual_s)
    evidence = (
        Evidence(
            signal="silent", value=round(silent_s, 1), baseline=round(usual_s, 2), threshold=limits.blind_s, unit="s"
        ),
    )
    severity = HIGH if on else CALM
    return Verdict(SILENCE, "S3", venue, ANY, severity, on, confirm=1, evidence=evidence if on else ())
