"""What the client says of risk and reference data: nothing is lost on the way to protobuf."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import grpc
import pytest

from cift.client import (
    VENUE,
    AbortedError,
    AuctionCriterion,
    AuctionRules,
    CiftClient,
    ConflictError,
    DuplicateFlow,
    Fees,
    FeeTier,
    Holder,
    Instrument,
    Level,
    Limits,
    MessageRate,
    Pages,
    RejectReason,
    ScheduledSession,
    SessionState,
    TickBand,
    TradingRules,
    holders,
    limits,
    reference,
)
from cift.client.errors import from_rpc
from cift.risk.v1 import admin_pb2, risk_pb2, risk_service_pb2

ALL = Limits(
    max_order_quantity=Decimal("1.5"),
    max_order_notional=Decimal(100),
    collar_bps=500,
    max_position=Decimal(7),
    max_open_orders=3,
    credit=Decimal(0),
    max_gross_position=Decimal(8),
    max_gross_exposure=Decimal(9),
    message_rate=MessageRate(10, 20),
    duplicate_flow=DuplicateFlow(1_000, 3),
    restricted=True,
    max_short=Decimal(0),
    max_daily_loss=Decimal("0.01"),
)


def fields(message: Any) -> set[str]:
    return {field.name for field, _ in message.ListFields()}


def test_every_limit_goes_there_and_back() -> None:
    message = limits.limits_message({name: getattr(ALL, name) for name in Limits.__slots__})
    assert fields(message) == set(risk_pb2.Limits.DESCRIPTOR.fields_by_name)
    back = limits.limits_of(message, "e1", sequence=7)
    assert (back, back.etag, back.sequence) == (ALL, "e1", 7)
    assert set(limits.LimitTerms.__annotations__) == fields(message)


def test_what_is_off_is_left_out_and_zero_is_not_off() -> None:
    assert fields(limits.limits_message({})) == set()
    assert limits.limits_of(risk_pb2.Limits(), "") == Limits()
    message = limits.limits_message({"credit": 0, "max_short": "0", "collar_bps": None})
    assert fields(message) == {"credit", "max_short"}


@pytest.mark.parametrize(
    ("holder", "wanted", "words"),
    [
        ("A-1", {"account": "A-1"}, "A-1"),
        (Holder(account="A-1"), {"account": "A-1"}, "A-1"),
        (Holder(firm="F"), {"firm": "F"}, "firm F"),
        (VENUE, {"venue": True}, "the venue"),
    ],
)
def test_a_holder_is_named_in_one_field(
    holder: Holder | str, wanted: dict[str, Any], words: str
) -> None:
    found = holders.holder_fields(holder)
    assert (found, str(holder)) == (wanted, words)
    request = risk_service_pb2.KillRequest(**found)
    assert str(holders.holder_of(request)) == words


@pytest.mark.parametrize("wrong", [{}, {"account": "A", "firm": "F"}, {"firm": "F", "venue": True}])
def test_a_holder_is_one_of_three(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="one of them"):
        Holder(**wrong)


def test_an_instrument_goes_there_and_back() -> None:
    instrument = Instrument(
        symbol="S",
        currency="USD",
        price_scale=2,
        quantity_scale=1,
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.1"),
        reference_price=Decimal(9),
        initial_margin_bps=0,
        maintenance_margin_bps=5,
        auction=AuctionRules(criteria=(AuctionCriterion.MAX_VOLUME,), market_orders=True),
        rules=TradingRules(
            static_band_bps=10,
            tick_bands=(TickBand(Decimal(10), Decimal("0.05")),),
            schedule=(ScheduledSession(60, SessionState.HALTED, (1, 7)),),
        ),
        etag="e",
    )
    values = {name: getattr(instrument, name) for name in Instrument.__slots__}
    back = reference.instrument_of(reference.instrument_message(values))
    assert (back, back.etag) == (instrument, "e")


def test_fees_go_there_and_back() -> None:
    fees = Fees(Holder(firm="F"), (FeeTier(0, 10, 30), FeeTier(1_000_000, -5, 20)))
    assert reference.fees_of(reference.fees_message(fees)) == fees


def test_a_secret_is_not_printed() -> None:
    key = reference.api_key_of(admin_pb2.ApiKey(id=3, firm="F", scopes=["read"]), "hush")
    assert (key.secret, "hush" in repr(key)) == ("hush", False)


def test_a_dry_run_is_read_by_check_and_level() -> None:
    reply = risk_service_pb2.CheckOrderResponse(
        reject_reason="REJECT_REASON_EXCEEDS_LIMIT",
        checks=[
            risk_pb2.CheckResult(check="position", passed=True, off=True, level="LEVEL_ACCOUNT"),
            risk_pb2.CheckResult(
                check="position", level="LEVEL_FIRM", limit="5", value="7", headroom="-2"
            ),
        ],
    )
    check = limits.check_of(reply)
    assert (check.accepted, check.reject_reason, check.failed) == (
        False,
        RejectReason.EXCEEDS_LIMIT,
        ("position",),
    )
    assert check.result("position").limit is None
    assert check.result("position", Level.FIRM).headroom == -2
    with pytest.raises(KeyError, match="credit of the venue"):
        check.result("credit", Level.VENUE)


def test_a_change_in_between_is_a_conflict_of_its_own() -> None:
    status = grpc.StatusCode.ABORTED
    error = from_rpc(grpc.aio.AioRpcError(status, grpc.aio.Metadata(), grpc.aio.Metadata(), "no"))
    assert type(error) is AbortedError
    assert isinstance(error, ConflictError)


def paged(numbers: list[int], asked: list[tuple[int, str]]) -> Callable[[int, str], Any]:
    """What a list call does, and what it was asked for."""

    async def read(size: int, token: str) -> tuple[list[int], str]:
        asked.append((size, token))
        begin = int(token or 0)
        end = begin + min(size, 2)
        return numbers[begin:end], str(end) if end < len(numbers) else ""

    return read


async def test_a_list_is_read_page_by_page() -> None:
    asked: list[tuple[int, str]] = []
    pages = Pages(paged([1, 2, 3, 4, 5], asked))
    assert asked == []
    assert await pages == [1, 2, 3, 4, 5]
    assert asked == [(1_000, ""), (1_000, "2"), (1_000, "4")]
    asked.clear()
    async for number in pages:
        if number == 2:
            break
    assert asked == [(1_000, "")]
    asked.clear()
    assert await pages.first(1) == [1]
    assert asked == [(1, "")]
    assert await Pages(paged([], asked)) == []


async def test_a_change_of_nothing_is_refused_here() -> None:
    """Without a field mask the exchange would take it that everything is meant."""
    async with CiftClient("127.0.0.1:1", api_key="k") as client:
        for change in (
            client.risk.update_limits("A"),
            client.admin.update_account("A"),
            client.admin.update_instrument("S"),
        ):
            with pytest.raises(ValueError, match="name"):
                await change
