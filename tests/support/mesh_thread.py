"""A local mesh in a thread of its own, so that one mesh serves the event loops of many tests."""

import asyncio
import signal
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from cift.client import CiftClient, Endpoints, Retry
from cift.local.mesh import LocalMesh, MeshOptions

__all__ = ["MeshThread"]

T = TypeVar("T")


class MeshThread:
    """Use as a context manager; `run` runs a coroutine of the mesh where the mesh lives."""

    def __init__(self, options: MeshOptions) -> None:
        self.mesh = LocalMesh(options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mesh")

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.run(self.mesh.start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.run(self.mesh.stop())
        finally:
            self._end()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for `work`, in the mesh's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """`run` without blocking the caller's loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a service."""

        async def kill() -> None:
            assert self.mesh.kill(name, number)

        await self.wait(kill())

    def pid(self, name: str) -> int | None:
        """The process that a service is, or was last."""
        return self.mesh.processes[name].pid

    async def replaced(self, name: str, pid: int | None) -> None:
        """Wait until another process than `pid` is up as this service."""
        async with asyncio.timeout(60):
            while self.pid(name) == pid:
                await asyncio.sleep(0.02)
        await self.ready(name)

    async def ready(self, *names: str) -> None:
        """Wait until services are up."""
        await self.wait(self.mesh.wait_ready(*names))

    def client(
        self, key: str = "trade", *, timeout_seconds: float = 5.0, retry: Retry | None = None
    ) -> CiftClient:
        """A client with one of the development keys: read, trade, admin, other."""
        return CiftClient(
            Endpoints.local(self.mesh.port_base),
            api_key=self.mesh.keys[key],
            timeout_seconds=timeout_seconds,
            retry=retry,
        )

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
