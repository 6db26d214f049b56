"""A whole small order plane for tests: stages as processes, clients that retry, and the judge."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from cift.kit.bus import (
    Bus,
    JournalUnavailable,
    LogReader,
    LogSettings,
    OriginWriter,
    StageWriter,
    connect,
    ensure_logs,
    ensure_risked,
    shard_logs,
)
from cift.kit.logcheck import Verified, verify
from tests.support.fake_core import APPLIED, VOID, FakeReplayer, digest, header, orders_frame
from tests.support.nats import NatsServer

__all__ = ["Client", "StageProcess", "back", "judge", "lay", "wait_until"]

ROOT = Path(__file__).resolve().parents[2]
LOGS = shard_logs()


class StageProcess:
    """One risk or matching, which a test may kill, pause and start again."""

    def __init__(self, role: str, server: NatsServer) -> None:
        self.role = role
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    @property
    def output(self) -> Path:
        """What the process wrote."""
        return self._server.folder / f"{self.role}-{id(self):x}-{self._count}.log"

    def start(self) -> None:
        """Start the process; it may take a second to be ready."""
        assert self._process is None
        self._count += 1
        path = os.pathsep.join([str(ROOT), str(ROOT / "services")])
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.stage_process",
                 self.role, self._server.url],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": path}, cwd=ROOT,
            )  # fmt: skip

    async def ready(self, timeout_s: float = 20.0) -> None:
        """Wait until the stage has caught up."""
        await wait_until(self.is_ready, f"{self.role} is not ready", timeout_s)

    def is_ready(self) -> bool:
        """Whether the stage has said so; raises when it has ended."""
        assert self._process is not None
        text = self.output.read_text(errors="replace")
        if self._process.poll() is not None:
            raise AssertionError(f"{self.role} ended: {text[-2000:]}")
        return "\nready\n" in f"\n{text}"

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """SIGKILL."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """SIGKILL and start again."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: a zombie in the making."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        os.waitpid(self._process.pid, os.WUNTRACED)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


class Client:
    """One origin that publishes numbered batches, stamped with the FILLS it has seen."""

    def __init__(self, bus: Bus, symbol: str = "AMZN") -> None:
        self.writer = OriginWriter(bus, LOGS.orders)
        self.stored: dict[int, int] = {}
        """Batch number to the sequence that `publish` returned."""
        self.outcomes: dict[int, int] = {}
        """Batch number to the FILLS sequence at which it was first told."""
        self.seen = 0
        self.refused = 0
        self._bus = bus
        self._symbol = symbol
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read FILLS."""
        await self.writer.start()
        self._reading = asyncio.create_task(self._read())

    async def trade(self, count: int) -> None:
        """Publish `count` more batches, each until it is stored."""
        for _ in range(count):
            number = self.writer.next_batch
            frame = orders_frame(self.writer.origin, number, self.seen, b"o" * 64)
            while True:
                try:
                    self.stored[number] = await self.writer.publish(number, self._symbol, frame)
                    break
                except JournalUnavailable:
                    self.refused += 1
                    await asyncio.sleep(0.02)

    async def settled(self, timeout_s: float = 30.0) -> None:
        """Wait until every stored batch has an outcome."""
        await wait_until(
            lambda: self.outcomes.keys() >= self.stored.keys(),
            f"outcomes {len(self.outcomes)} of {len(self.stored)}, seen {self.seen}",
            timeout_s,
        )

    async def stop(self) -> None:
        """Release everything."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        await self.writer.stop()

    async def _read(self) -> None:
        async with LogReader(self._bus, LOGS.fills) as reader:
            async for message in reader:
                said = header(message.data)
                self.seen = message.sequence
                if said.origin == self.writer.origin and said.status == APPLIED:
                    assert said.batch not in self.outcomes, "one outcome twice"
                    self.outcomes[said.batch] = message.sequence
                    self.writer.outcome_known(said.batch, message.sequence)


async def back(bus: Bus, epoch: int = 1) -> None:
    """Wait until the connection was made anew `epoch` times in all."""
    await wait_until(lambda: bus.epoch >= epoch and bus.connected, "not connected again", 10.0)


async def wait_until(condition: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Poll a function until it is true."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(what) from None


async def lay(bus: Bus, count: int, *, fills: int | None = None, size: int = 200) -> None:
    """Write `count` messages of ORDERS with their RISKED, and their FILLS up to `fills`."""
    await ensure_logs(bus, LOGS, LogSettings())
    await ensure_risked(bus, LOGS, LogSettings(), first=1)
    for start in range(1, count + 1, 100):
        for number in range(start, min(start + 100, count + 1)):
            frame = orders_frame(7, number, number // 2, bytes(size))
            bus.publish("orders.new.AMZN", frame)
        await bus.request("$JS.API.INFO", timeout_s=10)
    replayer = FakeReplayer()
    writers = [StageWriter(bus, log) for log in (LOGS.risked, LOGS.fills)]
    for writer in writers:
        await writer.start(0)
    async with LogReader(bus, LOGS.orders) as reader:
        while reader.taken < count:
            for message in await reader.next_batch():
                place = message.sequence
                frames = replayer.apply(place, message.timestamp_ns, message.data)
                for writer, frame, last in zip(writers, frames, (count, fills), strict=True):
                    if last is None or place <= last:
                        await writer.put(place, f"{writer.log.prefix}.AMZN", frame)
    for writer in writers:
        assert await writer.drain(20)
        await writer.stop()


async def judge(url: str, *clients: Client) -> Verified:
    """Nothing lost, doubled, misaligned or out of order, and all of it can be replayed."""
    bus = await connect(url, "judge")
    try:
        verified = await verify(bus, LOGS, FakeReplayer(), digest=digest, header=header)
        applied: dict[int, list[tuple[int, int]]] = {}
        async with LogReader(bus, LOGS.fills) as reader:
            for place in range(1, verified.fills + 1):
                message = (await reader.next_batch(1))[0]
                said = header(message.data)
                assert (message.sequence, said.sequence) == (place, place)
                assert said.status != VOID, f"batch {said.batch} came before its predecessor"
                if said.status == APPLIED:
                    applied.setdefault(said.origin, []).append((said.batch, place))
        assert verified.orders == verified.risked_last == verified.fills
        for client in clients:
            done = applied[client.writer.origin]
            assert [batch for batch, _ in done] == list(range(1, len(done) + 1))
            assert dict(done) == client.outcomes
            assert all(dict(done)[batch] <= place for batch, place in client.stored.items())
    finally:
        await bus.stop()
    return verified
