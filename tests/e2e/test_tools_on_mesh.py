"""The tools on one running mesh, as `cift …` calls them: replay, conformance, tap, logs."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cift import cli
from cift.client import MassCancel, PegPrice, SessionState, Side, kinds
from cift.local.mesh import MeshOptions
from tests.support.auction_day import auction_day
from tests.support.mesh_thread import MeshThread

SHARED_CASES = 76
"""Of the shared conformance cases, those that need nothing that this build lacks."""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    folder = tmp_path_factory.mktemp("tools on a mesh")
    with MeshThread(MeshOptions(data_dir=folder / "data", durability="page-cache")) as mesh:
        yield mesh


@pytest.fixture
def target(mesh: MeshThread) -> list[str]:
    """The arguments that name the running mesh."""
    return ["--target", f"127.0.0.1:{mesh.mesh.port_base}", "--key", mesh.mesh.keys["admin"]]


def test_the_opening_of_a_real_day(
    target: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = repository / "tests" / "data"
    status = cli.main(
        [
            *("replay", str(data / "AMZN_open_orders.csv.zst"), "--via", "mesh", *target),
            *("--expect-trades", str(data / "AMZN_open_expected_trades.csv.zst")),
            *("--expect-book", str(data / "AMZN_open_orderbook_5.csv.zst"), "--levels", "5"),
        ]
    )
    assert capsys.readouterr().out.splitlines()[-1] == (
        "replay: 25000 operations, 710 trades of 710 equal, "
        "14854 book rows of 14854 equal, 0 differences"
    )
    assert status == 0


def test_a_difference_is_told(
    target: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders, trades, book = (tmp_path / name for name in ("x_orders.csv", "trades.csv", "book.csv"))
    orders.write_text(
        "seq,row,time,op,id,side,tif,price,qty\n"
        "1,1,0,new,a,sell,GTC,10,5\n2,2,0,new,b,buy,IOC,10,2\n3,3,0,cancel,a,,,,\n"
    )
    trades.write_text("seq,maker_id,price,qty\n2,a,10,3\n")
    book.write_text("10,5,-9999999999,0\n10,2,-9999999999,0\n9999999999,0,-9999999999,0\n")
    expected = ["--expect-trades", str(trades), "--expect-book", str(book), "--levels", "1"]
    assert cli.main(["replay", str(orders), "--via", "mesh", *expected, *target]) == 1
    said = capsys.readouterr().out
    assert "row 2: book bids none asks 3@10, expected bids none asks 2@10" in said
    assert "operation 2: trade 2 at 10 with a by b, expected 3 at 10 with a" in said
    assert "2 differences" in said


@pytest.mark.timeout(600)
def test_a_seeded_flow_equals_the_reference(
    target: list[str], repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deep book, sweeps, amends of price and quantity, as the plain reference has them."""
    flow = ("--package", "sim", "--bin", "flow", "--", str(tmp_path), "--commands", "20000")
    manifest = repository / "rust_core" / "Cargo.toml"
    subprocess.run(
        ("cargo", "run", "--quiet", "--release", "--manifest-path", str(manifest), *flow),
        check=True,
    )
    status = cli.main(
        [
            *("replay", str(tmp_path / "flow_orders.csv"), "--via", "mesh", *target),
            *("--expect-trades", str(tmp_path / "flow_expected_trades.csv")),
            *("--expect-book", str(tmp_path / "flow_orderbook_10.csv"), "--levels", "10"),
        ]
    )
    said = capsys.readouterr().out
    assert status == 0, said
    line = re.search(r"replay: 120000 .* (\d+) trades of (\d+) equal, 105 book rows of 105", said)
    assert line is not None
    assert line[1] == line[2]
    assert int(line[1]) > 10_000


def test_our_conformance_cases(
    target: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = repository / "tests" / "conformance" / "cases"
    assert cli.main(["conformance", str(cases), "--via", "mesh", *target]) == 0
    count = len(list(cases.glob("*.json")))
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} passed, 0 failed, 0 skipped"


def test_the_shared_conformance_cases(
    target: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the shared material lies beside the checkout; ours run everywhere."""
    shared = repository.parent / "shared" / "conformance"
    if shared.is_dir():
        assert cli.main(["conformance", str(shared), "--via", "mesh", *target]) == 0
        said = capsys.readouterr().out
        assert said.splitlines()[-1] == f"{SHARED_CASES} passed, 0 failed, 0 skipped"


def test_a_day_with_auctions(
    target: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", *auction_day(tmp_path), "--via", "mesh", *target]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "replay: 12 operations, 1 of them refused, 1 trades of 1 equal, "
        "2 auctions of 2 equal, 0 differences"
    )


def test_an_operator_at_a_shell(target: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def market(*words: str) -> dict[str, object]:
        assert cli.main(["market", *words, "--json", *target]) == 0
        told: dict[str, object] = json.loads(capsys.readouterr().out)
        return told

    assert market("status", "BTC-USD")["session"] == "continuous"
    assert market("auction", "BTC-USD", "--closing")["session"] == "closing_auction"
    assert market("resume", "BTC-USD", "--reference-price", "60000")["session"] == "continuous"
    assert market("session", "BTC-USD", "pre_open")["session"] == "pre_open"
    assert market("halt", "BTC-USD")["symbol"] == "BTC-USD"
    assert market("status", "BTC-USD")["session"] == "halted"
    assert cli.main(["market", "resume", "BTC-USD", *target]) == 0
    assert "session continuous" in capsys.readouterr().out
    assert market("last-trade", "BTC-USD", "60000.01")["last_price"] == "60000.01"
    assert market("status", "BTC-USD")["last_price"] == "60000.01"
    assert market("cancel-all", "--symbol", "BTC-USD", "--side", "buy")["canceled_orders"] == 0
    assert cli.main(["market", "halt", "NOPE", *target]) == 2
    assert cli.main(["market", "bust", "1.0", "77", *target]) == 2
    assert "no trade" in capsys.readouterr().err


def test_a_wrong_expectation_fails_its_case(
    target: list[str], repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = repository / "tests" / "conformance" / "cases" / "trade_at_makers_price.json"
    document = json.loads(case.read_text())
    document["steps"][1]["expect"]["trades"][0]["price"] = "105"
    (tmp_path / "wrong.json").write_text(json.dumps(document))
    assert cli.main(["conformance", str(tmp_path), "--via", "mesh", *target]) == 1
    failed, last = capsys.readouterr().out.splitlines()
    assert failed.startswith("FAILED cift/trade_at_makers_price: step 2 (new t): trades: 10@100")
    assert last == "0 passed, 1 failed, 0 skipped"


def test_tap_reads_the_logs(mesh: MeshThread, capsys: pytest.CaptureFixture[str]) -> None:
    url = mesh.mesh.nats_url
    assert cli.main(["tap", "orders.>", "--url", url, "--count", "30"]) == 0
    said = capsys.readouterr().out
    assert "set account DEMO-1 firm" in said
    assert "set instrument AMZN" in said
    heads = [line.split()[0] for line in said.splitlines() if not line.startswith(" ")]
    assert heads == ["ORDERS", "RISKED", "FILLS"] * 10
    assert cli.main(["tap", "orders.fills._venue", "--url", url, "--count", "2"]) == 0
    said = capsys.readouterr().out
    assert {line.split()[0] for line in said.splitlines() if line[0] != " "} == {"FILLS"}
    assert cli.main(["tap", "trades.>", "--url", url]) == 2


async def test_tap_tells_every_kind(mesh: MeshThread, capsys: pytest.CaptureFixture[str]) -> None:
    who = ("DEMO-1", "AMZN", Side.SELL, 5)
    async with mesh.client() as trader, mesh.client("admin") as operator:
        await operator.market.set_last_trade("AMZN", "223.18")
        await operator.market.set_session("AMZN", SessionState.PRE_OPEN)
        await operator.market.set_session("AMZN", SessionState.CONTINUOUS)
        first = await trader.submit(kinds.pegged(*who, PegPrice.ASK, offset="-0.01", tag="quote"))
        trailing = kinds.trailing_stop(*who, basis_points=100, activation_price="225")
        iceberg = kinds.iceberg(*who, "240", 2, expire_time_ns=time.time_ns() + 10**12)
        await trader.submit_list(kinds.one_cancels_other(trailing, iceberg))
        last = await trader.mass_cancel(MassCancel("DEMO-1", "AMZN", Side.SELL))
    bounds = ["--from", str(first.place.sequence - 3), "--count", "3000"]
    await asyncio.to_thread(cli.main, ["tap", "orders.>", "--url", mesh.mesh.nats_url, *bounds])
    said = capsys.readouterr().out
    assert last.canceled_orders == 3
    for words in (
        "set last trade AMZN @ 223.1800",
        "set session AMZN pre open",
        "status AMZN pre open",
        "pegged to ask -0.0100 tag quote",
        "one cancels other 1 of 2 trails by 100 bps from 225.0000 to stop loss",
        "display quantity 2 until ",
        "one cancels other 2 of 2",
        "AMZN sell",
        "canceled order",
    ):
        assert words in said, words


def test_a_running_mesh_keeps_its_folder(
    mesh: MeshThread, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["logs", "verify", str(mesh.mesh.folder.path)]) == 2
    assert "another mesh runs" in capsys.readouterr().err
