"""Order entry.

clients ── gRPC ──► server ──► OrderEntry, MarketControl ──► journal ──► ORDERS
                                   ▲                            ▲
               sessions, executions┘                            └── FILLS ──► recent, relay, kills,
                                                                              orphans
PostgreSQL ──► keys, orders; reference_outbox ──► relay, kills ──► ORDERS
"""

import asyncio
import sys

from cift.kit.auth import KeyRing
from cift.kit.bus import Bus, OriginWriter, shard_logs
from cift.kit.config import load
from cift.kit.lifecycle import Lifecycle, run
from cift.kit.logging import configure
from cift.kit.server import Server
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore
from cift.kit.telemetry import Telemetry
from cift.order_entry.control import MarketControl
from cift.order_entry.executions import ExecutionStreams, Recent
from cift.order_entry.journal import Journal
from cift.order_entry.orphans import Orphans
from cift.order_entry.relay import REFERENCE_ORIGIN, URGENT_ORIGIN, Relay
from cift.order_entry.service import OrderEntry
from cift.order_entry.session import Sessions
from cift.order_entry.settings import OrderEntrySettings
from cift.order_entry.store import OrderStore
from cift.order_entry.v1 import market_control_service_pb2, order_entry_service_pb2
from cift_core import Gateway

ENTRY = order_entry_service_pb2.DESCRIPTOR.services_by_name["OrderEntryService"]
CONTROL = market_control_service_pb2.DESCRIPTOR.services_by_name["MarketControlService"]
READINESS_SECONDS = 0.1


async def main() -> int:
    settings = load(OrderEntrySettings, section="order_entry")
    configure("order_entry", settings.log_level)
    lifecycle = Lifecycle(settings.drain_seconds)
    telemetry = Telemetry.configured("order_entry")
    bus = Bus(settings.nats_url, "order_entry")
    logs = shard_logs(settings.shard)
    # Nothing connects to PostgreSQL yet: trading goes on, and starts, while it is away.
    pool = await open_pool(settings.postgres_dsn, application_name="order_entry", min_size=0)

    # Nor does a kill wait for connections that others have.
    kills_pool = await open_pool(
        settings.postgres_dsn, application_name="order_entry kills", min_size=0, max_size=2
    )

    async with pool, kills_pool:
        keys = KeyRing(ReferenceStore(pool), development=settings.development)
        recent = Recent(settings.recent_bytes)
        relay = Relay(
            pool,
            OriginWriter(bus, logs.orders, origin=REFERENCE_ORIGIN),
            shard=settings.shard,
        )
        kills = Relay(
            kills_pool,
            OriginWriter(bus, logs.orders, origin=URGENT_ORIGIN),
            shard=settings.shard,
            common=relay,
        )
        writer = OriginWriter(bus, logs.orders)
        gateway = Gateway(settings.shard, writer.origin, settings.max_waiting_commands)
        orphans = Orphans(gateway, on_fault=lifecycle.fail)
        journal = Journal(
            bus,
            logs,
            gateway,
            writer,
            followers=(recent, relay, kills, orphans),
            max_log_fullness=settings.max_log_fullness,
            telemetry=telemetry,
        )
        relay.bind(journal)
        kills.bind(journal)
        orphans.bind(journal)
        sessions = Sessions(
            journal, window=settings.session_window, answer_seconds=settings.answer_seconds
        )
        executions = ExecutionStreams(bus, logs, gateway, recent, settings.history_readers)
        service = OrderEntry(
            journal,
            gateway,
            sessions,
            executions,
            OrderStore(pool),
            answer_seconds=settings.answer_seconds,
        )
        server = Server(settings.listen, auth=keys, grace_seconds=settings.drain_seconds * 0.7)
        server.add(ENTRY, service)
        control = MarketControl(journal, sessions, answer_seconds=settings.answer_seconds)
        server.add(CONTROL, control)

        async def follow_readiness() -> None:
            while True:
                server.health.set(keys.loaded.is_set() and journal.open)
                await asyncio.sleep(READINESS_SECONDS)

        lifecycle.spawn(follow_readiness(), "readiness")
        lifecycle.spawn(journal.end(), "journal end")
        return await lifecycle.run(
            telemetry, bus, keys, journal, relay, kills, orphans, sessions, server
        )


if __name__ == "__main__":
    sys.exit(run(main))
