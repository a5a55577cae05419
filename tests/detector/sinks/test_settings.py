from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pytest

from detector.sinks.secrets import SecretError
from detector.sinks.settings import SinkSettings


class _Toy(SinkSettings, frozen=True, kw_only=True, tag="toy"):
    optional_secrets: ClassVar[tuple[str, ...]] = ("other",)

    token_file: str | None = None
    token_env: str | None = None
    other_file: str | None = None
    other_env: str | None = None
    log_file: str = ""


def _toy(**table: Any) -> _Toy:
    return msgspec.convert({"type": "toy", **table}, _Toy)


def test_the_pairs_of_a_secret_are_found_by_their_names() -> None:
    """A secret that nobody checks would be missing at the first alert."""
    assert _Toy.pairs() == ("token", "other")


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({}, "set token_file, the path of a file, or token_env"),
        ({"token_file": "a", "token_env": "B"}, "token_file or token_env, not both"),
        ({"token_env": "A", "other_file": "a", "other_env": "B"}, "other_file or other_env, not both"),
        ({"token_env": "A", "token": "canary"}, "unknown field `token`"),
    ],
)
def test_a_secret_is_named_once_and_stands_nowhere_itself(table: dict[str, str], why: str) -> None:
    """A token in the configuration file is in every copy of it."""
    with pytest.raises(msgspec.ValidationError, match=why):
        _toy(**table)


def test_a_secret_is_read_from_where_the_settings_say() -> None:
    """The sink would speak with the wrong key."""
    toy = _toy(token_env="TOY_TOKEN")  # noqa: S106 - a variable's name
    assert toy.secret("token", environ={"TOY_TOKEN": "canary-of-settings"}) == "canary-of-settings"
    assert toy.secret_if_set("other", environ={}) is None
    assert toy.secret_if_set("token", environ={"TOY_TOKEN": "canary-of-settings"}) == "canary-of-settings"
    with pytest.raises(SecretError, match="TOY_TOKEN"):
        toy.secret("token", environ={})
