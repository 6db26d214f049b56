"""Operators' commands on a running mesh, as somebody at a shell gives them."""

import asyncio
import contextlib
import json
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cift import cli
from cift.client import NewOrder, Side
from cift.local.mesh import MeshOptions
from tests.support.mesh_thread import MeshThread

KEY_SECONDS = 1.5
"""A key is known, or no longer, to every service after so long."""

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("an operator's") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics", "market_data"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
def shell(mesh: MeshThread, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Gives a command with a key, the operator's if none is named: status, output, errors."""

    def give(line: str, key: str = mesh.mesh.keys["admin"]) -> tuple[int, str, str]:
        words = shlex.split(line.removeprefix("cift "))
        target = f"127.0.0.1:{mesh.mesh.port_base}"
        status = cli.main([*words, "--target", target, "--key", key])
        return status, *capsys.readouterr()

    return give


@pytest.fixture
def ask(shell: Shell) -> Callable[..., list[dict[str, Any]]]:
    """Gives a command that succeeds; what it tells as JSON."""

    def give(line: str, **options: Any) -> list[dict[str, Any]]:
        status, out, err = shell(f"{line} --json", **options)
        assert (status, err) == (0, ""), (line, out, err)
        return [json.loads(row) for row in out.splitlines()]

    return give


def test_a_firm_comes_and_trades(
    mesh: MeshThread, shell: Shell, ask: Callable[..., list[dict[str, Any]]]
) -> None:
    assert ask("accounts create-firm ACME") == [{"firm": "ACME"}]
    assert {"name": "ACME"} in ask("accounts firms")
    status, out, err = shell("accounts create ACME-1 --firm ACME --currency USD")
    assert (status, out) == (0, "name ACME-1  firm ACME  currency USD\n")
    assert "cift limits set ACME-1" in err
    assert [row["firm"] for row in ask("accounts list") if row["name"] == "ACME-1"] == ["ACME"]
    status, _, err = shell("accounts create ACME-1 --firm ACME --currency EUR")
    assert (status, err.startswith("accounts: refused: ")) == (1, True)

    status, _, err = shell("limits show ACME-1")
    assert (status, "limits" in err) == (2, True)
    status, out, _ = shell("limits check ACME-1 buy AMZN 100 @ 223.18")
    assert (status, out.splitlines()[-1].startswith("accepted no")) == (1, True)
    status, _, err = shell("limits set ACME-1 --collar-bps 500")
    assert (status, "--others-off" in err, err.count("\n")) == (1, True, 1)
    [limits] = ask("limits set ACME-1 --others-off --collar-bps 500 --max-daily-loss 10000")
    assert (limits["collar_bps"], float(limits["max_daily_loss"])) == (500, 10_000)
    assert "credit" not in limits
    ask("limits set --firm ACME --max-position 100")
    status, out, _ = shell("limits check ACME-1 buy AMZN 100 @ 223.18")
    assert (status, out.splitlines()[-1]) == (0, "accepted yes")
    status, out, _ = shell("limits check ACME-1 buy AMZN 101 @ 223.18")
    assert status == 1
    assert re.search(r"\nposition +firm +FAILS +100 +101 +-1 +exceeds_limit\n", out)

    [key] = ask('keys create --firm ACME --scopes read,trade --label "a bot"')
    listed = ask("keys list --firm ACME")
    assert [(row["id"], row["scopes"], row["label"]) for row in listed] == [
        (key["id"], ["read", "trade"], "a bot")
    ]
    assert "secret" not in listed[0]
    time.sleep(KEY_SECONDS)
    assert ask("positions ACME-1", key=key["secret"])[0]["kind"] == "exposure"
    status, _, err = shell("accounts list", key=key["secret"])
    assert (status, "scope" in err, err.count("\n")) == (2, True, 1)
    status, _, err = shell("positions DEMO-1", key=key["secret"])
    assert (status, "DEMO-1" in err) == (2, True)
    ask(f"keys disable {key['id']}")
    time.sleep(KEY_SECONDS)
    status, _, err = shell("positions ACME-1", key=key["secret"])
    assert (status, "--key" in err) == (2, True)

    ask("accounts disable ACME-1")
    assert shell("limits check ACME-1 buy AMZN 1 @ 223.18")[0] == 1
    ask("accounts enable ACME-1")
    assert shell("limits check ACME-1 buy AMZN 1 @ 223.18")[0] == 0
    [account] = ask("accounts set ACME-1 --self-trade-group 7")
    assert account["self_trade_group"] == 7


def test_a_user_comes_and_goes(
    shell: Shell, ask: Callable[..., list[dict[str, Any]]], mesh: MeshThread
) -> None:
    names = [row["name"] for row in ask("users list --firm DEMO", key=mesh.mesh.keys["read"])]
    assert {"alice", "bob", "carol"} <= set(names)
    status, out, err = shell("users create sue@demo.example --firm DEMO --scopes read,trade")
    assert (status, out) == (0, "firm DEMO  name sue@demo.example  scopes read,trade\n")
    assert "cift keys create --firm DEMO --user sue@demo.example" in err
    [key] = ask("keys create --firm DEMO --user sue@demo.example --scopes read --label desk")
    assert (key["user"], key["scopes"]) == ("sue@demo.example", ["read"])
    status, _, err = shell("keys create --firm DEMO --user sue@demo.example --scopes admin")
    assert (status, "SCOPE_BEYOND_USER" in err, err.count("\n")) == (1, True, 1)
    ask('users set sue@demo.example --firm DEMO --scopes read --display-name "Sue of the desk"')
    time.sleep(KEY_SECONDS)
    [user] = ask("users show sue@demo.example", key=key["secret"])
    assert (user["display_name"], user["scopes"]) == ("Sue of the desk", ["read"])
    status, _, err = shell("users show oscar --firm OTHER", key=key["secret"])
    assert (status, err.startswith("users: no user oscar")) == (2, True)
    status, out, _ = shell("users disable sue@demo.example --firm DEMO")
    assert (status, "disabled yes" in out) == (0, True)
    time.sleep(KEY_SECONDS)
    assert shell("users show sue@demo.example", key=key["secret"])[0] == 2
    [listed] = ask("keys list --firm DEMO --user sue@demo.example")
    assert (listed["disabled"], listed["user_disabled"]) == (False, True)
    ask("users enable sue@demo.example --firm DEMO")
    time.sleep(KEY_SECONDS)
    assert shell("users show sue@demo.example", key=key["secret"])[0] == 0
    status, out, _ = shell("audit --name DEMO/sue@demo.example")
    assert (status, len(out.splitlines())) == (0, 5)
    assert re.search(r"carol of DEMO, key \d+  user  DEMO/sue@demo.example  disabled no → yes", out)
    assert re.search(r"scopes read \+ trade → read", out)


def test_limits_change_one_by_one_and_not_behind_ones_back(
    shell: Shell, ask: Callable[..., list[dict[str, Any]]]
) -> None:
    ask("limits set DEMO-3 --others-off")
    [first] = ask("limits set DEMO-3 --collar-bps 500 --message-rate 100:200 --max-short 0")
    [shown] = ask("limits show DEMO-3")
    assert shown == {name: value for name, value in first.items() if name != "sequence"}
    [second] = ask(f"limits set DEMO-3 --off collar-bps --etag {first['etag']}")
    assert "collar_bps" not in second
    assert second["message_rate"] == {"per_second": 100, "burst": 200}
    status, _, err = shell(f"limits set DEMO-3 --credit 5 --etag {first['etag']}")
    assert (status, "read it again" in err, err.count("\n")) == (1, True, 1)
    [special] = ask("limits set DEMO-3 --symbol AMZN --restricted")
    assert (special["symbol"], special["restricted"]) == ("AMZN", True)
    assert shell("limits check DEMO-3 buy AMZN 1 @ 223.18")[0] == 1
    assert shell("limits check DEMO-3 buy DEMO 1 @ 100")[0] == 0
    ask("limits set DEMO-3 --symbol AMZN --off restricted")
    ask("limits set --venue --max-order-quantity 1000000")
    status, out, _ = shell("limits show --venue")
    assert status == 0
    assert re.search(r"^max order quantity +1,000,000$", out, re.MULTILINE)
    assert re.search(r"^credit +off$", out, re.MULTILINE)
    ask("limits set --venue --others-off")
    [locate] = ask('limits locate DEMO-3 AMZN 5000 --source "desk 4"')
    assert (locate["located"], locate["source"]) == ("5000", "desk 4")
    assert shell("limits check DEMO-3 sell AMZN 5001 @ 223.18")[0] == 1
    assert shell("limits check DEMO-3 sell AMZN 5000 @ 223.18")[0] == 0
    assert [row["id"] for row in ask("limits locates DEMO-3")] == [locate["id"]]
    [released] = ask(f"limits release {locate['id']}")
    assert (released["located"], released["released"]) == ("0", True)
    changes = ask("audit --kind limits --name DEMO-3")
    assert [entry["name"] for entry in changes] == ["DEMO-3"] * len(changes)
    assert changes[0]["before"]["collar_bps"] == 500
    status, out, _ = shell("audit --limit 3")
    assert (status, len(out.splitlines())) == (0, 4)


def test_what_things_cost_and_are_worth(
    shell: Shell, ask: Callable[..., list[dict[str, Any]]]
) -> None:
    assert ask("accounts fees DEMO-4") == []
    tiers = ask("accounts fees DEMO-4 --tier 0:10:30 --tier 1000000:-5:20")
    assert ask("accounts fees DEMO-4") == tiers
    status, out, _ = shell("accounts fees")
    assert status == 0
    assert re.search(r"^account +DEMO-4 +1,000,000 +-5 +20$", out, re.MULTILINE)
    ask("accounts fees DEMO-4 --none")
    assert all("from_notional" not in row for row in ask("accounts fees DEMO-4"))
    ask("accounts convert EUR 1.08")
    assert {"currency": "EUR", "value": "1.08"} in [
        {**row, "value": row["value"].rstrip("0")} for row in ask("accounts conversions")
    ]
    assert {"AMZN", "DEMO", "BTC-USD"} <= {row["symbol"] for row in ask("market list")}


HEEDS_CTRL_C = """
import signal, sys
from cift.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
"""The command as at a shell, also where the tests run in the background, which ignores Ctrl-C."""


async def test_positions_and_breaches_are_watched(mesh: MeshThread) -> None:
    """Each in a process of its own, as at a shell, until Ctrl-C."""
    target = ("--target", f"127.0.0.1:{mesh.mesh.port_base}", "--key", mesh.mesh.keys["trade"])

    async def watch(*words: str) -> asyncio.subprocess.Process:
        command = (sys.executable, "-c", HEEDS_CTRL_C, *words, "--watch", *target)
        return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)

    async def told(process: asyncio.subprocess.Process, words: str) -> str:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            while words not in (line := (await process.stdout.readline()).decode()):
                assert line, f"it ended before {words}"
        return line

    watching = []
    try:
        async with mesh.client() as trader:
            await trader.submit(NewOrder("DEMO-2", "DEMO", Side.SELL, 5, 90))
            first = await trader.submit(NewOrder("DEMO-1", "DEMO", Side.BUY, 3, 90))
            watching.append(positions := await watch("positions", "DEMO-1", "--json"))
            after = str(first.place.sequence)
            watching.append(breaches := await watch("breaches", "--after", after))
            row = json.loads(await told(positions, '"quantity": "3"'))
            assert (row["symbol"], row["kind"]) == ("DEMO", "position")
            await trader.submit(NewOrder("DEMO-1", "DEMO", Side.BUY, 2, 90))
            row = json.loads(await told(positions, '"quantity": "5"'))
            assert row["through_sequence"] > first.place.sequence
            await trader.submit(NewOrder("DEMO-SMALL", "DEMO", Side.BUY, 2_000, 90))
            line = await told(breaches, "DEMO-SMALL")
            assert re.search(
                r"side buy  quantity 2,000  symbol DEMO  price 90  reject reason clip_size", line
            )
        for process in watching:
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 130
    finally:
        for process in watching:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def test_the_readmes_commands(shell: Shell, repository: Path) -> None:
    text = (repository / "README.md").read_text()
    section = text.partition("## Operate it")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("cift ")]
    assert len(lines) >= 8
    for line in lines:
        command = line.partition("  #")[0]
        status, _, err = shell(command)
        assert status == 0, (command, err)
