"""`cift replay`: send a recorded day of orders, and compare every trade and every book with it.

`--via engine` calls the core in this process. `--via mesh` starts a mesh, or uses a running one,
and sends the orders as a client does, on one session for four accounts.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import grpc

from cift.client import CiftError
from cift.local.mesh import MeshError
from cift.tools.mesh import add_mesh_arguments, open_mesh
from cift.tools.orderfile import (
    OrderFile,
    OrderFileError,
    read_auctions,
    read_book_rows,
    read_order_file,
    read_trades,
)
from cift.tools.replay_engine import replay_through_engine
from cift.tools.replay_mesh import MeshRun, Progressed, replay_through_mesh
from cift.tools.report import console, latency_table, progress
from cift.tools.verify import Verifier

__all__ = ["add_arguments", "make_verifier", "print_differences", "run"]

LEVELS_DEFAULT = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("orders", type=Path, metavar="ORDERS", help="orders file, plain or .zst")
    parser.add_argument(
        "--instrument", type=Path, metavar="F", help="default: *.instrument.json beside ORDERS"
    )
    parser.add_argument("--expect-trades", type=Path, metavar="F", help="every trade there must be")
    parser.add_argument(
        "--expect-book", type=Path, metavar="F", help="the book after the last operation of a row"
    )
    parser.add_argument(
        "--levels",
        type=int,
        default=LEVELS_DEFAULT,
        metavar="N",
        help=f"levels of --expect-book to compare (default: {LEVELS_DEFAULT})",
    )
    parser.add_argument(
        "--expect-auctions", type=Path, metavar="F", help="where each auction must trade, and whom"
    )
    parser.add_argument("--via", choices=("mesh", "engine"), default="mesh", help="default: mesh")
    parser.add_argument(
        "--batch", type=int, default=250, help="commands in a session message, 1 to 1,000"
    )
    parser.add_argument(
        "--in-flight", type=int, default=16, help="session messages sent ahead of answers"
    )
    add_mesh_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Replay; 0: everything equal, 1: a difference, 2: the files or the mesh cannot be used."""
    try:
        if not 1 <= args.batch <= 1000 or args.in_flight < 1 or args.levels < 1:
            raise OrderFileError("--batch is 1 to 1,000, --in-flight and --levels at least 1")
        file = read_order_file(args.orders, args.instrument)
        verifier = make_verifier(
            file, args.expect_trades, args.expect_book, args.levels, args.expect_auctions
        )
        return _replay(args, file, verifier)
    except (OrderFileError, MeshError, CiftError, ConnectionError, ValueError) as error:
        print(f"replay: {error}", file=sys.stderr)
    except grpc.aio.AioRpcError as error:
        print(f"replay: {error.code().name}: {error.details()}", file=sys.stderr)
    return 2


def make_verifier(
    file: OrderFile,
    trades: Path | None,
    book: Path | None,
    levels: int,
    auctions: Path | None = None,
) -> Verifier:
    """Read what a file's results must be; None: not compared."""
    return Verifier(
        file.operations,
        read_trades(trades, file.instrument.quantity_scale) if trades else None,
        read_book_rows(book, levels) if book else None,
        read_auctions(auctions, file.instrument.quantity_scale) if auctions else None,
        price_factor=file.instrument.price_factor,
    )


def print_differences(verifier: Verifier) -> None:
    """Print the first differences and how many more there are."""
    for text in verifier.told:
        console.print(text, markup=False)
    if verifier.mismatches > len(verifier.told):
        console.print(f"… and {verifier.mismatches - len(verifier.told):,} more")


def _replay(args: argparse.Namespace, file: OrderFile, verifier: Verifier) -> int:
    count = len(file.operations)
    with progress() as bar:
        task = bar.add_task(f"{file.path.name} via {args.via}", total=count)

        def progressed(done: int) -> None:
            bar.update(task, completed=done)

        if args.via == "engine":
            engine = replay_through_engine(file, verifier, progressed=progressed)
            rows = [("engine, one command", count, engine.seconds, engine.latency)]
            refused = engine.refused
        else:
            mesh = asyncio.run(_through_mesh(args, file, verifier, progressed))
            what = f"mesh, session message of {args.batch}"
            rows = [(what, count, mesh.seconds, mesh.latency)]
            refused = mesh.refused
    verifier.finish()
    print_differences(verifier)
    console.print(latency_table(rows))
    console.print(_result_line(file, verifier, refused), markup=False)
    return 1 if verifier.mismatches else 0


async def _through_mesh(
    args: argparse.Namespace, file: OrderFile, verifier: Verifier, progressed: Progressed
) -> MeshRun:
    async with open_mesh(args) as mesh:
        return await replay_through_mesh(
            mesh,
            file,
            verifier,
            batch=args.batch,
            in_flight=args.in_flight,
            progressed=progressed,
        )


def _result_line(file: OrderFile, verifier: Verifier, refused: int) -> str:
    parts = [f"replay: {len(file.operations)} operations"]
    if refused:
        parts.append(f"{refused} of them refused")
    if verifier.expected_trades is None:
        parts.append(f"{verifier.trades_seen} trades")
    else:
        parts.append(f"{verifier.trades_equal} trades of {verifier.trades_expected} equal")
    if verifier.expected_auctions is not None:
        parts.append(f"{verifier.auctions_equal} auctions of {verifier.auctions_expected} equal")
    if verifier.rows is not None:
        parts.append(f"{verifier.rows_equal} book rows of {verifier.rows_expected} equal")
    return ", ".join([*parts, f"{verifier.mismatches} differences"])
