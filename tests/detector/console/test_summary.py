"""What a run amounts to."""

from __future__ import annotations

from detector.console.summary import coverage_lines, engine_lines, speed_line
from detector.engine import Engine


def test_speed_is_events_and_times_real_time(crashing: Engine) -> None:
    """A claim about speed without its base."""
    assert speed_line(20_000, 10.0, crashing) == "20,000 events in 10.0 s: 2,000 events/s, 75 x real time"


def test_nothing_played_has_no_speed() -> None:
    """An empty file would divide by zero."""
    assert speed_line(0, 0.0, Engine()) == "0 events in 0.0 s: 0 events/s"


def test_what_could_not_be_used_is_counted(crashing: Engine) -> None:
    """Bad input would be lost without a word."""
    lines = list(engine_lines(crashing))
    assert lines[0].startswith("late events 0")
    assert "seconds with a crossed book: 0" in lines
    engine = Engine()
    engine.shard.standing.unknown = 3
    assert "unusable events, unknown_instrument: 3" in list(engine_lines(engine))


def test_each_rule_says_how_much_of_the_time_it_could_see(crashing: Engine) -> None:
    """Calm and blind would look alike."""
    (line,) = [line for line in engine_lines(crashing) if line.startswith("evaluable share")]
    assert "S1.branching/1 " in line
    assert "S3.silence/1 " in line


def test_each_band_of_each_book_says_how_long_it_was_known(crashing: Engine) -> None:
    """Depth would be trusted where it was never known."""
    lines = list(coverage_lines(crashing))
    assert len(lines) == 3 * 9
    assert lines[0] == "north BTC-USDT-PERP: seconds proven / accrued / unwarmed / unknown"
    assert lines[1].startswith("  bid 0.1%: ")
    assert sum(int(number) for number in lines[1].partition(": ")[2].split(" / ")) == 749
