"""`LocalMesh`: engines and services of one exchange as supervised processes.

`cift up`, the demonstration, the tests and the fault campaign all use this class. It starts
nats-server and PostgreSQL, prepares the database, then the services, readers of the log first, so
that the last to come is the one that takes orders; it stops them the other way round.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cift.kit.lifecycle import EXIT_CONFIG, StartError
from cift.local import paths
from cift.local.engines import Durability, EngineError, PostgresEngine, nats_spec
from cift.local.folder import FolderError, MeshFolder, created
from cift.local.migrate import prepare_database
from cift.local.ports import HOST, PortTakenError, find_block, port_is_free
from cift.local.process import Process, ProcessSpec
from cift.local.seed import read_keys, read_seed

__all__ = ["NATS_OFFSET", "SERVICES", "LocalMesh", "MeshError", "MeshOptions", "ServiceSpec"]

NATS_OFFSET, NATS_MONITOR_OFFSET, POSTGRES_OFFSET = 20, 21, 22
PORTS_WAIT_SECONDS = 5.0
CRASHES_BEFORE_GIVING_UP = 3


class MeshError(StartError):
    """The mesh cannot start; the message is one line of help."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service: a Python process that answers gRPC health on its port."""

    name: str
    port_offset: int
    nice: int = 0
    command: tuple[str, ...] = ()
    """Empty: `python -m cift.<name>`."""


# In starting order. What only reads gives way to what an order waits for.
SERVICES = (
    ServiceSpec("analytics", 4, nice=19),
    ServiceSpec("market_data", 5, nice=2),
    ServiceSpec("matching", 2),
    ServiceSpec("risk", 3),
    ServiceSpec("order_entry", 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshOptions:
    """How to set up a local mesh."""

    data_dir: Path
    port_base: int | None = None
    """None: a block of free ports, held for as long as the mesh lives."""
    durability: Durability = "fsync"
    without: frozenset[str] = frozenset()
    services: tuple[ServiceSpec, ...] = SERVICES
    environment: dict[str, str] = field(default_factory=dict)
    """Settings for the services on top of those that the mesh itself makes."""
    demo_data: bool = True
    start_seconds: float = 120.0
    """Longest time that a start may take; a long log takes its time to replay."""


class LocalMesh:
    """A mesh on this machine; use as `async with LocalMesh(options) as mesh`."""

    def __init__(
        self, options: MeshOptions, *, changed: Callable[[Process], None] | None = None
    ) -> None:
        unknown = options.without - {service.name for service in options.services}
        if unknown:
            raise MeshError(f"no such service: {', '.join(sorted(unknown))}")
        self.options = options
        self.folder = MeshFolder(options.data_dir)
        self.processes: dict[str, Process] = {}
        """By name, in starting order."""
        self.port_base = 0
        self.nats_url = ""
        self.nats_monitor_url = ""
        self.postgres_dsn = ""
        self.keys: dict[str, str] = (
            read_keys(read_seed(paths.DEMO_SEED)) if options.demo_data else {}
        )
        """Development keys by name: read, trade, admin, other."""
        self._notify = changed
        self._guard: socket.socket | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start everything and return when it is up; on `MeshError` all of it is stopped."""
        try:
            async with asyncio.timeout(self.options.start_seconds):
                await self._start()
        except TimeoutError:
            waiting = [name for name, p in self.processes.items() if p.state != "up"]
            await self.stop()
            raise MeshError(
                f"not up after {self.options.start_seconds:.0f} s: {', '.join(waiting)}; "
                f"see {self.folder.logs}"
            ) from None
        except (EngineError, FolderError, PortTakenError) as error:
            await self.stop()
            raise MeshError(str(error)) from error
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything, the way orders take first; data stays. Twice does no harm."""
        for process in reversed(self.processes.values()):
            await process.stop()
        if self.processes:
            self.folder.forget()
        self.processes.clear()
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        self.folder.close()

    def address(self, name: str) -> str:
        """host:port of a service, of `nats` or of `postgres`."""
        return self.processes[name].spec.address

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal to a process; False when none runs under that name just now."""
        return self.processes[name].kill(number)

    async def restart(self, name: str) -> None:
        """Stop one process cleanly and start it again; returns when it is up."""
        await self.processes[name].restart()
        await self.wait_ready(name)

    async def supervise(self, on: bool) -> None:
        """Restart crashed processes, as a new mesh does, or leave them dead.

        Switching it on again starts those that died meanwhile.
        """
        for process in self.processes.values():
            process.supervised = on
            if on:
                await process.start()

    async def wait_ready(self, *names: str, timeout_seconds: float = 60.0) -> None:
        """Return when the named processes, or all, are up."""
        wanted = [self.processes[name] for name in names or self.processes]
        try:
            async with asyncio.timeout(timeout_seconds):
                while not all(process.state == "up" for process in wanted):
                    _raise_if_hopeless(wanted)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            late = ", ".join(p.spec.name for p in wanted if p.state != "up")
            raise MeshError(f"not up after {timeout_seconds:.0f} s: {late}") from None

    def describe(self) -> dict[str, Any]:
        """What `mesh.json` says."""
        return {
            "supervisor": os.getpid(),
            "data_dir": str(self.folder.path),
            "port_base": self.port_base,
            "durability": self.options.durability,
            "nats_url": self.nats_url,
            "nats_monitor_url": self.nats_monitor_url,
            "postgres_dsn": self.postgres_dsn,
            "clickhouse_path": str(self.folder.path / "clickhouse"),
            "keys": self.keys,
            "processes": {
                name: {
                    "address": process.spec.address,
                    "state": process.state,
                    "pid": process.pid,
                    "created": None if process.pid is None else created(process.pid),
                    "restarts": process.restarts,
                    "log": str(process.spec.log_path),
                }
                for name, process in self.processes.items()
            },
        }

    async def _start(self) -> None:
        self.folder.open()
        services = [s for s in self.options.services if s.name not in self.options.without]
        await self._take_ports(services)
        durability, logs = self.options.durability, self.folder.logs
        nats_port = self.port_base + NATS_OFFSET
        monitor_port = self.port_base + NATS_MONITOR_OFFSET
        postgres = PostgresEngine(
            self.folder.path, self.port_base + POSTGRES_OFFSET, durability, logs / "postgres.log"
        )
        self.nats_url = f"nats://{HOST}:{nats_port}"
        self.nats_monitor_url = f"http://{HOST}:{monitor_port}"
        nats_log = logs / "nats.log"
        await self._launch(
            nats_spec(self.folder.path, nats_port, monitor_port, durability, nats_log)
        )
        await postgres.prepare()
        self.postgres_dsn = postgres.dsn
        await self._launch(postgres.spec())
        await self.wait_ready("nats", "postgres", timeout_seconds=self.options.start_seconds)
        await postgres.create_database()
        await prepare_database(
            self.postgres_dsn, demo=paths.DEMO_SEED if self.options.demo_data else None
        )
        for service in services:
            await self._launch(self._service_spec(service))
        await self.wait_ready(timeout_seconds=self.options.start_seconds)
        self.folder.write(self.describe())

    async def _launch(self, spec: ProcessSpec) -> None:
        process = Process(spec, self._process_changed)
        self.processes[spec.name] = process
        await process.start()

    def _process_changed(self, process: Process) -> None:
        # From the first process on, so that the next supervisor finds what this one may leave.
        with contextlib.suppress(OSError):
            self.folder.write(self.describe())
        if self._notify is not None:
            self._notify(process)

    async def _take_ports(self, services: Iterable[ServiceSpec]) -> None:
        names = {service.port_offset: service.name for service in services}
        names |= {NATS_OFFSET: "nats", NATS_MONITOR_OFFSET: "nats", POSTGRES_OFFSET: "postgres"}
        if self.options.port_base is None:
            self.port_base, self._guard = find_block(tuple(names))
            return
        self.port_base = self.options.port_base
        if not 1 <= self.port_base <= 65535 - max(names):
            raise MeshError(f"port base {self.port_base} leaves no room for ports: choose another")
        deadline = asyncio.get_running_loop().time() + PORTS_WAIT_SECONDS
        for offset, name in sorted(names.items()):
            port = self.port_base + offset
            # A mesh that was killed just now may still be letting go of its ports.
            while not port_is_free(port):
                if asyncio.get_running_loop().time() > deadline:
                    raise MeshError(
                        f"port {port}, for {name}, is taken: stop what listens there, "
                        "or choose another --port-base"
                    )
                await asyncio.sleep(0.1)

    def _service_spec(self, service: ServiceSpec) -> ProcessSpec:
        address = f"{HOST}:{self.port_base + service.port_offset}"

        async def serving() -> bool:
            return await _grpc_serving(address)

        return ProcessSpec(
            name=service.name,
            command=service.command or (sys.executable, "-m", f"cift.{service.name}"),
            address=address,
            log_path=self.folder.logs / f"{service.name}.log",
            probe=serving,
            nice=service.nice,
            environment={
                "PYTHONUNBUFFERED": "1",
                "CIFT_NATS_URL": self.nats_url,
                "CIFT_POSTGRES_DSN": self.postgres_dsn,
                "CIFT_CLICKHOUSE_DSN": "",
                "CIFT_LISTEN": address,
                "CIFT_SHARD": "0",
                "CIFT_DATA_DIR": str(self.folder.path),
                "CIFT_DEVELOPMENT": "1",
                **self.options.environment,
            },
        )


def _raise_if_hopeless(processes: Iterable[Process]) -> None:
    """Give up on a process that says its settings are wrong, or that keeps crashing."""
    for process in processes:
        refused = process.failures > 0 and process.exit_status == EXIT_CONFIG
        if refused or process.failures >= CRASHES_BEFORE_GIVING_UP:
            raise MeshError(
                f"{process.spec.name} does not start: {process.last_words() or 'it says nothing'} "
                f"(log: {process.spec.log_path})"
            )


async def _grpc_serving(address: str) -> bool:
    """Whether the server at `address` says SERVING."""
    # A pool of its own: after a refused connection the shared one would wait before the next try.
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1.5)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
