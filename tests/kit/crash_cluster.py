"""The reconstructed crash over Kafka: a deployment of real programs, and what an undisturbed run says."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import NamedTuple

from producers.kafka.settings import KafkaSettings
from tests.kit.kafka_log import deployment
from tests.kit.programs import Program, ProgramError, Programs
from tests.kit.verifier import alerts_in

ASSETS = ("BTC", "ETH", "AAVE", "ATOM", "AVAX", "DOT", "UNI", "WLD", "TRX", "FIL", "USDE")
"""Spread over seven of the twelve partitions of the frames, whichever half of them a worker has."""
SOCKETS = 5
"""Two routes of Binance's USD-M futures and one socket of each other venue."""
REBUILT = ("binance", "hyperliquid")
"""The venues of the reconstruction."""
STAMPED, STAMPED_SOCKETS = ("binance-coinm",), 1
"""A venue that stamps all that it says, answers to polls included. What others do not stamp gets the time of its
receipt: in a recording that is played to the wall clock, it is far from all other times.
"""
START, END = "20:34", "21:25"
SEED = "20251010"


class Venues(NamedTuple):
    """A venue server."""

    program: Program
    url: str


class Cluster:
    """Programs on one deployment: a prefix of its own on a broker."""

    def __init__(self, settings: KafkaSettings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.programs = Programs(
            folder,
            {
                "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
                "CASCADE_TOPIC_PREFIX": settings.topic_prefix,
            },
        )

    def serve(
        self,
        *,
        start: str = START,
        end: str = END,
        speed: float = 0,
        live: bool = False,
    ) -> Venues:
        """A venue server that plays the reconstruction when its producer listens. A live one waits for nobody then."""
        sockets = STAMPED_SOCKETS if live else SOCKETS
        options = ["--from", start, "--to", end, "--speed", str(speed), "--expect-sockets", str(sockets)]
        if not live:
            options.append("--recorded-clock")
        source = ("--source", "reconstruction", "--seed", SEED)
        server = self.programs.start(self._name("venues"), "producers.venue_server", *source, *options)
        return Venues(server, server.await_word(r"listening on (\S+)")[1])

    def produce(self, url: str, *more: str, name: str = "producer", live: bool = False) -> Program:
        """A producer; `name` also names its records. A live one knows no recorded clock."""
        options = ["--symbols", ",".join(ASSETS), "--endpoint", f"all={url}", "--producer-id", name]
        for venue in STAMPED if live else REBUILT:
            options += ["--venue", venue]
        if not live:
            options.append("--recorded-clock")
        spool = ("--spool", str(self.folder / f"{name}.spool"))
        return self.programs.start(self._name(name), "detector.cli", "produce", *options, *spool, *more)

    def detect(self, worker: str) -> Program:
        """A worker that has joined the group."""
        program = self.programs.start(self._name(worker), "detector.cli", "detect", "--worker", worker)
        program.await_word("partitions assigned")
        return program

    def embedded(self, url: str) -> Program:
        """The same without Kafka: alerts and transitions as JSON lines on its standard output."""
        named = [word for venue in REBUILT for word in ("--venue", venue)]
        options = (*named, "--symbols", ",".join(ASSETS), "--endpoint", f"all={url}")
        return self.programs.start("embedded", "detector.cli", "run", *options, "--recorded-clock", "--json")

    def _name(self, name: str) -> str:
        # A program that is started again must not write over what its first life has said.
        lives = sum(1 for program in self.programs.started if program.name.split("~")[0] == name)
        return f"{name}~{lives + 1}" if lives else name


class Crash(NamedTuple):
    """What a producer wrote of the crash, and the lines that an undisturbed run without Kafka says of it."""

    settings: KafkaSettings
    """The deployment whose frames they are."""
    clean: list[bytes]
    """Its alerts."""


@cache
def crash(bootstrap: str, folder: Path) -> Crash:
    """Played once for all tests of a run. Each has a server of its own, which gives each snapshot of a book once."""
    settings = asyncio.run(deployment(bootstrap))
    cluster = Cluster(settings, folder)
    with cluster.programs:
        embedded, producer = cluster.embedded(cluster.serve().url), cluster.produce(cluster.serve().url)
        for program in (producer, embedded):
            if program.wait(within_s=240):
                raise ProgramError(program.tail())
        lines = folder / "clean.jsonl"
        lines.write_bytes(embedded.out)
    return Crash(settings, alerts_in(lines))
