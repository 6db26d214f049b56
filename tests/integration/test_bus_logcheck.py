"""Damaged logs are found and named: on the server's own files, and by every rule of the check."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from cift.kit.bus import (
    Bus,
    LogFault,
    LogHole,
    LogMismatch,
    LogMissing,
    LogSettings,
    LogShort,
    ReplayNeeded,
    connect,
    ensure_logs,
    ensure_risked,
    read_state,
)
from cift.kit.logcheck import Verified, check_links, check_start, replay, verify
from tests.support.fake_core import FakeReplayer, digest, header, orders_frame
from tests.support.nats import NatsServer
from tests.support.plane import LOGS, back, lay

SETTINGS = LogSettings()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats", fsync=True) as server:
        yield server


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    bus = await connect(server.url, "test")
    yield bus
    await bus.stop()


async def verified(bus: Bus) -> Verified:
    async with asyncio.timeout(20):
        return await verify(bus, LOGS, FakeReplayer(), digest=digest, header=header)


async def remake(bus: Bus, log: str, frames: dict[int, bytes], count: int) -> None:
    """Write a log again as it was, except for the frames given (b"" leaves one out)."""
    old = [
        (await bus.api(f"STREAM.MSG.GET.{log}", {"seq": place}))["message"]
        for place in range(1, count + 1)
    ]
    config = (await bus.api(f"STREAM.INFO.{log}"))["config"]
    await bus.api(f"STREAM.DELETE.{log}")
    await bus.api(f"STREAM.CREATE.{log}", config | {"deny_delete": False})
    for place, message in enumerate(old, 1):
        data = frames.get(place, base64.b64decode(message["data"]))
        await bus.request(message["subject"], data)
        if data == b"":
            await bus.api(f"STREAM.MSG.DELETE.{log}", {"seq": place})


async def test_good_logs_pass(bus: Bus) -> None:
    await lay(bus, 500)
    tails = await check_start(bus, LOGS)
    assert tails.notes == ()
    assert await check_links(bus, LOGS, tails, digest=digest, header=header) > 16
    steps: list[tuple[int, int]] = []
    found = await verify(
        bus, LOGS, FakeReplayer(), digest=digest, header=header,
        progress=lambda done, of: steps.append((done, of)),
    )  # fmt: skip
    assert (found.orders, found.risked, found.fills) == (500, 500, 500)
    assert found.state_hash != 0
    assert steps[-1] == (500, 500)


async def test_empty_and_missing_logs(bus: Bus) -> None:
    with pytest.raises(LogMissing, match="there is no such stream"):
        await check_start(bus, LOGS)
    await ensure_logs(bus, LOGS, SETTINGS)
    tails = await check_start(bus, LOGS)
    assert tails.risked is None
    assert "will be made anew" in tails.notes[0]
    assert (await verified(bus)).orders == 0


async def test_fills_behind_is_no_fault(bus: Bus) -> None:
    await lay(bus, 300, fills=120)
    found = await verified(bus)
    assert (found.orders, found.risked, found.fills) == (300, 300, 120)
    await replay(bus, LOGS, FakeReplayer(), 120)


async def test_orders_behind_its_effects_is_a_fault(bus: Bus) -> None:
    await ensure_logs(bus, LOGS, SETTINGS)
    await bus.request("orders.fills.A", b"f")
    with pytest.raises(LogShort, match="ORDERS 1: lost, the log ends at 0"):
        await check_start(bus, LOGS)
    await bus.request("orders.new.A", b"o")
    await ensure_risked(bus, LOGS, SETTINGS, first=2)
    await bus.request("orders.risked.A", b"r")
    with pytest.raises(LogShort, match="ORDERS 2: lost, the log ends at 1"):
        await check_start(bus, LOGS)


async def test_risked_that_begins_too_late_is_a_fault(bus: Bus) -> None:
    await ensure_logs(bus, LOGS, SETTINGS)
    for _ in range(9):
        await bus.request("orders.new.A", b"o")
    await ensure_risked(bus, LOGS, SETTINGS, first=5)
    with pytest.raises(LogHole, match="RISKED 1: missing") as hole:
        await check_start(bus, LOGS)
    assert "restart nats-server" in hole.value.advice


async def test_risked_that_is_being_made_anew_is_no_fault(bus: Bus) -> None:
    await lay(bus, 20)
    await bus.api("STREAM.DELETE.RISKED")
    await ensure_risked(bus, LOGS, SETTINGS, first=11)
    tails = await check_start(bus, LOGS)
    assert tails.notes == ("RISKED is being made anew: 10 of 20",)


@pytest.mark.parametrize(
    ("log", "frames", "said"),
    [
        ("FILLS", {7: b""}, "FILLS 7: missing, though the log goes on to 20"),
        ("ORDERS", {1: b""}, "ORDERS 1: missing"),
        ("FILLS", {9: b"FILLrubbish"}, "FILLS 9: can't be read"),
        ("ORDERS", {1: orders_frame(7, 1, 0, b"other")}, "RISKED 1: made from another input"),
        ("ORDERS", {1: b"rubbish"}, "ORDERS 1: can't be applied"),
    ],
)
async def test_differences_are_named(
    bus: Bus, log: str, frames: dict[int, bytes], said: str
) -> None:
    await lay(bus, 20)
    await remake(bus, log, frames, 20)
    with pytest.raises(LogFault) as fault:
        await verified(bus)
    assert str(fault.value).startswith(said)


async def test_the_first_difference_of_a_frame_is_named(bus: Bus) -> None:
    await lay(bus, 20)
    message = (await bus.api("STREAM.MSG.GET.FILLS", {"seq": 12}))["message"]
    frame = base64.b64decode(message["data"])
    for at, said in (
        (4, "FILLS 12: holds the message of place"),
        (12, "FILLS 12: made from another input"),
        (28, "FILLS 12: state hash is"),
        (60, "FILLS 12: byte 60 of"),
    ):
        changed = frame[:at] + bytes([frame[at] ^ 1]) + frame[at + 1 :]
        await remake(bus, "FILLS", {12: changed}, 20)
        with pytest.raises(LogMismatch) as fault:
            await verified(bus)
        assert str(fault.value).startswith(said)
        with pytest.raises(LogMismatch, match="FILLS 12: not what a replay of ORDERS gives: byte"):
            await replay(bus, LOGS, FakeReplayer(), 20)


def flip(content: bytes, at: float) -> bytes:
    place = int(len(content) * at)
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


@pytest.mark.parametrize("clean", [True, False], ids=["stopped", "killed"])
@pytest.mark.parametrize("log", ["ORDERS", "FILLS"])
@pytest.mark.parametrize(
    ("damage", "first", "last"),
    [
        (lambda content: flip(content, 0.5), 380, 430),
        (lambda content: flip(content, 0.9995), 800, 800),
        (lambda content: content[:-4000], 780, 800),
    ],
    ids=["flipped bit", "flipped bit in the last message", "truncated tail"],
)
async def test_damaged_files_are_found_and_named(
    server: NatsServer, bus: Bus, log: str, clean: bool,
    damage: Callable[[bytes], bytes], first: int, last: int,
) -> None:  # fmt: skip
    await lay(bus, 800)
    block = server.blocks(log)[-1]
    state = await read_state(bus, LOGS.orders if log == "ORDERS" else LOGS.fills)
    assert state is not None
    # FILLS is written behind its acknowledgements: what a kill takes of it is not the damage here.
    async with asyncio.timeout(5):
        while block.stat().st_size < state.bytes:
            await asyncio.sleep(0.01)
    (server.terminate if clean else server.kill)()
    block.write_bytes(damage(block.read_bytes()))
    server.start()
    await back(bus)
    fault: LogFault | None = None
    found: Verified | None = None
    try:
        found = await verified(bus)
    except LogFault as error:
        fault = error
    if found is not None:
        # FILLS came back shorter and whole: matching writes the rest again.
        assert log == "FILLS"
        assert first <= found.fills + 1 <= last
        return
    assert isinstance(fault, LogHole | LogShort)
    assert fault.log == log
    place = fault.last + 1 if isinstance(fault, LogShort) else fault.sequence
    assert first <= place <= last
    assert ("restore it from a copy" if log == "ORDERS" else "made anew") in str(fault)


async def test_a_server_that_goes_away_asks_for_another_replay(
    server: NatsServer, bus: Bus
) -> None:
    await lay(bus, 50)
    server.pause()
    replaying = asyncio.create_task(replay(bus, LOGS, FakeReplayer(), 60))
    await asyncio.sleep(0.1)
    server.restart()
    with pytest.raises(ReplayNeeded, match="the server came back"):
        await asyncio.wait_for(replaying, 15)
