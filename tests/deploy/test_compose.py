"""The cluster on one machine, as far as it can be judged without starting it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from detector.commands import notify
from detector.commands.detect import LAST_WORDS_S, LEAVE_S
from detector.sinks.config import read
from producers.kafka.settings import VARIABLES, load_settings
from producers.venues.registry import venues_of
from tests.kit.deployment_files import ROOT, commands_that_read, compose_file, dockerfile_stages, parse_command

COMPOSE = compose_file()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
PRODUCERS = [name for name in OURS if SERVICES[name]["command"][0] == "produce"]

UNITS = {"s": 1, "m": 60}

KEYS = {
    "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init", "logging",
    "networks", "ports", "profiles", "pull_policy", "read_only", "restart", "security_opt", "stop_grace_period",
    "tmpfs", "user", "volumes",
}  # fmt: skip
"""What a service may have by https://github.com/compose-spec/compose-spec, as far as it is used here."""
HEALTH_KEYS = {"disable", "test", "interval", "timeout", "retries", "start_period", "start_interval"}

KEYS_BY_VARIABLE = "CASCADE_NOTIFY__"
"""What the environment says in place of the configuration file."""

every_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


def seconds(duration: str) -> int:
    return int(duration[:-1]) * UNITS[duration[-1]]


def test_the_services_are_a_whole_cluster() -> None:
    """A part would be missing, and nothing would say so but silence."""
    assert {SERVICES[name]["command"][0] for name in OURS} == {"topics", "produce", "detect", "notify"}
    assert set(SERVICES) - set(OURS) == {"kafka"}


@every_service
def test_every_key_is_one_that_an_engine_knows(name: str) -> None:
    """The whole file would be refused."""
    assert set(SERVICES[name]) <= KEYS
    assert set(SERVICES[name].get("healthcheck", ())) <= HEALTH_KEYS


@every_service
def test_images_are_pinned(name: str) -> None:
    """The same file would start something else tomorrow."""
    service = SERVICES[name]
    if name in OURS:
        assert service["image"] == f"cascade-detector:{VERSION}"
        # A registry may have something of this name that is not this.
        assert service["pull_policy"] == "build"
    else:
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", service["image"])


@every_service
def test_nothing_runs_as_root_or_can_become_it(name: str) -> None:
    """A hole in one program would be a hole in the machine."""
    service = SERVICES[name]
    user, group = service["user"].split(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & service.keys()


@each_of_ours
def test_the_user_is_that_of_the_image(name: str) -> None:
    """A volume that belongs to another one could not be written to."""
    users = [instruction.rest for instruction in dockerfile_stages()[-1] if instruction.word == "USER"]
    assert users == [SERVICES[name]["user"]]


@every_service
def test_the_file_system_is_read_only(name: str) -> None:
    """What breaks in could stay."""
    assert SERVICES[name]["read_only"] is True
    assert any(mount.startswith("/tmp:") for mount in SERVICES[name]["tmpfs"])  # noqa: S108 - in the container


@every_service
def test_what_it_may_use_is_bounded(name: str) -> None:
    """One program could take the machine with it, or fill its disk with words."""
    limits = SERVICES[name]["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert {"max-size", "max-file"} <= SERVICES[name]["logging"]["options"].keys()


@every_service
def test_whoever_stays_is_asked_whether_it_lives_and_is_started_again(name: str) -> None:
    """A process that hangs would look like one that works."""
    service = SERVICES[name]
    if service["restart"] == "no":
        assert service["healthcheck"] == {"disable": True}
        return
    assert service["restart"] == "unless-stopped"
    in_image = any(instruction.word == "HEALTHCHECK" for instruction in dockerfile_stages()[-1])
    assert service.get("healthcheck", {}).get("test") or (name in OURS and in_image)


@every_service
def test_volumes_have_names_and_are_declared(name: str) -> None:
    """What must not be lost would be gone with the container."""
    for volume in SERVICES[name].get("volumes", ()):
        if isinstance(volume, str):
            assert volume.split(":")[0] in COMPOSE["volumes"]
        else:
            # A file of the user's: without it a folder of its name would be made, and mounted.
            assert volume["type"] == "bind"
            assert volume["read_only"] is True
            assert volume["bind"] == {"create_host_path": False}


@every_service
def test_who_is_waited_for_exists_and_can_give_the_sign(name: str) -> None:
    """It would wait for ever."""
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        if wait["condition"] == "service_healthy":
            assert "test" in SERVICES[other]["healthcheck"]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


@every_service
def test_networks_are_declared(name: str) -> None:
    """The file would not start."""
    assert set(SERVICES[name]["networks"]) <= COMPOSE["networks"].keys()


@each_of_ours
def test_every_command_is_one_of_the_program(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed option would be found by whoever starts the cluster."""
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    parse_command(SERVICES[name]["command"])


def test_the_parser_knows_what_is_written_wrong() -> None:
    """The test of the commands would pass whatever they say."""
    with pytest.raises(Exception, match="No such option"):
        parse_command(["produce", "--venue", "binance", "--simbols", "BTC"])


@each_of_ours
def test_every_variable_is_one_that_the_program_reads(name: str) -> None:
    """A setting with a typing error is silently the default."""
    given = SERVICES[name]["environment"]
    unread = [variable for variable in given if variable not in VARIABLES and not commands_that_read(variable)]
    assert [variable for variable in unread if not (name == "notifier" and variable.startswith(KEYS_BY_VARIABLE))] == []


@each_of_ours
def test_the_settings_are_accepted_and_lead_to_the_broker(name: str) -> None:
    """Every container would end with the same message."""
    host, port = load_settings(environ=SERVICES[name]["environment"]).addresses()[0]
    assert host in SERVICES
    assert f"INSIDE://{host}:{port}" in SERVICES[host]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert set(SERVICES[host]["networks"]) & set(SERVICES[name]["networks"])


def test_the_broker_is_not_open_to_other_machines() -> None:
    """Nobody has to log in: whoever reaches it may write alerts."""
    (published,) = SERVICES["kafka"]["ports"]
    assert published.startswith("127.0.0.1:")
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["kafka"]


def test_the_broker_makes_no_topic_by_itself_and_keeps_its_data() -> None:
    """A typing error would be a topic with one partition, and a restart would forget everything."""
    environment = SERVICES["kafka"]["environment"]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert f"kafka:{environment['KAFKA_LOG_DIRS']}" in SERVICES["kafka"]["volumes"]


def test_the_broker_may_run_what_java_unpacks() -> None:
    """Records are written with Zstandard, a native library: the broker would refuse the first of them."""
    (mount,) = [mount for mount in SERVICES["kafka"]["tmpfs"] if mount.startswith("/tmp:")]  # noqa: S108
    assert "exec" in mount.split(":")[1].split(",")


@pytest.mark.parametrize("name", PRODUCERS)
def test_a_producer_knows_its_venues_and_has_a_spool_of_its_own(name: str) -> None:
    """Two producers in one folder would refuse to start, and a folder without a volume would be forgotten."""
    given = parse_command(SERVICES[name]["command"])
    assert all(venues_of(venue) for venue in given["venue"])
    (volume,) = SERVICES[name]["volumes"]
    assert volume.split(":")[1] == str(given["spool"])
    users = [other for other, service in SERVICES.items() if volume in service.get("volumes", ())]
    assert users == [name]


@pytest.mark.parametrize("name", PRODUCERS)
def test_the_memory_of_a_producer_is_more_than_its_spool(name: str) -> None:
    """It would be killed just when the log is away and it has to remember."""
    memory = SERVICES[name]["deploy"]["resources"]["limits"]["memory"]
    assert float(memory.removesuffix("M")) >= 4 * parse_command(SERVICES[name]["command"])["spool_memory_mb"]


@pytest.mark.parametrize("name", [name for name in PRODUCERS if name.endswith("-standby")])
def test_a_standby_does_as_the_one_it_stands_by_and_starts_when_asked(name: str) -> None:
    """It would fill other gaps than those that there are."""
    assert SERVICES[name]["command"] == SERVICES[name.removesuffix("-standby")]["command"]
    assert SERVICES[name]["profiles"] == ["standby"]


def test_there_is_a_standby_for_each_producer() -> None:
    """One of the venues would have none."""
    first = {name for name in PRODUCERS if not name.endswith("-standby")}
    assert set(PRODUCERS) - first == {f"{name}-standby" for name in first}


@pytest.mark.parametrize("name", PRODUCERS)
def test_a_producer_is_given_the_time_to_drain(name: str) -> None:
    """It would be killed while it still sends."""
    drain_s = parse_command(SERVICES[name]["command"])["drain_s"]
    # Besides, a farewell and the end of a connection to a broker that may be away.
    assert seconds(SERVICES[name]["stop_grace_period"]) >= drain_s + 15


def test_a_detector_is_given_the_time_to_leave_and_can_be_there_many_times() -> None:
    """A name or a port of its own would let only one start; a kill would cost a session's time."""
    detector = SERVICES["detector"]
    assert not {"container_name", "ports", "hostname", "volumes"} & detector.keys()
    assert "--worker" not in detector["command"]
    assert seconds(detector["stop_grace_period"]) >= LAST_WORDS_S + LEAVE_S + 15


NOTIFIER = SERVICES["notifier"]


def test_the_notifier_remembers_where_its_configuration_and_its_volume_say(tmp_path: Path) -> None:
    """After each update of the image people would be told everything again."""
    file = tmp_path / "cascade.toml"
    file.write_text('[sinks.output]\ntype = "stdout"\n')
    reading = read(file, NOTIFIER["environment"])
    assert reading.faults == ()
    assert reading.config is not None
    (folder,) = [volume.split(":")[1] for volume in NOTIFIER["volumes"] if isinstance(volume, str)]
    assert str(reading.config.store.parent) == folder
    made = [i.rest for i in dockerfile_stages()[-1] if i.word == "RUN" and folder in i.rest.split()]
    assert made, "the volume would belong to root, and could not be written to"


def test_the_notifier_reads_the_configuration_that_is_mounted() -> None:
    """It would end at once, and say that there is no file."""
    (mount,) = [volume for volume in NOTIFIER["volumes"] if not isinstance(volume, str)]
    assert mount["target"] == NOTIFIER["environment"]["CASCADE_CONFIG"]


def test_without_a_configuration_everything_else_starts() -> None:
    """Whoever only wants to look would have to configure channels first."""
    assert NOTIFIER["profiles"] == ["notify"]
    assert [name for name, service in SERVICES.items() if "notifier" in service.get("depends_on", ())] == []


def test_the_notifier_reaches_its_channels_and_has_the_time_to_send_what_waits() -> None:
    """Messages would never leave the machine; or it would be killed in the middle of one, and send it again."""
    assert set(NOTIFIER["networks"]) == {"log", "outside"}
    # Besides, what closing two clients of Kafka and a store takes.
    assert seconds(NOTIFIER["stop_grace_period"]) >= notify.DRAIN_S + notify.LAST_WORDS_S + 15
