import pytest

from detector.signals import feed
from detector.signals.ourselves import LOCAL
from detector.verdict import CALM, HIGH, WARN, Verdict, calm, unknown
from schemas.instrument import Instrument
from tests.kit.markets import Scene, find, instrument, quick_to_learn, said

GEMINI = [instrument(base, venue="gemini", quote="USD", market="spot") for base in ("BTC", "ETH", "SOL")]
OTHERS = [instrument(base, venue="coinbase", quote="USD", market="spot") for base in ("BTC", "ETH")]


class Feeds:
    """Two venues with usual delays of 50 ms or so."""

    def __init__(self, *definitions: Instrument) -> None:
        self.definitions = definitions or (*GEMINI, *OTHERS)
        self.scene = Scene(*self.definitions)
        for definition in self.definitions:
            quick_to_learn(self.scene.market(definition))

    def run(
        self,
        seconds: int,
        *,
        late: dict[str, float] | None = None,
        streams: int = 9,
        silent: tuple[str, ...] = (),
        learn: bool = False,
    ) -> list[Verdict]:
        """Seconds in which the first `streams` markets of some venues arrive later; the last second's verdicts. No lag
        stands still: this one wanders by a third of a second.
        """
        for _ in range(seconds):
            ranks: dict[str, int] = {}
            for definition in self.definitions:
                rank = ranks[definition.venue] = ranks.get(definition.venue, 0) + 1
                if definition.venue in silent:
                    continue
                extra_s = (late or {}).get(definition.venue, 0.0) if rank <= streams else 0.0
                extra_s += (0.0, 0.3, 0.0, -0.3)[self.scene.now_s % 4] if extra_s else 0.0
                for n in range(4):
                    self.scene.trade(definition, 100.0, after_ms=200 * n, delay_s=0.05 + 0.01 * n + extra_s)
            self.scene.close(learn=learn)
        return list(feed.evaluate(self.scene.overview()))

    def warm(self) -> None:
        self.run(30, learn=True)


def gemini(found: list[Verdict], rule: str) -> Verdict:
    return find(found, rule, venue="gemini", asset="*")


@pytest.mark.parametrize(("extra_s", "severity"), [(0.0, CALM), (0.9, CALM), (1.1, WARN), (4.9, WARN), (5.1, HIGH)])
def test_a_venue_that_is_late_on_several_streams_is_told(extra_s: float, severity: int) -> None:
    """A feed that lags by 18 times in the minute of the trigger is the first sign of a venue in trouble."""
    feeds = Feeds()
    feeds.warm()
    found = feeds.run(12, late={"gemini": extra_s})
    verdict = gemini(found, feed.DELAY)
    assert said(verdict) == (severity, severity > CALM, True, "none")
    assert find(found, feed.DELAY, venue="coinbase").severity == CALM


def test_one_late_stream_proves_little() -> None:
    """ADA alone lagged by seven to twelve seconds in a calm hour."""
    feeds = Feeds()
    feeds.warm()
    verdict = gemini(feeds.run(12, late={"gemini": 9.0}, streams=1), feed.DELAY)
    assert said(verdict) == (CALM, True, True, "none")
    assert gemini(feeds.run(12, late={"gemini": 9.0}, streams=2), feed.DELAY).severity == HIGH


def test_when_every_venue_is_late_the_fault_is_ours() -> None:
    """Our own overload would be told as a withdrawal of every venue."""
    feeds = Feeds()
    feeds.warm()
    found = feeds.run(12, late={"gemini": 9.0, "coinbase": 9.0})
    assert gemini(found, feed.DELAY).severity == CALM
    assert find(found, feed.DELAY, venue="coinbase").severity == CALM


def test_a_peer_that_is_about_to_be_late_is_no_witness() -> None:
    """Our own network slows down; the venue whose messages come thickest would be blamed for the first seconds."""
    feeds = Feeds()
    feeds.warm()
    feeds.run(6, late={"gemini": 9.0})
    found = [gemini(feeds.run(1, late={"gemini": 9.0, "coinbase": 9.0}), feed.DELAY) for _ in range(12)]
    assert {verdict.severity for verdict in found} == {CALM}


def test_one_venue_alone_cannot_be_told_from_ourselves() -> None:
    """Our own network would be blamed on the venue."""
    feeds = Feeds(*GEMINI)
    feeds.warm()
    assert not gemini(feeds.run(12, late={"gemini": 9.0}), feed.DELAY).known


def test_a_delay_is_unknown_until_its_usual_is() -> None:
    """A slow venue would be an alarm at every start."""
    feeds = Feeds()
    for definition in GEMINI:
        feeds.scene.market(definition).delay.usual.warm = 10**6
    feeds.warm()
    assert not gemini(feeds.run(12, late={"gemini": 9.0}), feed.DELAY).known


def test_lateness_is_unknown_until_some_peers_delay_is_known() -> None:
    """A peer of which nothing is known yet cannot prove that the fault is not ours."""
    feeds = Feeds()
    for definition in OTHERS:
        feeds.scene.market(definition).delay.usual.warm = 10**6
    feeds.warm()
    assert not gemini(feeds.run(12, late={"gemini": 9.0}), feed.DELAY).known
    for definition in OTHERS[:1]:
        feeds.scene.market(definition).delay.usual.warm = 2
    feeds.run(30, learn=True)
    assert gemini(feeds.run(12, late={"gemini": 9.0}), feed.DELAY).severity == HIGH


def test_a_silent_venue_is_told_after_five_seconds_while_its_peers_trade() -> None:
    """A dead socket looks like a calm market."""
    feeds = Feeds()
    feeds.run(660, learn=True)
    found = [gemini(feeds.run(1, silent=("gemini",)), feed.SILENCE) for _ in range(8)]
    assert [verdict.severity for verdict in found] == [CALM] * 4 + [HIGH] * 4
    assert found[-1].confirm == 1
    assert gemini(feeds.run(1), feed.SILENCE).severity == CALM


def test_a_venue_that_is_often_quiet_is_not_blind() -> None:
    """Small venues pause for half a minute every night."""
    feeds = Feeds()
    for _ in range(44):
        feeds.run(3, learn=True)
        feeds.run(12, silent=("gemini",), learn=True)
    usual_s = feeds.scene.pulses["gemini"].usual_longest_s
    assert usual_s is not None
    assert 12 < usual_s < 14
    feeds.run(3)
    assert gemini(feeds.run(30, silent=("gemini",)), feed.SILENCE).severity == CALM
    assert gemini(feeds.run(12, silent=("gemini",)), feed.SILENCE).severity == HIGH


def test_silence_is_unknown_without_peers_that_trade() -> None:
    """Our own lost connection would be every venue's."""
    feeds = Feeds()
    feeds.run(660, learn=True)
    found = feeds.run(10, silent=("gemini", "coinbase"))
    assert not gemini(found, feed.SILENCE).known
    assert not find(found, feed.SILENCE, venue="coinbase").known


def test_a_venue_that_spoke_in_the_last_seconds_is_known_not_to_be_silent() -> None:
    """One venue alone would be counted as blind to its own silence while it talks."""
    feeds = Feeds(*GEMINI)
    feeds.run(660, learn=True)
    assert said(gemini(feeds.run(1), feed.SILENCE)) == (CALM, False, True, "none")
    known = [gemini(feeds.run(1, silent=("gemini",)), feed.SILENCE).known for _ in range(6)]
    assert known == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("rate_ratio", "ago_s", "told"),
    [(0.31, 0.0, True), (0.3, 1.9, True), (0.29, 0.0, False), (None, 0.0, True), (None, 2.0, False), (5.0, 2.0, False)],
)
def test_one_peer_that_still_trades_shows_that_we_are_not_deaf(
    rate_ratio: float | None, ago_s: float, told: bool
) -> None:
    """In a void the peers trade less than usual too, and two of them are not always connected."""
    feeds = Feeds(*GEMINI, OTHERS[0])
    feeds.run(660, learn=True)
    feeds.run(8, silent=("gemini",))
    feeds.scene.market(OTHERS[0]).trading.rate_ratio = rate_ratio
    feeds.scene.traded_last(OTHERS[0], ago_s=ago_s)
    verdict = gemini(list(feed.evaluate(feeds.scene.overview())), feed.SILENCE)
    assert (verdict.severity, verdict.holds) == (HIGH if told else CALM, True)


def test_a_venue_that_was_silent_before_the_others_fell_silent_stays_so() -> None:
    """Total deafness would end the outage of a venue that is still dead."""
    feeds = Feeds()
    feeds.run(660, learn=True)
    feeds.run(30, silent=("gemini",))
    found = feeds.run(30, silent=("gemini", "coinbase"))
    assert said(gemini(found, feed.SILENCE)) == (CALM, True, True, "none")
    assert not find(found, feed.SILENCE, venue="coinbase").known


LATE = Verdict(feed.DELAY, "S3", "gemini", "*", WARN, True)
OURS = Verdict(LOCAL, "D", "market", "*", WARN, True)


def excused(memory: feed.OwnLag, seconds: range, *verdicts: Verdict, local: bool = False) -> list[int]:
    """Seconds with these verdicts; those in which the lateness of a venue is told."""
    return [s for s in seconds if any(v.rule == feed.DELAY and v.severity for v in memory.excuse(verdicts, s, local))]


def test_what_is_left_of_our_own_lag_is_no_venues() -> None:
    """Our lag ends on one venue before the other: two late venues, and a false second key."""
    memory = feed.OwnLag()
    assert excused(memory, range(100, 130), OURS, local=True) == []
    assert excused(memory, range(130, 190), LATE) == []
    assert excused(memory, range(190, 200), LATE) == list(range(190, 200))


def test_a_venue_that_was_late_long_before_us_is_told() -> None:
    """Our own trouble would hide the venue's."""
    memory = feed.OwnLag()
    assert excused(memory, range(80, 100), LATE) == list(range(80, 100))
    excused(memory, range(100, 130), unknown(feed.DELAY, "S3", "gemini", "*"), OURS, local=True)
    assert excused(memory, range(130, 140), LATE) == list(range(130, 140))
    late = feed.OwnLag()
    excused(late, range(95, 100), LATE)
    excused(late, range(100, 130), OURS, local=True)
    assert excused(late, range(130, 140), LATE) == []


def test_a_venue_that_is_in_time_in_our_lag_is_known_to_be() -> None:
    """A feed would be blind for as long as our other venues are late by us."""
    memory = feed.OwnLag()
    in_time = calm(feed.DELAY, "S3", "gemini", "*")
    assert memory.excuse([in_time, OURS], 100, True) == [in_time, OURS]


def test_without_a_witness_lateness_is_unknown() -> None:
    """A venue's trouble would clear because ours began."""
    feeds = Feeds()
    feeds.warm()
    found = feeds.run(12, late={"gemini": 9.0, "coinbase": 9.0})
    assert not gemini(found, feed.DELAY).known


@pytest.mark.parametrize(("heard_s", "known"), [(20, False), (60, True)])
def test_silence_is_unknown_in_the_first_half_minute(heard_s: int, known: bool) -> None:
    """How quiet a venue usually is must be known first; but nobody wants to be blind for ten minutes."""
    feeds = Feeds()
    feeds.run(heard_s, learn=True)
    verdict = gemini(feeds.run(8, silent=("gemini",)), feed.SILENCE)
    assert (verdict.known, verdict.severity) == (known, HIGH if known else CALM)


def test_a_venue_that_was_heard_for_a_few_of_its_pauses_is_not_called_silent() -> None:
    """Small venues would be called blind whenever we start."""
    feeds = Feeds()
    for _ in range(4):
        feeds.run(3, learn=True)
        feeds.run(12, silent=("gemini",), learn=True)
    assert not gemini(feeds.run(8, silent=("gemini",)), feed.SILENCE).known
