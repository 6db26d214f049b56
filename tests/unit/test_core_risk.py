"""What operators and services ask risk: limits, positions, money, switches, breaches, dry runs."""

from typing import Any

import pytest

from cift.common.v1 import types_pb2 as types
from cift.order_entry.v1 import order_pb2 as orders
from cift.risk.v1 import risk_pb2
from cift.risk.v1 import risk_service_pb2 as service
from cift_core import (
    BadRequest,
    LogError,
    NotFound,
    RiskStage,
    encode_reference,
    reject_text,
    risk_reasons,
)
from tests.support.core_plane import ALPHA, BETA, Plane, cancel, limit, replace

MONEY = 10**12
ACCOUNT, FIRM, VENUE = 0, 1, 2
BITS = {
    "max_order_quantity": 0, "max_order_notional": 1, "collar_bps": 2, "max_position": 3,
    "max_open_orders": 4, "credit": 5, "max_gross_position": 6, "max_gross_exposure": 7,
    "messages_per_second": 8, "duplicate_window_ms": 9, "restricted": 10, "max_short": 11,
    "max_daily_loss": 12,
}  # fmt: skip
NAMES = {ALPHA: "ALPHA", BETA: "BETA"}


class Reference:
    """Reference data after what a plane begins with."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.number = 1

    def set(self, kind: str, **fields: Any) -> None:
        """One command more of the relay's; it takes effect."""
        self.number += 1
        self.plane.store(encode_reference(self.number, [(kind, fields)]))

    def limits(self, account: int = 1, level: str = "account", **limits: Any) -> None:
        """Limits with the checks of these fields on."""
        checks = sum(1 << BITS[name] for name in limits if name in BITS)
        limits.pop("restricted", None)
        self.set("limits", account=account, level=level, checks=checks, **limits)


def world() -> tuple[Plane, Reference]:
    """A plane and its reference data."""
    plane = Plane()
    return plane, Reference(plane)


def settle(plane: Plane) -> None:
    """Have risk apply all fills that there are, before a message that says nothing else."""
    plane.send(plane.gateway.freeze_tick(len(plane.fills), len(plane.fills)))


def check(
    plane: Plane, order: orders.NewOrder, firm: int | None = None
) -> service.CheckOrderResponse:
    """The dry run of an order."""
    request = service.CheckOrderRequest(order=order).SerializeToString()
    told: service.CheckOrderResponse = service.CheckOrderResponse.FromString(
        plane.risk.check(request, firm)
    )
    return told


def breaches(plane: Plane, firm: int | None = None, account: str = "") -> list[risk_pb2.Breach]:
    """What all messages so far had refused."""
    found: list[risk_pb2.Breach] = []
    for sequence, fills in enumerate(plane.fills, 1):
        told = service.StreamBreachesResponse.FromString(
            plane.risk.breaches(sequence, fills, firm, account, NAMES)
        )
        assert told.through_sequence == sequence
        found.extend(told.breaches)
    return found


def test_limits_of_every_level_come_back() -> None:
    plane, reference = world()
    given = {
        "max_order_quantity": 5, "max_order_notional": str(6 * MONEY), "collar_bps": 7,
        "max_position": 8, "max_open_orders": 9, "credit": str(10**15 * MONEY),
        "max_gross_position": 11, "max_gross_exposure": str(12 * MONEY), "max_short": 13,
        "max_daily_loss": str(14 * MONEY), "messages_per_second": 15, "message_burst": 16,
        "duplicate_window_ms": 17, "duplicate_max": 18, "restricted": True,
    }  # fmt: skip
    for level, name, holder in (
        (ACCOUNT, "account", 1),
        (FIRM, "firm", ALPHA),
        (VENUE, "venue", 0),
    ):
        reference.limits(holder, name, **given)
        reference.limits(holder, name, instrument=2, max_position=3, restricted=True)
        whole, special = plane.risk.limits_of(level, holder)
        assert {field: str(getattr(whole, field)) for field in given} == {
            field: str(value) for field, value in given.items()
        }
        assert (whole.instrument, whole.symbol) == (0, "")
        assert (special.instrument, special.symbol) == (2, "BTC-USD")
        assert (special.max_position, special.restricted, special.max_short) == (3, True, None)
        reference.limits(holder, name)
        whole, _ = plane.risk.limits_of(level, holder)
        assert {getattr(whole, field) for field in given} == {None, False}
    mine = plane.risk.limits("A1", 2)
    assert mine is not None
    assert (mine.symbol, mine.max_position) == ("BTC-USD", 3)
    assert plane.risk.limits_of(FIRM, BETA) == plane.risk.limits_of(FIRM, 99) == []
    for ask in (plane.risk.limits_of, plane.risk.profit_and_loss):
        with pytest.raises(ValueError, match="a level is 0"):
            ask(3)


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("limits", {"level": "shard"}, "must be 'account', 'firm' or 'venue'"),
        ("limits", {"messages_per_second": 1 << 20}, "below 2"),
        ("limits", {"duplicate_max": 1 << 12}, "below 2"),
        ("limits", {"max_daily_loss": 5}, "max_daily_loss: "),
        ("fees", {"tiers": [[1, 0, 0]]}, "must begin at 0"),
        ("fees", {"tiers": [[0, 0, 0]] * 9}, "at most 8"),
        ("fees", {"tiers": [[0, 100_001, 0]]}, "100000 millionths"),
        ("conversion", {"currency": "", "value": 1}, "currency: must be"),
        ("kill", {"level": "venue", "session": 1}, "a field is not known"),
    ],
)
def test_reference_data_of_risk_that_is_wrong_is_refused(
    kind: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        encode_reference(1, [(kind, fields)])


def test_names_and_numbers_of_accounts() -> None:
    plane, _ = world()
    assert plane.risk.account_names() == ["A1", "A2", "B1"]
    assert plane.risk.account_names(ALPHA) == ["A1", "A2"]
    assert plane.risk.account_names(9) == []
    assert (plane.risk.account_id("B1"), plane.risk.account_name(3)) == (3, "B1")
    assert plane.risk.account_id("B9") is None
    assert plane.risk.account_name(9) is None


def test_positions_tell_cost_and_profit() -> None:
    plane, _ = world()
    plane.ask(limit("s1", "sell", "11", "100.00"), limit("b0", "buy", "1", "100.00"))
    plane.ask(limit("s2", "sell", "10", "103.00"))
    settle(plane)
    plane.ask(limit("b1", "buy", "13", "103.00", "A2"))
    plane.ask(limit("b2", "buy", "5", "101.00"), limit("s3", "sell", "4", "101.00", "A2"))
    settle(plane)
    [row] = plane.risk.positions("A2")
    # 10 at 100 and 3 at 103: 1,309 for 13, of which 4 were sold at 101.
    cost = 1_309 * MONEY * 9 // 13
    assert (row.quantity, row.currency, row.reference_price) == (9, "USD", 10_100)
    assert abs(row.cost - cost) <= 10**10
    assert row.average_price is not None
    assert row.average_price // 10**6 == 10_069
    assert row.realized + row.cost == (404 - 1_309) * MONEY + 2 * row.cost
    assert row.unrealized == 909 * MONEY - row.cost
    assert (row.net_cost, row.fees) == (905 * MONEY, 0)
    won = plane.risk.profit_and_loss(ACCOUNT, 2)
    assert won is not None
    assert (won.day, won.total, won.currency) == (4 * MONEY, 4 * MONEY, "USD")
    assert (won.realized, won.unrealized) == (row.realized, row.unrealized)
    firm, venue = plane.risk.profit_and_loss(FIRM, ALPHA), plane.risk.profit_and_loss(VENUE)
    assert firm is not None
    assert venue is not None
    assert (firm.day, venue.total, firm.realized, firm.fees) == (0, 0, None, None)
    assert plane.risk.profit_and_loss(ACCOUNT, 9) is None
    assert plane.risk.profit_and_loss(FIRM, 9) is None


def test_exposure_tells_what_is_at_stake_and_what_is_let_through() -> None:
    plane, reference = world()
    reference.limits(1, credit=str(1_000 * MONEY), max_daily_loss=str(50 * MONEY))
    plane.ask(limit("s1", "sell", "9", "100.00", "B1"), firm=BETA)
    plane.ask(limit("b1", "buy", "9", "100.00"))
    settle(plane)
    exposure = plane.risk.exposure("A1")
    assert exposure is not None
    assert (exposure.credit, exposure.used, exposure.buying_power) == (
        1_000 * MONEY, 900 * MONEY, 100 * MONEY)  # fmt: skip
    assert (exposure.close_only, exposure.killed, exposure.gross_exposure) == (False, False, None)
    assert exposure.equity == 1_000 * MONEY
    # Somebody trades at 94.
    plane.ask(limit("s2", "sell", "1", "94.00", "B1"), firm=BETA)
    plane.ask(limit("b2", "buy", "1", "94.00", "A2"))
    reference.set("kill", level="firm", account=ALPHA)
    settle(plane)
    exposure = plane.risk.exposure("A1")
    assert exposure is not None
    assert (exposure.equity, exposure.close_only, exposure.killed) == (946 * MONEY, True, True)
    reference.limits(ALPHA, "firm", max_gross_exposure=str(10**6 * MONEY))
    exposure = plane.risk.exposure("A1")
    assert exposure is not None
    assert exposure.gross_exposure == 900 * MONEY


def test_kill_switches_that_are_on() -> None:
    plane, reference = world()
    assert plane.risk.kill_switches() == []
    plane.ask(limit("b1", "buy", "1", "1.00"), limit("b2", "buy", "1", "1.00"))
    for level, holder in (("venue", 0), ("firm", BETA), ("account", 1)):
        reference.set("kill", level=level, account=holder)
    assert plane.risk.kill_switches() == [(ACCOUNT, 1), (FIRM, BETA), (VENUE, 0)]
    settle(plane)
    assert plane.risk.positions("A1") == []
    [refused] = plane.ask(limit("b3", "buy", "1", "1.00"))
    assert refused.reject_reason == types.REJECT_REASON_KILL_SWITCH
    assert "an operator has lifted it" in refused.reject_text
    told = check(plane, limit("", "buy", "1", "1.00"))
    assert told.reject_text.startswith("kill switch of the account; ")
    reference.set("unkill", level="venue")
    reference.set("unkill", account=1)
    assert plane.risk.kill_switches() == [(FIRM, BETA)]
    assert check(plane, limit("", "buy", "1", "1.00")).accepted


def test_changed_positions_are_those_that_a_message_touched() -> None:
    plane, _ = world()
    plane.ask(limit("s1", "sell", "2", "1.00"), limit("s2", "sell", "2", "1.00"), cancel("none"))
    assert plane.risk.changed_positions(plane.fills[-1]) == [("A1", "AMZN")]
    plane.ask(limit("b1", "buy", "1", "1.00", "B1"), firm=BETA)
    assert plane.risk.changed_positions(plane.fills[-1]) == [("B1", "AMZN"), ("A1", "AMZN")]
    plane.ask(limit("b2", "buy", "1", "0.10", symbol="BTC-USD"))
    assert plane.risk.changed_positions(plane.fills[-1]) == [("A1", "BTC-USD")]
    # Refused: nothing changes.
    plane.ask(limit("b3", "buy", "1.5", "0.10", "A2", "BTC-USD"))
    assert plane.risk.changed_positions(plane.fills[-1]) == []
    with pytest.raises(LogError):
        plane.risk.changed_positions(plane.risked[-1])


def test_breaches_are_those_of_risks_own_reasons() -> None:
    plane, reference = world()
    plane.ask(limit("ok", "buy", "2", "100.00"))
    reference.limits(1, max_order_quantity=5)
    reference.limits(3, max_position=5)
    plane.ask(
        limit("large", "buy", "6", "100.00"),
        limit("lot", "buy", "0.00000001", "0.10", symbol="BTC-USD"),
        replace("ok", "larger", quantity="9"),
        cancel("unknown"),
        limit("ok", "sell", "1", "100.00"),
    )
    plane.ask(limit("short", "sell", "6", "100.00", "B1"), firm=BETA)
    first, second, third = breaches(plane)
    assert (first.account, first.firm, first.symbol, first.cl_ord_id) == (
        "A1", "ALPHA", "AMZN", "large")  # fmt: skip
    assert first.reject_reason == types.REJECT_REASON_CLIP_SIZE
    assert "send smaller orders" in first.reject_text
    assert (first.side, first.price, first.quantity) == (types.SIDE_BUY, "100.00", "6")
    assert (first.place.sequence, first.transact_time_ns) == (5, 1_700_000_000_005_000_000)
    assert (second.cl_ord_id, second.quantity, second.price) == ("larger", "9", "")
    assert (third.account, third.firm) == ("B1", "BETA")
    assert third.reject_reason == types.REJECT_REASON_EXCEEDS_LIMIT


def test_a_firm_sees_no_other_firms_breaches() -> None:
    plane, reference = world()
    reference.limits(1, max_order_quantity=5)
    reference.limits(3, max_order_quantity=5)
    # The second account has a collar, and there is no price to put it around.
    plane.ask(limit("mine", "buy", "6", "100.00"), limit("own", "buy", "6", "1.00", "A2"))
    plane.ask(limit("theirs", "buy", "6", "100.00", "B1"), firm=BETA)
    assert [one.cl_ord_id for one in breaches(plane)] == ["mine", "own", "theirs"]
    assert [one.cl_ord_id for one in breaches(plane, ALPHA)] == ["mine", "own"]
    assert [one.cl_ord_id for one in breaches(plane, BETA)] == ["theirs"]
    assert [one.cl_ord_id for one in breaches(plane, None, "B1")] == ["theirs"]
    assert [one.cl_ord_id for one in breaches(plane, ALPHA, "A2")] == ["own"]
    assert breaches(plane, BETA, "B1") != breaches(plane, ALPHA, "A1")
    for stranger in ("B1", "NOBODY", "bad name"):
        with pytest.raises(NotFound, match=stranger):
            plane.risk.breaches(1, plane.fills[0], ALPHA, stranger)
    [nameless] = service.StreamBreachesResponse.FromString(
        plane.risk.breaches(len(plane.fills), plane.fills[-1])
    ).breaches
    assert nameless.firm == ""
    with pytest.raises(LogError, match="FILLS 9"):
        plane.risk.breaches(9, plane.fills[0])


def test_a_dry_run_says_by_how_much_and_whose_limit() -> None:
    plane, reference = world()
    reference.limits(1, max_position=5, credit=str(1_000 * MONEY))
    reference.limits(ALPHA, "firm", max_order_notional=str(10 * MONEY))
    reference.limits(0, "venue", max_open_orders=0)
    told = check(plane, limit("", "buy", "6", "100.00"), ALPHA)
    assert (told.accepted, told.reject_reason) == (False, types.REJECT_REASON_MAX_OPEN_ORDERS)
    words = "as many orders are open as may be: cancel some, then retry"
    assert told.reject_text == f"open orders of the venue; {words}"
    failed = {(one.check, one.level): one for one in told.checks if not one.passed}
    assert list(failed) == [
        ("open_orders", risk_pb2.LEVEL_VENUE),
        ("order_notional", risk_pb2.LEVEL_FIRM),
        ("position", risk_pb2.LEVEL_ACCOUNT),
    ]
    notional = failed["order_notional", risk_pb2.LEVEL_FIRM]
    assert (notional.limit, notional.value, notional.headroom) == (
        "10.000000000000", "600.000000000000", "-590.000000000000")  # fmt: skip
    assert notional.reject_reason == types.REJECT_REASON_MAX_ORDER_NOTIONAL
    position = failed["position", risk_pb2.LEVEL_ACCOUNT]
    assert (position.limit, position.value, position.headroom) == ("5", "6", "-1")
    # What all firms have is for operators alone.
    assert not any(one.limit or one.value or one.headroom
                   for one in told.checks if one.level == risk_pb2.LEVEL_VENUE)  # fmt: skip
    all_told = check(plane, limit("", "buy", "6", "100.00"))
    assert all_told.reject_text == (
        f"open orders of the venue: limit 0, value 1, headroom -1; {words}"
    )
    open_orders = [one for one in all_told.checks if one.check == "open_orders"][-1]
    assert (open_orders.level, open_orders.limit, open_orders.value) == (3, "0", "1")
    off = next(one for one in told.checks if one.check == "collar")
    assert (off.off, off.passed, off.limit, off.headroom) == (True, True, "", "")


def test_a_dry_runs_headroom_is_what_the_next_order_is_given() -> None:
    plane, reference = world()
    reference.limits(1, max_position=7)
    plane.ask(limit("b1", "buy", "3", "1.00"))
    told = check(plane, limit("", "buy", "1", "1.00"))
    position = next(one for one in told.checks if one.check == "position")
    more = 1 + int(position.headroom)
    refused, taken = plane.ask(
        limit("b2", "buy", str(more + 1), "1.00"), limit("b3", "buy", str(more), "1.00")
    )
    assert refused.reject_reason == types.REJECT_REASON_EXCEEDS_LIMIT
    assert taken.outcome == orders.OUTCOME_ACCEPTED
    assert not check(plane, limit("", "buy", "1", "1.00")).accepted


@pytest.mark.parametrize(
    "terms",
    [
        {"stop_price": "2.00", "ord_type": types.ORD_TYPE_STOP, "price": ""},
        {"stop_price": "2.00", "ord_type": types.ORD_TYPE_STOP_LIMIT},
        {"ord_type": types.ORD_TYPE_STOP, "price": "",
         "trailing_stop": orders.TrailingStop(basis_points=10)},
        {"ord_type": types.ORD_TYPE_PEGGED, "peg": orders.Peg(follows=orders.PEG_PRICE_MID)},
        {"ord_type": types.ORD_TYPE_MARKET_TO_LIMIT, "price": ""},
        {"display_quantity": "1", "min_visible_quantity": "1", "tag": "X"},
        {"time_in_force": types.TIME_IN_FORCE_GTD, "expire_time_ns": 2 * 10**18},
        {"min_quantity": "1"},
        {"post_only": orders.POST_ONLY_REPRICE},
        {"all_or_none": True},
    ],
)  # fmt: skip
def test_a_dry_run_takes_every_kind_of_order(terms: dict[str, Any]) -> None:
    plane, _ = world()
    told = check(plane, with_terms("", terms), ALPHA)
    assert told.accepted, told
    assert len(told.checks) > 10


def with_terms(cl_ord_id: str, terms: dict[str, Any], account: str = "A1") -> orders.NewOrder:
    """An order of a few, at 1.50 unless the terms say otherwise."""
    order = limit(cl_ord_id, "buy", "2", "1.50", account)
    for field, value in terms.items():
        if hasattr(value, "DESCRIPTOR"):
            getattr(order, field).CopyFrom(value)
        else:
            setattr(order, field, value)
    return order


PEGGED = {"ord_type": types.ORD_TYPE_PEGGED, "price": ""}


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"post_only": orders.POST_ONLY_REJECT, "time_in_force": types.TIME_IN_FORCE_IOC},
         types.REJECT_REASON_UNSUPPORTED_CHARACTERISTIC),
        ({"time_in_force": types.TIME_IN_FORCE_GTD, "expire_time_ns": 1},
         types.REJECT_REASON_UNSUPPORTED_CHARACTERISTIC),
        ({"min_visible_quantity": "1"}, types.REJECT_REASON_UNSUPPORTED_CHARACTERISTIC),
        ({"stop_price": "1.50"}, types.REJECT_REASON_UNSUPPORTED_CHARACTERISTIC),
        ({"min_quantity": "3"}, types.REJECT_REASON_INCORRECT_QUANTITY),
        ({"display_quantity": "1", "min_visible_quantity": "2"},
         types.REJECT_REASON_INCORRECT_QUANTITY),
        # What a peg is limited by is the collar, half of the last price.
        (PEGGED | {"peg": orders.Peg(follows=orders.PEG_PRICE_MID, offset="9.00")},
         types.REJECT_REASON_PRICE_BAND),
        (PEGGED | {"peg": orders.Peg(follows=orders.PEG_PRICE_MID, offset="0.10")}, 0),
    ],
)  # fmt: skip
def test_a_dry_run_refuses_what_the_order_itself_is_refused_for(
    terms: dict[str, Any], reason: int
) -> None:
    plane, _ = world()
    plane.ask(limit("s1", "sell", "1", "1.50"), limit("b1", "buy", "1", "1.50"))
    settle(plane)
    told = check(plane, with_terms("", terms, "A2"), ALPHA)
    assert (told.accepted, told.reject_reason) == (not reason, reason)
    [result] = plane.ask(with_terms("b2", terms, "A2"))
    assert result.reject_reason == reason
    assert (result.outcome == orders.OUTCOME_REJECTED) == bool(reason)


def test_a_dry_run_knows_the_session_that_was_killed() -> None:
    plane, _ = world()
    plane.ask(limit("b1", "buy", "1", "1.00"), session=7)
    plane.gateway.kill_session(7)
    plane.flush()
    order = limit("b2", "buy", "1", "1.00")

    def checked(session: str) -> service.CheckOrderResponse:
        request = service.CheckOrderRequest(order=order, session=session)
        raw = plane.risk.check(request.SerializeToString(), ALPHA)
        told: service.CheckOrderResponse = service.CheckOrderResponse.FromString(raw)
        return told

    told = checked(f"{1000:016x}-7")
    assert told.reject_reason == types.REJECT_REASON_KILL_SWITCH
    assert [one.check for one in told.checks if not one.passed] == ["kill_switch"]
    [refused] = plane.ask(order, session=7)
    assert refused.reject_reason == told.reject_reason
    for other in ("", f"{1000:016x}-8", f"{1001:016x}-7"):
        assert checked(other).accepted
    for wrong in ("x", "7", f"{1000:016X}-7", f"{1000:016x}-07", f"{1000:016x}-{1 << 32}", "é-1"):
        with pytest.raises(BadRequest) as malformed:
            checked(wrong)
        assert [field for field, _ in malformed.value.violations] == ["session"]


def test_a_dry_run_of_what_is_no_order() -> None:
    plane, _ = world()
    told = check(plane, limit("", "buy", "1", "1.00", symbol="NONE"))
    assert (told.reject_reason, list(told.checks)) == (types.REJECT_REASON_UNKNOWN_SYMBOL, [])
    assert told.reject_text == "the symbol is not traded here"
    with pytest.raises(NotFound):
        check(plane, limit("", "buy", "1", "1.00", "B1"), ALPHA)
    with pytest.raises(BadRequest):
        plane.risk.check(b"\xff")


def test_before_the_first_message_there_is_nothing() -> None:
    risk = RiskStage()
    assert len(risk.account_names() + risk.kill_switches() + risk.limits_of(VENUE)) == 0
    assert risk.exposure("A1") is None
    nothing = risk.profit_and_loss(VENUE)
    assert nothing is not None
    assert (nothing.day, nothing.currency) == (0, "")


def test_fees_and_values_of_currencies_come_with_reference_data() -> None:
    plane, reference = world()
    tiers = [[0, 1_000, 2_000], [1_000, -500, 1_000]]
    reference.set("fees", level="firm", account=ALPHA, tiers=tiers)
    reference.set("conversion", currency="USD", value=10**9)
    plane.ask(limit("s1", "sell", "15", "100.00"), limit("b1", "buy", "10", "100.00"))
    plane.ask(limit("b2", "buy", "5", "100.00", "B1"), firm=BETA)
    settle(plane)
    [row] = plane.risk.positions("A1")
    # It took 1,000 for 2; with that it is a tier up, and is paid for the 1,500 that it made.
    assert (row.quantity, row.fees) == (-5, 2 * MONEY - 3 * MONEY // 4)
    mine = plane.risk.profit_and_loss(ACCOUNT, 1)
    assert mine is not None
    assert (mine.fees, mine.traded_30_days) == (row.fees, 2_500 * MONEY)
    assert mine.realized is not None
    assert mine.unrealized is not None
    assert mine.total == mine.realized + mine.unrealized - row.fees
    other = plane.risk.profit_and_loss(ACCOUNT, 3)
    assert other is not None
    assert (other.fees, other.traded_30_days) == (0, None)
    reference.set("fees", level="firm", account=ALPHA)
    plane.ask(limit("s3", "sell", "5", "100.00", "B1"), firm=BETA)
    plane.ask(limit("b3", "buy", "5", "100.00"))
    settle(plane)
    assert [row.fees for row in plane.risk.positions("A1")] == [row.fees]


def test_a_dry_run_says_that_a_currency_has_no_value() -> None:
    plane, reference = world()
    reference.set("account", id=9, firm=ALPHA, flags=1, name="E1", currency="EUR")
    reference.limits(9, credit=str(10**6 * MONEY))
    told = check(plane, limit("", "buy", "1", "1.00", "E1"))
    assert told.reject_reason == types.REJECT_REASON_NO_CONVERSION
    assert told.reject_text.startswith("conversion of the account; a currency has no value")
    reference.set("conversion", currency="USD", value=10**9)
    reference.set("conversion", currency="EUR", value=2 * 10**9)
    told = check(plane, limit("", "buy", "1", "1.00", "E1"))
    power = next(one for one in told.checks if one.check == "buying_power")
    assert (told.accepted, power.value) == (True, "0.5000000000000000")


def test_a_dry_run_of_an_order_that_was_sent_is_of_that_order() -> None:
    plane, _ = world()
    sent = limit("b1", "buy", "2", "1.50", display_quantity="1", tag="X")
    plane.ask(sent)
    assert check(plane, sent).accepted
    told = check(plane, limit("b1", "buy", "2", "1.50", display_quantity="1", tag="Y"))
    assert told.reject_reason == types.REJECT_REASON_DUPLICATE_CL_ORD_ID


def test_every_reason_of_risk_is_in_words() -> None:
    reasons = risk_reasons()
    assert (reasons[0], reasons[-1]) == (105, 117)
    assert len({reject_text(reason) for reason in reasons}) == len(reasons) == 18
    known = set(types.RejectReason.values())
    assert set(reasons) <= known
    assert not {1, 6, 11, 15, 100, 102, 104, 114} & set(reasons)
    assert "does not know" in reject_text(65_535)
