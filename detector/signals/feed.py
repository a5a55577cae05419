"""S3: a venue's feed arrives late, or not at all while its peers trade.

The delay is receive minus event time over the clocks' offset; it counts when at least two streams of the venue suffer
and some other venue does not. When every venue is late or silent the fault is ours (`ourselves`), never S3. Blind with
one connected venue: then nobody can tell the venue from ourselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from detector.about import About
from detector.lateness import Lateness, lateness
from detector.overview import NS, Listed, Overview
from detector.signals.ourselves import LOCAL
from detector.verdict import ANY, CALM, HIGH, WARN, Verdict, calm, unknown
from schemas.alert import Evidence
from schemas.reading import MarketReading

PEER_RATE = 0.3
"""A peer that trades at a third of its usual rate, and did in the last two seconds, shows that we are not deaf. Before
its usual rate is known any trade does."""

AFTER_OURS_S = 60
"""Our own lag ends on one venue before the other: what is late in the minute after it is late by us."""
BEFORE_OURS_S = 10
"""A venue that was late for longer than a delay looks back, before all others were, is late by itself."""

DELAY = "S3.feed_delay/1"
SILENCE = "S3.silence/1"

ABOUT = (
    About(
        rule=DELAY,
        stage="S3",
        place="venue",
        told="feed late",
        sees="two streams of a venue later than a second and twenty times their usual, while some other venue is not",
        blind="one venue only; streams without event times; while we are late ourselves, and a minute after",
        reads=("receive times",),
        source="receive less event time, over the least of ten minutes (the clocks' offset)",
        clears="no stream late for a minute",
        limits=(
            "withdrawal.delay_ratio",
            "withdrawal.delay_warn_s",
            "withdrawal.delay_high_s",
            "withdrawal.delay_streams",
        ),
    ),
    About(
        rule=SILENCE,
        stage="S3",
        place="venue",
        told="feed silent",
        sees="nothing from a venue for five seconds and three of its usual longest pauses, while another trades",
        blind="one venue only; its first half minute, or ten of its longest pauses so far",
        reads=("trades", "book"),
        source="time since the newest message of any market of the venue",
        clears="the venue is heard for a minute",
        limits=("withdrawal.blind_s", "withdrawal.blind_pauses"),
    ),
)


class OwnLag(msgspec.Struct):
    """Memory of our own lag: what venues share is no venue's, nor what is left of it while it ends."""

    since_s: int = 0
    """The second in which our lag began; 0 while there is none, nor was in the last minute."""
    last_s: int = 0
    late_since: dict[str, int] = {}
    """Since when each venue has been late while some other was in time."""

    def excuse(self, verdicts: Iterable[Verdict], now_s: int, local: bool) -> list[Verdict]:
        """The second's verdicts, with the lateness of venues unknown where it may be ours; `local` is whether our own
        lag is a condition that holds.
        """
        found = list(verdicts)
        if local or any(verdict.rule == LOCAL and verdict.severity for verdict in found):
            self.since_s, self.last_s = self.since_s or now_s, now_s
        elif now_s - self.last_s > AFTER_OURS_S:
            self.since_s = 0
        for place, verdict in enumerate(found):
            if verdict.rule != DELAY or not verdict.known:
                continue
            venue = verdict.venue
            if not verdict.holds:
                self.late_since.pop(venue, None)
                continue
            began_s = self.late_since.setdefault(venue, now_s)
            if self.since_s and began_s > self.since_s - BEFORE_OURS_S:
                found[place] = unknown(DELAY, "S3", venue, ANY)
        return found


def evaluate(view: Overview) -> Iterator[Verdict]:
    """Two verdicts a venue."""
    told = {venue: lateness(markets, view.config) for venue, markets in view.venues()}
    for venue, markets in view.venues():
        peers = [known for other, known in told.items() if other != venue and known is not None]
        yield _delay(view, venue, told[venue], peers)
        yield _silence(view, venue, markets)


def _delay(view: Overview, venue: str, own: Lateness | None, peers: list[Lateness]) -> Verdict:
    limits = view.config.withdrawal
    if own is not None and not own.late_s:
        return calm(DELAY, "S3", venue, ANY)
    # A peer that is about to be late is no witness: it may be we who are.
    if own is None or not any(peer.punctual and not peer.late_s for peer in peers):
        return unknown(DELAY, "S3", venue, ANY)
    late_s = own.late_s
    worst = late_s[len(late_s) // 2]
    enough = len(late_s) >= limits.delay_streams
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
                signal="late_streams", value=float(len(late_s)), threshold=float(limits.delay_streams), unit="streams"
            ),
        ),
    )


def _silence(view: Overview, venue: str, markets: list[Listed]) -> Verdict:
    """Silent for five seconds and three times its usual longest pause, while somebody elsewhere goes on trading."""
    limits, now_ns = view.config.withdrawal, view.now_ns
    last_ns = max(market.last_event_ns for _, market in markets)
    pulse = view.pulses.get(venue)
    usual_s = pulse.known_longest_s if pulse is not None else None
    if not last_ns or usual_s is None:
        return unknown(SILENCE, "S3", venue, ANY)
    silent_s = (now_ns - last_ns) / NS
    if silent_s <= limits.blind_s:
        return calm(SILENCE, "S3", venue, ANY)
    line_s = max(limits.blind_s, limits.blind_pauses * usual_s)
    peers = any(market.venue != venue and view.fresh(market, 2) and _trades_on(market) for _, market in view.markets)
    if not peers:
        # Nobody bears witness now; what was silent when the others were last heard has been silent ever since.
        others_ns = max((heard_ns for other, heard_ns in view.heard_ns.items() if other != venue), default=0)
        if (others_ns - last_ns) / NS > line_s:
            return Verdict(SILENCE, "S3", venue, ANY, CALM, True)
        return unknown(SILENCE, "S3", venue, ANY)
    on = silent_s > line_s
    evidence = (
        Evidence(
            signal="silent", value=round(silent_s, 1), baseline=round(usual_s, 2), threshold=limits.blind_s, unit="s"
        ),
    )
    severity = HIGH if on else CALM
    return Verdict(SILENCE, "S3", venue, ANY, severity, on, confirm=1, evidence=evidence if on else ())


def _trades_on(market: MarketReading) -> bool:
    return market.order_rate_ratio is None or market.order_rate_ratio >= PEER_RATE
