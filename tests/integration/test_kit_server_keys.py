"""API keys on a real PostgreSQL: who is known, how soon a change counts, what an outage does."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from cift.kit.auth import KeyRing
from cift.kit.errors import PermissionDenied, ServiceError, Unauthenticated
from cift.kit.stores import postgres
from cift.kit.stores.reference import ReferenceStore


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    async with await postgres.open_pool(database, application_name="test", min_size=0) as pool:
        yield pool


async def known(ring: KeyRing, secret: str, scope: str = "read") -> str:
    """The firm of a key, or the reason why it is refused."""
    try:
        return ring.principal([("authorization", f"Bearer {secret}")], scope).firm_name
    except ServiceError as error:
        return error.reason


async def within_a_second(ring: KeyRing, secret: str, answer: str) -> None:
    async with asyncio.timeout(1.5):
        while await known(ring, secret) != answer:
            await asyncio.sleep(0.02)


async def test_keys_by_firm_and_scope(pool: asyncpg.Pool) -> None:
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = await change.add_firm("ALPHA")
        await change.add_key("reader", firm_id=firm.id, scopes=["read"])
        await change.add_key("trader", firm_id=firm.id, scopes=["read", "trade"])
        await change.add_key("demo", firm_id=firm.id, scopes=["read"], development=True)
    ring = KeyRing(store)
    assert await known(ring, "reader") == "STARTING"
    await ring.start()
    try:
        await asyncio.wait_for(ring.loaded.wait(), 5)
        principal = ring.principal([("x", "y"), ("authorization", "Bearer trader")], "trade")
        assert (principal.firm, principal.firm_name) == (firm.id, "ALPHA")
        assert await known(ring, "reader") == "ALPHA"
        assert await known(ring, "reader", "trade") == "SCOPE_REQUIRED"
        assert await known(ring, "nobody") == "KEY_UNKNOWN"
        assert await known(ring, "demo") == "KEY_UNKNOWN"
        assert await known(ring, "x" * 10_000) == "KEY_UNKNOWN"
        for metadata in ([], [("authorization", "Basic trader")], [("authorization", b"trader")]):
            with pytest.raises(Unauthenticated) as caught:
                ring.principal(metadata, "read")
            assert caught.value.reason == "KEY_REQUIRED"
        with pytest.raises(PermissionDenied):
            ring.principal([("authorization", "Bearer trader")], "admin")
        assert await known(ring, "trader", "trade|admin") == "ALPHA"
        with pytest.raises(PermissionDenied, match="`trade` or `admin`"):
            ring.principal([("authorization", "Bearer reader")], "trade|admin")
    finally:
        await ring.stop()


async def test_development_keys_count_only_where_they_may(pool: asyncpg.Pool) -> None:
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = await change.add_firm("ALPHA")
        await change.add_key("demo", firm_id=firm.id, scopes=["read"], development=True)
    ring = KeyRing(store, development=True)
    await ring.start()
    try:
        await within_a_second(ring, "demo", "ALPHA")
    finally:
        await ring.stop()


async def test_a_change_counts_within_a_second_and_an_outage_changes_nothing(
    pool: asyncpg.Pool, database: str
) -> None:
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = await change.add_firm("ALPHA")
        first = await change.add_key("first", firm_id=firm.id, scopes=["read"])
    ring = KeyRing(store)
    await ring.start()
    try:
        await within_a_second(ring, "first", "ALPHA")
        async with store.change("test") as change:
            await change.add_key("second", firm_id=firm.id, scopes=["read"])
            await change.disable_key(first.id)
        await within_a_second(ring, "second", "ALPHA")
        await within_a_second(ring, "first", "KEY_UNKNOWN")
        # A database that is gone refuses every query; the keys last read stay good.
        name = database.rpartition("/")[2]
        admin = await asyncpg.connect(database.rpartition("/")[0] + "/postgres")
        try:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
            )
            await asyncio.sleep(1.2)
            assert await known(ring, "second") == "ALPHA"
            with pytest.raises(asyncpg.PostgresError):
                await store.firms()
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        finally:
            await admin.close()
        async with store.change("test") as change:
            await change.add_key("third", firm_id=firm.id, scopes=["read"])
        await within_a_second(ring, "third", "ALPHA")
    finally:
        await ring.stop()
