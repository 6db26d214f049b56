"""The client's values and errors: nothing is lost between them and the protobuf interface."""

from decimal import Decimal

import grpc
import pytest

from cift.client import (
    AuthError,
    CancelOrder,
    CiftError,
    ConflictError,
    InternalError,
    NewOrder,
    NotFoundError,
    OrdType,
    RejectReason,
    ReplaceOrder,
    RequestError,
    Side,
    SlowConsumerError,
    UnavailableError,
    UnknownOutcomeError,
    types,
)
from cift.client.errors import from_rpc
from cift.common.v1 import types_pb2
from cift.kit import errors as server_errors
from cift.order_entry.v1 import order_pb2


@pytest.mark.parametrize(
    ("mine", "theirs", "prefix"),
    [
        (types.Side, types_pb2.Side, "SIDE_"),
        (types.OrdType, types_pb2.OrdType, "ORD_TYPE_"),
        (types.TimeInForce, types_pb2.TimeInForce, "TIME_IN_FORCE_"),
        (types.OrdStatus, types_pb2.OrdStatus, "ORD_STATUS_"),
        (types.ExecType, types_pb2.ExecType, "EXEC_TYPE_"),
        (types.Liquidity, types_pb2.Liquidity, "LIQUIDITY_"),
        (types.RejectReason, types_pb2.RejectReason, "REJECT_REASON_"),
        (types.Outcome, order_pb2.Outcome, "OUTCOME_"),
        (types.WaitFor, order_pb2.WaitFor, "WAIT_FOR_"),
    ],
)
def test_enumerations_are_the_interfaces_own(
    mine: type[types.Side], theirs: object, prefix: str
) -> None:
    items = dict(theirs.items())  # type: ignore[attr-defined]
    assert {f"{prefix}{m.name}": m.value for m in mine} == items


def test_decimals_are_exact() -> None:
    assert types.decimal_text(Decimal("1E+3")) == "1000"
    assert types.decimal_text(Decimal("0.00000001")) == "0.00000001"
    assert types.decimal_text("223.180") == "223.180"
    assert types.decimal_text(7) == "7"
    with pytest.raises(TypeError, match="not 0\\.1"):
        types.decimal_text(0.1)  # type: ignore[arg-type]


def test_new_order_is_a_market_order_without_a_price() -> None:
    limit = types.new_order_message(NewOrder("A", "S", Side.BUY, 5, "1.5", cl_ord_id="x"))
    assert (int(limit.ord_type), limit.price, limit.quantity) == (OrdType.LIMIT, "1.5", "5")
    market = types.new_order_message(NewOrder("A", "S", Side.SELL, "5"))
    assert (int(market.ord_type), market.price) == (OrdType.MARKET, "")


def test_every_command_gets_an_id_that_fits() -> None:
    order = types.with_id(NewOrder("A", "S", Side.BUY, 1))
    assert 1 <= len(order.cl_ord_id) <= 36
    assert types.with_id(order) is order


def test_a_target_is_named_by_one_id() -> None:
    cancel = types.cancel_order_message(CancelOrder("A", order_id=7))
    assert cancel.WhichOneof("target") == "order_id"
    replace = types.replace_order_message(
        ReplaceOrder("A", "S", "first", price="2", leaves_quantity=0)
    )
    assert replace.orig_cl_ord_id == "first"
    assert replace.WhichOneof("size") == "leaves_quantity"
    with pytest.raises(ValueError, match="one of them"):
        types.cancel_order_message(CancelOrder("A"))
    with pytest.raises(ValueError, match="not both"):
        types.replace_order_message(ReplaceOrder("A", "S", "first", quantity=1, leaves_quantity=1))


def test_a_number_of_a_newer_server_is_unspecified() -> None:
    message = order_pb2.CommandResult.FromString(b"\x28\x98\xf2\x01")
    assert message.reject_reason == 31_000
    result = types.result_of(message)
    assert result.reject_reason == RejectReason.UNSPECIFIED


class Failed(grpc.aio.AioRpcError):  # type: ignore[misc]
    """An RPC that ended with a status of ours."""

    def __init__(self, error: server_errors.ServiceError) -> None:
        metadata = grpc.aio.Metadata(*server_errors.details_metadata(error))
        super().__init__(error.code, grpc.aio.Metadata(), metadata, error.text)


def bare(code: grpc.StatusCode, text: str) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), text)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Failed(server_errors.InvalidArgument.of([("a", "b")])), RequestError),
        (Failed(server_errors.Unauthenticated("KEY_UNKNOWN", "no")), AuthError),
        (Failed(server_errors.PermissionDenied("SCOPE_REQUIRED", "no")), AuthError),
        (Failed(server_errors.NotFound("X", "no")), NotFoundError),
        (Failed(server_errors.AlreadyExists("X", "no")), ConflictError),
        (Failed(server_errors.Unavailable("X", "no")), UnavailableError),
        (Failed(server_errors.DeadlineExceeded("X", "no")), UnknownOutcomeError),
        (Failed(server_errors.Internal("X", "no")), InternalError),
        (Failed(server_errors.ResourceExhausted("X", "no")), UnavailableError),
        # Without the exchange's own details nobody knows whether it happened.
        (bare(grpc.StatusCode.UNAVAILABLE, "Socket closed"), UnknownOutcomeError),
        (bare(grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses"), UnavailableError),
        (bare(grpc.StatusCode.DEADLINE_EXCEEDED, ""), UnknownOutcomeError),
        (bare(grpc.StatusCode.CANCELLED, ""), UnknownOutcomeError),
        (
            bare(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)"),
            RequestError,
        ),
    ],
)
def test_statuses_become_exceptions(error: grpc.aio.AioRpcError, kind: type[CiftError]) -> None:
    assert type(from_rpc(error)) is kind


def test_details_reach_the_caller() -> None:
    wrong = from_rpc(Failed(server_errors.InvalidArgument.of([("order.price", "too fine")])))
    assert isinstance(wrong, RequestError)
    assert (wrong.reason, wrong.violations) == ("INVALID_REQUEST", [("order.price", "too fine")])
    later = from_rpc(Failed(server_errors.Unavailable("X", "no", retry_after_seconds=0.5)))
    assert isinstance(later, UnavailableError)
    assert later.retry_after_seconds == 0.5
    slow = from_rpc(
        Failed(server_errors.ResourceExhausted("S", "no", metadata={"through_sequence": "41"}))
    )
    assert isinstance(slow, SlowConsumerError)
    assert slow.through_sequence == 41
