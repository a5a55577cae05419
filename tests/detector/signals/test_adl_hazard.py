"""S6, a minute early."""

from __future__ import annotations

import pytest

from detector.signals.adl_hazard import RULE, evaluate
from detector.verdict import CALM, CRITICAL, HIGH, WARN, Verdict
from schemas.base import EVERY_INSTRUMENT
from schemas.market import AdlLevel, AdlState, Insurance
from tests.kit.markets import Scene, find, instrument

BTC = instrument("BTC", venue="okx")


def warned(scene: Scene, level: AdlLevel = "normal", drawdown: float | None = None) -> Verdict:
    """What is said after a warning."""
    forced = scene.market(BTC).forced
    forced.on_adl_state(
        AdlState(venue="okx", instrument=BTC.instrument, ts_event_ns=0, ts_recv_ns=0, level=level, drawdown=drawdown),
        scene.now_ns,
    )
    scene.close()
    return find(evaluate(scene.world), RULE)


def funded(scene: Scene, *balances: float) -> Verdict:
    """What is said when the fund had these balances, five minutes apart."""
    for balance in balances:
        tell(scene, balance)
        scene.close(300)
    tell(scene, balances[-1])
    return find(evaluate(scene.world), RULE)


def tell(scene: Scene, balance: float, place: str = BTC.instrument) -> None:
    """A balance of a market's fund, or of the venue's."""
    told = Insurance(venue="okx", instrument=place, ts_event_ns=0, ts_recv_ns=0, balance_usd=balance)
    scene.market(BTC).forced.on_insurance(told, scene.now_ns)


@pytest.mark.parametrize(
    ("level", "severity"), [("normal", CALM), ("elevated", WARN), ("imminent", HIGH), ("active", CRITICAL)]
)
def test_the_venues_own_words_count_at_once(level: AdlLevel, severity: int) -> None:
    """The only minute of warning that there is would be spent on confirming it."""
    found = warned(Scene(BTC), level)
    assert (found.severity, found.known) == (severity, True)
    if severity:
        assert found.confirm == 1


def test_a_venue_that_says_nothing_is_unknown() -> None:
    """No warning from a venue that never warns is not calm."""
    scene = Scene(BTC)
    scene.close()
    assert not find(evaluate(scene.world), RULE).known


def test_a_warning_that_nobody_repeats_is_forgotten() -> None:
    """A warning of last week would stand in every alert."""
    scene = Scene(BTC)
    warned(scene, "imminent")
    scene.close(3_600)
    assert not find(evaluate(scene.world), RULE).known


@pytest.mark.parametrize(("after", "severity"), [(0.97, CALM), (0.94, WARN), (0.75, HIGH)])
def test_a_fund_that_melts_is_seen(after: float, severity: int) -> None:
    """Who pays next is who is deleveraged."""
    assert funded(Scene(BTC), 1e9, after * 1e9).severity == severity


def test_a_fund_that_grows_is_calm() -> None:
    """Every deposit would be an alarm."""
    assert funded(Scene(BTC), 1e9, 2e9).severity == CALM


def test_a_drawdown_near_the_venues_own_line_counts() -> None:
    """At three tenths the venue itself begins."""
    assert warned(Scene(BTC), drawdown=0.25).severity == WARN


def test_the_whole_venues_fund_is_not_compared_with_the_markets_own() -> None:
    """A poll that tells both one after the other would lose 85 % of the fund on every quiet day."""
    scene = Scene(BTC)
    said = []
    for _ in range(3):
        for _ in range(4):  # the total comes with every family's answer
            tell(scene, 700e6, EVERY_INSTRUMENT)
            scene.close(100)
            said.append(find(evaluate(scene.world), RULE))
        tell(scene, 100e6)
        scene.close(100)
        said.append(find(evaluate(scene.world), RULE))
    assert {verdict.severity for verdict in said} == {CALM}
    assert any(verdict.known for verdict in said)


def test_a_fund_of_the_whole_venue_counts_where_no_other_is_told() -> None:
    """A venue with one fund for all would never be seen to lose it."""
    scene = Scene(BTC)
    for balance in (1e9, 0.7e9):
        tell(scene, balance, EVERY_INSTRUMENT)
        scene.close(300)
    found = find(evaluate(scene.world), RULE)
    fund = {e.signal: e for e in found.evidence}["fund"]
    assert (found.severity, fund.value, fund.baseline, fund.note) == (HIGH, 0.7e9, 1e9, "of the whole venue")


def test_a_fund_that_is_told_once_a_day_did_not_fall_in_five_minutes() -> None:
    """Noon's account would be an alarm after every bad day."""
    scene = Scene(BTC)
    tell(scene, 1e9)
    scene.close(2_000)
    for _ in range(2):
        tell(scene, 0.5e9)
        scene.close()
        assert not find(evaluate(scene.world), RULE).known


@pytest.mark.parametrize(("price", "severity"), [(75.0, CALM), (100.0, HIGH), (130.0, HIGH)])
def test_what_a_fund_of_coins_loses_by_their_price_is_no_loss(price: float, severity: int) -> None:
    """A venue tells its whole fund in dollars: every fall of bitcoin would be a fund that melts."""
    scene = Scene(BTC)
    for told, traded in ((1e9, 100.0), (0.75e9, price)):
        tell(scene, told, EVERY_INSTRUMENT)
        for _ in range(300 if traded == 100.0 and told == 1e9 else 1):
            scene.trade(BTC, traded)
            scene.close()
    assert find(evaluate(scene.world), RULE).severity == severity


def test_what_is_not_known_is_no_number() -> None:
    """A warning would be told with a loss of nobody knows what; the venue's word must stand all the same."""
    (told,) = warned(Scene(BTC), "imminent").evidence
    assert (told.signal, told.value, told.note) == ("fund", None, "the venue warns: imminent")
