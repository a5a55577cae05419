"""`make kafka`: a real broker in the foreground, for people without Docker. Ctrl-C ends it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.kit.kafka.broker import Broker
from tests.kit.kafka.errors import KafkaKitError
from tests.kit.kafka.installation import find_installation
from tests.kit.kafka.jars import VERSION
from tests.kit.kafka.ports import is_free


def main() -> int:
    """Serve until a signal; 0 when it was one, 1 with the reason when the broker could not serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.kafka", description=__doc__)
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--data", type=Path, help="keep everything there; otherwise it is gone at the end")
    options = parser.parse_args()
    if not is_free(options.port):
        sys.stderr.write(f"port {options.port} is taken; choose another: make kafka PORT={options.port + 1}\n")
        return 1
    # Whoever runs us under a supervisor sends SIGTERM: it ends like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.data:
            options.data.mkdir(parents=True, exist_ok=True)
            _serve(options.data.resolve(), options.port, kept=True)
        else:
            with tempfile.TemporaryDirectory(prefix="kafka-") as folder:
                _serve(Path(folder), options.port, kept=False)
    except KeyboardInterrupt:
        sys.stderr.write("\nended\n")
    except KafkaKitError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(folder: Path, port: int, *, kept: bool) -> None:
    sys.stderr.write(f"starting Apache Kafka {VERSION} (the first time its jars are resolved through Maven)\n")
    broker = Broker(find_installation(os.environ), folder, port=port)
    broker.start()
    try:
        fate = f"data is kept in {folder}" if kept else "data is gone at the end (keep it: make kafka DATA=FOLDER)"
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        sys.stderr.write(
            f"a broker serves at {broker.bootstrap}; {fate}; its log is {broker.log}\n"
            "\n"
            "next, in another terminal:\n"
            f"  .venv/bin/cascade topics create --kafka {broker.bootstrap}\n"
            f"  export KAFKA_BOOTSTRAP_SERVERS={broker.bootstrap}\n"
            "\n"
            "Ctrl-C ends it\n"
        )
        broker.wait()
    finally:
        # A second Ctrl-C must not cut the closing of the logs short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if broker.pid:
            broker.stop()


if __name__ == "__main__":
    sys.exit(main())
