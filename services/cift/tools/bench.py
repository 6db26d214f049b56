"""`cift bench`: measure the exchange on this machine, and write one JSON document.

In one run and for both durabilities: the bare floor (gRPC raw batch → JetStream append → reply) and
the mesh with the same request bytes and concurrency, on 1 and on 1,000 symbols, once with the order
plane alone and once with all that reads FILLS beside it; single orders and session messages at
fixed rates, open loop; each hop of the way of an order. Beside them the core's nanoseconds per
command and the disk's fsync. The load comes from a process of its own.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
from rich.table import Table

from cift.client import CiftError
from cift.kit.bus import LogReader, connect, shard_logs
from cift.kit.logging import configure
from cift.local.engines import Durability
from cift.local.mesh import LocalMesh, MeshError, MeshOptions
from cift.local.ports import HOST
from cift.matching.v1 import matching_service_pb2
from cift.tools import bench_floor
from cift.tools.bench_core import BenchError, run_core, unpacked
from cift.tools.bench_load import BATCH_METHOD, Load
from cift.tools.bench_machine import describe_machine, measure_fsync
from cift.tools.demo import demo_files
from cift.tools.mesh import Addresses, MeshClient, Trader, channel, fresh_token
from cift.tools.report import Latency, console

__all__ = ["Plan", "add_arguments", "measure", "run"]

FLOOR_OFFSET = 15
"""Port of the floor's server, within the mesh's block."""
FLOOR_SECONDS_MAX = 30.0
SETTLE_SECONDS_MAX = 60.0
PLANES = {
    "orders": frozenset({"analytics", "market_data"}),
    "all": frozenset[str](),
}
"""What is up: the way from a client to FILLS and back, or also all that reads FILLS."""
HOPS = ("client to ORDERS", "ORDERS to RISKED", "RISKED to FILLS", "FILLS to client")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure."""

    durabilities: tuple[Durability, ...] = ("fsync", "page-cache")
    symbols: tuple[int, ...] = (1, 1000)
    batch: int = 100
    in_flight: tuple[int, ...] = (16, 64)
    seconds: float = 4.0
    warm_up_seconds: float = 1.0
    unary_rates: tuple[int, ...] = (200, 500, 1000)
    session_rates: tuple[int, ...] = (500, 2000)
    hop_rate: int = 200
    """Of the unary rates, the one whose orders are followed hop by hop."""
    core: bool = True


QUICK = Plan(
    durabilities=("page-cache",),
    symbols=(1, 20),
    in_flight=(8,),
    seconds=0.5,
    warm_up_seconds=0.2,
    unary_rates=(100,),
    session_rates=(200,),
    hop_rate=100,
    core=False,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument(
        "--output", type=Path, default=Path("bench.json"), metavar="F", help="default: bench.json"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=4.0, help="of each measurement (default: 4)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="only see that every measurement still works"
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.1 <= seconds <= 3_600:
        raise argparse.ArgumentTypeError("must be from 0.1 to 3600")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Measure and write; 0: done, 2: the mesh cannot be measured."""
    configure("bench", "warning")
    plan = QUICK if args.quick else dataclasses.replace(Plan(), seconds=args.seconds)
    try:
        with tempfile.TemporaryDirectory(prefix="cift-bench-", ignore_cleanup_errors=True) as name:
            document = asyncio.run(measure(plan, Path(name)))
    except (MeshError, CiftError, BenchError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except grpc.aio.AioRpcError as error:
        print(f"bench: {error.code().name}: {error.details()}", file=sys.stderr)
        return 2
    args.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print_tables(document)
    console.print(f"bench: written to {args.output}", markup=False)
    return 0


async def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    """Carry out a plan in an empty folder; the document."""
    document: dict[str, Any] = {
        "time_unix_s": int(time.time()),
        "machine": describe_machine(),
        "fsync": measure_fsync(folder),
        "core": _measure_core(folder) if plan.core else {},
        "throughput": [],
        "latency": [],
        "hops": [],
    }
    for durability in plan.durabilities:
        for plane, without in PLANES.items():
            options = MeshOptions(
                data_dir=folder / f"{durability} {plane}", durability=durability, without=without
            )
            async with (
                LocalMesh(options) as mesh,
                MeshClient(Addresses.of_local(mesh), without=without) as client,
            ):
                bench = _Bench(plan, plane, mesh, client, document)
                await bench.prepare()
                await bench.latencies()
                await bench.throughputs()
    return document


class _Bench:
    """The measurements on one mesh."""

    def __init__(
        self,
        plan: Plan,
        plane: str,
        mesh: LocalMesh,
        client: MeshClient,
        document: dict[str, Any],
    ) -> None:
        self._plan = plan
        self._plane = plane
        self._mesh = mesh
        self._client = client
        self._document = document
        self._trader = Trader("", (), "")
        self._symbols: list[str] = []
        self._number = 0

    async def prepare(self) -> None:
        """Make the accounts and instruments."""
        token = fresh_token()
        self._symbols = [f"B{n}-{token}" for n in range(max(self._plan.symbols))]
        await self._client.create_instruments(self._symbols)
        self._trader = await self._client.create_trader(token, 2)

    async def throughputs(self) -> None:
        """Measure floor and mesh in turn, closed loop."""
        plan = self._plan
        for symbols in plan.symbols:
            for in_flight in plan.in_flight:
                async with self._floor() as address:
                    floor = await self._load(
                        "closed", symbols, address=address, method=bench_floor.METHOD,
                        in_flight=in_flight,
                    )  # fmt: skip
                before = cpu_seconds(self._mesh)
                mesh = await self._load("closed", symbols, method=BATCH_METHOD, in_flight=in_flight)
                await self._settle()
                after = cpu_seconds(self._mesh)
                self._document["throughput"].append(
                    {
                        "plane": self._plane,
                        "durability": self._mesh.options.durability,
                        "symbols": symbols,
                        "batch": plan.batch,
                        "in_flight": in_flight,
                        "floor": _rates(floor),
                        "mesh": _rates(mesh),
                        "mesh_of_floor": _per_second(mesh) / max(_per_second(floor), 1.0),
                        "cpu_us_per_order": {
                            name: 1e6 * (after[name] - before[name]) / mesh["commands_sent"]
                            for name in after
                        },
                    }
                )

    async def latencies(self) -> None:
        """Measure single orders and session messages at fixed rates, open loop."""
        plan = self._plan
        for kind, rates in (("open-unary", plan.unary_rates), ("open-session", plan.session_rates)):
            for rate in rates:
                follow = kind == "open-unary" and rate == plan.hop_rate
                result = await self._load(kind, 1, rate=rate, trace=follow)
                await self._settle()
                self._document["latency"].append(
                    {
                        "plane": self._plane,
                        "durability": self._mesh.options.durability,
                        "kind": kind.removeprefix("open-"),
                        "rate": rate,
                        "answered_per_s": _per_second(result),
                        "late": result["late"],
                        **result["latency"],
                    }
                )
                if follow:
                    await self._hops(rate, result["trace"])

    async def _hops(self, rate: int, trace: Sequence[tuple[int, int, int]]) -> None:
        """Split the way of each order by the times at which the server stored its messages."""
        bus = await connect(self._mesh.nats_url, "bench")
        try:
            first, last = trace[0][0], trace[-1][0]
            stored = [await _stored_ns(bus, log, first, last) for log in shard_logs().all()]
        finally:
            await bus.stop()
        hops: dict[str, list[int]] = {name: [] for name in HOPS}
        for sequence, sent_ns, answered_ns in trace:
            times = [sent_ns, *(by_sequence[sequence] for by_sequence in stored), answered_ns]
            for name, start, end in zip(HOPS, times[:-1], times[1:], strict=True):
                hops[name].append(end - start)
        self._document["hops"].append(
            {
                "plane": self._plane,
                "durability": self._mesh.options.durability,
                "rate": rate,
                **{name: Latency.of(values).as_json() for name, values in hops.items()},
            }
        )

    async def _load(self, kind: str, symbols: int, **fields: Any) -> dict[str, Any]:
        """Run the load generator once, in its own process."""
        load = {
            "kind": kind,
            "address": self._mesh.address("order_entry"),
            "key": self._trader.key,
            "accounts": list(self._trader.accounts),
            "symbols": self._symbols[:symbols],
            "batch": self._plan.batch,
            "seconds": self._plan.seconds,
            "warm_up_seconds": self._plan.warm_up_seconds,
            "first_number": self._number,
            **fields,
        }
        Load(**load)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cift.tools.bench_load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, said = await process.communicate(json.dumps(load).encode())
        if process.returncode != 0:
            raise BenchError(f"{kind} load: {said.decode().strip()[-2000:]}")
        result: dict[str, Any] = json.loads(output)
        self._number = result["next_number"]
        return result

    @contextlib.asynccontextmanager
    async def _floor(self) -> AsyncIterator[str]:
        """Run the floor's server."""
        address = f"{HOST}:{self._mesh.port_base + FLOOR_OFFSET}"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cift.tools.bench_floor", self._mesh.nats_url, address)
        )
        try:
            connection = channel(address)
            async with asyncio.timeout(FLOOR_SECONDS_MAX):
                await connection.channel_ready()
            await connection.close()
            yield address
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    async def _settle(self) -> None:
        """Wait until the readers of the log are through with it: they share the cores."""
        if "analytics" not in self._mesh.processes:
            return
        reached = (
            await self._client.matching.GetStatus(
                matching_service_pb2.GetStatusRequest(), metadata=self._client.admin_metadata
            )
        ).sequence
        async with asyncio.timeout(SETTLE_SECONDS_MAX):
            while True:
                if await self._client.projected() >= reached:
                    return
                await asyncio.sleep(0.1)


async def _stored_ns(bus: Any, log: Any, first: int, last: int) -> dict[int, int]:
    """Return when the server stored each message of a range."""
    times: dict[int, int] = {}
    async with LogReader(bus, log, after=first - 1) as reader:
        while reader.taken < last:
            for message in await reader.next_batch():
                times[message.sequence] = message.timestamp_ns
    return times


def _measure_core(folder: Path) -> dict[str, Any]:
    """Run the core's own benchmarks."""
    orders, trades = unpacked(demo_files(), folder)
    return {
        "engine": run_core(
            "bench", "bench_engine", ("--orders", str(orders), "--trades", str(trades))
        ),
        "risk": run_core("bench", "bench_risk", ("--orders", str(orders))),
    }


def _per_second(result: dict[str, Any]) -> float:
    return float(result["commands"] / result["seconds"])


def _rates(result: dict[str, Any]) -> dict[str, Any]:
    return {"orders_per_s": _per_second(result), "batch_latency": result["latency"]}


def cpu_seconds(mesh: LocalMesh) -> dict[str, float]:
    """Return the processor time that each process of a mesh, with its children, has used."""
    used = {}
    for name, process in mesh.processes.items():
        family = psutil.Process(process.pid)
        used[name] = sum(
            sum(member.cpu_times()[:2]) for member in (family, *family.children(recursive=True))
        )
    return used


def print_tables(document: dict[str, Any]) -> None:
    """Print what a person looks at first."""
    machine = document["machine"]
    console.print(
        f"{machine['processor']}, {machine['cores']} cores; fsync p50 "
        f"{document['fsync']['p50_us']:.0f} µs, p99 {document['fsync']['p99_us']:.0f} µs",
        markup=False,
    )
    table = Table("services", "durability", "symbols", "in flight", "floor/s", "mesh/s", "ratio")
    for row in document["throughput"]:
        table.add_row(
            row["plane"],
            row["durability"],
            str(row["symbols"]),
            str(row["in_flight"]),
            f"{row['floor']['orders_per_s']:,.0f}",
            f"{row['mesh']['orders_per_s']:,.0f}",
            f"{row['mesh_of_floor']:.0%}",
        )
    console.print(table)
    table = Table("services", "durability", "order by", "rate", "p50 µs", "p99 µs", "p99.9 µs")
    for row in document["latency"]:
        values = (f"{row[name]:,.0f}" for name in ("p50_us", "p99_us", "p999_us"))
        table.add_row(row["plane"], row["durability"], row["kind"], f"{row['rate']:,}", *values)
    console.print(table)
    table = Table("services", "durability", "hop", "p50 µs", "p99 µs")
    for row in document["hops"]:
        for name in HOPS:
            table.add_row(
                row["plane"],
                row["durability"],
                name,
                f"{row[name]['p50_us']:,.0f}",
                f"{row[name]['p99_us']:,.0f}",
            )
    console.print(table)
