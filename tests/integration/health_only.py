"""The smallest service that a mesh can supervise: gRPC health on CIFT_LISTEN, and ways to fail."""

import asyncio
import os
import signal
import sys

import grpc.aio
from grpc_health.v1 import health_pb2, health_pb2_grpc


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Says SERVING."""

    async def Check(  # noqa: N802  (gRPC names it)
        self, request: object, context: object
    ) -> health_pb2.HealthCheckResponse:
        """Answer a health check."""
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


async def main() -> None:
    """Serve until SIGTERM."""
    if sys.argv[1:] == ["crash"]:
        sys.exit('{"event": "the cupboard", "error": "is bare"}')
    if sys.argv[1:] == ["fail"]:
        print('{"event": "failed", "error": "the cupboard is bare", "level": "error"}')
        sys.exit('{"event": "stopped", "level": "info"}')
    if sys.argv[1:] == ["refuse"]:
        print("cannot start: the data is of another age", file=sys.stderr)
        sys.exit(78)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    if sys.argv[1:] == ["silent"]:
        await stopping.wait()
        return
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(Health(), server)
    server.add_insecure_port(os.environ["CIFT_LISTEN"])
    await server.start()
    await stopping.wait()
    await server.stop(grace=1)


if __name__ == "__main__":
    asyncio.run(main())
