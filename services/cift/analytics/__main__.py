"""`python -m cift.analytics [--rebuild]`: FILLS → ClickHouse and PostgreSQL, and answers from it.

    FILLS ──► Projector ──► TradeStore (ClickHouse) ──► AnalyticsService
      └─────► Projector ──► ExecutionStore (PostgreSQL)

Each projection goes its own way and at its own pace. `--rebuild` empties both first and fills them
again from the log.
"""

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cift.analytics.executions import ExecutionStore
from cift.analytics.projector import Projector
from cift.analytics.service import Analytics
from cift.analytics.trades import TradeStore
from cift.analytics.v1 import analytics_service_pb2 as pb
from cift.kit.auth import KeyRing
from cift.kit.bus import Bus, shard_logs
from cift.kit.config import CommonSettings, load, setting
from cift.kit.lifecycle import Lifecycle, run
from cift.kit.logging import configure
from cift.kit.server import Server
from cift.kit.stores.clickhouse import ClickHouse, read_statements
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore

LISTEN = "127.0.0.1:50054"
READINESS_SECONDS = 0.05
NICE = 10
"""Trading comes first: on a busy machine analytics gets what is left."""
SCHEMA = Path(__file__).resolve().parents[3] / "deploy" / "clickhouse" / "schema.sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """What analytics is told."""

    clickhouse_schema: Path = setting(SCHEMA, help="statements that make the tables")
    query_threads: int = setting(2, help="queries at once", minimum=1, maximum=64)
    trades_pause_seconds: float = setting(
        0.25, help="pause between blocks into ClickHouse", minimum=0, maximum=60
    )
    executions_pause_seconds: float = setting(
        0.05, help="pause between blocks into PostgreSQL", minimum=0, maximum=60
    )


async def main() -> int:
    """Build the parts and run them until a signal."""
    settings = load(Settings, section="analytics")
    rebuild = _arguments().rebuild
    configure("analytics", settings.log_level)
    os.nice(max(0, NICE - os.nice(0)))
    lifecycle = Lifecycle(settings.drain_seconds)
    logs = shard_logs(settings.shard)
    pool = await open_pool(settings.postgres_dsn, application_name="cift analytics", min_size=0)
    try:
        bus = Bus(settings.nats_url, "cift analytics")
        keys = KeyRing(ReferenceStore(pool), development=settings.development)
        clickhouse = ClickHouse(
            settings.clickhouse_dsn,
            settings.data_dir / "clickhouse",
            schema=read_statements(settings.clickhouse_schema),
            query_threads=settings.query_threads,
        )
        trades = TradeStore(clickhouse, shard=settings.shard)
        into_clickhouse = Projector(
            bus,
            logs,
            trades,
            pause_seconds=settings.trades_pause_seconds,
            rebuild=rebuild,
            on_fault=lifecycle.fail,
        )
        into_postgres = Projector(
            bus,
            logs,
            ExecutionStore(settings.postgres_dsn, shard=settings.shard),
            pause_seconds=settings.executions_pause_seconds,
            rebuild=rebuild,
            on_fault=lifecycle.fail,
        )
        server = Server(settings.listen or LISTEN, auth=keys, grace_seconds=settings.drain_seconds)
        server.add(
            pb.DESCRIPTOR.services_by_name["AnalyticsService"],
            Analytics(trades, current=lambda: into_clickhouse.ready),
        )

        async def follow_readiness() -> None:
            while True:
                server.health.set(keys.loaded.is_set() and into_clickhouse.ready)
                await asyncio.sleep(READINESS_SECONDS)

        lifecycle.spawn(follow_readiness(), "readiness")
        return await lifecycle.run(bus, clickhouse, keys, server, into_clickhouse, into_postgres)
    finally:
        pool.terminate()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cift.analytics")
    parser.add_argument(
        "--rebuild", action="store_true", help="empty both projections and fill them from FILLS"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run(main))
