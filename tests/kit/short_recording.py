"""A short synthetic recording of two venues, and a raw websocket client that knows nothing of our producers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from producers.clock import MARK_BYTES
from producers.recording import rest_line
from producers.venue_server.markets import Market
from producers.venue_server.timeline import MARKETS, Frame

T0 = 1_723_161_255_000_000_000
STEP_NS = 50_000_000
SNAPSHOT = b'{"lastUpdateId":12,"E":1,"T":1,"bids":[["100.0","1"],["99.0","2"]],"asks":[["101.0","3"]]}'
DELTAS = 40
BTC = Market(symbol="BTCUSDT", base="BTC", quote="USDT")
ETH = Market(symbol="ETHUSDT", base="ETH", quote="USDT")
COIN = Market(symbol="BTC", base="BTC", quote="USDC")


def depth(number: int) -> bytes:
    """The n-th book update of the synthetic market; its ids are n*10-9 … n*10."""
    last = number * 10
    data = f'"e":"depthUpdate","E":{number},"T":{number},"s":"BTCUSDT","U":{last - 9},"u":{last},"pu":{last - 10}'
    return f'{{"stream":"btcusdt@depth@0ms","data":{{{data},"b":[["100.0","{number}"]],"a":[]}}}}'.encode()


def mark(number: int) -> bytes:
    """A mark price, which is another route than the book."""
    data = f'"e":"markPriceUpdate","E":{number},"s":"BTCUSDT","p":"1"'
    return f'{{"stream":"btcusdt@markPrice@1s","data":{{{data}}}}}'.encode()


def coin(number: int) -> bytes:
    """A Hyperliquid trade."""
    return f'{{"channel":"trades","data":[{{"coin":"BTC","side":"B","px":"1","sz":"0.001","tid":{number}}}]}}'.encode()


def short_recording() -> list[Frame]:
    """Market lists, then 2 s of book updates with a snapshot in the third, a mark price and a trade a second."""
    played: list[Frame] = [
        (T0, "binance-usdm", rest_line(MARKETS, msgspec.json.encode([BTC, ETH]))),
        (T0, "hyperliquid", rest_line(MARKETS, msgspec.json.encode([COIN]))),
    ]
    for number in range(1, DELTAS + 1):
        at_ns = T0 + number * STEP_NS
        played.append((at_ns, "binance-usdm", depth(number)))
        if number == 3:
            played.append((at_ns + 1, "binance-usdm", rest_line("book", SNAPSHOT, "BTCUSDT")))
        if number % 20 == 0:
            played.append((at_ns + 2, "binance-usdm", mark(number)))
            played.append((at_ns + 3, "hyperliquid", coin(number)))
    return played


@dataclass
class Heard:
    """What a client got: text frames, and marks as (position among the text frames, receive time)."""

    texts: list[bytes] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    code: int | None = None
    reason: str = ""

    def data(self) -> list[bytes]:
        """The texts that are no answers."""
        return [text for text in self.texts if b'"result"' not in text and b"subscriptionResponse" not in text]

    def times(self) -> list[int]:
        """The recorded receive time of each text, by the marks before it."""
        return [max((ns for at, ns in self.marks if at <= index), default=0) for index in range(len(self.texts))]


async def listen(url: str, *says: object, stop_after: int | None = None) -> Heard:
    """Connect, say something, and hear until the server closes."""
    heard = Heard()
    async with asyncio.timeout(20), connect(url, compression=None, max_size=None) as socket:
        for say in says:
            await socket.send(say if isinstance(say, str) else orjson.dumps(say).decode())
        try:
            while stop_after is None or len(heard.texts) < stop_after:
                message = await socket.recv(decode=False)
                # Marks are the only frames of eight bytes.
                if len(message) == MARK_BYTES:
                    heard.marks.append((len(heard.texts), int.from_bytes(message, "big")))
                else:
                    heard.texts.append(bytes(message))
        except ConnectionClosed as closed:
            heard.code = closed.rcvd.code if closed.rcvd else None
            heard.reason = closed.rcvd.reason if closed.rcvd else ""
    return heard


def subscribe(*names: str) -> dict[str, object]:
    """A Binance subscription request."""
    return {"method": "SUBSCRIBE", "params": names, "id": 1}
