"""Programs of this project as processes of their own: started, stopped, killed, and shown when something fails.

No program outlives the test that started it, however that ends.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.kafka.leash import Leash

ROOT = Path(__file__).resolve().parents[2]
STOP_S = 60
"""A busy machine: what is measured here is whether a program ends, not how fast."""
TAIL_LINES = 12


class ProgramError(Exception):
    """A program ended when it should not have, or did not when it should; the message has its last words."""


class Program:
    """One process. Its output goes to files, so that nothing that it says is lost and nothing blocks it."""

    def __init__(self, name: str, command: list[str], *, folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.says = folder / f"{name}.err"
        self._out = folder / f"{name}.out"
        with self._out.open("wb") as out, self.says.open("wb") as err:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                cwd=ROOT,
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,  # Ctrl-C is for the tests
            )
        self._leash: Leash | None = Leash(self._process.pid)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def out(self) -> bytes:
        """What it wrote to standard output."""
        return self._out.read_bytes()

    @property
    def words(self) -> str:
        """What it wrote to standard error."""
        return self.says.read_text(errors="replace")

    def signal(self, which: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(which)

    def kill(self) -> None:
        """SIGKILL, as a machine that fails does it; nothing where it has ended."""
        self._process.kill()
        self._process.wait()
        self._let_go()

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        self._process.terminate()
        return self.wait(STOP_S)

    def wait(self, within_s: float) -> int:
        """Until it ends by itself; its exit code."""
        try:
            code = self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise ProgramError(f"did not end within {within_s:g} s: {self.tail()}") from None
        self._let_go()
        return code

    def await_word(self, pattern: str, within_s: float = STOP_S) -> re.Match[str]:
        """The first match in what it says."""
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            runs = self.runs
            found = re.search(pattern, self.words + self.out.decode(errors="replace"))
            if found is not None:
                return found
            if not runs:
                raise ProgramError(f"ended without {pattern!r}: {self.tail()}")
            time.sleep(0.05)
        raise ProgramError(f"did not say {pattern!r} within {within_s:g} s: {self.tail()}")

    def memory_mb(self) -> float:
        """Its resident memory now."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text())
        if found is None:
            raise ProgramError(f"has no memory any more: {self.tail()}")
        return int(found[1]) / 1024

    def tail(self) -> str:
        """Its last words."""
        lines = self.words.splitlines()
        state = "runs" if self.runs else f"ended with {self._process.returncode}"
        return "\n".join([f"{self.name} ({state}):", *(f"  {line}" for line in lines[-TAIL_LINES:])])

    def _let_go(self) -> None:
        if self._leash is not None:
            self._leash.let_go()
            self._leash = None


class Programs:
    """All programs of one test; at its end none of them runs, and if it failed it shows what each has said."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environ = dict(environ or {})
        self.started: list[Program] = []

    def start(self, name: str, *arguments: str) -> Program:
        """Start a Python module with its arguments."""
        self._folder.mkdir(parents=True, exist_ok=True)
        program = Program(name, [sys.executable, "-m", *arguments], folder=self._folder, environ=self._environ)
        self.started.append(program)
        return program

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note("\n".join(program.tail() for program in self.started))
        for program in self.started:
            program.kill()
