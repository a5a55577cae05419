"""A file that a running process rewrites every few seconds with what it has to say of itself, and whoever looks at it.

For supervisors of containers: a file that grows old is a process that hangs, was stopped or was killed. Whether anybody
watches the market is another question; that is answered by the heartbeats in `cascade.state.v1`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from producers.errors import ProducerError

logger = logging.getLogger(__name__)

EVERY_S = 5.0
WITHIN_S = 15.0
"""Three times missed is not a coincidence."""


class NotAliveError(ProducerError):
    """Nobody keeps the file new; the message says since when."""


@asynccontextmanager
async def alive_file(
    path: Path | None, says: Callable[[], str | None], *, every_s: float = EVERY_S
) -> AsyncIterator[None]:
    """Keep the file new for as long as the body runs, and remove it afterwards.

    Parameters
    ----------
    path
        None writes nothing. OSError is raised where it cannot be written to at the start.
    says
        One line. None where there is no progress: then the file is left to grow old.
    """
    if path is None:
        yield
        return
    _write(path, says() or "starting")
    keeping = asyncio.create_task(_keep(path, says, every_s))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        _remove(path)


def last_words(path: Path, *, within_s: float = WITHIN_S) -> str:
    """What a living process said, and when. Raises `NotAliveError` where the file is older, or is not there."""
    try:
        words, written_s = path.read_text(encoding="utf-8").strip(), path.stat().st_mtime
    except FileNotFoundError:
        raise NotAliveError(f"{path} is not there: the process has not started yet, or it has ended") from None
    age_s = time.time() - written_s
    # A clock that was set back leaves files of the future; a living process writes a new one soon.
    if abs(age_s) > within_s:
        raise NotAliveError(f"{path} was written {_ago(age_s)}, and has to be new every {within_s:g} s: {words}")
    return f"{_ago(age_s)}: {words}"


async def _keep(path: Path, says: Callable[[], str | None], every_s: float) -> None:
    failed = False
    while True:
        await asyncio.sleep(every_s)
        words = says()
        if words is None:
            continue
        try:
            _write(path, words)
            failed = False
        except OSError as error:
            # The work goes on; whoever looks at the file will see that it is old.
            if not failed:
                logger.warning("%s cannot be written: %s", path, error.strerror or error)
            failed = True


def _write(path: Path, words: str) -> None:
    # A reader finds the old words or the new ones, never half of them.
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(f"{words}\n", encoding="utf-8")
    fresh.replace(path)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _ago(age_s: float) -> str:
    """
    >>> _ago(37.4), _ago(-60.0)
    ('37 s ago', '60 s in the future')
    """
    return f"{age_s:.0f} s ago" if age_s >= 0 else f"{-age_s:.0f} s in the future"
