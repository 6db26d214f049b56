"""Conformance cases and a real day on the core alone, without a mesh."""

from pathlib import Path

import pytest

from cift import cli
from tests.support.auction_day import auction_day

SHARED_CASES = 76
"""Of the shared conformance cases, those that need nothing that this build lacks."""


def test_our_cases(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = repository / "tests" / "conformance" / "cases"
    assert cli.main(["conformance", str(cases)]) == 0
    count = len(list(cases.glob("*.json")))
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} passed, 0 failed, 0 skipped"


def test_the_shared_cases(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the shared material lies beside the checkout; ours run everywhere."""
    shared = repository.parent / "shared" / "conformance"
    if shared.is_dir():
        assert cli.main(["conformance", str(shared), "--via", "engine"]) == 0
        said = capsys.readouterr().out
        assert said.splitlines()[-1].startswith(f"{SHARED_CASES} passed, 0 failed, ")


def test_the_opening_of_a_real_day(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = repository / "tests" / "data"
    status = cli.main(
        [
            *("replay", str(data / "AMZN_open_orders.csv.zst"), "--via", "engine"),
            *("--expect-trades", str(data / "AMZN_open_expected_trades.csv.zst")),
            *("--expect-book", str(data / "AMZN_open_orderbook_5.csv.zst")),
        ]
    )
    assert status == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "replay: 25000 operations, 710 trades of 710 equal, "
        "14854 book rows of 14854 equal, 0 differences"
    )


def test_the_whole_day(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it takes seconds on the core, where it is there."""
    data = repository.parent / "shared" / "data" / "lobster"
    if data.is_dir():
        status = cli.main(
            [
                *("replay", str(data / "AMZN_5_replay_orders.csv.zst"), "--via", "engine"),
                *("--expect-trades", str(data / "AMZN_5_replay_expected_trades.csv.zst")),
                "--expect-book",
                str(data / "AMZN_2012-06-21_34200000_57600000_orderbook_5.csv.zst"),
            ]
        )
        assert status == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            "replay: 231488 operations, 8939 trades of 8939 equal, "
            "153491 book rows of 153491 equal, 0 differences"
        )


def test_a_day_with_auctions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["replay", *auction_day(tmp_path), "--via", "engine"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "replay: 12 operations, 1 of them refused, 1 trades of 1 equal, "
        "2 auctions of 2 equal, 0 differences"
    )


def test_what_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["conformance", str(tmp_path)]) == 2
    assert "no *.json" in capsys.readouterr().err
