"""`python -m cift.risk`: ORDERS and FILLS → RiskStage → RISKED, and two services beside it.

RiskService ──► the stage's state        AdminService, limits and kills ──► PostgreSQL + outbox
  streams ◄── fills that it applies          └─ wait until the stage has applied the change
  lists   ◄── PostgreSQL
"""

import asyncio
import sys

from cift.kit.auth import KeyRing
from cift.kit.bus import Bus, shard_logs
from cift.kit.config import load
from cift.kit.lifecycle import Lifecycle, run
from cift.kit.logging import configure
from cift.kit.server import Server
from cift.kit.stage import risk_stage
from cift.kit.stage_part import StagePart
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore
from cift.risk.admin import Admin
from cift.risk.bounds import CheckRates
from cift.risk.breaches import Breaches, RecentBreaches
from cift.risk.lists import Lists
from cift.risk.positions import PositionStreams
from cift.risk.reference import Reference
from cift.risk.service import Risk
from cift.risk.settings import RiskSettings
from cift.risk.v1 import admin_service_pb2, risk_service_pb2
from cift_core import Replayer

RISK = risk_service_pb2.DESCRIPTOR.services_by_name["RiskService"]
ADMIN = admin_service_pb2.DESCRIPTOR.services_by_name["AdminService"]
LISTEN = "127.0.0.1:50053"
READINESS_SECONDS = 0.05


async def main() -> int:
    """Build the parts and run them until a signal."""
    settings = load(RiskSettings, section="risk")
    configure("risk", settings.log_level)
    lifecycle = Lifecycle(settings.drain_seconds)
    pool = await open_pool(settings.postgres_dsn, application_name="cift risk", min_size=0)
    # A kill does not wait for connections that others have.
    kills_pool = await open_pool(
        settings.postgres_dsn, application_name="cift risk kills", min_size=0, max_size=2
    )
    try:
        bus = Bus(settings.nats_url, "cift risk")
        logs = shard_logs(settings.shard)
        recent = RecentBreaches()
        positions = PositionStreams(lambda: stage.core)
        stage = risk_stage(
            bus, logs, lambda: Replayer(settings.shard), followers=(recent, positions)
        )
        reference, lists = Reference(pool, applied=lambda: stage.applied), Lists(pool)
        kills = Reference(kills_pool, applied=lambda: stage.applied)
        breaches = Breaches(bus, logs, recent, lambda: stage.core, reference, lists, settings.shard)
        keys = KeyRing(ReferenceStore(pool), development=settings.development)
        server = Server(settings.listen or LISTEN, auth=keys)
        checks = CheckRates(settings.checks_per_second_of_key, settings.checks_per_second_of_firm)
        server.add(RISK, Risk(stage, reference, kills, lists, positions, breaches, checks))
        server.add(ADMIN, Admin(reference, lists))
        work = StagePart(stage, on_fault=lifecycle.fail)

        async def follow_readiness() -> None:
            while True:
                server.health.set(keys.loaded.is_set() and stage.ready)
                await asyncio.sleep(READINESS_SECONDS)

        lifecycle.spawn(follow_readiness(), "readiness")
        return await lifecycle.run(bus, work, keys, server)
    finally:
        pool.terminate()
        kills_pool.terminate()


if __name__ == "__main__":
    sys.exit(run(main))
