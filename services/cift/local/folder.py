"""The data folder of a local mesh: one mesh at a time, of a format that this build reads.

`mesh.json` in it says, while a mesh is up, where everything listens and which processes they are;
a supervisor that died without a word leaves it, and the next one ends what is left by it.
"""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

import psutil

__all__ = ["FolderError", "MeshFolder"]

FORMAT = 1
LEFTOVER_SECONDS = 10.0


class FolderError(Exception):
    """The folder cannot be used; the message says what to do."""


class MeshFolder:
    """A data folder, held from `open` to `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self._lock: int | None = None

    @property
    def mesh_file(self) -> Path:
        """Machine-readable description of the running mesh."""
        return self.path / "mesh.json"

    def open(self) -> None:
        """Take the folder, making it if need be, and end what a dead supervisor left in it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.path / "mesh.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        except OSError as error:
            raise FolderError(
                f"cannot write in {self.path} ({error.strerror}): choose another --data-dir"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise FolderError(
                f"another mesh runs in {self.path}: stop it, or choose another --data-dir"
            ) from None
        try:
            self._check_format()
            self._end_leftovers()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the folder; twice does no harm."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, description: dict[str, Any]) -> None:
        """Replace `mesh.json`; readers see the old one or the new one. It holds keys: mode 0600."""
        fresh = self.mesh_file.with_suffix(".new")
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(description, file, indent=2)
            file.write("\n")
        fresh.replace(self.mesh_file)

    def forget(self) -> None:
        """Remove `mesh.json`: nothing runs."""
        self.mesh_file.unlink(missing_ok=True)

    def _check_format(self) -> None:
        marker = self.path / "FORMAT"
        if marker.exists():
            found = marker.read_text(encoding="ascii").strip()
            if found != str(FORMAT):
                raise FolderError(
                    f"{self.path} has data of format {found}, this build reads {FORMAT}: use the "
                    "build that made it, or choose another --data-dir"
                )
            return
        if any(path.name != "mesh.lock" for path in self.path.iterdir()):
            (self.path / "mesh.lock").unlink()
            raise FolderError(
                f"{self.path} holds other things than a mesh: choose an empty --data-dir"
            )
        marker.write_text(f"{FORMAT}\n", encoding="ascii")

    def _end_leftovers(self) -> None:
        """End the processes of a supervisor that was killed; the system ends most by itself."""
        try:
            document = json.loads(self.mesh_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return
        left = []
        for entry in document.get("processes", {}).values():
            with contextlib.suppress(psutil.NoSuchProcess, KeyError, TypeError):
                process = psutil.Process(entry["pid"])
                # A number is given again; the moment of its birth tells whose it is.
                if abs(process.create_time() - entry["created"]) < 1.0:
                    left.append(process)
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        _, alive = psutil.wait_procs(left, timeout=LEFTOVER_SECONDS)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(alive, timeout=LEFTOVER_SECONDS)
        self.forget()


def created(pid: int) -> float:
    """When a process was born, Unix seconds; now, if it is gone already."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return time.time()
