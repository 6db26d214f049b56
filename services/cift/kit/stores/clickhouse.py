"""ClickHouse: one client code for the embedded engine and for a server.

Without a DSN the engine runs inside this process (chDB) on a folder that one process may use at a
time; a DSN such as `http://user:password@host:8123/cift` names a server. The driver is synchronous
and a client takes one call at a time, so each thread of a small pool has its own client: one lane
for writes, which keeps their order, and a few for queries.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import Error as DriverError

from cift.kit.logging import get_logger

__all__ = ["ClickHouse", "ClickHouseError", "read_statements", "server_options"]

T = TypeVar("T")

DATABASE = "cift"
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WRITE_SETTINGS = {
    # A block that we insert becomes one part, whatever its width: whole or not at all.
    "max_insert_block_size": 2_000_000,
    "min_insert_block_size_rows": 2_000_000,
    "min_insert_block_size_bytes": 1 << 30,
}

log = get_logger("clickhouse")


class ClickHouseError(Exception):
    """The engine refused or could not be reached; the message says what it said."""


class ClickHouse:
    """A database in ClickHouse; `start` opens it, `stop` closes it after the running calls."""

    def __init__(
        self, dsn: str, folder: Path, *, schema: Sequence[str] = (), query_threads: int = 2
    ) -> None:
        if not 1 <= query_threads <= 64:
            raise ValueError("query_threads must be from 1 to 64")
        self._dsn = dsn
        self._folder = folder
        self._schema = schema
        self._query_threads = query_threads
        self._lock: int | None = None
        self._writer: _Lane | None = None
        self._readers: _Lane | None = None

    async def start(self) -> None:
        """Open the engine, make the database and run the schema's statements."""
        await asyncio.to_thread(self._open)
        try:
            self._writer = _Lane("clickhouse-write", 1, lambda: self._connect(WRITE_SETTINGS))
            self._readers = _Lane(
                "clickhouse-query", self._query_threads, lambda: self._connect({})
            )
            for statement in self._schema:
                await self.command(statement)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Wait for the calls that run, then close every client and give the folder back."""
        for lane in (self._readers, self._writer):
            if lane is not None:
                await asyncio.to_thread(lane.close)
        self._readers = self._writer = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def command(self, sql: str) -> None:
        """Run a statement that changes something."""
        await self._run(self._writer, lambda client: client.command(sql))

    async def insert(self, table: str, columns: Mapping[str, Any]) -> None:
        """Insert one block, whole or not at all; columns are arrays or lists of one length."""
        names = [_identifier(name) for name in columns]
        data = list(columns.values())
        await self._run(
            self._writer,
            lambda client: client.insert(
                _identifier(table), data, column_names=names, column_oriented=True
            ),
        )

    async def query(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `{name:Type}` in `sql` stands for a parameter."""

        def rows(client: Client) -> list[tuple[Any, ...]]:
            return [
                tuple(row) for row in client.query(sql, parameters=dict(parameters)).result_rows
            ]

        return await self._run(self._readers, rows)

    async def _run(self, lane: "_Lane | None", call: Callable[[Client], T]) -> T:
        if lane is None:
            raise ClickHouseError("not started")
        return await lane.run(call)

    def _open(self) -> None:
        if not self._dsn:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = _lock_folder(self._folder)
        try:
            with contextlib.closing(self._client(None, {})) as client:
                client.command(f"CREATE DATABASE IF NOT EXISTS {self._database}")
        except BaseException:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None
            raise

    @property
    def _database(self) -> str:
        name = unquote(urlsplit(self._dsn).path.strip("/")) or DATABASE
        return _identifier(name)

    def _connect(self, settings: Mapping[str, Any]) -> Client:
        return self._client(self._database, settings)

    def _client(self, database: str | None, settings: Mapping[str, Any]) -> Client:
        try:
            if not self._dsn:
                return clickhouse_connect.get_client(
                    interface="chdb",
                    path=str(self._folder),
                    database=database,
                    settings=dict(settings),
                )
            return clickhouse_connect.get_client(
                **server_options(self._dsn),
                database=database or "default",
                settings=dict(settings),
                autogenerate_session_id=False,
                connect_timeout=5,
                send_receive_timeout=60,
            )
        except (DriverError, OSError) as error:
            raise ClickHouseError(_first_line(error)) from error


class _Lane:
    """Threads with a client each; a client is made where it is used first."""

    def __init__(self, name: str, threads: int, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._own = threading.local()
        self._clients: list[Client] = []
        self._guard = threading.Lock()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, call: Callable[[Client], T]) -> T:
        """Run `call` in one of the threads, on its client."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._call, call)

    def close(self) -> None:
        """Wait for the calls that run, refuse further ones, and close the clients."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        for client in self._clients:
            with contextlib.suppress(DriverError, OSError):
                client.close()

    def _call(self, call: Callable[[Client], T]) -> T:
        try:
            return call(self._client())
        except (DriverError, OSError) as error:
            raise ClickHouseError(_first_line(error)) from error

    def _client(self) -> Client:
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._connect()
            self._own.client = client
            with self._guard:
                self._clients.append(client)
        return client


def server_options(dsn: str) -> dict[str, Any]:
    """What the driver is told of a DSN: scheme http or https (TLS), without the database.

    The database may not exist yet, and the driver does not take TLS from the scheme.
    """
    parts = urlsplit(dsn)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ClickHouseError("a ClickHouse DSN is http(s)://user:password@host:port/database")
    return {"dsn": parts._replace(path="").geturl(), "interface": parts.scheme}


def read_statements(path: Path) -> list[str]:
    """Read the statements of a schema file: each ends with a semicolon at the end of a line."""
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if line[:2] != "--"
    )
    return [s.strip() for s in re.split(r";\s*(?:\n|$)", text) if s.strip()]


def _lock_folder(folder: Path) -> int:
    """Hold the folder for this process; the lock goes when the process does, however it ends."""
    handle = os.open(folder / "cift.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise ClickHouseError(
            f"{folder} is used by another process: stop it, or set CIFT_DATA_DIR to another folder"
        ) from error
    return handle


def _identifier(name: str) -> str:
    if IDENTIFIER.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a plain name")
    return name


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
