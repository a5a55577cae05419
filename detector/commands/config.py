"""`cascade config check` and `cascade config show`: what is wrong with a configuration, and what it will do."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson

from detector.alerts.traits import Traits
from detector.runtime.notify.clocks import WallClock
from detector.runtime.notify.opened import open_notifier
from detector.sinks.config import ConfigError, NotifyConfig, Reading, kafka_of, only, read
from detector.sinks.describing import doubts, route_in_words, routes_to, traits_in_words
from detector.sinks.http import proxy_fault
from detector.sinks.secrets import MASK, looks_secret, redact
from detector.sinks.settings import SinkSettings
from detector.store.errors import StoreError, damaged, store_error
from detector.store.schema import refuse_unknown
from producers.errors import ProducerError
from producers.kafka.settings import TABLE, VARIABLES, KafkaSettings, load_settings

DEFAULT = "default"


def check(path: Path, environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """What the configuration will do, and everything that is wrong with it; nothing is sent.

    Raises `ConfigError` where the file is none.
    """
    reading = read(path, environ)
    faults = [*reading.faults, *_kafka_faults(path, reading, environ)]
    config = reading.config
    if config is None:
        return [], faults
    faults += _store_faults(config)
    told = [_head(config)]
    opened, closed = asyncio.run(_open_each(config, environ))
    faults += closed
    for name, traits in opened.items():
        kind = config.sinks[name].__struct_config__.tag
        told.append(f"{name} ({kind}): {traits_in_words(traits)}")
        feed = traits.every_revision
        told += [f"  [[routes]] {n}: {route_in_words(r, feed=feed)}" for n, r in routes_to(name, config.routes)]
    told += [f"mind: {doubt}" for doubt in doubts(config)]
    return told, faults


def show(path: Path, environ: Mapping[str, str], *, as_json: bool) -> Iterator[str]:
    """Each key that is in force, its value and where it came from, one a line; nothing secret is in it.

    Raises `ConfigError` with everything that is wrong.
    """
    reading = read(path, environ)
    config = reading.config
    if config is None:
        raise ConfigError(f"{path}: {'; '.join(reading.faults)}")
    rows = list(_in_force(config))
    if find_spec("aiokafka") is not None:
        kafka = load_settings(file=path, environ=environ)
        rows += [(f"{TABLE}.{name}", getattr(kafka, name)) for name in KafkaSettings.__struct_fields__]
    origins = {**reading.origins, **_kafka_origins(environ)}
    for key, value in rows:
        pasted = key.endswith(("_file", "_env")) and isinstance(value, str) and looks_secret(value)
        shown, origin = MASK if pasted else harmless(value), _origin(key, origins)
        if as_json:
            yield orjson.dumps({"key": key, "value": shown, "from": origin}).decode()
        else:
            yield f"{key} = {orjson.dumps(shown).decode()}  ({origin})"


def harmless(value: Any) -> Any:
    """The value without what may be secret: of an address only where it leads.

    >>> harmless("https://hooks.slack.com/services/T0/B0/x")
    'https://hooks.slack.com/***'
    """
    if isinstance(value, str):
        if "://" not in value:
            return redact(value)
        try:
            parts = urlsplit(value)
        except ValueError:
            return MASK
        host = parts.netloc.rpartition("@")[2]
        more = f"/{MASK}" if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc else ""
        return f"{parts.scheme}://{host}{more}"
    if isinstance(value, list | tuple):
        return [harmless(part) for part in value]
    if isinstance(value, dict):
        return {name: harmless(part) for name, part in value.items()}
    return value


def _head(config: NotifyConfig) -> str:
    counts = f"sinks: {len(config.sinks)}, routes: {len(config.routes)}"
    return f"{config.file}: {counts}, store: {config.store}"


def _store_faults(config: NotifyConfig) -> Iterator[str]:
    folder = config.store.parent
    if not folder.is_dir():
        yield f"[notify] store: there is no folder {folder}"
    elif not os.access(config.store if config.store.exists() else folder, os.W_OK):
        yield f"[notify] store: {config.store} cannot be written"
    elif config.store.exists() and (fault := _damage(config.store)):
        yield f"[notify] store: {fault.removeprefix('store ')}"


def _damage(path: Path) -> str:
    """Why a store that is there cannot be used; empty where it can. Nothing of it is changed."""
    where = str(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            refuse_unknown(connection, where)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        return str(store_error(where, error))
    except StoreError as error:
        return str(error)
    return "" if found == "ok" else str(damaged(where, found))


def _kafka_faults(path: Path, reading: Reading, environ: Mapping[str, str]) -> Iterator[str]:
    if not any(key == TABLE or key.startswith(f"{TABLE}.") for key in reading.origins):
        return
    try:
        load_settings(file=path, environ=environ)
    except ProducerError as error:
        yield str(error).removeprefix(f"{path}: ")


async def _open_each(config: NotifyConfig, environ: Mapping[str, str]) -> tuple[dict[str, Traits], list[str]]:
    """What each sink can do, with its secrets read, and why others cannot be opened."""
    faults: list[str] = []
    traits: dict[str, Traits] = {}
    for name, settings in config.sinks.items():
        alone = only(config, name)
        try:
            kafka = kafka_of(alone, environ)
            async with open_notifier(alone, WallClock(), remembers=False, kafka=kafka) as notifier:
                traits[name] = notifier.sinks[name].traits
        except ProducerError as error:
            faults.append(_placed(name, error, config.file))
            # A sink stops at its first secret; a person wants to hear of all of them.
            faults += [f"[sinks.{name}]: {more}" for more in _secret_faults(settings, environ, said=str(error))]
        else:
            address = settings.address(environ=environ)
            if address is not None and (fault := proxy_fault(address)):
                faults.append(f"[sinks.{name}]: {fault}")
    return traits, faults


def _placed(name: str, error: ProducerError, file: Path) -> str:
    """What a sink says is wrong, with its place once."""
    place, said = f"[sinks.{name}]", str(error).removeprefix(f"{file}: ")
    return said if said.startswith((place, f"[{TABLE}]")) else f"{place}: {said}"


def _secret_faults(settings: SinkSettings, environ: Mapping[str, str], *, said: str) -> Iterator[str]:
    for name in settings.pairs():
        try:
            settings.secret_if_set(name, environ=environ)
        except ProducerError as error:
            if str(error) != said:
                yield str(error)


def _in_force(config: NotifyConfig) -> Iterator[tuple[str, object]]:
    yield from _leaves("notify", config.notify)
    for name, settings in config.sinks.items():
        yield f"sinks.{name}.type", settings.__struct_config__.tag
        yield from _leaves(f"sinks.{name}", settings)
    for number, route in enumerate(config.routes, 1):
        yield from _leaves(f"routes.{number}", route)


def _leaves(above: str, struct: msgspec.Struct) -> Iterator[tuple[str, object]]:
    for field in msgspec.structs.fields(type(struct)):
        value = getattr(struct, field.name)
        if isinstance(value, msgspec.Struct):
            yield from _leaves(f"{above}.{field.encode_name}", value)
        else:
            yield f"{above}.{field.encode_name}", msgspec.to_builtins(value)


def _kafka_origins(environ: Mapping[str, str]) -> dict[str, str]:
    return {f"{TABLE}.{field}": variable for variable, field in VARIABLES.items() if environ.get(variable)}


def _origin(key: str, origins: Mapping[str, str]) -> str:
    """Of the key, or of the table that it is in where that was said as a whole."""
    while key:
        if key in origins:
            return origins[key]
        key = key.rpartition(".")[0]
    return DEFAULT
