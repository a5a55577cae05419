from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from detector.sinks.settings import SinkSettingsError
from detector.sinks.signature import read_keys, signed_headers

# The example of the specification's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - published


def test_the_signature_is_that_of_the_specification() -> None:
    """No library of any receiver would believe us."""
    body = b'{"test": 2432232314}'
    headers = signed_headers(read_keys(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_while_a_key_is_changed_both_sign() -> None:
    """Receivers could not change theirs without missing messages."""
    keys = (b"a" * 24, b"b" * 64)
    text = "\n".join("whsec_" + base64.b64encode(key).decode() for key in keys)
    assert read_keys(text) == keys
    signatures = signed_headers(keys, "m", 7, b"{}")["webhook-signature"].split(" ")
    for key, signature in zip(keys, signatures, strict=True):
        right = base64.b64encode(hmac.new(key, b"m.7.{}", hashlib.sha256).digest()).decode()
        assert signature == f"v1,{right}"


@pytest.mark.parametrize(
    "text", ["canary", "whsec_canary!", "whsec_" + "A" * 28, "whsec_" + "A" * 88, SECRET[6:], f"{SECRET}\ncanary"]
)
def test_a_secret_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    """A key that is guessed is worse than none."""
    with pytest.raises(SinkSettingsError, match="openssl rand") as caught:
        read_keys(text)
    assert "canary" not in str(caught.value)
