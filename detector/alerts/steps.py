"""What a thread needs next, and what the outcome of that means for it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.threads import Thread
from detector.alerts.traits import Traits

Act = Literal["new", "edit", "end", "refresh", "acknowledge"]
"""`end` is a new message, on channels that cannot edit: it is over. `refresh` says again what goes on."""

NS = 1_000_000_000
LATE_NS = 60 * NS
"""A message that is older says so."""
LONGEST_WAIT_NS = 60 * NS
MOST_DOUBTS = 3
"""A channel that takes messages and answers nothing would be sent a copy a minute. So many are better than none."""


class Step(NamedTuple):
    """The next thing to do for a thread."""

    act: Act
    silent: bool = False
    """Nobody is to be called by it."""
    late_ns: int = 0
    """How old the news is, where it is late."""


def expires(thread: Thread) -> bool:
    """Whether it was over before anybody was told: that is no news any more."""
    return not thread.fate and thread.ended and not thread.sent_rings and not thread.tried


def is_waiting(thread: Thread, traits: Traits) -> bool:
    """Whether something is still to be sent, now or later."""
    if expires(thread) and not traits.every_revision:
        return False
    rings = thread.rings > thread.sent_rings and (not thread.ended or traits.every_revision)
    return rings or (thread.revision > thread.sent_revision and (traits.edits or thread.ended))


def next_step(thread: Thread, traits: Traits, now_ns: int, *, expires_ns: int, silenced: bool = False) -> Step | None:
    """What is due now; None where nothing is."""
    if thread.fate or (expires(thread) and not traits.every_revision):
        return None
    if silenced and traits.acknowledges and thread.sent_rings and not thread.acknowledged and not thread.ended:
        return Step("acknowledge")
    if thread.rings > thread.sent_rings and (not thread.ended or traits.every_revision):
        # A clock that was set back must not make it wait for long.
        if now_ns < thread.ready_ns <= now_ns + LONGEST_WAIT_NS:
            return None
        age_ns = max(0, now_ns - thread.changed_ns)
        # What people should have known long ago is told, and does not wake them as if it were new.
        return Step("new", silent=age_ns > expires_ns, late_ns=age_ns if age_ns > LATE_NS else 0)
    if thread.end_told and not thread.ended:
        return Step("new", silent=True)
    if thread.revision > thread.sent_revision:
        if traits.edits:
            return Step("edit", silent=True)
        return Step("end", silent=True) if thread.ended else None
    if traits.refresh_s and not thread.ended and abs(now_ns - thread.sent_ns) >= traits.refresh_s * NS:
        return Step("refresh", silent=True)
    return None


def settle(
    thread: Thread, step: Step, outcome: Outcome, traits: Traits, *, revision: int, rings: int, now_ns: int
) -> bool:
    """Write down what became of a step that said this `revision`, after so many `rings`; False where it is still due.
    The thread may have gone on meanwhile.
    """
    is_new = step.act in ("new", "end")
    if isinstance(outcome, RetryAt):
        return False
    if isinstance(outcome, Unknown):
        thread.doubts += is_new and not traits.idempotent
        if thread.doubts < MOST_DOUBTS:
            return False
    if isinstance(outcome, Rejected) and outcome.of == "sink":
        return False
    thread.doubts = 0
    if step.act == "acknowledge":
        thread.acknowledged = True
        return True
    thread.sent_revision = max(thread.sent_revision, revision)
    thread.sent_ns = now_ns
    if is_new:
        thread.end_told = step.act == "end"
    if step.act == "new":
        thread.sent_rings = max(thread.sent_rings, rings)
        thread.acknowledged = False
    if isinstance(outcome, Delivered):
        thread.remote = outcome.remote or thread.remote
    elif step.act == "new":
        # There is nothing to be edited, or nobody knows where.
        thread.remote = ""
    return True
