"""The client against a whole mesh: reference data, positions, books and trades as values."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest

from cift.client import (
    Account,
    AuthError,
    BookView,
    CancelOrder,
    CiftClient,
    ConflictError,
    Instrument,
    Limits,
    NewOrder,
    NotFoundError,
    Place,
    RejectReason,
    Retry,
    Side,
    TimeInForce,
)
from cift.local.mesh import MeshOptions
from tests.support.mesh_thread import MeshThread

PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("client") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def admin(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client("admin", timeout_seconds=10, retry=PATIENT) as client:
        yield client


async def venue(admin: CiftClient, name: str) -> str:
    """A firm with two accounts, an instrument of its own, and a key; the key."""
    await admin.admin.create_firm(name)
    for account in (f"{name}-1", f"{name}-2"):
        await admin.admin.create_account(Account(account, name, "EUR"))
        await admin.risk.set_limits(
            account, Limits(max_order_quantity=10, max_open_orders=5, max_position=20)
        )
    await admin.admin.create_instrument(
        Instrument(
            symbol=name, currency="EUR", price_scale=3, quantity_scale=2, tick_size="0.005",
            lot_size="0.01", reference_price="20",
        )
    )  # fmt: skip
    secret = (await admin.admin.create_api_key(name, ["read", "trade"])).secret
    await asyncio.sleep(1.0)  # A key counts within a second.
    return secret


async def test_an_operator_opens_a_venue_and_a_client_trades_there(
    mesh: MeshThread, admin: CiftClient
) -> None:
    secret = await venue(admin, "ALPHA")
    # The same again is safe; the same name for something else is not.
    await admin.admin.create_firm("ALPHA")
    await admin.admin.create_account(Account("ALPHA-1", "ALPHA", "EUR"))
    with pytest.raises(ConflictError):
        await admin.admin.create_account(Account("ALPHA-1", "ALPHA", "USD"))
    assert Account("ALPHA-2", "ALPHA", "EUR") in await admin.admin.list_accounts()
    assert (await admin.risk.get_limits("ALPHA-1")).max_order_quantity == 10
    async with CiftClient(admin.endpoints, api_key=secret, retry=PATIENT) as cift:
        maker = await cift.submit(NewOrder("ALPHA-1", "ALPHA", Side.SELL, "2.50", "20.005"))
        assert maker.accepted
        taker = await cift.submit(
            NewOrder("ALPHA-2", "ALPHA", Side.BUY, Decimal("1.25"), "20.010",
                     time_in_force=TimeInForce.IOC)
        )  # fmt: skip
        assert [f.price for f in taker.fills] == [Decimal("20.005")]
        large = await cift.submit(NewOrder("ALPHA-1", "ALPHA", Side.BUY, 11, "20"))
        assert large.reject_reason == RejectReason.CLIP_SIZE
        dry = await cift.risk.check_order(NewOrder("ALPHA-1", "ALPHA", Side.BUY, 11, "20"))
        assert not dry.accepted
        positions = await cift.risk.list_positions("ALPHA-2")
        assert [(p.symbol, p.quantity) for p in positions] == [("ALPHA", Decimal("1.25"))]
        exposure = await cift.risk.get_exposure("ALPHA-1")
        assert exposure.open_orders == 1
        with pytest.raises(NotFoundError):
            await cift.submit(NewOrder("DEMO-1", "ALPHA", Side.BUY, 1, "20"))
        with pytest.raises(AuthError):
            await cift.admin.create_firm("BETA")


async def test_books_and_trades_are_followed(mesh: MeshThread, admin: CiftClient) -> None:
    secret = await venue(admin, "GAMMA")
    async with CiftClient(admin.endpoints, api_key=secret, retry=PATIENT) as cift:
        view = BookView()
        updates = cift.stream_book("GAMMA")
        view.apply(await anext(updates))
        assert (view.bids, view.asks) == ([], [])
        placed = [
            await cift.submit(NewOrder("GAMMA-1", "GAMMA", Side.SELL, 1, price))
            for price in ("20.010", "20.005", "20.010")
        ]
        taker = await cift.submit(NewOrder("GAMMA-2", "GAMMA", Side.BUY, "1.5", "20.010"))
        last = await cift.cancel(CancelOrder("GAMMA-1", order_id=placed[2].order_id))
        async with asyncio.timeout(10):
            while view.place < Place(0, last.place.sequence, 0):
                view.apply(await anext(updates))
        levels = [(level.price, level.quantity, level.order_count) for level in view.asks]
        assert levels == [(Decimal("20.010"), Decimal("0.50"), 1)]
        book = await cift.get_book("GAMMA")
        assert book.asks == tuple(view.asks)
        await updates.aclose()
        trades = cift.stream_trades("GAMMA")
        async with asyncio.timeout(10):
            seen = [await anext(trades), await anext(trades)]
        await trades.aclose()
        assert [(t.price, t.quantity) for t in seen] == [
            (Decimal("20.005"), Decimal(1)),
            (Decimal("20.010"), Decimal("0.5")),
        ]
        assert {t.taker_order_id for t in seen} == {taker.order_id}


async def test_streams_resume_over_a_kill(mesh: MeshThread, admin: CiftClient) -> None:
    secret = await venue(admin, "DELTA")
    async with CiftClient(admin.endpoints, api_key=secret, retry=PATIENT) as cift:
        seen: list[int] = []

        async def watch() -> None:
            async for execution in cift.stream_executions("DELTA-1"):
                seen.append(execution.order_sequence)  # noqa: PERF401  (it is read meanwhile)

        watching = asyncio.create_task(watch())
        order = NewOrder("DELTA-1", "DELTA", Side.BUY, 1, "19", time_in_force=TimeInForce.IOC)
        for round_number in range(3):
            if round_number:
                await mesh.kill("order_entry")
            for _ in range(5):
                assert (await cift.submit(order)).accepted
        async with asyncio.timeout(20):
            while len(seen) < 30:
                await asyncio.sleep(0.05)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        # Accepted, then canceled, for each of 15 orders: nothing missing, nothing twice.
        assert seen == [1, 2] * 15
