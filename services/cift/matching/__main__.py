"""`python -m cift.matching`: RISKED → MatchingStage → FILLS, and MatchingService beside it."""

import asyncio
import sys

from cift.kit.auth import KeyRing
from cift.kit.bus import Bus, shard_logs
from cift.kit.config import CommonSettings, load
from cift.kit.lifecycle import Lifecycle, run
from cift.kit.logging import configure
from cift.kit.server import Server
from cift.kit.stage import matching_stage
from cift.kit.stage_part import StagePart
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore
from cift.matching.service import Matching
from cift.matching.v1 import matching_service_pb2 as pb
from cift_core import Replayer

LISTEN = "127.0.0.1:50052"
READINESS_SECONDS = 0.05


async def main() -> int:
    """Build the parts and run them until a signal."""
    settings = load(CommonSettings, section="matching")
    configure("matching", settings.log_level)
    lifecycle = Lifecycle(settings.drain_seconds)
    pool = await open_pool(settings.postgres_dsn, application_name="cift matching", min_size=0)
    try:
        bus = Bus(settings.nats_url, "cift matching")
        stage = matching_stage(bus, shard_logs(settings.shard), lambda: Replayer(settings.shard))
        keys = KeyRing(ReferenceStore(pool), development=settings.development)
        server = Server(settings.listen or LISTEN, auth=keys)
        server.add(
            pb.DESCRIPTOR.services_by_name["MatchingService"], Matching(stage, settings.shard)
        )
        work = StagePart(stage, on_fault=lifecycle.fail)

        async def follow_readiness() -> None:
            while True:
                server.health.set(keys.loaded.is_set() and stage.ready)
                await asyncio.sleep(READINESS_SECONDS)

        lifecycle.spawn(follow_readiness(), "readiness")
        return await lifecycle.run(bus, work, keys, server)
    finally:
        pool.terminate()


if __name__ == "__main__":
    sys.exit(run(main))
