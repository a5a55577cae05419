"""Every rule of another program that the scorecard knows, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from detector.baselines.baseline import Baseline
from detector.baselines.counts import AGENTFEED, DHARMATEJA, KSIAZ, NAPO99, Counts
from detector.baselines.liquidvision import Bursts
from detector.baselines.listener import Listener
from detector.baselines.napo99 import Score
from detector.baselines.phi import Phi
from detector.baselines.teleglas import Singles, Storms
from detector.baselines.wickra import HALF, HINDSIGHT, OF_ITS_EXAMPLE, NotInstalled, Wickra, radar

MAKERS: dict[str, Callable[[], Baseline]] = {
    "TELEGLAS storm": Storms,
    "TELEGLAS single liquidation": Singles,
    "napo99 cascade": partial(Counts, NAPO99),
    "napo99 score, ALERT": Score,
    "AgentFeed": partial(Counts, AGENTFEED),
    "ksiaz CASCADING": partial(Counts, KSIAZ),
    "10 M USD in 5 min": partial(Counts, DHARMATEJA),
    "LiquidVision-like": Bursts,
    "Grabriel Φ, 50": Phi,
}


def baselines() -> dict[str, Callable[[], Listener]]:
    """A maker of a fresh listener for each rule; they can be sent to other processes.

    wickra-radar is itself where it is installed, and else a row that says so.
    """
    makers: dict[str, Callable[[], Listener]] = {name: partial(_listener, maker) for name, maker in MAKERS.items()}
    for threshold in (HALF, OF_ITS_EXAMPLE, HINDSIGHT):
        name = f"wickra-radar, severity {threshold:g}" + (", in hindsight" if threshold == HINDSIGHT else "")
        try:
            radar(threshold)
        except ImportError:
            makers[f"{name} (not installed)"] = partial(_listener, NotInstalled)
        else:
            makers[name] = partial(_listener, partial(Wickra, threshold))
    return makers


def _listener(make: Callable[[], Baseline]) -> Listener:
    return Listener(make())
