"""The default venue behaves."""

from __future__ import annotations

from producers.venue_server.faults import Faults


def test_without_faults_nothing_goes_wrong() -> None:
    """A run that asks for no fault is a fair run."""
    quiet = Faults()
    assert quiet.acks
    assert not any((quiet.drop_at_ns, quiet.failed_handshakes, quiet.failed_requests, quiet.rejected, quiet.skip))
    assert quiet.silent_from_ns is None
    assert not quiet.silent_at(10**18)


def test_silence_has_a_beginning_and_may_have_an_end() -> None:
    """A venue that falls silent and comes back is another test than one that stays away."""
    assert [Faults(silent_from_ns=2).silent_at(at_ns) for at_ns in (1, 2, 10**18)] == [False, True, True]
    some = Faults(silent_from_ns=2, silent_until_ns=4)
    assert [some.silent_at(at_ns) for at_ns in (1, 2, 3, 4)] == [False, True, True, False]
