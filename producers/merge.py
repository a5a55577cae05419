"""Many sockets, one order: frames merged by recorded receive time; a run over sockets equals a read of the file."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterator
from heapq import heapify, heappop, heapreplace
from typing import Generic, TypeVar

from producers.clock import END_OF_RECORDING_NS

Item = TypeVar("Item")

Source = tuple[str, str]
"""(venue id, socket name)."""

REST = ""
"""Socket name of a venue's REST answers: at the same receive time they precede the frames."""


class ReceiveTimeMerge(Generic[Item]):
    """Releases items in the order (receive time, venue id, socket name, arrival).

    An item leaves once every socket has said, by a later mark, that it has nothing older to send. Marks are the only
    promise: an item received *at* the smallest mark waits, because another socket may still send one of the same time.

    >>> merge = ReceiveTimeMerge[str]()
    >>> for name in ("a", "b"):
    ...     merge.join(("venue", name))
    >>> merge.mark(("venue", "a"), 5)
    >>> merge.put(("venue", "a"), "late")
    >>> merge.mark(("venue", "b"), 3)
    >>> merge.put(("venue", "b"), "early")
    >>> list(merge.ready())
    []
    >>> merge.mark(("venue", "b"), 5)
    >>> list(merge.ready())
    [(3, ('venue', 'b'), 'early')]
    """

    def __init__(self) -> None:
        self._marks: dict[Source, int] = {}
        self._waiting: dict[Source, deque[tuple[int, Item]]] = {}
        self._answers: dict[Source, list[tuple[int, Item]]] = {}

    def join(self, source: Source) -> None:
        """Wait for this socket's marks from now on; every socket joins before the first item is released."""
        self._marks[source] = 0
        self._waiting[source] = deque()

    def mark(self, source: Source, recv_ns: int) -> None:
        """What this socket sends next was received at `recv_ns`; a mark that goes back is not believed."""
        if recv_ns > self._marks[source]:
            self._marks[source] = recv_ns

    def put(self, source: Source, item: Item) -> None:
        """A frame of this socket, received at its current mark."""
        self._waiting[source].append((self._marks[source], item))

    def insert(self, venue: str, recv_ns: int, item: Item) -> None:
        """An item with a receive time of its own: a REST answer. It never delays the others."""
        insort(self._answers.setdefault((venue, REST), []), (recv_ns, item), key=_receive_time)

    @property
    def watermark_ns(self) -> int:
        """The receive time before which everything has arrived."""
        return min(self._marks.values(), default=0)

    @property
    def ended(self) -> bool:
        """Whether every socket has sent its end mark and everything was released."""
        return (
            self.watermark_ns == END_OF_RECORDING_NS
            and not any(self._waiting.values())
            and not any(self._answers.values())
        )

    def ready(self) -> Iterator[tuple[int, Source, Item]]:
        """What may go on, in order. Stop at any item and ask again later; do not add items while iterating."""
        watermark_ns = self.watermark_ns
        heads: list[tuple[int, Source, deque[tuple[int, Item]] | list[tuple[int, Item]]]] = [
            (queue[0][0], source, queue)
            for queues in (self._waiting, self._answers)
            for source, queue in queues.items()
            if queue
        ]
        heapify(heads)
        while heads:
            recv_ns, source, queue = heads[0]
            if recv_ns >= watermark_ns:
                return
            item = queue.popleft()[1] if isinstance(queue, deque) else queue.pop(0)[1]
            if queue:
                heapreplace(heads, (queue[0][0], source, queue))
            else:
                heappop(heads)
            yield recv_ns, source, item


def _receive_time(entry: tuple[int, object]) -> int:
    return entry[0]
