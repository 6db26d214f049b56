"""How a process starts, runs and stops.

`__main__` builds its parts by hand and gives them to `Lifecycle.run` in the order in which they
start; they stop in reverse. SIGTERM and SIGINT ask for a stop, which drains: each part finishes
what it holds, and all of them together may take `drain_seconds`. A second signal ends the process
at once. A task made with `spawn` that raises, or a part that calls `fail`, stops the process with
exit status 1: a broken invariant must not go on serving.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import uvloop

from cift.kit.config import ConfigError
from cift.kit.logging import get_logger

__all__ = ["EXIT_CONFIG", "EXIT_FAILED", "EXIT_OK", "Lifecycle", "Part", "StartError", "run"]

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_CONFIG = 78
"""A setting or the data is wrong: starting again would not help (sysexits, EX_CONFIG)."""

log = get_logger("lifecycle")


class StartError(Exception):
    """This cannot start, and an operator can mend it: the message is one line that says how."""


class Part(Protocol):
    """Something with a beginning and an end: a connection, a server, a stage."""

    async def start(self) -> None:
        """Return once the part does its work, or raise."""

    async def stop(self) -> None:
        """Finish what is held and release it; called once, only after a `start` that returned."""


class Lifecycle:
    """Starts parts in order, waits for the end, stops them in reverse within a bound."""

    def __init__(self, drain_seconds: float = 10.0) -> None:
        self.drain_seconds = drain_seconds
        self.stopping = asyncio.Event()
        self._error: BaseException | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def request_stop(self) -> None:
        """Ask for a clean stop; returns at once."""
        self.stopping.set()

    def fail(self, error: BaseException) -> None:
        """Stop because of `error`; the first one decides, the process ends with status 1."""
        if self._error is None:
            self._error = error
            log.error("failed", error=str(error), kind=type(error).__name__)
        self.stopping.set()

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` beside the parts; if it raises, the process stops."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._spawned_done)
        return task

    async def run(self, *parts: Part) -> int:
        """Start the parts, wait for a signal or a failure, stop them; the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._signalled, number)
        started: list[Part] = []
        try:
            for part in parts:
                if self.stopping.is_set():
                    break
                if await self._start(part):
                    started.append(part)
            if not self.stopping.is_set():
                log.info("started", parts=len(started))
            await self.stopping.wait()
        except (ConfigError, StartError):
            raise
        except Exception as error:
            log.exception("start failed")
            self.fail(error)
        finally:
            await self._stop(started)
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        return EXIT_OK if self._error is None else EXIT_FAILED

    async def _start(self, part: Part) -> bool:
        """Start one part; a stop asked for meanwhile ends the wait and cancels the start."""
        starting = asyncio.ensure_future(part.start())
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                return True
            return False
        finally:
            for task in (starting, stopping):
                task.cancel()
            await asyncio.gather(starting, stopping, return_exceptions=True)

    async def _stop(self, started: list[Part]) -> None:
        deadline = asyncio.get_running_loop().time() + self.drain_seconds
        for part in reversed(started):
            name = type(part).__name__
            try:
                async with asyncio.timeout_at(deadline):
                    await part.stop()
            except TimeoutError:
                log.warning("stop took too long", part=name, drain_seconds=self.drain_seconds)
            except Exception as error:
                log.exception("stop failed", part=name)
                self.fail(error)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        log.info("stopped")

    def _signalled(self, number: signal.Signals) -> None:
        if self.stopping.is_set():
            os._exit(128 + number)
        log.info("stopping", signal=number.name)
        self.stopping.set()

    def _spawned_done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.fail(error)


def run(main: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run `main` on uvloop and return its exit status; what an operator can mend is one line."""
    try:
        return uvloop.run(main())
    except (ConfigError, StartError) as error:
        print(f"cannot start: {error}", file=sys.stderr)
        return EXIT_CONFIG
