"""`make bench-engine`: matching and risk in process, and what this machine is.

Five flows, each one command a message and in messages of 256: a day of AMZN, the mix that
exchange-core publishes its figures for, a book of 100,000 orders, a market that swings by 25
levels, a flash crash. Beside each, in the same run, a plain book of a map and queues, which must
make the same trades, and the machine's own latency of loads. Single commands through criterion, a
call through the C interface, and instructions per command as valgrind counts them.

Risk with every check on, on the same day and on 10,000 accounts and 1,000 instruments, and what
each check alone adds.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from cift.tools.bench_core import RUST, BenchError, cargo, read_json, run, unpacked
from cift.tools.bench_machine import describe_machine
from cift.tools.demo import demo_files
from cift.tools.report import console

__all__ = ["main", "measure"]

COUNTED = "*bench*player*counted*"
"""The function of the benchmark whose instructions are counted."""
COUNT_COMMANDS = 50_000
QUICK_COMMANDS = 2_000
NAMES = {
    "real_day": "AMZN, 21 June 2012",
    "exchange_core_mix": "exchange-core's mix",
    "deep_book": "100,000 orders",
    "swing_25_levels": "swing of 25 levels",
    "flash_crash": "flash crash",
}
RISK_NAMES = {
    "real_day": "AMZN, 21 June 2012",
    "10000_accounts_1000_instruments": "10,000 accounts × 1,000",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print tables, write the document; 0: done, 1: wrong trades, 2: cannot measure."""
    parser = argparse.ArgumentParser(prog="bench-engine", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("bench-engine.json"), metavar="F")
    parser.add_argument("--quick", action="store_true", help="only see that all of it still works")
    args = parser.parse_args(argv)
    try:
        document = measure(quick=args.quick)
    except BenchError as error:
        print(f"bench-engine: {error}", file=sys.stderr)
        return 2
    args.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print_tables(document)
    console.print(f"bench-engine: written to {args.output}", markup=False)
    flows = document["engine"]["flows"]
    return 0 if all(row["trades_as_plain"] for row in flows) else 1


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Measure everything; the document."""
    document: dict[str, Any] = {"time_unix_s": int(time.time()), "machine": describe_machine()}
    build = ("build", "--release", "--locked", "--package", "bench", "--package", "capi")
    cargo(*build, "--bins", "--lib")
    release = _target() / "release"
    program = release / "bench_engine"
    files = demo_files(opening=quick)
    with tempfile.TemporaryDirectory(prefix="cift-bench-") as name:
        folder = Path(name)
        orders, trades = unpacked(files, folder)
        size = ("--commands", str(QUICK_COMMANDS)) if quick else ()
        day = ("--orders", str(orders), "--trades", str(trades))
        document["day"] = files.what
        document["engine"] = read_json(run((str(program), *day, *size)))
        risk = str(release / "bench_risk")
        document["risk"] = read_json(run((risk, "--orders", str(orders), *size)))
        count = QUICK_COMMANDS if quick else COUNT_COMMANDS
        document["instructions_per_command"] = _instructions(program, orders, count, folder)
        document["c_interface"] = _c_interface(release, folder, size[1:])
        document["single_commands"] = {} if quick else _criterion(folder)
    return document


def _target() -> Path:
    """Where cargo builds."""
    described = read_json(cargo("metadata", "--no-deps", "--format-version", "1"))
    return Path(described["target_directory"])


def _instructions(program: Path, orders: Path, count: int, folder: Path) -> dict[str, float] | str:
    """Count instructions per command on each flow; why not, if they cannot be counted."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        return "not available: valgrind is not installed"
    counts = {}
    for flow in NAMES:
        # The day is counted whole, as it is not the same from hour to hour.
        some = ("--orders", str(orders)) if flow == "real_day" else ("--commands", str(count))
        done = subprocess.run(
            (
                *(valgrind, "--tool=callgrind", f"--toggle-collect={COUNTED}"),
                *(f"--callgrind-out-file={folder / 'callgrind'}", str(program)),
                *("--count", flow, *some),
            ),
            capture_output=True,
            check=False,
            text=True,
        )
        collected = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or collected is None or collected[1] == "0":
            return f"not available: valgrind said {done.stderr.strip()[-200:]!r}"
        counts[flow] = int(collected[1]) / int(done.stdout)
    return counts


def _c_interface(release: Path, folder: Path, commands: Sequence[str]) -> dict[str, Any] | str:
    """Measure calls from C on exchange-core's mix; why not, if there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return "not available: there is no C compiler"
    capi, program = RUST / "crates" / "capi", str(folder / "speed")
    source, library = capi / "examples" / "speed.c", release / "libcift_book.a"
    flags = ("-std=c11", "-O2", "-I", str(capi / "include"), "-o", program)
    run((compiler, *flags, str(source), str(library), "-lpthread", "-ldl", "-lm"))
    runs = [read_json(run((program, *commands))) for _ in range(3)]
    return min(runs, key=lambda one: float(one["ns_per_call"]))


def _criterion(folder: Path) -> dict[str, dict[str, float]]:
    """Run criterion; nanoseconds per command by benchmark and book."""
    home = folder / "criterion"
    cargo(
        *("bench", "--locked", "--package", "bench", "--bench", "commands", "--", "--noplot"),
        environment={**os.environ, "CRITERION_HOME": str(home)},
    )
    found: dict[str, dict[str, float]] = {}
    for path in sorted(home.glob("*/*/new/estimates.json")):
        what, book = path.parts[-4:-2]
        benchmark = json.loads((path.parent / "benchmark.json").read_text(encoding="utf-8"))
        commands = benchmark["throughput"]["Elements"]
        slope = json.loads(path.read_text(encoding="utf-8"))
        best = slope["slope"] or slope["mean"]
        found.setdefault(what, {})[book] = best["point_estimate"] / commands
    return found


def print_tables(document: dict[str, Any]) -> None:
    """Print what a person looks at first."""
    machine, engine = document["machine"], document["engine"]
    loads = ", ".join(f"{size} {ns:.1f}" for size, ns in engine["load_ns"].items())
    console.print(
        f"{document['day']}; {machine['processor']}, {machine['cores']} cores, load "
        f"{machine['load_before']:.1f}; "
        f"a dependent load takes ns: {loads}; the clock's {engine['timer_ns']} ns are subtracted",
        markup=False,
    )
    table = Table("ns per command", box=None, pad_edge=False)
    for column in ("p50", "p99", "p99.9", "M/s", "by 256", "instr."):
        table.add_column(column, justify="right")
    instructions = document["instructions_per_command"]
    for row in engine["flows"]:
        counted = instructions.get(row["flow"]) if isinstance(instructions, dict) else None
        table.add_row(
            NAMES[row["flow"]],
            *_figures(row),
            f"{row['batched_commands_per_second'] / 1e6:.1f}",
            "" if counted is None else f"{counted:,.0f}",
        )
        table.add_row("  a plain book", *_figures(row["plain"]), "", "", style="dim")
    console.print(table)
    if isinstance(instructions, str):
        console.print(f"instructions: {instructions}", markup=False)
    for what, books in document["single_commands"].items():
        values = ", ".join(f"{book} {ns:.0f} ns" for book, ns in books.items())
        console.print(f"{what.replace('_', ' ')}, a command: {values}", markup=False)
    c = document["c_interface"]
    said = c if isinstance(c, str) else f"{c['ns_per_call']:.0f} ns on exchange-core's mix"
    console.print(f"a call from C: {said}", markup=False)
    print_risk(document["risk"])


def print_risk(risk: dict[str, Any]) -> None:
    """Print what risk takes, and each check."""
    table = Table("risk, ns per command", box=None, pad_edge=False)
    columns = ("p50", "p99", "p99.9", "new p50", "p99.9", "by 256", "empty", "event")
    for column in columns:
        table.add_column(column, justify="right")
    for row in risk["flows"]:
        figures = (
            *(row[name] for name in ("p50_ns", "p99_ns", "p999_ns")),
            *(row["new_orders"][name] for name in ("p50_ns", "p999_ns")),
            *(row[name] for name in ("batched_ns_per_command", "empty_message_ns")),
            row["batched_ns_per_event"],
        )
        table.add_row(RISK_NAMES[row["flow"]], *(f"{figure:,}" for figure in figures))
    console.print(table)
    none, *rest = risk["checks"].items()
    alone = ", ".join(f"{name} {ns:+}" for name, ns in rest)
    console.print(
        f"a new order without checks {none[1]} ns; with {alone}; a load that misses the second "
        f"cache {risk['memory_ns']} ns",
        markup=False,
    )


def _figures(row: dict[str, Any]) -> tuple[str, ...]:
    values = tuple(f"{row[name]:,}" for name in ("p50_ns", "p99_ns", "p999_ns"))
    return (*values, f"{row['commands_per_second'] / 1e6:.1f}")


if __name__ == "__main__":
    sys.exit(main())
