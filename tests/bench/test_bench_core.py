"""The benchmarks of the core still measure everything, and what they compare agrees."""

import json
from pathlib import Path

import pytest

from cift.tools import bench_engine, bench_peers
from cift.tools.bench_core import BenchError
from cift.tools.demo import demo_files
from cift.tools.orderfile import read_operations, read_trades


@pytest.mark.timeout(600)
def test_the_engine_is_measured_on_every_flow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "engine.json"
    assert bench_engine.main(["--quick", "--output", str(output)]) == 0
    document = json.loads(output.read_text())
    flows = {row["flow"]: row for row in document["engine"]["flows"]}
    assert list(flows) == list(bench_engine.NAMES)
    for row in flows.values():
        assert row["trades_as_plain"]
        assert 0 < row["p50_ns"] <= row["p99_ns"] <= row["p999_ns"] <= row["max_ns"]
    day = flows["real_day"]
    assert day["trades_right"] == day["trades_expected"] == day["trades"] > 0
    counted = document["instructions_per_command"]
    if isinstance(counted, str):
        assert counted.startswith("not available: ")
    else:
        assert counted.keys() == flows.keys()
    assert document["c_interface"]["ns_per_call"] > 0
    risk = document["risk"]
    assert [row["flow"] for row in risk["flows"]] == list(bench_engine.RISK_NAMES)
    for row in risk["flows"]:
        assert 0 < row["p50_ns"] <= row["p99_ns"] <= row["p999_ns"] <= row["max_ns"]
    assert risk["checks"]["none"] > 0
    assert document["engine"]["load_ns"]["16 KiB"] < document["engine"]["load_ns"]["512 MiB"]
    printed = capsys.readouterr().out
    assert "a plain book" in printed
    assert "buying_power" in printed


def test_calls_and_arrays_make_the_trades_of_the_day() -> None:
    files = demo_files(opening=True)
    day = list(read_operations(files.orders))
    names = list(dict.fromkeys(one.id for one in day))
    flow = bench_peers.numbered(day)
    expected = [
        (trade.seq - day[0].seq, names.index(trade.maker_id) + 1, trade.price, trade.quantity)
        for trade in read_trades(files.trades)
    ]
    for play in (bench_peers.one_by_one, bench_peers.in_requests, bench_peers.in_batches):
        played = play("whole", flow)
        assert played.operations == played.of == len(day)
        assert played.trades == expected


def test_without_a_package_index_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that refuses connections is like no network; no peer is measured then."""
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(BenchError, match="pip could not get them"):
        bench_peers.install(tmp_path / "peers")
