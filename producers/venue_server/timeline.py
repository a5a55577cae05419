"""What is played and when: recordings as one stream by receive time, each venue's market list first, and its tempo."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import msgspec

from producers.errors import RecordingError
from producers.recording import HEAD_FRAMES, Recording, merged, rest_answer, rest_line
from producers.venue_server.dialect import Dialect
from producers.venue_server.dialects import dialects, recognise
from producers.venue_server.markets import Market, decimals, market_of, step

Frame = tuple[int, str, bytes]
"""Receive time in ns, venue id, and the frame or the REST answer in its envelope."""

MARKETS = "markets"
"""The kind of the lines that a stream begins with: a venue's markets, whatever shape its list has on the wire."""

MARK_EVERY_NS = 100_000_000
"""How much recorded time may pass on a quiet socket before it is told what time it is."""


SNAPSHOT_COMES_WITHIN_NS = 30 * 10**9
"""A recording without a snapshot for so long holds none; it is also how much is read ahead."""


def recorded(paths: Sequence[Path], *, venue_id: str | None = None) -> Iterator[Frame]:
    """The frames of these recordings by receive time, after one market list per venue.

    The market list is the recording's own header; of files without one it holds the markets of the file's first frames.
    """
    recordings = [Recording(path, recognise=recognise, venue_id=venue_id) for path in paths]
    for recording in recordings:
        if recording.venue_id not in dialects():
            raise RecordingError(f"{recording.path}: of {recording.venue_id!r}; there are {', '.join(dialects())}")
    markets: dict[str, dict[str, Market]] = {}
    begins_ns = 0
    for recording in recordings:
        head = list(islice(recording, HEAD_FRAMES))
        begins_ns = min(begins_ns or head[0].recv_ns, head[0].recv_ns)
        named = recording.header.instruments if recording.header else ()
        known = [market_of(instrument) for instrument in named] or seen_markets(
            dialects()[recording.venue_id], (frame.raw for frame in head)
        )
        markets.setdefault(recording.venue_id, {}).update({market.symbol: market for market in known})
    lists = (
        (begins_ns, venue, rest_line(MARKETS, msgspec.json.encode(list(known.values()))))
        for venue, known in markets.items()
    )
    return chain(lists, merged(recordings))


def seen_markets(dialect: Dialect, frames: Iterable[bytes]) -> list[Market]:
    """Markets of the symbols in these frames; tick and step from the longest price and quantity strings."""
    steps: dict[str, tuple[int, int]] = {}
    for raw in frames:
        for symbol, prices, quantities in dialect.sighted(raw):
            tick, qty = steps.get(symbol, (0, 0))
            steps[symbol] = max(tick, *map(decimals, prices)), max(qty, *map(decimals, quantities))
    found = (dialect.named(symbol, tick=step(tick), step=step(qty)) for symbol, (tick, qty) in steps.items())
    return [market for market in found if market is not None]


def leading_market_lists(frames: Iterable[Frame]) -> tuple[dict[str, list[Market]], Iterator[Frame]]:
    """The market lists that a stream begins with, by venue, and the stream after them."""
    lists: dict[str, list[Market]] = {}
    rest = iter(frames)
    for frame in rest:
        answer = rest_answer(frame[2])
        if answer is None or answer.rest != MARKETS:
            return lists, chain((frame,), rest)
        lists.setdefault(frame[1], []).extend(msgspec.json.decode(answer.body, type=list[Market]))
    return lists, iter(())


class Ahead:
    """Frames to be played, with a look at the books among those to come.

    A client that follows the recorded clock is told when a snapshot was received, so it may have it early.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = iter(frames)
        self._waiting: deque[Frame] = deque()
        self._books: deque[tuple[int, str, str, bytes]] = deque()
        self._latest_ns: dict[str, int] = {}

    def __iter__(self) -> Iterator[Frame]:
        while self._waiting or self._read():
            yield self._waiting[0]
            # Only now: while the player waits for its moment, a book is still one to come.
            if rest_answer(self._waiting.popleft()[2]) is not None:
                self._books.popleft()

    def book(self, venue_id: str, symbol: str) -> tuple[bytes, int] | None:
        """The next recorded snapshot of a symbol and its receive time; None where none comes soon."""
        if not self._waiting and not self._read():
            return None
        while self._waiting[-1][0] < self._waiting[0][0] + SNAPSHOT_COMES_WITHIN_NS and self._read():
            pass
        for recv_ns, venue, name, body in self._books:
            if (venue, name) == (venue_id, symbol):
                return body, recv_ns
        return None

    def _read(self) -> bool:
        frame = next(self._frames, None)
        if frame is None:
            return False
        recv_ns, venue_id, raw = frame
        # As `Recording` does it: over several sockets of a venue only different times keep the order.
        recv_ns = self._latest_ns[venue_id] = max(recv_ns, self._latest_ns.get(venue_id, -1) + 1)
        self._waiting.append((recv_ns, venue_id, raw))
        answer = rest_answer(raw)
        if answer is not None:
            self._books.append((recv_ns, venue_id, answer.symbol if answer.rest == "book" else "", bytes(answer.body)))
        return True


class Tempo:
    """When a frame is due in real time.

    Parameters
    ----------
    speed
        Recorded seconds per real second; 0 plays as fast as possible.
    now_s
        A clock that only goes forward.

    >>> tempo = Tempo(speed=10.0, now_s=lambda: 0.0)
    >>> tempo.wait_s(1_000_000_000), tempo.wait_s(3_000_000_000)
    (0.0, 0.2)
    """

    def __init__(self, *, speed: float, now_s: Callable[[], float]) -> None:
        self._speed = speed
        self._now_s = now_s
        self._began: tuple[int, float] | None = None

    def wait_s(self, recv_ns: int) -> float:
        """Seconds until the frame of this receive time is due; negative when it is late."""
        if self._speed == 0:
            return 0.0
        if self._began is None:
            self._began = recv_ns, self._now_s()
        began_ns, began_s = self._began
        return began_s + (recv_ns - began_ns) / 1e9 / self._speed - self._now_s()

    def restart(self) -> None:
        """The time that a pause took is not caught up with."""
        self._began = None
