"""Bad input: each gets its clear error, the connection lives, and the journal stays clean."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from cift.common.v1 import types_pb2
from cift.kit import frames
from cift.kit.bus import LogReader, connect, read_state, shard_logs
from cift.kit.layout import CommandKind
from cift.local.mesh import MeshOptions
from cift.order_entry.v1 import market_control_service_pb2 as control_pb2
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift.order_entry.v1 import order_pb2
from tests.support.mesh_thread import MeshThread

SERVICE = "cift.order_entry.v1.OrderEntryService"
LOGS = shard_logs()
INVALID = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("bad input") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics", "market_data"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@dataclass
class Wire:
    """One connection, spoken to in bytes, and what it may have put into the journal."""

    mesh: MeshThread
    channel: grpc.aio.Channel
    allowed: set[str]

    async def call(
        self, method: str, request: bytes, key: str = "trade", *, service: str = SERVICE
    ) -> bytes:
        metadata = (("authorization", f"Bearer {self.mesh.mesh.keys.get(key, key)}"),)
        call = self.channel.unary_unary(f"/{service}/{method}")
        reply = await call(request, metadata=metadata, timeout=10)
        assert isinstance(reply, bytes)
        return reply

    async def refused(
        self, method: str, request: bytes, key: str = "trade", *, service: str = SERVICE
    ) -> tuple[grpc.StatusCode, str, list[str]]:
        """The status of a call that must fail: code, reason, violated fields."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, request, key, service=service)
        reason, fields = "", []
        status = rpc_status.from_call(caught.value)
        for packed in status.details if status is not None else ():
            if packed.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                info = error_details_pb2.ErrorInfo.FromString(packed.value)
                assert info.domain == "cift.markets"
                reason = info.reason
            if packed.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                bad = error_details_pb2.BadRequest.FromString(packed.value)
                fields = [v.field for v in bad.field_violations]
                assert all(v.description for v in bad.field_violations)
        assert caught.value.details()
        return caught.value.code(), reason, fields

    async def good(self) -> None:
        """A good order on the same connection."""
        good = order(time_in_force=types_pb2.TIME_IN_FORCE_IOC)
        self.allowed.add(good.cl_ord_id)
        request = pb.SubmitOrderRequest(order=good).SerializeToString()
        reply = pb.SubmitOrderResponse.FromString(await self.call("SubmitOrder", request))
        assert reply.result.outcome == order_pb2.OUTCOME_ACCEPTED


def order(**fields: Any) -> order_pb2.NewOrder:
    values: dict[str, Any] = {
        "account": "DEMO-1",
        "cl_ord_id": uuid4().hex,
        "symbol": "DEMO",
        "side": types_pb2.SIDE_BUY,
        "ord_type": types_pb2.ORD_TYPE_LIMIT,
        "quantity": "1",
        "price": "60.00",
    }
    return order_pb2.NewOrder(**{**values, **fields})


def submit(**fields: Any) -> bytes:
    encoded: bytes = pb.SubmitOrderRequest(order=order(**fields)).SerializeToString()
    return encoded


@pytest.fixture
async def wire(mesh: MeshThread) -> AsyncIterator[Wire]:
    """A connection; at the end the journal is searched for what should not be there."""
    bus = await connect(mesh.mesh.nats_url, "test")
    options = [("grpc.max_send_message_length", -1)]
    address = mesh.mesh.address("order_entry")
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        it = Wire(mesh, channel, set())
        async with asyncio.timeout(30):
            while True:
                try:
                    await it.good()
                    break
                except (AssertionError, grpc.aio.AioRpcError):
                    await asyncio.sleep(0.05)
        state = await read_state(bus, LOGS.orders)
        assert state is not None
        yield it
        await it.good()
        end = await read_state(bus, LOGS.orders)
        assert end is not None
        found: set[str] = set()
        async with LogReader(bus, LOGS.orders, after=state.last) as reader:
            while reader.taken < end.last:
                for message in await reader.next_batch():
                    commands = frames.commands(message.data)
                    trading = commands[commands["kind"] != CommandKind.TICK]
                    found |= {c.decode() for c in trading["cl_ord_id"]}
        assert found <= it.allowed
    await bus.stop()


STOP, STOP_LIMIT = types_pb2.ORD_TYPE_STOP, types_pb2.ORD_TYPE_STOP_LIMIT
PEGGED, GTD = types_pb2.ORD_TYPE_PEGGED, types_pb2.TIME_IN_FORCE_GTD
WRONG_ORDERS = [
    ({"symbol": ""}, "order.symbol"),
    ({"symbol": "*"}, "order.symbol"),
    ({"symbol": ">"}, "order.symbol"),
    ({"symbol": "DEMO.>"}, "order.symbol"),
    ({"symbol": "DEMO..X"}, "order.symbol"),
    ({"symbol": "DE MO"}, "order.symbol"),
    ({"symbol": "DEMO\r\nPUB x"}, "order.symbol"),
    ({"symbol": "demo"}, "order.symbol"),
    ({"symbol": "D" * 33}, "order.symbol"),
    ({"account": ""}, "order.account"),
    ({"account": "DEMO-1 "}, "order.account"),
    ({"cl_ord_id": ""}, "order.cl_ord_id"),
    ({"cl_ord_id": "x" * 37}, "order.cl_ord_id"),
    ({"cl_ord_id": "a b"}, "order.cl_ord_id"),
    ({"side": 0}, "order.side"),
    ({"side": 99}, "order.side"),
    ({"ord_type": 0}, "order.ord_type"),
    ({"time_in_force": 77}, "order.time_in_force"),
    ({"quantity": ""}, "order.quantity"),
    ({"quantity": "0"}, "order.quantity"),
    ({"quantity": "-1"}, "order.quantity"),
    ({"quantity": "1e3"}, "order.quantity"),
    ({"quantity": "NaN"}, "order.quantity"),
    ({"quantity": "1.5"}, "order.quantity"),
    ({"quantity": "1000000000001"}, "order.quantity"),
    ({"quantity": "9" * 30}, "order.quantity"),
    ({"quantity": "9" * 3_000}, "order.quantity"),
    ({"price": ""}, "order.price"),
    ({"price": "0"}, "order.price"),
    ({"price": "-60.00"}, "order.price"),
    ({"price": "60.001"}, "order.price"),
    ({"price": "6０.00"}, "order.price"),
    ({"ord_type": 7}, "order.ord_type"),
    ({"ord_type": STOP}, "order.price"),
    ({"ord_type": STOP, "price": ""}, "order.stop_price"),
    ({"ord_type": STOP_LIMIT}, "order.stop_price"),
    ({"ord_type": STOP_LIMIT, "price": "", "stop_price": "60.00"}, "order.price"),
    ({"ord_type": STOP_LIMIT, "stop_price": "60.001"}, "order.stop_price"),
    ({"ord_type": STOP_LIMIT, "stop_price": "0"}, "order.stop_price"),
    ({"ord_type": STOP_LIMIT, "trailing_stop": {}}, "order.trailing_stop.offset"),
    ({"trailing_stop": {"basis_points": 0}}, "order.trailing_stop.basis_points"),
    ({"trailing_stop": {"basis_points": 10_000}}, "order.trailing_stop.basis_points"),
    ({"trailing_stop": {"price_offset": "-1"}}, "order.trailing_stop.price_offset"),
    (
        {"trailing_stop": {"price_offset": "1", "activation_price": "x"}},
        "order.trailing_stop.activation_price",
    ),
    ({"time_in_force": GTD}, "order.expire_time_ns"),
    ({"time_in_force": GTD, "expire_time_ns": -1}, "order.expire_time_ns"),
    ({"display_quantity": "0"}, "order.display_quantity"),
    ({"display_quantity": "0.5"}, "order.display_quantity"),
    ({"min_visible_quantity": "-1"}, "order.min_visible_quantity"),
    ({"min_quantity": "many"}, "order.min_quantity"),
    ({"post_only": 3}, "order.post_only"),
    ({"self_trade_prevention": 6}, "order.self_trade_prevention"),
    ({"ord_type": PEGGED}, "order.peg"),
    ({"ord_type": PEGGED, "peg": {}}, "order.peg.follows"),
    ({"ord_type": PEGGED, "peg": {"follows": 4}}, "order.peg.follows"),
    ({"ord_type": PEGGED, "peg": {"follows": 1, "offset": "0.001"}}, "order.peg.offset"),
    ({"tag": "nine-char"}, "order.tag"),
    ({"tag": "a b"}, "order.tag"),
]


@pytest.mark.parametrize(("fields", "violated"), WRONG_ORDERS)
async def test_a_malformed_order_names_its_field(
    wire: Wire, fields: dict[str, Any], violated: str
) -> None:
    code, reason, named = await wire.refused("SubmitOrder", submit(**fields))
    assert (code, reason) == (INVALID, "INVALID_REQUEST")
    assert violated in named


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff" * 64,
        b"\x0a\x7fshort",
        b"\x0a\x05\x0a\x03\xff\xfe\xfd",  # an account that is no UTF-8
        b"\x0a\xff\xff\xff\xff\x0f",
        bytes(10_000),
    ],
)
@pytest.mark.parametrize(
    "method",
    [
        *("SubmitOrder", "CancelOrder", "ReplaceOrder", "SubmitBatch"),
        *("SubmitOrderList", "MassCancel"),
    ],
)
async def test_malformed_protobuf(wire: Wire, method: str, junk: bytes) -> None:
    code, reason, _ = await wire.refused(method, junk)
    assert code == INVALID
    assert reason in ("INVALID_REQUEST", "MALFORMED_REQUEST")


async def test_a_message_of_5_mb_is_refused(wire: Wire) -> None:
    code, _, _ = await wire.refused("SubmitOrder", submit(cl_ord_id="x" * 5_000_000))
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_batch_is_refused_as_a_whole(wire: Wire) -> None:
    commands = [order_pb2.Command(new_order=order(quantity=q)) for q in ("1", "0", "-1")]
    request = pb.SubmitBatchRequest(commands=commands).SerializeToString()
    code, _, named = await wire.refused("SubmitBatch", request)
    assert code == INVALID
    assert named == ["commands[1].new_order.quantity", "commands[2].new_order.quantity"]
    for count in (0, 1_001):
        commands = [order_pb2.Command(new_order=order()) for _ in range(count)]
        request = pb.SubmitBatchRequest(commands=commands).SerializeToString()
        code, _, named = await wire.refused("SubmitBatch", request)
        assert (code, named) == (INVALID, ["commands"])


@pytest.mark.parametrize(
    ("contingency", "orders", "violated"),
    [
        (0, [{}, {}], "list.contingency"),
        (3, [{}, {}], "list.contingency"),
        (1, [{}], "list.orders"),
        (1, [{}, {}, {}], "list.orders"),
        (2, [{}, {}, {}, {}], "list.orders"),
        (2, [{}, {"account": "DEMO-2"}], "list.orders[1].account"),
        (2, [{}, {"symbol": "AMZN"}], "list.orders[1].symbol"),
        (1, [{}, {"quantity": "0"}], "list.orders[1].quantity"),
        (1, [{"cl_ord_id": ""}, {}], "list.orders[0].cl_ord_id"),
    ],
)
async def test_a_malformed_list_names_its_field(
    wire: Wire, contingency: int, orders: list[dict[str, Any]], violated: str
) -> None:
    asked = order_pb2.OrderList(orders=[order(**fields) for fields in orders])
    asked.contingency = order_pb2.Contingency.ValueType(contingency)
    request = pb.SubmitOrderListRequest(list=asked).SerializeToString()
    code, _, named = await wire.refused("SubmitOrderList", request)
    assert (code, violated in named) == (INVALID, True), named


@pytest.mark.parametrize(
    ("fields", "violated"),
    [
        ({"account": ""}, "mass_cancel.account"),
        ({"symbol": "*"}, "mass_cancel.symbol"),
        ({"side": 3}, "mass_cancel.side"),
        ({"tag": "a b"}, "mass_cancel.tag"),
        ({"cl_ord_id": "x" * 37}, "mass_cancel.cl_ord_id"),
    ],
)
async def test_a_malformed_mass_cancel_names_its_field(
    wire: Wire, fields: dict[str, Any], violated: str
) -> None:
    asked = order_pb2.MassCancel(**{"account": "DEMO-1", **fields})
    request = pb.MassCancelRequest(mass_cancel=asked).SerializeToString()
    code, _, named = await wire.refused("MassCancel", request)
    assert (code, named) == (INVALID, [violated])


CONTROL = "cift.order_entry.v1.MarketControlService"
PLACE = types_pb2.Place(sequence=1)
HALTED = types_pb2.SESSION_STATE_HALTED


@pytest.mark.parametrize(
    ("method", "request_", "violated"),
    [
        ("SetSession", control_pb2.SetSessionRequest(symbol="DEMO"), "session"),
        ("SetSession", control_pb2.SetSessionRequest(symbol="d", session=HALTED), "symbol"),
        (
            "SetSession",
            control_pb2.SetSessionRequest(symbol="DEMO", session=HALTED, reference_price="0"),
            "reference_price",
        ),
        ("SetLastTrade", control_pb2.SetLastTradeRequest(symbol="DEMO"), "price"),
        ("SetLastTrade", control_pb2.SetLastTradeRequest(symbol="DEMO", price="1.001"), "price"),
        ("BustTrade", control_pb2.BustTradeRequest(match_id=1), "place.sequence"),
        ("BustTrade", control_pb2.BustTradeRequest(place=PLACE), "match_id"),
        ("CancelAll", control_pb2.CancelAllRequest(tag="a b"), "tag"),
        ("CancelAll", control_pb2.CancelAllRequest(account="a"), "account"),
    ],
)
async def test_a_malformed_operators_call_names_its_field(
    wire: Wire, method: str, request_: Any, violated: str
) -> None:
    encoded = request_.SerializeToString()
    code, _, named = await wire.refused(method, encoded, "admin", service=CONTROL)
    assert (code, named) == (INVALID, [violated])
    code, reason, _ = await wire.refused(method, encoded, "trade", service=CONTROL)
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_REQUIRED")


async def test_an_operator_asks_for_what_is_not_there(wire: Wire) -> None:
    not_found = grpc.StatusCode.NOT_FOUND
    for method, request in (
        (
            "SetSession",
            control_pb2.SetSessionRequest(symbol="NOPE", session="SESSION_STATE_HALTED"),
        ),
        ("SetLastTrade", control_pb2.SetLastTradeRequest(symbol="NOPE", price="1")),
        ("BustTrade", control_pb2.BustTradeRequest(place=PLACE, match_id=9)),
        ("BustTrade", control_pb2.BustTradeRequest(place={"sequence": 1 << 40}, match_id=9)),
        ("BustTrade", control_pb2.BustTradeRequest(place={"sequence": 1, "shard": 7}, match_id=9)),
        ("CancelAll", control_pb2.CancelAllRequest(account="NOBODY")),
        ("CancelAll", control_pb2.CancelAllRequest(symbol="NOPE")),
    ):
        encoded = request.SerializeToString()
        refused = await wire.refused(method, encoded, "admin", service=CONTROL)
        assert refused[0] == not_found, (method, refused)


async def test_an_unknown_symbol_is_a_value_and_is_not_logged(wire: Wire) -> None:
    reply = pb.SubmitOrderResponse.FromString(await wire.call("SubmitOrder", submit(symbol="NOPE")))
    assert reply.result.outcome == order_pb2.OUTCOME_REJECTED
    assert reply.result.reject_reason == types_pb2.REJECT_REASON_UNKNOWN_SYMBOL
    assert reply.result.reject_text


async def test_a_price_off_tick_is_a_value(wire: Wire) -> None:
    # AMZN has four decimals and a tick of 0.01.
    off = order(symbol="AMZN", price="223.1850")
    wire.allowed.add(off.cl_ord_id)
    request = pb.SubmitOrderRequest(order=off).SerializeToString()
    reply = pb.SubmitOrderResponse.FromString(await wire.call("SubmitOrder", request))
    assert reply.result.outcome == order_pb2.OUTCOME_REJECTED
    assert reply.result.reject_reason == types_pb2.REJECT_REASON_TICK_SIZE


async def test_wrong_keys(wire: Wire) -> None:
    rows = [
        ("nobody knows this", grpc.StatusCode.UNAUTHENTICATED, "KEY_UNKNOWN"),
        ("", grpc.StatusCode.UNAUTHENTICATED, "KEY_UNKNOWN"),
        ("read", grpc.StatusCode.PERMISSION_DENIED, "SCOPE_REQUIRED"),
    ]
    for key, code, reason in rows:
        assert (await wire.refused("SubmitOrder", submit(), key))[:2] == (code, reason)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await wire.channel.unary_unary(f"/{SERVICE}/SubmitOrder")(submit(), timeout=5)
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_another_firms_account_is_not_found(wire: Wire) -> None:
    not_found = grpc.StatusCode.NOT_FOUND
    assert (await wire.refused("SubmitOrder", submit(account="OTHER-1")))[0] == not_found
    assert (await wire.refused("SubmitOrder", submit(account="NOBODY")))[0] == not_found
    cancel = order_pb2.CancelOrder(account="DEMO-1", order_id=1)
    request = pb.CancelOrderRequest(cancel=cancel).SerializeToString()
    assert (await wire.refused("CancelOrder", request, "other"))[0] == not_found
    get = pb.GetOrderRequest(account="DEMO-1", order_id=1).SerializeToString()
    assert (await wire.refused("GetOrder", get, "other"))[0] == not_found


async def test_another_accounts_order_is_unknown(wire: Wire) -> None:
    resting = order()
    theirs = order_pb2.CancelOrder(account="DEMO-2", cl_ord_id=uuid4().hex)
    mine = order_pb2.CancelOrder(account="DEMO-1", cl_ord_id=uuid4().hex)
    wire.allowed |= {resting.cl_ord_id, theirs.cl_ord_id, mine.cl_ord_id}
    request = pb.SubmitOrderRequest(order=resting).SerializeToString()
    placed = pb.SubmitOrderResponse.FromString(await wire.call("SubmitOrder", request)).result
    for cancel, outcome, reason in (
        (theirs, order_pb2.OUTCOME_REJECTED, types_pb2.REJECT_REASON_UNKNOWN_ORDER),
        (mine, order_pb2.OUTCOME_ACCEPTED, types_pb2.REJECT_REASON_UNSPECIFIED),
    ):
        cancel.order_id = placed.order_id
        request = pb.CancelOrderRequest(cancel=cancel).SerializeToString()
        reply = pb.CancelOrderResponse.FromString(await wire.call("CancelOrder", request)).result
        assert (reply.outcome, reply.reject_reason) == (outcome, reason)
    get = pb.GetOrderRequest(account="DEMO-2", order_id=placed.order_id).SerializeToString()
    assert (await wire.refused("GetOrder", get))[0] == grpc.StatusCode.NOT_FOUND


async def test_a_session_goes_on_after_a_malformed_request(wire: Wire, mesh: MeshThread) -> None:
    metadata = (("authorization", f"Bearer {mesh.mesh.keys['trade']}"),)
    session = wire.channel.stream_stream(f"/{SERVICE}/Session")(metadata=metadata)
    good = order(time_in_force=types_pb2.TIME_IN_FORCE_IOC)
    wire.allowed.add(good.cl_ord_id)
    requests = [
        b"\xff\xff\xff",
        pb.SessionRequest(request_id=2).SerializeToString(),
        pb.SessionRequest(
            request_id=3, commands=[order_pb2.Command(new_order=order(quantity="0"))]
        ).SerializeToString(),
        pb.SessionRequest(
            request_id=4, commands=[order_pb2.Command(new_order=order(account="OTHER-1"))]
        ).SerializeToString(),
        pb.SessionRequest(
            request_id=5, commands=[order_pb2.Command(new_order=good)]
        ).SerializeToString(),
    ]
    for request in requests:
        await session.write(request)
    await session.done_writing()
    answers = [pb.SessionResponse.FromString(a) async for a in session]
    assert [a.request_id for a in answers] == [0, 2, 3, 4, 5]
    assert all(a.error and not a.results for a in answers[:4])
    assert answers[4].results[0].outcome == order_pb2.OUTCOME_ACCEPTED


async def test_streams_refuse_what_makes_no_sense(wire: Wire, mesh: MeshThread) -> None:
    metadata = (("authorization", f"Bearer {mesh.mesh.keys['read']}"),)
    stream = wire.channel.unary_stream(f"/{SERVICE}/StreamExecutions")
    rows = [
        (pb.StreamExecutionsRequest(live_only=True, after_sequence=5), INVALID),
        (pb.StreamExecutionsRequest(account="OTHER-1"), grpc.StatusCode.NOT_FOUND),
        (pb.StreamExecutionsRequest(after_sequence=1 << 60), grpc.StatusCode.OUT_OF_RANGE),
    ]
    for request, code in rows:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await anext(aiter(stream(request.SerializeToString(), metadata=metadata)))
        assert caught.value.code() == code
