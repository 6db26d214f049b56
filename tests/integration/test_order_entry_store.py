"""Orders that left memory, found in the projection by either id, by their owner alone."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from cift.common.v1 import types_pb2
from cift.kit.stores import postgres
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.reference import ReferenceStore
from cift.order_entry.store import OrderStore
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift.order_entry.v1 import order_pb2

ORDER_ID = (1 << 62) + 77


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    async with await postgres.open_pool(database, application_name="test") as pool:
        yield pool


async def project(pool: asyncpg.Pool) -> int:
    """Write one filled order as the projection does; the firm that owns it."""
    async with ReferenceStore(pool).change("test") as change:
        firm = await change.add_firm("ALPHA")
        account = await change.add_account("ALPHA-1", firm_id=firm.id, currency="USD")
        number = await change.next_instrument_id()
        await change.put_instrument(
            Instrument(
                id=number,
                symbol="BTC-USD",
                currency="USD",
                price_scale=2,
                quantity_scale=8,
                tick_size_units=1,
                lot_size_units=1,
                min_quantity_units=1,
            )
        )
    row = {
        "order_id": ORDER_ID,
        "shard": 0,
        "account_id": account.id,
        "instrument_id": number,
        "cl_ord_id": "mine",
        "side": 2,
        "ord_type": 2,
        "time_in_force": 3,
        "ord_status": 3,
        "reason": 0,
        "flags": 0,
        "price_units": 6_000_050,
        "quantity_units": 150_000_000,
        "cum_quantity_units": 150_000_000,
        "leaves_quantity_units": 0,
        "cum_notional": 900_007_500_000_000,
        "order_sequence": 2,
        "created_ns": 1,
        "updated_ns": 2,
        "last_sequence": 9,
        "last_index": 3,
        "stop_price_units": 6_000_000,
        "display_quantity_units": 50_000_000,
    }
    places = ", ".join(f"${i}" for i in range(1, len(row) + 1))
    await pool.execute(f"INSERT INTO orders ({', '.join(row)}) VALUES ({places})", *row.values())
    return firm.id


async def test_an_order_is_found_by_either_id(pool: asyncpg.Pool) -> None:
    firm = await project(pool)
    store = OrderStore(pool)
    found = await store.find(pb.GetOrderRequest(account="ALPHA-1", order_id=ORDER_ID), firm)
    expected = order_pb2.Order(
        order_id=ORDER_ID,
        cl_ord_id="mine",
        account="ALPHA-1",
        symbol="BTC-USD",
        side=types_pb2.SIDE_SELL,
        ord_type=types_pb2.ORD_TYPE_LIMIT,
        time_in_force=types_pb2.TIME_IN_FORCE_IOC,
        ord_status=types_pb2.ORD_STATUS_FILLED,
        price="60000.50",
        quantity="1.50000000",
        cum_quantity="1.50000000",
        leaves_quantity="0.00000000",
        cum_notional="90000.7500000000",
        stop_price="60000.00",
        display_quantity="0.50000000",
    )
    expected.place.sequence = 9
    expected.place.index = 3
    assert found is not None
    assert found.order == expected
    again = await store.find(pb.GetOrderRequest(account="ALPHA-1", cl_ord_id="mine"), firm)
    assert again == found


async def test_another_firm_finds_nothing(pool: asyncpg.Pool) -> None:
    firm = await project(pool)
    store = OrderStore(pool)
    for request, asking in (
        (pb.GetOrderRequest(account="ALPHA-1", order_id=ORDER_ID), firm + 1),
        (pb.GetOrderRequest(account="ALPHA-2", order_id=ORDER_ID), firm),
        (pb.GetOrderRequest(account="ALPHA-1", order_id=(1 << 64) - 1), firm),
        (pb.GetOrderRequest(account="ALPHA-1", cl_ord_id="yours"), firm),
    ):
        assert await store.find(request, asking) is None
