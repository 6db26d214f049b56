"""`cift up`: a whole exchange in the foreground, until Ctrl-C."""

import argparse
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cift.kit import lifecycle, logging
from cift.local.mesh import SERVICES, LocalMesh, MeshOptions
from cift.local.process import Process

__all__ = ["DEFAULT_PORT_BASE", "add_arguments", "run"]

DEFAULT_PORT_BASE = 50050
STOP_SECONDS = 60.0
REFRESHES_PER_SECOND = 4
STYLES = {"up": "green", "starting": "yellow", "silent": "red", "waiting": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    names = ", ".join(service.name for service in SERVICES)
    parser.add_argument(
        "--data-dir", type=Path, default=Path(".cift"), metavar="D", help="folder kept between runs"
    )
    parser.add_argument(
        "--port-base",
        type=int,
        default=DEFAULT_PORT_BASE,
        metavar="N",
        help="services listen on N+1 to N+5, nats on N+20 and N+21, PostgreSQL on N+22",
    )
    parser.add_argument(
        "--durability",
        choices=("fsync", "page-cache"),
        default="fsync",
        help="fsync: an acknowledged order survives a power cut; page-cache: only a crash",
    )
    parser.add_argument("--without", default="", metavar="A,B", help=f"leave out some of: {names}")


def run(args: argparse.Namespace) -> int:
    """Bring the mesh up and keep it up; the exit status."""
    logging.configure("up", "warning")
    console = Console()
    options = MeshOptions(
        data_dir=args.data_dir,
        port_base=args.port_base,
        durability=args.durability,
        without=frozenset(name for name in args.without.split(",") if name),
    )
    return lifecycle.run(lambda: _up(options, console))


async def _up(options: MeshOptions, console: Console) -> int:
    life = lifecycle.Lifecycle(drain_seconds=STOP_SECONDS)
    view = View(console)
    mesh = LocalMesh(options, changed=view.changed)
    view.show(mesh)
    return await life.run(view, mesh, Welcome(console, mesh))


class View:
    """What is up: a table that refreshes itself on a terminal, a line per change elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._mesh: LocalMesh | None = None
        self._live: Live | None = None

    def show(self, mesh: LocalMesh) -> None:
        """Show this mesh."""
        self._mesh = mesh

    async def start(self) -> None:
        """Draw the table, if this is a terminal."""
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._table,
                refresh_per_second=REFRESHES_PER_SECOND,
            )
            self._live.start()

    async def stop(self) -> None:
        """Leave the last state on the screen."""
        if self._live is not None:
            self._live.stop()

    def changed(self, process: Process) -> None:
        """Say a line about a change; on a terminal only of a crash: the table has the rest."""
        if process.state == "waiting":
            self._print(_crash(process), "yellow")
        elif self._live is None:
            self._print(f"{process.spec.name:12} {process.state:9} {process.spec.address}")

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table("", "state", "for", "address", "pid", "restarts", box=None, pad_edge=False)
        for name, process in ({} if self._mesh is None else self._mesh.processes).items():
            table.add_row(
                name,
                Text(process.state, style=STYLES.get(process.state, "")),
                f"{time.monotonic() - process.since:.0f} s",
                process.spec.address,
                "" if process.pid is None else str(process.pid),
                str(process.restarts or ""),
            )
        return table


class Welcome:
    """Says, once all is up, what to do with it."""

    def __init__(self, console: Console, mesh: LocalMesh) -> None:
        self._console = console
        self._mesh = mesh

    async def start(self) -> None:
        """Print addresses, keys and where the logs are."""
        keys = ", ".join(f"{name}: {secret}" for name, secret in self._mesh.keys.items())
        lines = [
            f"up; data and logs in {self._mesh.folder.path}; Ctrl-C stops it",
            f"API keys ({keys}) work on this machine only",
        ]
        if "order_entry" in self._mesh.processes:
            address = self._mesh.address("order_entry")
            lines.append(f"orders: {address}, metadata authorization: Bearer <key>")
        self._console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)

    async def stop(self) -> None:
        """Say that Ctrl-C was heard."""
        self._console.print("stopping …")


def _crash(process: Process) -> str:
    status = process.exit_status
    how = "is ending" if status is None else f"ended with status {status}"
    return f"{process.spec.name} {how}, starts again: {process.last_words()}"
