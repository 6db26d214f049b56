"""Every bound of order entry, reached: what is refused, and that it passes again."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from itertools import count

import grpc
import pytest

from cift.client import (
    CancelOrder,
    CiftClient,
    NewOrder,
    Retry,
    Side,
    SlowConsumerError,
    TimeInForce,
    UnavailableError,
    WaitFor,
)
from cift.client.errors import from_rpc
from cift.local.mesh import MeshOptions
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from tests.support.mesh_thread import MeshThread

FULLNESS = 0.008
"""Of 1 GiB of ORDERS: about 67,000 commands."""
NUMBERS = count(1)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("bounds") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics", "market_data"}),
        environment={
            "CIFT_MAX_WAITING_COMMANDS": "4096",
            "CIFT_RECENT_BYTES": str(1 << 20),
            "CIFT_MAX_LOG_FULLNESS": str(FULLNESS),
        },
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def cift(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    patient = Retry(attempts=100, longest_pause_seconds=0.2, total_seconds=60)
    async with mesh.client(timeout_seconds=10, retry=patient) as client:
        async with asyncio.timeout(30):
            while not (await client.batch(orders(1, TimeInForce.IOC)))[0].accepted:
                await asyncio.sleep(0.05)
        yield client


def orders(
    number: int, time_in_force: TimeInForce = TimeInForce.GTC, price: str = "50.00"
) -> list[NewOrder]:
    return [
        NewOrder(
            "DEMO-1", "DEMO", Side.BUY, 1, price, time_in_force, cl_ord_id=f"bound-{next(NUMBERS)}"
        )
        for _ in range(number)
    ]


async def test_what_waits_for_its_outcome_is_bounded(mesh: MeshThread, cift: CiftClient) -> None:
    async with mesh.client(retry=Retry(attempts=1)) as hasty:
        await mesh.kill("risk", signal.SIGSTOP)
        try:
            with pytest.raises(UnavailableError) as caught:
                for _ in range(10):
                    await hasty.batch(orders(1_000, TimeInForce.IOC), WaitFor.RECEIVED)
            assert caught.value.reason == "OVERLOADED"
            assert caught.value.retry_after_seconds
            # A session is slowed down instead.
            async with cift.session() as session:
                waiting = await session.send_all(orders(1_000, TimeInForce.IOC))
                await asyncio.sleep(0.5)
                assert not waiting.done()
                await mesh.kill("risk", signal.SIGCONT)
                assert all(result.accepted for result in await waiting)
        finally:
            await mesh.kill("risk", signal.SIGCONT)
        async with asyncio.timeout(20):
            while True:
                try:
                    assert (await hasty.batch(orders(1_000, TimeInForce.IOC)))[0].accepted
                    break
                except UnavailableError:
                    await asyncio.sleep(0.05)


async def test_a_slow_stream_is_ended_and_resumes_without_a_gap(
    mesh: MeshThread, cift: CiftClient
) -> None:
    channel = grpc.aio.insecure_channel(
        mesh.mesh.address("order_entry"),
        options=[("grpc.max_receive_message_length", -1), ("grpc.http2.bdp_probe", 0)],
    )
    async with channel:
        stream = channel.unary_stream(
            "/cift.order_entry.v1.OrderEntryService/StreamExecutions",
            response_deserializer=pb.StreamExecutionsResponse.FromString,
        )
        metadata = (("authorization", f"Bearer {mesh.mesh.keys['read']}"),)
        request = pb.StreamExecutionsRequest(live_only=True).SerializeToString()
        slow = stream(request, metadata=metadata)
        first = await slow.read()
        sent = [order for _ in range(25) for order in orders(1_000, TimeInForce.IOC)]
        for start in range(0, len(sent), 1_000):
            await cift.batch(sent[start : start + 1_000])
        seen: list[str] = []
        through = first.through_sequence
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            while (message := await slow.read()) is not grpc.aio.EOF:
                seen += [e.cl_ord_id for e in message.executions]
                through = message.through_sequence
        error = from_rpc(caught.value)
        assert isinstance(error, SlowConsumerError)
        assert error.through_sequence == through
        executions = cift.stream_executions(after_sequence=through)
        async with asyncio.timeout(20):
            async for execution in executions:
                seen.append(execution.cl_ord_id)
                if execution.cl_ord_id == sent[-1].cl_ord_id and len(seen) % 2 == 0:
                    break
        await executions.aclose()
        # Two executions each: accepted, and canceled since nothing was there to trade with.
        assert seen == [order.cl_ord_id for order in sent for _ in range(2)]


async def test_a_log_that_is_nearly_full_takes_only_cancels(
    mesh: MeshThread, cift: CiftClient
) -> None:
    resting = orders(1)
    assert (await cift.batch(resting))[0].accepted
    async with mesh.client(retry=Retry(attempts=1)) as hasty:
        with pytest.raises(UnavailableError) as caught:
            async with asyncio.timeout(60):
                while True:
                    await fill(hasty)
        assert caught.value.reason == "JOURNAL_FULL"
        assert "ORDERS" in str(caught.value)
        assert caught.value.retry_after_seconds == 5.0
        assert (await hasty.cancel(CancelOrder("DEMO-1", resting[0].cl_ord_id))).accepted


async def fill(client: CiftClient) -> None:
    try:
        await client.batch(orders(1_000, TimeInForce.IOC))
    except UnavailableError as error:
        if error.reason != "OVERLOADED":
            raise
