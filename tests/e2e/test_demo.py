"""The demonstration, as `make demo` runs it, on the flow that ships with the checkout."""

import pytest

from cift import cli


@pytest.mark.timeout(300)
def test_the_demonstration_proves_every_trade(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--opening", "--durability", "page-cache"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == (
        "demo: 25000 operations, 710 trades (710 expected), 14854 book rows checked, 0 mismatches"
    )
    assert any("p99.9" in line for line in lines)
