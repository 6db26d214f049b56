"""Executions and orders in PostgreSQL: what FILLS says, as rows that people and tools can query.

A block goes into two staging tables by binary COPY and from there, in the same transaction as the
place, into the tables; so a block is stored whole or not at all. Rows are keyed by their place in
the log, and an order's row moves only forward, so a block that comes twice changes nothing. A bust
is an execution of its own, of type TRADE_BUST; it changes no other row.
"""

import asyncio
import io
from collections.abc import Mapping
from typing import Any

import asyncpg
import numpy as np

from cift.analytics.copy_binary import copy_bytes
from cift.analytics.projector import Place, StoreUnavailable
from cift.analytics.rows import Block, orders_of

__all__ = ["ExecutionStore"]

CURSOR = "executions"
CONNECT_SECONDS = 5.0
COMMAND_SECONDS = 60.0
LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # A connection that breaks while an answer is read.
    OSError,
    asyncio.TimeoutError,
)

Columns = dict[str, tuple[str, Any]]


class ExecutionStore:
    """The projection of one shard's executions and orders; a `ProjectionStore`."""

    name = "executions"

    def __init__(self, dsn: str, *, shard: int) -> None:
        self._dsn = dsn
        self._shard = shard
        self._sequence = 0
        self._connection: Any = None

    async def open(self) -> Place:
        """Connect and read the place."""
        await self.close()
        try:
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                # A commit that a power cut takes away takes the place with it: it is done again.
                server_settings={"application_name": "cift analytics", "synchronous_commit": "off"},
            )
            await self._connection.execute(STAGING)
            row = await self._connection.fetchrow(
                "SELECT sequence, state_hash FROM projection_cursor WHERE name = $1 AND shard = $2",
                CURSOR,
                self._shard,
            )
        except LOST as error:
            raise StoreUnavailable(_text(error)) from error
        if row is None:
            self._sequence = 0
            return Place(0)
        self._sequence = row["sequence"]
        state_hash = row["state_hash"]
        return Place(
            self._sequence, None if state_hash is None else state_hash & 0xFFFF_FFFF_FFFF_FFFF
        )

    async def close(self) -> None:
        """Close the connection, without waiting for a server that is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def apply(self, block: Block) -> None:
        """Store a block; StoreUnavailable when another process stored something meanwhile."""
        executions, orders = await asyncio.to_thread(_encode, block)
        connection = self._connection
        try:
            async with connection.transaction():
                # First, so that of two processes one waits here and then finds nothing to do.
                moved = await connection.fetchval(
                    MOVE, CURSOR, self._shard, self._sequence, block.last, _signed(block.state_hash)
                )
                if moved is None:
                    raise StoreUnavailable("another process fills the same tables")
                if len(block.events):
                    await _copy(connection, "staged_executions", EXECUTION_TYPES, executions)
                    await connection.execute(INSERT_EXECUTIONS)
                    await _copy(connection, "staged_orders", ORDER_TYPES, orders)
                    await connection.execute(UPSERT_ORDERS)
        except LOST as error:
            raise StoreUnavailable(_text(error)) from error
        self._sequence = block.last

    async def clear(self) -> None:
        """Delete the shard's rows and place in one transaction."""
        try:
            async with self._connection.transaction():
                for table in ("executions", "orders"):
                    await self._connection.execute(
                        f"DELETE FROM {table} WHERE shard = $1", self._shard
                    )
                await self._connection.execute(
                    "DELETE FROM projection_cursor WHERE name = $1 AND shard = $2",
                    CURSOR,
                    self._shard,
                )
        except LOST as error:
            raise StoreUnavailable(_text(error)) from error


async def _copy(connection: Any, table: str, types: Mapping[str, str], data: bytes) -> None:
    await connection.copy_to_table(
        table, source=io.BytesIO(data), columns=list(types), format="binary"
    )


def _encode(block: Block) -> tuple[bytes, bytes]:
    """The block's rows for both staging tables."""
    orders = orders_of(block)
    last = _columns(block, orders.last)
    last["created_ns"] = block.event_time_ns[orders.first]
    rows = np.arange(len(block.events))
    return (
        _typed(_columns(block, rows), EXECUTION_TYPES, len(rows)),
        _typed(last, ORDER_TYPES, len(orders.last)),
    )


def _columns(block: Block, rows: Any) -> dict[str, Any]:
    """Everything that a row of either table holds, for the events at the places `rows`."""
    events = block.events[rows]
    columns = {name: events[source] for name, source in FROM_EVENT.items()}
    columns["shard"] = np.full(len(events), block.shard, np.int32)
    columns["sequence"] = block.sequence[rows]
    columns["index"] = block.index[rows]
    columns["time_ns"] = block.event_time_ns[rows]
    return columns


def _typed(columns: Mapping[str, Any], types: Mapping[str, str], rows: int) -> bytes:
    return copy_bytes(rows, {name: (kind, columns[name]) for name, kind in types.items()})


def _signed(value: int) -> int:
    """A 64-bit word as PostgreSQL's bigint, which has no unsigned kind."""
    return value - (1 << 64) if value >= 1 << 63 else value


def _text(error: BaseException) -> str:
    return f"PostgreSQL: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


FROM_EVENT = {
    "exec_type": "exec_type",
    "side": "side",
    "ord_type": "ord_type",
    "time_in_force": "time_in_force",
    "ord_status": "ord_status",
    "liquidity": "liquidity",
    "reason": "reason",
    "flags": "flags",
    "account_id": "account",
    "instrument_id": "instrument",
    "command_index": "command_index",
    "order_sequence": "order_sequence",
    "order_id": "order_id",
    "cl_ord_id": "cl_ord_id",
    "price_units": "price",
    "quantity_units": "quantity",
    "last_price_units": "last_price",
    "last_quantity_units": "last_quantity",
    "cum_quantity_units": "cum_quantity",
    "leaves_quantity_units": "leaves_quantity",
    "cum_notional_low": "cum_notional_low",
    "cum_notional_high": "cum_notional_high",
    "match_id": "match_id",
    "stop_price_units": "stop_price",
    "display_quantity_units": "display_quantity",
}

SHARED_TYPES = {
    "shard": "int4",
    "sequence": "int8",
    "index": "int4",
    "time_ns": "int8",
    "side": "int2",
    "ord_type": "int2",
    "time_in_force": "int2",
    "ord_status": "int2",
    "reason": "int4",
    "flags": "int4",
    "account_id": "int8",
    "instrument_id": "int8",
    "order_sequence": "int8",
    "order_id": "int8",
    "cl_ord_id": "text",
    "price_units": "int8",
    "quantity_units": "int8",
    "cum_quantity_units": "int8",
    "leaves_quantity_units": "int8",
    "cum_notional_low": "int8",
    "cum_notional_high": "int8",
    "stop_price_units": "int8",
    "display_quantity_units": "int8",
}
EXECUTION_TYPES = SHARED_TYPES | {
    "exec_type": "int2",
    "liquidity": "int2",
    "command_index": "int8",
    "last_price_units": "int8",
    "last_quantity_units": "int8",
    "match_id": "int8",
}
ORDER_TYPES = SHARED_TYPES | {"created_ns": "int8"}


def _staging(table: str, types: Mapping[str, str]) -> str:
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DELETE ROWS;"


STAGING = _staging("staged_executions", EXECUTION_TYPES) + _staging("staged_orders", ORDER_TYPES)

MOVE = """
INSERT INTO projection_cursor AS stored (name, shard, sequence, state_hash)
SELECT $1, $2, $4, $5
WHERE $3::bigint = 0
OR EXISTS (SELECT FROM projection_cursor WHERE name = $1 AND shard = $2)
ON CONFLICT (name, shard) DO UPDATE
SET sequence = excluded.sequence, state_hash = excluded.state_hash
WHERE stored.sequence = $3
RETURNING sequence
"""

# 128 bits arrive as two signed words: high * 2^64 + low as an unsigned number.
CUM_NOTIONAL = (
    "cum_notional_high::numeric * 18446744073709551616 + cum_notional_low::numeric"
    " + CASE WHEN cum_notional_low < 0 THEN 18446744073709551616 ELSE 0 END"
)

INSERT_EXECUTIONS = f"""
INSERT INTO executions (
    shard, sequence, index, time_ns, exec_type, side, ord_type, time_in_force, ord_status,
    liquidity, reason, flags, account_id, instrument_id, command_index, order_sequence, order_id,
    cl_ord_id, price_units, quantity_units, last_price_units, last_quantity_units,
    cum_quantity_units, leaves_quantity_units, cum_notional, match_id, stop_price_units,
    display_quantity_units)
SELECT
    shard, sequence, index, time_ns, exec_type, side, ord_type, time_in_force, ord_status,
    liquidity, reason, flags, account_id, instrument_id, command_index, order_sequence, order_id,
    rtrim(cl_ord_id), price_units, quantity_units, last_price_units, last_quantity_units,
    cum_quantity_units, leaves_quantity_units, {CUM_NOTIONAL}, match_id, stop_price_units,
    display_quantity_units
FROM staged_executions
ON CONFLICT DO NOTHING
"""

UPSERT_ORDERS = f"""
INSERT INTO orders AS stored (
    order_id, shard, account_id, instrument_id, cl_ord_id, side, ord_type, time_in_force,
    ord_status, reason, flags, price_units, quantity_units, cum_quantity_units,
    leaves_quantity_units, cum_notional, order_sequence, created_ns, updated_ns, last_sequence,
    last_index, stop_price_units, display_quantity_units)
SELECT
    order_id, shard, account_id, instrument_id, rtrim(cl_ord_id), side, ord_type, time_in_force,
    ord_status, reason, flags, price_units, quantity_units, cum_quantity_units,
    leaves_quantity_units, {CUM_NOTIONAL}, order_sequence, created_ns, time_ns, sequence, index,
    stop_price_units, display_quantity_units
FROM staged_orders
ON CONFLICT (order_id) DO UPDATE SET
    cl_ord_id = excluded.cl_ord_id, ord_status = excluded.ord_status, reason = excluded.reason,
    flags = excluded.flags, price_units = excluded.price_units,
    quantity_units = excluded.quantity_units, cum_quantity_units = excluded.cum_quantity_units,
    leaves_quantity_units = excluded.leaves_quantity_units, cum_notional = excluded.cum_notional,
    order_sequence = excluded.order_sequence, updated_ns = excluded.updated_ns,
    last_sequence = excluded.last_sequence, last_index = excluded.last_index,
    stop_price_units = excluded.stop_price_units,
    display_quantity_units = excluded.display_quantity_units
WHERE (stored.last_sequence, stored.last_index) < (excluded.last_sequence, excluded.last_index)
"""
