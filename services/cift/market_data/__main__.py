"""`python -m cift.market_data`: FILLS → feed → subscribers.

FILLS ──► FanOut (MarketDataFeed) ──► bounded queues ──► MarketDataService
  └─────► a reader of its own for each stream that begins in the past ──┘
"""

import asyncio
import sys
from dataclasses import dataclass

from cift.kit.auth import KeyRing
from cift.kit.bus import Bus, shard_logs
from cift.kit.config import CommonSettings, load, setting
from cift.kit.lifecycle import Lifecycle, run
from cift.kit.logging import configure
from cift.kit.server import Server
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore
from cift.market_data.fanout import FanOut, QueueLimits
from cift.market_data.service import MarketData
from cift.market_data.v1 import market_data_service_pb2 as pb
from cift_core import MarketDataFeed

LISTEN = "127.0.0.1:50055"
READINESS_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """What market_data is told."""

    subscriber_queue_pieces: int = setting(
        65_536, help="updates that may wait for one subscriber", minimum=1, maximum=1 << 24
    )
    subscriber_queue_bytes: int = setting(
        16 << 20, help="bytes that may wait for one subscriber", minimum=1 << 10, maximum=1 << 30
    )


async def main() -> int:
    """Build the parts and run them until a signal."""
    settings = load(Settings, section="market_data")
    configure("market_data", settings.log_level)
    lifecycle = Lifecycle(settings.drain_seconds)
    logs = shard_logs(settings.shard)
    limits = QueueLimits(settings.subscriber_queue_pieces, settings.subscriber_queue_bytes)
    pool = await open_pool(settings.postgres_dsn, application_name="cift market_data", min_size=0)
    try:
        bus = Bus(settings.nats_url, "cift market_data")
        keys = KeyRing(ReferenceStore(pool), development=settings.development)
        server = Server(settings.listen or LISTEN, auth=keys, grace_seconds=settings.drain_seconds)
        fanout = FanOut(
            bus,
            logs,
            MarketDataFeed(settings.shard),
            limits=limits,
            on_fault=lifecycle.fail,
        )
        service = pb.DESCRIPTOR.services_by_name["MarketDataService"]
        server.add(service, MarketData(fanout, bus, logs.fills))

        async def follow_readiness() -> None:
            while True:
                server.health.set(keys.loaded.is_set() and fanout.caught_up)
                await asyncio.sleep(READINESS_SECONDS)

        lifecycle.spawn(follow_readiness(), "readiness")
        return await lifecycle.run(bus, keys, server, fanout)
    finally:
        pool.terminate()


if __name__ == "__main__":
    sys.exit(run(main))
