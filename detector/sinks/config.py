"""The configuration file of messages: `[notify]`, `[sinks.NAME]`, `[[routes]]`, and what the environment says instead.

`[kafka]` may stand in the same file; `producers/kafka/settings.py` reads it.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from detector.alerts.routes import Route
from detector.sinks.addresses import networks
from detector.sinks.kafka import KafkaSinkSettings
from detector.sinks.overrides import Given, override
from detector.sinks.registry import SINKS
from detector.sinks.secrets import redact
from detector.sinks.settings import SinkSettings
from detector.sinks.table import closest, read_table
from producers.errors import ProducerError
from producers.kafka.settings import KafkaSettings, load_settings

SECTIONS = ("notify", "sinks", "routes", "kafka")
A_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
STORE = "cascade-notify.sqlite"


class ConfigError(ProducerError):
    """A configuration that cannot be meant; the message says where and what can."""


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[notify]`: what holds for all sinks."""

    store: str = STORE
    """Where it is written down what was sent: a file, from the folder of the configuration on."""
    expires_s: float = 900.0
    """News that is older calls nobody."""
    allow_private: tuple[str, ...] = ()
    """Networks of one's own that sinks may speak to, `10.0.0.0/8` or an address; others are refused."""

    def __post_init__(self) -> None:
        if not self.store:
            raise ValueError("store is empty: name a file")
        networks(self.allow_private)
        if not (math.isfinite(self.expires_s) and self.expires_s > 0):
            raise ValueError("expires_s is a number of seconds above 0")


class NotifyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force."""

    file: Path
    notify: NotifySettings
    sinks: Mapping[str, SinkSettings]
    """By name, in the order of the file."""
    routes: tuple[Route, ...]
    """In their order; where the file has none, every sink gets everything from WARN on."""

    @property
    def store(self) -> Path:
        """The file of the store."""
        return self.file.parent / self.notify.store


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was read, good or not."""

    config: NotifyConfig | None
    faults: tuple[str, ...]
    """Everything that is wrong, one line each; empty where there is a configuration."""
    origins: Mapping[str, str]
    """By key, `sinks.phone.chat_id`: the variable or the file that says so. What is missing is a default."""


def kinds() -> dict[str, type[SinkSettings]]:
    """What may stand under `type`, with the settings of each, by name."""
    return dict(sorted((str(kind.__struct_config__.tag), kind) for kind in SINKS))


def load(path: Path, environ: Mapping[str, str]) -> NotifyConfig:
    """The configuration for sending; raises `ConfigError`, one line."""
    reading = read(path, environ)
    if reading.config is None:
        more = len(reading.faults) - 1
        rest = f" (and {more} more: cascade config check {path})" if more else ""
        raise ConfigError(f"{path}: {reading.faults[0]}{rest}")
    if not reading.config.sinks:
        raise ConfigError(f"{path} has no sink, so that nobody would hear anything: add a table [sinks.NAME]")
    return reading.config


def kafka_of(config: NotifyConfig, environ: Mapping[str, str]) -> KafkaSettings | None:
    """The cluster of sinks that name none of their own; None where there is no such sink. Raises `SettingsError`."""
    if any(isinstance(sink, KafkaSinkSettings) and sink.kafka is None for sink in config.sinks.values()):
        return load_settings(file=config.file, environ=environ)
    return None


def only(config: NotifyConfig, name: str) -> NotifyConfig:
    """The configuration with no other sink than this one."""
    return msgspec.structs.replace(config, sinks={name: config.sinks[name]}, routes=(Route(sinks=(name,)),))


def read(path: Path, environ: Mapping[str, str]) -> Reading:
    """Everything that the file and the environment say; raises `ConfigError` where it is no TOML file."""
    tables = _toml(path)
    faults = [
        f"there is no section [{section}]{closest(section, SECTIONS)}; known: {', '.join(SECTIONS)}"
        for section in tables
        if section not in SECTIONS
    ]
    override(tables, environ, faults)
    origins = dict(_origins({name: tables[name] for name in SECTIONS if name in tables}, str(path)))
    notify = read_table(_section(tables, "notify", faults), NotifySettings, "[notify]", faults)
    named = _section(tables, "sinks", faults)
    sinks = {name: _sink(name, table, path.parent, faults) for name, table in named.items()}
    _distinct(sinks, faults)
    routes = _routes(tables.get("routes", []), tuple(sinks), faults)
    if faults or notify is None:
        return Reading(config=None, faults=tuple(faults), origins=origins)
    good = {name: settings for name, settings in sinks.items() if settings is not None}
    if not routes and good:
        routes = [Route(sinks=tuple(good))]
    config = NotifyConfig(file=path, notify=notify, sinks=good, routes=tuple(routes))
    return Reading(config=config, faults=(), origins=origins)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8, and so not TOML") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None


def _section(tables: Mapping[str, Any], name: str, faults: list[str]) -> dict[str, Any]:
    table = tables.get(name, {})
    if isinstance(table, dict):
        return table
    example = "[sinks.phone], one table for each sink" if name == "sinks" else f"[{name}]"
    faults.append(f"{name} is not a table: begin it with {example}")
    return {}


def _sink(name: str, table: object, folder: Path, faults: list[str]) -> SinkSettings | None:
    where, known = f"[sinks.{name}]", kinds()
    if not isinstance(table, dict):
        faults.append(f"[sinks] {name}: a sink is a table of its own: begin it with [sinks.NAME]")
        return None
    if not A_NAME.fullmatch(name):
        faults.append(f"{where}: a sink is named by letters, digits, '-' and '_', 40 at most")
    kind = table.get("type")
    if kind is None:
        faults.append(f"{where} needs type = ..., one of {', '.join(known)}")
        return None
    if not isinstance(kind, str) or kind not in known:
        guess = closest(kind, known) if isinstance(kind, str) else ""
        said = redact(str(kind))[:40]
        faults.append(f"{where} type: there is no sink of type {said!r}{guess}; known: {', '.join(known)}")
        return None
    return read_table(_beside(table, folder), known[kind], where, faults)


def _beside(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Files that the file names are looked for beside it; those that a variable names, where the program runs."""
    return {
        key: str(folder / Path(value).expanduser())
        if key.endswith("_file") and isinstance(value, str) and value and not isinstance(value, Given)
        else value
        for key, value in table.items()
    }


def _distinct(sinks: Mapping[str, object], faults: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in sinks:
        other = seen.setdefault(name.lower().replace("-", "_"), name)
        if other != name:
            faults.append(f"[sinks.{name}] and [sinks.{other}] are too alike: variables cannot tell them apart")


def _routes(tables: object, sinks: tuple[str, ...], faults: list[str]) -> list[Route]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        faults.append("routes: begin each route with [[routes]], in double brackets")
        return []
    routes = []
    for number, table in enumerate(tables, 1):
        where = f"[[routes]] {number}"
        route = read_table(table, Route, where, faults)
        if route is None:
            continue
        routes.append(route)
        for name in route.sinks:
            if name not in sinks:
                there = ", ".join(sinks) or "none"
                faults.append(f"{where} sinks: there is no sink {name!r}{closest(name, sinks)}; there are: {there}")
    return routes


def _origins(tables: Any, file: str, above: str = "") -> list[tuple[str, str]]:
    """Each key that is said somewhere, with where."""
    if isinstance(tables, dict):
        children = [(str(key), child) for key, child in tables.items()]
    elif isinstance(tables, list) and any(isinstance(child, dict) for child in tables):
        children = [(str(number), child) for number, child in enumerate(tables, 1)]
    else:
        return [(above, tables.variable if isinstance(tables, Given) else file)]
    return [found for key, child in children for found in _origins(child, file, f"{above}.{key}" if above else key)]
