"""GMX's wire: symbols that name pools, and fixed-point numbers."""

from __future__ import annotations

import pytest

from producers.errors import DecodeError
from producers.venues.gmx_wire import Log, Naming, Pool, Ticker, Token, namings, price, read, scaled

TOKEN, OTHER, FIRST, SECOND = ("0x" + digits * 20 for digits in ("1a", "4d", "2b", "3c"))


def pool(name: str, address: str, *, token: str = TOKEN, listed: bool = True) -> Pool:
    """A pool as listed."""
    return Pool(name=name, market_token=address.upper().replace("0X", "0x"), index_token=token, is_listed=listed)


def test_pools_of_one_token_are_one_market() -> None:
    """Otherwise a token's liquidations would be spread over markets of the same name."""
    tokens = (Token(address=TOKEN.upper().replace("0X", "0x"), decimals=18),)
    pools = (pool("ETH/USD [WETH-USDC]", FIRST), pool("ETH/USD [WETH-WETH]", SECOND))
    assert namings(tokens, pools) == [Naming(base="ETH", decimals=18, token=TOKEN, pools=(FIRST, SECOND))]


def test_what_is_not_traded_is_no_market() -> None:
    """Swap pools, delisted pools and tokens of unknown decimals have no price that could be read."""
    tokens = (Token(address=TOKEN, decimals=18),)
    pools = (
        pool("SWAP-ONLY [USDC-USDT]", FIRST),
        pool("ETH/USD [WETH-USDC]", FIRST, listed=False),
        pool("BTC/USD [BTC-USDC]", FIRST, token=OTHER),
    )
    assert namings(tokens, pools) == []


def test_a_second_token_of_the_same_name_is_left_out() -> None:
    """A market's name must be unique within the venue."""
    tokens = (Token(address=TOKEN, decimals=18), Token(address=OTHER, decimals=6))
    pools = (pool("XAUT.v2/USD [X-USDC]", FIRST), pool("XAUT/USD [X-USDC]", SECOND, token=OTHER))
    assert namings(tokens, pools) == [Naming(base="XAUT", decimals=18, token=TOKEN, pools=(FIRST,))]


@pytest.mark.parametrize(
    "symbol", ["ETH", "ETH/USD:18:0x12:0x34", f"ETH/USD:31:{TOKEN}:{FIRST}", f"ETH/USD:18:{TOKEN}:"]
)
def test_other_symbols_name_nothing(symbol: str) -> None:
    """A symbol without its addresses cannot be matched with any log."""
    assert Naming.read(symbol) is None


@pytest.mark.parametrize("raw", [0, -1, 10**28])
def test_prices_that_cannot_be_are_refused(raw: int) -> None:
    """A price of zero would make every position worthless."""
    with pytest.raises(DecodeError, match="bad_number"):
        price(raw, 18)


def test_numbers_beyond_their_bounds_are_refused() -> None:
    """A word of all ones must not become an amount."""
    with pytest.raises(DecodeError, match="bad_number"):
        scaled(2**256 - 1, 30, below=1e15)


def test_words_in_place_of_numbers_are_refused() -> None:
    """`int("NaN")` would be a failure of ours."""
    body = b'{"tokenAddress":"0x1","minPrice":"NaN","maxPrice":"1","updatedAt":1}'
    with pytest.raises(DecodeError, match="bad_number"):
        read(body, Ticker)


def test_data_that_is_no_hexadecimal_text_is_refused() -> None:
    """Bytes come as text over JSON-RPC."""
    log = Log(address="0x1", topics=(), data="0xzz", transaction_hash="0x1", log_index="0x1")
    with pytest.raises(DecodeError, match="bad_shape"):
        log.payload()
