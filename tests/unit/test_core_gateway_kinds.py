"""The gateway with orders of every kind, order lists, mass cancels and an operator's hand."""

from typing import Any

import pytest

from cift.common.v1 import types_pb2 as types
from cift.kit import frames, layout
from cift.order_entry.v1 import market_control_service_pb2 as control
from cift.order_entry.v1 import order_entry_service_pb2 as service
from cift.order_entry.v1 import order_pb2 as orders
from cift_core import BadRequest, Gateway, LogError, NotFound, Overloaded, encode_reference
from tests.support.core_plane import ALPHA, BETA, REFERENCE, Plane, cancel, limit, market, replace

OCO = orders.CONTINGENCY_ONE_CANCELS_OTHER
BRACKET = orders.CONTINGENCY_BRACKET
ALLOW = types.SELF_TRADE_PREVENTION_ALLOW


def stop(cl_ord_id: str, side: str, quantity: str, stop_price: str, **more: Any) -> orders.NewOrder:
    """A stop order of A1."""
    new = market(cl_ord_id, side, quantity)
    new.MergeFrom(orders.NewOrder(ord_type=types.ORD_TYPE_STOP, stop_price=stop_price, **more))
    return new


def oco(*legs: orders.NewOrder) -> orders.OrderList:
    """Two orders of which one cancels the other."""
    return orders.OrderList(contingency=OCO, orders=legs)


def executions(plane: Plane, firm: int = ALPHA) -> list[orders.Execution]:
    """What the last message did to the orders of a firm."""
    sequence = len(plane.fills)
    part = plane.gateway.executions(sequence, plane.fills[-1], firm)
    return list(service.StreamExecutionsResponse.FromString(part).executions)


def told(plane: Plane, firm: int = ALPHA) -> list[str]:
    """The same in short: `TRADE b1`."""
    return [
        f"{types.ExecType.Name(one.exec_type)[10:]} {one.cl_ord_id}"
        for one in executions(plane, firm)
    ]


def operate(plane: Plane, method: int, request: Any) -> orders.CommandResult:
    """Send an operator's request; what became of it."""
    submitted = plane.gateway.control(method, request.SerializeToString())
    assert submitted.response is None
    return result_of(plane, submitted.ticket)


def result_of(plane: Plane, ticket: int) -> orders.CommandResult:
    """The answer to an operator."""
    response: control.CancelAllResponse = control.CancelAllResponse.FromString(
        plane.flush()[ticket]
    )
    return response.result


def test_what_hides_waits_or_steps_aside() -> None:
    plane = Plane()
    plane.ask(limit("s1", "sell", "10", "10.00", display_quantity="4"))
    [tip] = executions(plane)
    assert (tip.quantity, tip.display_quantity, tip.stop_price) == ("10", "4", "")
    results = plane.ask(
        limit("p1", "buy", "1", "10.00", post_only=orders.POST_ONLY_REJECT),
        limit("p2", "buy", "1", "10.00", post_only=orders.POST_ONLY_REPRICE),
        stop("t1", "buy", "2", "10.00"),
        limit("b1", "buy", "1", "10.00"),
    )
    assert results[0].reject_reason == types.REJECT_REASON_POST_ONLY_WOULD_CROSS
    assert results[1].leaves_quantity == "1"
    by_name = {f"{types.ExecType.Name(one.exec_type)[10:]} {one.cl_ord_id}": one
               for one in executions(plane)}  # fmt: skip
    assert by_name["NEW p2"].price == "9.99"
    assert by_name["NEW t1"].stop_price == "10.00"
    assert by_name["TRIGGERED t1"].ord_type == types.ORD_TYPE_STOP
    assert by_name["TRADE t1"].last_quantity == "2"
    request = service.GetOrderRequest(account="A1", cl_ord_id="s1").SerializeToString()
    found = plane.gateway.get_order(request, ALPHA)
    assert found is not None
    order = service.GetOrderResponse.FromString(found).order
    assert (order.display_quantity, order.leaves_quantity) == ("4", "7")


def test_a_list_has_one_result_and_its_orders_theirs() -> None:
    plane = Plane()
    pair = oco(limit("o1", "sell", "5", "11.00"), stop("o2", "sell", "5", "9.00"))
    single, listed = plane.ask(limit("b0", "buy", "1", "8.00"), pair)
    assert len(single.legs) == 0
    assert [leg.cl_ord_id for leg in listed.legs] == ["o1", "o2"]
    assert [leg.place.index for leg in listed.legs] == [1, 2]
    assert (listed.cl_ord_id, listed.order_id) == ("o1", listed.legs[0].order_id)
    plane.ask(limit("b1", "buy", "2", "11.00"))
    assert told(plane)[-1] == "CANCELED o2"
    linked = executions(plane)[-1]
    assert linked.restatement_reason == types.RESTATEMENT_REASON_LINKED_ORDER
    assert linked.reason == types.REJECT_REASON_UNSPECIFIED

    [again] = plane.ask(pair)
    assert [leg.duplicate for leg in again.legs] == [True, True]
    assert [leg.order_id for leg in again.legs] == [leg.order_id for leg in listed.legs]
    changed = oco(limit("o1", "sell", "5", "11.00"), stop("o2", "sell", "5", "9.01"))
    [refused] = plane.ask(changed)
    assert refused.legs[1].reject_reason == types.REJECT_REASON_DUPLICATE_CL_ORD_ID


def test_a_list_by_its_own_call_is_told_as_it_stands_after_its_last_order() -> None:
    plane = Plane()
    plane.ask(limit("s1", "sell", "10", "10.00"))
    bracket = orders.OrderList(
        contingency=BRACKET,
        orders=[
            limit("e", "buy", "5", "10.00"),
            limit("x1", "sell", "5", "12.00"),
            stop("x2", "sell", "5", "9.00"),
        ],
    )
    request = service.SubmitOrderListRequest(list=bracket).SerializeToString()
    ticket = plane.gateway.submit(Gateway.METHOD_ORDER_LIST, request, ALPHA).ticket
    assert plane.gateway.pending == 3
    results = service.SubmitOrderListResponse.FromString(plane.flush()[ticket]).results
    status = [result.ord_status for result in results]
    assert status == [types.ORD_STATUS_FILLED, types.ORD_STATUS_NEW, types.ORD_STATUS_NEW]
    assert "TRIGGERED x1" in told(plane)
    assert not any(result.legs for result in results)


def test_a_mass_cancel_ends_what_fits() -> None:
    plane = Plane()
    plane.ask(
        limit("a", "buy", "1", "1.00", tag="x"),
        limit("b", "buy", "1", "1.00", tag="y"),
        limit("c", "sell", "1", "2.00", tag="x"),
        limit("d", "buy", "0.00001", "1.0000", symbol="BTC-USD"),
    )
    tagged = orders.MassCancel(account="A1", cl_ord_id="m1", tag="x", side=types.SIDE_SELL)
    [result] = plane.ask(tagged)
    assert (result.outcome, result.canceled_orders) == (orders.OUTCOME_ACCEPTED, 1)
    assert told(plane) == ["CANCELED c"]
    [again] = plane.ask(tagged)
    assert (again.duplicate, again.canceled_orders) == (True, 1)
    mass = orders.MassCancel(account="A1", symbol="AMZN")
    request = service.MassCancelRequest(mass_cancel=mass).SerializeToString()
    ticket = plane.gateway.submit(Gateway.METHOD_MASS_CANCEL, request, ALPHA).ticket
    answer = service.MassCancelResponse.FromString(plane.flush()[ticket]).result
    assert answer.canceled_orders == 2
    [rest] = plane.ask(orders.MassCancel(account="A1"))
    assert told(plane) == ["CANCELED d"]
    assert (rest.ord_status, rest.order_id) == (types.ORD_STATUS_UNSPECIFIED, 0)


def test_the_account_s_self_trade_prevention_is_what_its_orders_say() -> None:
    plane = Plane()
    changed: list[tuple[str, dict[str, int | str]]] = [
        (kind, fields | {"self_trade_prevention": 3, "self_trade_group": 9})
        for kind, fields in REFERENCE
        if kind == "account" and fields["id"] in (1, 2)
    ]
    plane.store(encode_reference(2, changed))
    flags = frames.accounts(plane.fills[-1])["flags"].tolist()
    assert flags == [1 | 3 << 8, 1 | 3 << 8]
    plane.ask(limit("s", "sell", "5", "10.00"), limit("r", "buy", "1", "9.00"))
    [taken] = plane.ask(limit("b", "buy", "5", "10.00"))
    commands = frames.commands(plane.asked[-1][1])
    assert commands["self_trade_prevention"].tolist() == [3]
    assert commands["self_trade_group"].tolist() == [9]
    assert taken.outcome == orders.OUTCOME_ACCEPTED
    assert taken.restatement_reason == types.RESTATEMENT_REASON_SELF_MATCH_AGGRESSING
    [own] = plane.ask(limit("c", "buy", "5", "10.00", self_trade_prevention=ALLOW))
    assert own.ord_status == types.ORD_STATUS_FILLED


def test_an_operator_changes_sessions_and_the_last_trade() -> None:
    plane = Plane()
    plane.ask(stop("t", "sell", "1", "5.00"), limit("b", "buy", "1", "1.00"))
    auction = control.SetSessionRequest(
        symbol="AMZN", session=types.SESSION_STATE_OPENING_AUCTION, reference_price="10.00"
    )
    result = operate(plane, Gateway.METHOD_SET_SESSION, auction)
    assert (result.outcome, result.place.sequence) == (orders.OUTCOME_ACCEPTED, 3)
    statuses = frames.statuses(plane.fills[-1])
    assert statuses["session"].tolist()[-1] == layout.SessionState.OPENING_AUCTION
    back = control.SetSessionRequest(symbol="AMZN", session=types.SESSION_STATE_CONTINUOUS)
    assert operate(plane, Gateway.METHOD_SET_SESSION, back).outcome == orders.OUTCOME_ACCEPTED
    last = control.SetLastTradeRequest(symbol="AMZN", price="4.00")
    result = operate(plane, Gateway.METHOD_SET_LAST_TRADE, last)
    assert result.outcome == orders.OUTCOME_ACCEPTED
    assert "TRIGGERED t" in told(plane)


def test_an_operator_clears_the_books() -> None:
    plane = Plane()
    plane.ask(limit("a", "buy", "1", "1.00"))
    plane.ask(limit("b", "buy", "1", "1.00", account="B1"), firm=BETA)
    only = control.CancelAllRequest(account="B1", symbol="AMZN", side=types.SIDE_BUY)
    assert operate(plane, Gateway.METHOD_CANCEL_ALL, only).canceled_orders == 1
    assert told(plane, BETA) == ["CANCELED b"]
    plane.ask(limit("c", "sell", "1", "2.00"))
    everything = operate(plane, Gateway.METHOD_CANCEL_ALL, control.CancelAllRequest())
    assert everything.canceled_orders == 2
    assert told(plane) == ["CANCELED a", "CANCELED c"]


def test_a_trade_is_undone_once() -> None:
    plane = Plane()
    plane.ask(limit("s", "sell", "5", "10.00", account="B1"), firm=BETA)
    plane.ask(limit("b", "buy", "5", "10.00"))
    [trade] = [one for one in executions(plane) if one.match_id]
    request = control.BustTradeRequest(place=trade.place, match_id=trade.match_id)
    sequence = plane.gateway.bust_sequence(request.SerializeToString())
    frame = plane.fills[sequence - 1]
    ticket = plane.gateway.bust_trade(request.SerializeToString(), frame).ticket
    assert result_of(plane, ticket).outcome == orders.OUTCOME_ACCEPTED
    for firm in (ALPHA, BETA):
        [bust] = executions(plane, firm)
        assert bust.exec_type == types.EXEC_TYPE_TRADE_BUST
        assert (bust.last_price, bust.last_quantity, bust.match_id) == ("10.00", "5", 1)
    # Risk has applied it by the time of the next message.
    plane.ask(cancel("none"))
    assert all(row.quantity == 0 for row in plane.risk.positions("A1"))
    ticket = plane.gateway.bust_trade(request.SerializeToString(), frame).ticket
    late = result_of(plane, ticket)
    assert late.reject_reason == types.REJECT_REASON_TOO_LATE
    assert late.reject_text == "the trade was undone before"
    assert executions(plane) == []


def test_what_an_operator_names_must_be_there() -> None:
    plane = Plane()
    gateway = plane.gateway
    unknown = control.SetLastTradeRequest(symbol="NONE", price="1").SerializeToString()
    with pytest.raises(NotFound, match="the symbol NONE is not traded here"):
        gateway.control(Gateway.METHOD_SET_LAST_TRADE, unknown)
    nobody = control.CancelAllRequest(account="NOBODY").SerializeToString()
    with pytest.raises(NotFound, match="no account NOBODY"):
        gateway.control(Gateway.METHOD_CANCEL_ALL, nobody)
    with pytest.raises(BadRequest) as caught:
        gateway.control(Gateway.METHOD_SET_SESSION, b"")
    assert [field for field, _ in caught.value.violations] == ["symbol", "session"]
    with pytest.raises(ValueError, match="METHOD_SET_SESSION to METHOD_CANCEL_ALL"):
        gateway.control(Gateway.METHOD_SUBMIT, b"")
    with pytest.raises(ValueError, match="METHOD_SUBMIT to METHOD_MASS_CANCEL"):
        gateway.submit(Gateway.METHOD_CANCEL_ALL, b"", ALPHA)

    plane.ask(limit("s", "sell", "5", "10.00"), limit("b", "buy", "5", "10.00"))

    def bust(sequence: int, index: int, match_id: int) -> bytes:
        place = types.Place(sequence=sequence, index=index)
        request = control.BustTradeRequest(place=place, match_id=match_id)
        data: bytes = request.SerializeToString()
        return data

    with pytest.raises(NotFound, match="no trade with this match id at this place"):
        gateway.bust_sequence(bust(9, 1, 1))
    with pytest.raises(NotFound):
        gateway.bust_trade(bust(2, 0, 1), plane.fills[1])
    with pytest.raises(LogError):
        gateway.bust_trade(bust(2, 2, 1), plane.fills[0])
    with pytest.raises(BadRequest):
        gateway.bust_sequence(b"\xff")
    assert gateway.waiting == 0


def test_operators_wait_in_the_same_bounds() -> None:
    plane = Plane(gateways=[Gateway(0, 1000, max_pending=1)])
    gateway = plane.gateway
    everything = control.CancelAllRequest().SerializeToString()
    one = gateway.control(Gateway.METHOD_CANCEL_ALL, everything)
    with pytest.raises(Overloaded):
        gateway.control(Gateway.METHOD_CANCEL_ALL, everything)
    answer = control.CancelAllResponse.FromString(gateway.unknown(one.ticket)).result
    assert answer.outcome == orders.OUTCOME_UNKNOWN
    assert plane.flush() == {}


RULES: dict[str, Any] = {
    "instrument": 1,
    "flags": 1,
    "static_band_bps": 1000,
    "dynamic_band_bps": 500,
    "protection_bps": 200,
    "auction_seconds": 60,
    "ticks": [(1000, 5), [5000, 10]],
    "schedule": [(34_200, 1, 0x1F), [57_600, 7, 0x7F]],
}


def test_rules_policies_and_defaults_go_in_as_integers() -> None:
    instrument = REFERENCE[0][1] | {"policies": 0b10}
    account = REFERENCE[2][1] | {"self_trade_prevention": 5, "self_trade_group": 2**32 - 1}
    items = [("instrument", instrument), ("account", account), ("rules", RULES)]
    frame = encode_reference(2, items)
    [rules] = frames.rules(frame)
    assert [int(rules[name]) for name in list(RULES)[:6]] == list(RULES.values())[:6]
    assert rules["tick_from"].tolist() == [1000, 5000, 0, 0, 0, 0, 0, 0]
    assert rules["tick_size"].tolist() == [5, 10, 0, 0, 0, 0, 0, 0]
    first, second, *none = rules["schedule"].tolist()
    assert (first, second) == (34_200 | 1 << 32 | 0x1F << 48, 57_600 | 7 << 32 | 0x7F << 48)
    assert none == [0] * 7
    assert frames.instruments(frame)["policies"].tolist() == [2]
    accounts = frames.accounts(frame)
    assert accounts["flags"].tolist() == [1 | 5 << 8]
    assert accounts["self_trade_group"].tolist() == [2**32 - 1]
    kinds = frames.commands(frame)["kind"].tolist()
    assert kinds == [
        layout.CommandKind.SET_INSTRUMENT,
        layout.CommandKind.SET_ACCOUNT,
        layout.CommandKind.SET_RULES,
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ticks": [(1, 1)] * 9}, "ticks: must be at most 8"),
        ({"ticks": [(1, 1, 1)]}, "ticks: "),
        ({"schedule": [(1, 1, 1)] * 10}, "schedule: must be at most 9"),
        ({"schedule": [(86_400, 1, 1)]}, "schedule: must be "),
        ({"schedule": [(1, 9, 1)]}, "schedule: must be "),
        ({"schedule": [(1, 1, 0)]}, "schedule: must be "),
        ({"schedule": [(1, 1, 128)]}, "schedule: must be "),
        ({"auction_seconds": -1}, "auction_seconds: "),
        ({"bands": 1}, "a field is not known"),
    ],
)
def test_rules_that_are_wrong_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_reference(1, [("rules", RULES | change)])


def test_a_self_trade_default_that_is_none_is_refused() -> None:
    for name, value in (("self_trade_prevention", 6), ("self_trade_group", 2**32)):
        with pytest.raises(ValueError, match=name):
            encode_reference(1, [("account", {**REFERENCE[2][1], name: value})])


def test_stops_are_moved_and_lists_end_with_their_session() -> None:
    plane = Plane()
    plane.ask(stop("t", "sell", "1", "5.00"))
    [moved] = plane.ask(replace("t", "u", stop_price="6.00"))
    assert moved.outcome == orders.OUTCOME_ACCEPTED
    [event] = executions(plane)
    assert event.stop_price == "6.00"
    marked: Any = {"cancel_on_disconnect": True}
    pair = oco(
        limit("o1", "sell", "5", "11.00", **marked), stop("o2", "sell", "5", "4.00", **marked)
    )
    plane.ask(pair, session=5)
    assert plane.gateway.cancel_session(5) == 2
    plane.flush()
    assert told(plane)[0] == "CANCELED o1"
    [gone] = plane.ask(cancel("o2"))
    assert gone.reject_reason == types.REJECT_REASON_TOO_LATE


def test_an_order_sent_again_is_the_same_whatever_its_account_says_since() -> None:
    plane = Plane()
    [first] = plane.ask(limit("a", "buy", "5", "10.00"))
    [named] = plane.ask(limit("b", "buy", "5", "9.00", self_trade_prevention=ALLOW))
    account = dict(REFERENCE[2][1])
    for number, field in enumerate(("self_trade_prevention", "self_trade_group"), 2):
        account[field] = 3
        plane.store(encode_reference(number, [("account", account)]))
        [again] = plane.ask(limit("a", "buy", "5", "10.00"))
        assert (again.outcome, again.duplicate) == (orders.OUTCOME_ACCEPTED, True)
        assert again.order_id == first.order_id
    # What an order says itself tells it from another.
    [other] = plane.ask(limit("a", "buy", "5", "10.00", self_trade_prevention=ALLOW))
    assert other.reject_reason == types.REJECT_REASON_DUPLICATE_CL_ORD_ID
    assert named.outcome == orders.OUTCOME_ACCEPTED
