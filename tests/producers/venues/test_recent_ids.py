from producers.venues.recent_ids import RecentIds


def test_a_repeated_id_is_known_and_the_oldest_is_forgotten() -> None:
    """Doubled trades double a volume; unbounded memory ends a long run."""
    ids = RecentIds(most=2)
    assert ids.add("a")
    assert not ids.add("a")
    assert ids.add("b")
    assert ids.add("c")
    assert not ids.add("b")
    assert ids.add("a")
