"""Damage to a log's files, a flipped bit or a truncated tail: found, named, no trading on it.

Works on copies of a stopped mesh's data folder.
"""

import asyncio
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from cift.local.mesh import LocalMesh, MeshError, MeshOptions

__all__ = ["DAMAGES", "check_damage"]

NAMED = re.compile(r"\b(ORDERS|RISKED|FILLS) (\d+): .+")
START_SECONDS_MAX = 60.0


def flip_bit(block: Path) -> None:
    """Turn one bit over in the middle of a block of messages."""
    data = bytearray(block.read_bytes())
    data[len(data) // 2] ^= 0x10
    block.write_bytes(data)


def truncate_tail(block: Path) -> None:
    """Cut the last tenth off a block of messages, at least some bytes of its last message."""
    size = block.stat().st_size
    with block.open("r+b") as file:
        file.truncate(size - max(16, size // 10))


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a flipped bit in ORDERS": ("ORDERS", flip_bit),
    "a truncated tail of ORDERS": ("ORDERS", truncate_tail),
    "a flipped bit in FILLS": ("FILLS", flip_bit),
}


async def check_damage(data_dir: Path, work: Path, name: str) -> tuple[str, list[str]]:
    """Damage a copy; what `cift logs verify` said of it, and the faults."""
    stream, damage = DAMAGES[name]
    copy = work / re.sub(r"\W+", "-", name)
    await asyncio.to_thread(shutil.copytree, data_dir, copy)
    try:
        damage(_last_block(copy, stream))
        said, faults = await _verify(copy, name)
        if stream == "ORDERS":
            faults += await _trades_on(copy, name)
        return said, faults
    finally:
        await asyncio.to_thread(shutil.rmtree, copy, ignore_errors=True)


def _last_block(data_dir: Path, stream: str) -> Path:
    """Return the youngest block of messages that has any."""
    blocks = (data_dir / "nats").glob(f"jetstream/*/streams/{stream}/msgs/*.blk")
    return max((b for b in blocks if b.stat().st_size), key=lambda b: int(b.stem))


async def _verify(data_dir: Path, name: str) -> tuple[str, list[str]]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cift.cli", "logs", "verify", str(data_dir)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    text = output.decode().strip()
    found = NAMED.search(text)
    if process.returncode != 1 or found is None:
        return text, [f"{name}: `cift logs verify` exited {process.returncode}: {text[-300:]}"]
    return found[0], []


async def _trades_on(data_dir: Path, name: str) -> list[str]:
    """Start a mesh on a damaged log: that it refuses, naming the log, is what must happen."""
    options = MeshOptions(
        data_dir=data_dir, durability="page-cache", start_seconds=START_SECONDS_MAX
    )
    mesh = LocalMesh(options)
    try:
        await mesh.start()
    except MeshError as error:
        logs = "".join(p.read_text(errors="replace") for p in (data_dir / "logs").glob("*.log"))
        named = NAMED.search(str(error)) or NAMED.search(logs)
        return [] if named else [f"{name}: the mesh does not say what is wrong: {error}"]
    finally:
        await mesh.stop()
    return [f"{name}: a mesh started on it and would trade"]
