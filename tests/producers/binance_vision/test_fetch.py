from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest

from producers.binance_vision.archive import wanted
from producers.binance_vision.fetch import AT_ONCE, Fetch, Outcome
from producers.binance_vision.part_file import FolderError
from producers.binance_vision.site import Patience
from tests.kit.vision_archive import Fault, VisionArchive, zipped

HASTY = Patience(attempts=3, stall_s=5, too_many_wait_s=0.05, backoff_base_s=0.01, backoff_cap_s=0.02)
FIRST, LAST = date(2025, 10, 10), date(2025, 10, 12)
FOLDER = "futures/um/daily/metrics/BTCUSDT"
BODY = zipped("x.csv", "rows\n" * 1000)


def name(day: int) -> str:
    return f"{FOLDER}/BTCUSDT-metrics-2025-10-{day}.zip"


def remote(day: int) -> str:
    return f"data/{name(day)}"


def archive(*days: int, faults: dict[str, list[Fault]] | None = None) -> VisionArchive:
    return VisionArchive({remote(day): BODY + bytes([day]) for day in days}, faults)


async def fetch(server: VisionArchive, into: Path, *, kind: str = "metrics") -> list[Outcome]:
    return await Fetch(into, base_url=server.url, patience=HASTY).run(wanted("um", ["BTCUSDT"], [kind], FIRST, LAST))


def saved(into: Path) -> list[str]:
    return sorted(str(path.relative_to(into)) for path in into.rglob("*") if path.is_file())


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


async def test_each_day_is_saved_under_the_path_it_has_on_the_server(tmp_path: Path) -> None:
    """The path alone tells the market of a table."""
    heard: list[Outcome] = []
    counted: list[int] = []
    async with archive(10, 11, 12) as server:
        run = Fetch(tmp_path, base_url=server.url, patience=HASTY, on_outcome=heard.append, on_bytes=counted.append)
        outcomes = await run.run(wanted("um", ["BTCUSDT"], ["metrics"], FIRST, LAST))
    assert saved(tmp_path) == sorted([name(day) + end for day in (10, 11, 12) for end in ("", ".CHECKSUM")])
    assert (tmp_path / name(11)).read_bytes() == BODY + b"\x0b"
    assert states(outcomes) == ["fetched"] * 3
    assert sorted(outcome.path for outcome in heard) == [outcome.path for outcome in outcomes]
    assert sum(counted) == sum(outcome.bytes for outcome in outcomes) == 3 * (len(BODY) + 1)


async def test_what_is_there_and_whole_is_not_fetched_again(tmp_path: Path) -> None:
    """Ctrl-C in a month of trades would cost the whole month."""
    async with archive(10, 11, 12) as server:
        await fetch(server, tmp_path)
        (tmp_path / name(11)).write_bytes(b"half")
        server.files[remote(12)] = BODY + b"corrected"
        server.asked.clear()
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["there", "fetched", "fetched"]
    assert remote(10) not in server.asked
    assert (tmp_path / name(11)).read_bytes() == BODY + b"\x0b"
    assert (tmp_path / name(12)).read_bytes() == BODY + b"corrected"


async def test_a_day_that_is_not_published_is_no_error_for_the_others(tmp_path: Path) -> None:
    """A venue's lost day would stand in the way of a year."""
    async with archive(10, 12) as server:
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["fetched", "not published", "fetched"]
    assert name(11) not in saved(tmp_path)


@pytest.mark.parametrize("faults", [[500], [503, 429], ["cut"], ["corrupt"], ["corrupt", 429, "cut"]])
async def test_what_goes_wrong_on_the_way_is_mended(tmp_path: Path, faults: list[Fault]) -> None:
    """A moment's trouble would leave a hole in the history."""
    async with archive(10, 11, 12, faults={remote(11): faults}) as server:
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["fetched"] * 3
    assert (tmp_path / name(11)).read_bytes() == BODY + b"\x0b"


async def test_a_body_with_another_sum_is_deleted_tried_once_more_and_told(tmp_path: Path) -> None:
    """A corrupt day would be judged as what happened."""
    async with archive(10, 11, 12, faults={remote(11): ["corrupt", "corrupt"]}) as server:
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["fetched", "failed", "fetched"]
    assert "is not what its .CHECKSUM says" in outcomes[1].reason
    assert server.asked.count(remote(11)) == 2
    assert saved(tmp_path) == sorted([name(day) + end for day in (10, 12) for end in ("", ".CHECKSUM")])


async def test_a_server_that_stays_broken_fails_its_file_alone(tmp_path: Path) -> None:
    """Two days of three would not be kept."""
    async with archive(10, 11, 12, faults={remote(11): [500] * 9}) as server:
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["fetched", "failed", "fetched"]
    assert outcomes[1].reason == "HTTP 500 (3 attempts)"


async def test_what_is_no_checksum_is_told(tmp_path: Path) -> None:
    """A page that asks for a login would be taken for an archive."""
    server = VisionArchive({remote(day) + ".CHECKSUM": b"<html>" * 4000 for day in (10, 11, 12)})
    async with server:
        outcomes = await fetch(server, tmp_path)
    assert states(outcomes) == ["failed"] * 3
    assert "is this the archive?" in outcomes[0].reason


async def test_the_month_is_fetched_only_where_not_a_day_of_it_is_there(tmp_path: Path) -> None:
    """Each trade of a day would come twice."""
    folder = "data/futures/um/{}/trades/BTCUSDT/BTCUSDT-trades-2025-10"
    month = folder.format("monthly") + ".zip"
    async with VisionArchive({month: BODY}) as server:
        outcomes = await fetch(server, tmp_path / "a", kind="trades")
        assert [(outcome.state, outcome.days) for outcome in outcomes] == [("fetched", 3)]
        assert (tmp_path / "a" / month.removeprefix("data/")).exists()
        server.files[folder.format("daily") + "-11.zip"] = BODY
        assert states(await fetch(server, tmp_path / "b", kind="trades")) == [
            "not published", "fetched", "not published",
        ]  # fmt: skip


async def test_no_more_than_a_few_are_on_the_way_at_once(tmp_path: Path) -> None:
    """A year of days would open hundreds of connections."""
    async with archive(10, 11, 12) as server:
        days = wanted("um", ["BTCUSDT", "ETHUSDT"], ["metrics", "bookDepth"], date(2025, 10, 1), LAST)
        await Fetch(tmp_path, base_url=server.url, patience=HASTY).run(days)
    assert 1 < server.most_at_once <= AT_ONCE


async def test_ctrl_c_leaves_no_half_file(tmp_path: Path) -> None:
    """Half a day would be read as a quiet evening."""
    async with archive(10, 11, 12, faults={remote(12): ["stall"]}) as server:
        others, heard = asyncio.Event(), list[Outcome]()

        def hear(outcome: Outcome) -> None:
            heard.append(outcome)
            if len(heard) == 2:
                others.set()

        run = Fetch(tmp_path, base_url=server.url, patience=HASTY, on_outcome=hear)
        running = asyncio.create_task(run.run(wanted("um", ["BTCUSDT"], ["metrics"], FIRST, LAST)))
        await server.half_way.wait()
        await others.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert saved(tmp_path) == sorted([name(day) + end for day in (10, 11) for end in ("", ".CHECKSUM")])


async def test_a_folder_that_cannot_be_written_ends_it_at_once(tmp_path: Path) -> None:
    """A year would be fetched and thrown away, day by day."""
    (tmp_path / "futures").write_bytes(b"")
    async with archive(10, 11, 12) as server:
        with pytest.raises(FolderError, match="futures"):
            await fetch(server, tmp_path)
