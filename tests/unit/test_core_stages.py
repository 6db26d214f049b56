"""Stages as functions, what operators ask them, and the stub that describes it all."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cift.kit import frames, layout
from cift.kit.layout import CommandKind, OrdType, SessionState, Side
from cift.matching.v1 import matching_service_pb2 as matching_service
from cift_core import (
    CiftError,
    Gateway,
    LogError,
    MatchingStage,
    Replayer,
    RiskStage,
    digest,
    encode_reference,
    header,
)
from tests.support.core_plane import REFERENCE, Plane, cancel, limit
from tests.support.journal import Journal, auction, new, operate

MONEY = 10**12


def test_each_message_carries_the_digest_of_its_cause() -> None:
    plane = Plane()
    plane.ask(limit("b1", "buy", "1", "1.00"))
    for (_, asked), risked, fills in zip(plane.asked, plane.risked, plane.fills, strict=True):
        assert header(risked).input_digest == digest(asked)
        assert header(fills).input_digest == digest(risked)
    assert header(plane.fills[-1]).state_hash == plane.matching.state_hash
    assert header(plane.risked[-1]).state_hash == plane.risk.state_hash


def test_a_message_that_is_not_the_next_one_changes_nothing() -> None:
    plane = Plane()
    plane.ask(limit("b1", "buy", "1", "1.00"))
    before = (plane.risk.state_hash, plane.matching.state_hash)
    timestamp_ns, asked = plane.asked[1]
    with pytest.raises(LogError, match=r"ORDERS 2: .*expects ORDERS 3"):
        plane.risk.apply(2, timestamp_ns, asked)
    with pytest.raises(LogError, match="RISKED 3: the message says that it is 2"):
        plane.matching.apply(3, plane.risked[1])
    with pytest.raises(LogError, match="RISKED 2: batch 2 came where 3 was due"):
        plane.matching.apply(2, plane.risked[1])
    with pytest.raises(LogError, match="FILLS 3: message 2 was due"):
        plane.risk.apply_fills(3, plane.fills[1])
    assert before == (plane.risk.state_hash, plane.matching.state_hash)


def test_risk_waits_for_exactly_the_fills_that_belong_before_a_message() -> None:
    plane = Plane()
    gateway = plane.gateway
    frozen = gateway.freeze_tick(1, 1)
    assert plane.risk.fills_wanted(2, frozen.frame) == 1
    with pytest.raises(LogError, match="ORDERS 2"):
        plane.risk.apply(2, 10**18, frozen.frame)
    plane.risk.apply_fills(1, plane.fills[0])
    plane.risk.apply(2, 10**18, frozen.frame)
    assert plane.risk.fills_applied == 1


def test_fills_of_another_world_are_refused() -> None:
    plane, other = Plane(), Plane()
    plane.ask(limit("b1", "buy", "1", "1.00"))
    other.ask(limit("b2", "buy", "1", "1.00"))
    with pytest.raises(LogError, match=r"FILLS 2: carries input digest .* don't belong together"):
        plane.risk.apply_fills(2, other.fills[1])
    plane.risk.apply_fills(2, plane.fills[1])


def test_a_message_of_another_shard_is_refused() -> None:
    plane = Plane()
    for stage in (RiskStage(1), Replayer(1)):
        with pytest.raises(LogError, match="a message of shard 0 in the logs of shard 1"):
            stage.apply(1, 10**18, plane.asked[0][1])
    for make in (RiskStage, MatchingStage, Replayer):
        with pytest.raises(ValueError, match="a shard is 0 to 255"):
            make(256)


def test_a_replayer_that_was_turned_into_stages_is_no_more() -> None:
    replayer = Replayer()
    replayer.into_stages()
    with pytest.raises(CiftError, match="consumed"):
        replayer.into_stages()
    with pytest.raises(CiftError, match="consumed"):
        _ = replayer.applied


def test_stages_go_on_where_the_replayer_stood() -> None:
    plane = Plane()
    for n in range(6):
        plane.ask(limit(f"b{n}", "buy", "1", "1.00"), limit(f"s{n}", "sell", "2", "1.00"))
    replayer = Replayer()
    for sequence, (timestamp_ns, asked) in enumerate(plane.asked[:4], start=1):
        replayer.apply(sequence, timestamp_ns, asked)
    fills_applied = replayer.fills_applied
    risk, matching = replayer.into_stages()
    assert risk.fills_applied == fills_applied == 3
    for sequence, (timestamp_ns, asked) in enumerate(plane.asked[4:], start=5):
        for n in range(risk.fills_applied, risk.fills_wanted(sequence, asked)):
            risk.apply_fills(n + 1, plane.fills[n])
        risked = risk.apply(sequence, timestamp_ns, asked)
        assert risked == plane.risked[sequence - 1]
        assert matching.apply(sequence, risked) == plane.fills[sequence - 1]


def test_reference_data_goes_in_as_text_and_integers() -> None:
    plane = Plane()
    asked = plane.asked[0][1]
    assert header(asked).origin == 1
    assert frames.instruments(asked)["symbol"].tolist() == [b"AMZN", b"BTC-USD"]
    assert frames.limits(asked)["credit_low"].tolist()[1] == 10**9 * MONEY % 2**64
    assert frames.accounts(plane.fills[0])["name"].tolist() == [b"A1", b"A2", b"B1"]
    assert encode_reference(1, REFERENCE) == asked


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("instrument", {"simbol": "X"}, "a field is not known"),
        ("instrument", {"symbol": "a b"}, "symbol: must match"),
        ("instrument", {"price_scale": 300}, "price_scale: "),
        ("account", {"currency": "dollars"}, "currency: must be 1 to 8 capital"),
        ("account", {"id": "x"}, "id: "),
        ("limits", {"credit": "1.5"}, "credit: "),
        ("firm", {}, "no kind"),
    ],
)
def test_reference_data_that_is_wrong_is_refused(
    kind: str, change: dict[str, Any], message: str
) -> None:
    fields = next((fields for found, fields in REFERENCE if found == kind), {})
    with pytest.raises(ValueError, match=message):
        encode_reference(1, [(kind, fields | change)])


def test_operators_see_positions_exposure_and_limits() -> None:
    plane = Plane()
    plane.ask(limit("s1", "sell", "10", "100.00"), limit("b0", "buy", "1", "100.00"))
    plane.ask(limit("b1", "buy", "4", "100.00", account="A2"))
    plane.ask(limit("b2", "buy", "2", "90.00", account="A2"))
    plane.ask(cancel("none"))
    [row] = plane.risk.positions("A2")
    assert (row.symbol, row.quantity, row.open_buy_quantity) == ("AMZN", 4, 2)
    assert (row.open_sell_quantity, row.net_cost) == (0, 400 * MONEY)
    exposure = plane.risk.exposure("A2")
    assert exposure is not None
    assert (exposure.currency, exposure.open_orders) == ("USD", 1)
    assert exposure.reserved > 0
    assert exposure.buying_power is not None
    unlimited = plane.risk.exposure("A1")
    assert unlimited is not None
    assert unlimited.buying_power is None
    limits = plane.risk.limits("A2")
    assert limits is not None
    assert (limits.collar_bps, limits.credit) == (5_000, 10**9 * MONEY)
    off = plane.risk.limits("A1")
    assert off is not None
    assert (off.collar_bps, off.credit, off.max_position) == (None, None, None)
    assert plane.risk.limits("A2", 1) is None
    assert plane.risk.account_firm("B1") == 2
    for unknown in ("NOBODY", "bad name"):
        assert plane.risk.account_firm(unknown) is None
        assert plane.risk.exposure(unknown) is None
        assert plane.risk.positions(unknown) == []


def test_whose_orders_rest_is_for_operators() -> None:
    plane = Plane()
    plane.ask(
        limit("b1", "buy", "3", "1.00"),
        limit("b2", "buy", "4", "1.01"),
        limit("b3", "buy", "5", "1.00"),
    )
    response = matching_service.GetBookResponse
    public = response.FromString(plane.matching.book("AMZN", 2))
    assert [(order.price, order.leaves_quantity) for order in public.bids] == [
        ("1.01", "4"),
        ("1.00", "3"),
    ]
    assert {order.cl_ord_id + order.account for order in public.bids} == {""}
    operators = response.FromString(plane.matching.book("AMZN", 10, True))
    assert [order.cl_ord_id for order in operators.bids] == ["b2", "b1", "b3"]
    assert {order.account for order in operators.bids} == {"A1"}
    amzn, btc = plane.matching.instruments()
    assert (amzn.symbol, amzn.resting_orders, amzn.trading) == ("AMZN", 3, True)
    assert (btc.symbol, btc.tick_size, btc.currency) == ("BTC-USD", 5, "USD")
    assert plane.matching.open_orders == 3
    assert [row.symbol for row in plane.risk.instruments()] == ["AMZN", "BTC-USD"]
    info = plane.gateway.instrument("BTC-USD")
    assert info is not None
    assert (info.price_scale, info.quantity_scale) == (4, 8)
    assert plane.gateway.instrument("NONE") is None


@pytest.mark.parametrize("origin", [0, 1, 2**64 - 1])
def test_the_relays_origins_are_not_for_gateways(origin: int) -> None:
    with pytest.raises(ValueError, match="are the relays'"):
        Gateway(0, origin)


def test_what_is_urgent_has_an_origin_of_its_own() -> None:
    kill = [("kill", {"level": "venue"})]
    said = header(encode_reference(1, kill, 0, True))
    assert (said.origin, said.batch) == (2**64 - 1, 1)
    assert header(encode_reference(1, kill)).origin == 1


def test_the_stub_describes_the_built_module(tmp_path: Path) -> None:
    # The package that maturin makes holds the module under its own name, which nobody imports.
    allowed = tmp_path / "allowed"
    allowed.write_text("cift_core.cift_core\ncift_core.__all__\n")
    stubtest = [sys.executable, "-m", "mypy.stubtest", "--concise", "--allowlist", str(allowed)]
    done = subprocess.run([*stubtest, "cift_core"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_terms_rules_and_statuses_go_where_they_belong() -> None:
    journal = Journal()
    journal.reference()
    rules = np.zeros(1, layout.INSTRUMENT_RULES)
    rules["instrument"], rules["dynamic_band_bps"] = 1, 500
    journal.append(1, {"commands": operate(CommandKind.SET_RULES), "rules": rules})
    terms = np.zeros(1, layout.ORDER_TERMS)
    terms["trailing_offset"] = 10
    trailing = new("t", Side.SELL, 5, 0, ord_type=OrdType.STOP, flags=1 << 6)
    journal.append(7, {"commands": trailing, "terms": terms})
    auction(journal)
    assert frames.rules(journal.risked[1]).tobytes() == rules.tobytes()
    assert frames.terms(journal.risked[2]).tobytes() == terms.tobytes()
    assert len(frames.terms(journal.risked[1])) == len(frames.rules(journal.risked[2])) == 0
    told = [frames.statuses(frame)["session"].tolist() for frame in journal.fills]
    opening = SessionState.OPENING_AUCTION
    assert told == [[], [], [], [opening], [opening], [SessionState.CONTINUOUS]]

    # One message at a time through each stage by itself, as the services do it: the same bytes.
    risk, matching = RiskStage(), MatchingStage()
    for sequence, orders in enumerate(journal.orders, 1):
        for number in range(risk.fills_applied + 1, risk.fills_wanted(sequence, orders) + 1):
            risk.apply_fills(number, journal.fills[number - 1])
        time_ns = header(journal.risked[sequence - 1]).time_ns
        risked = risk.apply(sequence, time_ns, orders)
        assert risked == journal.risked[sequence - 1]
        assert matching.apply(sequence, risked) == journal.fills[sequence - 1]
