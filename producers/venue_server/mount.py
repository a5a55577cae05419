"""One venue of the server: who listens to what, its books, and the snapshots that its clients are due."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from producers.venue_server.dialect import Dialect
from producers.venue_server.faults import Faults
from producers.venue_server.markets import Market
from producers.venue_server.peer import Peer
from producers.venue_server.rulebook import Rulebook
from producers.venue_server.timeline import Ahead

Snapshot = tuple[bytes, int]
"""A REST book as sent, and its receive time."""


class Shelf:
    """Snapshots of one symbol for clients that follow the recorded clock, in the order in which they come to need them.

    Such a client may ask long after the timeline has passed the moment of its snapshot, or long before; it gets the one
    of that moment, so that a run over sockets does not depend on how fast either side is.
    """

    def __init__(self) -> None:
        self.ready: deque[Snapshot] = deque()
        self.taken_ns = 0
        """Receive time of the last one that was handed out before the timeline reached it."""


class Mount:
    """The state of one venue, with the markets that it lists."""

    def __init__(self, dialect: Dialect, *, faults: Faults, markets: Sequence[Market]) -> None:
        self.dialect = dialect
        self.dialect.list_markets(markets)
        self.faults = faults
        self.rulebook = Rulebook(dialect.rules)
        self.peers: list[Peer] = []
        self.begun = asyncio.Event()
        """A frame was played, or none ever will be."""
        self.lockstep = False
        """A client follows the recorded clock, so the timeline waits for it."""
        self.sent = 0
        self.unknown_frames = 0
        self.handshakes = 0
        """Connection attempts, refused ones too."""
        self.calls = 0
        """REST requests, refused ones too."""
        self._shelves: defaultdict[str, Shelf] = defaultdict(Shelf)
        self._requests: defaultdict[str, list[asyncio.Future[Snapshot | None]]] = defaultdict(list)
        self._listeners: dict[tuple[str, ...], list[Peer]] = {}
        self._frames: Counter[str] = Counter()
        self._deafened = False

    def subscribed_sockets(self) -> int:
        """Sockets that have asked for something."""
        return sum(1 for peer in self.peers if peer.listener.names)

    def take_failed_handshake(self) -> bool:
        """Whether the next connection attempt is to fail."""
        self.handshakes += 1
        return self.handshakes <= self.faults.failed_handshakes

    def take_failure(self) -> bool:
        """Whether the next REST request is to fail."""
        self.calls += 1
        return self.calls <= self.faults.failed_requests

    def join(self, peer: Peer, position_ns: int) -> None:
        """Take in a connection."""
        self.peers.append(peer)
        self.lockstep = self.lockstep or peer.marked
        self.subscriptions_changed(set(), peer, position_ns)

    def leave(self, peer: Peer) -> None:
        """Forget a connection."""
        if peer in self.peers:
            self.peers.remove(peer)
            self._listeners.clear()

    def subscriptions_changed(self, before: set[str], peer: Peer, position_ns: int) -> None:
        """A connection asked for more or less; whoever joins a running book will want it as it stands."""
        self._listeners.clear()
        for topic in sorted(peer.listener.topics.keys() - before):
            for frame in self.dialect.opening(topic, peer.listener):
                peer.send(frame, position_ns)
            symbol = self.dialect.book_symbol(topic)
            if symbol is not None and peer.marked:
                self._shelve(symbol, position_ns)

    def deliver(self, recv_ns: int, raw: bytes) -> None:
        """Queue a recorded frame for everybody who asked for it."""
        self.begun.set()
        topics = self.dialect.topics(raw)
        if not topics:
            self.unknown_frames += 1
            return
        if self.faults.skip and self._skipped(topics[0]):
            # It is lost on its way: where the venue numbers its messages, it had a number.
            for peer in self._listening(topics):
                self.dialect.payload(raw, topics, peer.listener)
            self.dialect.follow(raw, topics)
            symbol = self.dialect.book_symbol(topics[0])
            if symbol is not None:
                self._shelve(symbol, recv_ns)
            return
        deaf_ns = self.faults.deaf_from_ns
        if deaf_ns is not None and recv_ns >= deaf_ns and not self._deafened:
            self._deafened = True
            for peer in self.peers:
                peer.deafen()
        if not self.faults.silent_at(recv_ns):
            for peer in self._listening(topics):
                peer.send(self.dialect.payload(raw, topics, peer.listener), recv_ns)
                self.sent += 1
        self.dialect.follow(raw, topics)

    def repeat_answer(self, recv_ns: int, line: bytes) -> None:
        """Say the answer to a repeated REST call to a client of the recorded clock: it does not ask."""
        for peer in self.peers:
            if peer.marked:
                peer.send(line, recv_ns)
                return

    def take_recorded_book(self, symbol: str, body: bytes, recv_ns: int) -> None:
        """The timeline has reached a recorded snapshot."""
        book, shelf = self.dialect.rest_book(symbol), self._shelves[symbol]
        if book is None:
            return
        if book.wanted and recv_ns > shelf.taken_ns:
            shelf.ready.append((body, recv_ns))
        book.seed(body)
        for request in self._requests.pop(symbol, ()):
            if not request.done():
                request.set_result((body, recv_ns))

    async def book(self, symbol: str, ahead: Ahead, position_ns: int) -> Snapshot | None:
        """The snapshot that whoever asks now should get; None where the recording holds none.

        The book as it stands; where it is yet to come, or known to be broken, the recorded snapshot that mends it: for
        clients of the recorded clock at once, for others when it is reached.
        """
        book, shelf = self.dialect.rest_book(symbol), self._shelves[symbol]
        if book is None:
            return None
        if self.lockstep and shelf.ready:
            return shelf.ready.popleft()
        coming = ahead.book(self.dialect.venue_id, symbol) if book.wanted else None
        if coming is not None and self.lockstep:
            shelf.taken_ns = coming[1]
            return coming
        if coming is not None:
            request: asyncio.Future[Snapshot | None] = asyncio.get_running_loop().create_future()
            self._requests[symbol].append(request)
            return await request
        return (book.snapshot(), position_ns) if book.seeded else None

    def refuse_requests(self) -> None:
        """Tell those who wait that no book comes any more."""
        self.begun.set()
        for requests in self._requests.values():
            for request in requests:
                if not request.done():
                    request.set_result(None)
        self._requests.clear()

    def _shelve(self, symbol: str, recv_ns: int) -> None:
        book, shelf = self.dialect.rest_book(symbol), self._shelves[symbol]
        if self.lockstep and book is not None and not book.wanted:
            shelf.ready.clear()
            shelf.ready.append((book.snapshot(), recv_ns))

    def _listening(self, topics: tuple[str, ...]) -> list[Peer]:
        listeners = self._listeners.get(topics)
        if listeners is None:
            listeners = [peer for peer in self.peers if not peer.listener.topics.keys().isdisjoint(topics)]
            self._listeners[topics] = listeners
        return listeners

    def _skipped(self, topic: str) -> bool:
        self._frames[topic] += 1
        return self.faults.skip.get(topic) == self._frames[topic]
