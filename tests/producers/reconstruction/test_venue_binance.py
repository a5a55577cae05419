"""A Binance venue's minute."""

from __future__ import annotations

import orjson

from producers.reconstruction import frames


def test_every_stream_is_one_that_a_client_asks_for() -> None:
    """A server that filters by subscription would drop the others."""
    kinds = set()
    for _, venue, raw in frames(start="21:13", end="21:14"):
        frame = orjson.loads(raw)
        if "stream" in frame:
            symbol, kind = frame["stream"].split("@", 1)
            assert symbol == symbol.lower() == frame["data"].get("s", frame["data"].get("o", {}).get("s")).lower()
            kinds.add((venue, kind))
    futures = {"trade", "depth@100ms", "bookTicker", "markPrice@1s", "forceOrder"}
    expected = {(venue, kind) for venue in ("binance-coinm", "binance-usdm") for kind in futures}
    assert kinds == expected | {("binance-spot", kind) for kind in ("trade", "depth@100ms", "bookTicker")}
