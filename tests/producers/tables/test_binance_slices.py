from __future__ import annotations

import pytest

from detector.kernel import Book
from producers.tables.binance_slices import Figures, levels, mid_of, slices
from producers.tables.tardis_symbols import Markets
from schemas.instrument import Instrument
from tests.kit.binance_archive import book_figures, ladder

BID, ASK = 0, 1
GHOST = (121_363.0, -17.65)
"""A bid that stayed in the archive's book of BTCUSDT all the evening of 2025-10-10."""


def usdm() -> Instrument:
    return Markets().define("binance-futures", "BTCUSDT", 0, 0)


def coinm() -> Instrument:
    return Markets().define("binance-delivery", "BTCUSD_PERP", 0, 0)


def figures(orders: list[tuple[float, float]], mid: float, *, inverse_usd: float = 0.0) -> Figures:
    return {line: (depth, worth) for line, depth, worth in book_figures(orders, mid=mid, inverse_usd=inverse_usd)}


def book(of: Figures, market: Instrument) -> Book:
    found = slices(of, market)
    assert found is not None
    bids, asks = levels(*found)
    assert market.contract_value is not None
    made = Book(market.contract_value, market.contract == "inverse", 0.0)
    made.apply_snapshot(bytes(bids), bytes(asks), False)
    return made


@pytest.mark.parametrize("mid", [0.000012345, 1.0, 3_456.7, 121_000.0])
def test_sums_within_one_and_two_percent_are_the_archives(mid: float) -> None:
    """Depth would be another than the archive says, or come and go as prices move within a band."""
    of = figures(ladder(mid, 5.0), mid)
    made = book(of, usdm())
    for side, sign in ((BID, -1), (ASK, 1)):
        assert made.depth(side, 2) == pytest.approx(of[sign * 1.0][1], rel=1e-9)
        assert made.depth(side, 3) == pytest.approx(of[sign * 2.0][1], rel=1e-9)
        assert made.depth(side, 0) == made.depth(side, 1) == 0.0
        assert made.proven(side) >= 0.02
    assert made.mid == pytest.approx(mid, rel=1e-3)


def test_a_real_figure_is_read_as_a_whole_book() -> None:
    """A reader that suits made-up books alone. The figures are those quoted in binance-public-data issue 431."""
    of: Figures = {
        -5: (7885.275, 647368074.3692), -4: (7178.453, 590768470.2709), -3: (5443.149, 450287742.9987),
        -2: (3989.699, 331452387.7503), -1: (2294.324, 191369991.2178), 1: (2097.41, 176607765.2095),
        2: (3485.141, 294629128.4708), 3: (4813.865, 408742768.2055), 4: (5699.712, 485628858.2974),
        5: (6491.515, 555012399.2844),
    }  # fmt: skip
    made = book(of, usdm())
    assert [round(made.depth(side, band)) for side in (BID, ASK) for band in (2, 3)] == [
        191369991, 331452388, 176607765, 294629128,
    ]  # fmt: skip
    assert made.mid == pytest.approx(83_829.5)


def test_contracts_count_by_their_worth() -> None:
    """Contracts would be coins, or their coins dollars."""
    made = book(figures(ladder(80_000.0, 100.0), 80_000.0, inverse_usd=100.0), coinm())
    assert made.depth(BID, 2) == pytest.approx(10 * 100 * 100.0)
    assert made.mid == pytest.approx(80_000.0, rel=1e-3)


def test_other_units_than_those_documented_are_no_book() -> None:
    """Depth would be wrong by the price of a bitcoin, and quietly."""
    linear, inverse = figures(ladder(80_000.0, 5.0), 80_000.0), figures(ladder(8e4, 1e2), 8e4, inverse_usd=1e2)
    assert slices(linear, coinm()) is None
    assert slices(inverse, usdm()) is None


@pytest.mark.parametrize("market_mid", [113_000.0, 117_000.0, 119_000.0])
def test_an_order_that_nobody_removed_makes_a_crossed_book(market_mid: float) -> None:
    """One bid of two million dollars was told as the whole depth of BTC."""
    best_ask = market_mid * 1.0005
    archives_mid = (GHOST[0] + best_ask) / 2
    of = figures([*ladder(market_mid, 2.0), GHOST], archives_mid)
    found = slices(of, usdm())
    assert found is None or book(of, usdm()).crossed


def test_an_empty_first_percent_is_an_empty_first_percent() -> None:
    """A void would be a book that cannot be."""
    mid = 1_000.0
    far = [(price, lots) for price, lots in ladder(mid, 5.0) if abs(price / mid - 1) > 0.01]
    made = book(figures(far, mid), usdm())
    assert made.depth(BID, 2) == made.depth(ASK, 2) == 0.0
    assert made.depth(BID, 3) > 0.0 < made.depth(ASK, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda of: of.pop(-3),
        lambda of: of.update({-3: (0.1, of[-3][1])}),
        lambda of: of.update({2: (of[2][0], of[1][1])}),
        lambda of: of.update({5: (float("nan"), of[5][1])}),
        lambda of: of.update({1: (0.0, 0.0)}),
        lambda of: of.update(dict.fromkeys((-1, -2, -3, -4, -5), (0.0, 0.0))),
    ],
)
def test_figures_that_cannot_be_are_no_book(change: object) -> None:
    """Depth would be told from a row that is missing or damaged."""
    of = figures(ladder(1_000.0, 5.0), 1_000.0)
    assert callable(change)
    change(of)
    assert slices(of, usdm()) is None


def test_lines_within_one_percent_change_nothing() -> None:
    """The day on which the archive began to have one at 0.2 % would be a collapse of depth."""
    of = figures(ladder(1_000.0, 5.0), 1_000.0)
    more: Figures = {**of, -0.2: (10.0, 9_990.0), 0.2: (10.0, 10_010.0)}
    assert slices(more, usdm()) == slices(of, usdm())


def test_mid_is_where_all_averages_are_within_their_lines() -> None:
    """A book that leans to one side would move the bands."""
    lean = [(999.9, -50.0), *ladder(1_000.0, 5.0)]
    found = slices(figures(lean, 1_000.0), usdm())
    assert found is not None
    assert mid_of(*found) == pytest.approx(1_000.0, rel=3e-3)
