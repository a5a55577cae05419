"""Prints alerts from Kafka, each revision once, and says when nobody is watching: silence is not calm.

Needs aiokafka[zstd] and orjson, nothing of this project: copy it. Alerts go to standard output, the rest to standard
error. Exit codes: 1 Kafka or its topics cannot be used, 2 written wrong, 130 Ctrl-C.
"""

import argparse
import asyncio
import sys
import time
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

ALERTS, STATE = "cascade.alerts.v1", "cascade.state.v1"
EPISODES = 10_000
"""So many are remembered, to know a revision that comes twice."""
PRESENT_S = 60.0
"""A judgement of a second that is further from when it was written is none."""
WORDS = {
    "heartbeat": ("nobody is watching: last heartbeat", "somebody is watching again"),
    "judgement": ("the market-wide stage is silent: last judgement", "the market-wide stage speaks again"),
}


class Alerts:
    """Which alerts are news. The same id twice is the same alert, and a late revision is history."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[int, str]] = {}

    def take(self, alert: dict[str, Any]) -> str | None:
        """The line to print; None where it is no news."""
        episode, revision, alert_id = alert["episode_id"], alert["revision"], alert["alert_id"]
        known = self._newest.pop(episode, (-1, ""))
        news = revision >= known[0] and alert_id != known[1]
        self._newest[episode] = (revision, alert_id) if news else known
        if len(self._newest) > EPISODES:
            del self._newest[next(iter(self._newest))]
        at = time.strftime("%H:%M:%S", time.gmtime(alert["ts_ns"] // 10**9))
        line = f"{at} {alert['level']} {alert['scope']} {alert['status']}: {alert['headline']} [{alert_id}]"
        return line if news else None


class Watch:
    """Whether somebody looks at the market. Moments are seconds, by the broker's clock and by ours: they must agree."""

    def __init__(self, *, silence_s: float, now_s: float, recorded: bool = False) -> None:
        self._silence_s, self._began_s, self._recorded = silence_s, now_s, recorded
        self._heard_s: dict[str, float] = {}
        self._judged_ns, self._silent = 0, set[str]()

    def take(self, message: dict[str, Any], at_s: float) -> None:
        """A message of the state topic, written at `at_s`."""
        kind = message["kind"]
        if kind == "heartbeat" and message["role"] == "detector" and message["state"] != "stopping":
            self._heard_s["heartbeat"] = at_s
        # A state that is said again and again while its second stands still is no judgement.
        elif kind == "market_state" and message["ts_ns"] > self._judged_ns:
            ago_s = at_s - message["ts_ns"] / 1e9
            if ago_s > -PRESENT_S and (ago_s < PRESENT_S or self._recorded):
                self._judged_ns, self._heard_s["judgement"] = message["ts_ns"], at_s

    def news(self, now_s: float) -> list[str]:
        """What has fallen silent or come back since the last call."""
        lines = []
        for what, (gone, back) in WORDS.items():
            heard_s = self._heard_s.get(what)
            silent = now_s - (heard_s or self._began_s) > self._silence_s
            if silent != (what in self._silent):
                self._silent ^= {what}
                lines.append(f"{gone} {f'{now_s - heard_s:.0f} s ago' if heard_s else 'never'}" if silent else back)
        return lines


async def subscribe(servers: str, prefix: str, watch: Watch, *, from_beginning: bool) -> None:
    """Print until cancelled."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    try:
        await consumer.start()
        alerts, state = (TopicPartition(prefix + topic, 0) for topic in (ALERTS, STATE))
        if missing := {alerts.topic, state.topic} - await consumer.topics():
            sys.exit(f"missing {', '.join(sorted(missing))}: run cascade topics create, or look at --prefix")
        consumer.assign([alerts, state])
        # The state topic is compacted: from its beginning it tells how things stand.
        consumer.seek(state, 0)
        consumer.seek(alerts, 0 if from_beginning else (await consumer.end_offsets([alerts]))[alerts])
        end = (await consumer.end_offsets([state]))[state]
        revisions = Alerts()
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    try:
                        message = orjson.loads(record.value or b'{"kind": "deleted"}')
                        if partition == state:
                            watch.take(message, record.timestamp / 1000)
                        elif record.value and (line := revisions.take(message)):
                            print(line, flush=True)
                    except (ValueError, LookupError, TypeError, OverflowError) as error:  # others must not be missed
                        print(f"{record.topic} {record.offset} cannot be read: {error!r}", file=sys.stderr, flush=True)
            if await consumer.position(state) >= end:
                print(*(f"{line}\n" for line in watch.news(time.time())), sep="", end="", file=sys.stderr, flush=True)
    finally:
        await consumer.stop()


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kafka", default="localhost:9092", help="HOST:PORT[,...] (default: %(default)s)")
    options.add_argument("--prefix", default="", help="of the topics")
    options.add_argument("--from-beginning", action="store_true", help="print the alerts of the past, too")
    options.add_argument("--silence-s", type=float, default=15, help="longer is silence (default: %(default)s)")
    options.add_argument("--recorded", action="store_true", help="a recording is played, not the present")
    given = options.parse_args()
    watch = Watch(silence_s=given.silence_s, now_s=time.time(), recorded=given.recorded)
    running = subscribe(given.kafka, given.prefix, watch, from_beginning=given.from_beginning)
    try:
        asyncio.run(running)
    except KafkaError as error:
        sys.exit(f"Kafka at {given.kafka}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
