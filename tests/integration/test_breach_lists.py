"""Lists of what risk refused in a real PostgreSQL: few among many, found without reading those."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from cift.kit.stores import postgres
from cift.kit.stores.reference import ReferenceStore
from cift.risk import lists
from cift.risk.lists import Lists

SHARD = 1
EXECUTIONS = 200_000
"""Of the busy firm, half of them refused by risk."""
FEW = 250
"""Of the quiet firm's two accounts, as many refused; all of them before those of the others."""
FASTEST_OF = 5
SECONDS_MAX = 0.25

FILL = """
INSERT INTO executions
SELECT $1, $2 + n, 0, 0, CASE WHEN n % $5 = 0 THEN 6 ELSE 2 END, 1, 2, 1, 1, 0,
       CASE WHEN n % $5 = 0 THEN 3 ELSE 0 END, 0, $3 + n % $4, 1, 0, 0, 0, 'c' || n,
       100, 1, 0, 0, 0, 0, 0, 0
FROM generate_series(1, $6) n
"""


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """A history of two firms, QUIET with accounts 1 and 2 and BUSY with 3 to 6."""
    async with await postgres.open_pool(database, application_name="test", min_size=0) as pool:
        async with ReferenceStore(pool).change("test") as change:
            for firm, names in (("QUIET", "AB"), ("BUSY", "CDEF")):
                number = (await change.add_firm(firm)).id
                for name in names:
                    await change.add_account(name, firm_id=number, currency="USD")
        # Sequence before the first, first account, so many accounts, one in so many refused, rows.
        await pool.execute(FILL, SHARD, 0, 1, 2, 2, 2 * FEW)
        await pool.execute(FILL, SHARD, 1_000, 3, 4, 2, EXECUTIONS)
        await pool.execute("ANALYZE")
        yield pool


async def plan_of(pool: asyncpg.Pool, sql: str, *values: Any) -> dict[str, Any]:
    """How PostgreSQL answers a query, as it says itself after it has."""
    (row,) = await pool.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
    plan: dict[str, Any] = json.loads(row[0])[0]["Plan"]
    return plan


def scans(plan: dict[str, Any]) -> list[tuple[str, int]]:
    """Each scan of executions: the index, "" without, and how many rows it gave or threw away."""
    own = []
    if plan.get("Relation Name") == "executions" or "executions" in plan.get("Index Name", ""):
        rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        own = [(plan.get("Index Name", ""), round(rows * plan["Actual Loops"]))]
    return own + [found for below in plan.get("Plans", ()) for found in scans(below)]


async def test_few_breaches_among_many_are_found_by_their_accounts(pool: asyncpg.Pool) -> None:
    place = (SHARD, lists.AFTER_ALL, 0, 101)
    of_firm = "a.firm_id = $5"
    of_account = "a.name = $5 AND ($6::integer IS NULL OR a.firm_id = $6)"
    for accounts, whose in ((of_firm, [1]), (of_account, ["A", 1]), (of_account, ["A", None])):
        plan = await plan_of(pool, lists.breaches_of(accounts), *place, *whose)
        found = dict(scans(plan))
        assert found["executions_breaches_by_account"] <= 2 * 101
        assert sum(found.values()) <= 3 * 101, found
    plan = await plan_of(pool, lists.ALL_BREACHES, *place)
    assert scans(plan) == [("executions_breaches", 101)]
    taken = []
    for _ in range(FASTEST_OF):
        begun = time.perf_counter()
        assert len(await Lists(pool).breaches(SHARD, 1, "", None, 101)) == 101
        taken.append(time.perf_counter() - begun)
    assert min(taken) < SECONDS_MAX


async def test_pages_of_breaches_follow_the_log(pool: asyncpg.Pool) -> None:
    """By a firm's accounts and one by one they are what a plain look at all of them finds."""
    found = Lists(pool)

    async def pages(firm: int | None, account: str, size: int) -> list[tuple[int, str]]:
        listed: list[tuple[int, str]] = []
        after = None
        while rows := await found.breaches(SHARD, firm, account, after, size):
            assert len(rows) <= size
            listed += [(row["sequence"], row["account"]) for row in rows]
            after = [rows[-1]["sequence"], rows[-1]["index"]]
        return listed

    refused = [2 * n for n in range(FEW, 0, -1)]
    both = await pages(1, "", 37)
    assert [sequence for sequence, _ in both] == refused
    assert both == await pages(None, "A", 37)  # What is refused is A's: every second one.
    assert await pages(1, "A", 1_000) == both
    assert await pages(2, "A", 100) == await pages(1, "B", 100) == await pages(1, "C", 100) == []
    newest = await found.breaches(SHARD, None, "", None, 3)
    last = 1_000 + EXECUTIONS
    assert [row["sequence"] for row in newest] == [last, last - 2, last - 4]
    assert {row["firm"] for row in newest} == {"BUSY"}
