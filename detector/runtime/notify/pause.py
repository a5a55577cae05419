"""How long a channel is left alone after it did not take something."""

from __future__ import annotations

import random

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt

FIRST_S, LONGEST_S = 1.0, 60.0
"""After failures in a row: doubled each time, and drawn from the upper half."""
CLOSED_S = 3600.0
"""A sink that refuses us is tried again so much later: somebody may have put it right."""


class Pause:
    """Learns from outcomes.

    Attributes
    ----------
    failures
        In a row.
    for_s
        How long to wait after the last outcome; 0 where it was taken.
    reason
        Why, in words; empty where it was taken.
    """

    def __init__(self) -> None:
        self.failures = 0
        self.for_s = 0.0
        self.reason = ""

    def after(self, outcome: Outcome) -> bool:
        """Take an outcome; whether to wait.

        >>> pause = Pause()
        >>> pause.after(Rejected("the key is wrong", of="sink")), pause.for_s
        (True, 3600.0)
        """
        if isinstance(outcome, Delivered) or (isinstance(outcome, Rejected) and outcome.of == "message"):
            self.failures, self.for_s, self.reason = 0, 0.0, ""
            return False
        self.failures += 1
        self.reason = outcome.reason
        if isinstance(outcome, Rejected):
            self.for_s = CLOSED_S
            return True
        doubled_s = min(LONGEST_S, FIRST_S * 2 ** min(self.failures - 1, 10))
        self.for_s = doubled_s * random.uniform(0.5, 1.0)  # noqa: S311
        if isinstance(outcome, RetryAt) and outcome.after_s is not None:
            # Who asks for no time at all, or for one that is past, is not to be hammered.
            self.for_s = max(self.for_s, outcome.after_s)
        return True
