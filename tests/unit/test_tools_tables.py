"""What operators see: tables that fit, numbers to the right, JSON that loses nothing."""

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import pytest

from cift.client import (
    AuditEntry,
    Breach,
    Check,
    CheckResult,
    DuplicateFlow,
    Fees,
    FeeTier,
    Holder,
    Level,
    Limits,
    MessageRate,
    Place,
    Position,
    RejectReason,
    Side,
)
from cift.tools import accounts, audit, breaches, limits, positions
from cift.tools.tables import Document, Part, Table, json_lines, text_lines

POSITIONS = [
    Position(
        account="DEMO-1",
        symbol="AMZN",
        quantity=Decimal(quantity),
        open_buy_quantity=Decimal(0),
        open_sell_quantity=Decimal(25),
        net_cost=Decimal("22318.000000000000"),
        average_price=Decimal("223.1800000000"),
        realized_pnl=Decimal("-12.500000000000"),
        unrealized_pnl=unrealized,
        fees=Decimal("0.250000000000"),
        reference_price=Decimal("223.1900") if unrealized is not None else None,
        currency="USD",
    )
    for quantity, unrealized in ((100, Decimal("1.000000000000")), (-1_250_000, None))
]
BREACH = Breach(
    place=Place(0, 41, 2),
    transact_time_ns=1_714_564_800_123_000_000,
    account="DEMO-1",
    firm="DEMO",
    symbol="AMZN",
    cl_ord_id="x",
    reject_reason=RejectReason.EXCEEDS_LIMIT,
    reject_text="position of the account: limit 100, value 101, headroom -1",
    side=Side.BUY,
    price=Decimal("223.1800"),
    quantity=Decimal(101),
)


def seen(part: Part, width: int = 120) -> list[str]:
    lines = text_lines(part, width)
    assert all(line == line.rstrip() for line in lines)
    return lines


def table(*rows: dict[str, Any]) -> Table:
    return Table({"name": "name", "size": "size", "text": "text"}, rows)


def test_numbers_stand_to_the_right_of_their_column() -> None:
    assert seen(positions._table(POSITIONS, "DEMO-1"), 80) == [
        "symbol    quantity  buys  sells  average   price  realized  unreal.  fees  in",
        "AMZN           100     0     25   223.18  223.19    -12.50        1  0.25  USD",
        "AMZN    -1,250,000     0     25   223.18            -12.50           0.25  USD",
    ]
    assert seen(positions._table(POSITIONS, ""))[1].startswith("DEMO-1   AMZN  ")


def test_a_long_text_is_folded_in_its_own_column() -> None:
    lines = seen(table({"name": "a", "size": 1, "text": "many words " * 5}), 40)
    assert lines == [
        "name  size  text",
        "a        1  many words many words many",
        "            words many words many words",
    ]
    assert all(len(line) <= 40 for line in lines)


def test_a_table_that_is_too_wide_is_told_row_by_row() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "n" * 20, "size": 1_000, "text": "t"},
        {"name": "b", "size": None},
    ]
    assert seen(Table({"name": "name", "text": "text", "size": "the size"}, rows), 25) == [
        "name      nnnnnnnnnnnnnnnnnnnn",
        "text      t",
        "the size  1,000",
        "",
        "name      b",
    ]


def test_a_table_of_nothing_says_so() -> None:
    empty = Table({"name": "name"}, [], "no accounts")
    assert seen(empty) == ["no accounts"]
    assert list(json_lines(empty)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234567.100000000000"), "size 1,234,567.10"),
        (Decimal("1000.000000000000"), "size 1,000"),
        (Decimal("999999999950251.558536667500"), "size 999,999,999,950,251.56"),
        (Decimal("-1234.333333333333"), "size -1,234.33333333"),
        (Decimal("1234.56789012"), "size 1,234.56789012"),
        (1_000_000, "size 1,000,000"),
        (Decimal("0.00000001"), "size 0.00000001"),
        (Decimal("-0.5"), "size -0.50"),
        (Decimal(0), "size 0"),
        (0, "size 0"),
        (True, "size yes"),
        (False, "size off"),
        (None, "size off"),
        (Side.SELL, "size sell"),
        (Place(1, 2, 3), "size 1.2.3"),
        (MessageRate(100, 200), "size 100:200"),
        (DuplicateFlow(1_000, 5), "size 1000:5"),
        (("read", "trade"), "size read,trade"),
    ],
)
def test_how_values_are_written(value: object, text: str) -> None:
    assert seen(Document({"size": value}, "off", line=True)) == [text]


def test_times_are_written_in_utc() -> None:
    document = Document({"create_time_ns": 1_714_564_800_123_456_789}, line=True)
    assert seen(document) == ["create time 2024-05-01 12:00:00"]
    assert json.loads(*json_lines(document)) == {"create_time_ns": 1_714_564_800_123_456_789}


def test_limits_show_what_is_off() -> None:
    held = Limits(collar_bps=500, max_short=Decimal(0), message_rate=MessageRate(10, 20), etag="e7")
    document = limits._document(Holder(firm="DEMO"), "", held)
    lines = seen(document)
    assert lines[:3] == [
        "level                firm",
        "name                 DEMO",
        "etag                   e7",
    ]
    assert "collar bps            500" in lines
    assert "max short               0" in lines
    assert "message rate        10:20" in lines
    assert "max daily loss        off" in lines
    assert "restricted            off" in lines
    told = json.loads(*json_lines(document))
    assert told == {
        "level": "firm",
        "name": "DEMO",
        "etag": "e7",
        "collar_bps": 500,
        "max_short": "0",
        "message_rate": {"per_second": 10, "burst": 20},
        "restricted": False,
    }
    special = Limits(max_order_quantity=10, restricted=True)
    assert seen(limits._document(Holder(venue=True), "AMZN", special)) == [
        "level                   venue",
        "symbol                   AMZN",
        "max order quantity         10",
        "max position        as on all",
        "max gross position  as on all",
        "max short           as on all",
        "restricted                yes",
    ]


def test_a_dry_run_is_a_table_and_a_verdict() -> None:
    level, reason = Level.ACCOUNT, RejectReason.EXCEEDS_LIMIT
    results = (
        CheckResult("collar", level, True, True, None, None, None, RejectReason.PRICE_BAND),
        CheckResult(
            "position", level, False, False, Decimal(100), Decimal(101), Decimal(-1), reason
        ),
    )
    refused = limits._verdict(Check(False, reason, "position: limit 100", results))
    assert refused.status == 1
    assert [line for part in refused.parts for line in seen(part)] == [
        "check     level    result  limit  value  headroom  reason",
        "collar    account  off",
        "position  account  FAILS     100    101        -1  exceeds_limit",
        "accepted no  reject reason exceeds_limit  reject text position: limit 100",
    ]
    accepted = limits._verdict(Check(True, RejectReason.UNSPECIFIED, "", ()))
    assert (accepted.status, seen(accepted.parts[1])) == (0, ["accepted yes"])
    assert json.loads(*json_lines(refused.parts[1]))["accepted"] is False


def test_breaches_lose_nothing_as_json() -> None:
    row = breaches._values(BREACH)
    told = json.loads(*json_lines(Document(row)))
    assert (told["place"], told["reject_reason"], told["price"]) == (
        "0.41.2",
        "exceeds_limit",
        "223.1800",
    )
    assert set(told) == set(asdict(BREACH))
    assert seen(Table(breaches.COLUMNS, [row]), 80) == [
        "         time (UTC)  account  side  quantity  symbol   price  reason",
        "2024-05-01 12:00:00  DEMO-1   buy        101  AMZN    223.18  exceeds_limit",
    ]


def test_fees_have_a_row_for_each_tier() -> None:
    found = accounts._fee_table(
        [Fees(Holder(venue=True), (FeeTier(0, 10, 30), FeeTier(10**6, -5, 20))), Fees(Holder("A"))]
    )
    assert seen(found) == [
        "level    name  from notional  maker ppm  taker ppm",
        "venue                      0         10         30",
        "venue              1,000,000         -5         20",
        "account  A",
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('{"collar_bps": 500, "credit": "9"}', '{"collar_bps": 300}',
         "collar_bps 500 → 300, credit 9 → none"),
        ("", '{"firm": "DEMO", "disabled": false, "label": ""}',
         "firm DEMO"),
        ("", '{"disabled": false}', "nothing set"),
        ('{"disabled": false, "scopes": ["read"]}', '{"disabled": true, "scopes": ["read", "x"]}',
         "disabled no → yes, scopes read → read + x"),
        ('{"tiers": [[0, 1, 2]]}', '{"tiers": []}', "tiers [[0, 1, 2]] → none"),
        ('{"a": 1}', '{"a": 1}', "nothing"),
        ('{"a": 1}', "", '{"a": 1} → none'),
        ("", "not JSON", "none → not JSON"),
    ],
)  # fmt: skip
def test_an_audit_entry_says_what_changed(before: str, after: str, words: str) -> None:
    entry = AuditEntry(3, 1, "7", "limits", "DEMO-1", before, after, 9)
    assert audit._values(entry, False)["changes"] == words
    assert "changes" not in audit._values(entry, True)
