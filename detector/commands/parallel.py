"""The same work on several tasks, each in a process of its own; whoever leaves the loop ends what still runs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Generic, TypeVar

import msgspec

from producers.errors import ProducerError

Task = TypeVar("Task")
Result = TypeVar("Result")


class Failed(msgspec.Struct, frozen=True):
    """Why a task could not be done, in words for a person."""

    error: ProducerError


class Done(msgspec.Struct, Generic[Result], frozen=True):
    """What a task gave."""

    result: Result


Outcome = Done[Result] | Failed


def in_parallel(
    work: Callable[[Task], Result], tasks: Sequence[Task], *, jobs: int
) -> Iterator[tuple[int, Outcome[Result]]]:
    """The position of each task and what became of it, as they end; `work` and tasks have to be picklable.

    With one job everything happens in this process. Whatever is no `ProducerError` is our fault: the traceback comes
    from the process in which it happened, and `RuntimeError` from here.
    """
    if jobs == 1:
        for position, task in enumerate(tasks):
            yield position, _outcome(work, task)
        return
    with _terminable():
        yield from _spread(work, tasks, jobs)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM is what Ctrl-C is: else it would end this process alone, and leave the others behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _spread(work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, Outcome[Result]]]:
    context = multiprocessing.get_context("spawn")
    waiting = list(enumerate(tasks))[::-1]
    running: dict[Connection, tuple[int, SpawnProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                position, task = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(work, task, theirs), daemon=True)
                process.start()
                theirs.close()
                running[ours] = position, process
            for ready in wait(list(running)):
                pipe = next(pipe for pipe in running if pipe is ready)
                position, process = running.pop(pipe)
                yield position, _received(pipe, process)
    finally:
        for pipe, (_, process) in running.items():
            process.terminate()
            process.join()
            pipe.close()


def _outcome(work: Callable[[Task], Result], task: Task) -> Outcome[Result]:
    try:
        return Done(work(task))
    except ProducerError as error:
        return Failed(error)


def _child(work: Callable[[Task], Result], task: Task, pipe: Connection) -> None:
    # Ctrl-C reaches the whole group of processes; the parent alone says so, and ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    pipe.send(_outcome(work, task))
    pipe.close()


def _end_with_parent() -> None:
    """A parent that was killed ends nobody, and nobody waits for what is done here."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _received(pipe: Connection, process: SpawnProcess) -> Outcome[Result]:
    try:
        outcome: Outcome[Result] = pipe.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"a process ended with code {process.exitcode} before its work was done") from None
    finally:
        pipe.close()
    process.join()
    return outcome
