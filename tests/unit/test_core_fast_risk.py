"""FastRiskEngine: pre-trade risk without a log around it, one order at a time and in batches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cift_core import (
    FastRiskEngine,
    RiskDryRun,
    RiskVerdict,
    fast_order_dtype,
    fast_trade_dtype,
    fast_verdict_dtype,
)

MONEY = 10**12
DAY_NS = 86_400 * 10**9
SIDES = {"buy": 1, "sell": 2}
ORD_TYPES = {"limit": 2, "market": 1}


def engine(**limits: Any) -> FastRiskEngine:
    """Instrument 1 at 100, and account 7 of firm 1 with these limits."""
    risk = FastRiskEngine()
    risk.set_instrument(1, reference_price=100)
    risk.set_account(7)
    risk.set_limits(7, **limits)
    return risk


def orders(*rows: tuple[int, str, int, int]) -> np.ndarray[Any, Any]:
    """Limit orders: account, side, price, quantity."""
    array = np.zeros(len(rows), fast_order_dtype())
    for place, (account, side, price, quantity) in zip(array, rows, strict=True):
        place["account"], place["instrument"], place["side"] = account, 1, SIDES[side]
        place["price"], place["quantity"] = price, quantity
    return array


def trades(*rows: tuple[int, int, int]) -> np.ndarray[Any, Any]:
    """Trades: order id, price, quantity."""
    array = np.zeros(len(rows), fast_trade_dtype())
    for place, (order_id, price, quantity) in zip(array, rows, strict=True):
        place["order_id"], place["price"], place["quantity"] = order_id, price, quantity
    return array


def test_risk_reserves_fills_and_releases() -> None:
    risk = FastRiskEngine()
    risk.set_instrument(1, price_scale=2, reference_price=10_000)
    risk.set_account(7)
    refused = risk.submit(7, 1, "buy", 10_000, 1)
    assert (refused.accepted, refused.reason) == (False, 105)
    risk.set_limits(
        7, max_order_quantity=50, collar_bps=1_000, max_open_orders=2, credit=10_000 * MONEY
    )
    assert risk.submit(7, 1, "buy", 10_000, 51).reason == 26
    assert risk.submit(7, 1, "buy", 11_001, 1).reason == 16
    first = risk.submit(7, 1, "buy", 10_000, 40)
    assert first.accepted
    assert risk.buying_power(7) == 6_000 * MONEY
    assert risk.submit(7, 1, "buy", 10_000, 50).accepted
    assert risk.open_orders(7) == 2
    assert risk.submit(7, 1, "buy", 10_000, 1).reason == 106
    risk.trade(first.order_id, 9_900, 10)
    assert risk.position(7, 1) == 10
    risk.end(first.order_id)
    assert (risk.open_orders(7), risk.buying_power(7)) == (1, (10_000 - 990 - 5_000) * MONEY)
    assert "buying power" in risk.submit(7, 1, "buy", 10_000, 50).text
    with pytest.raises(KeyError):
        risk.end(first.order_id)
    with pytest.raises(ValueError, match="open quantity"):
        other = risk.submit(7, 1, "sell", 10_000, 5)
        risk.trade(other.order_id, 10_000, 6)
    with pytest.raises(ValueError, match="a trade has a price"):
        risk.trade(other.order_id, 10**12 + 1, 1)
    with pytest.raises(ValueError, match="there is no such account"):
        risk.set_limits(9)


def test_an_order_that_only_reduces_reserves_what_it_reduces() -> None:
    risk = FastRiskEngine()
    risk.set_instrument(1)
    risk.set_account(7)
    risk.set_limits(7)
    assert risk.submit(7, 1, "sell", 100, 1, reduce_only=True).reason == 101
    held = risk.submit(7, 1, "buy", 100, 10)
    risk.trade(held.order_id, 100, 10)
    reducing = risk.submit(7, 1, "sell", 100, 8, reduce_only=True)
    assert reducing.accepted
    assert risk.submit(7, 1, "sell", 100, 3).reason == 101
    assert risk.submit(7, 1, "sell", 100, 2).accepted
    risk.end(reducing.order_id)
    assert risk.submit(7, 1, "sell", 100, 3).accepted


# Limits of an account, an order at them, and one beyond; in order of precedence.
AT_AND_BEYOND: list[tuple[str, dict[str, Any], tuple[str, int, int], tuple[str, int, int], int]] = [
    ("order_quantity", {"max_order_quantity": 5}, ("buy", 100, 5), ("buy", 100, 6), 26),
    ("order_notional", {"max_order_notional": 500 * MONEY}, ("buy", 100, 5), ("buy", 100, 6), 27),
    ("collar", {"collar_bps": 500}, ("buy", 105, 1), ("buy", 106, 1), 16),
    ("position", {"max_position": 5}, ("sell", 100, 5), ("sell", 100, 6), 3),
    ("gross_position", {"max_gross_position": 5}, ("buy", 100, 5), ("buy", 100, 6), 3),
    ("gross_exposure", {"max_gross_exposure": 500 * MONEY}, ("buy", 100, 5), ("buy", 100, 6), 20),
    ("buying_power", {"credit": 500 * MONEY}, ("buy", 100, 5), ("buy", 100, 6), 25),
    ("short_sale", {"max_short": 5}, ("sell", 100, 5), ("sell", 100, 6), 22),
]


@pytest.mark.parametrize("level", ["account", "firm", "venue"])
@pytest.mark.parametrize(("name", "limits", "at", "beyond", "reason"), AT_AND_BEYOND)
def test_each_limit_holds_at_each_level(
    level: str,
    name: str,
    limits: dict[str, Any],
    at: tuple[str, int, int],
    beyond: tuple[str, int, int],
    reason: int,
) -> None:
    holder = {"account": 7, "firm": 1, "venue": 0}[level]
    for (side, price, quantity), refused in ((at, 0), (beyond, reason)):
        risk = engine()
        risk.set_limits(holder, level=level, **limits)
        told = risk.check(7, 1, side, price, quantity)
        [check] = [one for one in told.checks if one.level == level and one.name == name]
        assert (check.off, check.passed) == (False, refused == 0)
        assert check.limit is not None
        assert check.headroom == check.limit - check.value
        assert (check.headroom == 0) == (refused == 0)
        assert (told.accepted, told.reason) == (refused == 0, refused)
        assert risk.submit(7, 1, side, price, quantity).reason == refused
        assert check.reason == reason


def test_flow_is_bounded_on_the_time_that_is_told() -> None:
    risk = engine(messages_per_second=1, message_burst=2, duplicate_window_ms=500, duplicate_max=1)
    risk.advance(DAY_NS)
    assert risk.submit(7, 1, "buy", 100, 1).accepted
    assert risk.submit(7, 1, "buy", 100, 1).reason == 112
    assert risk.submit(7, 1, "buy", 100, 2).reason == 111
    risk.advance(DAY_NS + 10**9)
    assert risk.submit(7, 1, "buy", 100, 1).accepted
    [row] = risk.limits_of("account", 7)
    assert (row.messages_per_second, row.message_burst) == (1, 2)
    assert (row.duplicate_window_ms, row.duplicate_max) == (500, 1)
    for half in ({"message_burst": 1}, {"duplicate_max": 1}):
        with pytest.raises(ValueError, match="are given together"):
            risk.set_limits(7, **half)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="below 2"):
        risk.set_limits(7, messages_per_second=1 << 20, message_burst=1)


def test_a_days_loss_leaves_only_what_reduces() -> None:
    risk = engine(max_daily_loss=50 * MONEY)
    bought = risk.submit(7, 1, "buy", 100, 10)
    risk.trade(bought.order_id, 100, 10)
    risk.set_last_trade(1, 94)
    exposure = risk.exposure(7)
    assert exposure is not None
    assert (exposure.close_only, exposure.equity) == (True, -60 * MONEY)
    assert risk.submit(7, 1, "buy", 94, 1).reason == 113
    assert risk.submit(7, 1, "sell", 94, 10).accepted
    won = risk.profit_and_loss("account", 7)
    assert won is not None
    assert (won.day, won.total, won.realized, won.unrealized) == (
        -60 * MONEY, -60 * MONEY, 0, -60 * MONEY)  # fmt: skip
    [row] = risk.positions(7)
    assert (row.symbol, row.quantity, row.cost, row.unrealized, row.reference_price) == (
        "I1", 10, 1_000 * MONEY, -60 * MONEY, 94)  # fmt: skip
    assert row.average_price == 100 * 10**6


def test_switches_name_the_orders_to_cancel() -> None:
    risk = engine()
    risk.set_account(8, firm=2)
    risk.set_limits(8)
    mine = [risk.submit(7, 1, "buy", 100, 1).order_id for _ in range(3)]
    other = risk.submit(8, 1, "buy", 100, 1).order_id
    assert risk.kill("firm", 1) == mine
    assert risk.kill_switches() == [("firm", 1)]
    assert risk.submit(7, 1, "buy", 100, 1).reason == 109
    assert risk.submit(8, 1, "buy", 100, 1).accepted
    assert risk.end_many(np.array(mine, "u8")).tolist() == [0, 0, 0]
    assert other in risk.kill()
    risk.unkill("firm", 1)
    assert risk.submit(7, 1, "buy", 100, 1).reason == 109
    risk.unkill()
    assert risk.submit(7, 1, "buy", 100, 1).accepted
    with pytest.raises(ValueError, match="must be 'account', 'firm' or 'venue'"):
        risk.kill("shard")
    with pytest.raises(ValueError, match="there is no such account"):
        risk.kill("account", 99)


def test_what_is_restricted_takes_no_order() -> None:
    risk = engine()
    risk.set_limits(7, instrument=1, restricted=True)
    assert risk.submit(7, 1, "buy", 100, 1).reason == 110
    assert [row.instrument for row in risk.limits_of("account", 7)] == [0, 1]
    assert [row.restricted for row in risk.limits_of("account", 7)] == [False, True]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (lambda risk: risk.set_fees([(5, 1, 1)]), "must begin at 0"),
        (lambda risk: risk.set_fees([(0, 1, 1)] * 9), "at most 8"),
        (lambda risk: risk.set_fees([(0, 1, 1), (0, 2, 2)]), "and rise"),
        (lambda risk: risk.set_fees([(0, 100_001, 1)]), "100000 millionths"),
        (lambda risk: risk.set_conversion("usd", 1), "capital letters"),
        (lambda risk: risk.set_conversion("USD", 0), "1 to 10"),
        (lambda risk: risk.set_last_trade(9, 1), "not traded"),
        (
            lambda risk: risk.set_instrument(2, initial_margin_bps=1, maintenance_margin_bps=2),
            "bounds",
        ),
        (lambda risk: risk.set_account(7, firm=2), "never changes"),
        (lambda risk: risk.submit(7, 1, "up", 1, 1), "side is"),
        (lambda risk: risk.submit(7, 1, "buy", 1, 1, "odd"), "ord_type is"),
    ],
)
def test_what_cannot_be_set_is_an_exception(
    told: Callable[[FastRiskEngine], object], message: str
) -> None:
    risk = engine()
    before = risk.submit(7, 1, "buy", 100, 1)
    with pytest.raises(ValueError, match=message):
        told(risk)
    risk.end(before.order_id)


def test_orders_of_every_kind_are_counted_at_the_most_they_cost() -> None:
    risk = engine(credit=1_000 * MONEY, collar_bps=1_000)
    for price, ord_type, stop_price, left in (
        (0, "market", 0, 890),
        (0, "market_to_limit", 0, 780),
        (0, "stop", 105, 665),
        (108, "stop_limit", 105, 557),
        (0, "pegged", 0, 447),
        (101, "pegged", 0, 346),
    ):
        assert risk.check(7, 1, "buy", price, 1, ord_type, stop_price=stop_price).accepted
        assert risk.submit(7, 1, "buy", price, 1, ord_type, stop_price=stop_price).accepted
        assert risk.buying_power(7) == left * MONEY, ord_type


class Single:
    """The batch calls, by one call for each row."""

    def __init__(self, risk: FastRiskEngine) -> None:
        self.risk = risk

    def submit_many(self, rows: np.ndarray[Any, Any]) -> list[RiskVerdict]:
        names = {number: name for name, number in ORD_TYPES.items()} | {0: "limit"}
        return [
            self.risk.submit(
                int(row["account"]), int(row["instrument"]), "buy" if row["side"] == 1 else "sell",
                int(row["price"]), int(row["quantity"]), names[int(row["ord_type"])],
                bool(row["reduce_only"]),
            )
            for row in rows
        ]  # fmt: skip


def random_world() -> FastRiskEngine:
    """Four accounts of two firms in three instruments, with limits that are hit."""
    risk = FastRiskEngine()
    for instrument in (1, 2, 3):
        risk.set_instrument(instrument, reference_price=100 * instrument, initial_margin_bps=5_000)
    for account in (1, 2, 3, 4):
        risk.set_account(account, firm=account % 2)
        risk.set_limits(
            account, max_order_quantity=900, collar_bps=2_000, max_position=3_000,
            max_open_orders=400, credit=400_000 * MONEY, max_gross_exposure=900_000 * MONEY,
            messages_per_second=50_000, message_burst=2_000,
        )  # fmt: skip
    risk.set_limits(1, level="firm", max_position=4_000, max_gross_position=9_000)
    risk.set_limits(0, level="venue", max_open_orders=1_000)
    return risk


def random_orders(random: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    rows = np.zeros(count, fast_order_dtype())
    rows["account"] = random.integers(1, 6, count)
    rows["instrument"] = random.integers(1, 5, count)
    rows["side"] = random.integers(1, 3, count)
    market = random.random(count) < 0.1
    rows["ord_type"] = np.where(market, ORD_TYPES["market"], 0)
    rows["price"] = np.where(market, 0, rows["instrument"] * random.integers(75, 126, count))
    rows["quantity"] = random.integers(-1, 1_000, count)
    rows["reduce_only"] = random.random(count) < 0.05
    return rows


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_says_what_single_calls_say(seed: int) -> None:
    random = np.random.default_rng(seed)
    batch, single = random_world(), random_world()
    reasons: set[int] = set()
    for turn in range(4):
        for risk in (batch, single):
            risk.advance(DAY_NS + turn * 10**8)
        # More than a message holds, once.
        rows = random_orders(random, 5_000 if turn == 0 else 700)
        said, singly = batch.submit_many(rows), Single(single).submit_many(rows)
        assert said.dtype == fast_verdict_dtype()
        assert said["accepted"].tolist() == [one.accepted for one in singly]
        assert said["reason"].tolist() == [one.reason for one in singly]
        assert (said["order_id"] != 0).tolist() == said["accepted"].tolist()
        reasons |= set(said["reason"].tolist())
        taken = [place for place, one in enumerate(singly) if one.accepted]
        told = trades(*(
            (int(said["order_id"][place]), 100 * int(rows["instrument"][place]),
             int(random.integers(1, rows["quantity"][place] + 1)))
            for place in taken if random.random() < 0.5
        ))  # fmt: skip
        other = dict(zip(said["order_id"].tolist(), singly, strict=True))
        assert not batch.trade_many(told).any()
        for row in told:
            single.trade(other[int(row["order_id"])].order_id, int(row["price"]),
                         int(row["quantity"]))  # fmt: skip
        ends = [int(said["order_id"][place]) for place in taken if random.random() < 0.9]
        for order_id, reason in zip(ends, batch.end_many(np.array(ends, "u8")), strict=True):
            if reason == 0:
                single.end(other[order_id].order_id)
            else:
                with pytest.raises(KeyError):
                    single.end(other[order_id].order_id)
        for account in (1, 2, 3, 4):
            assert batch.buying_power(account) == single.buying_power(account)
            assert batch.open_orders(account) == single.open_orders(account)
            here, there = batch.positions(account), single.positions(account)
            assert [shown(row) for row in here] == [shown(row) for row in there]
    assert {0, 1, 13, 15, 16, 26} <= reasons


def shown(row: Any) -> tuple[object, ...]:
    """A row by value."""
    return (row.symbol, row.quantity, row.open_buy_quantity, row.open_sell_quantity, row.net_cost,
            row.cost, row.realized, row.unrealized)  # fmt: skip


def test_what_is_wrong_with_an_order_is_its_verdict() -> None:
    risk = engine()
    rows = orders(*[(7, "buy", 100, 1)] * 8)
    rows["account"][1], rows["account"][2] = 0, 2**32 - 1
    rows["instrument"][3], rows["side"][4], rows["ord_type"][5] = 99, 0, 255
    rows["quantity"][6], rows["price"][7] = -(2**63), -1
    said = risk.submit_many(rows)
    assert said["reason"].tolist() == [0, 15, 15, 1, 11, 11, 13, 18]
    assert said["order_id"][1:].tolist() == [0] * 7


def test_what_is_not_an_array_of_orders_is_an_exception_and_changes_nothing() -> None:
    risk = engine()
    good = orders((7, "buy", 100, 1))
    before = risk.state_hash
    wrong: list[Any] = [
        good.reshape(1, 1), np.zeros((), fast_order_dtype()), np.full(3, np.nan), good.tobytes(),
        good["price"], np.zeros(1, [("account", "<u4")]), [(7, 1)], None,
        np.zeros(1, fast_order_dtype().newbyteorder(">")),
    ]  # fmt: skip
    for array in wrong:
        with pytest.raises(ValueError, match=r"a one-dimensional array of fast_order_dtype\(\)"):
            risk.submit_many(array)
        with pytest.raises(ValueError, match=r"a one-dimensional array of fast_trade_dtype\(\)"):
            risk.trade_many(array)
        with pytest.raises(ValueError, match="a one-dimensional array of uint64"):
            risk.end_many(array)
    assert risk.state_hash == before
    assert len(risk.submit_many(good[:0])) == len(risk.trade_many(trades())) == 0
    # Every other row, backwards: what isn't in one piece is read as it is seen.
    rows = orders(*((7, "buy", 100, quantity) for quantity in range(1, 7)))
    said = risk.submit_many(rows[::-2])
    assert risk.trade_many(trades(*((int(said["order_id"][n]), 100, 6 - 2 * n)
                                    for n in range(3)))).tolist() == [0, 0, 0]  # fmt: skip
    assert (risk.position(7, 1), risk.open_orders(7)) == (12, 0)


def test_trades_that_cannot_have_been_are_left_out() -> None:
    risk = engine()
    first, second = risk.submit_many(orders((7, "buy", 100, 5), (7, "sell", 100, 5)))["order_id"]
    told = trades((int(first), 100, 3), (99, 100, 1), (int(first), 100, 3), (int(first), 0, 1),
                  (int(first), 100, 2), (int(first), 100, 1), (int(second), 100, 0))  # fmt: skip
    assert risk.trade_many(told).tolist() == [0, 5, 13, 18, 0, 5, 13]
    assert (risk.position(7, 1), risk.open_orders(7)) == (5, 1)
    assert risk.end_many(np.array([second, second, first], "u8")).tolist() == [0, 5, 5]


def test_a_dry_run_reserves_nothing() -> None:
    risk = engine(max_position=10)
    before = risk.state_hash
    told: RiskDryRun = risk.check(7, 1, "buy", 100, 11)
    assert (told.accepted, told.reason) == (False, 3)
    assert "position" in told.text
    [failed] = [check for check in told.checks if not check.passed]
    assert (failed.limit, failed.value, failed.headroom, failed.unit) == (10, 11, -1, "quantity")
    off = next(check for check in told.checks if check.name == "order_quantity")
    assert (off.off, off.limit, off.headroom) == (True, None, None)
    assert repr(off) == "RiskCheck(order_quantity of the account: off)"
    assert risk.check(9, 1, "buy", 100, 1).checks == []
    assert risk.state_hash == before


def test_fees_are_those_of_the_nearest_holder_and_of_the_tier() -> None:
    risk = engine()
    risk.set_fees([(0, 1_000, 2_000), (1_000, -500, 1_000)])
    risk.set_account(8)
    risk.set_limits(8)
    maker, taker = (risk.submit(7, 1, side, 100, 20).order_id for side in ("sell", "buy"))
    risk.trade(taker, 100, 10)
    assert [row.fees for row in risk.positions(7)] == [2 * MONEY]
    told = risk.profit_and_loss("account", 7)
    assert told is not None
    assert (told.fees, told.traded_30_days, told.total) == (2 * MONEY, 1_000 * MONEY, -2 * MONEY)
    # As much was traded as the next tier asks for.
    risk.trade(taker, 100, 10)
    risk.trade(maker, 100, 20, maker=True)
    assert [row.fees for row in risk.positions(7)] == [2 * MONEY]
    told = risk.profit_and_loss("account", 7)
    assert told is not None
    assert (told.realized, told.unrealized, told.fees) == (0, 0, 2 * MONEY)
    risk.set_fees([(0, 0, 10_000)], 8, "account")
    risk.trade(risk.submit(8, 1, "buy", 100, 5).order_id, 100, 5)
    risk.set_fees([], 8, "account")
    risk.trade(risk.submit(8, 1, "buy", 100, 5).order_id, 100, 5)
    assert [row.fees for row in risk.positions(8)] == [6 * MONEY]
    venue = risk.profit_and_loss()
    assert venue is not None
    assert (venue.total, venue.fees) == (-8 * MONEY, None)


def test_money_of_another_currency_is_counted_at_its_value() -> None:
    risk = FastRiskEngine()
    risk.set_instrument(1, reference_price=100, currency="EUR")
    risk.set_account(7, currency="USD")
    risk.set_limits(7, credit=1_000 * MONEY)
    assert risk.submit(7, 1, "buy", 100, 1).reason == 115
    risk.set_conversion("USD", 10**9)
    risk.set_conversion("EUR", 1_250_000_000)
    order = risk.submit(7, 1, "buy", 100, 8)
    assert (order.accepted, risk.buying_power(7)) == (True, 0)
    risk.trade(order.order_id, 90, 8)
    assert risk.buying_power(7) == 100 * MONEY
    [row] = risk.positions(7)
    assert (row.currency, row.cost) == ("EUR", 720 * MONEY)
    exposure = risk.exposure(7)
    assert exposure is not None
    assert (exposure.currency, exposure.used) == ("USD", 900 * MONEY)
    risk.set_account(9, currency="EUR")
    venue = risk.profit_and_loss()
    assert venue is not None
    assert venue.currency == ""


def test_below_maintenance_margin_only_what_reduces_is_let_through() -> None:
    risk = FastRiskEngine()
    risk.set_instrument(
        1, reference_price=100, initial_margin_bps=5_000, maintenance_margin_bps=2_500
    )
    risk.set_account(7)
    risk.set_limits(7, credit=1_000 * MONEY)
    risk.trade(risk.submit(7, 1, "buy", 100, 16).order_id, 100, 16)
    for price, margin, close_only in ((50, 200, False), (49, 196, True)):
        risk.set_last_trade(1, price)
        exposure = risk.exposure(7)
        assert exposure is not None
        assert exposure.equity == (1_000 - 16 * (100 - price)) * MONEY
        assert (exposure.maintenance_margin, exposure.close_only) == (margin * MONEY, close_only)
    assert risk.submit(7, 1, "buy", 49, 1).reason == 117
    [failed] = [check for check in risk.check(7, 1, "buy", 49, 1).checks if not check.passed]
    assert (failed.name, failed.unit) == ("maintenance_margin", "money_bps")
    assert failed.headroom is not None
    assert failed.headroom < 0
    assert risk.submit(7, 1, "sell", 49, 16).accepted


def test_a_replace_is_judged_like_an_order() -> None:
    risk = engine(max_position=10, credit=1_000 * MONEY)
    order = risk.submit(7, 1, "buy", 100, 8).order_id
    assert risk.replace(order, quantity=11).reason == 3
    assert risk.replace(order, price=126).reason == 25
    assert risk.buying_power(7) == 200 * MONEY
    assert risk.replace(order, price=50, quantity=10).accepted
    assert risk.buying_power(7) == 500 * MONEY
    risk.trade(order, 50, 4)
    assert risk.submit(7, 1, "buy", 50, 1).reason == 3
    assert risk.replace(order, quantity=6).accepted
    assert (risk.open_orders(7), risk.positions(7)[0].open_buy_quantity) == (1, 2)
    assert risk.replace(order, quantity=4).accepted
    assert (risk.open_orders(7), risk.positions(7)[0].open_buy_quantity) == (0, 0)
    with pytest.raises(KeyError):
        risk.replace(order)
    other = risk.submit(7, 1, "buy", 50, 1)
    with pytest.raises(ValueError, match="above 0"):
        risk.replace(other.order_id, quantity=0)
