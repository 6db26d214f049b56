"""The client's values and errors: nothing is lost between them and the protobuf interface."""

from decimal import Decimal
from typing import Any

import grpc
import pytest

from cift.client import (
    AuthError,
    CancelOrder,
    CiftError,
    ConflictError,
    InternalError,
    MassCancel,
    NewOrder,
    NotFoundError,
    OrdType,
    PegPrice,
    PostOnly,
    RejectReason,
    ReplaceOrder,
    RequestError,
    Side,
    SlowConsumerError,
    TimeInForce,
    UnavailableError,
    UnknownOutcomeError,
    enums,
    kinds,
    messages,
    types,
)
from cift.client.errors import from_rpc
from cift.common.v1 import types_pb2
from cift.kit import errors as server_errors
from cift.order_entry.v1 import order_pb2
from cift.risk.v1 import admin_pb2, risk_pb2


@pytest.mark.parametrize(
    ("mine", "theirs", "prefix"),
    [
        (enums.Side, types_pb2.Side, "SIDE_"),
        (enums.OrdType, types_pb2.OrdType, "ORD_TYPE_"),
        (enums.TimeInForce, types_pb2.TimeInForce, "TIME_IN_FORCE_"),
        (enums.OrdStatus, types_pb2.OrdStatus, "ORD_STATUS_"),
        (enums.ExecType, types_pb2.ExecType, "EXEC_TYPE_"),
        (enums.Liquidity, types_pb2.Liquidity, "LIQUIDITY_"),
        (enums.RejectReason, types_pb2.RejectReason, "REJECT_REASON_"),
        (enums.Level, risk_pb2.Level, "LEVEL_"),
        (enums.RestatementReason, types_pb2.RestatementReason, "RESTATEMENT_REASON_"),
        (enums.SelfTradePrevention, types_pb2.SelfTradePrevention, "SELF_TRADE_PREVENTION_"),
        (enums.SessionState, types_pb2.SessionState, "SESSION_STATE_"),
        (enums.PostOnly, order_pb2.PostOnly, "POST_ONLY_"),
        (enums.PegPrice, order_pb2.PegPrice, "PEG_PRICE_"),
        (enums.Contingency, order_pb2.Contingency, "CONTINGENCY_"),
        (enums.MarketResidual, admin_pb2.MarketResidual, "MARKET_RESIDUAL_"),
        (enums.IcebergMode, admin_pb2.IcebergMode, "ICEBERG_MODE_"),
        (enums.Allocation, admin_pb2.Allocation, "ALLOCATION_"),
        (enums.AuctionCriterion, admin_pb2.AuctionCriterion, "AUCTION_CRITERION_"),
        (enums.Outcome, order_pb2.Outcome, "OUTCOME_"),
        (enums.WaitFor, order_pb2.WaitFor, "WAIT_FOR_"),
    ],
)
def test_enumerations_are_the_interfaces_own(
    mine: type[enums.Side], theirs: object, prefix: str
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
    limit = messages.new_order_message(NewOrder("A", "S", Side.BUY, 5, "1.5", cl_ord_id="x"))
    assert (int(limit.ord_type), limit.price, limit.quantity) == (OrdType.LIMIT, "1.5", "5")
    market = messages.new_order_message(NewOrder("A", "S", Side.SELL, "5"))
    assert (int(market.ord_type), market.price) == (OrdType.MARKET, "")


WHO = ("A", "S", Side.SELL, "5")
KINDS: list[tuple[NewOrder, str, dict[str, Any]]] = [
    (kinds.market(*WHO), "MARKET", {}),
    (kinds.market_to_limit(*WHO), "MARKET_TO_LIMIT", {}),
    (kinds.limit(*WHO, 7, tag="t", all_or_none=True), "LIMIT", {"price": "7", "tag": "t"}),
    (kinds.limit(*WHO, 7, expire_time_ns=9), "LIMIT", {"time_in_force": TimeInForce.GTD}),
    (kinds.post_only(*WHO, 7), "LIMIT", {"post_only": PostOnly.REJECT}),
    (kinds.post_only(*WHO, 7, reprice=True), "LIMIT", {"post_only": PostOnly.REPRICE}),
    (kinds.iceberg(*WHO, 7, 2), "LIMIT", {"display_quantity": "2", "min_visible_quantity": ""}),
    (kinds.stop(*WHO, "6.5"), "STOP", {"stop_price": "6.5", "price": ""}),
    (kinds.stop_limit(*WHO, "6.5", "6"), "STOP_LIMIT", {"stop_price": "6.5", "price": "6"}),
    (kinds.trailing_stop(*WHO, price_offset="0.5"), "STOP", {}),
    (kinds.trailing_stop(*WHO, basis_points=50, price=6), "STOP_LIMIT", {"price": "6"}),
    (kinds.pegged(*WHO, PegPrice.MID, offset="-0.1"), "PEGGED", {"price": ""}),
    (kinds.limit(*WHO, 7, reduce_only=True, min_quantity=2), "LIMIT", {"min_quantity": "2"}),
]


@pytest.mark.parametrize(("order", "ord_type", "fields"), KINDS)
def test_each_kind_of_order(order: NewOrder, ord_type: str, fields: dict[str, Any]) -> None:
    message = messages.new_order_message(order)
    assert int(message.ord_type) == OrdType[ord_type]
    assert {name: getattr(message, name) for name in fields} == fields


def test_how_a_stop_trails_and_what_a_peg_follows() -> None:
    trailing = kinds.trailing_stop(*WHO, basis_points=50, activation_price=9, take_profit=True)
    message = messages.new_order_message(trailing).trailing_stop
    assert (message.basis_points, message.activation_price, message.take_profit) == (50, "9", True)
    for wrong in ({}, {"basis_points": 1, "price_offset": 1}):
        with pytest.raises(ValueError, match="one of them"):
            messages.new_order_message(kinds.trailing_stop(*WHO, **wrong))  # type: ignore[arg-type]
    peg = messages.new_order_message(kinds.pegged(*WHO, PegPrice.BID, offset="-0.1")).peg
    assert (int(peg.follows), peg.offset) == (PegPrice.BID, "-0.1")


def test_a_list_gives_each_of_its_orders_an_id() -> None:
    orders = types.with_id(kinds.bracket(NewOrder(*WHO), kinds.stop(*WHO, 6), kinds.limit(*WHO, 8)))
    assert len({order.cl_ord_id for order in orders.orders} - {""}) == 3
    message = messages.command_message(orders).order_list
    assert message.contingency == order_pb2.CONTINGENCY_BRACKET
    assert [order.cl_ord_id for order in message.orders] == [o.cl_ord_id for o in orders.orders]
    pair = kinds.one_cancels_other(kinds.limit(*WHO, 8), kinds.stop(*WHO, 6))
    assert messages.order_list_message(pair).contingency == 1
    cancel = messages.command_message(types.with_id(MassCancel("A", tag="t"))).mass_cancel
    assert (cancel.tag, len(cancel.cl_ord_id)) == ("t", 32)


def test_every_command_gets_an_id_that_fits() -> None:
    order = types.with_id(NewOrder("A", "S", Side.BUY, 1))
    assert 1 <= len(order.cl_ord_id) <= 36
    assert types.with_id(order) is order


def test_a_target_is_named_by_one_id() -> None:
    cancel = messages.cancel_order_message(CancelOrder("A", order_id=7))
    assert cancel.WhichOneof("target") == "order_id"
    replace = messages.replace_order_message(
        ReplaceOrder("A", "S", "first", price="2", leaves_quantity=0)
    )
    assert replace.orig_cl_ord_id == "first"
    assert replace.WhichOneof("size") == "leaves_quantity"
    with pytest.raises(ValueError, match="one of them"):
        messages.cancel_order_message(CancelOrder("A"))
    with pytest.raises(ValueError, match="not both"):
        messages.replace_order_message(
            ReplaceOrder("A", "S", "first", quantity=1, leaves_quantity=1)
        )


def test_a_number_of_a_newer_server_is_unspecified() -> None:
    message = order_pb2.CommandResult.FromString(b"\x28\x98\xf2\x01")
    assert message.reject_reason == 31_000
    result = messages.result_of(message)
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
