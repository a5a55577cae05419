"""What people ask in a chat, answered: where things stand, why something was said, and silence for a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.alerts.match import EVERYTHING, Match, rank
from detector.alerts.steps import NS
from detector.console.wording import alert_lines, clock
from detector.store.errors import StoreError
from detector.store.silences import new_silence
from producers.errors import UsageError
from schemas.alert import LEVELS, MARKET, Alert
from schemas.state import MarketState

if TYPE_CHECKING:
    from detector.runtime.notify.notifier import Notifier

STALE_NS = 60 * NS
MOST_STORIES = 8
MOST_CONDITIONS = 6


class ChatDesk:
    """The side of the notifier that a chat speaks to. It mutes that chat and no other."""

    def __init__(self, notifier: Notifier, sink: str) -> None:
        self._notifier = notifier
        self._sink = sink

    def status(self) -> str:
        """Where the market stands, what else goes on, and what is muted."""
        notifier = self._notifier
        now_ns = notifier.clock.now_ns()
        stories = (story.alert for story in notifier.desk.kept.stories.values())
        going = sorted(
            (alert for alert in stories if alert.status != "resolved" and alert.scope != MARKET),
            key=lambda alert: (-rank(alert.level), alert.scope),
        )
        lines = [_market(notifier.market, now_ns)]
        lines += [f"{alert.level} {alert.scope} since {clock(alert.since_ns)}" for alert in going[:MOST_STORIES]]
        if len(going) > MOST_STORIES:
            lines.append(f"and {len(going) - MOST_STORIES} more")
        lines += [
            f"muted until {clock(silence.until_ns)} UTC: {', '.join(silence.match.asset) or 'as configured'}"
            for silence in notifier.desk.silences
            if silence.holds(now_ns) and silence.sink in ("", self._sink)
        ]
        lines += [
            f"{name} takes no messages: {worker.trouble}" for name, worker in notifier.workers.items() if worker.trouble
        ]
        return "\n".join(lines)

    def mute(self, seconds: int, assets: Sequence[str], by: str) -> str:
        """Say nothing here of these assets for so long; of none named, nothing at all."""
        match = Match(asset=tuple(assets)) if assets else EVERYTHING
        now_ns = self._notifier.clock.now_ns()
        try:
            silence = new_silence(
                match,
                now_ns=now_ns,
                for_s=seconds,
                by=by,
                sink=self._sink,
                everything=not assets,
                comment="in the chat",
            )
            self._notifier.store.add_silence(silence)
            self._notifier.silences_changed()
        except (StoreError, UsageError) as error:
            return f"Not muted: {error}"
        what = ", ".join(assets) if assets else "EVERYTHING, the market's own alerts too,"
        return f"Muted {what} here until {clock(silence.until_ns)} UTC. /unmute ends it."

    def unmute(self) -> str:
        """End what was muted here."""
        notifier = self._notifier
        now_ns = notifier.clock.now_ns()
        own = [silence for silence in notifier.desk.silences if silence.sink == self._sink and silence.holds(now_ns)]
        try:
            ended = [silence for silence in own if notifier.store.expire_silence(silence.id, now_ns)]
            notifier.silences_changed()
        except StoreError as error:
            return f"Not ended: {error}"
        return f"Ended: {len(ended)}." if ended else "Nothing is muted here."

    def why(self, given: str) -> str:
        """Everything about the alert, or the newest of the episode, whose id begins so."""
        try:
            found = self._notifier.store.alert(given)
        except StoreError as error:
            return f"Cannot look: {error}"
        if not found:
            return "No alert has an id that begins so; the id stands at the end of every message."
        return "\n".join(_whole(found[0]))


def _market(state: MarketState | None, now_ns: int) -> str:
    if state is None:
        return "Nothing is known of the market now: nobody watches it, or nothing was heard yet."
    stages = " ".join(state.stages) or "no stage"
    since = f" since {clock(state.since_ns)} UTC" if state.since_ns and state.level != LEVELS[0] else ""
    seen = f", sees {state.coverage.live} of {state.coverage.families} kinds of evidence" if state.coverage else ""
    age_ns = now_ns - state.ts_ns
    stale = f"\nNOBODY WATCHES: this is {age_ns // NS} s old" if age_ns > STALE_NS else ""
    return f"{state.level} market{since}: {stages}{seen}{stale}"


def _whole(alert: Alert) -> list[str]:
    held = [
        f"{condition.rule} {condition.venue} {condition.asset} {condition.severity} since {clock(condition.since_ns)}"
        for condition in alert.conditions[:MOST_CONDITIONS]
    ]
    if len(alert.conditions) > MOST_CONDITIONS:
        held.append(f"and {len(alert.conditions) - MOST_CONDITIONS} more conditions")
    votes = [f"{vote.name}: {vote.vote:+d}" for vote in alert.label.votes if vote.vote] if alert.label else []
    return [
        *(line.strip() for line in alert_lines(alert)),
        *held,
        *((f"votes: {', '.join(votes)}",) if votes else ()),
        *(f"ends with {text}" for text in alert.clears[:3]),
        f"replay {alert.replay_id}",
    ]
