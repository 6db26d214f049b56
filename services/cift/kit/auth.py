"""Who calls: API keys, from PostgreSQL, in memory.

A key travels as `authorization: Bearer <secret>`; only its SHA-256 is stored, looked up and
compared, in constant time, and neither is ever logged. All keys are read once at start and again
every half second, so that a new or disabled key, or a change of its user, counts within a second.
While PostgreSQL is away the keys last read stay good: trading goes on.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterable

from cift.kit.errors import PermissionDenied, Unauthenticated, Unavailable
from cift.kit.logging import get_logger
from cift.kit.rpc import Principal
from cift.kit.stores.reference import ReferenceStore

__all__ = ["KeyRing"]

REFRESH_SECONDS = 0.5
QUERY_SECONDS = 2.0
PREFIX = "Bearer "
UNKNOWN = "the API key is not known, or it, its user or its firm was disabled"
MAX_SECRET_CHARACTERS = 256

log = get_logger("auth")


class KeyRing:
    """The keys of all firms; a part that keeps itself fresh."""

    def __init__(self, store: ReferenceStore, *, development: bool = False) -> None:
        self.loaded = asyncio.Event()
        """Set once the keys have been read for the first time."""
        self._store = store
        self._development = development
        self._keys: dict[bytes, tuple[bytes, Principal]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read; returns at once, since PostgreSQL may be away for a while."""
        self._task = asyncio.create_task(self._refresh(), name="keys")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def principal(self, metadata: Iterable[tuple[str, str | bytes]], scope: str) -> Principal:
        """Name the caller by the metadata of its call; it must have `scope`, or one of several that
        are written as "trade|admin"."""
        secret: str | bytes | None = None
        for key, value in metadata:
            if key == "authorization":
                secret = value
                break
        if not isinstance(secret, str) or not secret.startswith(PREFIX):
            raise Unauthenticated(
                "KEY_REQUIRED", "send the metadata `authorization: Bearer <api key>`"
            )
        if len(secret) > len(PREFIX) + MAX_SECRET_CHARACTERS:
            raise Unauthenticated("KEY_UNKNOWN", UNKNOWN)
        digest = hashlib.sha256(secret[len(PREFIX) :].encode()).digest()
        found = self._keys.get(digest[:8])
        if found is None or not hmac.compare_digest(found[0], digest):
            if not self.loaded.is_set():
                raise Unavailable(
                    "STARTING", "the API keys have not been read yet", retry_after_seconds=0.5
                )
            raise Unauthenticated("KEY_UNKNOWN", UNKNOWN)
        principal = found[1]
        if principal.scopes.isdisjoint(scope.split("|")):
            named = scope.replace("|", "` or `")
            raise PermissionDenied("SCOPE_REQUIRED", f"the API key lacks the scope `{named}`")
        return principal

    async def _refresh(self) -> None:
        away = False
        while True:
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    await self._load()
                if away:
                    log.info("keys fresh again")
                away = False
            except Exception as error:
                if not away:
                    log.warning("keys cannot be read", kind=type(error).__name__)
                away = True
            await asyncio.sleep(REFRESH_SECONDS)

    async def _load(self) -> None:
        firms = {firm.id: firm for firm in await self._store.firms()}
        keys: dict[bytes, tuple[bytes, Principal]] = {}
        for key_hash, key in (await self._store.keys()).items():
            firm = firms.get(key.firm_id)
            if not key.works or firm is None or not firm.enabled:
                continue
            if key.development and not self._development:
                continue
            digest = bytes.fromhex(key_hash)
            principal = Principal(key.id, firm.id, firm.name, key.granted, key.user)
            keys[digest[:8]] = (digest, principal)
        self._keys = keys
        self.loaded.set()
