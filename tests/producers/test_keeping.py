"""The words of the command line about keeping recordings, in bytes and nanoseconds."""

from __future__ import annotations

import pytest

from producers.errors import UsageError
from producers.keeping import PERIOD_NS, Keeping
from producers.record_folder import Room
from producers.rotation import Rotation


def test_what_is_usual_rotates_and_leaves_a_gigabyte_free() -> None:
    """A recording that nobody set up would grow into one file until the disk is full."""
    usual = Keeping()
    assert usual.rotation == Rotation(max_bytes=256_000_000, every_ns=86_400 * 10**9)
    assert usual.room == Room(quota_bytes=None, keep_free_bytes=10**9)


def test_what_is_asked_for_is_what_is_done() -> None:
    """A quota in the wrong unit deletes everything, or nothing."""
    asked = Keeping(rotate_mb=1.5, rotate_every="6h", quota_gb=0.25, keep_free_gb=0)
    assert asked.rotation == Rotation(max_bytes=1_500_000, every_ns=6 * 3_600 * 10**9)
    assert asked.room == Room(quota_bytes=250_000_000, keep_free_bytes=0)
    assert list(PERIOD_NS) == ["1h", "6h", "24h"]


def test_a_quota_that_the_open_files_may_fill_is_refused_at_the_start() -> None:
    """Only whole files are deleted: recording would pause as soon as the open ones have filled it."""
    Keeping(quota_gb=1.6).check(3)
    with pytest.raises(UsageError, match=r"--quota-gb 1.5 is too little: 3 venues with files of 256 MB take 1.536"):
        Keeping(quota_gb=1.5).check(3)
    Keeping(rotate_mb=10**9).check(100)
