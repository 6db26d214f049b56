"""The relay and a real PostgreSQL: what took effect is noted, however late that can be."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from cift.kit.stores import postgres
from cift.kit.stores.records import Holder, Level
from cift.kit.stores.reference import ReferenceStore
from cift.order_entry.relay import REFERENCE_ORIGIN, URGENT_ORIGIN, Relay
from cift_core import Replayer, encode_reference, header

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


class Writer:
    """Stores nothing; each batch takes effect at once."""

    def __init__(self) -> None:
        self.next_batch = 1
        self.relay: Any = None
        self.published: list[tuple[int, int]] = []
        """Origin and batch of each."""

    def outcome_known(self, _batch: int, _sequence: int) -> None:
        """It is not waited for."""

    async def publish(self, batch: int, _token: str, frame: bytes) -> None:
        """Have it take effect."""
        said = header(frame)
        self.published.append((said.origin, batch))
        self.relay.applied = batch


async def switched(store: ReferenceStore, *turns: bool) -> None:
    """Turn the kill switch of account 1, a change each."""
    holder = Holder(Level.ACCOUNT, 1)
    for on in turns:
        async with store.change("test") as change:
            await (change.kill(holder, "") if on else change.unkill(holder, ""))


async def turns(pool: asyncpg.Pool) -> list[tuple[Any, ...]]:
    """Number, whether it is urgent, batch and what it follows of each row that turns a switch."""
    found = await pool.fetch(
        "SELECT number, urgent, batch, after_batch FROM reference_outbox"
        " WHERE commands->0->>0 IN ('kill', 'unkill') ORDER BY number"
    )
    return [tuple(row) for row in found]


async def test_a_kill_is_urgent_as_soon_as_the_engine_knows_whom_it_is_about(
    pool: asyncpg.Pool,
) -> None:
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = (await change.add_firm("F")).id
        await change.add_account("A", firm_id=firm, currency="USD")
    # Before, it takes the common way, and so does every turn until that one is in force.
    await switched(store, True, False)
    assert await turns(pool) == [(2, False, 2, 0), (3, False, 3, 0)]
    for batch in (1, 2):
        await store.note_applied(batch, batch)
    await switched(store, True)
    await store.note_applied(3, 3)
    await switched(store, False)
    assert (await turns(pool))[2:] == [(4, False, 4, 0), (5, False, 5, 0)]
    for batch in (4, 5):
        await store.note_applied(batch, batch)
    await switched(store, True, False)
    assert (await turns(pool))[4:] == [(6, True, 1, 5), (7, True, 2, 5)]


async def test_on_a_log_made_anew_a_kill_follows_its_account(pool: asyncpg.Pool) -> None:
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = (await change.add_firm("F")).id
        await change.add_account("A", firm_id=firm, currency="USD")
    await store.note_applied(1, 1)
    await switched(store, True)
    assert await turns(pool) == [(2, True, 1, 1)]
    # The log is empty, whatever had been noted.
    writers = [Writer(), Writer()]
    ways: list[Any] = list(writers)
    common = Relay(pool, ways[0])
    kills = Relay(pool, ways[1], common=common)
    writers[0].relay, writers[1].relay = common, kills
    await kills._relay()
    assert writers[1].published == []
    await common._relay()
    await kills._relay()
    assert writers[0].published == [(REFERENCE_ORIGIN, 1)]
    assert writers[1].published == [(URGENT_ORIGIN, 1)]


async def test_once_a_kill_was_urgent_so_is_every_turn_of_the_switch(pool: asyncpg.Pool) -> None:
    store, firm = ReferenceStore(pool), Holder(Level.FIRM, 1)
    later = "SELECT setval(pg_get_serial_sequence('accounts', 'id'), $1)"
    await pool.execute(later, 9)
    async with store.change("test") as change:
        await change.add_firm("F")
        await change.add_account("LATE", firm_id=1, currency="USD")
    await store.note_applied(1, 1)
    async with store.change("test") as change:
        await change.kill(firm, "")
    # Of two accounts that are made at a time the one with the lower number may be stored last.
    await pool.execute(later, 4)
    async with store.change("test") as change:
        await change.add_account("EARLY", firm_id=1, currency="USD")
    async with store.change("test") as change:
        await change.unkill(firm, "")
    # Had it gone behind that account, it could pass the kill in a log that is made anew.
    assert await turns(pool) == [(2, True, 1, 1), (4, True, 2, 1)]


async def test_another_relay_that_is_faster_is_no_older_database(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ReferenceStore(pool)
    for name in ("A", "B", "C"):
        async with store.change("test") as change:
            firm = 1 if name != "A" else (await change.add_firm("F")).id
            await change.add_account(name, firm_id=firm, currency="USD")
    writer = Writer()
    way: Any = writer
    relay = writer.relay = Relay(pool, way)
    relay.applied = 1
    ask = ReferenceStore.outbox_from

    async def outbox_from(*args: Any, urgent: bool) -> Any:
        relay.applied = 2  # Told by FILLS meanwhile.
        return await ask(*args, urgent=urgent)

    monkeypatch.setattr(ReferenceStore, "outbox_from", outbox_from)
    await relay._relay()
    assert writer.published == [(REFERENCE_ORIGIN, 3)]
