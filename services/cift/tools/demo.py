"""`cift demo`: a whole exchange, a real order flow through it, and every trade proved.

Uses the full AMZN day when it lies beside the checkout, else the opening that ships with the tests.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import grpc

from cift.client import CiftError
from cift.common.v1 import types_pb2
from cift.local.mesh import LocalMesh, MeshError, MeshOptions
from cift.local.paths import DEPLOY
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.mesh import Addresses, MeshClient, bearer, fresh_token
from cift.tools.orderfile import OrderFile, OrderFileError, read_order_file
from cift.tools.replay import make_verifier, print_differences
from cift.tools.replay_mesh import MeshRun, replay_through_mesh
from cift.tools.report import Latency, console, latency_table, progress
from cift.tools.verify import Verifier

__all__ = ["DemoFiles", "add_arguments", "demo_files", "run"]

CHECKOUT = DEPLOY.parent
LEVELS = 5
BATCH = 250
UNARY_ORDERS = 1000


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """A recorded flow and what it must lead to."""

    what: str
    orders: Path
    trades: Path
    book: Path


FULL_DAY = CHECKOUT.parent / "shared" / "data" / "lobster"
OPENING = CHECKOUT / "tests" / "data"
FILES = (
    DemoFiles(
        "AMZN on Nasdaq, 21 June 2012, the whole day",
        FULL_DAY / "AMZN_5_replay_orders.csv.zst",
        FULL_DAY / "AMZN_5_replay_expected_trades.csv.zst",
        FULL_DAY / "AMZN_2012-06-21_34200000_57600000_orderbook_5.csv.zst",
    ),
    DemoFiles(
        "AMZN on Nasdaq, 21 June 2012, the opening",
        OPENING / "AMZN_open_orders.csv.zst",
        OPENING / "AMZN_open_expected_trades.csv.zst",
        OPENING / "AMZN_open_orderbook_5.csv.zst",
    ),
)


def demo_files(*, opening: bool = False) -> DemoFiles:
    """Return the whole day if it is there and `opening` does not say otherwise."""
    return FILES[1] if opening or not FILES[0].orders.exists() else FILES[0]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument(
        "--opening", action="store_true", help="only the opening, though the whole day is there"
    )
    parser.add_argument(
        "--durability", choices=("fsync", "page-cache"), default="fsync", help="default: fsync"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demonstration; 0: everything as expected, 1: not."""
    try:
        return asyncio.run(_demo(args))
    except (OrderFileError, MeshError, CiftError, ConnectionError) as error:
        print(f"demo: {error}", file=sys.stderr)
    except grpc.aio.AioRpcError as error:
        print(f"demo: {error.code().name}: {error.details()}", file=sys.stderr)
    return 1


async def _demo(args: argparse.Namespace) -> int:
    files = demo_files(opening=args.opening)
    file = read_order_file(files.orders)
    verifier = make_verifier(file, files.trades, files.book, LEVELS)
    console.print(files.what)
    with tempfile.TemporaryDirectory(prefix="cift-demo-", ignore_cleanup_errors=True) as folder:
        options = MeshOptions(data_dir=Path(folder), durability=args.durability)
        started = time.monotonic()
        async with LocalMesh(options) as mesh, MeshClient(Addresses.of_local(mesh)) as client:
            names = ", ".join(mesh.processes)
            console.print(f"up in {time.monotonic() - started:.1f} s: {names}")
            unary = await _unary(client)
            replayed = await _replay(client, file, verifier)
    verifier.finish()
    print_differences(verifier)
    console.print(
        latency_table(
            [
                (
                    f"session, messages of {BATCH} orders",
                    len(file.operations),
                    replayed.seconds,
                    replayed.latency,
                ),
                ("one order at a time", unary[1].count, unary[0], unary[1]),
            ]
        )
    )
    console.print(
        f"demo: {len(file.operations)} operations, {verifier.trades_seen} trades "
        f"({verifier.trades_expected} expected), {verifier.rows_checked} book rows checked, "
        f"{verifier.mismatches} mismatches",
        markup=False,
    )
    return 1 if verifier.mismatches else 0


async def _replay(client: MeshClient, file: OrderFile, verifier: Verifier) -> MeshRun:
    with progress() as bar:
        task = bar.add_task("orders", total=len(file.operations))
        return await replay_through_mesh(
            client,
            file,
            verifier,
            batch=BATCH,
            progressed=lambda done: bar.update(task, completed=done),
        )


async def _unary(client: MeshClient) -> tuple[float, Latency]:
    """Send single orders, each after the answer to the one before; seconds and latency."""
    token = fresh_token()
    symbol = f"UNARY-{token}"
    await client.create_instruments([symbol])
    trader = await client.create_trader(token, 2)
    metadata = bearer(trader.key)
    latencies = []
    started = time.perf_counter_ns()
    sides = itertools.cycle(
        ((types_pb2.SIDE_SELL, trader.accounts[0]), (types_pb2.SIDE_BUY, trader.accounts[1]))
    )
    for number, (side, account) in zip(range(UNARY_ORDERS), sides, strict=False):
        order = order_pb2.NewOrder(
            account=account,
            cl_ord_id=f"u{number}",
            symbol=symbol,
            side=side,
            ord_type=types_pb2.ORD_TYPE_LIMIT,
            quantity="10",
            price="100",
        )
        sent = time.perf_counter_ns()
        await client.order_entry.SubmitOrder(
            order_entry_service_pb2.SubmitOrderRequest(order=order), metadata=metadata
        )
        latencies.append(time.perf_counter_ns() - sent)
    return (time.perf_counter_ns() - started) / 1e9, Latency.of(latencies)
