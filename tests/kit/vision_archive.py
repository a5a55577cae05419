"""An archive of days on this machine: files with their checksums, and what goes wrong with the first answers."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

Fault = int | str
"""A status to answer with; `corrupt`, `cut`, or `stall`: half the body, and then nothing."""


class VisionArchive:
    """Use it as an async context manager.

    Parameters
    ----------
    files
        Bodies by path, without a leading slash. Each has its checksum beside it.
    faults
        By path: what happens to its first requests, one each.
    """

    def __init__(self, files: Mapping[str, bytes], faults: Mapping[str, list[Fault]] | None = None) -> None:
        self.files = dict(files)
        self.faults = {path: list(each) for path, each in (faults or {}).items()}
        self.asked: list[str] = []
        self.most_at_once = 0
        self.half_way = asyncio.Event()
        """An answer has stalled."""
        self.url = ""
        self._at_once = 0
        self._over = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._counted)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        await self._runner.cleanup()

    async def _counted(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            # Long enough for others to come meanwhile.
            await asyncio.sleep(0.001)
            return await self._answer(request)
        finally:
            self._at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/")
        self.asked.append(path)
        body = self.files.get(path)
        whole = self.files.get(path.removesuffix(".CHECKSUM"))
        if body is None and whole is not None:
            name = path.rpartition("/")[2].removesuffix(".CHECKSUM")
            body = f"{hashlib.sha256(whole).hexdigest()}  {name}\n".encode()
        fault = self.faults[path].pop(0) if self.faults.get(path) else None
        if isinstance(fault, int):
            return web.Response(status=fault, headers={"Retry-After": "0"} if fault == 429 else {})
        if body is None:
            return web.Response(status=404)
        if fault == "corrupt":
            return web.Response(body=bytes(len(body)))
        if fault is not None:
            return await self._half(request, body, fault)
        return web.Response(body=body)

    async def _half(self, request: web.Request, body: bytes, fault: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if fault == "stall":
            self.half_way.set()
            await self._over.wait()
        if request.transport is not None:
            request.transport.abort()
        return response


def zipped(name: str, text: str) -> bytes:
    """A zip with one file in it, as the archive has them."""
    with io.BytesIO() as held:
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, text)
        return held.getvalue()
