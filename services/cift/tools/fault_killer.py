"""The kills of a campaign: what is killed when, what is paused, and who stands in for it.

The plan follows from the seed: every victim in turn, in an order drawn anew each round. Every so
often a process is stopped with SIGSTOP while a twin takes its place; the old one is woken as a
zombie that believes nothing happened, both live for a while, then one of them is killed.
"""

import asyncio
import dataclasses
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cift.local.mesh import LocalMesh
from cift.local.ports import HOST
from cift.local.process import Process

__all__ = ["VICTIMS", "Killer"]

VICTIMS = ("order_entry", "risk", "matching", "market_data", "analytics", "nats")
TWINS = {"risk": 13, "matching": 12, "order_entry": 11}
"""Services that a twin can stand in for, with the offset of the twin's port."""
KILLS_PER_ZOMBIE = 6
PAUSE_SECONDS = (0.2, 1.2)
UP_SECONDS_MAX = 60.0


class Killer:
    """Carries out a seeded plan of kills on one mesh."""

    def __init__(
        self, mesh: LocalMesh, seed: int, *, told: Callable[[str], None] = lambda _text: None
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.zombies: Counter[str] = Counter()
        self.longest_restart_seconds = 0.0
        """Longest time from a kill until the victim was up again."""
        self.order_entries: list[str] = [mesh.address("order_entry")]
        """Addresses at which order entry may be reached just now."""
        self._mesh = mesh
        self._random = random.Random(f"{seed}.killer")
        self._told = told

    async def run(self, kills: int) -> None:
        """Kill `kills` times; returns when everything is up again."""
        victims = self._victims()
        while self.kills.total() < kills:
            if self._random.random() < 1 / KILLS_PER_ZOMBIE and self.kills:
                await self._zombie()
            elif self._random.random() < 0.15 and self.kills.total() + 2 <= kills:
                first, second = next(victims), next(victims)
                await asyncio.gather(self._kill(first), self._kill(second))
            else:
                await self._kill(next(victims))
            await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))
        await self._mesh.wait_ready(timeout_seconds=UP_SECONDS_MAX)

    def _victims(self) -> Iterator[str]:
        while True:
            yield from self._random.sample(VICTIMS, len(VICTIMS))

    async def _kill(self, name: str) -> None:
        """Kill one process; mostly wait until it is up again, sometimes not even that it starts."""
        process = self._mesh.processes[name]
        # Between its death and its next start there is nothing to kill.
        await _until(lambda: process.kill(signal.SIGKILL))
        self._count(name)
        started, restarts = time.monotonic(), process.restarts
        if self._random.random() < 0.75:
            await _until(lambda: process.restarts > restarts and process.state == "up")
            took = time.monotonic() - started
            self.longest_restart_seconds = max(self.longest_restart_seconds, took)

    async def _zombie(self) -> None:
        name = self._random.choice((*TWINS, "market_data", "nats"))
        process = self._mesh.processes[name]
        await _until(lambda: process.state == "up")
        self.zombies[name] += 1
        self._told(f"pause {name}")
        process.kill(signal.SIGSTOP)
        if name not in TWINS:
            await asyncio.sleep(self._random.uniform(0.5, 2.0))
            process.kill(signal.SIGCONT)
            return
        twin = await self._start_twin(process, TWINS[name])
        try:
            await asyncio.sleep(self._random.uniform(0.3, 1.5))
            self._told(f"wake {name}")
            process.kill(signal.SIGCONT)
            await asyncio.sleep(self._random.uniform(0.3, 1.5))
            if self._random.random() < 0.5:
                await self._kill(name)
                await _until(lambda: process.state == "up")
            elif twin.kill(signal.SIGKILL):
                self._count(name)
        finally:
            process.kill(signal.SIGCONT)
            self.order_entries[1:] = []
            await twin.stop()

    async def _start_twin(self, process: Process, port_offset: int) -> Process:
        """Start a second process of the same service, on a port of its own."""
        address = f"{HOST}:{self._mesh.port_base + port_offset}"

        async def serving() -> bool:
            async with grpc.aio.insecure_channel(address) as channel:
                stub = health_pb2_grpc.HealthStub(channel)
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1.5)
                return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        spec = process.spec
        twin = Process(
            dataclasses.replace(
                spec,
                name=f"{spec.name}-twin",
                address=address,
                log_path=spec.log_path.with_name(f"{spec.name}-twin.log"),
                environment={**spec.environment, "CIFT_LISTEN": address},
                probe=serving,
            ),
            lambda _process: None,
        )
        twin.supervised = False
        await twin.start()
        await _until(lambda: twin.state == "up")
        if spec.name == "order_entry":
            self.order_entries.append(address)
        return twin

    def _count(self, name: str) -> None:
        self.kills[name] += 1
        self._told(f"kill {self.kills.total()}: {name}")


async def _until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds, looked at fifty times a second."""
    async with asyncio.timeout(UP_SECONDS_MAX):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)
