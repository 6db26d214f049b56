"""A stranger's tool against a whole mesh: reflection, health, every method, every kind of error."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cift.local.mesh import SERVICES, MeshOptions
from tests.support import grpcurl
from tests.support.grpcurl import Answer, Grpcurl
from tests.support.mesh_thread import MeshThread

# The first run on a machine builds grpcurl, which may take minutes.
pytestmark = [pytest.mark.needs("go"), pytest.mark.timeout(960)]

SERVED = {
    "order_entry": [
        "cift.order_entry.v1.MarketControlService",
        "cift.order_entry.v1.OrderEntryService",
    ],
    "matching": ["cift.matching.v1.MatchingService"],
    "risk": ["cift.risk.v1.AdminService", "cift.risk.v1.RiskService"],
    "analytics": ["cift.analytics.v1.AnalyticsService"],
    "market_data": ["cift.market_data.v1.MarketDataService"],
}
ENTRY = "cift.order_entry.v1.OrderEntryService"
CONTROL = "cift.order_entry.v1.MarketControlService"
ADMIN, RISK = "cift.risk.v1.AdminService", "cift.risk.v1.RiskService"
MATCHING = "cift.matching.v1.MatchingService"
DATA = "cift.market_data.v1.MarketDataService"
ANALYTICS = "cift.analytics.v1.AnalyticsService"
NEW_KEY = {"firm": "SHELL", "scopes": ["read"], "label": "a shell's"}
DEADLINE_EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED.value[0]


@pytest.fixture(scope="module")
def tool() -> Grpcurl:
    return grpcurl.build()


@pytest.fixture(scope="module")
def mesh(tool: Grpcurl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    folder = tmp_path_factory.mktemp("grpcurl on a mesh")
    with MeshThread(MeshOptions(data_dir=folder / "data", durability="page-cache")) as mesh:
        yield mesh


class Shell:
    """grpcurl pointed at this mesh."""

    def __init__(self, tool: Grpcurl, mesh: MeshThread) -> None:
        self.tool = tool
        self.mesh = mesh.mesh

    def call(
        self,
        method: str,
        request: str | dict[str, Any],
        key: str | None = "trade",
        seconds: float | None = None,
    ) -> Answer:
        """Call `package.Service/Method` of whichever service has it, with a key by name or text."""
        package = method.split(".")[1]
        secret = None if key is None else self.mesh.keys.get(key, key)
        address = self.mesh.address(package)
        return self.tool.call(address, method, request, key=secret, seconds=seconds)


@pytest.fixture
def shell(tool: Grpcurl, mesh: MeshThread) -> Shell:
    return Shell(tool, mesh)


def order(cl_ord_id: str, **fields: Any) -> dict[str, Any]:
    """A buy of 10 AMZN far below the market, with some fields another."""
    order = {
        "account": "DEMO-1", "cl_ord_id": cl_ord_id, "symbol": "AMZN", "side": "SIDE_BUY",
        "ord_type": "ORD_TYPE_LIMIT", "quantity": "10", "price": "222.00",
    }  # fmt: skip
    return {**order, **fields}


def test_the_first_order_of_the_readme(shell: Shell, repository: Path) -> None:
    block = re.search(
        r"^grpcurl .*?(?=^```)", (repository / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert block is not None
    words = shlex.split(block[0].replace("\\\n", ""))
    address = words[words.index("-d") + 2]
    assert address.endswith(":50051")
    words[words.index(address)] = shell.mesh.address("order_entry")
    answer = grpcurl.answered(shell.tool.run(*words[1:]))
    assert answer.reply["result"]["outcome"] == "OUTCOME_ACCEPTED"
    again = grpcurl.answered(shell.tool.run(*words[1:])).reply["result"]
    assert again == {**answer.reply["result"], "duplicate": True}


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_reflection_and_health(shell: Shell, name: str) -> None:
    listed = shell.tool.run("-plaintext", shell.mesh.address(name), "list")
    assert listed.returncode == 0, listed.stderr
    ours = [line for line in listed.stdout.split() if line.startswith("cift.")]
    assert ours == SERVED[name]
    for service in (*ours, ""):
        health = shell.tool.call(
            shell.mesh.address(name), "grpc.health.v1.Health/Check", {"service": service}
        )
        assert health.reply == {"status": "SERVING"}
    for service in ours:
        told = shell.tool.run("-plaintext", shell.mesh.address(name), "list", service)
        methods = [method for method, *_ in CALLS] + [method for method, *_ in STREAMS]
        called = {method.replace("/", ".") for method in (*methods, *LATER)}
        assert set(told.stdout.split()) <= called, "the tables below lack a method"


# Every method that ends by itself, each after what it needs: request, key, a field of the reply.
CALLS: list[tuple[str, dict[str, Any], str, str]] = [
    (f"{ADMIN}/CreateFirm", {"firm": {"name": "SHELL"}}, "admin", "firm"),
    (
        f"{ADMIN}/CreateAccount",
        {"account": {"name": "SHELL-1", "firm": "SHELL", "currency": "USD"}},
        *("admin", "account"),
    ),
    (f"{ADMIN}/ListFirms", {"page_size": 1}, "admin", "nextPageToken"),
    (
        f"{ADMIN}/UpdateAccount",
        {"account": {"name": "SHELL-1", "self_trade_group": 7}},
        *("admin", "account"),
    ),
    (f"{ADMIN}/ListAccounts", {"page_size": 1}, "admin", "nextPageToken"),
    (
        f"{ADMIN}/CreateUser",
        {"user": {"firm": "SHELL", "name": "sue", "scopes": ["read", "trade"]}},
        *("admin", "user"),
    ),
    (
        f"{ADMIN}/UpdateUser",
        {
            "user": {"firm": "SHELL", "name": "sue", "scopes": ["read"]},
            "update_mask": {"paths": ["scopes"]},
        },
        *("admin", "user"),
    ),
    (f"{ADMIN}/GetUser", {"name": "alice"}, "read", "user"),
    (f"{ADMIN}/ListUsers", {"page_size": 1}, "read", "nextPageToken"),
    (f"{ADMIN}/CreateApiKey", {"api_key": NEW_KEY}, "admin", "secret"),
    (f"{ADMIN}/DisableApiKey", {"id": 5}, "admin", ""),
    (f"{ADMIN}/ListApiKeys", {"firm": "SHELL"}, "admin", "apiKeys"),
    (
        f"{ADMIN}/CreateInstrument",
        {
            "instrument": {
                "symbol": "SHELL", "currency": "USD", "price_scale": 2, "tick_size": "0.05",
                "lot_size": "1", "reference_price": "10",
            }
        },
        *("admin", "instrument"),
    ),
    (
        f"{ADMIN}/UpdateInstrument",
        {
            "instrument": {
                "symbol": "SHELL",
                "rules": {"static_band_bps": 1000, "schedule": [
                    {"second_of_day": 34200, "session": "SESSION_STATE_CONTINUOUS"}]},
            },
            "update_mask": {"paths": ["rules"]},
        },
        *("admin", "instrument"),
    ),
    (f"{ADMIN}/ListInstruments", {"page_size": 1}, "admin", "nextPageToken"),
    (
        f"{ADMIN}/AddLocate",
        {"locate": {"account": "SHELL-1", "symbol": "SHELL", "quantity": "5"}},
        *("admin", "located"),
    ),
    (f"{ADMIN}/ListLocates", {"account": "SHELL-1"}, "admin", "locates"),
    (f"{ADMIN}/ReleaseLocate", {"id": 1}, "admin", "located"),
    (
        f"{ADMIN}/SetFees",
        {"fees": {"firm": "SHELL", "tiers": [{"maker_ppm": -5, "taker_ppm": 30}]}},
        *("admin", "sequence"),
    ),
    (f"{ADMIN}/ListFees", {}, "admin", "fees"),
    (
        f"{ADMIN}/SetConversion",
        {"conversion": {"currency": "EUR", "value": "1.08"}},
        *("admin", "sequence"),
    ),
    (f"{ADMIN}/ListConversions", {}, "admin", "conversions"),
    (f"{ADMIN}/ListAuditEntries", {"page_size": 1}, "admin", "nextPageToken"),
    (
        f"{RISK}/SetLimits",
        {"account": "SHELL-1", "limits": {"max_open_orders": 3}},
        *("admin", "sequence"),
    ),
    (f"{RISK}/GetLimits", {"account": "DEMO-1"}, "read", "limits"),
    (f"{RISK}/CheckOrder", {"order": order("")}, "read", "accepted"),
    (f"{ENTRY}/SubmitOrder", {"order": order("one")}, "trade", "result"),
    (
        f"{ENTRY}/ReplaceOrder",
        {
            "replace": {
                "account": "DEMO-1", "cl_ord_id": "two", "orig_cl_ord_id": "one",
                "symbol": "AMZN", "quantity": "5",
            }
        },
        *("trade", "result"),
    ),
    (
        f"{ENTRY}/SubmitBatch",
        {"commands": [{"new_order": order("three", account="DEMO-2", side="SIDE_SELL")}]},
        *("trade", "results"),
    ),
    (
        f"{ENTRY}/Session",
        {"request_id": 7, "commands": [{"new_order": order("four")}]},
        *("trade", "results"),
    ),
    (
        f"{ENTRY}/SubmitOrderList",
        {
            "list": {
                "contingency": "CONTINGENCY_ONE_CANCELS_OTHER",
                "orders": [
                    order("up", side="SIDE_SELL", price="230.00"),
                    order("down", side="SIDE_SELL", price="", ord_type="ORD_TYPE_STOP",
                          stop_price="200.00"),
                ],
            }
        },
        *("trade", "results"),
    ),
    (
        f"{ENTRY}/MassCancel",
        {"mass_cancel": {"account": "DEMO-1", "symbol": "AMZN", "side": "SIDE_SELL"}},
        *("trade", "result"),
    ),
    (f"{CONTROL}/SetLastTrade", {"symbol": "AMZN", "price": "222.50"}, "admin", "place"),
    (
        f"{CONTROL}/SetSession",
        {"symbol": "DEMO", "session": "SESSION_STATE_HALTED"},
        *("admin", "place"),
    ),
    (
        f"{CONTROL}/SetSession",
        {"symbol": "DEMO", "session": "SESSION_STATE_CONTINUOUS"},
        *("admin", "place"),
    ),
    (f"{CONTROL}/ListSessions", {"page_size": 1}, "admin", ""),
    (f"{ENTRY}/GetOrder", {"account": "DEMO-1", "cl_ord_id": "two"}, "read", "order"),
    (
        f"{ENTRY}/CancelOrder",
        {"cancel": {"account": "DEMO-1", "orig_cl_ord_id": "four"}},
        *("trade", "result"),
    ),
    (f"{RISK}/ListPositions", {"account": "DEMO-1"}, "read", "positions"),
    (f"{RISK}/GetExposure", {"account": "DEMO-1"}, "read", "exposure"),
    (f"{RISK}/GetProfitAndLoss", {"firm": "DEMO"}, "read", "profitAndLoss"),
    (f"{RISK}/Kill", {"account": "DEMO-4", "comment": "a shell's"}, "trade", "sequence"),
    (f"{RISK}/ListKillSwitches", {}, "read", "killSwitches"),
    (f"{RISK}/Unkill", {"account": "DEMO-4"}, "admin", "sequence"),
    (f"{RISK}/ListBreaches", {"account": "DEMO-1"}, "read", ""),
    (f"{MATCHING}/GetBook", {"symbol": "AMZN"}, "read", "sequence"),
    (f"{MATCHING}/ListInstruments", {}, "read", "instruments"),
    (f"{MATCHING}/GetStatus", {}, "read", "stateHash"),
    (f"{DATA}/GetBook", {"symbol": "AMZN"}, "read", "book"),
    (f"{ANALYTICS}/GetVolume", {"symbol": "AMZN"}, "read", "volume"),
    (f"{ANALYTICS}/GetVwap", {"symbol": "AMZN"}, "read", "volume"),
    (f"{ANALYTICS}/ListBars", {"symbol": "AMZN", "interval_s": 60}, "read", "throughSequence"),
]  # fmt: skip
STREAMS: list[tuple[str, dict[str, Any], str]] = [
    (f"{ENTRY}/StreamExecutions", {}, "executions"),
    (f"{RISK}/StreamPositions", {"account": "DEMO-1"}, "positions"),
    (f"{RISK}/StreamBreaches", {"after_sequence": 0}, "breaches"),
    (f"{DATA}/StreamBook", {"symbol": "AMZN"}, "snapshot"),
    (f"{DATA}/StreamTopOfBook", {"symbols": ["AMZN"]}, "tops"),
    (f"{DATA}/StreamTrades", {"symbol": "AMZN"}, "trades"),
    (f"{DATA}/StreamStatus", {"symbols": ["AMZN"]}, "statuses"),
]
LATER = (f"{CONTROL}/BustTrade", f"{CONTROL}/CancelAll", f"{CONTROL}/KillSession")
"""Methods that a test of their own calls, since they undo what these do."""


def test_every_method_and_stream(shell: Shell) -> None:
    for method, request, key, field in CALLS:
        reply = shell.call(method, request, key).reply
        assert not field or field in reply, (method, reply)
        for result in (reply.get("result"), *reply.get("results", ())):
            assert result is None or result["outcome"] == "OUTCOME_ACCEPTED", (method, result)
    large = order("large", account="DEMO-SMALL", quantity="1001")
    refused = shell.call(f"{ENTRY}/SubmitOrder", {"order": large}).reply["result"]
    assert refused["rejectReason"] == "REJECT_REASON_CLIP_SIZE"
    for method, request, field in STREAMS:
        answer = shell.call(method, request, "read", seconds=3)
        assert answer.status == DEADLINE_EXCEEDED, "a stream goes on until its client leaves"
        assert any(field in reply for reply in answer.replies), (method, answer.replies)


def test_an_operator_undoes_a_trade_and_clears_the_book(shell: Shell) -> None:
    sell = order("mistake", account="DEMO-3", symbol="DEMO", side="SIDE_SELL", price="99.00")
    buy = order("lucky", account="DEMO-4", symbol="DEMO", price="99.00")
    for request in (sell, buy):
        placed = shell.call(f"{ENTRY}/SubmitOrder", {"order": request}).reply["result"]
    bust = {"place": {**placed["place"], "index": 1}, "match_id": placed["fills"][0]["matchId"]}
    assert "place" in shell.call(f"{CONTROL}/BustTrade", bust, "admin").reply
    again = shell.call(f"{CONTROL}/BustTrade", bust, "admin")
    assert again.status == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert "TOO_LATE" in again.said
    wrong = shell.call(f"{CONTROL}/BustTrade", {**bust, "match_id": "999999"}, "admin")
    assert wrong.status == grpc.StatusCode.NOT_FOUND.value[0]
    shell.call(f"{ENTRY}/SubmitOrder", {"order": order("left", symbol="DEMO", price="90.00")})
    cleared = shell.call(f"{CONTROL}/CancelAll", {"symbol": "DEMO"}, "admin").reply["result"]
    assert cleared["canceledOrders"] == 1
    assert (
        shell.call(f"{CONTROL}/CancelAll", {}, "trade").status
        == (grpc.StatusCode.PERMISSION_DENIED.value[0])
    )


def test_only_a_session_that_is_open_can_be_killed(shell: Shell) -> None:
    for session, key, code, word in (
        ("nobody", "admin", grpc.StatusCode.INVALID_ARGUMENT, "16 hex digits"),
        ("0000000000000002-1", "admin", grpc.StatusCode.NOT_FOUND, "UNKNOWN_SESSION"),
        ("0000000000000002-1", "trade", grpc.StatusCode.PERMISSION_DENIED, "scope"),
    ):
        answer = shell.call(f"{CONTROL}/KillSession", {"session": session}, key)
        assert answer.status == code.value[0], answer.said
        assert word in answer.said


def test_a_session_of_several_messages_outlives_a_wrong_one(shell: Shell) -> None:
    wrong = order("wrong", quantity="0")
    messages = [
        {"request_id": number, "commands": [{"new_order": new}]}
        for number, new in enumerate((order("first"), wrong, order("last")), 1)
    ]
    answer = shell.call(f"{ENTRY}/Session", "\n".join(json.dumps(m) for m in messages))
    assert answer.status == 0, answer.said
    assert [reply["requestId"] for reply in answer.replies] == ["1", "2", "3"]
    assert [("error" in reply, "results" in reply) for reply in answer.replies] == [
        *((False, True), (True, False), (False, True))
    ]


# What is wrong with an order, the status, and a word of what grpcurl then shows.
REFUSED: list[tuple[dict[str, Any], str | None, grpc.StatusCode, str]] = [
    ({}, None, grpc.StatusCode.UNAUTHENTICATED, "KEY_REQUIRED"),
    ({}, "nobody knows this", grpc.StatusCode.UNAUTHENTICATED, "KEY_UNKNOWN"),
    ({}, "read", grpc.StatusCode.PERMISSION_DENIED, "SCOPE_REQUIRED"),
    ({}, "other", grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
    ({"account": "NOBODY"}, "trade", grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
    *(
        ({field: value}, "trade", grpc.StatusCode.INVALID_ARGUMENT, f"order.{field}")
        for field, values in {
            "symbol": ("", "*", ">", "AM*", "AMZN\r\nPUB x", "amzn", "A" * 33, "ＡＭＺＮ"),
            "cl_ord_id": ("", "x" * 37, "a b", "é"),
            "quantity": ("", "0", "-1", "1e5", "NaN", "1.5", "1000000000001", "9" * 39, "１２"),
            "price": ("", "0", "-1", "1e2", "Infinity", "0.00001", "222,50", "٢٢٢"),
            "side": ("SIDE_UNSPECIFIED", 99),
            "time_in_force": (77,),
        }.items()
        for value in values
    ),
    (
        {"cl_ord_id": "x" * 5_000_000},
        *("trade", grpc.StatusCode.RESOURCE_EXHAUSTED, "message larger than max"),
    ),
]


@pytest.mark.parametrize(("fields", "key", "code", "word"), REFUSED)
def test_what_is_refused(
    shell: Shell, fields: dict[str, Any], key: str | None, code: grpc.StatusCode, word: str
) -> None:
    refused = {**order("refused"), **fields}
    answer = shell.call(f"{ENTRY}/SubmitOrder", {"order": refused}, key)
    assert answer.status == code.value[0], answer.said
    assert word in answer.said
    assert answer.replies == []


def test_nothing_of_what_was_refused_is_an_order(shell: Shell) -> None:
    get = {"account": "DEMO-1", "cl_ord_id": "refused"}
    answer = shell.call(f"{ENTRY}/GetOrder", get, "read")
    assert answer.status == grpc.StatusCode.NOT_FOUND.value[0], answer.said


def test_business_refusals_are_values(shell: Shell) -> None:
    rows = [
        ({"symbol": "NOPE"}, "UNKNOWN_SYMBOL"),
        ({"price": "222.005"}, "TICK_SIZE"),
        ({"cl_ord_id": "taken", "quantity": "11"}, "DUPLICATE_CL_ORD_ID"),
    ]
    assert "result" in shell.call(f"{ENTRY}/SubmitOrder", {"order": order("taken")}).reply
    for number, (fields, reason) in enumerate(rows):
        request = {"order": {**order(f"value-{number}"), **fields}}
        result = shell.call(f"{ENTRY}/SubmitOrder", request).reply["result"]
        assert result["outcome"] == "OUTCOME_REJECTED"
        assert result["rejectReason"] == f"REJECT_REASON_{reason}"
        assert result["rejectText"]
    cancel = {"cancel": {"account": "DEMO-2", "orig_cl_ord_id": "taken"}}
    result = shell.call(f"{ENTRY}/CancelOrder", cancel).reply["result"]
    assert result["rejectReason"] == "REJECT_REASON_UNKNOWN_ORDER"
