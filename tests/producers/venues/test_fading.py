from producers.venues.fading import Fading


def test_a_warning_that_is_not_repeated_is_over_once() -> None:
    """A market would be on the brink of deleveraging for good, or be called calm with every frame."""
    warnings = Fading[str](after_ns=5)
    warnings.told("BTC", 10)
    warnings.told("ETH", 12)
    warnings.told("BTC", 14)
    assert warnings.over(16) == ()
    assert warnings.over(17) == ("ETH",)
    assert warnings.over(18) == ()
    assert warnings.over(19) == ("BTC",)


def test_a_warning_that_was_called_off_does_not_end_again() -> None:
    """Its end would be told twice."""
    warnings = Fading[str](after_ns=5)
    warnings.told("BTC", 10)
    warnings.ended("BTC")
    warnings.ended("ETH")
    assert warnings.over(100) == ()
