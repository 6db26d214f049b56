"""The supervisor, with real engines and a service that only answers health checks."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import psutil
import pytest

from cift.local.folder import MeshFolder
from cift.local.mesh import LocalMesh, MeshError, MeshOptions, ServiceSpec
from cift.local.ports import HOST, find_block, port_is_free

HEALTH_ONLY = str(Path(__file__).with_name("health_only.py"))


def options(folder: Path, *arguments: str, port_base: int | None = None) -> MeshOptions:
    service = ServiceSpec("health_only", 1, command=(sys.executable, HEALTH_ONLY, *arguments))
    return MeshOptions(
        data_dir=folder, services=(service,), durability="page-cache", port_base=port_base
    )


async def gone(*pids: int) -> bool:
    """Whether these processes end within ten seconds; a zombie has ended."""

    def alive(pid: int) -> bool:
        try:
            return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in pids):
            return True
        await asyncio.sleep(0.02)
    return False


def pids(mesh: LocalMesh) -> list[int]:
    return [process.pid for process in mesh.processes.values() if process.pid is not None]


async def test_everything_is_up_described_and_gone_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / 'a folder, with "spaces"'
    async with LocalMesh(options(folder)) as mesh:
        document = json.loads((folder / "mesh.json").read_text())
        assert (folder / "mesh.json").stat().st_mode & 0o077 == 0
        assert list(document["processes"]) == ["nats", "postgres", "health_only"]
        assert {p["state"] for p in document["processes"].values()} == {"up"}
        assert document["keys"]["trade"] == "demo-trade-key"
        assert document["nats_url"] == mesh.nats_url
        running = pids(mesh)
        assert len(running) == 3
        assert all(os.getpgid(pid) == pid for pid in running)
        connection = await asyncpg.connect(mesh.postgres_dsn)
        assert await connection.fetchval("SELECT count(*) FROM accounts") >= 4
        await connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        await connection.close()
    assert await gone(*running)
    assert not (folder / "mesh.json").exists()

    async with LocalMesh(options(folder)) as mesh:
        connection = await asyncpg.connect(mesh.postgres_dsn)
        assert await connection.fetchval("SELECT one FROM kept") == 1
        assert await connection.fetchval("SELECT count(*) FROM reference_outbox") == 1
        await connection.close()


async def test_postgres_is_never_root_and_wants_the_password(tmp_path: Path) -> None:
    async with LocalMesh(options(tmp_path / "mesh")) as mesh:
        pid = mesh.processes["postgres"].pid
        assert pid is not None
        assert psutil.Process(pid).uids().effective != 0
        stranger = mesh.postgres_dsn.replace(mesh.postgres_dsn.split(":")[2].split("@")[0], "guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(stranger)


async def test_whatever_dies_comes_back(tmp_path: Path) -> None:
    async with LocalMesh(options(tmp_path / "mesh")) as mesh:
        for name in ("health_only", "nats", "postgres"):
            before = mesh.processes[name].pid
            assert mesh.kill(name)
            await mesh.wait_ready()
            assert mesh.processes[name].pid not in (None, before)
            assert mesh.processes[name].restarts == 1
        before = mesh.processes["health_only"].pid
        await mesh.restart("health_only")
        assert mesh.processes["health_only"].pid != before


async def test_unsupervised_processes_stay_dead_until_wanted(tmp_path: Path) -> None:
    async with LocalMesh(options(tmp_path / "mesh")) as mesh:
        await mesh.supervise(False)
        process = mesh.processes["health_only"]
        mesh.kill("health_only")
        await process.wait_exit()
        await asyncio.sleep(0.1)
        assert (process.state, process.pid) == ("stopped", None)
        assert not mesh.kill("health_only")
        await mesh.supervise(True)
        await mesh.wait_ready()
        assert process.restarts == 0


async def test_a_paused_process_is_seen_and_can_be_stopped(tmp_path: Path) -> None:
    async with LocalMesh(options(tmp_path / "mesh")) as mesh:
        process = mesh.processes["health_only"]
        mesh.kill("health_only", signal.SIGSTOP)
        async with asyncio.timeout(10):
            while process.state != "silent":
                await asyncio.sleep(0.02)
        mesh.kill("health_only", signal.SIGCONT)
        await mesh.wait_ready()
        assert process.restarts == 0
        mesh.kill("health_only", signal.SIGSTOP)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("crash", "health_only does not start: the cupboard: is bare"),
        ("fail", "health_only does not start: failed: the cupboard is bare"),
        ("refuse", "health_only does not start: cannot start: the data is of another age"),
    ],
)
async def test_a_service_that_cannot_start_is_one_line_of_help(
    tmp_path: Path, argument: str, words: str
) -> None:
    mesh = LocalMesh(options(tmp_path / "mesh", argument))
    with pytest.raises(MeshError) as caught:
        await mesh.start()
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
    assert mesh.processes == {}


async def test_a_service_that_stays_silent_has_a_bound(tmp_path: Path) -> None:
    mesh = LocalMesh(replace(options(tmp_path / "mesh", "silent"), start_seconds=4.0))
    with pytest.raises(MeshError, match="not up after 4 s: health_only"):
        await mesh.start()


async def test_a_folder_belongs_to_one_mesh(tmp_path: Path) -> None:
    held = MeshFolder(tmp_path / "mesh")
    held.open()
    with pytest.raises(MeshError, match="another mesh runs in"):
        await LocalMesh(options(tmp_path / "mesh")).start()
    held.close()


async def test_folders_that_are_not_ours_are_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(MeshError, match="holds other things than a mesh"):
        await LocalMesh(options(tmp_path)).start()
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    future = tmp_path / "future"
    future.mkdir()
    (future / "FORMAT").write_text("99\n")
    with pytest.raises(MeshError, match="data of format 99, this build reads 1"):
        await LocalMesh(options(future)).start()
    (tmp_path / "file").touch()
    with pytest.raises(MeshError, match="choose another --data-dir"):
        await LocalMesh(options(tmp_path / "file")).start()


async def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "mesh" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    (tmp_path / "mesh" / "FORMAT").write_text("1\n")
    with pytest.raises(MeshError, match="was made by PostgreSQL 9, this is 18"):
        await LocalMesh(options(tmp_path / "mesh")).start()


async def test_a_taken_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cift.local.mesh.PORTS_WAIT_SECONDS", 0.1)
    base, guard = find_block((1, 20, 21, 22))
    with guard, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, base + 22))
        other.listen()
        assert not port_is_free(base + 22)
        with pytest.raises(MeshError, match=f"port {base + 22}, for postgres, is taken"):
            await LocalMesh(options(tmp_path / "mesh", port_base=base)).start()


def test_unknown_services_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="no such service: dance"):
        LocalMesh(MeshOptions(data_dir=tmp_path, without=frozenset({"dance"})))


def test_blocks_of_ports_do_not_overlap() -> None:
    first, guard_one = find_block((1, 2))
    second, guard_two = find_block((1, 2))
    with guard_one, guard_two:
        assert abs(first - second) >= 32


async def test_children_die_with_a_killed_supervisor_and_the_next_one_starts(
    tmp_path: Path,
) -> None:
    code = f"""
    import asyncio, os, signal, sys
    from pathlib import Path
    from cift.local.mesh import LocalMesh, MeshOptions, ServiceSpec
    async def main():
        service = ServiceSpec("health_only", 1, command=(sys.executable, {HEALTH_ONLY!r}))
        options = MeshOptions(
            data_dir=Path(sys.argv[1]), services=(service,), durability="page-cache"
        )
        async with LocalMesh(options) as mesh:
            mesh.kill("health_only", signal.SIGSTOP)
            os.kill(os.getpid(), signal.SIGKILL)
    asyncio.run(main())
    """
    folder = tmp_path / "mesh"
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", textwrap.dedent(code), str(folder)],
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    left = json.loads((folder / "mesh.json").read_text())["processes"]
    if sys.platform == "linux":
        assert await gone(*(entry["pid"] for entry in left.values()))
    async with LocalMesh(options(folder)) as mesh:
        assert len(pids(mesh)) == 3


async def test_cift_up_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    everything = "analytics,market_data,matching,risk,order_entry"
    base, guard = find_block((20, 21, 22))
    with guard:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cift.cli", "up", "--without", everything),
            *("--data-dir", str(tmp_path / "mesh"), "--port-base", str(base)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert child.stdout is not None
        said = ""
        async with asyncio.timeout(60):
            while "API keys" not in said:
                said += (line := await child.stdout.readline()).decode()
                assert line, said
        child.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0
    assert "demo-trade-key" in said
    assert "stopping" in rest.decode()
    assert rest.decode().rstrip().splitlines()[-1].split() == [
        "nats",
        "stopped",
        f"{HOST}:{base + 20}",
    ]
