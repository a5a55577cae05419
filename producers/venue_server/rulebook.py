"""Holds clients to a venue's rules, and counts what they did, so that a test can read how near they came."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from weakref import WeakKeyDictionary

import msgspec

from producers.venue_server.dialect import Rules
from producers.venue_server.listener import Listener, ViolationError

TOLERANCE = 2
"""Messages arrive in lumps: a client that keeps the documented rate may show twice of it in one of our seconds."""


class Counts(msgspec.Struct, kw_only=True):
    """The most that was seen of everything that a venue limits."""

    connections: int = 0
    """Open at once."""
    connects_within_a_minute: int = 0
    messages_within_a_second: int = 0
    operations: int = 0
    """Of one connection: messages that changed what it is subscribed to."""
    topics: int = 0
    """Of one connection."""
    frame_bytes: int = 0
    address_messages_within_a_second: int = 0
    """Of all connections together."""
    address_messages_within_a_minute: int = 0
    address_topics: int = 0
    violations: list[str] = msgspec.field(default_factory=list)
    """What was refused or cut, in order."""


class Rulebook:
    """One venue's rules over all its connections. Times are the event loop's."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.counts = Counts()
        self._connects_s: deque[float] = deque()
        self._heard_s: deque[float] = deque()
        self._topics: WeakKeyDictionary[Listener, int] = WeakKeyDictionary()

    def admit(self, now_s: float, *, connected: int) -> bool:
        """Whether one more connection may be opened beside so many."""
        while self._connects_s and self._connects_s[0] <= now_s - 60:
            self._connects_s.popleft()
        self._connects_s.append(now_s)
        counts, rules = self.counts, self.rules
        counts.connects_within_a_minute = max(counts.connects_within_a_minute, len(self._connects_s))
        counts.connections = max(counts.connections, connected + 1)
        too_often = rules.connects_per_min is not None and len(self._connects_s) > rules.connects_per_min
        too_many = rules.connections is not None and connected + 1 > rules.connections
        if too_often or too_many:
            counts.violations.append("too many connections")
        return not (too_often or too_many)

    def heard(self, message: str | bytes, *, within_a_second: int, now_s: float) -> None:
        """Judge a message before it is answered."""
        counts, rules = self.counts, self.rules
        heard_s = self._heard_s
        # By address nobody documents that the protocol's own pings and pongs count.
        if isinstance(message, str):
            heard_s.append(now_s)
        while heard_s and heard_s[0] <= now_s - 60:
            heard_s.popleft()
        together = len(heard_s) - bisect_right(heard_s, now_s - 1)
        counts.address_messages_within_a_second = max(counts.address_messages_within_a_second, together)
        counts.address_messages_within_a_minute = max(counts.address_messages_within_a_minute, len(heard_s))
        size = len(message.encode() if isinstance(message, str) else message)
        counts.frame_bytes = max(counts.frame_bytes, size)
        counts.messages_within_a_second = max(counts.messages_within_a_second, within_a_second)
        if within_a_second > rules.messages_per_s * TOLERANCE:
            raise ViolationError("Too many requests")
        if rules.address_messages_per_s is not None and together > rules.address_messages_per_s * TOLERANCE:
            raise ViolationError("Too many requests from this address")
        if rules.address_messages_per_min is not None and len(heard_s) > rules.address_messages_per_min:
            raise ViolationError("Too many requests from this address")
        if rules.frame_bytes is not None and size > rules.frame_bytes:
            raise ViolationError("Message too long")

    def subscribed(self, listener: Listener, *, changed: bool) -> None:
        """Judge what a connection has subscribed after a message."""
        counts, rules = self.counts, self.rules
        listener.operations += changed
        counts.topics = max(counts.topics, len(listener.names))
        counts.operations = max(counts.operations, listener.operations)
        self._topics[listener] = len(listener.names)
        together = sum(self._topics.values())
        counts.address_topics = max(counts.address_topics, together)
        if rules.address_topics is not None and together > rules.address_topics:
            raise ViolationError("Too many subscriptions from this address")
        if rules.topics is not None and len(listener.names) > rules.topics:
            raise ViolationError("Too many subscriptions")
        if rules.operations_per_h is not None and listener.operations > rules.operations_per_h:
            raise ViolationError("Too many operations")

    def left(self, listener: Listener) -> None:
        """Forget a connection."""
        self._topics.pop(listener, None)

    def broken(self, violation: ViolationError) -> None:
        """Note what a client is cut for, whoever found it."""
        self.counts.violations.append(str(violation))
