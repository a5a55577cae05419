import pytest

from producers.venues.registry import VENUES, venue, venues_of


def test_names_are_ids_groups_or_all() -> None:
    """`--venue binance` must mean all three of its markets."""
    assert [one.id for one in venues_of("binance")] == ["binance-usdm", "binance-coinm", "binance-spot"]
    assert [one.id for one in venues_of("hyperliquid")] == ["hyperliquid"]
    assert [one.id for one in venues_of("binance-spot")] == ["binance-spot"]
    assert [one.id for one in venues_of("all")] == list(VENUES)


def test_every_call_makes_a_new_venue() -> None:
    """Two runs in one process must not share what they have seen."""
    assert venue("hyperliquid") is not venue("hyperliquid")


@pytest.mark.parametrize("name", ["", "binance-usd", "Binance"])
def test_an_unknown_name_says_which_there_are(name: str) -> None:
    """A typing error should cost one look, not a search."""
    with pytest.raises(ValueError, match="binance-usdm"):
        venue(name)
    with pytest.raises(ValueError, match=r"binance-usdm.*all"):
        venues_of(name)
