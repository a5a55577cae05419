"""GMX's warnings of auto-deleveraging: several pools are one market."""

from __future__ import annotations

import pytest

from producers.errors import DecodeError
from producers.venues import events
from producers.venues.evm_log import EventData
from producers.venues.gmx_adl import AdlFlags, side_of
from schemas.market import AdlState

RECV_NS = 1_790_000_000_050_000_000
ETH = events.market("gmx", "ETH", RECV_NS, base="ETH", quote="USD", kind="perp", contract="linear", contract_value=1.0)


def data(*, is_long: bool, enabled: bool, share: float = 0.5) -> EventData:
    """What a log holds."""
    flags = {"isLong": is_long, "shouldEnableAdl": enabled}
    ints = {"pnlToPoolFactor": int(share * 100) * 10**28}
    return EventData(name="AdlStateUpdated", addresses={}, uints={}, ints=ints, flags=flags, words={})


def note(flags: AdlFlags, pool: str, one: EventData) -> tuple[str, str | None, float | None]:
    """The state of the market after it."""
    state = flags.note(ETH, pool, one, RECV_NS, RECV_NS)
    assert isinstance(state, AdlState)
    return state.level, state.deleveraging, state.drawdown


def test_the_worst_pool_is_the_state_of_the_market() -> None:
    """Told one by one, the calmest pool would have the last word."""
    flags = AdlFlags()
    assert note(flags, "a", data(is_long=True, enabled=True, share=0.9)) == ("imminent", "long", 0.9)
    assert note(flags, "b", data(is_long=True, enabled=False, share=0.2)) == ("imminent", "long", 0.9)
    assert note(flags, "b", data(is_long=False, enabled=False, share=0.1)) == ("imminent", "long", 0.9)
    assert note(flags, "b", data(is_long=False, enabled=True, share=0.95)) == ("imminent", None, 0.95)
    assert note(flags, "a", data(is_long=True, enabled=False, share=0.7)) == ("imminent", "short", 0.95)
    assert note(flags, "b", data(is_long=False, enabled=False, share=0.6)) == ("normal", "short", 0.6)


def test_the_side_has_to_be_told() -> None:
    """A missing key read as false would turn every long into a short."""
    assert (side_of(data(is_long=True, enabled=False)), side_of(data(is_long=False, enabled=False))) == (
        "long",
        "short",
    )
    with pytest.raises(DecodeError, match="isLong"):
        side_of(EventData(name="", addresses={}, uints={}, ints={}, flags={}, words={}))
