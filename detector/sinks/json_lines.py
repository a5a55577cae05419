"""JSON lines: every revision of every alert as its own line of the documented schema, to standard output or a file."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from detector.alerts.outcomes import Delivered, Outcome, Rejected, RetryAt
from detector.alerts.traits import Traits
from detector.sinks.http import Http
from detector.sinks.settings import SinkSettings, SinkSettingsError
from detector.sinks.sink import Delivery, Memory
from schemas.codec import encode

LINES_A_SECOND = 1000
NOBODY_READS = frozenset({errno.EPIPE, errno.EBADF})


class StdoutSettings(SinkSettings, frozen=True, kw_only=True, tag="stdout"):
    """Lines on standard output."""


class FileSettings(SinkSettings, frozen=True, kw_only=True, tag="file"):
    """Lines at the end of a file, which may be moved away at any time: the next line begins a new one."""

    to_file: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.to_file:
            raise ValueError("to_file is empty: name the file")


class JsonLinesSink:
    """One line a delivery. Whoever reads a line twice knows it by its `alert_id`."""

    def __init__(self, name: str, settings: StdoutSettings | FileSettings, *, http: Http, memory: Memory) -> None:
        if isinstance(settings, FileSettings):
            path = Path(settings.to_file)
            if fault := _fault(path):
                raise SinkSettingsError(f"the sink {name} cannot write to {path}: {fault}")
            self._write = _to_file(path)
        else:
            self._write = _to_stdout
        self._writing: tuple[str, asyncio.Future[None]] | None = None

    @property
    def traits(self) -> Traits:
        """A feed."""
        return Traits(every_revision=True, paces=((LINES_A_SECOND, 1.0),))

    async def send(self, delivery: Delivery) -> Outcome:
        """Write the line, or go on waiting for it where a pipe that nobody empties holds it up."""
        if self._writing is None or self._writing[0] != delivery.delivery_id:
            if self._writing is not None and not self._writing[1].done():
                return RetryAt(None, "another line is being written still: nobody reads what was written before")
            lines = b"".join(encode(alert) + b"\n" for alert in delivery.alerts)
            self._writing = delivery.delivery_id, _in_a_thread(lambda: self._write(lines))
        writing = self._writing[1]
        # A send that takes too long is cancelled, and the line is not.
        await asyncio.wait((writing,))
        self._writing = None
        error = writing.exception()
        if error is None:
            return Delivered()
        if isinstance(error, OSError) and error.errno not in NOBODY_READS:
            return RetryAt(None, f"cannot be written: {error.strerror or error}")
        return Rejected("nobody reads standard output any more", of="sink")

    async def close(self) -> None:
        """Nothing is held between two lines."""


def _fault(path: Path) -> str:
    """Why no line can be written there, and what to do; empty where one can."""
    folder = path.parent
    if path.is_dir():
        return "it is a folder; name a file in it"
    if not folder.is_dir():
        return f"there is no folder {folder}; make it, or name another file"
    if not os.access(path if path.exists() else folder, os.W_OK):
        return "this user may not; name a file that he may write, in a container one in its volume"
    return ""


def _to_stdout(lines: bytes) -> None:
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()


def _to_file(path: Path) -> Callable[[bytes], None]:
    def write(lines: bytes) -> None:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            found = os.fstat(file)
            try:
                _all_of(lines, file)
            except OSError:
                if stat.S_ISREG(found.st_mode):
                    os.ftruncate(file, found.st_size)  # half a line would spoil the next one, too
                raise
        finally:
            os.close(file)

    return write


def _all_of(lines: bytes, file: int) -> None:
    while lines:
        lines = lines[os.write(file, lines) :]


def _in_a_thread(work: Callable[[], None]) -> asyncio.Future[None]:
    """Its own and not the loop's: the process may end while it waits for a reader that never comes."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            work()
        except (OSError, ValueError) as fault:  # ValueError: standard output was closed
            error = fault
        if not loop.is_closed():
            loop.call_soon_threadsafe(finish, error)

    done.add_done_callback(lambda it: it.cancelled() or it.exception())  # nobody may ask any more
    threading.Thread(target=run, name="json-lines", daemon=True).start()
    return done
