"""Operators' command lines: what is understood, what is refused, and what is said then."""

import argparse
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from cift import cli
from cift.client import (
    AbortedError,
    AuthError,
    CiftError,
    ConflictError,
    DuplicateFlow,
    FeeTier,
    MessageRate,
    NotFoundError,
    RequestError,
    UnavailableError,
)
from cift.tools import accounts, audit, breaches, keys, kill, limits, operating, positions
from cift.tools.tables import Document

NOWHERE = ["--target", "127.0.0.1:1", "--key", "k"]


def parsed(module: Any, *words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    return parser.parse_args(words)


def test_limits_that_are_named_are_read() -> None:
    args = parsed(
        limits,
        *("set", "DEMO-1", "--collar-bps", "500", "--max-daily-loss", "10000.50"),
        *("--message-rate", "100:200", "--duplicate-flow", "1000:5", "--off", "credit"),
    )
    assert (args.account, args.collar_bps, args.max_daily_loss) == (
        "DEMO-1",
        500,
        Decimal("10000.50"),
    )
    assert args.message_rate == MessageRate(100, 200)
    assert args.duplicate_flow == DuplicateFlow(1_000, 5)
    assert (args.off, args.max_position, args.restricted) == (["credit"], None, None)


def test_a_dry_run_reads_as_one_says_it() -> None:
    for words in (["@", "223.18"], ["@223.18"], ["223.18"]):
        args = parsed(limits, "check", "DEMO-1", "buy", "AMZN", "100", *words)
        assert (args.quantity, args.price) == (Decimal(100), words)


def test_fees_scopes_and_bounds_are_read() -> None:
    args = parsed(accounts, "fees", "--venue", "--tier", "0:10:30", "--tier", "1000000:-5:20")
    assert args.tier == [FeeTier(0, 10, 30), FeeTier(1_000_000, -5, 20)]
    args = parsed(keys, "create", "--firm", "DEMO", "--scopes", "read, trade")
    assert args.scopes == ["read", "trade"]
    assert parsed(audit).limit == 20
    assert parsed(breaches, "DEMO-1", "--watch", "--after", "0").after == 0
    assert parsed(positions, "--firm", "DEMO").account == ""
    assert parsed(kill, "lift", "DEMO-1", "--comment", "fixed").words == ["lift", "DEMO-1"]


@pytest.mark.parametrize(
    "argv",
    [
        ["limits"],
        ["limits", "set", "DEMO-1", "--collar-bps", "0"],
        ["limits", "set", "DEMO-1", "--credit", "much"],
        ["limits", "set", "DEMO-1", "--credit", "NaN"],
        ["limits", "set", "DEMO-1", "--message-rate", "100"],
        ["limits", "set", "DEMO-1", "--off", "everything"],
        ["limits", "check", "DEMO-1", "hold", "AMZN", "1"],
        ["accounts", "create", "DEMO-9", "--firm", "DEMO"],
        ["accounts", "fees", "--tier", "10:30"],
        ["accounts", "convert", "EUR", "x"],
        ["keys", "disable", "0"],
        ["keys", "create", "--scopes", "read"],
        ["users", "create", "bob"],
        ["users", "disable", "bob"],
        ["audit", "--limit", "0"],
        ["breaches", "--after", "-1"],
    ],
)
def test_a_wrong_command_line_is_refused(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert "usage: cift" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["limits", "set", "DEMO-1"], "name a limit to change"),
        (["limits", "set", "DEMO-1", "--credit", "1", "--off", "credit"], "give one of them"),
        (["limits", "show"], "name an account, --firm FIRM or --venue, one of them"),
        (["limits", "show", "DEMO-1", "--venue"], "one of them"),
        (["limits", "check", "DEMO-1", "buy", "AMZN", "1", "@", "2", "3"], "give one price"),
        (["limits", "check", "DEMO-1", "buy", "AMZN", "1", "@", "x"], "'x' is not a decimal"),
        (["accounts", "set", "DEMO-1"], "name what shall change"),
        (["users", "set", "bob", "--firm", "DEMO"], "name what shall change"),
        (["keys", "list", "--user", "bob"], "name the firm of the user"),
        (["accounts", "fees", "DEMO-1", "--none", "--tier", "0:1:2"], "not both"),
        (["accounts", "fees", "--tier", "0:1:2"], "one of them"),
        (["kill"], "one of them"),
        (["kill", "DEMO-1", "--firm", "DEMO"], "one of them"),
        (["kill", "DEMO-1", "DEMO-2"], "name one account"),
        (["kill", "lift"], "one of them"),
        (["kill", "DEMO-1", "--session", "s"], "--session ID"),
        (["kill", "--session", "s", "--comment", "why"], "takes no --comment"),
        (["kill", "lift", "--session", "s"], "can't come back"),
        (["kill", "list", "--venue"], "one of them"),
        (["positions"], "one of them"),
        (["positions", "--watch", "--venue"], "--watch takes an account"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*argv, *NOWHERE]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.startswith(f"{argv[0]}: ")
    assert said.count("\n") == 1


def test_a_key_and_a_target_are_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CIFT_API_KEY", raising=False)
    assert cli.main(["keys", "list"]) == 2
    assert "give an operator's key as --key or CIFT_API_KEY" in capsys.readouterr().err
    assert cli.main(["keys", "list", "--key", "k", "--target", "here"]) == 2
    assert "'here' is not HOST:PORT_BASE" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    ["market", "accounts", "users", "keys", "limits", "kill", "positions", "breaches", "audit"],
)
def test_help_of_operators_commands_has_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    assert f"    cift {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (AbortedError("they changed"), 1, "refused: they changed; read it again, then change it"),
        (
            AbortedError("somebody else did: read it again, and change it if need be"),
            1,
            "refused: somebody else did: read it again, and change it if need be\n",
        ),
        (ConflictError("no", reason="TAKEN"), 1, "refused: TAKEN: no"),
        (NotFoundError("no account X"), 2, "no account X"),
        (AuthError("needs scope admin"), 2, "needs scope admin; give another key as --key or"),
        (UnavailableError("failed to connect"), 2, "is a mesh up there? `cift up` starts one"),
        (UnavailableError("being built", reason="REPLAYING"), 2, "being built"),
        (RequestError("a: b", violations=[("a", "b"), ("c", "d")]), 2, "a: b; c: d"),
        (RequestError("a: b", violations=[("a", "b")]), 2, "a: b"),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(
    error: CiftError, status: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fails(client: Any, args: argparse.Namespace) -> Document:
        raise error

    args = argparse.Namespace(target="127.0.0.1:1", key="k", json=False, work=fails)
    assert operating.run("limits", args) == status
    said = capsys.readouterr().err
    assert said.startswith(f"limits: {text}") or text in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("output", "status", "said"),
    [("| true", 0, ""), ("> /dev/full", 2, "limits: done, but its answer cannot be written: No ")],
)
def test_an_output_that_takes_no_more_is_no_crash(output: str, status: int, said: str) -> None:
    script = (
        "import argparse, sys, time\n"
        "from cift.tools import operating\n"
        "async def act(client, args):\n"
        "    time.sleep(0.3)\n"  # By then `true` has ended.
        "    return operating.one_line(done=True)\n"
        "args = argparse.Namespace(target='127.0.0.1:1', key='k', json=False, work=act)\n"
        "sys.exit(operating.run('limits', args))\n"
    )
    done = subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {output}; exit "${{PIPESTATUS[0]}}"', sys.executable, script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == bool(said)
