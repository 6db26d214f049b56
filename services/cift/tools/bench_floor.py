"""The bare floor of the benchmark: gRPC raw batch → JetStream append → reply, and nothing else.

Run as a process of its own: `python -m cift.tools.bench_floor NATS_URL HOST:PORT`. What the mesh
reaches is held against this, with the same request bytes, on the same server, in the same run.
"""

import asyncio
import signal
import sys
from typing import Any

import grpc
import uvloop

from cift.kit.bus import connect

__all__ = ["METHOD", "STREAM"]

STREAM = "FLOOR"
SUBJECT = "bench.floor"
METHOD = "/cift.bench.Floor/Append"
STREAM_MAX_BYTES = 4 << 30
APPEND_SECONDS_MAX = 10.0


async def main(nats_url: str, listen: str) -> None:
    """Serve until SIGTERM."""
    bus = await connect(nats_url, "floor")
    await bus.api(
        f"STREAM.CREATE.{STREAM}",
        {
            "name": STREAM,
            "subjects": [SUBJECT],
            "storage": "file",
            "retention": "limits",
            "discard": "old",
            "max_bytes": STREAM_MAX_BYTES,
            "num_replicas": 1,
        },
        timeout_s=10.0,
    )

    async def append(request: bytes, _context: Any) -> bytes:
        return await bus.request(SUBJECT, request, timeout_s=APPEND_SECONDS_MAX)

    server = grpc.aio.server(options=(("grpc.max_receive_message_length", 64 << 20),))
    service, _, method = METHOD.removeprefix("/").partition("/")
    handler = grpc.unary_unary_rpc_method_handler(append)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {method: handler}),)
    )
    server.add_insecure_port(listen)
    await server.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await server.stop(1.0)
    await bus.api(f"STREAM.DELETE.{STREAM}", timeout_s=10.0)
    await bus.stop()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:3]))
