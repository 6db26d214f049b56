"""Orders that are no longer in memory, from the projection in PostgreSQL."""

import asyncio
from typing import Any

import asyncpg

from cift.kit import decimals
from cift.order_entry.v1 import order_entry_service_pb2 as pb

__all__ = ["OrderStore"]

QUERY_SECONDS = 2.0

SELECT = """
    SELECT o.*, a.name AS account, i.symbol, i.price_scale, i.quantity_scale
    FROM orders o
    JOIN accounts a ON a.id = o.account_id
    JOIN instruments i ON i.id = o.instrument_id
    WHERE a.name = $1 AND a.firm_id = $2
"""
BY_ORDER_ID = SELECT + " AND o.order_id = $3"
BY_CL_ORD_ID = SELECT + " AND o.cl_ord_id = $3 ORDER BY o.order_id DESC LIMIT 1"


class OrderStore:
    """Looks orders up by either id; by the last client order id that they had."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, request: pb.GetOrderRequest, firm: int) -> pb.GetOrderResponse | None:
        """The order, if the projection has it and it is the firm's."""
        async with asyncio.timeout(QUERY_SECONDS):
            if request.WhichOneof("id") == "order_id":
                if request.order_id >= 1 << 63:
                    return None
                row = await self._pool.fetchrow(
                    BY_ORDER_ID, request.account, firm, request.order_id
                )
            else:
                row = await self._pool.fetchrow(
                    BY_CL_ORD_ID, request.account, firm, request.cl_ord_id
                )
        return None if row is None else _response(row)


def _response(row: Any) -> pb.GetOrderResponse:
    price_scale, quantity_scale = row["price_scale"], row["quantity_scale"]
    response = pb.GetOrderResponse()
    order = response.order
    for name in ("order_id", "cl_ord_id", "account", "symbol"):
        setattr(order, name, row[name])
    # Enumerations have the same numbers in the log and in the interface.
    for name in ("side", "ord_type", "time_in_force", "ord_status"):
        setattr(order, name, row[name])
    if row["price_units"]:
        order.price = decimals.render(row["price_units"], price_scale)
    if row["stop_price_units"]:
        order.stop_price = decimals.render(row["stop_price_units"], price_scale)
    if row["display_quantity_units"]:
        order.display_quantity = decimals.render(row["display_quantity_units"], quantity_scale)
    for name in ("quantity", "cum_quantity", "leaves_quantity"):
        setattr(order, name, decimals.render(row[f"{name}_units"], quantity_scale))
    order.cum_notional = decimals.render(int(row["cum_notional"]), price_scale + quantity_scale)
    order.place.shard = row["shard"]
    order.place.sequence = row["last_sequence"]
    order.place.index = row["last_index"]
    return response
