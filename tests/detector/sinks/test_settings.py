from __future__ import annotations

from pathlib import Path
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


@pytest.mark.parametrize(
    "secret",
    [
        "123456:canaryAAAAbbbbcccc",
        "xoxb-1-2-canary",
        "whsec_canaryMfKQ9r8GKYqrTwjUPD8ILP",
        "https://hooks.slack.com/services/T0/B0/canary",
        "tgram://canary/1",
        "R0123456789canary6789ABCDE",
    ],
)
@pytest.mark.parametrize("place", ["token_env", "token_file", "joined"])
def test_a_secret_that_stands_where_its_name_should_is_not_repeated(secret: str, place: str) -> None:
    """It would be printed with the complaint that there is no such file or variable."""
    given = str(Path("/etc/cascade") / secret) if place == "joined" else secret
    with pytest.raises(msgspec.ValidationError, match="the secret itself") as caught:
        _toy(**{"token_env" if place == "token_env" else "token_file": given})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("table", [{"token_env": "A B"}, {"token_env": "1A"}, {"token_env": ""}])
def test_what_no_variable_is_called_is_a_fault(table: dict[str, str]) -> None:
    """It would be looked for, and be printed as one that is not set."""
    with pytest.raises(msgspec.ValidationError, match="token_env is no name of a variable"):
        _toy(**table)


@pytest.mark.parametrize("name", ["/run/secrets/slack-webhook", "secrets/telegram2", "C:/keys/x", "../a.b/token_7"])
def test_ordinary_names_of_files_are_taken(name: str) -> None:
    """Nobody could say where a secret is."""
    assert _toy(token_file=name).token_file == name
