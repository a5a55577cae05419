"""What coins that stand for dollars are worth."""

from __future__ import annotations

import msgspec
import pytest

from producers.ticker.dollars import Dollars
from schemas.instrument import canonical_id
from schemas.market import Print
from tests.kit.moments import MS, T0, S, definition, trade


def told(
    dollars: Dollars,
    base: str,
    quote: str,
    price: float,
    *,
    venue: str = "north",
    ms: int = 0,
    print_: Print = "market",
) -> None:
    """A market is defined and trades at a price."""
    dollars.define(definition(base, quote, venue=venue))
    instrument = canonical_id(base, quote, "spot")
    event = trade(ms, venue=venue, instrument=instrument, price=price)
    dollars.on_trade(msgspec.structs.replace(event, print=print_), event.ts_event_ns)


def test_a_coin_is_worth_what_its_markets_against_dollars_say() -> None:
    """A broken peg would be read as a dislocation of everything that is priced in it."""
    dollars = Dollars()
    for venue, price in (("east", 0.97), ("north", 0.98), ("south", 0.60)):
        told(dollars, "USDC", "USD", price, venue=venue)
    told(dollars, "USDC", "USDT", 0.5)
    assert dollars.worth(T0 + MS) == {"USDC": 0.97}


def test_without_dollars_tether_is_asked_at_its_own_worth() -> None:
    """The coin that broke would pass its break on to all others."""
    dollars = Dollars()
    told(dollars, "USDE", "USDT", 0.70)
    assert dollars.worth(T0 + MS) == {"USDE": 0.70}
    told(dollars, "USDT", "USD", 0.90)
    assert dollars.worth(T0 + MS) == {"USDE": pytest.approx(0.63), "USDT": 0.90}


def test_coins_are_told_in_alphabetical_order() -> None:
    """Two runs of one recording would write different bytes."""
    dollars = Dollars()
    for base in ("USDT", "FDUSD", "USDC"):
        told(dollars, base, "USD", 1.0)
    assert list(dollars.worth(T0 + MS)) == ["FDUSD", "USDC", "USDT"]


def test_a_market_that_has_not_traded_for_a_minute_says_nothing() -> None:
    """Last night's peg would hide today's break."""
    dollars = Dollars()
    told(dollars, "USDC", "USD", 0.9)
    told(dollars, "USDC", "USDT", 0.8, ms=30 * S)
    assert dollars.worth(T0 + 59_999 * MS) == {"USDC": 0.9}
    assert dollars.worth(T0 + 60_000 * MS) == {"USDC": 0.8}
    assert dollars.worth(T0 + 90_000 * MS) == {}


def test_what_happened_off_the_book_is_no_price() -> None:
    """A deleveraging fill at a bankruptcy price would break a peg."""
    dollars = Dollars()
    told(dollars, "USDC", "USD", 0.1, print_="adl")
    assert dollars.worth(T0 + MS) == {}


@pytest.mark.parametrize(("base", "quote"), [("BTC", "USDT"), ("USDC", "EUR"), ("USD", "USDT"), ("USDT", "USDC")])
def test_other_markets_do_not_matter(base: str, quote: str) -> None:
    """A bitcoin would be worth of a stablecoin."""
    dollars = Dollars()
    dollars.define(definition(base, quote))
    assert dollars.markets == {}


def test_a_repeated_definition_keeps_the_price() -> None:
    """The list of markets that is fetched again would blind every peg for a moment."""
    dollars = Dollars()
    told(dollars, "USDC", "USD", 0.9)
    dollars.define(definition("USDC", "USD"))
    assert dollars.worth(T0 + MS) == {"USDC": 0.9}


def test_a_market_of_another_venue_that_is_not_defined_says_nothing() -> None:
    """A market of another kind with the same name would be taken for it."""
    dollars = Dollars()
    dollars.define(definition("USDC", "USD", venue="north"))
    dollars.on_trade(trade(0, venue="south", instrument="USDC-USD-SPOT", price=0.5), T0)
    assert dollars.worth(T0 + MS) == {}


def test_a_trade_that_another_may_precede_is_not_used_yet() -> None:
    """The last price would be the one that came last, and two collectors would differ."""
    dollars = Dollars()
    told(dollars, "USDC", "USD", 0.9, ms=700)
    assert dollars.worth(T0 + 700 * MS) == {}
    told(dollars, "USDC", "USD", 0.8, ms=600)
    assert dollars.worth(T0 + 701 * MS) == {"USDC": 0.9}


def test_trades_that_wait_survive_a_restart() -> None:
    """A peg would break a second later after a restart."""
    dollars = Dollars()
    told(dollars, "USDC", "USD", 0.9)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(dollars), type=Dollars)
    assert again.worth(T0 + MS) == {"USDC": 0.9}
