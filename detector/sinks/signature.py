"""Signatures of Standard Webhooks 1.0: who knows the secret knows that we wrote the body, and when."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from detector.sinks.settings import SinkSettingsError

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
"""Of a secret, as the specification has it."""


def read_keys(text: str) -> tuple[bytes, ...]:
    """The keys of a secret, one a line. While a receiver changes from one to the next, both sign.

    >>> [len(key) for key in read_keys("whsec_" + "A" * 32)]
    [24]
    """
    keys = []
    for number, line in enumerate(text.split(), 1):
        try:
            key = base64.b64decode(line.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            key = b""
        if not line.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
            raise SinkSettingsError(
                f"line {number} of the webhook's secret is none: write {PREFIX} and then the base64 of {FEWEST_BYTES} "
                f"to {MOST_BYTES} random bytes, such as `openssl rand -base64 32` prints"
            )
        keys.append(key)
    return tuple(keys)


def signed_headers(keys: Sequence[bytes], message_id: str, at_s: int, body: bytes) -> dict[str, str]:
    """The three headers. The scheme is one line of the standard library; the published package signs with one key at a
    time and takes naive times for UTC.
    """
    content = f"{message_id}.{at_s}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
