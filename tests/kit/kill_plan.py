"""Where a worker is killed: a seed decides everything that can be decided before the run."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import msgspec

NS = 1_000_000_000
FROM_NS, TO_NS = 1_760_129_400 * NS, 1_760_131_500 * NS
"""20:50 and 21:25 UTC on 10 October 2025."""
WORKERS = ("w1", "w2")


class Told(msgspec.Struct):
    """What of an alert a plan needs."""

    ts_ns: int


_decoder = msgspec.json.Decoder(Told)


class Plan(NamedTuple):
    """One kill."""

    seed: int
    between: bool
    """Between an output's being on its topic and the commit of what it follows from; else at any moment."""
    moment_ns: int
    """Event time from which on the victim dies."""
    victim: str
    """Who dies at its next reading; empty where whoever says the next alert does, when it is there."""
    delay_s: float
    """After the moment; only where any moment will do."""
    restart: bool


def plan(seed: int, clean: list[bytes]) -> Plan:
    """Even seeds kill between publishing and committing, every other one of these at an alert."""
    random = Random(seed)
    between = seed % 2 == 0
    at_alert = between and seed % 4 == 0
    alerts = [alert for alert in map(_decoder.decode, clean) if FROM_NS <= alert.ts_ns < TO_NS]
    target = random.choice(alerts)
    moment_ns = random.randrange(FROM_NS, TO_NS)
    return Plan(
        seed=seed,
        between=between,
        moment_ns=target.ts_ns if at_alert else moment_ns,
        victim="" if at_alert else random.choice(WORKERS),
        delay_s=0.0 if between else random.random(),
        restart=random.random() < 0.5,
    )
