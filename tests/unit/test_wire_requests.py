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
TAG = "must be 1 to 8 characters of A-Z a-z 0-9 . _ : -"
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
        ("ord_type", 7, "is not a value of OrdType"),
        ("time_in_force", 9, "is not a value of TimeInForce"),
        ("time_in_force", -1, "is not a value of TimeInForce"),
        ("quantity", "", "must be given"),
        ("quantity", "0", "must be > 0"),
        ("quantity", "-5", "must be > 0"),
        ("quantity", "1.0", 'must have at most 0 fraction digits: "1.0"'),
        ("quantity", "1000000000001", 'is out of range, at most 1000000000000: "1000000000001"'),
        ("price", "", "must be given"),
        ("price", "0.00", "must be > 0"),
        ("price", "1.001", 'must have at most 2 fraction digits: "1.001"'),
        ("price", "10000000000.01", 'is out of range, at most 10000000000.00: "10000000000.01"'),
        ("stop_price", "x", 'must be a decimal such as 12.5, of at most 38 characters: "x"'),
        ("stop_price", "0", "must be > 0"),
        ("stop_price", "1.001", 'must have at most 2 fraction digits: "1.001"'),
        ("expire_time_ns", -1, "must be > 0"),
        ("display_quantity", "0", "must be > 0"),
        ("display_quantity", "1.5", 'must have at most 0 fraction digits: "1.5"'),
        ("min_visible_quantity", "-1", "must be > 0"),
        (
            "min_quantity",
            "1000000000001",
            'is out of range, at most 1000000000000: "1000000000001"',
        ),
        ("post_only", 3, "is not a value of PostOnly"),
        ("self_trade_prevention", 6, "is not a value of SelfTradePrevention"),
        ("tag", "123456789", TAG),
        ("tag", "a b", TAG),
        ("tag", "ü", TAG),
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


@pytest.mark.parametrize(
    ("ord_type", "kind"),
    [
        (types.ORD_TYPE_MARKET, "market"),
        (types.ORD_TYPE_MARKET_TO_LIMIT, "market-to-limit"),
        (types.ORD_TYPE_STOP, "stop"),
    ],
)
def test_some_orders_have_no_price(ord_type: types.OrdType, kind: str) -> None:
    stop = {"stop_price": "1.00"} if kind == "stop" else {}
    wanted = [("order.price", f"must be empty on a {kind} order")]
    assert order(ord_type=ord_type, price="1.00", **stop) == wanted


def test_what_an_order_s_kind_needs_must_be_given() -> None:
    wanted = [("order.stop_price", "must be given on a stop order that doesn't trail")]
    assert order(ord_type=types.ORD_TYPE_STOP_LIMIT) == wanted
    assert order(ord_type=types.ORD_TYPE_STOP, price="") == wanted
    peg = [("order.peg", "must be given on a pegged order")]
    assert order(ord_type=types.ORD_TYPE_PEGGED) == peg
    assert order(ord_type=types.ORD_TYPE_STOP_LIMIT, stop_price="1.00", price="") == [
        ("order.price", "must be given")
    ]
    gtd: Any = {"time_in_force": types.TIME_IN_FORCE_GTD}
    for time_ns in (0, -1):
        assert order(**gtd, expire_time_ns=time_ns) == [("order.expire_time_ns", "must be > 0")]


@pytest.mark.parametrize(
    ("trailing", "field", "description"),
    [
        (orders.TrailingStop(), "offset", "must be given"),
        (orders.TrailingStop(price_offset=""), "price_offset", "must be given"),
        (orders.TrailingStop(price_offset="0"), "price_offset", "must be > 0"),
        (orders.TrailingStop(basis_points=0), "basis_points", "must be 1 to 9999"),
        (orders.TrailingStop(basis_points=10_000), "basis_points", "must be 1 to 9999"),
        (
            orders.TrailingStop(basis_points=1, activation_price="-1"),
            "activation_price",
            "must be > 0",
        ),
    ],
)
def test_trailing_stops_are_checked(
    trailing: orders.TrailingStop, field: str, description: str
) -> None:
    found = order(ord_type=types.ORD_TYPE_STOP_LIMIT, trailing_stop=trailing)
    assert found == [(f"order.trailing_stop.{field}", description)]


def test_both_kinds_of_offset_are_one_too_many() -> None:
    both = (
        orders.TrailingStop(basis_points=1).SerializeToString()
        + orders.TrailingStop(price_offset="1").SerializeToString()
    )
    new = limit("x", "buy", "1", "1.00").SerializeToString()
    new += b"\x5a" + bytes([len(both)]) + both
    request = b"\x0a" + bytes([len(new)]) + new
    assert service.SubmitOrderRequest.FromString(request).order.trailing_stop.price_offset == "1"
    assert violations(Gateway.METHOD_SUBMIT, request) == [
        ("order.trailing_stop.offset", "must be price_offset or basis_points, not both")
    ]


@pytest.mark.parametrize(
    ("peg", "field", "description"),
    [
        (orders.Peg(offset="1"), "follows", "must be given"),
        (orders.Peg(follows=4), "follows", "is not a value of PegPrice"),  # type: ignore[arg-type]
        (
            orders.Peg(follows=orders.PEG_PRICE_BID, offset="-0.001"),
            "offset",
            'must have at most 2 fraction digits: "-0.001"',
        ),
        (
            orders.Peg(follows=orders.PEG_PRICE_BID, offset="-10000000000.01"),
            "offset",
            'is out of range, at least -10000000000.00: "-10000000000.01"',
        ),
    ],
)
def test_pegs_are_checked(peg: orders.Peg, field: str, description: str) -> None:
    found = order(ord_type=types.ORD_TYPE_PEGGED, peg=peg)
    assert found == [(f"order.peg.{field}", description)]


def test_numbers_beyond_their_type_are_refused() -> None:
    new = limit("x", "buy", "1", "1.00").SerializeToString()
    # Field 20, self_trade_group, and field 4, side: 2^32 and 2^32 + 1.
    group, side = b"\xa0\x01\x80\x80\x80\x80\x10", b"\x20\x81\x80\x80\x80\x10"
    request = b"\x0a" + bytes([len(new + side + group)]) + new + side + group
    assert violations(Gateway.METHOD_SUBMIT, request) == [
        ("order.side", "is not a value of Side"),
        ("order.self_trade_group", "must be below 2^32"),
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


PRICES = st.integers(1, 10**12).map(lambda units: f"{Decimal(units).scaleb(-2):.2f}")
QUANTITIES = st.integers(1, 10**12).map(str)
IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,36}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9._:-]{0,8}", fullmatch=True)
MAYBE_PRICE, MAYBE_QUANTITY = st.just("") | PRICES, st.just("") | QUANTITIES
OFFSETS = st.fixed_dictionaries({"price_offset": PRICES}) | st.fixed_dictionaries(
    {"basis_points": st.integers(1, 9_999)}
)


@st.composite
def new_orders(draw: Any, symbol: str = "AMZN") -> orders.NewOrder:
    """Any new order that can be read, whether it makes sense or not."""
    ord_type = draw(st.sampled_from(types.OrdType.values()[1:]))
    time_in_force = draw(st.sampled_from(types.TimeInForce.values()[1:]))
    stops = ord_type in (types.ORD_TYPE_STOP, types.ORD_TYPE_STOP_LIMIT)
    trails = draw(st.booleans())
    pegged = ord_type == types.ORD_TYPE_PEGGED
    limited = ord_type in (types.ORD_TYPE_LIMIT, types.ORD_TYPE_STOP_LIMIT)
    gtd = time_in_force == types.TIME_IN_FORCE_GTD
    new = orders.NewOrder(
        account="A1",
        cl_ord_id=draw(IDS),
        symbol=symbol,
        side=draw(st.sampled_from(types.Side.values()[1:])),
        ord_type=ord_type,
        time_in_force=time_in_force,
        quantity=draw(QUANTITIES),
        price=draw(PRICES) if limited else draw(MAYBE_PRICE) if pegged else "",
        stop_price=draw(PRICES if stops and not trails else MAYBE_PRICE),
        expire_time_ns=draw(st.integers(1 if gtd else 0, 2**63 - 1)),
        display_quantity=draw(MAYBE_QUANTITY),
        min_visible_quantity=draw(MAYBE_QUANTITY),
        min_quantity=draw(MAYBE_QUANTITY),
        all_or_none=draw(st.booleans()),
        post_only=draw(st.sampled_from(orders.PostOnly.values())),
        reduce_only=draw(st.booleans()),
        self_trade_prevention=draw(st.sampled_from(types.SelfTradePrevention.values())),
        self_trade_group=draw(st.integers(0, 2**32 - 1)),
        tag=draw(TAGS),
    )
    if trails:
        take_profit, activation = draw(st.booleans()), draw(MAYBE_PRICE)
        stop = orders.TrailingStop(
            **draw(OFFSETS), take_profit=take_profit, activation_price=activation
        )
        new.trailing_stop.CopyFrom(stop)
    if pegged or draw(st.booleans()):
        new.peg.follows = draw(st.sampled_from(orders.PegPrice.values()[1:]))
        new.peg.offset = draw(st.integers(-(10**12), 10**12).map(cents))
    return new


def cents(units: int) -> str:
    """A price of AMZN."""
    return f"{Decimal(units).scaleb(-2):.2f}"


def some(text: str) -> str:
    """A decimal that is there; 0 stands for none in the log."""
    return "" if Decimal(text) == 0 else text


def from_log(command: Any, terms: Any) -> orders.NewOrder:
    """The new order that a command and its terms say."""
    flags, terms_flags = int(command["flags"]), int(terms["flags"]) if terms is not None else 0
    new = orders.NewOrder(
        account="A1",
        cl_ord_id=command["cl_ord_id"].decode(),
        symbol="AMZN",
        side=int(command["side"]),  # type: ignore[arg-type]
        ord_type=int(command["ord_type"]),  # type: ignore[arg-type]
        time_in_force=int(command["time_in_force"]),  # type: ignore[arg-type]
        quantity=str(command["quantity"]),
        price=some(cents(int(command["price"]))),
        stop_price=some(cents(int(command["stop_price"]))),
        expire_time_ns=int(command["expire_time"]),
        display_quantity=some(str(command["display_quantity"])),
        min_quantity=some(str(command["min_quantity"])),
        post_only=flags >> 2 & 3,  # type: ignore[arg-type]
        all_or_none=bool(flags & 16),
        reduce_only=bool(flags & 32),
        self_trade_prevention=int(command["self_trade_prevention"]),  # type: ignore[arg-type]
        self_trade_group=int(command["self_trade_group"]),
    )
    if terms is None:
        return new
    new.min_visible_quantity = some(str(terms["min_visible_quantity"]))
    new.tag = int(terms["tag"]).to_bytes(8, "little").rstrip(b"\0").decode()
    if offset := int(terms["trailing_offset"]):
        new.trailing_stop.take_profit = bool(terms_flags & 2)
        new.trailing_stop.activation_price = some(cents(int(terms["activation_price"])))
        if terms_flags & 1:
            new.trailing_stop.basis_points = offset
        else:
            new.trailing_stop.price_offset = cents(offset)
    if follows := terms_flags >> 8:
        new.peg.follows = follows  # type: ignore[assignment]
        new.peg.offset = cents(int(terms["peg_offset"]))
    return new


@settings(max_examples=200, deadline=None)
@given(sent=st.lists(new_orders(), min_size=1, max_size=3), linked=st.booleans())
def test_every_order_that_can_be_read_is_in_the_log(
    sent: list[orders.NewOrder], linked: bool
) -> None:
    linked = linked and len(sent) > 1
    bracket = orders.OrderList(contingency=orders.CONTINGENCY_BRACKET, orders=sent)
    wrapped = [wrap(bracket)] if linked else [wrap(new) for new in sent]
    gateway = Gateway(0, 7000)
    gateway.apply_fills(1, PLANE.fills[0])
    request = service.SubmitBatchRequest(commands=wrapped).SerializeToString()
    gateway.submit(Gateway.METHOD_BATCH, request, ALPHA)
    frozen = gateway.freeze(1)
    assert frozen is not None
    terms = frames.terms(frozen.frame)
    links = []
    for new, command in zip(sent, frames.commands(frozen.frame), strict=True):
        has_terms = int(command["flags"]) & 64
        found = from_log(command, terms[command["payload_index"]] if has_terms else None)
        assert found == new
        links.append(int(command["link"]))
    count = len(sent)
    assert links == [2 | count << 8 | place << 16 if linked else 0 for place in range(count)]


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
            wrap(replace("a", "b", quantity="3", stop_price="1.00")),
            orders.Command(
                order_list=orders.OrderList(
                    contingency=orders.CONTINGENCY_ONE_CANCELS_OTHER,
                    orders=[
                        limit("d", "buy", "1", "1.00", tag="t", display_quantity="1"),
                        limit("e", "buy", "1", "1.00", post_only=orders.POST_ONLY_REPRICE),
                    ],
                )
            ),
            orders.Command(mass_cancel=orders.MassCancel(account="A1", tag="t")),
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
