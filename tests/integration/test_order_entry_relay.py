"""The relay and a real PostgreSQL: what took effect is noted, however late that can be."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from cift.kit.stores import postgres
from cift.kit.stores.reference import ReferenceStore
from cift.order_entry.relay import Relay
from cift_core import Replayer, encode_reference

ROWS = 250
"""More than the store tells of at once."""


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database of this test's own."""
    pool = await postgres.open_pool(database, application_name="test", max_size=2)
    yield pool
    await pool.close()


async def test_every_outcome_is_noted_though_the_database_was_away(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ReferenceStore(pool)
    for number in range(ROWS):
        async with store.change("test") as change:
            firm = number or (await change.add_firm("F")).id
            await change.add_account(f"A{number}", firm_id=min(firm, 1), currency="USD")
    writer: Any = SimpleNamespace(outcome_known=lambda _batch, _sequence: None)
    relay, replayer = Relay(pool, writer), Replayer()
    others: Any = SimpleNamespace(own_batch=0, origin=1)
    rows = [row for start in (1, 101, 201) for row in await store.outbox_from(start)]
    for row in rows:
        frame = encode_reference(row.number, row.commands)
        _, fills = replayer.apply(row.number, row.number * 10**9, frame)
        message: Any = SimpleNamespace(sequence=row.number, data=fills)
        relay.on_fills(message, others)
    assert relay.applied == ROWS

    note, away = ReferenceStore.note_applied, [True]

    async def note_applied(*args: Any, urgent: bool) -> None:
        if away.pop() if away and args[1] == 120 else False:
            raise asyncpg.InterfaceError("the connection is closed")
        await note(*args, urgent=urgent)

    monkeypatch.setattr(ReferenceStore, "note_applied", note_applied)
    with pytest.raises(asyncpg.InterfaceError):
        await relay._relay()
    first, *_ = await store.waiting()
    assert first.number == 120
    await relay._relay()
    assert await store.waiting() == []
    noted = await pool.fetch("SELECT number, sequence FROM reference_outbox")
    assert all(row["number"] == row["sequence"] for row in noted)
