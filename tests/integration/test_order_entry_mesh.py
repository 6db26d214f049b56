"""Order entry with real engines and a real risk and matching: what a client may rely on."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from uuid import uuid4

import grpc
import pytest

from cift.client import (
    CancelOrder,
    CiftClient,
    ExecType,
    Execution,
    NewOrder,
    NotFoundError,
    OrdStatus,
    Outcome,
    RejectReason,
    ReplaceOrder,
    Retry,
    Side,
    TimeInForce,
    UnavailableError,
    UnknownOutcomeError,
    WaitFor,
)
from cift.local.mesh import SERVICES, MeshOptions, ServiceSpec
from tests.support.mesh_thread import MeshThread

ACCOUNT, OTHER = "DEMO-1", "DEMO-2"
SYMBOL = "DEMO"
REPLICA = ServiceSpec("replica", 6, command=(sys.executable, "-m", "cift.order_entry"))
"""A second order entry, another origin on the same logs."""
PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("order entry") / "mesh",
        durability="page-cache",
        services=(*(s for s in SERVICES if s.name not in ("analytics", "market_data")), REPLICA),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def cift(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client(retry=PATIENT) as client:
        await traded(client)
        yield client


async def traded(client: CiftClient) -> None:
    """Wait until the reference data of a new mesh has come through the log."""
    async with asyncio.timeout(30):
        while True:
            try:
                result = await client.submit(buy(1, "50.00", time_in_force=TimeInForce.IOC))
            except NotFoundError:
                result = None
            if result is not None and result.accepted:
                return
            await asyncio.sleep(0.05)


def buy(quantity: int, price: str, **more: object) -> NewOrder:
    return NewOrder(ACCOUNT, SYMBOL, Side.BUY, quantity, price, **more)  # type: ignore[arg-type]


def sell(quantity: int, price: str, **more: object) -> NewOrder:
    return NewOrder(OTHER, SYMBOL, Side.SELL, quantity, price, **more)  # type: ignore[arg-type]


def new_id() -> str:
    return uuid4().hex


async def collect(
    client: CiftClient, after: int, cl_ord_id: str, until: ExecType
) -> list[Execution]:
    """Executions of one order, up to the first of a kind."""
    found: list[Execution] = []
    async with asyncio.timeout(10):
        stream = client.stream_executions(after_sequence=after)
        try:
            async for execution in stream:
                if execution.cl_ord_id == cl_ord_id:
                    found.append(execution)
                    if execution.exec_type == until:
                        break
        finally:
            await stream.aclose()
    return found


async def canceled(client: CiftClient, cl_ord_id: str) -> None:
    """Wait until an order was canceled."""
    async with asyncio.timeout(20):
        while True:
            order = await client.get_order(ACCOUNT, cl_ord_id=cl_ord_id)
            if order.ord_status == OrdStatus.CANCELED:
                return
            await asyncio.sleep(0.02)


async def test_a_first_order_trades(cift: CiftClient) -> None:
    resting = await cift.submit(sell(10, "100.00"))
    assert (resting.outcome, resting.ord_status) == (Outcome.ACCEPTED, OrdStatus.NEW)
    taking = await cift.submit(buy(4, "100.05"))
    assert taking.ord_status == OrdStatus.FILLED
    assert [(f.price, f.quantity) for f in taking.fills] == [(Decimal("100.00"), Decimal(4))]
    order = await cift.get_order(OTHER, order_id=resting.order_id)
    assert order.ord_status == OrdStatus.PARTIALLY_FILLED
    assert order.leaves_quantity == 6
    canceled = await cift.cancel(CancelOrder(OTHER, order_id=resting.order_id))
    assert canceled.accepted
    assert canceled.ord_status == OrdStatus.CANCELED
    late = await cift.cancel(CancelOrder(OTHER, order_id=resting.order_id))
    assert (late.outcome, late.reject_reason) == (Outcome.REJECTED, RejectReason.TOO_LATE)


async def test_received_comes_before_the_result(cift: CiftClient) -> None:
    order = sell(1, "101.00", cl_ord_id=new_id())
    received = await cift.submit(order, WaitFor.RECEIVED)
    assert received.outcome == Outcome.RECEIVED
    assert received.order_id
    again = await cift.submit(order)
    assert (again.outcome, again.duplicate) == (Outcome.ACCEPTED, True)
    assert again.order_id == received.order_id
    assert (await cift.cancel(CancelOrder(OTHER, order.cl_ord_id))).accepted


async def test_cancel_right_after_submit_finds_the_order(cift: CiftClient) -> None:
    order = buy(1, "90.00", cl_ord_id=new_id())
    submitting = asyncio.create_task(cift.submit(order))
    canceled = await cift.batch([buy(1, "90.00", cl_ord_id=new_id())])
    assert canceled[0].accepted
    results = await cift.batch(
        [first := buy(2, "90.00", cl_ord_id=new_id()), CancelOrder(ACCOUNT, first.cl_ord_id)]
    )
    assert [r.accepted for r in results] == [True, True]
    assert results[1].ord_status == OrdStatus.CANCELED
    assert (await submitting).accepted
    assert (await cift.cancel(CancelOrder(ACCOUNT, order.cl_ord_id))).accepted


async def test_a_repeat_gets_the_first_outcome_and_no_second_order(cift: CiftClient) -> None:
    order = buy(3, "91.00", cl_ord_id=new_id())
    first = await cift.submit(order)
    second = await cift.submit(order)
    assert (second.outcome, second.duplicate, second.order_id) == (
        Outcome.ACCEPTED,
        True,
        first.order_id,
    )
    other = await cift.submit(buy(4, "91.00", cl_ord_id=order.cl_ord_id))
    assert other.reject_reason == RejectReason.DUPLICATE_CL_ORD_ID
    batch = await cift.batch([order, buy(1, "91.01", cl_ord_id=new_id()), order])
    assert [r.duplicate for r in batch] == [True, False, True]


async def test_replace_keeps_the_order_under_its_new_id(cift: CiftClient) -> None:
    order = buy(5, "92.00", cl_ord_id=new_id())
    placed = await cift.submit(order)
    replaced = await cift.replace(
        ReplaceOrder(ACCOUNT, SYMBOL, order.cl_ord_id, price="92.01", quantity=4)
    )
    assert replaced.accepted
    assert replaced.leaves_quantity == 4
    for cl_ord_id in (order.cl_ord_id, replaced.cl_ord_id):
        found = await cift.get_order(ACCOUNT, cl_ord_id=cl_ord_id)
        assert (found.order_id, found.price) == (placed.order_id, Decimal("92.01"))


async def test_executions_are_gapless_from_any_place(mesh: MeshThread, cift: CiftClient) -> None:
    order = sell(7, "95.00", cl_ord_id=new_id())
    placed = await cift.submit(order)
    await cift.submit(buy(7, "95.00"))
    seen = await collect(cift, 0, order.cl_ord_id, ExecType.TRADE)
    assert [e.order_sequence for e in seen] == list(range(1, len(seen) + 1))
    assert seen[0].place.sequence == placed.place.sequence
    # Strictly after: the message that is named is not told again.
    later = await collect(cift, placed.place.sequence, order.cl_ord_id, ExecType.TRADE)
    assert [e.exec_type for e in later] == [ExecType.TRADE]
    async with mesh.client("other") as other:
        stream = other.stream_executions(live_only=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                async for execution in stream:
                    assert execution.account.startswith("OTHER")
        with pytest.raises(NotFoundError):
            await anext(other.stream_executions(ACCOUNT))


async def test_a_session_answers_in_order_and_takes_its_orders_with_it(cift: CiftClient) -> None:
    tied = buy(1, "80.00", cl_ord_id=new_id(), cancel_on_disconnect=True)
    free = buy(1, "80.00", cl_ord_id=new_id())
    async with cift.session() as session:
        futures = [await session.send(buy(1, "80.01", time_in_force=TimeInForce.IOC))
                   for _ in range(200)]  # fmt: skip
        results = [(await future)[0] for future in futures]
        places = [(r.place.sequence, r.place.index) for r in results]
        assert places == sorted(places)
        assert (await session.submit(tied)).accepted
        assert (await session.submit(free)).accepted
    await canceled(cift, tied.cl_ord_id)
    assert (await cift.get_order(ACCOUNT, cl_ord_id=free.cl_ord_id)).leaves_quantity == 1


async def test_a_session_that_breaks_takes_its_orders_with_it(
    mesh: MeshThread, cift: CiftClient
) -> None:
    tied = buy(1, "80.00", cl_ord_id=new_id(), cancel_on_disconnect=True)
    async with mesh.client() as breaking:
        session = breaking.session(resend=False)
        it = await session.__aenter__()
        assert (await it.submit(tied)).accepted
        await it.send(buy(1, "80.00", cancel_on_disconnect=True))
        await it.close()
    await canceled(cift, tied.cl_ord_id)


async def test_retries_are_safe_over_a_kill(mesh: MeshThread, cift: CiftClient) -> None:
    orders = [buy(1, "70.00", cl_ord_id=new_id()) for _ in range(20)]
    first = [await cift.submit(order) for order in orders[:10]]
    unanswered = [asyncio.create_task(cift.submit(order)) for order in orders[10:]]
    await asyncio.sleep(0)
    await mesh.kill("order_entry")
    again = await asyncio.gather(*(cift.submit(order) for order in orders[:10]))
    assert all(r.duplicate for r in again)
    assert [r.order_id for r in again] == [r.order_id for r in first]
    results = await asyncio.gather(*unanswered)
    assert all(r.accepted for r in results)
    assert len({r.order_id for r in results + first}) == 20


async def test_another_replica_knows_what_the_first_one_did(
    mesh: MeshThread, cift: CiftClient
) -> None:
    address = mesh.mesh.address("replica")
    key = mesh.mesh.keys["trade"]
    async with CiftClient(address, api_key=key, retry=PATIENT) as replica:
        order = buy(1, "75.00", cl_ord_id=new_id())
        first = await cift.submit(order)
        again = await replica.submit(order)
        assert (again.duplicate, again.order_id) == (True, first.order_id)
        twins = [buy(1, "75.01", cl_ord_id=new_id()) for _ in range(50)]
        both = await asyncio.gather(
            *(client.submit(order) for order in twins for client in (cift, replica))
        )
        for one, other in zip(both[::2], both[1::2], strict=True):
            assert one.order_id == other.order_id
            assert {one.duplicate, other.duplicate} == {True, False}
        seen = await collect(replica, first.place.sequence - 1, order.cl_ord_id, ExecType.NEW)
        assert seen[0].order_id == first.order_id
        assert (await replica.cancel(CancelOrder(ACCOUNT, order.cl_ord_id))).accepted
        found = await cift.get_order(ACCOUNT, order_id=first.order_id)
        assert found.ord_status == OrdStatus.CANCELED


async def test_a_drain_answers_what_is_in_flight(mesh: MeshThread, cift: CiftClient) -> None:
    tied = buy(1, "71.00", cl_ord_id=new_id(), cancel_on_disconnect=True)
    async with cift.session(resend=False) as session:
        assert (await session.submit(tied)).accepted
        flight = [await session.send(buy(1, "71.00")) for _ in range(50)]
        unary = [asyncio.create_task(cift.submit(buy(1, "71.01"))) for _ in range(20)]
        await asyncio.sleep(0.005)
        draining = mesh.pid("order_entry")
        await mesh.kill("order_entry", signal.SIGTERM)
        for future in flight:
            try:
                assert (await future)[0].accepted
            except UnavailableError as error:
                assert error.reason == "DRAINING"  # noqa: PT017
            except UnknownOutcomeError:
                pass  # It was written to a connection that closed meanwhile.
        assert all(result.accepted for result in await asyncio.gather(*unary))
    await mesh.replaced("order_entry", draining)
    await canceled(cift, tied.cl_ord_id)


async def test_an_outcome_that_does_not_come_is_unknown_and_the_retry_tells(
    mesh: MeshThread, cift: CiftClient
) -> None:
    order = buy(1, "72.00", cl_ord_id=new_id())
    await mesh.kill("risk", signal.SIGSTOP)
    try:
        async with mesh.client(timeout_seconds=0.7, retry=Retry(attempts=1)) as hasty:
            with pytest.raises(Exception, match="did not come in time"):
                await hasty.submit(order)
            received = await hasty.submit(buy(1, "72.00"), WaitFor.RECEIVED)
            assert received.outcome == Outcome.RECEIVED
    finally:
        await mesh.kill("risk", signal.SIGCONT)
    result = await cift.submit(order)
    assert (result.outcome, result.duplicate) == (Outcome.ACCEPTED, True)


async def test_a_journal_that_is_away_is_unavailable_and_the_retry_gets_through(
    mesh: MeshThread, cift: CiftClient
) -> None:
    await mesh.kill("nats")
    async with mesh.client(timeout_seconds=1, retry=Retry(attempts=1)) as hasty:
        with pytest.raises((UnavailableError, UnknownOutcomeError)):
            await hasty.submit(buy(1, "73.00"))
    order = buy(1, "73.00", cl_ord_id=new_id())
    assert (await cift.submit(order)).accepted
    assert (await cift.submit(order)).duplicate


async def test_trading_goes_on_without_the_database(mesh: MeshThread, cift: CiftClient) -> None:
    await mesh.kill("postgres")
    async with mesh.client(retry=Retry(attempts=1)) as hasty:
        assert (await hasty.submit(buy(1, "74.00"))).accepted
        assert (await hasty.submit(buy(1, "74.01"))).accepted
    await mesh.ready("postgres")


async def test_health_says_serving(mesh: MeshThread) -> None:
    address = mesh.mesh.address("order_entry")
    async with grpc.aio.insecure_channel(address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        assert await check(b"") == b"\x08\x01"
