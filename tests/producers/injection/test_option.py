"""What people write after `--inject`, and what they are told when they err."""

from __future__ import annotations

import pytest

from producers.errors import UsageError
from producers.injection.drop import DropOptions
from producers.injection.ghost import GhostOptions
from producers.injection.option import parse_fault
from producers.injection.registry import FAULTS
from producers.injection.silence import SilenceOptions

NS = 1_000_000_000


def test_when_where_and_what_else_are_read() -> None:
    """A fault would strike elsewhere than it was asked for."""
    plan = parse_fault("ghost@21:14:30.5+90:binance-usdm/BTC-USDT-PERP,side=ask,beyond_bp=25,hide=0")
    assert (plan.kind, plan.venue, plan.instrument) == ("ghost", "binance-usdm", "BTC-USDT-PERP")
    assert (plan.start_ns, plan.dated, plan.lasts_ns) == (76_470 * NS + NS // 2, False, 90 * NS)
    assert plan.options == GhostOptions(side="ask", beyond_bp=25.0, hide=False)


def test_only_the_kind_must_be_given_where_a_fault_can_last_for_ever() -> None:
    """The simplest question would need the longest text."""
    plan = parse_fault("drop")
    assert (plan.start_ns, plan.lasts_ns, plan.venue, plan.instrument) == (None, None, None, None)
    assert plan.options == DropOptions()
    assert parse_fault("drop,share=0.5").options == DropOptions(share=0.5)
    assert parse_fault("skew:hyperliquid,by_s=-5").venue == "hyperliquid"


def test_minutes_and_dates_are_times_too() -> None:
    """A recording of several days could be struck on its first only."""
    assert parse_fault("freeze@21:14").start_ns == (21 * 60 + 14) * 60 * NS
    dated = parse_fault("silence@2025-10-10T21:14:30.25Z+5:kraken,burst=true")
    assert (dated.start_ns, dated.dated) == (1_760_130_870 * NS + NS // 4, True)
    assert dated.options == SilenceOptions(burst=True)
    assert parse_fault("silence@2025-10-10T21:14:30+5").start_ns == 1_760_130_870 * NS


def test_faults_that_need_an_end_have_one() -> None:
    """`resync@21:00` would lose a venue for the rest of the day."""
    for kind, fault in FAULTS.items():
        plan = parse_fault(f"{kind}@21:00")
        assert plan.lasts_ns == (None if fault.lasts_s is None else fault.lasts_s * NS)
        assert fault.at_a_moment <= (plan.lasts_ns is not None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not of the form KIND"),
        ("freeze@", "is not of the form KIND"),
        ("freeze@noon", "is not of the form KIND"),
        ("freeze@21:14+60:Binance", "is not of the form KIND"),
        ("frieze@21:14", "there is no fault 'frieze'; there are resync, freeze, ghost"),
        ("freeze", "freeze needs a time: freeze@HH:MM:SS"),
        ("freeze@25:14", "'25:14' is no time: write HH:MM:SS"),
        ("freeze@21:14+", "'' is no duration: write seconds"),
        ("freeze@21:14+soon", "'soon' is no duration"),
        ("freeze@21:14+0", "'0' is no duration"),
        ("freeze@21:14+nan", "'nan' is no duration"),
        ("local-lag@21:14:binance-usdm", "strikes every venue: name none"),
        ("drop,share", "'share' is not KEY=VALUE; the keys are share"),
        ("drop,share=2", "Expected `float` <= 1.0 - at `$.share`; the keys are share, reach, answer_s, seed"),
        ("drop,share=few", "at `$.share`"),
        ("drop,share=0.1,share=0.2", "share is given twice"),
        ("drop,much=1", "`much`; the keys are"),
        ("ghost@21:14,side=left", "Invalid enum value 'left'"),
    ],
)
def test_a_bad_text_says_what_is_wrong_and_what_can_be_written(text: str, reason: str) -> None:
    """People would try until something happens to be accepted."""
    with pytest.raises(UsageError) as told:
        parse_fault(text)
    assert str(told.value).startswith(f"--inject {text}: ")
    assert reason in str(told.value)
    assert "\n" not in str(told.value)
