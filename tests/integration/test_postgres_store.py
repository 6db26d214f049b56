"""Migrations and reference data on a real PostgreSQL."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cift.kit.errors import DeadlineExceeded, as_service_error
from cift.kit.stores import postgres
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.limits import Limits
from cift.kit.stores.records import Holder, Level
from cift.kit.stores.reference import ReferenceStore, hash_key
from cift.local import paths, seed
from cift.local.migrate import prepare_database

ONE = "CREATE TABLE one (id integer);"
TWO = "ALTER TABLE one ADD COLUMN name text;"


@pytest.fixture
async def store(database: str) -> AsyncIterator[ReferenceStore]:
    pool = await postgres.open_pool(database, application_name="test", max_size=4)
    yield ReferenceStore(pool)
    await pool.close()


def written(folder: Path, **files: str) -> list[postgres.Migration]:
    folder.mkdir(exist_ok=True)
    for name, sql in files.items():
        (folder / f"{name.removeprefix('m')}.sql").write_text(sql)
    return postgres.read_migrations(folder)


async def test_migrations_apply_once_and_in_order(empty_database: str, tmp_path: Path) -> None:
    first = written(tmp_path, m0001_one=ONE)
    assert [m.version for m in await postgres.migrate(empty_database, first)] == [1]
    both = written(tmp_path, m0002_two=TWO)
    assert [m.version for m in await postgres.migrate(empty_database, both)] == [2]
    assert await postgres.migrate(empty_database, both) == []
    with pytest.raises(postgres.StoreError, match=r"migration 2 \(two\), which this build does"):
        await postgres.migrate(empty_database, first)
    changed = written(tmp_path, m0002_two=TWO + " -- changed")
    with pytest.raises(postgres.StoreError, match="changed after it was applied"):
        await postgres.migrate(empty_database, changed)


async def test_a_migration_that_fails_leaves_nothing(empty_database: str, tmp_path: Path) -> None:
    steps = written(tmp_path, m0001_one=ONE + " SELECT 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await postgres.migrate(empty_database, steps)
    assert len(await postgres.migrate(empty_database, written(tmp_path, m0001_one=ONE))) == 1


async def test_migrations_at_the_same_time_apply_once(empty_database: str) -> None:
    steps = postgres.read_migrations(paths.MIGRATIONS)
    done = await asyncio.gather(*(postgres.migrate(empty_database, steps) for _ in range(4)))
    assert sorted(map(len, done)) == [0, 0, 0, len(steps)]


async def test_instruments_and_accounts_of_before_are_what_they_were(empty_database: str) -> None:
    steps = postgres.read_migrations(paths.MIGRATIONS)
    await postgres.migrate(empty_database, steps[:3])
    connection = await asyncpg.connect(empty_database)
    try:
        await connection.execute(
            "INSERT INTO firms (name, created_by, updated_by) VALUES ('F', 'x', 'x');"
            "INSERT INTO accounts (name, firm_id, currency, created_by, updated_by)"
            " VALUES ('A', 1, 'USD', 'x', 'x');"
            "INSERT INTO instruments (symbol, currency, price_scale, quantity_scale,"
            " tick_size_units, lot_size_units, min_quantity_units, created_by, updated_by)"
            " VALUES ('OLD', 'USD', 2, 0, 1, 1, 1, 'x', 'x')"
        )
    finally:
        await connection.close()
    await postgres.migrate(empty_database, steps)
    pool = await postgres.open_pool(empty_database, application_name="test", max_size=2)
    try:
        store = ReferenceStore(pool)
        (old,) = await store.instruments()
        assert (old.policies, old.rules, old.enabled) == (0, {}, True)
        (account,) = await store.accounts()
        assert (account.self_trade, account.self_trade_group) == (0, 0)
        async with store.change("x") as change:
            await change.put_instrument(old)
            await change.put_account(account)
        (row,) = await store.waiting()
        (_, instrument_sent), (_, account_sent) = row.commands
        assert "policies" not in instrument_sent
        assert (account_sent["flags"], "self_trade_group" in account_sent) == (1, False)
    finally:
        await pool.close()


async def test_limits_of_before_are_kept_as_they_were_given(empty_database: str) -> None:
    steps = postgres.read_migrations(paths.MIGRATIONS)
    await postgres.migrate(empty_database, steps[:5])
    connection = await asyncpg.connect(empty_database)
    try:
        await connection.execute(
            "INSERT INTO firms (name, created_by, updated_by) VALUES ('F', 'x', 'x');"
            "INSERT INTO accounts (name, firm_id, currency, created_by, updated_by)"
            " SELECT 'A' || n, 1, 'USD', 'x', 'x' FROM generate_series(1, 3) n;"
            "INSERT INTO instruments (symbol, currency, price_scale, quantity_scale,"
            " tick_size_units, lot_size_units, min_quantity_units, created_by, updated_by)"
            " VALUES ('WHOLE', 'USD', 2, 0, 1, 10, 10, 'x', 'x'),"
            " ('FINE', 'USD', 2, 3, 1, 1, 5, 'x', 'x');"
            "INSERT INTO limits (account_id, instrument_id, max_order_quantity_units,"
            " max_position_units, credit_pico, created_by, updated_by) VALUES"
            " (1, 0, 2, 7, 99, 'x', 'x'), (1, 2, 2500, 7000, NULL, 'x', 'x'),"
            " (2, 0, 4, NULL, NULL, 'x', 'x'), (3, 2, 1500, NULL, NULL, 'x', 'x')"
        )
    finally:
        await connection.close()
    await postgres.migrate(empty_database, steps)
    pool = await postgres.open_pool(empty_database, application_name="test", max_size=2)
    try:
        store = ReferenceStore(pool)
        unit = 10**12
        first, second, third = (Holder(Level.ACCOUNT, number) for number in (1, 2, 3))
        assert await store.limits() == [
            Limits(
                holder=first,
                max_order_quantity_pico=5 * unit // 2,
                max_position_pico=7 * unit,
                credit_pico=99,
            ),
            Limits(holder=second, max_order_quantity_pico=4 * unit),
            Limits(holder=third, instrument_id=2, max_order_quantity_pico=3 * unit // 2),
        ]
        listed = {row.symbol: row for row in await store.instruments()}
        assert [listed[n].min_quantity_units for n in ("WHOLE", "FINE")] == [0, 5]
        assert [listed[n].smallest_units for n in ("WHOLE", "FINE")] == [10, 5]
        assert await store.audit() == []
    finally:
        await pool.close()


@pytest.mark.parametrize(
    "limits",
    [
        {"credit_pico": 10**27 + 1},
        {"credit_pico": -1},
        {"collar_bps": 100_001},
        {"max_order_notional_pico": 10**36 + 1},
        {"max_daily_loss_pico": 10**27 + 1},
        {"max_short_pico": -1},
        {"messages_per_second": 1},
        {"messages_per_second": 0, "message_burst": 1},
        {"duplicate_max": 4_096, "duplicate_window_ms": 1},
        {"instrument_id": 1, "credit_pico": 1},
        {"instrument_id": 1, "collar_bps": 1},
    ],
)
async def test_limits_that_the_engine_would_refuse_are_not_stored(
    store: ReferenceStore, limits: dict[str, Any]
) -> None:
    async with store.change("carol") as change:
        await change.put_instrument(instrument(1))
    with pytest.raises(asyncpg.CheckViolationError):
        async with store.change("carol") as change:
            await change.put_limits(Limits(holder=Holder(Level.VENUE), **limits))
    assert (await store.limits(), len(await store.audit())) == ([], 1)


async def test_what_was_written_down_stays(database: str, store: ReferenceStore) -> None:
    with pytest.raises(LookupError):
        async with store.change("dave") as change:
            await change.add_firm("GONE")
            raise LookupError
    async with store.change("dave") as change:
        await change.add_firm("ACME")
    (entry,) = await store.audit()
    assert (entry.actor, entry.kind, entry.name, entry.before) == ("dave", "firm", "ACME", None)
    connection = await asyncpg.connect(database)
    try:
        for sql in ("DELETE FROM audit_log", "UPDATE audit_log SET actor = 'mallory'"):
            with pytest.raises(asyncpg.CheckViolationError, match="stays"):
                await connection.execute(sql)
    finally:
        await connection.close()


async def test_more_commands_than_a_batch_holds_are_several_batches(
    store: ReferenceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cift.kit.stores.change.MAX_COMMANDS_PER_BATCH", 2)
    async with store.change("erin") as change:
        for number in range(1, 6):
            await change.put_instrument(instrument(number, quantity_scale=1))
    assert change.number == 3
    async with store.change("erin") as change:
        await change.put_limits(Limits(holder=Holder(Level.VENUE), max_position_pico=10**12))
    rows = await store.waiting()
    assert [len(row.commands) for row in rows] == [2, 2, 1, 2, 2, 2]
    sent = [fields for row in rows[3:] for _, fields in row.commands]
    assert [(row["instrument"], row["max_position"]) for row in sent] == [
        (0, 1),
        *((number, 10) for number in range(1, 6)),
    ]
    assert {entry.number for entry in await store.audit()} == {3, 6}


def test_migrations_are_numbered_without_a_gap(tmp_path: Path) -> None:
    with pytest.raises(postgres.StoreError, match="no migrations"):
        postgres.read_migrations(tmp_path)
    with pytest.raises(postgres.StoreError, match="not numbered 1 to 2"):
        written(tmp_path, m0001_one=ONE, m0003_three=TWO)
    with pytest.raises(postgres.StoreError, match="named NNNN_name"):
        written(tmp_path / "x", mone=ONE)


async def test_the_demo_seed_is_one_batch_and_applies_once(
    database: str, store: ReferenceStore
) -> None:
    assert await prepare_database(database, demo=paths.DEMO_SEED) == ["data of demo.toml"]
    assert await prepare_database(database, demo=paths.DEMO_SEED) == []
    accounts = {account.name: account.id for account in await store.accounts()}
    assert [accounts[f"DEMO-{n}"] for n in (1, 2, 3, 4)] == [1, 2, 3, 4]
    (amzn, *_) = await store.instruments()
    assert (amzn.symbol, amzn.price_scale, amzn.tick_size_units) == ("AMZN", 4, 100)
    assert amzn.reference_price_units == 2_231_800
    (row,) = await store.waiting()
    assert row.number == 1
    instruments = await store.instruments()
    finer = [listed for listed in instruments if listed.quantity_scale > 0]
    assert len(row.commands) == len(instruments) + (2 + len(finer)) * len(accounts)
    secrets = seed.read_keys(seed.read_seed(paths.DEMO_SEED))
    key = await store.key(secrets["trade"])
    assert key is not None
    assert (key.scopes, key.development, key.disabled) == (("read", "trade"), True, False)
    assert await store.key("demo-trade-kez") is None


async def test_seeding_at_the_same_time_adds_once(database: str, store: ReferenceStore) -> None:
    await asyncio.gather(*(prepare_database(database, demo=paths.DEMO_SEED) for _ in range(3)))
    assert len(await store.waiting()) == 1


def instrument(number: int, **changes: object) -> Instrument:
    values: dict[str, object] = {
        "id": number,
        "symbol": f"S{number}",
        "currency": "USD",
        "price_scale": 2,
        "quantity_scale": 0,
        "tick_size_units": 1,
        "lot_size_units": 1,
        "min_quantity_units": 1,
    }
    return Instrument(**(values | changes))  # type: ignore[arg-type]


async def test_a_change_and_its_outbox_row_stand_or_fall_together(store: ReferenceStore) -> None:
    async with store.change("alice") as change:
        firm = await change.add_firm("ACME")
    assert change.number is None
    async with store.change("alice") as change:
        account = await change.add_account("ACME-1", firm_id=firm.id, currency="USD")
        holder = Holder(Level.ACCOUNT, account.id)
        await change.put_limits(Limits(holder=holder, credit_pico=10**27, collar_bps=0))
    assert change.number == 1
    with pytest.raises(asyncpg.UniqueViolationError):
        async with store.change("alice") as change:
            await change.put_instrument(instrument(7))
            await change.add_account("ACME-1", firm_id=firm.id, currency="USD")
    assert await store.instruments() == []
    (row,) = await store.waiting()
    assert row.commands == [
        ("account", {"id": 1, "firm": 1, "flags": 1, "name": "ACME-1", "currency": "USD"}),
        (
            "limits",
            {
                "account": 1,
                "instrument": 0,
                "checks": 0b100100,
                "max_order_quantity": 0,
                "max_order_notional": "0",
                "max_position": 0,
                "credit": str(10**27),
                "collar_bps": 0,
                "max_open_orders": 0,
            },
        ),
    ]
    assert await store.limits() == [Limits(holder=holder, credit_pico=10**27, collar_bps=0)]


async def test_rules_are_sent_when_there_are_some_or_they_change(store: ReferenceStore) -> None:
    rules = {"protection_bps": 50, "tick_bands": ((100, 5),), "schedule": ((60, 1, 127),)}
    for changes in ({}, {"self_trade": 2}, rules, {**rules, "enabled": False}, {}):
        async with store.change("erin") as change:
            await change.put_instrument(instrument(1, **changes))
        assert (await store.instruments())[0] == instrument(1, **changes)
    rows = await store.waiting()
    assert [[kind for kind, _ in row.commands] for row in rows] == [
        *([["instrument"]] * 2),
        ["instrument", "rules"],
        ["instrument"],
        ["instrument", "rules"],
    ]
    assert [row.commands[0][1].get("policies", 0) for row in rows] == [0, 2, 0, 0, 0]
    assert rows[2].commands[1][1] == {
        "instrument": 1,
        "protection_bps": 50,
        "ticks": [[100, 5]],
        "schedule": [[60, 1, 127]],
    }
    assert rows[4].commands[1][1] == {"instrument": 1}


async def test_outbox_numbers_have_no_gap_and_follow_the_commits(store: ReferenceStore) -> None:
    async def put(number: int) -> int | None:
        try:
            async with store.change("bob") as change:
                await change.put_instrument(instrument(number))
                await asyncio.sleep(0.001 * (number % 3))
                if number % 4 == 0:
                    raise LookupError
        except LookupError:
            return None
        return change.number

    numbers = await asyncio.gather(*(put(n) for n in range(1, 25)))
    stored = sorted(n for n in numbers if n is not None)
    assert stored == list(range(1, 19))
    rows = await store.waiting(maximum=100)
    assert [row.number for row in rows] == stored
    await store.note_applied(1, 44)
    await store.note_applied(1, 45)
    assert [row.number for row in await store.waiting(maximum=2)] == [2, 3]


@pytest.mark.parametrize(
    "changes",
    [
        {"price_scale": 3},
        {"symbol": "OTHER"},
        {"currency": "EUR"},
        {"tick_size_units": 0},
        {"initial_margin_bps": 10_001},
        {"max_quantity_units": 10**12 + 1},
        {"self_trade": 6},
        {"market_residual": 3},
        {"static_band_bps": 1_000_001},
        {"volatility_auction_seconds": 86_401},
        {"auction_criteria": (1, 2, 3, 4, 5)},
        {"tick_bands": ((1, 1),) * 9},
        {"schedule": ((1, 0, 1),) * 10},
    ],
)
async def test_what_never_changes_and_what_is_out_of_bounds_is_refused(
    store: ReferenceStore, changes: dict[str, object]
) -> None:
    async with store.change("carol") as change:
        await change.put_instrument(instrument(1))
    with pytest.raises(asyncpg.CheckViolationError):
        async with store.change("carol") as change:
            await change.put_instrument(instrument(1, **changes))
    assert await store.instruments() == [instrument(1)]


@pytest.mark.parametrize("symbol", ["amzn", "", "A.B", "A B", "-A", "*", ">", "A" * 33, "A\n"])
async def test_only_symbols_that_are_safe_as_subjects_are_stored(
    store: ReferenceStore, symbol: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with store.change("carol") as change:
            await change.put_instrument(instrument(1, symbol=symbol))


async def test_a_commit_that_breaks_off_is_not_said_to_have_done_nothing(
    store: ReferenceStore, database: str
) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute(
        "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';"
        " CREATE CONSTRAINT TRIGGER break_off AFTER INSERT ON firms"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_off()"
    )
    with pytest.raises(DeadlineExceeded, match="it is stored or not") as caught:
        async with store.change("test") as change:
            await change.add_firm("F")
    assert caught.value.reason == "OUTCOME_UNKNOWN"
    await connection.execute("DROP TRIGGER break_off ON firms")
    await connection.close()
    async with store.change("test") as change:
        await change.add_firm("F")
    assert [firm.name for firm in await store.firms()] == ["F"]


async def test_a_key_is_kept_as_its_hash_and_can_be_disabled(
    database: str, store: ReferenceStore
) -> None:
    async with store.change("dave") as change:
        firm = await change.add_firm("ACME")
        made = await change.add_key("s3cret", firm_id=firm.id, scopes=["trade"], label="desk")
    assert await store.key("s3cret") == made
    assert await store.keys() == {hash_key("s3cret"): made}
    async with store.change("dave") as change:
        assert await change.disable_key(made.id)
        assert await change.disable_key(made.id)
        assert not await change.disable_key(made.id + 1)
    key = await store.key("s3cret")
    assert key is not None
    assert key.disabled
    connection = await asyncpg.connect(database)
    try:
        text = str(await connection.fetch("SELECT * FROM api_keys"))
    finally:
        await connection.close()
    assert "s3cret" not in text


async def test_the_command_line_prepares_a_database(empty_database: str) -> None:
    async def prepare(dsn: str) -> tuple[int | None, str]:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cift.local.migrate", "--demo"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "CIFT_POSTGRES_DSN": dsn},
        )
        output, _ = await asyncio.wait_for(child.communicate(), 60)
        return child.returncode, output.decode()

    status, said = await prepare(empty_database)
    assert status == 0
    assert said.startswith("migration 1: reference_data\n")
    assert said.endswith("data of demo.toml\n")
    assert await prepare(empty_database) == (0, "nothing to do\n")
    status, said = await prepare(empty_database.rpartition("/")[0] + "/nowhere")
    assert (status, said) == (1, 'migrate: database "nowhere" does not exist\n')
    assert (await prepare(""))[0] == 2


async def test_a_change_that_stands_still_holds_up_no_other(database: str) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def stand_still(store: ReferenceStore) -> None:
        async with store.change("test") as change:
            await change.add_firm("F")
            await change.append()
            begun.set()
            await ended.wait()

    async def kill(store: ReferenceStore) -> None:
        async with store.change("test") as change:
            await change.kill(Holder(Level.VENUE), "")

    async with (
        await postgres.open_pool(
            database, application_name="test", min_size=0, idle_transaction_seconds=0.5
        ) as slow,
        await postgres.open_pool(database, application_name="test", min_size=0) as pool,
    ):
        standing = asyncio.create_task(stand_still(ReferenceStore(slow)))
        await begun.wait()
        killing = asyncio.create_task(kill(ReferenceStore(pool)))
        await asyncio.sleep(0.1)
        assert not killing.done(), "its number comes after that of the one that has begun"
        async with asyncio.timeout(5):
            await killing
        ended.set()
        (error,) = await asyncio.gather(standing, return_exceptions=True)
        assert isinstance(error, Exception)
        assert as_service_error(error).reason == "DATABASE_UNAVAILABLE"
        assert await pool.fetchval("SELECT count(*) FROM reference_outbox") == 1
        assert await ReferenceStore(pool).firms() == []
