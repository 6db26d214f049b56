"""An operator ends one stream of orders: what it had open goes, no more comes, others trade on."""

import asyncio
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import grpc
import pytest

from cift import cli
from cift.client import (
    AbortedError,
    AuthError,
    CiftClient,
    ClientSession,
    ExecType,
    NewOrder,
    NotFoundError,
    OrdStatus,
    RejectReason,
    RequestError,
    RestatementReason,
    Retry,
    Session,
    Side,
)
from cift.client.errors import from_rpc
from cift.local.mesh import SERVICES, MeshOptions, ServiceSpec
from cift.order_entry.v1 import (
    market_control_service_pb2,
    market_control_service_pb2_grpc,
    order_pb2,
)
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from tests.support.mesh_thread import MeshThread

REPLICA = ServiceSpec("replica", 6, command=(sys.executable, "-m", "cift.order_entry"))
"""A second order entry, another origin on the same logs."""
PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
NUMBERS = count(1)


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("session kill") / "mesh",
        durability="page-cache",
        services=(*(s for s in SERVICES if s.name not in ("analytics", "market_data")), REPLICA),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def trader(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client(retry=PATIENT) as client:
        yield client


@pytest.fixture
async def operator(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client("admin", timeout_seconds=10, retry=PATIENT) as client:
        yield client


def buy(price: str, **more: Any) -> NewOrder:
    more.setdefault("cl_ord_id", f"kill-{next(NUMBERS)}")
    return NewOrder("DEMO-1", "DEMO", Side.BUY, 1, price, **more)


def sell(price: str) -> NewOrder:
    cl_ord_id = f"kill-{next(NUMBERS)}"
    return NewOrder("DEMO-2", "DEMO", Side.SELL, 1, price, cl_ord_id=cl_ord_id)


async def listed(operator: CiftClient) -> dict[str, ClientSession]:
    return {found.session: found for found in await operator.market.list_sessions()}


async def gone(operator: CiftClient, *sessions: str) -> None:
    """Wait until sessions have ended."""
    async with asyncio.timeout(10):
        while set(sessions) & set(await listed(operator)):
            await asyncio.sleep(0.02)


async def test_one_of_two_sessions_is_killed_and_the_other_trades_on(
    trader: CiftClient, operator: CiftClient
) -> None:
    async with trader.session() as quoter, trader.session() as other:
        resting = [await quoter.send(buy(f"9{n % 10}.00")) for n in range(200)]
        tied = await quoter.submit(buy("80.00", cancel_on_disconnect=True))
        orders = [(await future)[0] for future in resting] + [tied]
        assert all(result.accepted for result in orders)
        kept = await other.submit(buy("99.50"))
        both = await listed(operator)
        assert re.fullmatch(r"[0-9a-f]{16}-\d+", quoter.id)
        mine, his = both[quoter.id], both[other.id]
        assert (mine.open_orders, his.open_orders) == (201, 1)
        assert (mine.firm, mine.api_key_id) == (his.firm, his.api_key_id)
        assert (mine.origin, mine.firm) == (his.origin, "DEMO")
        assert quoter.id == f"{mine.origin:016x}-{mine.number}"
        assert 0 <= time.time_ns() - mine.create_time_ns < 60 * 10**9

        executions = trader.stream_executions("DEMO-1", after_sequence=kept.place.sequence)
        place = await operator.market.kill_session(quoter.id)
        async with asyncio.timeout(20):
            told = [await anext(executions) for _ in orders]
        await executions.aclose()
        assert {execution.order_id for execution in told} == {one.order_id for one in orders}
        assert {execution.exec_type for execution in told} == {ExecType.CANCELED}
        why = {execution.restatement_reason for execution in told}
        assert why == {RestatementReason.KILL_SWITCH}
        dry = await trader.risk.check_order(buy("90.00"), quoter.id)
        assert dry.reject_reason == RejectReason.KILL_SWITCH
        assert (await trader.risk.check_order(buy("90.00"), other.id)).accepted
        # The kill and all cancels are one message of the journal.
        assert {execution.place.sequence for execution in told} == {place.sequence}
        with pytest.raises(AbortedError, match="an operator killed this session") as ended:
            while True:
                await quoter.submit(buy("97.00"))
        assert ended.value.reason == "SESSION_KILLED"
        with pytest.raises(AbortedError, match="an operator killed this session"):
            await quoter.submit(buy("97.00"))
        # The same again says the same, and the other session never noticed.
        assert await operator.market.kill_session(quoter.id) == place
        assert set(both) - set(await listed(operator)) == {quoter.id}
        assert (await trader.submit(sell("99.50"))).fills
        filled = await trader.get_order("DEMO-1", order_id=kept.order_id)
        assert filled.ord_status == OrdStatus.FILLED
        assert (await other.submit(buy("90.00"))).accepted
        # A new one is a new start.
        async with trader.session() as again:
            assert (await again.submit(buy("90.00"))).accepted
            assert again.id not in both
    await gone(operator, other.id, again.id)
    with pytest.raises(NotFoundError, match="has ended") as over:
        await operator.market.kill_session(other.id)
    assert over.value.reason == "UNKNOWN_SESSION"


async def test_what_was_on_its_way_is_refused_in_the_log(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    async with trader.session() as session:
        first = await session.submit(buy("91.00"))
        await mesh.kill("risk", signal.SIGSTOP)
        try:
            before = await session.send(buy("92.00"))
            await asyncio.sleep(0.2)
            kill = asyncio.create_task(operator.market.kill_session(session.id))
            await asyncio.sleep(0.5)
            after = [await session.send(buy("93.00")) for _ in range(5)]
            await asyncio.sleep(0.2)
        finally:
            await mesh.kill("risk", signal.SIGCONT)
        place = await kill
        [taken] = await before
        assert taken.accepted
        refused = [(await future)[0] for future in after]
        assert {result.reject_reason for result in refused} == {RejectReason.KILL_SWITCH}
        assert all(result.place.sequence >= place.sequence for result in refused)
        with pytest.raises(AbortedError):
            while True:
                await session.submit(buy("97.00"))
        for result in (first, taken):
            order = await trader.get_order("DEMO-1", order_id=result.order_id)
            assert order.ord_status == OrdStatus.CANCELED


async def test_a_client_that_does_not_read_is_ended_too(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 1)]
    key = f"Bearer {mesh.mesh.keys['trade']}"
    address = mesh.mesh.address("order_entry")
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        stream = channel.stream_stream("/cift.order_entry.v1.OrderEntryService/Session")
        deaf = stream(metadata=(("authorization", key),))
        [identity] = [value for name, value in await deaf.initial_metadata() if name[:4] == "cift"]
        # Twenty answers of some 100 KiB each: more than may be on the way to who doesn't read.
        cancels = [order_pb2.Command(cancel_order={"account": "DEMO-1", "order_id": 1})] * 1_000
        request = pb.SessionRequest(commands=cancels).SerializeToString()
        for _ in range(20):
            await deaf.write(request)
        await asyncio.sleep(1)
        await operator.market.kill_session(identity)
        await gone(operator, identity)
        answered = 0
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async with asyncio.timeout(10):
                while await deaf.read() is not grpc.aio.EOF:
                    answered += 1
        assert from_rpc(caught.value).reason == "SESSION_KILLED"
        assert 0 < answered < 20


async def test_a_client_that_never_stops_sending_reads_why(
    trader: CiftClient, operator: CiftClient
) -> None:
    for _ in range(10):
        async with trader.session(window=64) as session:
            assert (await session.submit(buy("90.00"))).accepted

            async def quote(session: Session) -> None:
                while True:
                    await session.send(buy("90.00"))

            quoting = asyncio.create_task(quote(session))
            await asyncio.sleep(0.05)
            await operator.market.kill_session(session.id)
            with pytest.raises(AbortedError, match="an operator killed this session"):
                async with asyncio.timeout(10):
                    await quoting
            assert session.connections <= 2


async def test_sessions_of_others_and_words_that_name_none(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    replica = CiftClient(
        mesh.mesh.address("replica"), api_key=mesh.mesh.keys["trade"], retry=PATIENT
    )
    async with replica, replica.session() as elsewhere, trader.session() as here:
        assert (await elsewhere.submit(buy("90.00"))).accepted
        assert (await here.submit(buy("90.00"))).accepted
        with pytest.raises(NotFoundError, match="not of this order_entry process"):
            await operator.market.kill_session(elsewhere.id)
        origin = here.id.partition("-")[0]
        with pytest.raises(NotFoundError, match="has ended"):
            await operator.market.kill_session(f"{origin}-1")
        for wrong in (
            *("", origin, f"{origin}-", f"{origin}-0", f"{origin}-01", f"{origin}-4294967296"),
            *(f"{origin.upper()}-é", f" {here.id}", f"{here.id}\n", here.id[1:], "x" * 100_000),
        ):
            with pytest.raises(RequestError) as refused:
                await operator.market.kill_session(wrong)
            assert refused.value.violations[0][0] == "session"
        for call in (trader.market.list_sessions(), trader.market.kill_session(here.id)):
            with pytest.raises(AuthError, match="scope"):
                await call
        assert (await here.submit(buy("90.00"))).accepted
        assert (await elsewhere.submit(buy("90.00"))).accepted


async def test_the_list_comes_in_pages(trader: CiftClient, operator: CiftClient) -> None:
    address = operator.endpoints.order_entry
    stub = market_control_service_pb2_grpc.MarketControlServiceStub(operator.channel(address))

    async def page(size: int, token: str) -> Any:
        request = market_control_service_pb2.ListSessionsRequest(page_size=size, page_token=token)
        return await operator.query(stub.ListSessions, request)

    async with (
        trader.session() as one,
        trader.session() as two,
        trader.session() as three,
    ):
        for session in (one, two, three):
            assert (await session.submit(buy("90.00"))).accepted
        whole = await page(0, "")
        assert not whole.next_page_token
        found: list[Any] = []
        token = ""
        while not found or token:
            part = await page(1, token)
            found += part.sessions
            token = part.next_page_token
        assert found == list(whole.sessions)
        assert [s.number for s in found] == sorted(s.number for s in found)
        assert {one.id, two.id, three.id} <= {s.session for s in found}
        for size, token in ((-1, ""), (1_001, ""), (1, "x"), (1, f"{1:016x}-1")):
            with pytest.raises(RequestError):
                await page(size, token)


async def test_an_operator_does_it_from_a_shell(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ("--target", f"127.0.0.1:{mesh.mesh.port_base}", "--key", mesh.mesh.keys["admin"])

    async def shell(*words: str) -> tuple[int, str]:
        status = await asyncio.to_thread(cli.main, [*words, *target])
        said = capsys.readouterr()
        return status, said.out + said.err

    async with trader.session() as session:
        assert (await session.submit(buy("90.00"))).accepted
        status, said = await shell("market", "sessions")
        [line] = [line for line in said.splitlines() if line.startswith(session.id)]
        assert (status, line.split()[1], line.split()[-1]) == (0, "DEMO", "1")
        status, said = await shell("kill", "--session", session.id)
        assert (status, said.split()[:2]) == (0, ["killed", session.id])
        with pytest.raises(AbortedError):
            while True:
                await session.submit(buy("90.00"))
        status, said = await shell("kill", "--session", "nobody")
        assert (status, "16 hex digits" in said) == (2, True)
        status, said = await shell("kill", "lift", "--session", session.id)
        assert (status, "can't come back" in said) == (2, True)


def test_the_journal_says_the_same_again(mesh: MeshThread) -> None:
    """Kills and cancels, replayed from the folder by new engines: byte for byte."""
    mesh.run(mesh.mesh.stop())
    assert cli.main(["logs", "verify", str(mesh.mesh.folder.path)]) == 0
