"""The configuration of messages: what is in force, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.alerts.match import Match
from detector.alerts.routes import Route
from detector.sinks.config import ConfigError, NotifyConfig, kafka_of, kinds, load, only, read
from detector.sinks.telegram import TelegramSettings

PHONE = '[sinks.phone]\ntype = "telegram"\nchat_id = "-100"\ntoken_env = "TG"\n'
ROUTE = '[[routes]]\nsinks = ["phone"]\n'


def loaded(folder: Path, text: str, **environ: str) -> NotifyConfig:
    """What is in force."""
    (folder / "cascade.toml").write_text(text)
    return load(folder / "cascade.toml", environ)


def wrong(folder: Path, text: str, **environ: str) -> tuple[str, ...]:
    """Everything that is said."""
    (folder / "cascade.toml").write_text(text)
    return read(folder / "cascade.toml", environ).faults


def test_one_sink_is_enough_and_gets_everything_from_warn_on(tmp_path: Path) -> None:
    """The first message would need a lesson about routes."""
    config = loaded(tmp_path, PHONE)
    assert config.routes == (Route(sinks=("phone",)),)
    assert config.routes[0].min_level == "WARN"
    assert config.routes[0].match == Match()
    assert config.store == tmp_path / "cascade-notify.sqlite"
    assert isinstance(config.sinks["phone"], TelegramSettings)


def test_routes_keep_their_order(tmp_path: Path) -> None:
    """The first route that takes an alert decides."""
    levels = ("HIGH", "WATCH", "CRITICAL")
    routes = "".join(f'{ROUTE}min_level = "{level}"\nmatch = {{ asset = ["BTC"] }}\n' for level in levels)
    assert tuple(route.min_level for route in loaded(tmp_path, PHONE + routes).routes) == levels


def test_files_are_looked_for_beside_the_configuration(tmp_path: Path) -> None:
    """It would work in one folder and not in another."""
    text = PHONE.replace('token_env = "TG"', 'token_file = "secrets/tg"')
    config = loaded(tmp_path, f'[notify]\nstore = "state/sent.sqlite"\n{text}')
    phone = config.sinks["phone"]
    assert isinstance(phone, TelegramSettings)
    assert phone.token_file == str(tmp_path / "secrets/tg")
    assert config.store == tmp_path / "state/sent.sqlite"


def test_the_environment_beats_the_file(tmp_path: Path) -> None:
    """A container could not be told apart from its neighbour."""
    config = loaded(
        tmp_path,
        PHONE + ROUTE,
        CASCADE_SINKS__PHONE__CHAT_ID="-7",
        CASCADE_NOTIFY__EXPIRES_S="60",
        CASCADE_ROUTES__1__WATCHLIST="BTC, ETH",
    )
    phone = config.sinks["phone"]
    assert isinstance(phone, TelegramSettings)
    assert (phone.chat_id, config.notify.expires_s, config.routes[0].watchlist) == ("-7", 60.0, ("BTC", "ETH"))


def test_where_a_value_came_from_is_kept(tmp_path: Path) -> None:
    """Nobody could say why a setting is what it is."""
    (tmp_path / "cascade.toml").write_text(PHONE + ROUTE)
    origins = read(tmp_path / "cascade.toml", {"CASCADE_NOTIFY__EXPIRES_S": "60"}).origins
    assert origins["notify.expires_s"] == "CASCADE_NOTIFY__EXPIRES_S"
    assert origins["sinks.phone.chat_id"] == origins["routes.1.sinks"] == str(tmp_path / "cascade.toml")
    assert "notify.store" not in origins


def test_the_table_of_kafka_is_somebody_elses(tmp_path: Path) -> None:
    """One file for the whole deployment could not be."""
    assert loaded(tmp_path, f'{PHONE}[kafka]\nbootstrap_servers = "k:9092"\n').sinks.keys() == {"phone"}


def test_a_sink_on_kafka_takes_the_cluster_of_the_file(tmp_path: Path) -> None:
    """Alerts would go to the broker on this machine."""
    config = loaded(tmp_path, f'{PHONE}[sinks.topic]\ntype = "kafka"\n[kafka]\nbootstrap_servers = "k:9092"\n')
    kafka = kafka_of(config, {})
    assert kafka is not None
    assert kafka.bootstrap_servers == "k:9092"
    assert kafka_of(only(config, "phone"), {}) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sink.phone]\n", "there is no section [sink] (sinks?); known: notify, sinks, routes, kafka"),
        ("notify = 5\n", "notify is not a table: begin it with [notify]"),
        ('[[sinks]]\ntype = "telegram"\n', "sinks is not a table: begin it with [sinks.phone]"),
        ('[sinks]\ntype = "telegram"\n', "[sinks] type: a sink is a table of its own: begin it with [sinks.NAME]"),
        ('[sinks.phone]\nchat_id = "1"\n', "[sinks.phone] needs type = ..., one of alertmanager, apprise,"),
        ('[sinks.phone]\ntype = "telegran"\n', "there is no sink of type 'telegran' (telegram?); known: "),
        ("[sinks.phone]\ntype = 5\n", "there is no sink of type '5'; known: "),
        (PHONE.replace("phone", '"my phone"'), "a sink is named by letters, digits, '-' and '_', 40 at most"),
        (PHONE + PHONE.replace("phone", "Phone"), "[sinks.Phone] and [sinks.phone] are too alike"),
        (PHONE + 'token_file = "x"\n', "[sinks.phone]: set token_file or token_env, not both"),
        (PHONE.replace('"-100"', "-100"), '[sinks.phone] chat_id: expected a text in "quotes", got a whole number'),
        (PHONE + '[routes]\nsinks = ["phone"]\n', "begin each route with [[routes]], in double brackets"),
        (PHONE + '[[routes]]\nmin_level = "HIGH"\n', "[[routes]] 1 needs sinks = ..."),
        (PHONE + "[[routes]]\nsinks = []\n", "[[routes]] 1: a route leads to no sink"),
        (PHONE + '[[routes]]\nsinks = ["fone"]\n', "[[routes]] 1 sinks: there is no sink 'fone' (phone?); there are: "),
        (PHONE + ROUTE + 'min_level = "high"\n', "[[routes]] 1 min_level: there is no 'high'; known: CLEAR, WATCH,"),
        (PHONE + ROUTE + 'match = { assets = ["BTC"] }\n', "[[routes]] 1 match assets: there is no such key (asset?)"),
        (PHONE + ROUTE + 'quiet_hours = { start = "22", end = "07:00" }\n', "'22' is no time of day: write HH:MM"),
        (PHONE + ROUTE + 'quiet_hours = "22-7"\n', "[[routes]] 1 quiet_hours: expected a table of some of { start"),
        (PHONE + ROUTE + "group_wait_s = 900\n", "[[routes]] 1: group_wait_s is 0 to 60"),
        (PHONE + "[notify]\nexpires_s = 0\n", "[notify]: expires_s is a number of seconds above 0"),
        (PHONE + "[notify]\nexpires_s = nan\n", "[notify]: expires_s is a number of seconds above 0"),
        (PHONE + '[notify]\nstore = ""\n', "[notify]: store is empty: name a file"),
        (PHONE + '[notify]\nallow_private = ["home"]\n', "[notify]: allow_private 'home' is no network"),
    ],
)
def test_what_is_wrong_names_its_place_and_what_is_known(tmp_path: Path, text: str, says: str) -> None:
    """A person would have to read our source to mend a file."""
    (fault,) = wrong(tmp_path, text)
    assert says in fault


def test_everything_wrong_is_found_at_once_and_one_line_says_how_much_more(tmp_path: Path) -> None:
    """Each mistake would cost another start."""
    text = f'[notify]\nstor = "x"\n{PHONE}nam = 1\n{ROUTE}min_level = "high"\n[[routes]]\nsinks = ["fone"]\n'
    assert len(wrong(tmp_path, text)) == 4
    with pytest.raises(ConfigError, match=r"\[notify\] stor: .* \(and 3 more: cascade config check .*\)$"):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[sinks.phone\n", "is not TOML: .*line 1"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[kafka]\n", "has no sink, so that nobody would hear anything"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, content: bytes | None, says: str) -> None:
    """A traceback says nothing to a user."""
    file = tmp_path / "cascade.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as error:
        load(file, {})
    assert "\n" not in str(error.value)


def test_a_token_in_the_file_is_refused_and_never_repeated(tmp_path: Path) -> None:
    """It would be found in a log."""
    text = PHONE.replace('token_env = "TG"', 'token = "123456:CANARY"')
    assert "CANARY" not in "".join(wrong(tmp_path, text))
    assert "token_file" in wrong(tmp_path, text)[0]


def test_every_type_of_sink_has_a_name() -> None:
    """A channel could be there and not be configured."""
    assert {"telegram", "discord", "webhook", "pagerduty", "kafka", "file"} <= kinds().keys()
