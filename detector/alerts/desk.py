"""Takes every alert and keeps what each sink should tell: group, inhibit, silence, dedupe, route.

Pure: `now_ns` is an argument, and everything remembered is in `Kept`, of which only what `changed` names has to be
written down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from detector.alerts.inhibition import is_a_part
from detector.alerts.kept import Changes, Kept, Story
from detector.alerts.match import rank, sink_scope
from detector.alerts.routes import Route
from detector.alerts.silences import Silence, silencing
from detector.alerts.steps import NS, Step, expires, is_waiting, next_step
from detector.alerts.threads import Thread
from detector.alerts.traits import Traits
from detector.composing import digest
from detector.verdict import CRITICAL
from schemas.alert import LEVELS, MARKET, OURS, Alert

FORGET_NS = 7_200 * NS
"""A story that is over may go on within a quarter of an hour; its threads are kept so long, by event time."""


class Desk:
    """Decides; sends nothing.

    Parameters
    ----------
    routes
        In their order.
    sinks
        What each channel can do, by its name.
    expires_s
        News that is older calls nobody.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        sinks: Mapping[str, Traits],
        *,
        kept: Kept | None = None,
        expires_s: float = 900.0,
    ) -> None:
        self.routes = routes
        self.sinks = sinks
        self.kept = kept or Kept()
        self.silences: tuple[Silence, ...] = ()
        self.changes = Changes()
        self._expires_ns = int(expires_s * NS)
        self._of_all: dict[str, list[str]] = {}
        """Episodes of the market, and of ourselves: they say what others need not."""
        for story in self.kept.stories.values():
            self._note(story.alert)
        self._held = set(self.kept.stories)
        """Episodes of which a revision was held back; after a start it is not known of which."""
        self._of_sink: dict[str, dict[str, Thread]] = {sink: {} for sink in sinks}
        self._telling: dict[tuple[str, str], Thread] = {}
        """By sink and episode: where it is told; feeds are not in it."""
        self._open: dict[tuple[str, str], Thread] = {}
        """By sink and group: the newest thread."""
        for thread in sorted(self.kept.threads.values(), key=lambda thread: thread.number):
            self._index(thread)

    # Alerts

    def take(self, alert: Alert, now_ns: int) -> bool:
        """Take a revision; False where it, or a newer one, is known."""
        known = self.kept.stories.get(alert.episode_id)
        if known is not None and alert.revision <= known.alert.revision:
            if not _begins_anew(alert, known.alert):
                return False
            known = None
            for sink in self.sinks:
                self._telling.pop((sink, alert.episode_id), None)
        story = Story(alert=alert, fed=known.fed if known is not None else ())
        self.kept.stories[alert.episode_id] = story
        self._note(alert)
        self.changes.alerts.append(alert)
        self.changes.stories.add(alert.episode_id)
        for sink, route in self._ways(alert):
            if self.sinks[sink].every_revision:
                self._feed(sink, route, story)
            else:
                self._offer(sink, route, story, now_ns)
        return True

    def tick(self, now_ns: int) -> list[Thread]:
        """Let time pass: what a silence or quiet hours held back may be told now. What was over before anybody was told
        is marked, and returned.
        """
        held, self._held = self._held, set()
        for episode_id in sorted(held & self.kept.stories.keys()):
            story = self.kept.stories[episode_id]
            for sink, route in self._ways(story.alert):
                if not self.sinks[sink].every_revision:
                    self._offer(sink, route, story, now_ns)
        expired = [thread for thread in self.kept.threads.values() if self._is_for_people(thread) and expires(thread)]
        for thread in expired:
            thread.fate = "expired"
            self.changes.threads.add(thread.thread_id)
        self._forget()
        return expired

    def _ways(self, alert: Alert) -> Iterator[tuple[str, Route]]:
        """Each sink with the first route that leads the alert there."""
        seen: set[str] = set()
        for route in self.routes:
            if route.takes(alert):
                for sink in route.sinks:
                    # Who takes no messages is not told so.
                    if sink not in seen and alert.scope != sink_scope(sink):
                        seen.add(sink)
                        yield sink, route
        # What is told there is told to its end, though by now it is less than its route was to take.
        story = self.kept.stories.get(alert.episode_id)
        fed = story.fed if story is not None else ()
        for route in self.routes:
            for sink in route.sinks:
                if sink not in seen and (sink in fed or (sink, alert.episode_id) in self._telling):
                    seen.add(sink)
                    yield sink, route
        # Nor is it left without an end by a configuration that leads nothing there any more.
        for sink in self.sinks:
            if sink not in seen and (sink, alert.episode_id) in self._telling:
                yield sink, Route(sinks=(sink,))

    def _feed(self, sink: str, route: Route, story: Story) -> None:
        if sink not in story.fed:
            if not route.loud_enough(story.alert):
                return
            story.fed = (*story.fed, sink)
        self._show(self._begin(sink, story.alert.alert_id, story.alert), story.alert, regroup_ns=0, ready_ns=0)

    def _offer(self, sink: str, route: Route, story: Story, now_ns: int) -> None:
        """Show the newest revision of a story where it belongs, unless it is to be held back."""
        alert = story.alert
        thread = self._thread(sink, alert.episode_id, route.group(alert))
        member = thread.members.get(alert.episode_id) if thread is not None else None
        if member is not None and member.revision >= alert.revision:
            return
        over = alert.status == "resolved"
        if member is None and (over or not route.loud_enough(alert)):
            return
        if member is None and self._is_told_otherwise(sink, alert):
            self._held.add(alert.episode_id)
            return
        if not over and silencing(alert, sink, self.silences, now_ns):
            self._held.add(alert.episode_id)
            return
        regroup_ns = int(route.regroup_s * NS)
        rings = thread is None or thread.would_ring(alert, regroup_ns=regroup_ns)
        if rings and route.is_quiet(alert.level, now_ns):
            self._held.add(alert.episode_id)
            return
        wait_s = 0.0 if rank(alert.level) >= CRITICAL else route.group_wait_s
        thread = thread or self._begin(sink, route.group(alert), alert)
        self._show(thread, alert, regroup_ns=regroup_ns, ready_ns=now_ns + int(wait_s * NS))

    def _is_told_otherwise(self, sink: str, alert: Alert) -> bool:
        """Whether this sink shows a story that says it already; of one that it does not show nothing is known there."""
        return is_a_part(alert, market_level=self._shown_level(sink, MARKET), deaf=self._shown_level(sink, OURS) > 0)

    def _shown_level(self, sink: str, scope: str) -> int:
        """The level at which the sink shows the newest story of this scope that goes on."""
        levels = [
            thread.members[episode].level
            for episode in self._of_all.get(scope, ())
            if (thread := self._telling.get((sink, episode))) is not None and not thread.fate
        ]
        return max(levels, default=0)

    def _thread(self, sink: str, episode_id: str, group: str) -> Thread | None:
        """The thread that tells this story, or the one of its group that goes on."""
        telling, newest = self._telling.get((sink, episode_id)), self._open.get((sink, group))
        if telling is not None and not telling.fate:
            return telling
        return newest if newest is not None and not newest.ended and not newest.fate else None

    def _begin(self, sink: str, group: str, alert: Alert) -> Thread:
        self.kept.number += 1
        # By the number it is another one than a thread that began with the same alert, before the detector's restart.
        thread = Thread(
            thread_id=digest(f"{sink}|{group}|{alert.alert_id}|{self.kept.number}"),
            sink=sink,
            group=group,
            number=self.kept.number,
            since_ns=alert.since_ns,
        )
        self.kept.threads[thread.thread_id] = thread
        self._index(thread)
        return thread

    def _note(self, alert: Alert) -> None:
        if alert.scope in (MARKET, OURS):
            episodes = self._of_all.setdefault(alert.scope, [])
            if alert.episode_id not in episodes:
                episodes.append(alert.episode_id)

    def _is_for_people(self, thread: Thread) -> bool:
        return thread.sink in self.sinks and not self.sinks[thread.sink].every_revision

    def _index(self, thread: Thread) -> None:
        self._of_sink.setdefault(thread.sink, {})[thread.thread_id] = thread
        if self._is_for_people(thread):
            self._open[thread.sink, thread.group] = thread
            self._telling.update(dict.fromkeys(((thread.sink, episode) for episode in thread.members), thread))

    def _show(self, thread: Thread, alert: Alert, *, regroup_ns: int, ready_ns: int) -> None:
        thread.take(alert, regroup_ns=regroup_ns, ready_ns=ready_ns)
        if self._is_for_people(thread):
            self._telling[thread.sink, alert.episode_id] = thread
        self.kept.shown[alert.alert_id] = alert
        self.changes.threads.add(thread.thread_id)

    # Sends

    def due(self, sink: str, now_ns: int) -> tuple[Thread, Step] | None:
        """What this sink does next: new messages before edits, the gravest first; feeds in their order."""
        traits = self.sinks[sink]
        best: tuple[tuple[int, ...], Thread, Step] | None = None
        for thread in self._of_sink[sink].values():
            silenced = traits.acknowledges and self._is_silenced(thread, now_ns)
            step = next_step(thread, traits, now_ns, expires_ns=self._expires_ns, silenced=silenced)
            if step is None or (step.act == "new" and self._is_for_people(thread) and self._is_held(thread, now_ns)):
                continue
            order: tuple[int, ...] = (step.act != "new", -thread.level, thread.sent_ns, thread.number)
            if traits.every_revision:
                order = (thread.number,)
            if best is None or order < best[0]:
                best = order, thread, step
        return best and best[1:]

    def waiting(self, sink: str) -> int:
        """Threads of the sink of which something is still to be sent."""
        traits = self.sinks[sink]
        return sum(not thread.fate and is_waiting(thread, traits) for thread in self._of_sink[sink].values())

    def alerts_of(self, thread: Thread) -> tuple[Alert, ...]:
        """What it shows, the gravest first, then by name."""
        alerts = [self.kept.shown[member.alert_id] for member in thread.members.values()]
        return tuple(sorted(alerts, key=lambda alert: (-rank(alert.level), alert.scope, alert.episode_id)))

    def route_of(self, thread: Thread) -> Route | None:
        """The route by which it came; None where the configuration has no such way any more."""
        for alert in self.alerts_of(thread):
            for sink, route in self._ways(alert):
                if sink == thread.sink:
                    return route
        return None

    def _is_held(self, thread: Thread, now_ns: int) -> bool:
        """Whether nobody is to be called by it now, though it was to be sent when it came."""
        if self.silences and self._is_silenced(thread, now_ns):
            return True
        if all(route.quiet_hours is None for route in self.routes):
            return False
        route = self.route_of(thread)
        return route is not None and route.is_quiet(LEVELS[thread.level], now_ns)

    def _is_silenced(self, thread: Thread, now_ns: int) -> bool:
        alerts = [alert for alert in self.alerts_of(thread) if alert.status != "resolved"]
        return bool(alerts and self.silences) and all(silencing(a, thread.sink, self.silences, now_ns) for a in alerts)

    # Memory

    def take_changes(self) -> Changes:
        """What is to be written down now; it is not named again."""
        changes, self.changes = self.changes, Changes()
        return changes

    def _forget(self) -> None:
        kept = self.kept
        newest_ns = max((story.alert.ts_ns for story in kept.stories.values()), default=0)
        for thread in list(kept.threads.values()):
            done = thread.fate or (thread.ended and thread.sent_revision >= thread.revision)
            fed = thread.sent_rings and self.sinks[thread.sink].every_revision if thread.sink in self.sinks else True
            if fed or (done and newest_ns - thread.changed_ns > FORGET_NS):
                self._drop(thread)
            elif not thread.ended:
                self._drop_members(thread, newest_ns)
        for story in list(kept.stories.values()):
            if story.alert.status == "resolved" and newest_ns - story.alert.ts_ns > FORGET_NS:
                del kept.stories[story.alert.episode_id]
                for episodes in self._of_all.values():
                    if story.alert.episode_id in episodes:
                        episodes.remove(story.alert.episode_id)
        used = {member.alert_id for thread in kept.threads.values() for member in thread.members.values()}
        for alert_id in [alert_id for alert_id in kept.shown if alert_id not in used]:
            del kept.shown[alert_id]

    def _drop(self, thread: Thread) -> None:
        del self.kept.threads[thread.thread_id]
        del self._of_sink[thread.sink][thread.thread_id]
        if self._open.get((thread.sink, thread.group)) is thread:
            del self._open[thread.sink, thread.group]
        for episode in thread.members:
            if self._telling.get((thread.sink, episode)) is thread:
                del self._telling[thread.sink, episode]
        self.changes.gone.add(thread.thread_id)

    def _drop_members(self, thread: Thread, newest_ns: int) -> None:
        """A group that goes on for days does not name everybody who was ever in it."""
        for episode, member in list(thread.members.items()):
            if member.resolved and newest_ns - self.kept.shown[member.alert_id].ts_ns > FORGET_NS:
                del thread.members[episode]
                self._telling.pop((thread.sink, episode), None)
                self.changes.threads.add(thread.thread_id)


def _begins_anew(alert: Alert, known: Alert) -> bool:
    """Whether it is another life of an episode that ended, told by a detector that was restarted within its minute."""
    return alert.status == "open" and known.status == "resolved" and alert.ts_ns > known.ts_ns
