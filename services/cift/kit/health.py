"""Health v1 (`grpc.health.v1`): whether a service takes requests, by service name and as a whole.

"" is the process: it serves when each of its services does. Once a drain has begun everything is
NOT_SERVING for good, so that load balancers turn away while the last requests finish.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable

from grpc_health.v1 import health_pb2 as pb

from cift.kit.errors import NotFound
from cift.kit.rpc import Call, rpc

__all__ = ["Health"]

SERVICE = pb.DESCRIPTOR.services_by_name["Health"]
SERVING = pb.HealthCheckResponse.SERVING
NOT_SERVING = pb.HealthCheckResponse.NOT_SERVING
SERVICE_UNKNOWN = pb.HealthCheckResponse.SERVICE_UNKNOWN


class Health:
    """Readiness of the services in this process, not ready until told otherwise."""

    def __init__(self, services: Iterable[str]) -> None:
        self._ready = dict.fromkeys(services, False)
        self._draining = False
        self._changed = asyncio.Event()

    @property
    def ready(self) -> bool:
        """Whether every service takes requests."""
        return not self._draining and all(self._ready.values())

    def set(self, ready: bool, service: str | None = None) -> None:
        """Say whether `service` (None: each of them) takes requests."""
        names = list(self._ready) if service is None else [service]
        if all(self._ready[name] == ready for name in names):
            return
        for name in names:
            self._ready[name] = ready
        self._announce()

    def drain(self) -> None:
        """Everything is NOT_SERVING from now on."""
        if not self._draining:
            self._draining = True
            self._announce()

    @rpc(None)
    async def check(self, request: pb.HealthCheckRequest, _call: Call) -> pb.HealthCheckResponse:
        """Answer the status now; NOT_FOUND for a service that is not here."""
        status = self._status(request.service)
        if status == SERVICE_UNKNOWN:
            raise NotFound("UNKNOWN_SERVICE", f"no service {request.service!r} here")
        return pb.HealthCheckResponse(status=status)

    @rpc(None)
    async def list(self, _request: pb.HealthListRequest, _call: Call) -> pb.HealthListResponse:
        """Answer the status of all services."""
        names = ["", *self._ready]
        return pb.HealthListResponse(
            statuses={name: pb.HealthCheckResponse(status=self._status(name)) for name in names}
        )

    @rpc(None, drains=True)
    async def watch(
        self, request: pb.HealthCheckRequest, _call: Call
    ) -> AsyncGenerator[pb.HealthCheckResponse]:
        """Send the status now and after each change, until the drain has been told."""
        last = None
        while True:
            changed = self._changed
            status = self._status(request.service)
            if status != last:
                last = status
                yield pb.HealthCheckResponse(status=status)
            if self._draining:
                return
            await changed.wait()

    def _status(self, service: str) -> int:
        if service and service not in self._ready:
            return int(SERVICE_UNKNOWN)
        ready = self.ready if not service else self._ready[service] and not self._draining
        return int(SERVING if ready else NOT_SERVING)

    def _announce(self) -> None:
        """Wake every watcher; each looks again and tells a change, if any."""
        self._changed.set()
        self._changed = asyncio.Event()
