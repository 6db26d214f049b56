"""The kill campaign: `make faults`, or `python -m cift.tools.faults --seed S --kills N`.

A mesh trades with several clients while every service and the nats-server are killed with SIGKILL,
in an order that the seed decides, and some are paused and woken as zombies beside their successors.
At the end every view must agree, the logs must equal a replay in another process, and damage done
to copies of the logs must be found. Prints figures; exits 1 if anything disagrees.
"""

import argparse
import asyncio
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from cift.kit.logging import configure
from cift.local.engines import Durability
from cift.local.mesh import LocalMesh, MeshError, MeshOptions
from cift.tools.fault_audit import audit, read_logs
from cift.tools.fault_clients import Client, Style
from cift.tools.fault_damage import DAMAGES, check_damage
from cift.tools.fault_killer import Killer
from cift.tools.mesh import Addresses, MeshClient, fresh_token
from cift.tools.report import console

__all__ = ["Campaign", "Outcome", "add_arguments", "run", "run_campaign"]

STYLES: tuple[Style, ...] = ("unary", "batch", "session")
SYMBOLS = 3
WARM_UP_SECONDS = 1.0
SETTLE_SECONDS_MAX = 120.0

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What to do."""

    seed: int
    kills: int = 100
    clients: int = 6
    durability: Durability = "fsync"
    damages: tuple[str, ...] = tuple(DAMAGES)


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    zombies: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    longest_gap_seconds: float = 0.0
    """Longest time that any client was told nothing."""
    longest_restart_seconds: float = 0.0
    figures: dict[str, int] = field(default_factory=dict)
    verified: str = ""
    damages: dict[str, str] = field(default_factory=dict)
    """What `cift logs verify` said of each damage."""
    faults: list[str] = field(default_factory=list)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("--seed", type=int, help="repeats a plan (default: drawn, and printed)")
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs (default: 100)")
    parser.add_argument("--clients", type=int, default=6, help="clients that trade (default: 6)")
    parser.add_argument("--durability", choices=("fsync", "page-cache"), default="fsync")
    parser.add_argument("--quiet", action="store_true", help="only the figures")


def run(args: argparse.Namespace) -> int:
    """Run a campaign and print its figures; 1 when something disagreed, 2 when it cannot run."""
    configure("faults", "warning")
    seed = secrets.randbelow(1 << 32) if args.seed is None else args.seed
    campaign = Campaign(
        seed=seed, kills=args.kills, clients=args.clients, durability=args.durability
    )
    console.print(f"campaign with seed {seed}: {args.kills} kills, {args.clients} clients")

    def told(text: str) -> None:
        if not args.quiet:
            console.print(f"{time.strftime('%H:%M:%S')} {text}", markup=False)

    try:
        with tempfile.TemporaryDirectory(
            prefix="cift-faults-", ignore_cleanup_errors=True
        ) as folder:
            outcome = asyncio.run(run_campaign(campaign, Path(folder), told))
    except MeshError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 2
    console.print(_table(outcome))
    for fault in outcome.faults:
        console.print(f"FAULT {fault}", markup=False)
    console.print(
        f"faults: seed {seed}, {outcome.kills.total()} kills, {len(outcome.faults)} disagreements"
    )
    return 1 if outcome.faults else 0


async def run_campaign(
    campaign: Campaign, folder: Path, told: Told = lambda _text: None
) -> Outcome:
    """Run a campaign in an empty folder."""
    outcome = Outcome()
    started = time.monotonic()
    data_dir = folder / "mesh"
    options = MeshOptions(data_dir=data_dir, durability=campaign.durability)
    async with LocalMesh(options) as mesh:
        await _trade_and_kill(campaign, mesh, outcome, told)
    told("replaying the logs in another process")
    outcome.verified = await _verify(data_dir, outcome)
    for name in campaign.damages:
        told(f"checking {name}")
        outcome.damages[name], faults = await check_damage(data_dir, folder, name)
        outcome.faults.extend(faults)
    outcome.seconds = time.monotonic() - started
    return outcome


async def _trade_and_kill(
    campaign: Campaign, mesh: LocalMesh, outcome: Outcome, told: Told
) -> None:
    async with MeshClient(Addresses.of_local(mesh)) as operator:
        token = fresh_token()
        symbols = [f"F{number}-{token}" for number in range(SYMBOLS)]
        await operator.create_instruments(symbols)
        trader = await operator.create_trader(token, campaign.clients)
        killer = Killer(mesh, campaign.seed, told=told)
        clients = [
            Client(
                number,
                STYLES[number % len(STYLES)],
                campaign.seed,
                account=account,
                key=trader.key,
                symbols=symbols,
                addresses=lambda: killer.order_entries,
            )
            for number, account in enumerate(trader.accounts)
        ]
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(client.run(stopping)) for client in clients]
            await asyncio.sleep(WARM_UP_SECONDS)
            await killer.run(campaign.kills)
            await asyncio.sleep(WARM_UP_SECONDS)
            told("clients finish")
            stopping.set()
            async with asyncio.timeout(SETTLE_SECONDS_MAX):
                await asyncio.gather(*running)
        told("comparing every view")
        tables = await read_logs(mesh.nats_url)
        found = await audit(operator, tables, clients, trader, symbols, mesh.postgres_dsn)
    outcome.kills, outcome.zombies = killer.kills, killer.zombies
    outcome.retries = sum(client.retries for client in clients)
    outcome.longest_gap_seconds = max(client.longest_gap_seconds for client in clients)
    outcome.longest_restart_seconds = killer.longest_restart_seconds
    outcome.figures, outcome.faults = found.figures, found.faults


async def _verify(data_dir: Path, outcome: Outcome) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cift.cli", "logs", "verify", str(data_dir)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, said = await process.communicate()
    if process.returncode != 0:
        outcome.faults.append(f"a clean replay differs: {said.decode().strip()}")
    lines = output.decode().strip().splitlines()
    return lines[-1] if lines else ""


def _table(outcome: Outcome) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    rows = {
        "seconds": f"{outcome.seconds:.0f}",
        "kills": _spread(outcome.kills),
        "paused and woken": _spread(outcome.zombies),
        "calls made again": f"{outcome.retries:,}",
        "longest gap of a client": f"{outcome.longest_gap_seconds:.2f} s",
        "longest restart": f"{outcome.longest_restart_seconds:.2f} s",
        **{name: f"{value:,}" for name, value in outcome.figures.items()},
        "replay": outcome.verified,
        **outcome.damages,
    }
    for name, text in rows.items():
        table.add_row(name, text)
    return table


def _spread(counts: Counter[str]) -> str:
    each = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    return f"{counts.total()} ({each})"


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m cift.tools.faults", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
