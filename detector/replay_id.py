"""What to replay to hear an alert again: the rules and thresholds that spoke, and the moments that they looked at.

What remembers longer than an hour is not in these moments: a week's busiest minutes of liquidations, the week of the
context, trade ids of the calm. A rule that leans on them may speak a level higher or lower in the replay, or not yet.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from detector.calibration.calibrated import Calibration
from detector.catalog import RULES
from detector.config import Config

NS = 1_000_000_000
WARM_NS = 3_900 * NS
"""Five minutes more than the hour of which medians are taken: the moves that they are taken of look back so far."""


def ruleset(config: Config) -> str:
    """A digest of every rule's version, every threshold and the calibration: alerts of equal ones can be compared."""
    # An asset has its own part of the calibration, and the digest of all of it.
    return _digest(replace(config, calibration=Calibration(config.calibration.digest)))


@lru_cache(maxsize=8)
def _digest(config: Config) -> str:
    text = msgspec.json.encode((sorted(RULES), config), order="deterministic")
    return blake2b(text, digest_size=4).hexdigest()


def replay_id(config: Config, since_ns: int, ts_ns: int) -> str:
    """`rules/from/to`, the moments in UTC.

    >>> replay_id(Config(), 1_760_129_410 * NS, 1_760_130_000 * NS).partition("/")[2]
    '2025-10-10T19:45:10Z/2025-10-10T21:00:00Z'
    """
    return f"{ruleset(config)}/{_moment(since_ns - WARM_NS)}/{_moment(ts_ns)}"


def _moment(ts_ns: int) -> str:
    return datetime.fromtimestamp(ts_ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
