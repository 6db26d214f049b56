"""Streams: made once, checked afterwards, refused when they could lose messages."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from cift.kit.bus import (
    ApiError,
    Bus,
    BusUnavailable,
    IncompatibleLog,
    LogSettings,
    connect,
    connection,
    ensure_logs,
    ensure_risked,
    read_message,
    read_state,
    shard_logs,
)
from tests.support.nats import NatsServer
from tests.support.plane import back, wait_until

LOGS = shard_logs()
SETTINGS = LogSettings()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    bus = await connect(server.url, "test")
    yield bus
    await bus.stop()


async def test_made_once_by_many(bus: Bus) -> None:
    await asyncio.gather(*(ensure_logs(bus, LOGS, SETTINGS) for _ in range(5)))
    await asyncio.gather(*(ensure_risked(bus, LOGS, SETTINGS, first=n + 1) for n in range(3)))
    for log in LOGS.all():
        state = await read_state(bus, log)
        assert state is not None
        assert state.messages == state.missing == 0
    fills = (await bus.api("STREAM.INFO.FILLS"))["config"]
    assert fills["persist_mode"] == "async"
    assert fills["deny_delete"]
    assert fills["deny_purge"]
    assert fills["metadata"]["cift.schema"] == "1"
    assert (await bus.api("STREAM.INFO.RISKED"))["config"]["storage"] == "memory"


async def test_nothing_can_be_deleted_or_purged(bus: Bus) -> None:
    await ensure_logs(bus, LOGS, SETTINGS)
    bus.publish("orders.new.A", b"x")
    with pytest.raises(ApiError):
        await bus.api("STREAM.PURGE.ORDERS", {})
    with pytest.raises(ApiError):
        await bus.api("STREAM.MSG.DELETE.ORDERS", {"seq": 1})


async def test_risked_begins_behind_fills(server: NatsServer, bus: Bus) -> None:
    await ensure_logs(bus, LOGS, SETTINGS)
    for _ in range(3):
        await bus.request("orders.fills.A", b"f")
    state = await ensure_risked(bus, LOGS, SETTINGS)
    assert (state.first, state.last, state.messages) == (4, 3, 0)
    await bus.request("orders.risked.A", b"r")
    assert (await ensure_risked(bus, LOGS, SETTINGS)).last == 4
    message = await read_message(bus, LOGS.risked, 4)
    assert message is not None
    assert (message.subject, message.data) == ("orders.risked.A", b"r")
    assert await read_message(bus, LOGS.risked, 5) is None
    server.restart()
    await back(bus)
    assert await read_state(bus, LOGS.risked) is None


async def test_grows_and_never_shrinks(bus: Bus) -> None:
    small = LogSettings(orders_max_bytes=1 << 20, risked_max_bytes=2 << 20, fills_max_bytes=8 << 20)
    await ensure_logs(bus, LOGS, small)
    await ensure_logs(bus, LOGS, replace(small, orders_max_bytes=1 << 20, fills_max_bytes=9 << 20))
    await ensure_logs(bus, LOGS, small)
    state = await read_state(bus, LOGS.fills)
    assert state is not None
    assert state.max_bytes == 9 << 20


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"discard": "old"}, "discard is 'old'"),
        ({"deny_purge": False}, "deny_purge is False"),
        ({"deny_delete": False}, "deny_delete is False"),
        ({"max_age": 10**12}, "max_age is 1000000000000"),
        ({"storage": "memory"}, "storage is 'memory'"),
        ({"subjects": ["orders.new.A"]}, "subjects are"),
        ({"retention": "interest"}, "retention is 'interest'"),
        ({"metadata": {}}, "does not name a schema version"),
        ({"metadata": {"cift.schema": "2", "cift.semantics": "2"}}, "schema version 2"),
        ({"metadata": {"cift.schema": "1", "cift.semantics": "9"}}, "semantics version 9"),
        (
            {"metadata": {"cift.schema": "1", "cift.semantics": "2", "cift.shard": "4"}},
            "belongs to shard 4",
        ),
    ],
)
async def test_dangerous_streams_are_refused(bus: Bus, change: dict[str, Any], said: str) -> None:
    config = {
        "name": "ORDERS", "subjects": ["orders.new.>"], "storage": "file", "retention": "limits",
        "discard": "new", "deny_delete": True, "deny_purge": True, "max_bytes": 1 << 30,
        "max_msg_size": 8 << 20, "num_replicas": 1,
        "metadata": {"cift.schema": "1", "cift.semantics": "2", "cift.shard": "0"},
    }  # fmt: skip
    await bus.api("STREAM.CREATE.ORDERS", config | change)
    with pytest.raises(IncompatibleLog, match="ORDERS 0: ") as refused:
        await ensure_logs(bus, LOGS, SETTINGS)
    assert said in str(refused.value)
    assert refused.value.advice


async def test_no_room_says_what_to_do(tmp_path: Path) -> None:
    with NatsServer(tmp_path / "small", max_file_bytes=1 << 20) as server:
        bus = await connect(server.url, "test")
        with pytest.raises(IncompatibleLog, match="max_file_store"):
            await ensure_logs(bus, LOGS, SETTINGS)
        await bus.stop()


async def test_no_server_is_told_in_time() -> None:
    with pytest.raises(BusUnavailable, match=r"within 0\.3 s") as refused:
        await connect("nats://me:secret@127.0.0.1:1", "test", timeout_s=0.3)
    assert "secret" not in str(refused.value)


async def test_a_peer_that_no_longer_reads_is_left(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PING_INTERVAL_S", 0.2)
    bus = await connect(server.url, "test")
    server.pause()
    for _ in range(30):
        bus.publish("nobody.listens", bytes(1 << 20))
    await wait_until(lambda: not bus.connected, "still connected", 5.0)
    server.resume()
    await back(bus)
    await bus.stop()


async def test_a_stuck_client_is_revived(
    server: NatsServer, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when nats-py's tasks end on an error that it did not expect."""
    reading = bus._client._reading_task
    assert reading is not None
    reading.cancel()
    await back(bus)
    attempt = Client._attempt_reconnect

    async def fail(client: Client) -> None:
        monkeypatch.setattr(Client, "_attempt_reconnect", attempt)
        raise RuntimeError("the handler is closed")

    monkeypatch.setattr(Client, "_attempt_reconnect", fail)
    server.restart()
    await back(bus, 2)
    assert (await bus.api("STREAM.NAMES", {}))["total"] == 0


async def test_requests_do_not_hang(server: NatsServer, bus: Bus) -> None:
    with pytest.raises(BusUnavailable, match="503"):
        await bus.request("nobody.listens", b"")
    server.pause()
    with pytest.raises(BusUnavailable, match="no answer"):
        await bus.api("STREAM.NAMES", {}, timeout_s=0.2)
    server.kill()
    await wait_until(lambda: not bus.connected, "still connected", 5.0)
    with pytest.raises(BusUnavailable, match="not connected"):
        bus.publish("a", b"")
    server.start()
    await back(bus)
    assert (await bus.api("STREAM.NAMES", {}))["total"] == 0
