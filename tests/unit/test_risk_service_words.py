"""What operators read: errors that say what to do, changes in names instead of numbers."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cift.kit.errors import Aborted, NotFound
from cift.kit.rpc import Call, Principal
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.records import Account
from cift.risk.reference import check_etag, etag
from cift.risk.service import Risk
from cift.risk.v1 import risk_service_pb2 as pb
from cift_core import RiskStage


async def test_a_venue_without_accounts_has_won_and_lost_nothing_yet() -> None:
    stage: Any = SimpleNamespace(core=RiskStage(1))
    unused: Any = None
    risk = Risk(stage, *[unused] * 6)
    who = Principal(1, 5, "F", frozenset({"read", "admin"}))
    call = Call(cast("Any", None), who, asyncio.Event())
    for request, words in (
        (pb.GetProfitAndLossRequest(venue=True), "the venue has no accounts yet: create one"),
        (pb.GetProfitAndLossRequest(firm="F"), "firm F has no accounts yet: create one"),
    ):
        with pytest.raises(NotFound, match=words) as none:
            await risk.get_profit_and_loss(request, call)
        assert none.value.reason == "NO_ACCOUNTS"


def test_who_comes_second_is_told_what_to_do() -> None:
    check_etag("", None, "user ann of F")
    check_etag(etag(3), 3, "user ann of F")
    for revision in (4, None):
        with pytest.raises(Aborted, match=r"an earlier try of this request.*: read it again"):
            check_etag(etag(3), revision, "user ann of F")


def test_an_instrument_is_written_down_in_names() -> None:
    terms: dict[str, Any] = {"symbol": "X", "currency": "USD", "price_scale": 2}
    plain = Instrument(
        id=1, quantity_scale=0, tick_size_units=5, lot_size_units=1, self_trade=2, **terms
    )
    rich = Instrument(
        id=1,
        quantity_scale=0,
        tick_size_units=5,
        lot_size_units=1,
        self_trade=5,
        market_residual=2,
        iceberg_mode=1,
        allocation=1,
        auction_criteria=(1, 5),
        schedule=((34_200, 0, 0b11111), (57_600, 8, 0b1111111)),
        **terms,
    )
    before, after = plain.shown(), rich.shown()
    assert before["self_trade_prevention"] == "cancel_resting"
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    assert changed == {
        "self_trade_prevention": "decrement_both",
        "market_residual": "rest_at_last_trade",
        "iceberg_mode": "visible_then_hidden_by_time",
        "allocation": "top_then_pro_rata",
        "auction_criteria": ["max_volume", "midpoint_floor"],
        "schedule": ["09:30:00 continuous mon,tue,wed,thu,fri", "16:00:00 closed"],
    }


def test_an_account_is_written_down_in_names() -> None:
    shown = Account(1, "A", 1, "USD", True, self_trade=4).shown("F")
    assert shown["self_trade_prevention"] == "cancel_both"
    assert Account(1, "A", 1, "USD", True).shown("F")["self_trade_prevention"] == ""
