"""Fixtures that several folders of tests share: real engines on free ports, one set a worker."""

import asyncio
import itertools
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from cift.kit.stores import postgres
from cift.local import paths
from cift.local.mesh import LocalMesh, MeshOptions
from tests.support import needs

_database_number = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """See `tests.support.needs`: what tests of Java, Go, Node or a browser need."""
    needs.configure(config)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """End a test that needs what is not here."""
    needs.setup(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that did not run."""
    needs.summary(terminalreporter)


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalMesh]:
    """nats-server and PostgreSQL without services, kept by a thread for the whole session."""
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("engines") / "mesh", services=(), durability="page-cache"
    )
    mesh = LocalMesh(options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="engines")
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(mesh.start(), loop).result()
        yield mesh
    finally:
        asyncio.run_coroutine_threadsafe(mesh.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
async def empty_database(engines: LocalMesh) -> AsyncIterator[str]:
    """DSN of an empty database of this test's own."""
    name = f"test_{os.getpid()}_{next(_database_number)}"
    base = engines.postgres_dsn.rpartition("/")[0]
    admin = await asyncpg.connect(engines.postgres_dsn)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        yield f"{base}/{name}"
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
async def database(empty_database: str) -> str:
    """DSN of a migrated database of this test's own, without data."""
    await postgres.migrate(empty_database, postgres.read_migrations(paths.MIGRATIONS))
    return empty_database


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[1]
