"""The core's own benchmarks: Rust and C programs that print one JSON document each."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cift.local.paths import DEPLOY
from cift.tools.demo import DemoFiles
from cift.tools.orderfile import open_text

__all__ = ["RUST", "BenchError", "cargo", "read_json", "run_core", "unpacked"]

RUST = DEPLOY.parent / "rust_core"
SECONDS_MAX = 600.0


class BenchError(Exception):
    """Something could not be measured."""


def unpacked(files: DemoFiles, folder: Path) -> tuple[Path, Path]:
    """Unpack orders and trades into a folder, as the core reads them."""
    orders, trades = folder / "orders.csv", folder / "trades.csv"
    for packed, plain in ((files.orders, orders), (files.trades, trades)):
        with open_text(packed) as source, plain.open("w", encoding="utf-8") as target:
            shutil.copyfileobj(source, target)
    return orders, trades


def cargo(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run cargo on the core's workspace; what it printed."""
    program = shutil.which("cargo")
    if program is None:
        raise BenchError("the core's benchmarks need cargo on the PATH")
    first, *rest = arguments
    manifest = ("--quiet", "--manifest-path", str(RUST / "Cargo.toml"))
    return run((program, first, *manifest, *rest), environment)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; what it printed."""
    done = subprocess.run(
        command,
        capture_output=True,
        check=False,
        env=environment,
        text=True,
        timeout=SECONDS_MAX,
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BenchError(f"{' '.join(command[:2])}: {said}")
    return done.stdout


def read_json(printed: str) -> dict[str, Any]:
    """Read what a program printed."""
    document: dict[str, Any] = json.loads(printed)
    return document


def run_core(package: str, program: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Build a program of the core and run it; the document that it prints."""
    where = ("--release", "--locked", "--package", package, "--bin", program)
    return read_json(cargo("run", *where, "--", *arguments))
