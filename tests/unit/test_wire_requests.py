"""What can't be read is named field by field, and nothing of it stays."""

import random
import re
from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.internal import encoder
from google.protobuf.message import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cift.common.v1 import types_pb2 as types
from cift.kit import frames
from cift.order_entry.v1 import order_entry_service_pb2 as service
from cift.order_entry.v1 import order_pb2 as orders
from cift.risk.v1 import risk_service_pb2 as risk
from cift_core import BadRequest, CiftError, Gateway, NotFound
from tests.support.core_plane import ALPHA, BETA, Plane, cancel, limit, market, replace, wrap

PLANE = Plane()
CL_ORD_ID = "must be 1 to 36 characters of A-Z a-z 0-9 . _ : -"
NAME = "must be 1 to 32 characters of A-Z 0-9 _ -, the first a letter or digit"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def violations(method: int, request: bytes, session: int = 0) -> list[tuple[str, str]]:
    """What the gateway finds wrong; it must keep nothing."""
    with pytest.raises(BadRequest) as caught:
        PLANE.gateway.submit(method, request, ALPHA, session)
    assert PLANE.gateway.pending == 0
    return list(caught.value.violations)


def order(**fields: Any) -> list[tuple[str, str]]:
    """Violations of a new order that is right but for these fields."""
    given: dict[str, Any] = {
        "account": "A1", "cl_ord_id": "x", "symbol": "AMZN", "side": types.SIDE_BUY,
        "ord_type": types.ORD_TYPE_LIMIT, "quantity": "1", "price": "1.00",
    }  # fmt: skip
    request = service.SubmitOrderRequest(order=orders.NewOrder(**(given | fields)))
    return violations(Gateway.METHOD_SUBMIT, request.SerializeToString())


@pytest.mark.parametrize("name", ["", "a1", "A*", "A>", "A.B", "A B", "A\r\n", "Ä", "-A", "A" * 33])
def test_names_keep_to_their_pattern(name: str) -> None:
    assert order(account=name) == [("order.account", NAME)]
    assert order(symbol=name) == [("order.symbol", NAME)]


@pytest.mark.parametrize("text", ["", "a b", "a\n", "ü", "x" * 37, "a/b", "*", "\0"])
def test_client_order_ids_keep_to_theirs(text: str) -> None:
    assert order(cl_ord_id=text) == [("order.cl_ord_id", CL_ORD_ID)]


@pytest.mark.parametrize(
    ("field", "value", "description"),
    [
        ("side", 0, "must be given"),
        ("side", 3, "is not a value of Side"),
        ("side", -1, "is not a value of Side"),
        ("ord_type", 0, "must be given"),
        ("ord_type", 77, "is not a value of OrdType"),
        ("time_in_force", 5, "is not a value of TimeInForce"),
        ("quantity", "", "must be given"),
        ("quantity", "0", "must be > 0"),
        ("quantity", "-5", "must be > 0"),
        ("quantity", "1.0", 'must have at most 0 fraction digits: "1.0"'),
        ("quantity", "1000000000001", 'is out of range: "1000000000001"'),
        ("price", "", "must be given"),
        ("price", "0.00", "must be > 0"),
        ("price", "1.001", 'must have at most 2 fraction digits: "1.001"'),
        ("price", "10000000000.01", 'is out of range: "10000000000.01"'),
    ],
)
def test_values_are_checked_where_they_stand(field: str, value: Any, description: str) -> None:
    assert order(**{field: value}) == [(f"order.{field}", description)]


@pytest.mark.parametrize("text", ["1e3", "NaN", "inf", " 1", "1 ", "1,0", ".5", "5.", "0x1", "١"])
def test_what_is_no_decimal_is_refused(text: str) -> None:
    [(field, description)] = order(price=text)
    assert field == "order.price"
    assert description.startswith("must be a decimal such as 12.5, of at most 38 characters: ")


def test_the_bounds_themselves_are_taken() -> None:
    [result] = PLANE.ask(limit(UUID, "buy", "1000000000000", "10000000000.00"))
    assert result.cl_ord_id == UUID
    assert result.leaves_quantity == "1000000000000"


def test_every_field_that_is_wrong_is_named() -> None:
    request = service.SubmitBatchRequest(
        commands=[
            wrap(limit("ok", "buy", "1", "1.00")),
            wrap(limit("bad id", "buy", "x", "1.00")),
            orders.Command(),
            wrap(orders.CancelOrder(account="A1")),
            wrap(replace("", "r", price="-1", leaves_quantity="-1")),
            wrap(market("m", "buy", "1", symbol="NONE")),
            wrap(cancel(0)),
        ],
        wait_for=9,  # type: ignore[arg-type]
    )
    found = dict(violations(Gateway.METHOD_BATCH, request.SerializeToString()))
    assert list(found) == [
        "commands[1].new_order.cl_ord_id",
        "commands[1].new_order.quantity",
        "commands[2].command",
        "commands[3].cancel_order.target",
        "commands[4].replace_order.orig_cl_ord_id",
        "commands[4].replace_order.price",
        "commands[4].replace_order.leaves_quantity",
        "commands[6].cancel_order.order_id",
        "wait_for",
    ]
    assert found["commands[4].replace_order.leaves_quantity"] == "must be >= 0"


def test_market_orders_have_no_price() -> None:
    assert order(ord_type=types.ORD_TYPE_MARKET, price="1.00") == [
        ("order.price", "must be empty on a market order")
    ]


def test_a_request_must_hold_its_command() -> None:
    assert violations(Gateway.METHOD_SUBMIT, b"") == [("order", "must be given")]
    assert violations(Gateway.METHOD_CANCEL, b"") == [("cancel", "must be given")]
    assert violations(Gateway.METHOD_REPLACE, b"") == [("replace", "must be given")]
    count = [("commands", "must be 1 to 1000")]
    assert violations(Gateway.METHOD_BATCH, b"") == count
    assert violations(Gateway.METHOD_SESSION, b"\x08\x05", 1) == count
    many = service.SubmitBatchRequest(commands=[wrap(limit("a", "buy", "1", "1"))] * 1001)
    assert violations(Gateway.METHOD_BATCH, many.SerializeToString()) == count


def test_at_most_twenty_are_listed_and_long_texts_are_cut() -> None:
    bad = [wrap(limit("bad id", "buy", "1", "1"))] * 1000
    request = service.SubmitBatchRequest(commands=bad).SerializeToString()
    assert len(violations(Gateway.METHOD_BATCH, request)) == 20
    [(_, description)] = order(price="x" * 5_000_000)
    assert len(description) < 150


MALFORMED = [
    b"\xff",
    b"\x0a\x05ab",
    b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
    b"\x0b",
    b"\0\0",
]


@pytest.mark.parametrize("request_bytes", MALFORMED)
def test_what_is_no_protobuf_is_refused(request_bytes: bytes) -> None:
    wanted = [("", "is not a protobuf message of this type")]
    for method in (Gateway.METHOD_SUBMIT, Gateway.METHOD_BATCH, Gateway.METHOD_SESSION):
        assert violations(method, request_bytes)[-1:] == wanted


def test_text_that_is_not_utf_8_is_refused_as_that_field() -> None:
    inner = b"\x0a\x02\xc3\x28"
    request = b"\x0a" + bytes([len(inner)]) + inner
    found = dict(violations(Gateway.METHOD_SUBMIT, request))
    assert found["order.account"] == NAME


def test_the_last_of_a_field_wins_and_unknown_fields_are_passed_over() -> None:
    first = orders.CancelOrder(account="A1", orig_cl_ord_id="a").SerializeToString()
    second = orders.CancelOrder(order_id=9).SerializeToString()
    unknown = b"\xfa\x07\x03abc\xf8\x07\x01\xfd\x07abcd\xf9\x07abcdefgh"
    inner = first + unknown + second
    # One message field given twice is merged, as every protobuf parser does.
    parts = [inner, unknown, second]
    request = b"".join(b"\x0a" + encoder._VarintBytes(len(p)) + p for p in parts) + unknown
    parsed = service.CancelOrderRequest.FromString(request).cancel
    assert (parsed.account, parsed.order_id) == ("A1", 9)
    plane = Plane()
    plane.gateway.submit(Gateway.METHOD_CANCEL, request, ALPHA)
    frozen = plane.gateway.freeze(1)
    assert frozen is not None
    [command] = frames.commands(frozen.frame)
    assert (command["account"], command["order_id"], command["orig_cl_ord_id_index"]) == (1, 9, 0)


@settings(max_examples=300, deadline=None)
@given(
    text=st.from_regex(r"[+-]?[0-9]{0,14}(\.[0-9]{0,10})?", fullmatch=True) | st.text(max_size=8),
    scale_of=st.sampled_from([("AMZN", 2), ("BTC-USD", 4)]),
)
@example(text="9" * 38, scale_of=("BTC-USD", 4))
@example(text="0" * 37 + "1", scale_of=("BTC-USD", 4))
def test_a_price_is_exactly_what_the_decimal_says(text: str, scale_of: tuple[str, int]) -> None:
    symbol, scale = scale_of
    plane_order = limit("p", "buy", "1", text, symbol=symbol)
    request = service.SubmitOrderRequest(order=plane_order).SerializeToString()
    match = re.fullmatch(r"[+-]?[0-9]+(\.([0-9]+))?", text, re.ASCII)
    right = match is not None and len(text) <= 38 and len(match[2] or "") <= scale
    units = int(Decimal(text).scaleb(scale)) if right else 0
    gateway = Gateway(0, 5000)
    gateway.apply_fills(1, PLANE.fills[0])
    if not 1 <= units <= 10**12:
        with pytest.raises(BadRequest):
            gateway.submit(Gateway.METHOD_SUBMIT, request, ALPHA)
        return
    gateway.submit(Gateway.METHOD_SUBMIT, request, ALPHA)
    frozen = gateway.freeze(1)
    assert frozen is not None
    assert frames.commands(frozen.frame)["price"].tolist() == [units]


@settings(max_examples=60, deadline=None)
@given(units=st.integers(1, 10**12), ticks=st.integers(1, 10**8))
def test_decimals_come_back_as_they_were_sent(units: int, ticks: int) -> None:
    plane = Plane()
    quantity = f"{Decimal(units).scaleb(-8):.8f}"
    price = f"{Decimal(ticks * 5).scaleb(-4):.4f}"
    plane.ask(limit("s", "sell", quantity, price, symbol="BTC-USD"))
    [result] = plane.ask(limit("b", "buy", quantity, price, symbol="BTC-USD"))
    # Off the lot is risk's to refuse, and is no trade.
    if units % 1000:
        assert result.reject_reason == types.REJECT_REASON_INCORRECT_QUANTITY
        return
    [fill] = result.fills
    assert (fill.quantity, fill.price) == (quantity, price)
    assert (result.cum_quantity, result.leaves_quantity) == (quantity, "0.00000000")
    executions = service.StreamExecutionsResponse.FromString(
        plane.gateway.executions(3, plane.fills[2], ALPHA)
    ).executions
    notional = Decimal(units) * ticks * 5
    assert executions[-1].cum_notional == f"{notional.scaleb(-12):.12f}"


@pytest.mark.parametrize("seed", range(2))
def test_damaged_requests_are_taken_or_refused_as_protobuf_says(seed: int) -> None:
    source = random.Random(seed)
    gateway = Gateway(0, 6000, max_pending=10**6)
    gateway.apply_fills(1, PLANE.fills[0])
    whole = service.SubmitBatchRequest(
        commands=[
            wrap(limit("a", "buy", "1", "1.00")),
            wrap(cancel(5, "c")),
            wrap(replace("a", "b", quantity="3")),
        ]
    ).SerializeToString()
    taken = 0
    for _ in range(3_000):
        request = bytearray(whole)
        for _ in range(source.randint(1, 3)):
            request[source.randrange(len(request))] = source.randrange(256)
        try:
            service.SubmitBatchRequest.FromString(bytes(request))
            readable = True
        except DecodeError:
            readable = False
        try:
            gateway.submit(Gateway.METHOD_BATCH, bytes(request), ALPHA)
            taken += 1
        except CiftError:
            continue
        # Bad UTF-8 in a field that nobody reads is all that protobuf minds beyond the gateway.
        assert readable or not bytes(request).isascii()
    assert taken > 20


def check(plane: Plane, new: orders.NewOrder, firm: int | None = None) -> risk.CheckOrderResponse:
    """What a dry run says."""
    request = risk.CheckOrderRequest(order=new).SerializeToString()
    response: risk.CheckOrderResponse = risk.CheckOrderResponse.FromString(
        plane.risk.check(request, firm)
    )
    return response


def test_a_dry_run_says_each_check_in_decimals() -> None:
    plane = Plane()
    plane.ask(limit("s", "sell", "10", "100.00"), limit("b", "buy", "10", "100.00"))
    plane.ask(limit("later", "buy", "1", "100.00"))
    said = check(plane, limit("", "buy", "20000", "100.00", account="A2"), ALPHA)
    assert not said.accepted
    assert said.reject_reason == types.REJECT_REASON_MAX_ORDER_NOTIONAL
    by_name = {result.check: result for result in said.checks}
    notional = by_name["order_notional"]
    assert (notional.passed, notional.off) == (False, False)
    assert Decimal(notional.limit) == 1_000_000
    assert Decimal(notional.value) == 2_000_000
    assert Decimal(notional.headroom) == -1_000_000
    assert Decimal(by_name["collar"].value) == 0
    assert check(plane, limit("", "buy", "1", "100.00")).accepted
    assert check(plane, limit("", "buy", "1", "1", symbol="NONE")).reject_reason == 1
    with pytest.raises(BadRequest):
        check(plane, limit("", "buy", "x", "100.00"))
    with pytest.raises(NotFound):
        check(plane, limit("", "buy", "1", "100.00"), BETA)
