"""A real single-node Apache Kafka of this process's own: start, stop, kill, start again on the same ports and data.

Blocking, so that plain code and fixtures can use it; beside a running event loop call it through `asyncio.to_thread`.
No broker outlives the process that made it, however that ends.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.kafka.errors import BrokerError
from tests.kit.kafka.installation import Installation
from tests.kit.kafka.leash import Leash
from tests.kit.kafka.ports import LOOPBACK, free_ports
from tests.kit.kafka.probe import brokers_at
from tests.kit.kafka.properties import as_file, server_properties

START_S = 60
"""3 s on an idle machine; beside a loaded client, and with logs to recover after a kill, several times that."""

STOP_S = 30
LOG_TAIL_LINES = 25


class Broker:
    """Made stopped. As a context manager it is started, and closed at the end.

    Parameters
    ----------
    installation
        Java and jars.
    folder
        Its own: data, configuration and `kafka.log`.
    port
        Of the plaintext listener; any free one by default.
    listeners
        Protocols to offer beside plaintext, each on a free port: `SSL`, `SASL_PLAINTEXT`, `SASL_SSL`.
    properties
        Kafka's own, added to those of `properties.py` or in their place.
    format_options
        Added to the command that formats the data folder.
    """

    def __init__(
        self,
        installation: Installation,
        folder: Path,
        *,
        port: int | None = None,
        listeners: Sequence[str] = (),
        properties: Mapping[str, str] | None = None,
        format_options: Sequence[str] = (),
    ) -> None:
        self._installation = installation
        self._folder = folder
        self._data = folder / "data"
        self._scratch = folder / "scratch"
        self._format_options = format_options
        controller_port, plain_port, *other_ports = free_ports(2 + len(listeners))
        self._ports = {"PLAINTEXT": port or plain_port, **dict(zip(listeners, other_ports, strict=True))}
        self._properties = server_properties(
            data=self._data, controller_port=controller_port, ports=self._ports, extra=properties or {}
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    @property
    def bootstrap(self) -> str:
        """The address of the plaintext listener, `127.0.0.1:PORT`."""
        return self.address("PLAINTEXT")

    @property
    def log(self) -> Path:
        """What the broker says, of all its lives."""
        return self._folder / "kafka.log"

    @property
    def pid(self) -> int | None:
        """The number of its process while that runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def address(self, listener: str) -> str:
        """The address of a listener by its protocol."""
        return f"{LOOPBACK}:{self._ports[listener]}"

    def start(self) -> None:
        """Start it, or start it again, and return when it serves."""
        if self._process:
            raise BrokerError(f"the broker at {self.bootstrap} was started already")
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._configuration.write_text(as_file(self._properties))
        if not (self._data / "meta.properties").exists():
            self._format()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - Java as found by the installation
                self._command("kafka.Kafka", str(self._configuration)),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop it in order
            )
        self._leash = Leash(self._process.pid)
        try:
            self._await_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """SIGTERM: it closes its logs and leaves in order."""
        process = self._started()
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise BrokerError(self._failed(f"did not stop within {STOP_S} s and was killed")) from None
        self._forget()

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves, save what the kernel still writes."""
        process = self._started()
        process.kill()
        process.wait()
        self._forget()

    def close(self) -> None:
        """Kill it if it runs, and delete all but its log."""
        if self._process:
            self.kill()
        shutil.rmtree(self._data, ignore_errors=True)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def wait(self) -> None:
        """Until it ends by itself, which is an error."""
        process = self._started()
        status = process.wait()
        self._forget()
        raise BrokerError(self._failed(f"ended by itself with status {status}"))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _configuration(self) -> Path:
        return self._folder / "server.properties"

    def _command(self, main_class: str, *arguments: str) -> list[str]:
        return self._installation.command(main_class, *arguments, scratch=self._scratch)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise BrokerError(f"the broker at {self.bootstrap} was not started")
        return self._process

    def _forget(self) -> None:
        if self._leash:
            self._leash.let_go()
        self._process = self._leash = None

    def _format(self) -> None:
        # As long as Kafka's own ids, but hexadecimal: base64 may begin with a dash, and would be read as an option.
        arguments = ("format", "--cluster-id", secrets.token_hex(11), "--config", str(self._configuration))
        command = self._command("kafka.tools.StorageTool", *arguments, *self._format_options)
        with self.log.open("ab") as log:
            try:
                done = subprocess.run(command, stdout=log, stderr=log, timeout=START_S, check=False)  # noqa: S603
            except subprocess.TimeoutExpired:
                raise BrokerError(self._failed(f"did not format its folder within {START_S} s")) from None
        if done.returncode:
            raise BrokerError(self._failed("could not format its folder"))

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        port = self._ports["PLAINTEXT"]
        deadline_s = time.monotonic() + START_S
        while (left_s := deadline_s - time.monotonic()) > 0:
            if (status := process.poll()) is not None:
                raise BrokerError(self._failed(f"ended with status {status} before it served"))
            try:
                if (LOOPBACK, port) in brokers_at(LOOPBACK, port, timeout_s=min(2.0, left_s)):
                    return
            except OSError:
                pass  # not yet
            time.sleep(0.05)
        raise BrokerError(self._failed(f"did not serve within {START_S} s"))

    def _failed(self, how: str) -> str:
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        return f"the broker at {self.bootstrap} {how}; the end of {self.log}:\n{tail}"
