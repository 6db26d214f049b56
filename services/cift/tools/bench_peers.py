"""`make bench-peers`: the core from Python beside engines that PyPI has, on the same day.

The flow is a day of AMZN without its amends, which none of the peers has; where they have no
immediate-or-cancel order either, what is left is cancelled by a second call. `FastOrderBook` plays
it one call at a time, as arrays of requests (`send`) and as arrays of commands (`apply`), and the
whole day with its amends as well. The peers are installed into a temporary virtual environment of
their own, and every trade of theirs is compared with the core's.

Everyone has the day in memory before the clock runs, in the form that is nearest: the calls and the
peers as tuples of Python's numbers, `send` as an array of requests, as one who has a file would
read it, `apply` as columns, of which its commands are made while the clock runs. What comes back is
kept by all, and read when the clock has stopped.
"""

import argparse
import functools
import gc
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from cift.tools import bench_peer_books
from cift.tools.bench_core import BenchError, read_json
from cift.tools.bench_machine import describe_machine
from cift.tools.demo import demo_files
from cift.tools.orderfile import Operation, read_operations
from cift.tools.report import console
from cift_core import Event, FastOrderBook, command_dtype, request_dtype

__all__ = ["main", "measure"]

REQUIREMENTS = (
    "lightmatchingengine==2019.1.4",
    "pyorderbook==0.4.9",
    "order-matching[polars]==0.12.0",
)
RUNS = 3
BATCH = 4096
INSTALL_SECONDS_MAX = 300.0
PEER_SECONDS_MAX = 20.0
"""What a peer may take for one run of the flow; it stops there."""

Trade = tuple[int, int, int, int]
"""Place of the operation in the flow, number of the order that rested, price, quantity."""
Flow = list[Operation]


@dataclass(frozen=True, slots=True)
class Played:
    """What one engine did with a flow."""

    name: str
    flow: str
    operations: int
    of: int
    """Operations that the flow has."""
    seconds: float
    trades: list[Trade]

    @property
    def per_second(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 0: done, 1: trades differ, 2: cannot measure."""
    parser = argparse.ArgumentParser(prog="bench-peers", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("bench-peers.json"), metavar="F")
    parser.add_argument("--quick", action="store_true", help="only the opening, one run each")
    args = parser.parse_args(argv)
    try:
        document = measure(quick=args.quick)
    except BenchError as error:
        print(f"bench-peers: {error}", file=sys.stderr)
        return 2
    args.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print_table(document)
    console.print(f"bench-peers: written to {args.output}", markup=False)
    return 0 if all(row["trades_agree"] for row in document["engines"]) else 1


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure core and peers in turn; the document."""
    runs = 1 if quick else RUNS
    document = {"time_unix_s": int(time.time()), "machine": describe_machine()}
    files = demo_files(opening=quick)
    day = numbered(list(read_operations(files.orders)))
    common = [one for one in day if one.op != "amend"]
    with tempfile.TemporaryDirectory(prefix="cift-bench-peers-") as name:
        python = install(Path(name))
        parts = {"without amends": common, "whole": day}
        played = [
            best(runs, functools.partial(play, name, flow))
            for name, flow in parts.items()
            for play in (one_by_one, in_requests, in_batches)
        ]
        played.extend(
            best(runs, functools.partial(play_peer, python, package, common))
            for package in bench_peer_books.PEERS
        )
    right = played[0].trades
    whole = next(one.trades for one in played if one.flow == "whole")
    fastest = max(one.per_second for one in played if not one.name.startswith("CIFT"))
    document["day"] = files.what
    document["amends"] = len(day) - len(common)
    document["engines"] = [
        {
            "engine": one.name,
            "flow": one.flow,
            "operations": one.operations,
            "of_operations": one.of,
            "seconds": one.seconds,
            "operations_per_s": one.per_second,
            "of_fastest_peer": one.per_second / fastest,
            "trades": len(one.trades),
            "trades_agree": one.trades
            == [t for t in (whole if one.flow == "whole" else right) if t[0] < one.operations],
        }
        for one in sorted(played, key=lambda one: -one.per_second)
    ]
    return document


def best(runs: int, play: Callable[[], Played]) -> Played:
    """Return the fastest of some runs; one that was cut short is not made again."""
    best_yet = play()
    for _ in range(runs - 1):
        if best_yet.operations < best_yet.of:
            break
        again = play()
        if again.per_second > best_yet.per_second:
            best_yet = again
    return best_yet


def numbered(operations: Flow) -> Flow:
    """Give orders the numbers 1, 2, 3 … for names, as text."""
    numbers: dict[str, str] = {}
    for one in operations:
        numbers.setdefault(one.id, str(len(numbers) + 1))
    return [one._replace(id=numbers[one.id]) for one in operations]


def install(folder: Path) -> Path:
    """Make a virtual environment with the peers; its Python."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    try:
        done = subprocess.run(
            (*pip, "--retries", "1", "--timeout", "15", *REQUIREMENTS),
            capture_output=True,
            check=False,
            text=True,
            timeout=INSTALL_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"pip took more than {INSTALL_SECONDS_MAX:.0f} s") from error
    if done.returncode != 0:
        why = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
        raise BenchError(
            f"the peers come from a package index, and pip could not get them: {why[0]}"
        )
    return python


def one_by_one(name: str, flow: Flow) -> Played:
    """Play a flow with one call for each operation."""
    book = FastOrderBook()
    calls = [
        (one.op, int(one.id), one.side, one.tif.lower(), one.price, one.quantity) for one in flow
    ]
    results: list[list[Event]] = []
    keep, submit, cancel, replace = results.append, book.submit, book.cancel, book.replace
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    for op, number, side, tif, price, quantity in calls:
        if op == "new":
            keep(submit(number, side, price, quantity, "limit", tif))
        elif op == "cancel":
            keep(cancel(number))
        else:
            keep(replace(number, price or None, None, quantity))
    seconds = time.perf_counter() - started
    gc.enable()
    trades = [
        (place, event.order_id, event.last_price, event.last_quantity)
        for place, events in enumerate(results)
        for event in events
        if event.liquidity == "maker"
    ]
    return Played("CIFT, call by call", name, len(flow), len(flow), seconds, trades)


def in_requests(name: str, flow: Flow) -> Played:
    """Play a flow as arrays of requests, which are there before the clock runs."""
    book = FastOrderBook()
    requests = np.zeros(len(flow), request_dtype())
    for key, column in columns_of(flow).items():
        requests[key] = column
    send = book.send
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    results = [send(requests[first : first + BATCH]) for first in range(0, len(flow), BATCH)]
    seconds = time.perf_counter() - started
    gc.enable()
    trades: list[Trade] = []
    for batch, (_answers, deals) in enumerate(results):
        places = deals["request"].astype(np.int64) + batch * BATCH
        values = (deals[key].tolist() for key in ("resting_id", "price", "quantity"))
        trades.extend(zip(places.tolist(), *values, strict=True))
    name_of = f"CIFT, send, {BATCH} at a time"
    return Played(name_of, name, len(flow), len(flow), seconds, trades)


def in_batches(name: str, flow: Flow) -> Played:
    """Play a flow as arrays of commands, made of columns while the clock runs."""
    book = FastOrderBook()
    arrays = columns_of(flow)
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    events = [
        book.apply(records(arrays, first, min(first + BATCH, len(flow))))
        for first in range(0, len(flow), BATCH)
    ]
    seconds = time.perf_counter() - started
    gc.enable()
    trades: list[Trade] = []
    for batch, found in enumerate(events):
        makers = found[found["liquidity"] == 1]
        places = makers["command_index"].astype(np.int64) + batch * BATCH
        values = (makers[key].tolist() for key in ("order_id", "last_price", "last_quantity"))
        trades.extend(zip(places.tolist(), *values, strict=True))
    name_of = f"CIFT, apply, {BATCH} at a time"
    return Played(name_of, name, len(flow), len(flow), seconds, trades)


def columns_of(flow: Flow) -> dict[str, NDArray[np.int64]]:
    """Give the columns of a flow as commands and requests have them."""
    # New order, cancel and replace are 1, 2 and 3; flag 1: the quantity is what shall be open.
    columns = {
        "kind": [("new", "cancel", "amend").index(one.op) + 1 for one in flow],
        "flags": [int(one.op == "amend") for one in flow],
        "ord_type": [2 * (one.op == "new") for one in flow],
        "side": [("", "buy", "sell").index(one.side) * (one.op == "new") for one in flow],
        "time_in_force": [{"GTC": 2, "IOC": 3, "FOK": 4}.get(one.tif, 0) for one in flow],
        "price": [one.price * (one.op != "cancel") for one in flow],
        "quantity": [one.quantity * (one.op != "cancel") for one in flow],
        "order_id": [int(one.id) for one in flow],
    }
    return {key: np.asarray(values, dtype=np.int64) for key, values in columns.items()}


def records(arrays: dict[str, NDArray[np.int64]], first: int, end: int) -> NDArray[np.void]:
    """Make the commands of some operations."""
    commands = np.zeros(end - first, command_dtype())
    for key, values in arrays.items():
        commands[key] = values[first:end]
    return commands


def play_peer(python: Path, package: str, flow: Flow) -> Played:
    """Play a flow on a peer, in its own process."""
    plain = [
        (one.op == "new", int(one.id), one.side == "buy", one.tif == "IOC", one.price, one.quantity)
        for one in flow
    ]
    done = subprocess.run(
        (str(python), bench_peer_books.__file__, package, str(PEER_SECONDS_MAX)),
        input=json.dumps(plain),
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode != 0:
        raise BenchError(f"{package}: {done.stderr.strip()[-1000:]}")
    result = read_json(done.stdout)
    trades = [(place, number, price, size) for place, number, price, size in result["trades"]]
    name = f"{package} {result['version']}"
    operations, seconds = result["operations"], result["seconds"]
    return Played(name, "without amends", operations, len(flow), seconds, trades)


def print_table(document: dict[str, Any]) -> None:
    """Print what a person looks at first."""
    machine = document["machine"]
    console.print(
        f"{document['day']}; {document['amends']:,} amends, which no peer has; "
        f"{machine['processor']}, load {machine['load_before']:.1f}",
        markup=False,
    )
    table = Table("engine", "amends", box=None, pad_edge=False)
    for column in ("operations", "per second", "of peers", "trades"):
        table.add_column(column, justify="right")
    for row in document["engines"]:
        short = row["operations"] < row["of_operations"]
        table.add_row(
            row["engine"],
            "with" if row["flow"] == "whole" else "",
            f"{row['operations']:,}{' (cut)' if short else ''}",
            f"{row['operations_per_s']:,.0f}",
            f"{row['of_fastest_peer']:.2f} ×",
            f"{row['trades']:,} {'agree' if row['trades_agree'] else 'DIFFER'}",
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
