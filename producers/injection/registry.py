"""Every fault by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from producers.injection.cross import Cross
from producers.injection.drop import Drop
from producers.injection.duplicate import Duplicate
from producers.injection.fault import Fault, Plan
from producers.injection.freeze import Freeze
from producers.injection.ghost import Ghost
from producers.injection.local_lag import LocalLag
from producers.injection.reorder import Reorder
from producers.injection.resync import Resync
from producers.injection.silence import Silence
from producers.injection.skew import Skew

FAULTS: dict[str, type[Fault[Any]]] = {
    fault.kind: fault for fault in (Resync, Freeze, Ghost, Cross, Skew, Silence, Duplicate, Reorder, Drop, LocalLag)
}


def at_work(plan: Plan) -> Fault[Any]:
    """The fault that a plan asks for, for one stream."""
    return FAULTS[plan.kind](plan, plan.options)


def described() -> Iterator[str]:
    """A line for each fault: its name, how long it lasts unless told, what it does."""
    for kind, fault in FAULTS.items():
        lasts = f"{fault.lasts_s:g} s" if fault.lasts_s is not None else "to the end"
        yield f"{kind} ({lasts}): {fault.about}"
