"""One supervised child process: started, probed, restarted when it crashes, stopped.

States: `stopped` → `starting` → `up` ⇄ `silent` (alive, but its probe fails), and `waiting` between
a crash and the next start. A process that had been up is restarted at once; one that crashes before
that waits twice as long each time, up to `BACKOFF_MAX_SECONDS`.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cift.local import launch

__all__ = ["Process", "ProcessSpec", "State", "User"]

State = Literal["stopped", "starting", "up", "silent", "waiting"]

BACKOFF_FIRST_SECONDS = 0.25
BACKOFF_MAX_SECONDS = 5.0
PROBE_STARTING_SECONDS = 0.05
PROBE_UP_SECONDS = 2.0
PROBE_TIMEOUT_SECONDS = 2.0
LOG_MAX_BYTES = 16 << 20
LAST_WORDS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class User:
    """The unprivileged user that a program runs as when the supervisor is root."""

    uid: int
    gid: int
    keep_access: bool
    """Keep the capability to enter folders that only root may enter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """What to run and how to know that it is up."""

    name: str
    command: tuple[str, ...]
    address: str
    log_path: Path
    probe: Callable[[], Awaitable[bool]]
    """True when the process does its work; may raise, and is given up after two seconds."""
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What the system sends when the supervisor dies."""
    stop_seconds: float = 15.0
    nice: int = 0
    user: User | None = None


class Process:
    """Keeps one process alive for as long as it is wanted."""

    def __init__(self, spec: ProcessSpec, changed: Callable[["Process"], None]) -> None:
        self.spec = spec
        self.state: State = "stopped"
        self.pid: int | None = None
        self.restarts = 0
        self.failures = 0
        """Crashes in a row before it was up."""
        self.exit_status: int | None = None
        self.since = time.monotonic()
        """When the state was entered, on the monotonic clock."""
        self.supervised = True
        self._changed = changed
        self._child: _Child | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._wanted = False
        self._doomed = False  # Killed: what a probe under way may still say does not count.
        self._log_start = 0  # Where the words of the present process begin.
        self._launching = asyncio.Lock()

    async def start(self) -> None:
        """Start it, unless it runs; returns once the process exists."""
        if self._keeper is not None and not self._keeper.done():
            return
        self._wanted = True
        self.failures = 0
        await self._launch_if_wanted()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")

    async def stop(self) -> None:
        """Ask it to stop, wait, kill it if it does not; nothing of it is left afterwards."""
        self._wanted = False
        async with self._launching:  # One that is being started is there, or never will be.
            child = self._child
        if child is not None and child.status is None:
            self.kill(signal.SIGCONT)
            self.kill(self.spec.stop_signal)
            await asyncio.wait((child.exited,), timeout=self.spec.stop_seconds)
            if child.status is None:
                self.kill(signal.SIGKILL)
            await asyncio.wait((child.exited,))
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        self._enter("stopped")

    async def restart(self) -> None:
        """Stop it cleanly and start it again."""
        await self.stop()
        await self.start()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal; False when no process runs."""
        if self._child is None or self._child.status is not None:
            return False
        self._child.process.send_signal(number)
        if number == signal.SIGKILL:
            self._doomed = True
            self._enter("waiting")
        return True

    async def wait_exit(self) -> None:
        """Return once the process that runs now, if one does, has ended."""
        if self._child is not None:
            await asyncio.wait((self._child.exited,))

    def last_words(self) -> str:
        """Why it ended, if it said so: its last error, or else the last line in its log."""
        with contextlib.suppress(OSError), self.spec.log_path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - LAST_WORDS_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
            errors = [line for line in lines if _is_error(line)]
            return _words((errors or lines)[-1].strip()) if lines else ""
        return ""

    async def _keep(self) -> None:
        while True:
            was_up = await self._until_exit()
            if not (self._wanted and self.supervised):
                self._enter("stopped")
                return
            self.failures = 0 if was_up else self.failures + 1
            self._enter("waiting")
            if self.failures:
                doubled = BACKOFF_FIRST_SECONDS * 2 ** min(self.failures - 1, 16)
                await asyncio.sleep(min(doubled, BACKOFF_MAX_SECONDS))
            self.restarts += 1
            if not await self._launch_if_wanted():
                return

    async def _launch_if_wanted(self) -> bool:
        async with self._launching:
            if self._wanted:
                await self._launch()
            return self._wanted

    async def _launch(self) -> None:
        spec = self.spec
        user = spec.user or User(-1, -1, keep_access=False)
        arguments = (
            *(os.getpid(), int(spec.death_signal), spec.nice),
            *(user.uid, user.gid, int(user.keep_access)),
        )
        with _open_log(spec.log_path) as log:
            self._log_start = os.fstat(log).st_size
            self._child = _Child(
                [
                    *(sys.executable, "-I", "-S", launch.__file__),
                    *(str(a) for a in arguments),
                    *spec.command,
                ],
                {**os.environ, **spec.environment},
                log,
            )
        self.pid = self._child.process.pid
        self._doomed = False
        self._enter("starting")

    async def _until_exit(self) -> bool:
        """Probe until the process ends; whether it had been up."""
        assert self._child is not None
        exited = self._child.exited
        was_up = False
        while not exited.done() and not self._doomed:
            up = await self._probe(exited)
            if exited.done() or self._doomed:
                break
            if up:
                was_up = True
                self.failures = 0
                self._enter("up")
            elif self.state == "up":
                self._enter("silent")
            pause = PROBE_UP_SECONDS if self.state == "up" else PROBE_STARTING_SECONDS
            await asyncio.wait((exited,), timeout=pause)
        await asyncio.wait((exited,))
        self.exit_status = self._child.status
        self.pid = None
        return was_up

    async def _probe(self, exited: "asyncio.Future[None]") -> bool:
        """One probe, given up when the process ends or the time is over."""
        probing = asyncio.ensure_future(self.spec.probe())
        try:
            await asyncio.wait(
                (probing, exited),
                timeout=PROBE_TIMEOUT_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            return probing.done() and probing.exception() is None and probing.result()
        finally:
            probing.cancel()
            await asyncio.gather(probing, return_exceptions=True)

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.since = time.monotonic()
            self._changed(self)


def _is_error(line: str) -> bool:
    """Whether a structured line says that something is wrong."""
    try:
        return json.loads(line)["level"] in ("error", "critical")
    except (ValueError, TypeError, KeyError):
        return False


def _words(line: str) -> str:
    """A line of a log for a person: of a structured one, what happened and why."""
    try:
        entry = json.loads(line)
        return ": ".join(str(entry[key]) for key in ("event", "error") if key in entry) or line
    except (ValueError, TypeError):
        return line


class _Child:
    """A process that exists, and a future that is done when it has ended.

    It is made with `subprocess`, not by the event loop: uvloop forks where `subprocess` calls
    vfork, and a fork runs the handlers of every library that has threads, gRPC's among them.
    """

    def __init__(self, command: list[str], environment: dict[str, str], log: int) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = self._loop.create_future()
        threading.Thread(target=self._wait, name=f"wait {command[-1]}", daemon=True).start()

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self.process.returncode

    def _wait(self) -> None:
        self.process.wait()
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            self._loop.call_soon_threadsafe(self._ended)

    def _ended(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)


@contextlib.contextmanager
def _open_log(path: Path) -> Iterator[int]:
    """Open a log for appending, as a descriptor; one that grew large is kept once, as `.old`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_MAX_BYTES:
            path.replace(path.with_suffix(".log.old"))
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield number
    finally:
        os.close(number)
