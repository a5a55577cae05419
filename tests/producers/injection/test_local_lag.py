"""Our own machine falls behind and catches up."""

from __future__ import annotations

import msgspec
import pytest

from tests.producers.injection.scenes import MS, NORTH, SOUTH, T0, S, between, quiet, struck, told, top, trade

QUIET = quiet(20)


def lags(option: str) -> list[tuple[float, float, str]]:
    """For each event its time in the stream, its lag and its venue, in seconds."""
    out = struck(option, QUIET)
    pairs = zip(QUIET, out, strict=True)
    return [((b.ts_event_ns - T0) / 1e9, (a.ts_recv_ns - b.ts_recv_ns) / 1e9, b.venue) for b, a in pairs]


def test_the_lag_grows_stays_and_goes_for_all_venues_alike() -> None:
    """A venue would be late and not we."""
    found = lags("local-lag@21:00:04+12,peak_s=2")
    for venue in (NORTH, SOUTH):
        shape = {round(at_s, 1): lag_s for at_s, lag_s, of in found if of == venue}
        assert shape[3.9] == 0.0
        assert shape[6.0] == pytest.approx(1.0, abs=0.03)
        assert [shape[at_s] for at_s in (8.5, 10.0, 11.5)] == pytest.approx([2.0, 2.0, 2.0], abs=0.03)
        assert shape[14.0] == pytest.approx(1.0, abs=0.03)
        assert shape[16.1] == 0.0


def test_the_order_stays_and_nothing_is_lost() -> None:
    """A slow reader is no lossy one."""
    out = struck("local-lag@21:00:04+6,peak_s=8", QUIET)
    before, after = ([msgspec.structs.replace(e, ts_recv_ns=0) for e in events] for events in (QUIET, out))
    assert told(after) == told(before)


def test_a_queue_is_read_no_faster_than_in_order() -> None:
    """An event would be received before one that it followed."""
    found = lags("local-lag@21:00:04+3,peak_s=8")
    assert max(lag_s for _, lag_s, _ in found) == pytest.approx(8.0, abs=0.2)
    times = [event.ts_recv_ns for event in struck("local-lag@21:00:04+3,peak_s=8", QUIET)]
    assert times == sorted(times)
    out = struck("local-lag@21:00:04+3,peak_s=8", QUIET)
    assert told(between(out, 15 * S, 20 * S)) == told(between(QUIET, 15 * S, 20 * S))


def test_what_we_dated_ourselves_is_dated_later() -> None:
    """A feed without times would look in time while we are late."""
    undated = msgspec.structs.replace(top(6_000), ts_recv_ns=top(6_000).ts_event_ns)
    first, late = struck("local-lag@21:00:04+6,peak_s=2", [trade(0, 0), undated])
    assert first == trade(0, 0)
    assert late.ts_event_ns == late.ts_recv_ns == undated.ts_recv_ns + 2 * S * MS
