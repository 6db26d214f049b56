"""Users and their keys in a real PostgreSQL: who may make, change and see them, and what counts."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from cift.kit.auth import KeyRing
from cift.kit.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ServiceError,
)
from cift.kit.rpc import Call, Principal
from cift.kit.stores import postgres
from cift.kit.stores.records import Actor, User
from cift.kit.stores.reference import ReferenceStore, hash_key
from cift.local import paths, seed
from cift.local.migrate import prepare_database
from cift.risk.admin import Admin
from cift.risk.lists import Lists
from cift.risk.reference import Reference
from cift.risk.v1 import admin_pb2
from cift.risk.v1 import admin_service_pb2 as pb

EVERYTHING = frozenset({"read", "trade", "admin"})


class Context:
    """A call without a deadline."""

    def time_remaining(self) -> float | None:
        """Seconds left."""
        return None


def call(*scopes: str, firm: int = 1, firm_name: str = "F") -> Call:
    """A call by key 7 of the user ops, with some scopes; none named: all."""
    principal = Principal(7, firm, firm_name, frozenset(scopes) or EVERYTHING, "ops")
    return Call(Context(), principal, asyncio.Event())


def of_g(*scopes: str) -> Call:
    """A call by a key of firm G."""
    return call(*scopes, firm=2, firm_name="G")


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database of this test's own."""
    async with await postgres.open_pool(database, application_name="test", min_size=0) as pool:
        yield pool


@pytest.fixture
async def admin(pool: asyncpg.Pool) -> Admin:
    """The service, with firms F and G in place."""
    admin = Admin(Reference(pool, applied=lambda: 1 << 40), Lists(pool))
    for name in ("F", "G"):
        await admin.create_firm(pb.CreateFirmRequest(firm=admin_pb2.Firm(name=name)), call())
    return admin


@pytest.fixture
async def ring(pool: asyncpg.Pool) -> AsyncIterator[KeyRing]:
    """The keys as every service has them."""
    ring = KeyRing(ReferenceStore(pool))
    await ring.start()
    yield ring
    await ring.stop()


def a_user(**changes: Any) -> admin_pb2.User:
    """User ann of firm F, who may read and trade."""
    terms: dict[str, Any] = {"firm": "F", "name": "ann", "scopes": ["read", "trade"]}
    return admin_pb2.User(**{**terms, **changes})


async def create(admin: Admin, by: Call | None = None, **changes: Any) -> admin_pb2.User:
    """Create ann, or another."""
    request = pb.CreateUserRequest(user=a_user(**changes))
    return (await admin.create_user(request, by or call())).user


async def update(admin: Admin, mask: str, by: Call | None = None, **terms: Any) -> admin_pb2.User:
    """Change some fields of ann, or of another; no mask: all."""
    user = admin_pb2.User(**{"firm": "F", "name": "ann", **terms})
    paths = mask.split(",") if mask else []
    request = pb.UpdateUserRequest(user=user, update_mask={"paths": paths})
    return (await admin.update_user(request, by or call())).user


async def get(admin: Admin, name: str, firm: str = "", by: Call | None = None) -> admin_pb2.User:
    """A user as somebody sees it."""
    return (await admin.get_user(pb.GetUserRequest(firm=firm, name=name), by or call())).user


async def key_of(
    admin: Admin, user: str, *scopes: str, by: Call | None = None, firm: str = "F"
) -> pb.CreateApiKeyResponse:
    """A new key of a user."""
    wanted = admin_pb2.ApiKey(firm=firm, user=user, scopes=scopes)
    return await admin.create_api_key(pb.CreateApiKeyRequest(api_key=wanted), by or call())


async def audit(admin: Admin, kind: str = "") -> list[admin_pb2.AuditEntry]:
    """What was written down, the oldest first."""
    request = pb.ListAuditEntriesRequest(kind=kind)
    return list((await admin.list_audit_entries(request, call())).audit_entries)[::-1]


async def told(ring: KeyRing, secret: str, scope: str = "read") -> str:
    """The user of a key, or the reason why it is refused."""
    try:
        return ring.principal([("authorization", f"Bearer {secret}")], scope).user
    except ServiceError as error:
        return error.reason


async def within_a_second(ring: KeyRing, secret: str, answer: str, scope: str = "read") -> None:
    """The keys are read anew twice a second."""
    async with asyncio.timeout(1.5):
        while await told(ring, secret, scope) != answer:
            await asyncio.sleep(0.02)


async def test_the_life_of_a_user(admin: Admin, ring: KeyRing) -> None:
    made = await create(admin, display_name="Ann")
    assert (made.id, made.etag, made.disabled) == (1, "r1", False)
    assert made.create_time_ns > 0
    assert await create(admin, display_name="Ann", scopes=["trade", "read"]) == made
    with pytest.raises(AlreadyExists):
        await create(admin, display_name="Another")
    first, second = await key_of(admin, "ann", "read"), await key_of(admin, "ann", "trade", "read")
    assert (first.api_key.user, first.api_key.firm) == ("ann", "F")
    await within_a_second(ring, first.secret, "ann")
    await within_a_second(ring, second.secret, "ann", "trade")

    disabled = await update(admin, "disabled", disabled=True, etag=made.etag)
    assert (disabled.disabled, disabled.display_name, disabled.etag) == (True, "Ann", "r2")
    for key in (first, second):
        await within_a_second(ring, key.secret, "KEY_UNKNOWN")
    listed = await admin.list_api_keys(pb.ListApiKeysRequest(firm="F", user="ann"), call())
    assert [(key.disabled, key.user_disabled) for key in listed.api_keys] == [(False, True)] * 2
    with pytest.raises(FailedPrecondition, match="is disabled: enable it"):
        await key_of(admin, "ann", "read")
    with pytest.raises(Aborted, match="read it again"):
        await update(admin, "disabled", etag=made.etag)

    await admin.disable_api_key(pb.DisableApiKeyRequest(id=second.api_key.id), call())
    enabled = await update(admin, "disabled")
    assert await update(admin, "disabled") == enabled == await get(admin, "ann")
    await within_a_second(ring, first.secret, "ann")
    assert await told(ring, second.secret) == "KEY_UNKNOWN"  # That was for good.


async def test_a_user_bounds_its_keys(admin: Admin, ring: KeyRing) -> None:
    await create(admin)
    with pytest.raises(FailedPrecondition, match="keys with read, trade only") as refused:
        await key_of(admin, "ann", "read", "admin")
    assert refused.value.reason == "SCOPE_BEYOND_USER"
    secret = (await key_of(admin, "ann", "read", "trade")).secret
    await within_a_second(ring, secret, "ann", "trade")
    await update(admin, "scopes", scopes=["read"])
    await within_a_second(ring, secret, "SCOPE_REQUIRED", "trade")
    assert await told(ring, secret) == "ann"
    await update(admin, "scopes", scopes=["admin", "trade", "read"])
    await within_a_second(ring, secret, "ann", "trade")
    assert await told(ring, secret, "admin") == "SCOPE_REQUIRED"  # Its own are as they were.


async def test_nobody_gives_a_scope_that_the_own_key_lacks(admin: Admin) -> None:
    clerk = call("read", "admin")
    await create(admin)
    await create(admin, clerk, name="bob", scopes=["read"])
    attempts = [
        create(admin, clerk, name="eve"),
        update(admin, "scopes", clerk, name="bob", scopes=["read", "trade"]),
        update(admin, "", clerk, name="bob", scopes=["trade"]),
        key_of(admin, "ann", "read", "trade", by=clerk),
        key_of(admin, "", "trade", by=clerk),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied, match="lacks the scope `trade`") as refused:
            await attempt
        assert refused.value.reason == "SCOPE_NOT_HELD"
    # To take away is anybody's who may change users; to enable is to give it all again.
    await update(admin, "display_name", clerk, display_name="Ann")
    await update(admin, "disabled", clerk, disabled=True)
    with pytest.raises(PermissionDenied):
        await update(admin, "disabled", clerk)
    await update(admin, "scopes", clerk, scopes=["read"])
    await update(admin, "disabled", clerk)
    names = {row.name for row in await audit(admin, "user")}
    assert names == {"F/ann", "F/bob"}


async def test_a_key_without_a_user_is_the_firms_service(admin: Admin) -> None:
    clerk = call("read", "admin")
    made = await asyncio.gather(*(key_of(admin, "", "read", by=clerk) for _ in range(4)))
    assert {key.api_key.user for key in made} == {"service"}
    assert list((await get(admin, "service", "F")).scopes) == ["read", "admin"]
    assert [row.name for row in await audit(admin, "user")] == ["F/service"]
    with pytest.raises(FailedPrecondition, match="user service of F"):
        await key_of(admin, "", "trade")
    # Somebody who makes that user by name at the same time is in nobody's way.
    made = await asyncio.gather(
        create(admin, firm="G", name="service", scopes=EVERYTHING),
        *(key_of(admin, "", "trade", firm="G") for _ in range(4)),
    )
    assert {key.api_key.firm for key in made[1:]} == {"G"}


async def test_another_firms_user_is_not_there(admin: Admin) -> None:
    await create(admin)
    await create(admin, firm="G", name="zed", scopes=["read"])
    reader = of_g("read")
    assert (await get(admin, "zed", by=reader)).firm == "G"
    assert (await get(admin, "zed", "G", by=reader)).firm == "G"
    for name, firm in (("ann", "F"), ("ann", ""), ("zed", "F"), ("nobody", "G"), ("x", "NONE")):
        with pytest.raises(NotFound, match=f"no user {name} of firm"):
            await get(admin, name, firm, by=reader)
    for firm in ("F", "NONE"):
        with pytest.raises(NotFound, match=f"no firm {firm} that this key"):
            await admin.list_users(pb.ListUsersRequest(firm=firm), reader)
    for asked in ("", "G"):
        listed = await admin.list_users(pb.ListUsersRequest(firm=asked), reader)
        assert [user.name for user in listed.users] == ["zed"]
    everybody = await admin.list_users(pb.ListUsersRequest(), of_g("admin"))
    assert [(user.firm, user.name) for user in everybody.users] == [("F", "ann"), ("G", "zed")]
    # A token of an operator's list is none of a firm's.
    page = await admin.list_users(pb.ListUsersRequest(page_size=1), of_g("admin"))
    with pytest.raises(InvalidArgument, match="asked for something else"):
        await admin.list_users(pb.ListUsersRequest(page_token=page.next_page_token), reader)
    with pytest.raises(NotFound):
        await update(admin, "disabled", name="zed")
    with pytest.raises(NotFound):
        await key_of(admin, "zed", "read")
    with pytest.raises(NotFound, match="no firm NONE"):
        await create(admin, firm="NONE")


async def test_users_are_listed_in_pages_while_others_come(admin: Admin) -> None:
    for firm, name in (("G", "a"), ("F", "m"), ("F", "c"), ("F", "x.y@f.example")):
        await create(admin, firm=firm, name=name)
    seen: list[tuple[str, str]] = []
    token = ""
    while True:
        request = pb.ListUsersRequest(page_size=2, page_token=token)
        page = await admin.list_users(request, call())
        assert len(page.users) <= 2
        seen += [(user.firm, user.name) for user in page.users]
        if not token:  # One before the place where the list goes on, one behind it.
            await create(admin, name="b")
            await create(admin, name="n")
        token = page.next_page_token
        if not token:
            break
    assert seen == [("F", "c"), ("F", "m"), ("F", "n"), ("F", "x.y@f.example"), ("G", "a")]


async def test_each_change_is_written_down_with_it(admin: Admin, pool: asyncpg.Pool) -> None:
    await create(admin)
    await update(admin, "disabled", disabled=True)
    await update(admin, "disabled", disabled=True)  # Nothing changed.
    await update(admin, "", scopes=["read"], display_name="Ann")
    made = await key_of(admin, "ann", "read")
    rows = await audit(admin, "user")
    assert {(row.actor, row.actor_user, row.actor_firm) for row in rows} == {("7", "ops", "F")}
    before_after = [[row.before and json.loads(row.before), json.loads(row.after)] for row in rows]
    first = {"display_name": "", "scopes": ["read", "trade"], "disabled": False}
    second = {**first, "disabled": True}
    third = {"display_name": "Ann", "scopes": ["read"], "disabled": False}
    assert before_after == [["", first], [first, second], [second, third]]
    (key,) = await audit(admin, "api_key")
    assert json.loads(key.after)["user"] == "ann"
    assert made.secret not in str(key)
    assert hash_key(made.secret) not in str(key)
    # Who it was stands in the database too, in words.
    actors = await pool.fetch("SELECT DISTINCT actor FROM audit_log")
    assert [row["actor"] for row in actors] == ["ops of F, key 7"]
    store = ReferenceStore(pool)
    with pytest.raises(LookupError):
        async with store.change("x") as change:
            await change.add_user("gone", firm_id=1)
            raise LookupError
    assert len(await audit(admin, "user")) == 3
    assert [user.name for user in await store.users()] == ["ann"]


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"firm": "f"}, ["user.firm"]),
        ({"name": ""}, ["user.name"]),
        ({"name": "Ann"}, ["user.name"]),
        ({"name": "a" * 65}, ["user.name"]),
        ({"name": "ann smith"}, ["user.name"]),
        ({"display_name": "x" * 101}, ["user.display_name"]),
        ({"display_name": "a\nb"}, ["user.display_name"]),
        ({"scopes": []}, ["user.scopes"]),
        ({"scopes": ["read", "read"]}, ["user.scopes"]),
        ({"scopes": ["root"], "name": "?"}, ["user.name", "user.scopes"]),
        ({"id": 9}, ["user.id"]),
    ],
)
async def test_wrong_users_are_named(admin: Admin, terms: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await create(admin, **terms)
    assert [name for name, _ in refused.value.violations] == named
    with pytest.raises(InvalidArgument, match="update_mask"):
        await update(admin, "name")
    with pytest.raises(InvalidArgument, match=r"user\.scopes"):
        await update(admin, "", display_name="x")


async def test_keys_of_before_have_users_now(empty_database: str) -> None:
    steps = postgres.read_migrations(paths.MIGRATIONS)
    await postgres.migrate(empty_database, [step for step in steps if step.name != "users"])
    connection = await asyncpg.connect(empty_database)
    try:
        await connection.execute(
            "INSERT INTO firms (name, created_by, updated_by) VALUES ('F', 'x', 'x'),"
            " ('G', 'x', 'x');"
            "INSERT INTO api_keys (key_hash, firm_id, scopes, label, created_by)"
            f" VALUES ('{hash_key('a')}', 1, '{{read}}', 'Market  maker (1)', 'x'),"
            f" ('{hash_key('b')}', 1, '{{trade}}', 'market maker 1', 'x'),"
            f" ('{hash_key('c')}', 1, '{{read}}', '', 'x'),"
            f" ('{hash_key('d')}', 2, '{{trade,admin}}', '', 'x'),"
            f" ('{hash_key('e')}', 2, '{{read}}', '{'--- é ' + 'L' * 190}', 'x')"
        )
    finally:
        await connection.close()
    assert [step.name for step in await postgres.migrate(empty_database, steps)] == ["users"]
    async with await postgres.open_pool(
        empty_database, application_name="test", min_size=0
    ) as pool:
        store = ReferenceStore(pool)
        everything = ("read", "trade", "admin")
        assert await store.users() == [
            User(1, 1, "market-maker-1", "Market  maker (1)", ("read", "trade"), True),
            User(2, 1, "service", "", everything, True),
            User(3, 2, "service", "", everything, True),
            User(4, 2, "l" * 60, ("--- é " + "L" * 190)[:100], ("read",), True),
        ]
        keys = {key.id: key for key in (await store.keys()).values()}
        assert [keys[n].user_id for n in sorted(keys)] == [1, 1, 2, 3, 4]
        assert [set(keys[n].granted) for n in sorted(keys)] == [
            *({"read"}, {"trade"}, {"read"}, {"trade", "admin"}, {"read"}),
        ]
        entries = await store.audit()
        assert {(entry.actor, entry.number) for entry in entries} == {("migration 8", 0)}
        names = [(entry.kind, entry.name) for entry in reversed(entries)]
        users = ("F/market-maker-1", "F/service", "G/service", f"G/{'l' * 60}")
        assert names == [
            *(("user", name) for name in users),
            *(("api_key", str(n)) for n in range(1, 6)),
        ]
        last = entries[0]
        assert {**last.before, "user": "l" * 60} == last.after
        # And all goes on from there.
        async with store.change("x") as change:
            assert (await change.add_key("f", firm_id=1, scopes=["trade"])).user_id == 2


async def test_the_demo_has_users(database: str, pool: asyncpg.Pool) -> None:
    await prepare_database(database, demo=paths.DEMO_SEED)
    store = ReferenceStore(pool)
    secrets = seed.read_keys(seed.read_seed(paths.DEMO_SEED))
    users = {}
    for name, secret in secrets.items():
        key = await store.key(secret)
        assert key is not None
        assert set(key.scopes) <= set(key.user_scopes)
        users[name] = key.user
    assert users == {"read": "alice", "trade": "bob", "admin": "carol", "other": "oscar"}
    missing = seed.read_seed(paths.DEMO_SEED)
    missing["keys"].append({**missing["keys"][0], "secret": "new", "user": "nobody"})
    with pytest.raises(seed.SeedError, match="firm DEMO has no user nobody"):
        await seed.apply_seed(store, missing)


def test_who_made_a_change_is_written_and_read_alike() -> None:
    for who in (Actor("7", "ann@f.example", "F"), Actor("7"), Actor("seed"), Actor("migration 8")):
        assert Actor.of(str(who)) == who
