"""`cascade config check` and `show`: what a person reads about a configuration."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from detector.commands.config import check, harmless, show
from detector.sinks.config import ConfigError
from detector.store.store import Store

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "cascade.toml"
SECRETS = {
    "telegram": "123456:AAH-CANARY",
    "slack": "xoxb-1-2-CANARY",
    "slack-webhook": "https://hooks.slack.com/services/T0/B0/CANARY",
    "discord": "https://discord.com/api/webhooks/1/CANARY",
    "pagerduty": "CANARY89abcdef0123456789abcdef00",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}


@pytest.fixture
def everything(tmp_path: Path) -> Path:
    """The example with everything in it switched on, but for what needs a package more."""
    pytest.importorskip("aiokafka")
    (tmp_path / "secrets").mkdir()
    for name, secret in SECRETS.items():
        (tmp_path / "secrets" / name).write_text(f"{secret}\n")
    text = re.sub(r"(?m)^#(?=[\[a-z])", "", EXAMPLE.read_text())
    text = re.sub(r"\[sinks\.mail\]\n.*\n.*\n", "", text).replace(', "mail"', "")
    file = tmp_path / "cascade.toml"
    file.write_text(text)
    return file


def test_the_example_is_right_as_it_stands() -> None:
    """The first thing that a user copies would not work."""
    told, faults = check(EXAMPLE, {})
    assert faults == []
    assert told[1].startswith("lines (file): every revision of every alert")
    assert not [line for line in told if line.startswith("mind")]


def test_the_example_is_right_with_everything_switched_on(everything: Path) -> None:
    """A commented channel is copied as well."""
    told, faults = check(everything, {})
    assert faults == []
    assert not [line for line in told if line.startswith("mind")]
    text = "\n".join(told)
    assert "phone (telegram): messages that are edited" in text
    assert "  [[routes]] 2: everything, from WARN on; of single assets only BTC, ETH, SOL; quiet 22:00" in text
    assert "CANARY" not in text


def test_every_missing_secret_and_a_store_without_a_folder_are_found_at_once(tmp_path: Path) -> None:
    """Each would cost another start."""
    file = tmp_path / "cascade.toml"
    file.write_text(
        '[notify]\nstore = "none/sent.sqlite"\n[kafka]\nclient = "x"\n'
        '[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_file = "none"\n'
        '[sinks.bot]\ntype = "webhook"\nurl_env = "URL"\nsecret_env = "SECRET"\n'
    )
    _, faults = check(file, {})
    text = "\n".join(faults)
    assert "[kafka] has no client; it knows bootstrap_servers" in text
    assert f"[notify] store: there is no folder {tmp_path / 'none'}" in text
    assert f"[sinks.phone]: token_file {tmp_path / 'none'}: No such file" in text
    assert "the variable URL that url_env names" in text
    assert "the variable SECRET that secret_env names" in text
    assert len(faults) == 5


def test_a_wrong_file_is_told_as_faults_and_nothing_is_opened(tmp_path: Path) -> None:
    """Half a configuration would be described as if it were whole."""
    file = tmp_path / "cascade.toml"
    file.write_text("[sink.phone]\n")
    assert check(file, {}) == ([], ["there is no section [sink] (sinks?); known: notify, sinks, routes, kafka"])


def test_show_says_what_is_in_force_and_who_said_so(everything: Path) -> None:
    """Nobody could tell which of three places wins."""
    environ = {"CASCADE_SINKS__PHONE__CHAT_ID": "-7", "KAFKA_CLIENT_ID": "me"}
    rows = {row["key"]: row for row in map(orjson.loads, show(everything, environ, as_json=True))}
    assert rows["sinks.phone.chat_id"] == {
        "key": "sinks.phone.chat_id",
        "value": "-7",
        "from": "CASCADE_SINKS__PHONE__CHAT_ID",
    }
    assert rows["sinks.phone.commands"]["from"] == str(everything)
    assert rows["sinks.phone.api"]["from"] == "default"
    assert rows["routes.2.quiet_hours.timezone"]["value"] == "Europe/Berlin"
    assert rows["routes.2.quiet_hours.timezone"]["from"] == str(everything)
    assert rows["kafka.client_id"] == {"key": "kafka.client_id", "value": "me", "from": "KAFKA_CLIENT_ID"}


@pytest.mark.parametrize("as_json", [False, True])
def test_show_has_nothing_secret_in_it(everything: Path, as_json: bool) -> None:
    """It is what people paste into a question."""
    text = everything.read_text()
    everything.write_text(text.replace("https://bot.example.org/cascade", "https://b.org/CANARY?k=CANARY"))
    shown = "\n".join(show(everything, {}, as_json=as_json))
    assert "CANARY" not in shown
    assert "https://b.org/***" in shown


def test_show_of_a_wrong_file_says_all_that_is_wrong(tmp_path: Path) -> None:
    """What would be shown is in force nowhere."""
    file = tmp_path / "cascade.toml"
    file.write_text("[sink.phone]\n[notfy]\n")
    with pytest.raises(ConfigError, match=r"no section \[sink\].*; there is no section \[notfy\] \(notify\?\)"):
        list(show(file, {}, as_json=False))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://example.org", "https://example.org"),
        ("http://10.0.0.1:9093/", "http://10.0.0.1:9093"),
        ("https://user:pass@example.org:8443/a?b#c", "https://example.org:8443/***"),
        ("https://[", "***"),
        (["xoxb-1-2-abc", "BTC"], ["***", "BTC"]),
        ({"a": "https://h/x"}, {"a": "https://h/***"}),
        (5, 5),
        (None, None),
    ],
)
def test_of_an_address_only_where_it_leads_is_shown(value: object, shown: object) -> None:
    """The rest of it often is the secret."""
    assert harmless(value) == shown


@pytest.mark.parametrize(
    ("table", "value"),
    [
        ('type = "telegram"\nchat_id = "1"\ntoken_file', "123456:CANARYAAAAbbbbcccc"),
        ('type = "telegram"\nchat_id = "1"\ntoken_env', "123456:CANARYAAAAbbbbcccc"),
        ('type = "slack_webhook"\nurl_env', "https://hooks.slack.com/services/T0/B0/CANARY"),
        ('type = "slack_webhook"\nurl_file', "https://hooks.slack.com/services/T0/B0/CANARY"),
        ('type = "pagerduty"\nrouting_key_env', "R0123456789CANARY6789ABCDE"),
    ],
)
def test_a_secret_in_place_of_its_name_is_told_and_not_repeated(tmp_path: Path, table: str, value: str) -> None:
    """It would be on the screen, and in whatever the screen is pasted to."""
    file = tmp_path / "cascade.toml"
    file.write_text(f'[sinks.phone]\n{table} = "{value}"\n')
    told, faults = check(file, {})
    assert "the secret itself" in faults[0]
    assert "CANARY" not in str((told, faults))
    with pytest.raises(ConfigError) as caught:
        list(show(file, {}, as_json=False))
    assert "CANARY" not in str(caught.value)


def test_show_masks_what_looks_like_a_secret_wherever_it_stands(tmp_path: Path) -> None:
    """A key in the wrong setting is a key."""
    pytest.importorskip("aiokafka")
    file = tmp_path / "cascade.toml"
    file.write_text(
        '[sinks.phone]\ntype = "telegram"\nchat_id = "@123456:CANARYAAAAbbbbccccdddd"\ntoken_env = "T"\n'
        '[sinks.lines]\ntype = "file"\nto_file = "xoxb-CANARY"\n'
    )
    assert "CANARY" not in "\n".join(show(file, {}, as_json=False))


def test_a_store_that_is_no_store_is_found_and_left_alone(tmp_path: Path) -> None:
    """The notifier would not start in the hour in which it is needed."""
    file, store = tmp_path / "cascade.toml", tmp_path / "cascade-notify.sqlite"
    file.write_text('[sinks.o]\ntype = "stdout"\n')
    store.write_bytes(b"CANARY and no database" * 50)
    (fault,) = check(file, {})[1]
    assert fault.startswith(f"[notify] store: {store}: file is not a database: move the file away")
    assert store.read_bytes() == b"CANARY and no database" * 50
    store.unlink()
    with closing(sqlite3.connect(store)) as other:
        other.execute("CREATE TABLE theirs (a)")
    assert "another program's database" in check(file, {})[1][0]
    store.unlink()
    Store(store).close()
    before = store.read_bytes()
    assert check(file, {})[1] == []
    assert store.read_bytes() == before


def test_an_address_in_a_file_is_checked_and_its_place_is_said_once(tmp_path: Path) -> None:
    """It is seen where it is sent to for the first time."""
    file = tmp_path / "cascade.toml"
    (tmp_path / "url").write_text("gopher://CANARY")
    (tmp_path / "key").write_text(SECRETS["webhook"])
    file.write_text(
        '[sinks.bot]\ntype = "webhook"\nurl_file = "url"\nsecret_file = "key"\n'
        '[sinks.room]\ntype = "discord"\nurl_file = "url"\n'
    )
    why = "url: the address cannot be used: it has to begin with https:// or http://"
    assert check(file, {})[1] == [f"[sinks.bot] {why}", f"[sinks.room] {why}"]


def test_a_proxy_that_cannot_be_used_is_told_for_each_sink_that_would_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No message would leave this machine, and the check would have said that all is well."""
    monkeypatch.setenv("HTTPS_PROXY", "http://user:CANARY@:x")
    monkeypatch.setenv("T", "123456:AAH-CANARY")
    file = tmp_path / "cascade.toml"
    file.write_text(
        '[sinks.phone]\ntype = "telegram"\nchat_id = "1"\ntoken_env = "T"\n[sinks.o]\ntype = "stdout"\n'
        '[sinks.am]\ntype = "alertmanager"\nurl = "http://localhost:9093"\n'
    )
    (fault,) = check(file, {"T": "123456:AAH-CANARY"})[1]
    assert fault.startswith("[sinks.phone]: the proxy in HTTPS_PROXY cannot be used")
    assert "CANARY" not in fault
