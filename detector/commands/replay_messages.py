"""The messages of a replay: sent between its batches, by the time of the recording."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from detector.engine import Engine
from detector.runtime.notify.following import Following, following, sent_lines
from detector.runtime.pipeline import Pipeline
from detector.sinks.config import NotifyConfig


class ReplayMessages:
    """Follows the pipeline's engine while it is entered; without a configuration it does nothing."""

    def __init__(self, engine: Engine, pipeline: Pipeline, config: NotifyConfig | None) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._config = config
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._following: Following | None = None

    def __enter__(self) -> Self:
        if self._config is not None:
            try:
                self._following = self._runner.run(self._open(self._config))
            except BaseException:
                self._runner.close()
                raise
            self._pipeline.listeners = [*self._pipeline.listeners, self._following]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._following is not None:
                self._runner.run(self._stack.aclose())
        finally:
            self._runner.close()

    def catch_up(self) -> None:
        """Send what was due until now."""
        if self._following is not None:
            self._runner.run(self._following.catch_up())

    def finish(self) -> Iterator[str]:
        """Send the rest; what each sink was told, one line each."""
        if self._following is not None:
            self._runner.run(self._following.finish())
            yield from sent_lines(self._following.notifier)

    async def _open(self, config: NotifyConfig) -> Following:
        return await self._stack.enter_async_context(following(self._engine, config, environ=os.environ, recorded=True))
