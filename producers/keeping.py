"""How long recordings are kept and how large they grow, in the words of the command line."""

from __future__ import annotations

import msgspec

from producers.errors import UsageError
from producers.record_folder import GB, Room
from producers.rotation import HOUR_NS, Rotation

MB = 10**6

PERIOD_NS = {"1h": HOUR_NS, "6h": 6 * HOUR_NS, "24h": 24 * HOUR_NS}


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for."""

    rotate_mb: float = 256
    rotate_every: str = "24h"
    """One of `PERIOD_NS`."""
    quota_gb: float | None = None
    keep_free_gb: float = 1

    @property
    def rotation(self) -> Rotation:
        """When a new file begins."""
        return Rotation(max_bytes=int(self.rotate_mb * MB), every_ns=PERIOD_NS[self.rotate_every])

    @property
    def room(self) -> Room:
        """How much of the disk may be used."""
        quota_bytes = int(self.quota_gb * GB) if self.quota_gb is not None else None
        return Room(quota_bytes=quota_bytes, keep_free_bytes=int(self.keep_free_gb * GB))

    def check(self, venues: int) -> None:
        """Raise `UsageError` where the files that are being written may fill the quota: only whole ones are deleted."""
        needed_mb = 2 * venues * self.rotate_mb
        if self.quota_gb is not None and self.quota_gb * GB < needed_mb * MB:
            raise UsageError(
                f"--quota-gb {self.quota_gb:g} is too little: {venues} venue{'s' if venues > 1 else ''} with files of "
                f"{self.rotate_mb:g} MB take {needed_mb / 1000:g}, or a smaller --rotate-mb"
            )
