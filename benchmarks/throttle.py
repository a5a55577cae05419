"""How far estimates of throttled liquidations are from the truth, beside the sum that a feed reports.

`python -m benchmarks.throttle` draws minutes of liquidations with heavy-tailed sizes, shows one row a second of them as
throttled venues do, and compares. Singly: a Poisson stream; in bunches: of three on average, at once. The peer is a
complete venue of half the size, and the share was learnt in 500 quiet minutes, anew for every 20 that are judged.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from math import log
from random import Random

from detector.stats.peer_share import PeerShare, from_peers
from detector.throttle import Shown, by_occupancy, estimate, occupancy
from producers.completeness import Coverage

FEED = Coverage(kind="sampled", rows=1, every_s=1.0)
MINUTES = 400
JUDGED = 20
QUIET_MINUTES = 500
QUIET_RATE = 0.1
PEER_SIZE = 0.5
RATES = (0.1, 0.5, 1.0, 3.0, 10.0, 30.0)
"""Liquidations a second."""
BUNCH = 3.0
SATURATED = 0.5
NONE_SHOWN = Shown(0.0, 0)

Minute = list[list[float]]
"""Sizes in dollars, by second."""
Choice = Callable[[Random, list[float]], float]


def main() -> None:
    """Print a line a scenario: what is told over what happened."""
    print(f"{MINUTES} minutes each, sizes lognormal with sigma 2; told over true: median, share within a factor of two")
    print(f"{'':>21} {'/s':>5}  {'reported':>13}  {'occupancy':>13}  {'with peers':>13}")
    random_row: Choice = lambda random, sizes: random.choice(sizes)  # noqa: E731 - a table of three
    largest_row: Choice = lambda _, sizes: max(sizes)  # noqa: E731 - as above
    for name, choice, bunch in (
        ("any row, singly", random_row, 1.0),
        ("largest row, singly", largest_row, 1.0),
        ("any row, bunches", random_row, BUNCH),
    ):
        for rate in RATES:
            reported, occupied, peered = _scenario(Random(f"{name}{rate}"), choice, rate, bunch)
            print(f"{name:>21} {rate:5.1f}  {_told(reported)}  {_told(occupied)}  {_told(peered)}")
            assert statistics.median(reported) <= statistics.median(occupied) + 1e-9
            if rate >= 3.0:
                assert _off(peered) < _off(reported), "peers must come nearer than the report does"


def _scenario(
    random: Random, choice: Choice, rate: float, bunch: float
) -> tuple[list[float], list[float], list[float]]:
    reported: list[float] = []
    occupied: list[float] = []
    peered: list[float] = []
    share = PeerShare()
    while len(reported) < MINUTES:
        if len(reported) % JUDGED == 0:
            share = _learnt(random, choice, bunch)
        minute = _minute(random, rate, bunch)
        true = _complete(minute).usd
        if not true:
            continue
        own, peer = _shown(random, choice, minute), _complete(_minute(random, rate * PEER_SIZE, bunch))
        peers_usd = from_peers([(share, peer.usd, peer.rows)])
        found = estimate(FEED, own, NONE_SHOWN, saturated_share=SATURATED, peers_usd=peers_usd)
        reported.append(own.usd / true)
        occupied.append(by_occupancy(FEED, own, NONE_SHOWN) / true)
        peered.append((found.estimate_usd or 0.0) / true)
    return reported, occupied, peered


def _learnt(random: Random, choice: Choice, bunch: float) -> PeerShare:
    share = PeerShare()
    for _ in range(QUIET_MINUTES):
        own = _shown(random, choice, _minute(random, QUIET_RATE, bunch))
        peer = _complete(_minute(random, QUIET_RATE * PEER_SIZE, bunch))
        if occupancy(FEED, own, NONE_SHOWN) < SATURATED:
            usd = by_occupancy(FEED, own, NONE_SHOWN)
            share.learn(own_usd=usd, own_rows=own.rows, peer_usd=peer.usd, peer_rows=peer.rows)
    return share


def _minute(random: Random, rate: float, bunch: float) -> Minute:
    seconds: Minute = [[] for _ in range(60)]
    at = random.expovariate(rate / bunch)
    while at < 60:
        rows = 1
        while random.random() > 1 / bunch:
            rows += 1
        seconds[int(at)] += [random.lognormvariate(8.0, 2.0) for _ in range(rows)]
        at += random.expovariate(rate / bunch)
    return seconds


def _shown(random: Random, choice: Choice, minute: Minute) -> Shown:
    rows = [choice(random, sizes) for sizes in minute if sizes]
    return Shown(sum(rows), len(rows))


def _complete(minute: Minute) -> Shown:
    return Shown(sum(map(sum, minute)), sum(map(len, minute)))


def _off(ratios: list[float]) -> float:
    return abs(log(statistics.median(ratios)))


def _near(ratios: list[float]) -> float:
    return sum(0.5 <= ratio <= 2.0 for ratio in ratios) / len(ratios)


def _told(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):6.2f} {_near(ratios):6.0%}"


if __name__ == "__main__":
    main()
