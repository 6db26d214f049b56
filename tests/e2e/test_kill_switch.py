"""A kill switch: one command cancels a thousand orders, says why, holds, and outlives crashes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from cift import cli
from cift.client import (
    VENUE,
    AuthError,
    CiftClient,
    ExecType,
    Execution,
    Holder,
    Limits,
    NewOrder,
    NotFoundError,
    RejectReason,
    ReplaceOrder,
    RestatementReason,
    Retry,
    Side,
)
from cift.local.mesh import MeshOptions
from cift.matching.v1 import matching_service_pb2, matching_service_pb2_grpc
from tests.support.mesh_thread import MeshThread

PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
RESTING = 1_000


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("kill switch") / "mesh",
        durability="page-cache",
        without=frozenset({"market_data"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def trader(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client(retry=PATIENT) as client:
        yield client


@pytest.fixture
async def operator(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    """No kill switch is left on."""
    async with mesh.client("admin", timeout_seconds=10, retry=PATIENT) as client:
        yield client
        for switch in await client.risk.list_kill_switches():
            await client.risk.unkill(switch.holder)


def shell(mesh: MeshThread, *words: str) -> int:
    """Give a command as an operator does; its status."""
    target = ("--target", f"127.0.0.1:{mesh.mesh.port_base}", "--key", mesh.mesh.keys["admin"])
    return cli.main([*words, *target])


def order(account: str, price: int | str, cl_ord_id: str = "") -> NewOrder:
    return NewOrder(account, "DEMO", Side.BUY, 1, price, cl_ord_id=cl_ord_id)


async def heard(executions: AsyncIterator[Execution], number: int) -> list[Execution]:
    async with asyncio.timeout(20):
        return [await anext(executions) for _ in range(number)]


async def test_one_command_cancels_a_thousand_orders_and_says_why(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    other = await trader.submit(order("DEMO-2", 90))
    placed = await trader.batch([order("DEMO-1", 50 + n % 40) for n in range(RESTING)])
    assert all(result.accepted for result in placed)
    executions = trader.stream_executions("DEMO-1", after_sequence=placed[-1].place.sequence)
    words = ("kill", "DEMO-1", "--comment", "runaway quoter")
    assert await asyncio.to_thread(shell, mesh, *words) == 0
    told = await heard(executions, RESTING)
    assert {execution.order_id for execution in told} == {result.order_id for result in placed}
    assert {(e.exec_type, e.restatement_reason) for e in told} == {
        (ExecType.CANCELED, RestatementReason.KILL_SWITCH)
    }
    assert len({execution.place.sequence for execution in told}) == 1
    # New orders are refused, and the stream says it too; other accounts trade on.
    refused = await trader.submit(order("DEMO-1", 90))
    assert refused.reject_reason == RejectReason.KILL_SWITCH
    [last] = await heard(executions, 1)
    assert (last.exec_type, last.reason) == (ExecType.REJECTED, RejectReason.KILL_SWITCH)
    exposure = await trader.risk.get_exposure("DEMO-1")
    assert (exposure.open_orders, exposure.killed) == (0, True)
    assert exposure.reserved == 0
    await executions.aclose()
    change = ReplaceOrder("DEMO-2", "DEMO", order_id=other.order_id, price=91)
    assert (await trader.replace(change)).accepted
    [switch] = await trader.risk.list_kill_switches()
    assert (switch.holder, switch.comment) == (Holder(account="DEMO-1"), "runaway quoter")
    breaches = trader.risk.stream_breaches("DEMO-1", after_sequence=refused.place.sequence - 1)
    async with asyncio.timeout(20):
        breach = await anext(breaches)
    await breaches.aclose()
    assert (breach.place, breach.reject_reason) == (refused.place, RejectReason.KILL_SWITCH)
    async with asyncio.timeout(20):
        # The list is of the history, which is a moment behind.
        while not (listed := await trader.risk.list_breaches("DEMO-1").first(1)):
            await asyncio.sleep(0.1)
    assert replace(listed[0], reject_text="") == replace(breach, reject_text="")
    # Who may switch it on may not switch it off.
    with pytest.raises(AuthError, match="scope"):
        await trader.risk.unkill("DEMO-1")
    assert await asyncio.to_thread(shell, mesh, "kill", "lift", "DEMO-1") == 0
    assert (await trader.submit(order("DEMO-1", 90))).accepted
    assert await trader.risk.list_kill_switches() == []


async def test_a_firm_kills_its_own_and_nobody_elses(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    async with mesh.client("read") as reader, mesh.client("other") as stranger:
        with pytest.raises(AuthError, match="scope"):
            await reader.risk.kill("DEMO-1")
        risk = stranger.risk
        for ask in (risk.kill, risk.get_limits, risk.get_exposure, risk.get_profit_and_loss):
            for account in ("DEMO-1", "NOBODY"):
                with pytest.raises(NotFoundError):
                    await ask(account)
        for ask in (risk.kill, risk.get_limits, risk.get_profit_and_loss):
            for holder in (Holder(firm="DEMO"), Holder(firm="NOBODY"), VENUE):
                with pytest.raises(AuthError, match="scope"):
                    await ask(holder)
        theirs = await stranger.submit(order("OTHER-1", 90))
        for name in ("DEMO-2", "DEMO-3"):
            assert (await trader.submit(order(name, 90))).accepted
        await trader.risk.kill(Holder(firm="DEMO"), "everything of ours")
        for name in ("DEMO-2", "DEMO-3"):
            refused = await trader.submit(order(name, 90))
            assert refused.reject_reason == RejectReason.KILL_SWITCH
            assert (await trader.risk.get_exposure(name)).open_orders == 0
        assert (await stranger.risk.get_exposure("OTHER-1")).open_orders == 1
        await operator.risk.kill(VENUE)
        refused = await stranger.submit(order("OTHER-1", 90))
        assert refused.reject_reason == RejectReason.KILL_SWITCH
        state = await stranger.get_order("OTHER-1", order_id=theirs.order_id)
        assert state.leaves_quantity == 0
        assert len(await operator.risk.list_kill_switches()) == 2
        await operator.risk.unkill(VENUE)
        assert (await stranger.submit(order("OTHER-1", 90))).accepted
        await operator.risk.unkill(Holder(firm="DEMO"))


async def told_of(client: CiftClient) -> list[Any]:
    """All that risk tells of who trades here, whenever it is told."""
    told: list[Any] = await client.risk.list_kill_switches()
    for name in ("DEMO-1", "DEMO-2", "DEMO-4"):
        told += await client.risk.list_positions(name)
        told.append(replace(await client.risk.get_exposure(name), sequence=0))
    for holder in ("DEMO-1", "DEMO-4", Holder(firm="DEMO"), VENUE):
        told.append(replace(await client.risk.get_profit_and_loss(holder), sequence=0))
    for holder in ("DEMO-1", "DEMO-4", Holder(firm="DEMO")):
        limits = await client.risk.get_limits(holder)
        told += [limits, limits.etag]
    return told


async def matching_status(client: CiftClient) -> Any:
    stub = matching_service_pb2_grpc.MatchingServiceStub(client.channel(client.endpoints.matching))
    return await client.query(stub.GetStatus, matching_service_pb2.GetStatusRequest())


async def test_a_crash_of_risk_and_matching_changes_nothing(
    mesh: MeshThread, trader: CiftClient, operator: CiftClient
) -> None:
    firm = Holder(firm="DEMO")
    await operator.risk.set_limits(firm, Limits(max_gross_exposure=10**9))
    await operator.risk.update_limits("DEMO-4", max_daily_loss="123.45")
    assert (await trader.submit(NewOrder("DEMO-4", "DEMO", Side.SELL, 7, "100.01"))).accepted
    assert (await trader.submit(NewOrder("DEMO-2", "DEMO", Side.BUY, 5, "100.01"))).fills
    await operator.risk.kill("DEMO-4", "before the crash")
    # Risk takes the fills in with the next order, and without order entry nothing comes after it.
    assert (await trader.submit(order("DEMO-1", 50))).accepted
    await mesh.wait(mesh.mesh.processes["order_entry"].stop())
    before, status = await told_of(operator), await matching_status(operator)
    for name in ("risk", "matching"):
        pid = mesh.pid(name)
        await mesh.kill(name)
        await mesh.replaced(name, pid)
    assert await told_of(operator) == before
    again = await matching_status(operator)
    assert (again.sequence, again.state_hash) == (status.sequence, status.state_hash)
    await mesh.wait(mesh.mesh.processes["order_entry"].start())
    await mesh.ready()
    refused = await trader.submit(order("DEMO-4", 90))
    assert refused.reject_reason == RejectReason.KILL_SWITCH
    await operator.risk.unkill("DEMO-4")
    await operator.risk.set_limits(firm, Limits())


def test_the_journal_says_the_same_again(
    mesh: MeshThread, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kills, limits and fills, replayed from the folder by new engines: byte for byte."""
    for words in (
        ("limits", "set", "--firm", "DEMO", "--max-position", "100"),
        ("limits", "set", "DEMO-1", "--off", "credit"),
        ("accounts", "fees", "--venue", "--tier", "0:10:30"),
        ("kill", "--venue"),
    ):
        assert shell(mesh, *words) == 0
    capsys.readouterr()
    mesh.run(mesh.mesh.stop())
    assert cli.main(["logs", "verify", str(mesh.mesh.folder.path)]) == 0
