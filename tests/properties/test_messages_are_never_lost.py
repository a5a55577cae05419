"""Whatever happens to a channel, to people's silences and to the process: what is true in the end is what is shown."""

from __future__ import annotations

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from detector.alerts.desk import Desk
from detector.alerts.inhibition import is_a_part
from detector.alerts.kept import Kept
from detector.alerts.match import Match, rank
from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt, Unknown
from detector.alerts.routes import Route
from detector.alerts.silences import Silence
from detector.alerts.steps import settle
from detector.alerts.traits import Traits
from schemas.alert import Alert, Level
from tests.kit.alerts import NS, T0_NS, an_alert

SINKS = {"phone": Traits(edits=True)}
SCOPES = ("market", "BTC", "ETH", "okx")
SHOWN_LEVELS: tuple[Level, ...] = ("WATCH", "WARN", "HIGH", "CRITICAL", "EMERGENCY")


class Messages(RuleBasedStateMachine):
    """A desk, a channel that may fail, and a naive list of what people were shown."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = T0_NS
        self.kept = b""
        self.desk = Desk([Route(sinks=("phone",))], SINKS)
        self.stories: dict[str, Alert] = {}
        self.shown: dict[tuple[str, int], int] = {}
        """By message: the newest revision that the channel has."""
        self.seen: dict[str, int] = {}
        """By episode: the newest revision that people can read."""
        self.remember()

    def remember(self) -> None:
        """As the store does."""
        self.kept = msgspec.json.encode(self.desk.kept)

    @rule(scope=st.sampled_from(SCOPES), level=st.sampled_from(SHOWN_LEVELS), over=st.booleans())
    def a_story_goes_on(self, scope: str, level: Level, over: bool) -> None:
        """The detector says something."""
        before = self.stories.get(scope)
        self.now_ns += NS
        revision = before.revision + 1 if before is not None else 1
        if before is not None and before.status == "resolved":
            status = "updated" if rank(level) <= rank(before.peak_level) else "escalated"
        elif before is None:
            status = "open"
        else:
            status = "resolved" if over else "escalated" if rank(level) > rank(before.level) else "updated"
        alert = an_alert(
            scope=scope,
            level="CLEAR" if status == "resolved" else level,
            peak_level=max(level, before.peak_level if before else level, key=rank),
            revision=revision,
            status=status,
            stages=("D",) if scope == "okx" else ("S2",),
            ts_ns=self.now_ns,
        )
        self.stories[scope] = alert
        self.desk.take(alert, self.now_ns)
        self.remember()

    @rule(seconds=st.sampled_from((1, 30, 400)))
    def time_passes(self, seconds: int) -> None:
        """Nothing else happens."""
        self.now_ns += seconds * NS
        self.desk.tick(self.now_ns)
        self.remember()

    @rule(scope=st.sampled_from(SCOPES), seconds=st.sampled_from((5, 300)))
    def somebody_mutes(self, scope: str, seconds: int) -> None:
        """For a while."""
        until_ns = self.now_ns + seconds * NS
        silence = Silence(id="s", match=Match(asset=(scope,)), from_ns=self.now_ns, until_ns=until_ns)
        self.desk.silences = (*self.desk.silences, silence)

    @rule(outcome=st.sampled_from((Delivered("m"), RetryAt(1, "429"), Unknown("timeout"), Rejected("no", of="sink"))))
    def the_channel_answers(self, outcome: Outcome) -> None:
        """One send."""
        due = self.desk.due("phone", self.now_ns)
        if due is None:
            return
        thread, step = due
        if isinstance(outcome, Delivered | Unknown):
            self._is_seen(thread.thread_id, thread.revision)
        settle(thread, step, outcome, SINKS["phone"], revision=thread.revision, rings=thread.rings, now_ns=self.now_ns)
        self.remember()

    def _is_seen(self, thread_id: str, revision: int) -> None:
        thread = self.desk.kept.threads[thread_id]
        key = thread_id, thread.rings
        assert revision >= self.shown.get(key, 0), "a message went back"
        self.shown[key] = revision
        for episode, member in thread.members.items():
            assert member.revision >= self.seen.get(episode, 0), "people read of the past"
            self.seen[episode] = member.revision

    @rule()
    def the_process_is_killed(self) -> None:
        """And starts again with what was written down."""
        silences = self.desk.silences
        kept = msgspec.json.decode(self.kept, type=Kept)
        self.desk = Desk([Route(sinks=("phone",))], SINKS, kept=kept)
        self.desk.silences = silences

    @invariant()
    def what_is_true_in_the_end_is_shown(self) -> None:
        """Played to the end on a copy: the silences are over and the channel takes everything."""
        copy = Desk([Route(sinks=("phone",))], SINKS, kept=msgspec.json.decode(self.kept, type=Kept))
        later_ns = self.now_ns + 400 * NS
        copy.tick(later_ns)
        copy.tick(later_ns)  # what another story had said may be said now
        later_ns += 10 * NS  # what was held back waits for others to join it
        for _ in range(40):
            due = copy.due("phone", later_ns)
            if due is None:
                break
            thread, step = due
            took, can = Delivered("m"), SINKS["phone"]
            settle(thread, step, took, can, revision=thread.revision, rings=thread.rings, now_ns=later_ns)
        else:
            raise AssertionError("it never ends")
        for thread in copy.kept.threads.values():
            assert thread.fate == "expired" or thread.sent_revision == thread.revision
        told = {e: m for t in copy.kept.threads.values() if not t.fate for e, m in t.members.items()}
        market = self.stories.get("market")
        shown = told.get(market.episode_id) if market is not None else None
        for story in copy.kept.stories.values():
            alert = story.alert
            if alert.status == "resolved" or rank(alert.level) < rank("WARN"):
                continue
            if alert.episode_id in told:
                assert told[alert.episode_id].revision == alert.revision
            else:
                assert is_a_part(alert, market_level=shown.level if shown else 0, deaf=False)


TestMessages = Messages.TestCase
TestMessages.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
