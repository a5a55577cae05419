from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from producers.clock import END_OF_RECORDING_NS
from producers.merge import ReceiveTimeMerge, Source

SOURCES: list[Source] = [("a", "market"), ("a", "public"), ("b", "public")]

Frames = list[tuple[int, Source]]


@given(
    frames=st.lists(st.tuples(st.integers(1, 20), st.sampled_from(SOURCES)), max_size=60),
    answers=st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["a", "b"])), max_size=4),
    seed=st.randoms(use_true_random=False),
)
def test_any_interleaving_of_the_sockets_gives_the_order_of_the_file(
    frames: Frames, answers: list[tuple[int, str]], seed: st.DataObject
) -> None:
    """Two runs over the same recording would give different alerts."""
    recorded = sorted(frames)
    numbered = [(recv_ns, source, number) for number, (recv_ns, source) in enumerate(recorded)]
    queues = {source: [frame for frame in numbered if frame[1] == source] for source in SOURCES}
    merge: ReceiveTimeMerge[object] = ReceiveTimeMerge()
    for source in SOURCES:
        merge.join(source)
    for number, (recv_ns, venue) in enumerate(answers):
        merge.insert(venue, recv_ns, ("answer", number))
    released: list[tuple[int, Source, object]] = []
    while any(queues.values()):
        source = seed.choice([source for source in SOURCES if queues[source]])  # type: ignore[attr-defined]
        recv_ns, _, number = queues[source].pop(0)
        merge.mark(source, recv_ns)
        merge.put(source, number)
        released += merge.ready()
    for source in SOURCES:
        merge.mark(source, END_OF_RECORDING_NS)
    released += merge.ready()

    file_order = sorted(
        [(recv_ns, source, 0, number) for recv_ns, source, number in numbered]
        + [(recv_ns, (venue, ""), -1, number) for number, (recv_ns, venue) in enumerate(answers)],
        key=lambda entry: (entry[0], entry[1]),
    )
    assert [(recv_ns, source) for recv_ns, source, _ in released] == [entry[:2] for entry in file_order]
    for source, group in groupby(sorted(released, key=lambda entry: entry[1]), key=lambda entry: entry[1]):
        if source[1]:
            assert [item for _, _, item in group] == [frame[2] for frame in numbered if frame[1] == source]
    assert merge.ended


def test_one_silent_socket_holds_all_others_back() -> None:
    """What it still has to say would arrive behind younger frames."""
    merge: ReceiveTimeMerge[str] = ReceiveTimeMerge()
    for source in SOURCES[:2]:
        merge.join(source)
    merge.mark(SOURCES[0], 10)
    merge.put(SOURCES[0], "young")
    assert not list(merge.ready())
    merge.mark(SOURCES[1], 10)
    assert not list(merge.ready())
    merge.mark(SOURCES[1], 11)
    assert not list(merge.ready())
    merge.mark(SOURCES[0], 11)
    assert list(merge.ready()) == [(10, SOURCES[0], "young")]


def test_a_reader_that_stops_in_the_middle_loses_nothing() -> None:
    """Frames behind a book that is being fetched would vanish."""
    merge: ReceiveTimeMerge[int] = ReceiveTimeMerge()
    merge.join(SOURCES[0])
    for number in range(1, 5):
        merge.mark(SOURCES[0], number)
        merge.put(SOURCES[0], number)
    merge.mark(SOURCES[0], END_OF_RECORDING_NS)
    first = next(merge.ready())
    merge.insert("a", 2, 20)
    assert [first[2], *(item for _, _, item in merge.ready())] == [1, 20, 2, 3, 4]


def test_a_mark_that_goes_back_is_not_believed() -> None:
    """A reconnected socket would reopen a past that was already published."""
    merge: ReceiveTimeMerge[str] = ReceiveTimeMerge()
    merge.join(SOURCES[0])
    merge.mark(SOURCES[0], 10)
    merge.mark(SOURCES[0], 5)
    assert merge.watermark_ns == 10
