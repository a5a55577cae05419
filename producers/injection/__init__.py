"""Faults for any replay: what goes wrong on the way from a venue to us, put into a stream of events on purpose.

A fault is told by a text (`option`) and changes events in their order of receipt (`stream`). It sits behind the
sessions: what their continuity would notice comes out as they would tell it. Pure and reproducible.
"""

from producers.injection.option import parse_fault
from producers.injection.stream import Injection, apply

__all__ = ["Injection", "apply", "parse_fault"]
