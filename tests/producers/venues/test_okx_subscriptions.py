"""What is said to OKX stays within what it allows, for any number of markets."""

from __future__ import annotations

import json
from collections import Counter

from producers.venues.okx import Okx
from producers.venues.okx_subscriptions import EVERYWHERE, MOST_BOOKS, family_of, listing, polls, sockets
from schemas.instrument import Instrument


def markets(*symbols: str) -> list[Instrument]:
    """Markets by their names."""
    return [one for symbol in symbols if (one := Okx().infer_instrument(symbol, 0)) is not None]


def topics(*symbols: str) -> list[list[tuple[str, str]]]:
    """What each socket asks for."""
    return [
        [
            (arg["channel"], arg.get("instId") or arg.get("instType", ""))
            for frame in socket.subscribe
            for arg in json.loads(frame)["args"]
        ]
        for socket in sockets(markets(*symbols))
    ]


def test_a_market_is_asked_for_by_what_it_has() -> None:
    """A spot pair has no mark and a future no funding; a refused topic would be a warning at every start."""
    (said,) = topics("BTC-USDT", "BTC-USD-SWAP", "BTC-USD-261225")
    assert said[: len(EVERYWHERE)] == [(topic.channel, topic.inst_type) for topic in EVERYWHERE]
    channels = Counter(symbol for _, symbol in said[len(EVERYWHERE) :])
    assert channels == {"BTC-USDT": 2, "BTC-USD-SWAP": 6, "BTC-USD-261225": 5, "BTC-USD": 1}
    assert ("index-tickers", "BTC-USD") in said
    assert ("funding-rate", "BTC-USD-SWAP") in said


def test_an_x_perp_pays_funding_and_asks_for_the_plain_index() -> None:
    """It is listed as a future; the index knows nothing of margins."""
    (said,) = topics("BTC-USD_UM_XPERP-310404")
    assert ("funding-rate", "BTC-USD_UM_XPERP-310404") in said
    assert ("index-tickers", "BTC-USD") in said


def test_five_hundred_markets_keep_the_limits() -> None:
    """Thirty deep books a connection, 64 KB a request, 480 requests an hour, every answer awaited."""
    made = sockets(markets(*(f"COIN{n}-USDT-SWAP" for n in range(400)), *(f"COIN{n}-USDT" for n in range(100))))
    assert len(made) == 17
    for socket in made:
        args = [arg for frame in socket.subscribe for arg in json.loads(frame)["args"]]
        assert sum(arg["channel"] == "books" for arg in args) <= MOST_BOOKS
        assert all(len(frame.encode()) <= 64 * 1024 for frame in socket.subscribe)
        assert len(args) == socket.expect_acks
        assert len(socket.subscribe) + 2 * MOST_BOOKS < 480
        assert (socket.path, socket.ping) == ("/ws/v5/public", "ping")
        assert socket.ping_every_s < 30
    assert sum("liquidation-orders" in frame for socket in made for frame in socket.subscribe) == 1


def test_markets_of_one_index_share_a_connection() -> None:
    """An index that came over another connection would be missed when that one breaks."""
    names = [f"COIN{n}-USDT-SWAP" for n in range(MOST_BOOKS - 1)]
    first, second = topics(*names, "BTC-USDT-SWAP", "BTC-USDT-261225", "COIN0-USDT")
    assert ("books", "BTC-USDT-SWAP") in second
    assert ("books", "BTC-USDT-261225") in second
    assert ("books", "COIN0-USDT") in first


def test_a_connection_of_quiet_pairs_is_given_more_time() -> None:
    """A book at rest shows a sign of life once a minute."""
    (quiet,) = sockets(markets("OKB-USDT"))
    (busy,) = sockets(markets("OKB-USDT", "OKB-USDT-SWAP"))
    assert (quiet.stale_after_s, busy.stale_after_s) == (90.0, 30.0)


def test_each_fund_and_each_list_is_asked_for_once() -> None:
    """Futures of one family share a fund; spot pairs have none, but trade or do not trade like others."""
    made = polls(markets("BTC-USD-261225", "BTC-USD-270326", "BTC-USD-SWAP", "BTC-USDT"), every_s=900.0)
    assert [(poll.name, poll.every_s) for poll in made] == [
        ("insurance:FUTURES:BTC-USD", 900.0),
        ("insurance:SWAP:BTC-USD", 900.0),
        ("states:FUTURES", 60.0),
        ("states:SPOT", 60.0),
        ("states:SWAP", 60.0),
    ]
    assert made[-1].request == listing("SWAP")
    assert made[0].request.path == "/api/v5/public/insurance-fund?instType=FUTURES&instFamily=BTC-USD&limit=5"
    (linear,) = markets("BTC-USD_UM-261225")
    assert family_of(linear) == ("FUTURES", "BTC-USD_UM")


def test_a_book_is_asked_for_again_on_its_topic_alone() -> None:
    """The other topics of the market go on."""
    (market,) = markets("BTC-USDT")
    off, on = Okx().book_request(market).frames
    args = [{"channel": "books", "instId": "BTC-USDT"}]
    assert (json.loads(off), json.loads(on)) == ({"op": "unsubscribe", "args": args}, {"op": "subscribe", "args": args})
