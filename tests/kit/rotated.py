"""The same frames recorded twice: in one file a venue, and in many. And a small market to record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from producers.record import Recorder
from producers.record_folder import RecordingFolder, Room
from producers.recording import rest_answer, rest_line
from producers.replay import Replay
from producers.rotation import Rotation, VenueRecording
from producers.venue_server.timeline import Frame
from producers.venues.registry import venue, venues_of
from schemas.base import Event
from schemas.instrument import Instrument

T0 = 1_723_161_255_000_000_000
STEP_NS = 50_000_000
USDM = "binance-usdm"
_MS = T0 // 10**6
FETCHED = b'{"lastUpdateId":25,"E":%d,"T":%d,"bids":[["100.0","1"],["99.0","2"]],"asks":[["101.0","3"]]}' % (_MS, _MS)
"""A book that the third update fits."""

NO_LIMIT = Room(keep_free_bytes=0)
Markets = Mapping[str, Sequence[Instrument]]
"""By venue id."""


def market() -> Instrument:
    """The one that `update` is about."""
    found = venue(USDM).infer_instrument("BTCUSDT", T0)
    assert found is not None
    return found


def update(number: int) -> bytes:
    """The n-th book update of the market; its ids are n*10-9 … n*10, and its best bid's quantity is n."""
    last, ms = number * 10, (T0 + number * STEP_NS) // 10**6
    data = f'"e":"depthUpdate","E":{ms},"T":{ms},"s":"BTCUSDT","U":{last - 9},"u":{last},"pu":{last - 10}'
    return f'{{"stream":"btcusdt@depth@0ms","data":{{{data},"b":[["100.0","{number}"]],"a":[]}}}}'.encode()


def updates(first: int, last: int) -> list[Frame]:
    """Updates as they are received, the book between the third and the fourth."""
    frames: list[Frame] = []
    for number in range(first, last + 1):
        frames.append((T0 + number * STEP_NS, USDM, update(number)))
        if number == 3:
            frames.append((T0 + number * STEP_NS + 1, USDM, rest_line("book", FETCHED, "BTCUSDT")))
    return frames


def whole(frames: Iterable[Frame], folder: Path, markets: Markets) -> list[Path]:
    """One file for each venue."""
    folder.mkdir()
    recorders = {
        venue_id: Recorder(folder / f"{venue_id}.zst", venue_id=venue_id, instruments=known).__enter__()
        for venue_id, known in markets.items()
    }
    for recv_ns, venue_id, raw in frames:
        if venue_id in recorders:
            recorders[venue_id].frame(recv_ns, raw)
    for recorder in recorders.values():
        recorder.__exit__(None, None, None)
    return [recorder.path for recorder in recorders.values()]


def take(recording: VenueRecording, frame: Frame) -> None:
    """Hand a frame or a REST answer to a recording, as a fleet does."""
    recv_ns, _, raw = frame
    answer = rest_answer(raw)
    if answer is None:
        recording.frame(recv_ns, raw)
    else:
        recording.answer(recv_ns, answer.rest, bytes(answer.body), answer.symbol)


def rotated(frames: Iterable[Frame], folder: Path, markets: Markets, rotation: Rotation) -> list[Path]:
    """As many files as the rotation makes of it, by venue and age."""
    with RecordingFolder(folder, NO_LIMIT) as kept:
        recordings = {
            venue_id: VenueRecording(folder=kept, venue=venue(venue_id), instruments=known, rotation=rotation)
            for venue_id, known in markets.items()
        }
        for frame in frames:
            if frame[1] in recordings:
                take(recordings[frame[1]], frame)
        for recording in recordings.values():
            recording.end()
    return [path for venue_id in markets for path in by_age(folder.glob(f"{venue_id}-*.zst"))]


def by_age(paths: Iterable[Path]) -> list[Path]:
    """In the order in which they were begun: several of one second are numbered."""
    return sorted(paths, key=lambda path: [int(part) if part.isdigit() else part for part in path.stem.split("-")])


def replayed(*paths: Path) -> list[Event]:
    """What a replay of these files publishes."""
    return [event for batch in Replay(paths, venues=venues_of("all")) for event in batch]
