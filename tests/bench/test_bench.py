"""The benchmark still measures everything; what it measures is for `make bench`."""

import json
from pathlib import Path

import pytest

from cift import cli


@pytest.mark.timeout(300)
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "bench.json"
    assert cli.main(["bench", "--quick", "--output", str(output)]) == 0
    document = json.loads(output.read_text())
    assert document["machine"]["cores"] >= 1
    assert document["fsync"]["p50_us"] > 0
    places = [(row["plane"], row["symbols"]) for row in document["throughput"]]
    planes = ("order plane", "whole mesh")
    assert places == [(plane, symbols) for plane in planes for symbols in (1, 20)]
    for row in document["throughput"]:
        assert row["floor"]["orders_per_s"] > 0
        assert row["mesh"]["orders_per_s"] > 0
    assert {row["kind"] for row in document["latency"]} == {"unary", "session"}
    for row in document["latency"]:
        assert 0 < row["p50_us"] <= row["p99_us"] <= row["p999_us"]
        assert row["late"] == 0
    assert [row["plane"] for row in document["hops"]] == list(planes)
    for row in document["hops"]:
        assert row["ORDERS to RISKED"]["count"] > 0
    assert "mesh of floor" in capsys.readouterr().out
