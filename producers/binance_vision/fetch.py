"""Brings the files that were asked for into a folder, some at a time. What is there and whole is not fetched again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from producers.binance_vision.archive import ARCHIVE, Wanted
from producers.binance_vision.part_file import PartFile, sha256_of, sum_in
from producers.binance_vision.site import Chunks, NotPublishedError, Patience, Site, SiteError

AT_ONCE = 4
"""Files on the way at the same time: enough for a line of 100 Mbit/s, and no burden to a public archive."""
LONGEST_CHECKSUM_BYTES = 4096
CHECKSUM = ".CHECKSUM"

State = Literal["fetched", "there", "not published", "failed"]
T = TypeVar("T")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one file of the archive."""

    wanted: Wanted
    path: str
    """Below the folder, as on the server below its `data/`."""
    state: State
    days: int = 1
    """How many of those wanted it holds."""
    bytes: int = 0
    """Fetched now."""
    reason: str = ""
    """Why it failed."""


class Fetch:
    """One run.

    Parameters
    ----------
    into
        The folder; a file keeps the path that it has on the server, which tells its market.
    on_bytes, on_outcome
        Called as bytes arrive, and once for each file.
    """

    def __init__(
        self,
        into: Path,
        *,
        base_url: str = ARCHIVE,
        patience: Patience | None = None,
        on_bytes: Callable[[int], None] = lambda _: None,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        self._into = into
        self._base_url = base_url
        self._patience = patience or Patience()
        self._on_bytes = on_bytes
        self._on_outcome = on_outcome
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self, everything: Sequence[Wanted]) -> list[Outcome]:
        """Fetch it; one file that fails costs itself alone. Raises `FolderError` where nothing can be saved."""
        async with AsyncExitStack() as stack:
            self._site = await stack.enter_async_context(Site(self._base_url, self._patience))
            months = [self._month(wanted, days) for wanted in everything for days in wanted.months()]
            return [outcome for found in await _all(months) for outcome in found]

    async def _month(self, wanted: Wanted, days: Sequence[date]) -> list[Outcome]:
        """Daily files; the monthly one only where not a single day is there, because no row may come twice."""
        found = await _all([self._one(wanted, wanted.daily(day)) for day in days])
        missing = [outcome for outcome in found if outcome.state == "not published"]
        monthly = wanted.monthly(days[0])
        if monthly is not None and len(missing) == len(found):
            whole = await self._one(wanted, monthly, days=len(days))
            if whole.state != "not published":
                return [whole]
        for outcome in missing:
            self._on_outcome(outcome)
        return found

    async def _one(self, wanted: Wanted, remote: str, *, days: int = 1) -> Outcome:
        path = remote.removeprefix("data/")
        outcome = Outcome(wanted=wanted, path=path, days=days, state="there")
        async with self._places:
            try:
                fetched = await self._bring(remote, self._into / path)
            except NotPublishedError:
                # It may still come by the month.
                return replace(outcome, state="not published")
            except SiteError as error:
                outcome = replace(outcome, state="failed", reason=str(error))
            else:
                if fetched is not None:
                    outcome = replace(outcome, state="fetched", bytes=fetched)
        self._on_outcome(outcome)
        return outcome

    async def _bring(self, remote: str, path: Path) -> int | None:
        """Bytes that were fetched; None where the file was there already."""
        text = await self._site.get(remote + CHECKSUM, _text)
        sha256 = sum_in(text)
        if sha256 is None:
            raise SiteError(f"its {CHECKSUM} is none: is this the archive?")
        if await asyncio.to_thread(sha256_of, path) == sha256:
            return None
        for _ in range(2):
            saved = await self._site.get(remote, lambda chunks: self._save(chunks, path, sha256))
            if saved is not None:
                with PartFile(path.with_name(path.name + CHECKSUM)) as beside:
                    beside.write(text)
                    beside.keep()
                return saved
        raise SiteError(f"what came twice is not what its {CHECKSUM} says, and was deleted: try again later")

    async def _save(self, chunks: Chunks, path: Path, sha256: str) -> int | None:
        """Bytes of a file that was kept; None where its sum is another."""
        with PartFile(path) as part:
            async for chunk in chunks:
                part.write(chunk)
                self._on_bytes(len(chunk))
            if await asyncio.to_thread(part.sha256) != sha256:
                return None
            part.keep()
        return part.bytes


async def _text(chunks: Chunks) -> bytes:
    text = b""
    async for chunk in chunks:
        text += chunk
        if len(text) > LONGEST_CHECKSUM_BYTES:
            break
    return text


async def _all(work: Sequence[Awaitable[T]]) -> list[T]:
    """All results, in order. The first error ends the others, and they have cleaned up when it is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
