from hypothesis import given
from hypothesis import strategies as st

from detector.calibration.samples import LARGEST, Busiest, Thinned


@given(count=st.integers(0, 500), most=st.integers(2, 40))
def test_what_is_kept_is_bounded_and_even_over_the_whole_time(count: int, most: int) -> None:
    """A month's recording would not fit, or only its first day would count."""
    series = Thinned(most=most)
    for value in range(count):
        series.offer(float(value))
    assert len(series.values) <= most
    assert series.values == [float(value) for value in range(0, count, series.every)]
    assert series.count == count


@given(minutes=st.lists(st.floats(0, 1e9), min_size=1, max_size=60), zeros=st.integers(0, 3_000))
def test_one_minute_in_a_thousand_exceeds_it(minutes: list[float], zeros: int) -> None:
    """A floor that is too low wakes people up every night, one too high never."""
    busiest = Busiest()
    for minute in [*minutes, *[0.0] * zeros]:
        busiest.offer(minute)
    everything = sorted([*minutes, *[0.0] * zeros], reverse=True)
    assert busiest.value == everything[len(everything) // 1_000]
    assert len(busiest.largest) <= LARGEST
