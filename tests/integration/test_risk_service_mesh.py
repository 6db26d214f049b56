"""What operators do to limits and accounts of a whole mesh, and what traders notice of it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from cift.client import (
    VENUE,
    AbortedError,
    Account,
    AuthError,
    CiftClient,
    ConflictError,
    Holder,
    Instrument,
    Limits,
    NewOrder,
    NotFoundError,
    PositionsUpdate,
    RejectReason,
    ReplaceOrder,
    RequestError,
    Retry,
    Side,
    UnavailableError,
    User,
)
from cift.local.mesh import MeshOptions
from cift.risk.v1 import risk_service_pb2 as pb
from cift.risk.v1 import risk_service_pb2_grpc
from tests.support.desk import PATIENT, at
from tests.support.mesh_thread import MeshThread
from tests.support.risk_floor import Firm, Floor, make_firms, open_floor

SECONDS = 10.0
FIRMS = 30


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("risk service") / "mesh",
        durability="page-cache",
        without=frozenset({"market_data"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def firms(mesh: MeshThread) -> Iterator[Firm]:
    """Firms that no test has used."""
    return iter(mesh.run(make_firms(mesh, "S", FIRMS)))


@pytest.fixture
async def floor(mesh: MeshThread, firms: Iterator[Firm]) -> AsyncIterator[Floor]:
    async with open_floor(mesh, next(firms), next(firms)) as floor:
        yield floor


def reason(result: Any) -> str:
    """What an order was told."""
    return result.reject_reason.name.lower() if result.rejected else "accepted"


async def says(floor: Floor, *lines: str) -> None:
    """Orders such as `ann: buy 1 @ 99: accepted`, and what each is told."""
    for line in lines:
        who, order, expected = line.split(": ")
        assert reason(await floor.submit(who, order)) == expected, line


async def test_a_limit_counts_from_its_answer_on(floor: Floor) -> None:
    risk, ann = floor.operator.risk, floor.accounts["ann"]
    first = await risk.set_limits(ann, Limits(collar_bps=1_000, max_position=100))
    await says(floor, "ann: buy 1 @ 91: accepted")
    lowered = await risk.update_limits(ann, collar_bps=500, etag=first.etag)
    assert (lowered.collar_bps, lowered.max_position) == (500, 100)
    assert lowered.sequence > first.sequence
    await says(floor, "ann: buy 1 @ 91: price_band", "ann: buy 1 @ 96: accepted")
    assert await risk.get_limits(ann) == lowered
    # The same again changes nothing: it took effect where it did.
    again = await risk.update_limits(ann, collar_bps=500)
    assert (again.sequence, again.etag) == (lowered.sequence, lowered.etag)
    off = await risk.update_limits(ann, collar_bps=None)
    assert (off.collar_bps, off.max_position) == (None, 100)
    await says(floor, "ann: buy 1 @ 50: accepted", "ann: buy 100 @ 50: exceeds_limit")


async def test_of_two_who_read_the_same_limits_one_changes_them(floor: Floor) -> None:
    risk, ann = floor.operator.risk, floor.accounts["ann"]
    read = await risk.get_limits(ann)
    changes = (risk.update_limits(ann, etag=read.etag, max_open_orders=n) for n in range(5))
    answers = await asyncio.gather(*changes, return_exceptions=True)
    (made,) = [answer for answer in answers if isinstance(answer, Limits)]
    refused = [answer for answer in answers if isinstance(answer, AbortedError)]
    assert len(refused) == 4
    assert all("read it again" in str(error) for error in refused)
    assert await risk.get_limits(ann) == made
    with pytest.raises(AbortedError):
        await risk.set_limits(ann, read)
    await risk.set_limits(ann, await risk.get_limits(ann))
    with pytest.raises(AbortedError, match=f"firm {floor.firm} changed"):
        await risk.update_limits(Holder(firm=floor.firm), etag="r1", restricted=True)


async def test_a_firms_limit_is_for_all_its_accounts(floor: Floor) -> None:
    risk, firm = floor.operator.risk, Holder(firm=floor.firm)
    with pytest.raises(NotFoundError, match=f"firm {floor.firm} was never given limits"):
        await floor.clients["ann"].risk.get_limits(firm)
    await floor.accepted("bob: buy 6 @ 90")
    await risk.set_limits(firm, Limits(max_position=10))
    await says(floor, "ann: buy 5 @ 90: exceeds_limit", "ann: buy 4 @ 90: accepted")
    await says(floor, "zed: buy 50 @ 90: accepted")
    assert (await floor.clients["ann"].risk.get_limits(firm)).max_position == 10
    for ask in (risk.get_limits, floor.clients["zed"].risk.get_limits):
        with pytest.raises((NotFoundError, AuthError)):
            await ask(Holder(firm="NOBODY"))


async def test_limits_in_one_symbol_stand_in_place_of_those_on_all(floor: Floor) -> None:
    risk, ann = floor.operator.risk, floor.accounts["ann"]
    await risk.set_limits(ann, Limits(max_order_quantity=5, max_position=100))
    with pytest.raises(NotFoundError, match=f"never given limits in {floor.symbol}"):
        await risk.get_limits(ann, floor.symbol)
    one = await risk.set_limits(ann, Limits(max_position=8), floor.symbol)
    assert await risk.get_limits(ann, floor.symbol) == one == Limits(max_position=8)
    assert (await risk.get_limits(ann)).max_position == 100
    await says(
        floor,
        "ann: buy 6 @ 90: clip_size",
        "ann: buy 5 @ 90: accepted",
        "ann: buy 4 @ 90: exceeds_limit",
    )
    await risk.update_limits(ann, floor.symbol, restricted=True)
    await says(floor, "ann: sell 1 @ 110: restricted_symbol")
    await risk.set_limits(ann, Limits(), floor.symbol)
    await says(floor, "ann: buy 5 @ 90: accepted", "ann: buy 6 @ 90: clip_size")
    with pytest.raises(NotFoundError, match="no instrument NONE"):
        await risk.set_limits(ann, Limits(), "NONE")


async def test_what_was_located_may_be_sold_short(floor: Floor) -> None:
    admin, risk, ann = floor.operator.admin, floor.operator.risk, floor.accounts["ann"]
    first = await admin.add_locate(ann, floor.symbol, 30, "lender 1")
    await risk.set_limits(ann, Limits(max_short=0))
    await says(floor, "ann: sell 31 @ 110: short_sell", "ann: sell 30 @ 110: accepted")
    await says(floor, "ann: sell 1 @ 110: short_sell")
    more = await admin.add_locate(ann, floor.symbol, 5, "lender 2")
    assert [first.located, more.located] == [30, 35]
    await says(floor, "ann: sell 5 @ 110: accepted", "ann: sell 1 @ 110: short_sell")
    assert (await admin.release_locate(first.locate.id)).located == 5
    await says(floor, "ann: buy 1 @ 90: accepted", "ann: sell 1 @ 110: short_sell")
    listed = await admin.list_locates(ann)
    assert [(locate.id, locate.released) for locate in listed] == [
        (first.locate.id, True),
        (more.locate.id, False),
    ]


async def next_update(updates: AsyncIterator[PositionsUpdate]) -> PositionsUpdate:
    async with asyncio.timeout(SECONDS):
        return await anext(updates)


def quantities(update: PositionsUpdate) -> dict[str, tuple[int, int, int]]:
    """Account → position, open to buy, open to sell."""
    return {
        position.account.rpartition("-")[2]: (
            int(position.quantity),
            int(position.open_buy_quantity),
            int(position.open_sell_quantity),
        )
        for position in update.positions
    }


async def test_positions_are_told_as_they_change(floor: Floor) -> None:
    await floor.accepted("ann: buy 10 @ 99", "zed: sell 4 @ 99")
    own = floor.clients["ann"].risk.stream_positions()
    first = await next_update(own)
    assert (first.snapshot, quantities(first)) == (True, {"ANN": (4, 6, 0)})
    (held,) = first.positions
    assert [held.net_cost, held.average_price] == [396, 99]
    assert held.currency == "USD"
    heard, through = quantities(first), first.through_sequence
    wanted = {"ANN": (10, 0, 0), "BOB": (0, 0, 0)}
    await floor.accepted("bob: buy 1 @ 98", "zed: sell 6 @ 99")
    result = await floor.submit("bob", "buy 2 @ 97")
    await floor.operator.market.cancel_all(account=floor.accounts["bob"])
    await floor.settle()
    while heard != wanted or through <= result.place.sequence:
        update = await next_update(own)
        assert not update.snapshot
        assert update.through_sequence >= through
        through = update.through_sequence
        heard |= quantities(update)
    await own.aclose()
    stranger = floor.clients["zed"].risk.stream_positions(floor.accounts["ann"])
    with pytest.raises(NotFoundError):
        await next_update(stranger)


async def test_what_was_refused_is_listed_and_streamed_alike(
    mesh: MeshThread, floor: Floor
) -> None:
    risk, ann = floor.operator.risk, floor.accounts["ann"]
    sequence = (await risk.set_limits(ann, Limits(max_order_quantity=5, collar_bps=100))).sequence
    await says(floor, "ann: buy 6 @ 100: clip_size", "ann: buy 5 @ 90: price_band")
    await floor.settle()  # A cancel that is refused, and not by risk.
    open_order = await floor.submit("ann", "buy 1 @ 100")
    await says(floor, "ann: sell 9: clip_size")
    change = ReplaceOrder(ann, floor.symbol, order_id=open_order.order_id, quantity=7)
    assert reason(await floor.clients["ann"].replace(change)) == "clip_size"
    await risk.set_limits(floor.accounts["zed"], Limits(max_open_orders=0))
    await says(floor, "zed: buy 1 @ 90: max_open_orders")
    own = floor.clients["ann"].risk
    stream = own.stream_breaches(after_sequence=sequence)
    async with asyncio.timeout(SECONDS):
        streamed = [await anext(stream) for _ in range(4)]
    await stream.aclose()
    told = [(b.reject_reason.name.lower(), b.side.name, at(b.quantity, b.price)) for b in streamed]
    assert told == [
        ("clip_size", "BUY", "6@100"),
        ("price_band", "BUY", "5@90"),
        ("clip_size", "SELL", "9@0"),
        ("clip_size", "UNSPECIFIED", "7@0"),  # What a replace says.
    ]
    assert {(breach.account, breach.firm) for breach in streamed} == {(ann, floor.firm)}
    async with asyncio.timeout(SECONDS):  # The projection follows within a moment.
        while len(listed := await own.list_breaches(ann)) < 4:
            await asyncio.sleep(0.1)
    assert listed == streamed[::-1]
    stub = risk_service_pb2_grpc.RiskServiceStub(
        floor.operator.channel(floor.operator.endpoints.risk)
    )
    paged, token = [], ""
    while True:
        request = pb.ListBreachesRequest(page_size=2, page_token=token, account=ann)
        page = await floor.operator.query(stub.ListBreaches, request)
        paged.append([breach.place.index for breach in page.breaches])
        token = page.next_page_token or token
        if not page.next_page_token:
            break
    assert [len(places) for places in paged] == [2, 2]
    with pytest.raises(RequestError, match="asked for something else"):
        await floor.operator.query(stub.ListBreaches, pb.ListBreachesRequest(page_token=token))
    async with asyncio.timeout(SECONDS):
        while not (theirs := await floor.clients["zed"].risk.list_breaches()):
            await asyncio.sleep(0.1)
    assert {breach.account for breach in theirs} == {floor.accounts["zed"]}
    with pytest.raises(NotFoundError):
        await floor.clients["zed"].risk.list_breaches(ann)
    everything = await risk.list_breaches()
    assert {ann, floor.accounts["zed"]} <= {breach.account for breach in everything}


async def test_every_change_is_written_down(mesh: MeshThread, floor: Floor) -> None:
    admin, risk, ann = floor.operator.admin, floor.operator.risk, floor.accounts["ann"]
    await risk.set_limits(ann, Limits(credit="12.50", restricted=True))
    await floor.clients["ann"].risk.kill(ann, "too fast")
    await risk.unkill(ann, "looked into it")
    await admin.update_account(ann, disabled=True)
    entries = await admin.list_audit_entries(name=ann)
    assert [entry.kind for entry in entries] == [
        *("account", "kill_switch", "kill_switch", "limits", "limits", "account"),
    ]
    disabled, off, on, limits = entries[:4]
    told = [[json.loads(text) for text in (e.before, e.after)] for e in (disabled, off, limits)]
    assert [row["disabled"] for row in told[0]] == [False, True]
    assert told[1] == [
        {"on": True, "comment": "too fast"},
        {"on": False, "comment": "looked into it"},
    ]
    assert told[2] == [{}, {"credit": "12.5", "restricted": True}]
    assert (on.before, entries[-1].before) == ("", "")
    assert on.actor != off.actor == limits.actor
    numbers = [entry.number for entry in entries]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] > 0
    times = [entry.time_ns for entry in entries]
    assert times == sorted(times, reverse=True)


async def test_a_kill_names_why_and_where(mesh: MeshThread, floor: Floor) -> None:
    own, ann = floor.clients["ann"].risk, floor.accounts["ann"]
    await floor.accepted("ann: buy 1 @ 90", "bob: buy 1 @ 90")
    first = await own.kill(ann, "drill")
    assert await own.kill(ann, "again") == first
    (switch,) = await own.list_kill_switches()
    assert (switch.holder, switch.comment) == (Holder(account=ann), "drill")
    assert switch.sequence == first
    assert await floor.clients["zed"].risk.list_kill_switches() == []
    await says(floor, "ann: buy 1 @ 90: kill_switch", "bob: buy 1 @ 90: accepted")
    with pytest.raises(AuthError, match="admin"):
        await own.unkill(ann)
    for holder in (Holder(firm="DEMO"), Holder(firm="NOBODY"), VENUE):
        with pytest.raises(AuthError, match="admin"):
            await own.kill(holder)
    for account in (floor.accounts["zed"], "NOBODY"):
        with pytest.raises(NotFoundError):
            await own.kill(account)
    off = await floor.operator.risk.unkill(ann)
    assert off > first
    assert await floor.operator.risk.unkill(ann) == off
    await says(floor, "ann: buy 1 @ 90: accepted")
    # A key that may only administer may kill, too.
    key = await floor.operator.admin.create_api_key(floor.firm, ["admin"])
    await asyncio.sleep(1.0)
    async with CiftClient(floor.operator.endpoints, api_key=key.secret) as administrator:
        await administrator.risk.kill(floor.accounts["zed"])
        await administrator.risk.unkill(floor.accounts["zed"])


async def test_positions_come_in_pages_while_they_change(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, ann = floor.clients["ann"], floor.accounts["ann"]
    names = [f"{floor.symbol}-{letter}" for letter in "ABCDEF"]
    for name in names:
        await floor.operator.admin.create_instrument(
            Instrument(symbol=name, currency="USD", price_scale=2, tick_size="0.01")
        )

    async def buy(name: str, quantity: int) -> None:
        assert (await own.submit(NewOrder(ann, name, Side.BUY, quantity, 90))).accepted
        await floor.settle()

    first, second, third, fourth, fifth, sixth = names
    for name in (fifth, second, third):
        await buy(name, 1)
    stub = risk_service_pb2_grpc.RiskServiceStub(own.channel(own.endpoints.risk))
    told, token, sequence = [], "", 0
    while True:
        request = pb.ListPositionsRequest(account=ann, page_size=2, page_token=token)
        page = await own.query(stub.ListPositions, request)
        told.append([(row.symbol, int(row.open_buy_quantity)) for row in page.positions])
        assert page.sequence >= sequence
        token, sequence = page.next_page_token, page.sequence
        if not token:
            break
        if len(told) == 1:
            # What stands before the next page is not told again, what stands behind it is, as it
            # is by then.
            for name in (first, second, fourth, fifth, sixth):
                await buy(name, 5)
    assert told == [[(second, 1), (third, 1)], [(fourth, 5), (fifth, 6)], [(sixth, 5)]]
    monkeypatch.setattr("cift.client.pages.PAGE_SIZE", 2)
    assert [row.symbol for row in await own.risk.list_positions(ann)] == names
    assert [row.symbol async for row in own.risk.list_positions(ann)] == names
    request = pb.ListPositionsRequest(account=ann, page_size=1)
    token = (await own.query(stub.ListPositions, request)).next_page_token
    request = pb.ListPositionsRequest(account=floor.accounts["bob"], page_token=token)
    with pytest.raises(RequestError, match="asked for something else"):
        await own.query(stub.ListPositions, request)


async def test_kill_switches_come_in_pages_while_they_change(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, ann, bob = floor.clients["ann"], floor.accounts["ann"], floor.accounts["bob"]
    firm = Holder(firm=floor.firm)
    for holder in (bob, firm):
        await own.risk.kill(holder)
    await floor.operator.risk.kill(floor.accounts["zed"])  # Another firm's.
    stub = risk_service_pb2_grpc.RiskServiceStub(own.channel(own.endpoints.risk))
    request = pb.ListKillSwitchesRequest(page_size=1)
    page = await own.query(stub.ListKillSwitches, request)
    assert [switch.firm for switch in page.kill_switches] == [floor.firm]
    await floor.operator.risk.unkill(firm)
    await floor.operator.risk.kill(ann)
    rest = []
    while page.next_page_token:
        request.page_token = page.next_page_token
        page = await own.query(stub.ListKillSwitches, request)
        rest += page.kill_switches
    assert [switch.account for switch in rest] == [ann, bob]
    # Who it was is told, but not of another firm's people.
    assert [(s.actor_user, s.actor_firm) for s in rest] == [("", ""), ("service", floor.firm)]
    assert all(switch.actor.isdigit() for switch in rest)
    monkeypatch.setattr("cift.client.pages.PAGE_SIZE", 1)
    everything = {
        switch.holder: switch for switch in await floor.operator.risk.list_kill_switches()
    }
    assert {Holder(account=name) for name in (ann, bob, floor.accounts["zed"])} <= set(everything)
    by = everything[Holder(account=ann)]
    assert (by.actor_user, by.actor_firm) == ("carol", "DEMO")
    with pytest.raises(RequestError, match="page_token"):
        request.page_token = "x"
        await own.query(stub.ListKillSwitches, request)


async def test_a_disabled_user_is_out_everywhere_at_once(floor: Floor) -> None:
    admin, firm, ann = floor.operator.admin, floor.firm, floor.accounts["ann"]
    wanted = User("erin@desk.example", firm, ("read", "trade"), "Erin")
    made = await admin.create_user(wanted)
    assert made == wanted == await admin.create_user(wanted)
    key = await admin.create_api_key(firm, ["read", "trade"], "desk", user=made.name)

    async def until_let_in(call: Any) -> Any:
        async with asyncio.timeout(SECONDS):
            while True:
                with contextlib.suppress(AuthError):
                    return await call()
                await asyncio.sleep(0.02)

    async def until_refused(call: Any) -> float:
        begun = asyncio.get_running_loop().time()
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    await call()
                except AuthError:
                    return asyncio.get_running_loop().time() - begun
                await asyncio.sleep(0.02)

    async with CiftClient(floor.operator.endpoints, api_key=key.secret, retry=PATIENT) as erin:
        order = NewOrder(ann, floor.symbol, Side.BUY, 1, 90)
        assert (await until_let_in(lambda: erin.submit(order))).accepted
        assert (await until_let_in(lambda: erin.risk.get_exposure(ann))).account == ann
        stream = erin.risk.stream_positions(resume=False)
        assert (await next_update(stream)).snapshot
        assert (await erin.admin.get_user(made.name)) == made
        assert made in await erin.admin.list_users()
        with pytest.raises(AuthError, match="admin"):
            await erin.admin.create_user(User("eve", firm, ("read",)))
        with pytest.raises(AuthError, match="admin"):
            await erin.admin.update_user(firm, made.name, scopes=["read", "trade", "admin"])
        for name, of in (("carol", "DEMO"), ("erin", firm)):
            with pytest.raises(NotFoundError):
                await erin.admin.get_user(name, of)
        with pytest.raises(NotFoundError):
            await erin.admin.list_users("DEMO")

        await admin.update_user(firm, made.name, scopes=["read"])
        assert await until_refused(lambda: erin.submit(order)) < 1.5
        assert (await erin.risk.get_exposure(ann)).account == ann
        disabled = await admin.update_user(firm, made.name, disabled=True, etag="")
        assert await until_refused(lambda: erin.risk.get_exposure(ann)) < 1.5
        with pytest.raises(AuthError):
            while True:
                await next_update(stream)
        with pytest.raises(AbortedError, match="read it again"):
            await admin.update_user(firm, made.name, disabled=False, etag=made.etag)
        await admin.update_user(
            firm, made.name, disabled=False, scopes=["read", "trade"], etag=disabled.etag
        )
        again = NewOrder(ann, floor.symbol, Side.BUY, 1, 90)
        assert (await until_let_in(lambda: erin.submit(again))).accepted
    entries = await admin.list_audit_entries(kind="user", name=f"{firm}/{made.name}")
    assert len(entries) == 4
    assert {(entry.actor_user, entry.actor_firm) for entry in entries} == {("carol", "DEMO")}


@pytest.mark.parametrize(
    ("method", "request_of", "named"),
    [
        ("GetLimits", {}, "holder"),
        ("GetLimits", {"account": "a"}, "account"),
        ("GetLimits", {"venue": False}, "venue"),
        ("GetLimits", {"account": "DEMO-1", "symbol": "?"}, "symbol"),
        ("SetLimits", {"firm": "DEMO", "update_mask": {"paths": ["colour"]}}, "update_mask"),
        (
            "SetLimits",
            {"firm": "DEMO", "update_mask": {"paths": ["message_rate.burst"]}},
            "update_mask",
        ),
        ("SetLimits", {"firm": "DEMO", "limits": {"collar_bps": 0}}, "limits.collar_bps"),
        ("SetLimits", {"firm": "DEMO", "limits": {"max_short": "-1"}}, "limits.max_short"),
        (
            "SetLimits",
            {"firm": "DEMO", "limits": {"message_rate": {"per_second": 1}}},
            "limits.message_rate.burst",
        ),
        (
            "SetLimits",
            {"firm": "DEMO", "symbol": "DEMO", "limits": {"credit": "1"}},
            "limits.credit",
        ),
        (
            "SetLimits",
            {"firm": "DEMO", "symbol": "DEMO", "update_mask": {"paths": ["credit"]}},
            "update_mask",
        ),
        ("ListPositions", {"account": ""}, "account"),
        ("ListPositions", {"account": "DEMO-1", "page_size": 1_001}, "page_size"),
        ("ListKillSwitches", {"page_size": -1}, "page_size"),
        ("GetExposure", {"account": "x y"}, "account"),
        ("GetProfitAndLoss", {}, "holder"),
        ("Kill", {}, "holder"),
        ("Kill", {"account": "DEMO-1", "comment": "x" * 201}, "comment"),
        ("Unkill", {"firm": "demo"}, "firm"),
        ("ListBreaches", {"page_size": -1}, "page_size"),
        ("ListBreaches", {"page_token": "abc"}, "page_token"),
        ("ListBreaches", {"account": "abc"}, "account"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(
    mesh: MeshThread, method: str, request_of: dict[str, Any], named: str
) -> None:
    async with mesh.client("admin") as operator:
        stub = risk_service_pb2_grpc.RiskServiceStub(operator.channel(operator.endpoints.risk))
        request = getattr(pb, f"{method}Request")(**request_of)
        with pytest.raises(RequestError) as refused:
            await operator.query(getattr(stub, method), request)
    assert [field for field, _ in refused.value.violations] == [named]


async def test_what_the_engine_refuses_is_noted(mesh: MeshThread) -> None:
    """Nothing that a call lets through is refused; what is, is not told to be in force."""
    limits = {"checks": 0, "max_open_orders": 1}
    commands = [["limits", {"account": account, **limits}] for account in (1, 99_999)]
    connection = await asyncpg.connect(mesh.mesh.postgres_dsn)
    try:
        append = "SELECT reference_append('test', $1::text::jsonb)"
        number = await connection.fetchval(append, json.dumps(commands))
        async with asyncio.timeout(SECONDS):
            while True:
                select = "SELECT sequence, refused FROM reference_outbox WHERE number = $1"
                row = await connection.fetchrow(select, number)
                if row["sequence"] is not None:
                    break
                await asyncio.sleep(0.02)
        assert json.loads(row["refused"]) == [[1, int(RejectReason.UNKNOWN_ACCOUNT)]]
    finally:
        await connection.close()


async def test_a_part_of_limits_is_not_enough_to_begin_with(mesh: MeshThread, floor: Floor) -> None:
    name = f"{floor.firm}-NEW"
    await floor.operator.admin.create_account(Account(name, floor.firm, "USD"))
    with pytest.raises(ConflictError, match="set all of them first"):
        await floor.operator.risk.update_limits(name, collar_bps=100)
    order = NewOrder(name, floor.symbol, Side.BUY, 1, 90)
    refused = await floor.clients["ann"].submit(order)
    assert refused.reject_reason == RejectReason.ACCOUNT_DISABLED
    await floor.operator.risk.set_limits(name, Limits(collar_bps=2_000))
    assert (await floor.clients["ann"].submit(order)).accepted


async def test_without_the_database_a_kill_says_what_works(mesh: MeshThread) -> None:
    postgres = mesh.mesh.processes["postgres"]
    async with mesh.client(retry=Retry(attempts=1)) as trader, mesh.client("admin") as operator:
        assert (await trader.submit(NewOrder("DEMO-1", "DEMO", Side.BUY, 1, 90))).accepted
        await mesh.wait(postgres.stop())
        try:
            with pytest.raises(UnavailableError, match=r"CancelAll.*SetSession") as away:
                await trader.risk.kill("DEMO-1")
            assert away.value.reason == "DATABASE_UNAVAILABLE"
            exposure = await trader.risk.get_exposure("DEMO-1")
            assert (exposure.open_orders, exposure.killed) == (1, False)
            canceled = await operator.market.cancel_all(account="DEMO-1")
            assert canceled.canceled_orders == 1
        finally:
            await mesh.wait(postgres.start())
            await mesh.ready("postgres")
    async with mesh.client(retry=PATIENT) as trader:
        assert await trader.risk.kill("DEMO-1") > canceled.place.sequence
