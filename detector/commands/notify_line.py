"""One line about a notifier: what it read, what it sent, what waits, which channels fail."""

from __future__ import annotations

import time
from collections import Counter

from detector.commands.detect_line import behind
from detector.console.wording import clock
from detector.runtime.notify.cluster_life import ClusterLife
from detector.runtime.notify.kafka_source import KafkaSource
from detector.runtime.notify.notifier import Notifier

FAILURES = ("retryat", "rejected", "unknown")


def status_line(source: KafkaSource, notifier: Notifier, life: ClusterLife) -> str:
    """For standard error."""
    parts = [f"{source.alerts:,} alerts read"]
    if source.market is not None:
        ago = behind((time.time_ns() - source.market.ts_ns) / 1e9)
        parts.append(f"market {source.market.level} at {clock(source.market.ts_ns)} UTC, {ago}")
    if life.unwatched:
        parts.append("NOBODY WATCHES")
    if life.trouble:
        parts.append(f"CANNOT READ: {life.trouble}")
    counts: Counter[str] = sum((worker.counts for worker in notifier.workers.values()), Counter())
    parts.append(f"{counts['new']:,} messages, {counts['edit']:,} edits")
    parts.append(f"{notifier.waiting:,} waiting")
    if failures := sum(counts[kind] for kind in FAILURES):
        parts.append(f"{failures:,} attempts failed")
    parts += [f"{name}: {worker.trouble}" for name, worker in notifier.workers.items() if worker.trouble]
    if source.poisoned:
        parts.append(f"{source.poisoned:,} unreadable records left out")
    if notifier.ledger.failures:
        parts.append(f"the store failed {notifier.ledger.failures:,} times")
    return "; ".join(parts)
