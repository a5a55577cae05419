import pytest

from detector.signals import breadth
from detector.verdict import CALM, WARN, WATCH, Verdict
from tests.kit.markets import Scene, find, instrument, quick_to_learn, said

COINS = [instrument(f"C{n:02}") for n in range(20)]


def scene_of(moves: list[float], sigma: float = 0.001, rate: float | None = 11.0) -> Scene:
    """One fresh market an asset, moved so far."""
    scene = Scene(*COINS[: len(moves)])
    for definition, move in zip(COINS, moves, strict=False):
        trading = scene.market(definition).trading
        trading.move_60s, trading.sigma, trading.last_trade_ns = move, sigma, scene.now_ns
    scene.pool.rate_ratio_10s = rate
    return scene


def verdicts(scene: Scene) -> tuple[Verdict, Verdict]:
    found = list(breadth.evaluate(scene.overview()))
    return find(found, breadth.SHOCK, venue="market"), find(found, breadth.FLOW, venue="market")


@pytest.mark.parametrize(
    ("moved", "of", "shock", "holds"),
    [
        (6, 8, WATCH, True),
        (5, 8, CALM, True),
        (3, 8, CALM, True),
        (2, 8, CALM, False),
        (0, 8, CALM, False),
        (3, 3, WATCH, True),
        (4, 5, CALM, True),  # fewer than six must all agree
        (5, 5, WATCH, True),
        (5, 6, WATCH, True),
        (4, 6, CALM, True),
    ],
)
@pytest.mark.parametrize(("sign", "direction"), [(-1, "down"), (1, "up")])
def test_a_shock_is_three_quarters_of_the_assets_moving_one_way(
    moved: int, of: int, shock: int, holds: bool, sign: int, direction: str
) -> None:
    """One coin's news would be a market event, or a market event three coins' news."""
    scene = scene_of([sign * 0.0061] * moved + [0.0] * (of - moved))
    found, flow = verdicts(scene)
    assert (found.severity, found.holds, found.known) == (shock, holds, True)
    if shock or holds:
        assert found.direction == flow.direction == direction
    assert flow.severity == (WARN if shock else CALM)


def test_half_up_and_half_down_is_no_shock() -> None:
    """Coins that go their own ways are a calm market."""
    shock, flow = verdicts(scene_of([0.02] * 4 + [-0.02] * 4))
    assert (shock.severity, flow.severity) == (CALM, CALM)


@pytest.mark.parametrize(
    ("move", "sigma", "severity"),
    [(0.0061, 0.0012, WATCH), (0.0061, 0.00125, CALM), (0.0059, 0.0001, CALM), (0.0061, 0.0, WATCH)],
)
def test_a_move_counts_beyond_five_sigma_and_six_tenths_of_a_percent(move: float, sigma: float, severity: int) -> None:
    """In quiet hours five sigma are eight basis points."""
    assert verdicts(scene_of([-move] * 8, sigma))[0].severity == severity


@pytest.mark.parametrize(("rate", "severity"), [(10.1, WARN), (10.0, CALM), (1.0, CALM)])
def test_flow_behind_it_is_ten_times_the_usual_orders(rate: float, severity: int) -> None:
    """A drift of everything without orders is no forced flow."""
    shock, flow = verdicts(scene_of([-0.01] * 8, rate=rate))
    assert shock.severity == WATCH
    assert (flow.severity, flow.known) == (severity, True)


@pytest.mark.parametrize(
    ("moved", "rate", "excited", "holds"),
    [(3, 0.0, 0.0, True), (2, 5.1, 0.81, True), (2, 5.1, 0.80, False), (2, 5.0, 0.81, False), (2, 50.0, None, False)],
)
def test_flow_lasts_while_prices_pause_and_orders_excite_each_other(
    moved: int, rate: float, excited: float | None, holds: bool
) -> None:
    """Two waves of one cascade would be two alerts, or a busy hour a wave without an end."""
    scene = scene_of([-0.0061] * moved + [0.0] * (8 - moved), rate=rate)
    scene.pool.sells.value = excited
    flow = verdicts(scene)[1]
    assert (flow.severity, flow.holds, flow.known) == (CALM, holds, True)


def test_without_a_usual_rate_only_the_flow_is_unknown() -> None:
    """Prices can be judged before orders can."""
    shock, flow = verdicts(scene_of([-0.01] * 8, rate=None))
    assert (shock.severity, shock.known) == (WATCH, True)
    assert not flow.known


def test_two_assets_are_no_market() -> None:
    """Their agreement says nothing; it must not be called calm either."""
    shock, flow = verdicts(scene_of([-0.5, -0.5]))
    assert not shock.known
    assert not flow.known


def test_only_fresh_prices_with_history_take_part() -> None:
    """A coin that does not trade would vote for calm."""
    scene = scene_of([-0.01] * 6 + [0.0] * 14)
    for definition in COINS[6:12]:
        scene.market(definition).trading.sigma = None
    for definition in COINS[12:]:
        scene.market(definition).trading.last_trade_ns -= 60 * 10**9
    assert set(breadth.asset_moves(scene.overview())) == {definition.base for definition in COINS[:6]}
    assert verdicts(scene)[0].severity == WATCH


def test_pegs_take_no_part() -> None:
    """Coins that cannot move would hold every shock back."""
    pegs = [instrument(base, quote="USD", market="spot") for base in ("USDC", "USDT", "DAI", "FDUSD")]
    scene = Scene(*COINS[:6], *pegs)
    for definition in (*COINS[:6], *pegs):
        trading = scene.market(definition).trading
        trading.move_60s, trading.sigma, trading.last_trade_ns = -0.01, 0.0001, scene.now_ns
    assert len(breadth.asset_moves(scene.overview())) == 6


def test_an_asset_on_many_venues_has_one_vote() -> None:
    """BTC on ten markets would be a market of its own."""
    twins = [instrument("C00", venue=venue) for venue in ("a", "b", "c")]
    scene = Scene(*twins)
    for definition, move in zip(twins, (-0.01, -0.03, 0.0), strict=True):
        trading = scene.market(definition).trading
        trading.move_60s, trading.sigma, trading.last_trade_ns = move, 0.001, scene.now_ns
    assert list(breadth.asset_moves(scene.overview())) == ["C00"]
    assert breadth.asset_moves(scene.overview())["C00"] == pytest.approx((-0.01, -10.0))


def crash(factor: float, sign: int) -> tuple[Verdict, Verdict]:
    """Six coins that cost `factor` move 1 % in half a minute."""
    scene = Scene(*COINS[:6])
    for definition in COINS[:6]:
        quick_to_learn(scene.market(definition))
    for second in range(150):
        move = sign * 0.01 * min(max(second - 120, 0) / 20, 1.0)
        for definition in COINS[:6]:
            scene.trade(definition, factor * (1 + move + 0.0001 * (second % 3)))
        scene.close(learn=second < 120)
    scene.pool.rate_ratio_10s = 12.0
    return verdicts(scene)


@pytest.mark.parametrize("factor", [1.0, 1e-5, 6e4])
def test_a_real_crash_is_seen_whatever_the_coins_cost(factor: float) -> None:
    """Thresholds would mean something else for every coin."""
    for sign, direction in ((-1, "down"), (1, "up")):
        shock, flow = crash(factor, sign)
        assert said(shock) == (WATCH, True, True, direction)
        assert said(flow) == (WARN, True, True, direction)
        assert shock.evidence[0].value == 1.0
