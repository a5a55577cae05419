"""What the venues' own files declare of their liquidation feeds, at the time of an event: replays of old years were
throttled differently.
"""

from __future__ import annotations

from functools import lru_cache

from producers.completeness import Coverage
from producers.venues.registry import VENUES

DAY_NS = 86_400_000_000_000


def liquidation_coverage(venue_id: str, ts_ns: int) -> Coverage | None:
    """How complete a venue's liquidations are at a moment; None where no venue file speaks for it.

    >>> liquidation_coverage("somebody-elses-csv", 0) is None
    True
    """
    return _on_day(venue_id, ts_ns // DAY_NS)


@lru_cache(maxsize=1024)
def _on_day(venue_id: str, day: int) -> Coverage | None:
    # Declarations change by the day, and are asked for every second.
    make = VENUES.get(venue_id)
    return None if make is None else make().completeness["liquidations"].at(day * DAY_NS)
