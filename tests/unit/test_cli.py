"""The `cift` command line."""

import pytest

from cift import cli


def test_help_lists_the_subcommands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    assert "up " in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["dance"],
        ["up", "--durability", "none"],
        ["bench", "--seconds", "-1"],
        ["tap", "--shard", "256"],
        ["tap", "--from", "0"],
        ["logs", "verify", "--shard", "-1", "."],
        ["market", "bust", "1.2", "-3"],
        ["market", "bust", "1.2", "18446744073709551616"],
    ],
)
def test_a_wrong_command_line_is_refused(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert "usage: cift" in capsys.readouterr().err


def test_tap_reads_the_mesh_of_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CIFT_NATS_URL", raising=False)
    with pytest.raises(SystemExit):
        cli.main(["tap", "--help"])
    assert "nats://127.0.0.1:50070" in capsys.readouterr().out
