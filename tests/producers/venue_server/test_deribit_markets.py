import pytest

from producers.venue_server.deribit_markets import NEVER_MS, listed, made_up
from producers.venue_server.markets import Market


def test_a_row_tells_the_step_of_an_amount_and_not_what_one_is_worth() -> None:
    """Whoever multiplies by it is ten times wrong on bitcoin's oldest contract."""
    inverse, linear, spot = (listed(market) for market in made_up("BTC"))
    assert [row["contract_size"] for row in (inverse, linear)] == [10.0, 0.001]
    assert [row["kind"] for row in (inverse, linear, spot)] == ["future", "future", "spot"]
    assert [row.get("future_type") for row in (inverse, linear, spot)] == ["reversed", "linear", None]
    assert inverse["settlement_currency"] == "BTC"


@pytest.mark.parametrize(
    ("expiry", "at_ms", "period"), [("20241227", 1_735_286_400_000, "month"), ("", NEVER_MS, "perpetual")]
)
def test_contracts_end_at_eight_or_never(expiry: str, at_ms: int, period: str) -> None:
    """A perpetual contract ends in the year 3000."""
    row = listed(Market(symbol="X", base="BTC", quote="USD", contract="inverse", expiry=expiry))
    assert (row["expiration_timestamp"], row["settlement_period"]) == (at_ms, period)
