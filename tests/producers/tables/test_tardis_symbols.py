"""Names of exchanges and symbols: what they say for certain, and UNKNOWN for the rest."""

from __future__ import annotations

import pytest

from producers.tables.tardis_symbols import Markets, instrument_of, is_option
from producers.venues.hyperliquid import Hyperliquid

CASES = """
# exchange               symbol             instrument           base      quote   market contract value
binance-delivery         BTCUSD_PERP        BTC-USD-PERP         BTC       USD     perp   inverse  100
binance-delivery         UNIUSD_PERP        UNI-USD-PERP         UNI       USD     perp   inverse  10
binance-delivery         BNBUSD_PERP        BNB-USD-PERP         BNB       USD     perp   inverse  10
binance-delivery         DOTUSD_PERP        DOT-USD-PERP         DOT       USD     perp   inverse  10
binance-delivery         BTCUSD_251226      BTC-USD-20251226     BTC       USD     future inverse  100
binance-futures          BTCUSDT            BTC-USDT-PERP        BTC       USDT    perp   linear   1
binance-futures          BTCUSDT_241227     BTC-USDT-20241227    BTC       USDT    future linear   1
binance-futures          1000PEPEUSDT       1000PEPE-USDT-PERP   1000PEPE  USDT    perp   linear   1
binance-futures          ETHBTC             ETH-BTC-PERP         ETH       BTC     perp   linear   1
binance-futures          BTCBUSD            BTC-BUSD-PERP        BTC       BUSD    perp   linear   1
binance-futures          币安人生USDT       币安人生-USDT-PERP   币安人生  USDT    perp   linear   1
binance                  BTCUSDC            BTC-USDC-SPOT        BTC       USDC    spot   spot     1
binance                  BTCFDUSD           BTC-FDUSD-SPOT       BTC       FDUSD   spot   spot     1
binance                  BTCTUSD            BTC-TUSD-SPOT        BTC       TUSD    spot   spot     1
binance                  BTCBUSD            BTC-BUSD-SPOT        BTC       BUSD    spot   spot     1
binance                  BTCTRY             BTC-TRY-SPOT         BTC       TRY     spot   spot     1
binance                  USDTTRY            USDT-TRY-SPOT        USDT      TRY     spot   spot     1
binance                  BTCJPY             BTC-JPY-SPOT         BTC       JPY     spot   spot     1
binance                  BTCBRL             BTC-BRL-SPOT         BTC       BRL     spot   spot     1
binance                  BTCAUD             BTC-AUD-SPOT         BTC       AUD     spot   spot     1
binance                  BTCDAI             BTC-DAI-SPOT         BTC       DAI     spot   spot     1
binance                  ETHBNB             ETH-BNB-SPOT         ETH       BNB     spot   spot     1
binance                  ETHBTC             ETH-BTC-SPOT         ETH       BTC     spot   spot     1
binance                  PERPUSDT           PERP-USDT-SPOT       PERP      USDT    spot   spot     1
binance                  BTCXYZ             BTCXYZ               BTCXYZ    UNKNOWN spot   spot     -
binance-us               BTCUSD             BTC-USD-SPOT         BTC       USD     spot   spot     1
binance-us               BTCBUSD            BTCBUSD              BTCBUSD   UNKNOWN spot   spot     -
binance-jersey           BTCEUR             BTC-EUR-SPOT         BTC       EUR     spot   spot     1
bitstamp                 btcusd             BTC-USD-SPOT         BTC       USD     spot   spot     1
bitstamp                 btcgbp             BTC-GBP-SPOT         BTC       GBP     spot   spot     1
bitstamp                 bnbusd             BNB-USD-SPOT         BNB       USD     spot   spot     1
bitstamp                 usdtusd            USDT-USD-SPOT        USDT      USD     spot   spot     1
bitstamp                 dotusd             DOT-USD-SPOT         DOT       USD     spot   spot     1
gemini                   arbusd             ARB-USD-SPOT         ARB       USD     spot   spot     1
gemini                   omgusd             omgusd               OMGUSD    UNKNOWN spot   spot     -
bitfinex                 BTCUSD             BTC-USD-SPOT         BTC       USD     spot   spot     1
bitfinex                 BTCUST             BTC-USDT-SPOT        BTC       USDT    spot   spot     1
bitfinex                 USTUSD             USDT-USD-SPOT        USDT      USD     spot   spot     1
bitfinex                 DOGE:UST           DOGE-USDT-SPOT       DOGE      USDT    spot   spot     1
bitfinex-derivatives     BTCF0:USTF0        BTC-USDT-PERP        BTC       USDT    perp   linear   -
kraken                   XBT/USD            BTC-USD-SPOT         BTC       USD     spot   spot     1
kraken                   XDG/EUR            DOGE-EUR-SPOT        DOGE      EUR     spot   spot     1
kraken                   ETH/XBT            ETH-BTC-SPOT         ETH       BTC     spot   spot     1
coinbase                 AVAX-USD           AVAX-USD-SPOT        AVAX      USD     spot   spot     1
coinbase                 PERP-USD           PERP-USD-SPOT        PERP      USD     spot   spot     1
upbit                    KRW-BTC            BTC-KRW-SPOT         BTC       KRW     spot   spot     1
upbit                    BTC-ETH            ETH-BTC-SPOT         ETH       BTC     spot   spot     1
bybit-spot               BTCUSDT            BTC-USDT-SPOT        BTC       USDT    spot   spot     1
okex                     BTC-USDT           BTC-USDT-SPOT        BTC       USDT    spot   spot     1
gate-io                  BTC_USDT           BTC-USDT-SPOT        BTC       USDT    spot   spot     1
huobi                    btcusdt            BTC-USDT-SPOT        BTC       USDT    spot   spot     1
huobi                    btchusd            BTC-HUSD-SPOT        BTC       HUSD    spot   spot     1
kucoin                   ADA-KCS            ADA-KCS-SPOT         ADA       KCS     spot   spot     1
crypto-com               BTC_USDT           BTC-USDT-SPOT        BTC       USDT    spot   spot     1
crypto-com               BTCUSD-PERP        BTC-USD-PERP         BTC       USD     perp   linear   -
bybit                    BTCUSDT            BTC-USDT-PERP        BTC       USDT    perp   linear   1
bybit                    BTCPERP            BTC-USDC-PERP        BTC       USDC    perp   linear   1
bybit                    BTCUSD             BTC-USD-PERP         BTC       USD     perp   inverse  1
bybit                    DOTUSD             DOT-USD-PERP         DOT       USD     perp   inverse  1
bybit                    BTC-27DEC24        BTC-USDC-20241227    BTC       USDC    future linear   1
bybit                    BTCUSDT-27DEC24    BTC-USDT-20241227    BTC       USDT    future linear   1
bybit                    BTCUSDH25          BTC-USD-20250328     BTC       USD     future inverse  1
deribit                  BTC-PERPETUAL      BTC-USD-PERP         BTC       USD     perp   inverse  1
deribit                  BTC-27DEC24        BTC-USD-20241227     BTC       USD     future inverse  1
deribit                  SOL_USDC-PERPETUAL SOL-USDC-PERP        SOL       USDC    perp   linear   1
deribit                  BTC_USDC-27DEC24   BTC-USDC-20241227    BTC       USDC    future linear   1
deribit                  BTC_USDC           BTC-USDC-SPOT        BTC       USDC    spot   spot     1
deribit                  BTC-FS-27DEC24_PERP BTC-FS-27DEC24_PERP BTC-FS-27DEC24_PERP UNKNOWN perp linear -
bitmex                   XBTUSD             BTC-USD-PERP         BTC       USD     perp   inverse  1
bitmex                   XBTZ24             BTC-USD-20241227     BTC       USD     future inverse  1
bitmex                   XBTF25             XBTF25               XBTF25    UNKNOWN perp   linear   -
bitmex                   ETHZ18             ETHZ18               ETHZ18    UNKNOWN future linear   -
bitmex                   XBTUSDT            BTC-USDT-PERP        BTC       USDT    perp   linear   -
bitmex                   ETHUSD             ETH-USD-PERP         ETH       USD     perp   quanto   -
cryptofacilities         PI_XBTUSD          BTC-USD-PERP         BTC       USD     perp   inverse  -
cryptofacilities         PF_ETHUSD          ETH-USD-PERP         ETH       USD     perp   linear   -
cryptofacilities         FI_XBTUSD_241227   BTC-USD-20241227     BTC       USD     future inverse  -
cryptofacilities         FF_XBTUSD_241227   BTC-USD-20241227     BTC       USD     future linear   -
okex-swap                BTC-USDT-SWAP      BTC-USDT-PERP        BTC       USDT    perp   linear   -
okex-swap                BTC-USD-SWAP       BTC-USD-PERP         BTC       USD     perp   inverse  -
okex-futures             BTC-USDT-241227    BTC-USDT-20241227    BTC       USDT    future linear   -
gate-io-futures          BTC_USDT           BTC-USDT-PERP        BTC       USDT    perp   linear   -
gate-io-futures          BTC_USD            BTC-USD-PERP         BTC       USD     perp   inverse  -
huobi-dm                 BTC_CW             BTC_CW               BTC       USD     future inverse  -
huobi-dm-swap            BTC-USD            BTC-USD-PERP         BTC       USD     perp   inverse  -
huobi-dm-linear-swap     BTC-USDT           BTC-USDT-PERP        BTC       USDT    perp   linear   -
kucoin-futures           XBTUSDTM           BTC-USDT-PERP        BTC       USDT    perp   linear   -
kucoin-futures           XBTUSDM            BTC-USD-PERP         BTC       USD     perp   inverse  -
hyperliquid              BTC                BTC-USDC-PERP        BTC       USDC    perp   linear   1
hyperliquid              kPEPE              kPEPE-USDC-PERP      kPEPE     USDC    perp   linear   1
hyperliquid              @107               @107                 @107      UNKNOWN spot   spot     -
hyperliquid              xyz:GOLD           xyz:GOLD             xyz:GOLD  UNKNOWN perp   linear   -
ftx                      BTC/USD            BTC-USD-SPOT         BTC       USD     spot   spot     -
ftx                      BTC-PERP           BTC-USD-PERP         BTC       USD     perp   linear   -
ftx                      WBTC-PERP          WBTC-USD-PERP        WBTC      USD     perp   linear   -
ftx                      BTC-1230           BTC-1230             BTC-1230  UNKNOWN spot   spot     -
coinbase-international   BTC-PERP           BTC-USDC-PERP        BTC       USDC    perp   linear   -
phemex                   sBTCUSDT           sBTCUSDT             SBTCUSDT  UNKNOWN perp   linear   -
dydx                     BTC-USD            BTC-USD-PERP         BTC       USD     perp   linear   -
mtgox                    BTCUSD             BTC-USD-PERP         BTC       USD     perp   linear   -
mtgox                    BTC/USD            BTC-USD-SPOT         BTC       USD     spot   spot     -
mtgox                    BTC                BTC                  BTC       UNKNOWN perp   linear   -
mtgox                    --                 --                   --        UNKNOWN perp   linear   -
"""


@pytest.mark.parametrize("case", [line for line in CASES.splitlines() if line and not line.startswith("#")])
def test_a_name_means_what_its_exchange_means_by_it(case: str) -> None:
    """Lira would be dollars, contracts coins, and a BNB a BN."""
    exchange, symbol, *expected = case.split()
    found = instrument_of(exchange, symbol, 1, 2)
    value = "-" if found.contract_value is None else f"{found.contract_value:g}"
    stated = [found.instrument, found.base, found.quote, found.market, found.contract, value]
    assert stated == expected
    assert (found.symbol, found.ts_event_ns, found.ts_recv_ns) == (symbol, 1, 2)


@pytest.mark.parametrize(
    ("exchange", "symbol", "notional"),
    [
        ("binance-delivery", "BTCUSD_PERP", 200.0),
        ("binance", "BTCUSDT", 100.0),
        ("bybit", "BTCUSD", 2.0),
        ("deribit", "BTC-PERPETUAL", 2.0),
        ("bitfinex", "BTCUST", 100.0),
        ("binance", "BTCTRY", None),
        ("binance", "BTCTUSD", None),
        ("binance", "BTCXYZ", None),
        ("upbit", "KRW-BTC", None),
        ("bitmex", "ETHUSD", None),
        ("okex-swap", "BTC-USDT-SWAP", None),
        ("nobody", "", None),
    ],
)
def test_what_an_amount_is_worth_is_known_or_unknown_and_never_guessed(
    exchange: str, symbol: str, notional: float | None
) -> None:
    """2.4 million lira would be 2.4 million dollars, and a contract of 100 dollars 60,000."""
    assert instrument_of(exchange, symbol, 1, 2).notional_usd(2.0, 50.0) == notional


@pytest.mark.parametrize("exchange", ["binance", "binance-futures", "binance-delivery", "hyperliquid", "bybit"])
def test_venues_that_are_also_live_have_the_same_id(exchange: str) -> None:
    """A recording would not be comparable with the live market."""
    ids = {
        "binance": "binance-spot",
        "binance-futures": "binance-usdm",
        "binance-delivery": "binance-coinm",
    }
    assert instrument_of(exchange, "BTCUSDT", 1, 2).venue == ids.get(exchange, exchange)


def test_a_coin_of_hyperliquid_is_the_one_of_the_live_venue() -> None:
    """`kPEPE` in upper case would be another market than the live one."""
    live = Hyperliquid().infer_instrument("kPEPE", 2)
    assert instrument_of("hyperliquid", "kPEPE", 2, 2) == live


@pytest.mark.parametrize(
    ("exchange", "symbol", "option"),
    [
        ("deribit", "BTC-27DEC24-50000-C", True),
        ("deribit", "XRP_USDC-27DEC24-0d5-P", True),
        ("bybit", "BTC-27DEC24-50000-C-USDT", True),
        ("binance-european-options", "BTC-241227-50000-C", True),
        ("okex-options", "BTC-USD-241227-50000-C", True),
        ("huobi-dm", "BTC-USDT-210326-C-32000", True),
        ("delta", "C-BTC-50000-271224", True),
        ("bybit-options", "ANYTHING", True),
        ("deribit", "BTC-27DEC24", False),
        ("deribit", "BTC-PERPETUAL", False),
        ("okex-futures", "BTC-USD-241227", False),
        ("upbit", "BTC-C", False),
        ("binance-futures", "BTCUSDT", False),
    ],
)
def test_options_are_told_from_the_rest(exchange: str, symbol: str, option: bool) -> None:
    """A premium would be a price of the coin."""
    assert is_option(exchange, symbol) is option


def test_a_second_symbol_with_the_same_meaning_keeps_its_own_name() -> None:
    """Two contracts would be one market that jumps between two prices."""
    markets = Markets()
    named = ["PI_XBTUSD", "PF_XBTUSD", "PI_XBTUSD", "PF_XBTUSD"]
    found = [markets.define("cryptofacilities", symbol, 1, 2) for symbol in named]
    assert [market.instrument for market in found] == ["BTC-USD-PERP", "PF_XBTUSD"] * 2
    assert [(market.base, market.quote, market.symbol) for market in found[:2]] == [
        ("BTC", "USD", "PI_XBTUSD"),
        ("BTC", "USD", "PF_XBTUSD"),
    ]
    assert markets.define("bitmex", "XBTUSD", 1, 2).instrument == "BTC-USD-PERP"


def test_a_symbol_that_looks_like_an_id_in_use_is_numbered() -> None:
    """The last resort would itself be taken."""
    markets = Markets()
    found = [markets.define("north", name, 1, 2).instrument for name in ("BTCUSD", "BTC-USD", "BTC-USD-PERP")]
    assert found == ["BTC-USD-PERP", "BTC-USD", "BTC-USD-PERP#2"]
