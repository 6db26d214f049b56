"""`cift logs verify`: replay a data folder and compare every message, digest and hash in it.

The folder is copied first and the copy is served, so that a damaged folder stays as it was found
and evidence is not lost; a mesh must not be running in it.
"""

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import cift_core
from cift.kit.bus import Bus, BusError, LogFault, connect, shard_logs
from cift.kit.logcheck import Verified, verify
from cift.kit.logging import configure
from cift.local.engines import nats_spec
from cift.local.folder import FolderError, MeshFolder
from cift.local.ports import find_block
from cift.local.process import Process
from cift.tools.arguments import integer
from cift.tools.report import console, progress

__all__ = ["add_arguments", "run", "serving", "verify_folder"]

STORE = "nats"
"""Where a mesh's data folder holds nats-server's files."""
START_SECONDS_MAX = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    subparsers = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = subparsers.add_parser("verify", help="replay a data folder and compare everything")
    check.add_argument("data_dir", type=Path, metavar="DATA_DIR", help="what `cift up` was given")
    check.add_argument(
        "--shard", type=integer(0, 255), default=0, help="number of the shard (default: 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Verify; 0: all equal, 1: a difference, 2: the folder cannot be checked."""
    configure("logs", "warning")
    try:
        found = asyncio.run(verify_folder(args.data_dir, args.shard))
    except LogFault as fault:
        print(f"logs verify: {fault}", file=sys.stderr)
        return 1
    except (FolderError, BusError, OSError) as error:
        print(f"logs verify: {error}", file=sys.stderr)
        return 2
    for note in found.notes:
        console.print(f"note: {note}", markup=False)
    console.print(
        f"logs verify: {found.orders} messages of ORDERS replayed, {found.fills} of FILLS and "
        f"{found.risked} of RISKED equal; state hash {found.state_hash:016x}",
        markup=False,
    )
    if found.fills < found.orders:
        print(
            f"logs verify: FILLS {found.fills + 1}: missing, though ORDERS goes on to "
            f"{found.orders}; it is derived, and made anew at the next start",
            file=sys.stderr,
        )
        return 1
    return 0


async def verify_folder(data_dir: Path, shard: int = 0) -> Verified:
    """Replay a copy of the logs in `data_dir`; raises the LogFault of the first difference."""
    if not (data_dir / STORE).is_dir():
        raise FolderError(f"{data_dir} has no logs: there is no folder {STORE} in it")
    with tempfile.TemporaryDirectory(prefix="cift-verify-") as temporary:
        copy = Path(temporary)
        with _held(data_dir):
            shutil.copytree(data_dir / STORE, copy / STORE)
        async with serving(copy) as bus:
            with progress() as bar:
                task = bar.add_task("messages", total=None)
                return await verify(
                    bus,
                    shard_logs(shard),
                    cift_core.Replayer(shard),
                    digest=cift_core.digest,
                    header=cift_core.header,
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )


@contextlib.contextmanager
def _held(data_dir: Path) -> Iterator[None]:
    """Keep meshes out of a folder while it is read."""
    folder = MeshFolder(data_dir)
    folder.open()
    try:
        yield
    finally:
        folder.close()


@contextlib.asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Bus]:
    """Run a nats-server on the files below `folder`, and connect to it."""
    base, guard = find_block((0, 1))
    log_path = folder / "nats.log"
    server = Process(nats_spec(folder, base, base + 1, "page-cache", log_path), lambda _p: None)
    server.supervised = False
    try:
        await server.start()
        deadline = asyncio.get_running_loop().time() + START_SECONDS_MAX
        while server.state != "up":
            if server.state == "stopped" or asyncio.get_running_loop().time() > deadline:
                raise OSError(f"nats-server does not start: {server.last_words()}")
            await asyncio.sleep(0.02)
        bus = await connect(f"nats://{server.spec.address}", "verify")
        try:
            yield bus
        finally:
            await bus.stop()
    finally:
        await server.stop()
        guard.close()
