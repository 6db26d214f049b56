"""The gateway: requests in, batches out, answers from FILLS."""

from typing import Any

import pytest

from cift.common.v1 import types_pb2 as types
from cift.kit import frames
from cift.order_entry.v1 import market_control_service_pb2 as control_service
from cift.order_entry.v1 import order_entry_service_pb2 as service
from cift.order_entry.v1 import order_pb2 as orders
from cift_core import Gateway, LogError, NotFound, Overloaded, Replayer
from tests.support.core_plane import ALPHA, BETA, Plane, cancel, limit, market, replace, wrap


def batch(*commands: object) -> bytes:
    """A SubmitBatchRequest."""
    wrapped = [wrap(command) for command in commands]
    request: bytes = service.SubmitBatchRequest(commands=wrapped).SerializeToString()
    return request


def test_orders_trade_and_say_so() -> None:
    plane = Plane()
    [resting] = plane.ask(limit("s1", "sell", "100", "223.18"))
    assert resting.outcome == orders.OUTCOME_ACCEPTED
    assert resting.ord_status == types.ORD_STATUS_NEW
    assert (resting.cum_quantity, resting.leaves_quantity) == ("0", "100")
    assert (resting.place.shard, resting.place.sequence, resting.place.index) == (0, 2, 0)
    assert resting.order_id == 2 << 13

    first, second = plane.ask(limit("b1", "buy", "30", "223.20"), market("b2", "buy", "90"))
    assert first.ord_status == types.ORD_STATUS_FILLED
    assert [(fill.price, fill.quantity, fill.match_id) for fill in first.fills] == [
        ("223.18", "30", 1)
    ]
    assert first.fills[0].liquidity == types.LIQUIDITY_TAKER
    assert second.ord_status == types.ORD_STATUS_CANCELED
    assert (second.cum_quantity, second.leaves_quantity) == ("70", "0")
    assert second.order_id == (3 << 13) + 1
    assert second.place.index == 1


def test_each_unary_call_gets_its_own_message() -> None:
    plane = Plane()
    gateway = plane.gateway
    order = limit("b1", "buy", "10", "1.00")
    change = replace("b1", "b2", quantity="7")
    requests: dict[int, Any] = {
        Gateway.METHOD_SUBMIT: service.SubmitOrderRequest(order=order),
        Gateway.METHOD_REPLACE: service.ReplaceOrderRequest(replace=change),
        Gateway.METHOD_CANCEL: service.CancelOrderRequest(cancel=cancel("b2", "b3")),
    }
    tickets = [
        gateway.submit(method, request.SerializeToString(), ALPHA).ticket
        for method, request in requests.items()
    ]
    assert gateway.pending == 3
    answers = plane.flush()
    assert gateway.pending == gateway.waiting == 0
    submitted = service.SubmitOrderResponse.FromString(answers[tickets[0]]).result
    replaced = service.ReplaceOrderResponse.FromString(answers[tickets[1]]).result
    canceled = service.CancelOrderResponse.FromString(answers[tickets[2]]).result
    assert [result.cl_ord_id for result in (submitted, replaced, canceled)] == ["b1", "b2", "b3"]
    assert {result.order_id for result in (submitted, replaced, canceled)} == {2 << 13}
    assert replaced.leaves_quantity == "7"
    assert canceled.ord_status == types.ORD_STATUS_CANCELED


def test_an_unknown_symbol_is_a_value_and_not_in_the_journal() -> None:
    plane = Plane()
    submitted = plane.gateway.submit(
        Gateway.METHOD_BATCH, batch(limit("x", "buy", "1", "1", symbol="NONE")), ALPHA
    )
    assert submitted.ticket == 0
    assert submitted.response is not None
    [result] = service.SubmitBatchResponse.FromString(submitted.response).results
    assert result.reject_reason == types.REJECT_REASON_UNKNOWN_SYMBOL
    assert result.reject_text == "the symbol is not traded here"
    assert plane.gateway.freeze(0) is None

    one, two, three = plane.ask(
        limit("a", "buy", "1", "1"),
        limit("b", "buy", "1", "1", symbol="NONE"),
        limit("c", "buy", "1", "1"),
    )
    assert [one.cl_ord_id, two.cl_ord_id, three.cl_ord_id] == ["a", "b", "c"]
    assert [one.place.index, three.place.index] == [0, 1]
    assert two.outcome == orders.OUTCOME_REJECTED
    assert not two.HasField("place")


def test_business_refusals_are_values() -> None:
    plane = Plane()
    results = plane.ask(
        limit("a", "buy", "1", "1.00", account="A2"),
        limit("p", "sell", "1", "1.00", symbol="BTC-USD"),
        cancel("nothing"),
        limit("b", "buy", "1", "2.00"),
        limit("b", "buy", "2", "2.00"),
        limit("f", "buy", "9", "1.00", time_in_force=types.TIME_IN_FORCE_FOK),
        limit("nothing", "buy", "9", "1.00"),
    )
    reasons = [types.RejectReason.Name(result.reject_reason)[14:] for result in results]
    assert reasons == [
        "NO_REFERENCE_PRICE",
        "UNSPECIFIED",
        "UNKNOWN_ORDER",
        "UNSPECIFIED",
        "DUPLICATE_CL_ORD_ID",
        "UNSPECIFIED",
        "STALE",
    ]
    assert all(bool(result.reject_text) == bool(result.reject_reason) for result in results)
    fok = results[5]
    assert fok.outcome == orders.OUTCOME_ACCEPTED
    assert fok.ord_status == types.ORD_STATUS_CANCELED
    assert fok.restatement_reason == types.RESTATEMENT_REASON_FOK_UNFILLABLE
    assert results[1].leaves_quantity == "1.00000000"


def test_a_repeat_gets_the_first_outcome_through_another_gateway_and_after_a_restart() -> None:
    plane = Plane(gateways=[Gateway(0, 1000), Gateway(0, 2000)])
    plane.ask(limit("s1", "sell", "5", "10.00"))
    order = limit("b1", "buy", "7", "10.00")
    [first] = plane.ask(order)
    assert [fill.quantity for fill in first.fills] == ["5"]
    plane.ask(cancel(first.order_id))

    again = plane.gateways[1]
    request = service.SubmitOrderRequest(order=order).SerializeToString()
    ticket = again.submit(Gateway.METHOD_SUBMIT, request, ALPHA).ticket
    second = service.SubmitOrderResponse.FromString(plane.flush(again)[ticket]).result
    assert second.duplicate
    second.duplicate = False
    assert second == first

    restarted = Gateway(0, 3000)
    for sequence, frame in enumerate(plane.fills, start=1):
        restarted.apply_fills(sequence, frame)
    plane.gateways.append(restarted)
    ticket = restarted.submit(Gateway.METHOD_SUBMIT, request, ALPHA).ticket
    third = service.SubmitOrderResponse.FromString(plane.flush(restarted)[ticket]).result
    assert third.duplicate
    assert third.place == first.place


def test_a_repeat_in_the_same_batch_and_beside_others() -> None:
    plane = Plane()
    order = limit("b1", "buy", "7", "10.00")
    one, two, three = plane.ask(order, order, limit("b2", "buy", "1", "10.00"))
    assert (one.duplicate, two.duplicate, three.duplicate) == (False, True, False)
    assert two.order_id == one.order_id
    mixed = plane.ask(limit("b3", "buy", "1", "9.00"), order, limit("b4", "buy", "1", "9.00"))
    assert [result.cl_ord_id for result in mixed] == ["b3", "b1", "b4"]
    assert [result.duplicate for result in mixed] == [False, True, False]


def test_received_is_answered_when_stored_or_when_fills_comes_first() -> None:
    plane = Plane()
    [result] = plane.ask(limit("b1", "buy", "1", "1.00"), received=True)
    assert result.outcome == orders.OUTCOME_RECEIVED
    assert result.order_id == 2 << 13
    gateway = plane.gateway
    request = service.SubmitOrderRequest(
        order=limit("b2", "buy", "1", "1.00"), wait_for=orders.WAIT_FOR_RECEIVED
    )
    submitted = gateway.submit(Gateway.METHOD_SUBMIT, request.SerializeToString(), ALPHA)
    assert submitted.wait_received
    frozen = gateway.freeze(gateway.applied)
    assert frozen is not None
    [(ticket, answer)] = gateway.stored(frozen.batch, 3)
    assert ticket == submitted.ticket
    result = service.SubmitOrderResponse.FromString(answer).result
    assert (result.outcome, result.place.sequence) == (orders.OUTCOME_RECEIVED, 3)
    assert plane.send(frozen) == {}


def test_a_batch_is_full_at_4096_and_a_ticket_never_spans_two() -> None:
    plane = Plane()
    gateway = plane.gateway
    tickets = {}
    for block in range(5):
        commands = [limit(f"{block}-{i}", "buy", "1", "1.00") for i in range(900)]
        submitted = gateway.submit(Gateway.METHOD_BATCH, batch(*commands), ALPHA)
        tickets[submitted.ticket] = block
    assert gateway.pending == 4500
    first = gateway.freeze(1)
    assert first is not None
    assert (first.batch, first.count, first.token) == (1, 3600, "AMZN")
    assert gateway.pending == 900
    answers = plane.send(first) | plane.flush()
    for ticket, block in tickets.items():
        results = service.SubmitBatchResponse.FromString(answers[ticket]).results
        assert [result.cl_ord_id for result in results] == [f"{block}-{i}" for i in range(900)]
        assert {result.place.sequence for result in results} == {3 if block == 4 else 2}


def test_the_token_is_the_symbol_when_all_is_about_one() -> None:
    plane = Plane()
    gateway = plane.gateway

    def token(*commands: object) -> str:
        gateway.submit(Gateway.METHOD_BATCH, batch(*commands), ALPHA)
        frozen = gateway.freeze(gateway.applied)
        assert frozen is not None
        plane.send(frozen)
        return frozen.token

    btc = limit("c1", "buy", "0.001", "1.0005", symbol="BTC-USD")
    assert token(limit("a1", "buy", "1", "1.00")) == "AMZN"
    assert token(btc) == "BTC-USD"
    assert token(limit("a2", "buy", "1", "1.00"), btc) == "_venue"
    assert token(cancel("c1")) == "BTC-USD"
    assert token(cancel(2 << 13)) == "AMZN"
    assert token(limit("a3", "buy", "1", "1.00"), cancel("a2")) == "AMZN"
    assert token(limit("a4", "buy", "1", "1.00"), cancel("c1")) == "_venue"
    assert token(cancel("unknown")) == "_venue"


def test_the_bound_on_what_waits() -> None:
    plane = Plane(gateways=[Gateway(0, 1000, max_pending=3)])
    gateway = plane.gateway
    three = batch(*[limit(f"b{i}", "buy", "1", "1.00") for i in range(3)])
    gateway.submit(Gateway.METHOD_BATCH, three, ALPHA)
    with pytest.raises(Overloaded, match="3 commands wait"):
        gateway.submit(Gateway.METHOD_BATCH, batch(limit("x", "buy", "1", "1.00")), ALPHA)
    frozen = gateway.freeze(1)
    assert frozen is not None
    assert gateway.waiting == 3
    with pytest.raises(Overloaded):
        gateway.submit(Gateway.METHOD_BATCH, batch(limit("x", "buy", "1", "1.00")), ALPHA)
    plane.send(frozen)
    assert gateway.submit(Gateway.METHOD_BATCH, three, ALPHA).ticket == 2


def test_a_refused_batch_is_forgotten_and_its_number_used_again() -> None:
    plane = Plane()
    gateway = plane.gateway
    request = batch(limit("b1", "buy", "1", "1.00"))
    ticket = gateway.submit(Gateway.METHOD_BATCH, request, ALPHA).ticket
    frozen = gateway.freeze(1)
    assert frozen is not None
    assert gateway.refused(frozen.batch) == [ticket]
    assert gateway.waiting == 0
    with pytest.raises(LogError, match="isn't the batch frozen last"):
        gateway.refused(frozen.batch)
    assert gateway.unknown(ticket) == b""
    [result] = plane.ask(limit("b1", "buy", "1", "1.00"))
    assert result.outcome == orders.OUTCOME_ACCEPTED
    assert not result.duplicate


def test_a_batch_stored_twice_takes_effect_once() -> None:
    plane = Plane()
    gateway = plane.gateway
    gateway.submit(Gateway.METHOD_BATCH, batch(limit("b1", "buy", "1", "1.00")), ALPHA)
    frozen = gateway.freeze(1)
    assert frozen is not None
    assert len(plane.send(frozen)) == 1
    [applied] = plane.store(frozen.frame)
    assert (applied.own_batch, applied.status, applied.completed) == (1, 1, [])
    assert len(frames.events(plane.fills[-1])) == 0


def test_a_batch_that_skips_a_number_is_void_and_answered_so() -> None:
    plane = Plane()
    gateway = plane.gateway
    gateway.freeze_tick(1, 0)
    ticket = gateway.submit(
        Gateway.METHOD_BATCH, batch(limit("b1", "buy", "1", "1.00")), ALPHA
    ).ticket
    frozen = gateway.freeze(1)
    assert frozen is not None
    answer = plane.send(frozen)[ticket]
    [result] = service.SubmitBatchResponse.FromString(answer).results
    assert result.reject_reason == types.REJECT_REASON_SYSTEM_UNAVAILABLE


def test_tickets_that_nobody_waits_for() -> None:
    plane = Plane()
    gateway = plane.gateway
    one = gateway.submit(Gateway.METHOD_BATCH, batch(limit("b1", "buy", "1", "1.00")), ALPHA)
    two = gateway.submit(Gateway.METHOD_BATCH, batch(limit("b2", "buy", "1", "1.00")), ALPHA)
    gateway.forget(one.ticket)
    late = service.SubmitBatchResponse.FromString(gateway.unknown(two.ticket)).results
    assert [(result.cl_ord_id, result.outcome) for result in late] == [
        ("b2", orders.OUTCOME_UNKNOWN)
    ]
    assert plane.flush() == {}
    assert gateway.complete_repeats(two.ticket, {}) == b""
    results = plane.ask(limit("b1", "buy", "1", "1.00"), limit("b2", "buy", "1", "1.00"))
    assert [result.duplicate for result in results] == [True, True]


def test_repeats_need_the_messages_they_named() -> None:
    plane = Plane()
    plane.ask(limit("b1", "buy", "1", "1.00"))
    gateway = plane.gateway
    ticket = gateway.submit(
        Gateway.METHOD_BATCH, batch(limit("b1", "buy", "1", "1.00")), ALPHA
    ).ticket
    frozen = gateway.freeze(gateway.applied)
    assert frozen is not None
    [applied] = plane.store(frozen.frame)
    assert applied.completed == []
    assert applied.repeats == [(ticket, [2])]
    with pytest.raises(LogError, match="don't hold all first outcomes"):
        gateway.complete_repeats(ticket, {1: plane.fills[0]})
    with pytest.raises(LogError, match="FILLS 2: the message says that it is 1"):
        gateway.complete_repeats(ticket, {2: plane.fills[0]})
    answer = gateway.complete_repeats(ticket, {2: plane.fills[1]})
    assert service.SubmitBatchResponse.FromString(answer).results[0].duplicate


def test_a_session_ends_with_its_marked_orders() -> None:
    plane = Plane()
    gateway = plane.gateway
    marked: Any = {"cancel_on_disconnect": True}
    plane.ask(
        limit("m1", "buy", "1", "1.00", **marked),
        limit("k1", "buy", "1", "1.00"),
        limit("m2", "buy", "1", "1.00", **marked),
        session=5,
    )
    plane.ask(limit("o1", "buy", "1", "1.00", **marked), session=6)
    plane.ask(replace("m1", "m1b", quantity="2"), cancel("m2"), session=5)
    on_its_way = service.SessionRequest(commands=[wrap(limit("m3", "buy", "1", "1.00", **marked))])
    gateway.submit(Gateway.METHOD_SESSION, on_its_way.SerializeToString(), ALPHA, 5)
    assert gateway.cancel_session(5) == 2
    plane.flush()
    book = {row["cl_ord_id"] for frame in plane.fills for row in frames.events(frame)
            if row["exec_type"] == 4}  # fmt: skip
    assert book == {b"m1b", b"m2", b"m3"}
    assert gateway.cancel_session(5) == 0


def test_a_killed_session_sends_nothing_more_and_keeps_nothing() -> None:
    plane = Plane()
    gateway = plane.gateway
    marked: Any = {"cancel_on_disconnect": True}
    plane.ask(limit("free", "buy", "1", "1.00"), limit("tied", "buy", "1", "1.00", **marked),
              session=5)  # fmt: skip
    plane.ask(limit("other", "buy", "1", "1.00"), session=6)
    plane.ask(limit("unary", "buy", "1", "1.00"))

    def send(session: int, *commands: object) -> int:
        request = service.SessionRequest(commands=[wrap(command) for command in commands])
        method = Gateway.METHOD_SESSION
        return gateway.submit(method, request.SerializeToString(), ALPHA, session).ticket

    send(5, limit("way", "buy", "1", "1.00"), replace("free", "free2", quantity="2"))
    killed = gateway.kill_session(5).ticket
    late = send(5, limit("late", "buy", "1", "1.00"), replace("other", "o2"), cancel("other"))
    alive = send(6, limit("alive", "buy", "1", "1.00"))
    assert gateway.open_in_session(5) == 2
    frozen = gateway.freeze(gateway.applied)
    assert frozen is not None
    assert frozen.token == "_venue"
    answers = plane.send(frozen)
    kill = control_service.CancelAllResponse.FromString(answers[killed]).result
    assert kill.outcome == orders.OUTCOME_ACCEPTED
    ended = {row["cl_ord_id"] for row in frames.events(plane.fills[-1]) if row["exec_type"] == 4}
    assert ended == {b"free2", b"tied", b"way", b"other"}
    # Those of the kill say so; what the client had canceled itself doesn't.
    whys = {row["cl_ord_id"]: row["reason"] for row in frames.events(plane.fills[-1])
            if row["exec_type"] == 4}  # fmt: skip
    of_kill = types.REJECT_REASON_KILL_SWITCH
    assert whys == {b"free2": of_kill, b"tied": of_kill, b"way": of_kill, b"other": 0}
    results = service.SessionResponse.FromString(answers[late]).results
    refused = types.REJECT_REASON_KILL_SWITCH
    assert [result.reject_reason for result in results] == [refused, refused, 0]
    [result] = service.SessionResponse.FromString(answers[alive]).results
    assert result.outcome == orders.OUTCOME_ACCEPTED
    assert [gateway.open_in_session(number) for number in (5, 6, 7)] == [0, 1, 0]
    # Again: nothing is left to cancel, and the kill says the same.
    again = gateway.kill_session(5).ticket
    assert gateway.pending == 1
    [answer] = plane.flush().items()
    assert answer[0] == again
    with pytest.raises(ValueError, match="at least 1"):
        gateway.kill_session(0)


def test_the_cancels_of_a_killed_session_fill_batches() -> None:
    plane = Plane()
    gateway = plane.gateway
    for block in range(9):
        plane.ask(*(limit(f"{block}-{n}", "buy", "1", "1.00") for n in range(1_000)), session=5)
    gateway.kill_session(5)
    counts = []
    while (frozen := gateway.freeze(gateway.applied)) is not None:
        counts.append(frozen.count)
        plane.send(frozen)
    assert counts == [4_096, 4_096, 809]
    assert gateway.open_in_session(5) == 0


def test_what_is_tied_to_the_sessions_of_a_process_that_is_gone_can_be_canceled() -> None:
    plane = Plane(gateways=[Gateway(0, 1000), Gateway(0, 2000)])
    mine, other = plane.gateways
    tied: Any = {"cancel_on_disconnect": True}
    orders_sent = [
        limit("free", "buy", "1", "1.00"),
        limit("tied", "buy", "1", "1.00", **tied),
        limit("tied-2", "buy", "1", "1.00", **tied),
    ]
    assert other.origins_with_orders() == []
    plane.ask(*orders_sent, session=5)
    plane.ask(limit("tied-3", "buy", "1", "1.00", **tied), session=6)
    plane.ask(limit("unary", "buy", "1", "1.00", **tied))
    assert mine.origins_with_orders() == other.origins_with_orders() == [1000]
    assert other.cancel_origin(2000) == 0
    assert other.cancel_origin(1000) == 3
    plane.flush(other)
    ended = [row["cl_ord_id"] for row in frames.events(plane.fills[-1]) if row["exec_type"] == 4]
    assert ended == [b"tied", b"tied-2", b"tied-3"]
    assert [mine.open_in_session(number) for number in (5, 6)] == [1, 0]
    assert other.cancel_origin(1000) == 0
    assert other.origins_with_orders() == [1000], "one is left that isn't tied"


def test_unary_orders_are_never_marked() -> None:
    plane = Plane()
    plane.ask(limit("b1", "buy", "1", "1.00", cancel_on_disconnect=True))
    assert frames.commands(plane.asked[1][1])["flags"].tolist() == [0]


def test_accounts_of_others_look_like_none() -> None:
    plane = Plane()
    gateway = plane.gateway
    for name in ("B1", "NOBODY"):
        with pytest.raises(NotFound, match=f"no account {name} of this firm"):
            gateway.submit(
                Gateway.METHOD_BATCH, batch(limit("x", "buy", "1", "1", account=name)), ALPHA
            )
        with pytest.raises(NotFound):
            gateway.account_id(name, ALPHA)
    assert gateway.account_id("B1", BETA) == 3
    assert gateway.pending == 0


def test_orders_are_found_by_either_id_by_their_firm() -> None:
    plane = Plane()
    plane.ask(limit("b1", "buy", "10", "1.00"))
    plane.ask(replace("b1", "b2", price="1.01"))

    def get(firm: int, **fields: Any) -> orders.Order | None:
        request = service.GetOrderRequest(**fields).SerializeToString()
        found = plane.gateway.get_order(request, firm)
        return None if found is None else service.GetOrderResponse.FromString(found).order

    order = get(ALPHA, account="A1", cl_ord_id="b1")
    assert order is not None
    assert order == get(ALPHA, account="A1", cl_ord_id="b2")
    assert order == get(ALPHA, account="A1", order_id=order.order_id)
    assert (order.cl_ord_id, order.price, order.leaves_quantity) == ("b2", "1.01", "10")
    assert (order.account, order.symbol, order.place.sequence) == ("A1", "AMZN", 3)
    assert get(ALPHA, account="A2", order_id=order.order_id) is None
    with pytest.raises(NotFound):
        get(BETA, account="A1", cl_ord_id="b1")


def test_executions_are_the_firms_own() -> None:
    plane = Plane()
    plane.ask(limit("s1", "sell", "10", "2.00", account="B1"), firm=BETA)
    plane.ask(limit("b1", "buy", "4", "2.50"))

    def executions(firm: int, account: str = "") -> list[orders.Execution]:
        part = plane.gateway.executions(3, plane.fills[2], firm, account)
        response = service.StreamExecutionsResponse.FromString(part)
        assert response.through_sequence == 3
        return list(response.executions)

    new, trade = executions(ALPHA)
    assert (new.exec_type, trade.exec_type) == (types.EXEC_TYPE_NEW, types.EXEC_TYPE_TRADE)
    assert (new.last_price, trade.last_price, trade.price) == ("", "2.00", "2.50")
    assert (trade.cum_quantity, trade.cum_notional) == ("4", "8.00")
    assert trade.transact_time_ns == plane.asked[2][0]
    [made] = executions(BETA, "B1")
    assert made.liquidity == types.LIQUIDITY_MAKER
    assert made.match_id == trade.match_id
    assert executions(ALPHA, "A2") == []
    with pytest.raises(NotFound):
        executions(ALPHA, "B1")


def test_a_message_out_of_order_stops_the_gateway() -> None:
    plane = Plane()
    with pytest.raises(LogError, match="expects FILLS 2 and got 1"):
        plane.gateway.apply_fills(1, plane.fills[0])


def test_the_same_orders_give_the_same_bytes() -> None:
    plane = Plane()
    for round_number in range(20):
        plane.ask(
            limit(f"s{round_number}", "sell", "10", f"{10 + round_number % 3}.00", account="A2"),
            limit(f"b{round_number}", "buy", "15", f"{9 + round_number % 5}.50"),
            replace(f"b{round_number}", f"r{round_number}", leaves_quantity="3"),
            cancel(f"b{round_number - 4}"),
        )
    replayer = Replayer()
    for sequence, (timestamp_ns, frame) in enumerate(plane.asked, start=1):
        made = replayer.apply(sequence, timestamp_ns, frame)
        assert made == (plane.risked[sequence - 1], plane.fills[sequence - 1])
    risk, matching = replayer.into_stages()
    assert (risk.state_hash, risk.applied) == (plane.risk.state_hash, len(plane.asked))
    assert risk.fills_applied == plane.risk.fills_applied
    assert matching.state_hash == plane.matching.state_hash
