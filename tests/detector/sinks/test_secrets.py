from __future__ import annotations

import logging
import pickle
from base64 import b64encode
from pathlib import Path

import pytest

from detector.sinks.secrets import RedactingFilter, SecretError, keep_secret, read_secret, redact

CANARY = "canary-of-secrets/+ 7"


def test_a_secret_is_read_from_its_file_without_the_newline(tmp_path: Path) -> None:
    """Editors end files with one, and no service knows such a key."""
    file = tmp_path / "token"
    file.write_text("canary-of-a-file\n", encoding="utf-8")
    assert read_secret("token", file=str(file), env=None) == "canary-of-a-file"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe canary"])
def test_a_file_that_holds_no_secret_is_named_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    """People would look for the mistake elsewhere, or read half of the secret in a log."""
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(SecretError, match="token_file") as caught:
        read_secret("token", file=str(file), env=None)
    assert str(file) in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """People would not know which of several is missing."""
    with pytest.raises(SecretError, match=r"token_file .*missing: No such file"):
        read_secret("token", file=str(tmp_path / "missing"), env=None)


def test_a_variable_that_is_not_set_is_named() -> None:
    """As above."""
    with pytest.raises(SecretError, match="variable MY_TOKEN that token_env names is empty or not set"):
        read_secret("token", file=None, env="MY_TOKEN", environ={"MY_TOKEN": " "})
    with pytest.raises(SecretError, match="set token_file"):
        read_secret("token", file=None, env=None)


def test_a_secret_does_not_show_itself_in_a_dump_of_variables() -> None:
    """Crash reports print them."""
    secret = read_secret("token", file=None, env="A", environ={"A": CANARY})
    assert "canary" not in f"{secret!r} {[secret]} { ({'token': secret})!r}"


@pytest.mark.parametrize(
    "said",
    [
        f"token {CANARY} refused",
        "GET /canary-of-secrets%2F%2B%207/x",
        f"Basic {b64encode(CANARY.encode()).decode()}",
    ],
)
def test_a_secret_that_was_read_is_taken_out_in_every_form_in_which_it_may_be_repeated(said: str) -> None:
    """Remotes and libraries repeat what they were sent."""
    read_secret("token", file=None, env="A", environ={"A": CANARY})
    assert "***" in redact(said)
    assert "canary" not in redact(said)
    assert b64encode(CANARY.encode()).decode() not in redact(said)


def test_of_several_secrets_in_a_file_each_is_known() -> None:
    """While a key is changed, the older one would be printed."""
    keep_secret("canary-one-of-two\ncanary-two-of-two")
    assert redact("canary-one-of-two, canary-two-of-two") == "***, ***"


def test_a_secret_that_begins_as_another_is_taken_out_whole() -> None:
    """Its end would stay, and be most of it."""
    keep_secret("canary-start")
    keep_secret("canary-start-and-more")
    assert redact("x canary-start-and-more y") == "x *** y"


def test_of_an_address_that_is_a_secret_its_path_is_one_too() -> None:
    """Errors of clients name the path alone."""
    keep_secret("https://hooks.example/a-long-path-that-is-canary?key=a-long-canary")
    assert "canary" not in redact("/a-long-path-that-is-canary?key=a-long-canary failed")
    assert keep_secret("https://[no-address/canary") == "https://[no-address/canary"
    keep_secret("https://hooks.example/hook")
    assert redact("off the hook") == "off the hook"


@pytest.mark.parametrize(
    "said",
    [
        "https://api.telegram.org/bot123456:AAH-canary_x/sendMessage",
        "https://discord.com/api/webhooks/123/canary-token",
        "https://hooks.slack.com/services/T1/B2/canary",
        "Bearer xoxb-1-canary",
        "chat_id 123456:canary-0123456789-0123456789",
        "whsec_canary+/=",
        "https://user:canary@example.org/x",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_though_nobody_named_it(said: str) -> None:
    """One that stands in the wrong setting would be printed with the complaint about it."""
    assert "canary" not in redact(said)
    assert redact(said) == redact(redact(said))


def test_an_ordinary_line_stays_as_it_is() -> None:
    """Logs would be useless."""
    line = "binance-usdm: 14 markets, https://example.org/a at 12:00, mail a@b.example"
    assert redact(line) == line


def test_a_handler_with_the_filter_writes_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Arguments, errors and stacks hold it as well as messages do."""
    keep_secret("canary-of-a-log")
    handler = logging.StreamHandler()
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("a library below")
    logger.addHandler(handler)
    try:
        raise ValueError("canary-of-a-log")
    except ValueError:
        logger.exception("sent %s to %d, canary-of-a-log", "canary-of-a-log", 7, stack_info=True)
    finally:
        logger.removeHandler(handler)
    written = capsys.readouterr().err
    assert "sent *** to 7, ***" in written
    assert "ValueError: ***" in written
    # The line of the program itself is in the stack, and is not a secret that was read.
    assert "canary-of-a-log" not in written


def test_a_log_record_that_was_filtered_can_be_sent_to_another_process() -> None:
    """Handlers of queues pickle records."""
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "said %s", ("x",), None)
    assert RedactingFilter().filter(record)
    assert pickle.loads(pickle.dumps(record)).getMessage() == "said x"  # noqa: S301 - of our own making
