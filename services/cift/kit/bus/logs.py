"""The three logs of a shard as JetStream streams: their names, their making, their state.

ORDERS is the only truth: on disk, with whatever fsync the server runs. FILLS is on disk without
fsync (`persist_mode: async`) and RISKED in memory, since both can be made again from ORDERS. A
stream is made once and then only checked: one whose configuration would drop, thin out or rewrite
messages is refused.
"""

import asyncio
import base64
from dataclasses import dataclass
from typing import Any

from cift.kit import subjects
from cift.kit.bus.connection import Bus
from cift.kit.bus.errors import ApiError, BusUnavailable, IncompatibleLog, LogHole, LogMissing
from cift.kit.logging import get_logger

__all__ = [
    "Log",
    "LogSettings",
    "LogState",
    "ShardLogs",
    "StoredMessage",
    "ensure_logs",
    "ensure_risked",
    "find_hole",
    "read_message",
    "read_state",
    "shard_logs",
]

ERR_NO_MESSAGE = 10037
ERR_NO_STREAM = 10059

CREATE_ATTEMPTS = 10

HEADER_ROOM_BYTES = 4096
"""What is kept free of `max_message_bytes` for a message's headers."""

FILLS_PER_ORDERS = 8
"""FILLS gets at least so many times the bytes of ORDERS, so that ORDERS is full first."""

RISKED_PER_ORDERS = 2

DUPLICATE_WINDOW_NS = 120 * 10**9

log = get_logger("bus.logs")


@dataclass(frozen=True, slots=True)
class Log:
    """One log of one shard."""

    name: str
    """The stream's name: ORDERS, RISKED or FILLS, with the suffix `_<shard>` beyond shard 0."""
    prefix: str
    """What stands before the token in its subjects."""
    derived: bool
    """Whether it can be made again from ORDERS, and so may come back shorter."""

    def subject(self, token: str) -> str:
        """The subject of a message with this token; a wrong token is a ValueError."""
        return subjects.subject(self.prefix, token)


@dataclass(frozen=True, slots=True)
class ShardLogs:
    """The three logs of a shard."""

    shard: int
    orders: Log
    risked: Log
    fills: Log

    def all(self) -> tuple[Log, Log, Log]:
        """ORDERS, RISKED, FILLS."""
        return (self.orders, self.risked, self.fills)


def shard_logs(shard: int = 0) -> ShardLogs:
    """Name the logs of `shard` (0 to 255)."""
    if not 0 <= shard <= 255:
        raise ValueError(f"shard must be 0 to 255, got {shard}")
    suffix = f"_{shard}" if shard else ""
    return ShardLogs(
        shard,
        Log(f"ORDERS{suffix}", subjects.ORDERS_PREFIX, derived=False),
        Log(f"RISKED{suffix}", subjects.RISKED_PREFIX, derived=True),
        Log(f"FILLS{suffix}", subjects.FILLS_PREFIX, derived=True),
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Bounds of the logs, and the versions that this build writes and reads."""

    orders_max_bytes: int = 1 << 30
    risked_max_bytes: int = RISKED_PER_ORDERS << 30
    fills_max_bytes: int = FILLS_PER_ORDERS << 30
    max_message_bytes: int = 8 << 20
    """At most the server's `max_payload`; a frame may have 4 KiB less, for headers."""
    replicas: int = 1
    tokens: tuple[str, ...] | None = None
    """The tokens of a shard's subjects; None: all of them, which only one shard can have."""
    schema_version: int = 1
    semantics_version: int = 4

    def __post_init__(self) -> None:
        if self.fills_max_bytes < FILLS_PER_ORDERS * self.orders_max_bytes:
            raise ValueError(
                f"fills_max_bytes must be at least {FILLS_PER_ORDERS} x orders_max_bytes, so that "
                f"ORDERS is full first: {self.fills_max_bytes} and {self.orders_max_bytes}"
            )
        if self.risked_max_bytes < RISKED_PER_ORDERS * self.orders_max_bytes:
            raise ValueError(
                f"risked_max_bytes must be at least {RISKED_PER_ORDERS} x orders_max_bytes: "
                f"{self.risked_max_bytes} and {self.orders_max_bytes}"
            )

    @property
    def frame_max_bytes(self) -> int:
        """The largest frame that a message can carry."""
        return self.max_message_bytes - HEADER_ROOM_BYTES


@dataclass(frozen=True, slots=True)
class LogState:
    """What the server says of a stream. An empty log has first = last + 1."""

    first: int
    last: int
    messages: int
    bytes: int
    max_bytes: int
    lost_bytes: int
    """What the server could not read back when it last started; a torn, never acknowledged
    last message counts here too."""

    @property
    def missing(self) -> int:
        """How many messages between first and last are not there."""
        return self.last - self.first + 1 - self.messages

    @property
    def fullness(self) -> float:
        """Part of the log's bytes in use, 0 to 1."""
        return self.bytes / self.max_bytes if self.max_bytes > 0 else 0.0


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as read back by its sequence."""

    subject: str
    data: bytes


async def read_state(bus: Bus, which: Log) -> LogState | None:
    """The state of a log's stream; None when there is no such stream."""
    try:
        return _state(await bus.api(f"STREAM.INFO.{which.name}"))
    except ApiError as error:
        if error.err_code == ERR_NO_STREAM:
            return None
        raise


async def read_message(bus: Bus, which: Log, sequence: int) -> StoredMessage | None:
    """Read one message from the stream's leader (never a direct get); None when not there."""
    try:
        answer = await bus.api(f"STREAM.MSG.GET.{which.name}", {"seq": sequence}, timeout_s=5.0)
    except ApiError as error:
        if error.err_code in (ERR_NO_MESSAGE, ERR_NO_STREAM):
            return None
        raise
    message = answer["message"]
    return StoredMessage(message["subject"], base64.b64decode(message.get("data", "")))


async def find_hole(bus: Bus, which: Log, state: LogState) -> LogHole:
    """Name the first missing message of a log whose count is too small."""
    answer = await bus.api(f"STREAM.INFO.{which.name}", {"deleted_details": True}, timeout_s=10.0)
    deleted = answer["state"].get("deleted") or [state.first + state.messages]
    return LogHole(which.name, min(deleted), state.last)


async def ensure_logs(bus: Bus, logs: ShardLogs, settings: LogSettings) -> None:
    """Make ORDERS and FILLS if they are not there, and check what is there.

    Every service calls this at its start, in any order. RISKED is risk's to make: `ensure_risked`.
    """
    for which in (logs.orders, logs.fills):
        await _ensure(bus, which, _config(which, logs, settings, first=1))


async def ensure_risked(
    bus: Bus, logs: ShardLogs, settings: LogSettings, *, first: int | None = None
) -> LogState:
    """Make RISKED, from `first` (FILLS.last + 1 when not given), if it is not there."""
    if first is None:
        epoch = bus.epoch
        fills = await read_state(bus, logs.fills)
        if fills is None:
            raise LogMissing(logs.fills.name, 1, "there is no such stream")
        if bus.epoch != epoch:
            # FILLS may have come back shorter: RISKED must not begin behind its end.
            raise BusUnavailable("the server came back while FILLS was looked at")
        first = fills.last + 1
    return await _ensure(bus, logs.risked, _config(logs.risked, logs, settings, first=first))


def _state(info: dict[str, Any]) -> LogState:
    state = info["state"]
    last = state["last_seq"]
    messages = state["messages"]
    return LogState(
        first=state["first_seq"] if messages else last + 1,
        last=last,
        messages=messages,
        bytes=state["bytes"],
        max_bytes=info["config"]["max_bytes"],
        lost_bytes=(state.get("lost") or {}).get("bytes") or 0,
    )


def _config(which: Log, logs: ShardLogs, settings: LogSettings, first: int) -> dict[str, Any]:
    if settings.tokens is None:
        if logs.shard != 0:
            raise ValueError(f"shard {logs.shard} must list its tokens: subjects may not overlap")
        names = [f"{which.prefix}.>"]
    else:
        names = [which.subject(token) for token in settings.tokens]
    config: dict[str, Any] = {
        "name": which.name,
        "subjects": names,
        "retention": "limits",
        "storage": "memory" if which is logs.risked else "file",
        "discard": "new",
        "deny_delete": True,
        "deny_purge": True,
        "max_age": 0,
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
        "max_consumers": -1,
        "max_bytes": settings.orders_max_bytes,
        "max_msg_size": settings.max_message_bytes,
        "num_replicas": settings.replicas,
        "duplicate_window": DUPLICATE_WINDOW_NS,
        "metadata": {
            "cift.schema": str(settings.schema_version),
            "cift.semantics": str(settings.semantics_version),
            "cift.shard": str(logs.shard),
        },
    }
    if which is logs.risked:
        config["max_bytes"] = settings.risked_max_bytes
        config["first_seq"] = first
    elif which is logs.fills:
        config["max_bytes"] = settings.fills_max_bytes
        # Out of the server's `sync_interval: always`: FILLS can be made again.
        config["persist_mode"] = "async"
    return config


async def _ensure(bus: Bus, which: Log, wanted: dict[str, Any]) -> LogState:
    """Return the stream's state once it exists and is as wanted."""
    info = await _find_or_create(bus, which, wanted)
    _check_versions(which, wanted, info["config"])
    _check_config(which, wanted, info["config"])
    grown = {
        key: wanted[key]
        for key in ("max_bytes", "max_msg_size")
        if wanted[key] > info["config"][key]
    }
    if grown:
        log.info("log grown", log=which.name, **grown)
        config = info["config"] | grown
        info = await bus.api(f"STREAM.UPDATE.{which.name}", config, timeout_s=5.0)
    return _state(info)


async def _find_or_create(bus: Bus, which: Log, wanted: dict[str, Any]) -> dict[str, Any]:
    """Several processes may do this at once: a refusal counts only when it lasts."""
    refusal: ApiError | None = None
    for _ in range(CREATE_ATTEMPTS):
        try:
            return await bus.api(f"STREAM.INFO.{which.name}", timeout_s=5.0)
        except ApiError as error:
            if error.err_code != ERR_NO_STREAM:
                raise
        try:
            info = await bus.api(f"STREAM.CREATE.{which.name}", wanted, timeout_s=5.0)
        except ApiError as error:
            refusal = error
            await asyncio.sleep(0.1)
            continue
        if info.get("did_create", True):
            log.info("log made", log=which.name, first=wanted.get("first_seq", 1))
        return info
    raise IncompatibleLog(
        which.name,
        0,
        f"its stream can't be made: {refusal}",
        f"give the server room for {wanted['max_bytes']} bytes of {wanted['storage']} "
        "(max_file_store, max_memory_store, free disk), or set the log's size lower",
    ) from refusal


def _check_versions(which: Log, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    metadata = found.get("metadata") or {}
    for key, noun in (("cift.schema", "schema"), ("cift.semantics", "semantics")):
        stored = metadata.get(key, "")
        if not stored.isdigit():
            raise IncompatibleLog(
                which.name,
                0,
                f"its stream does not name a {noun} version, so CIFT did not make it",
                "give CIFT a NATS account or server of its own",
            )
        if int(stored) > int(wanted["metadata"][key]):
            raise IncompatibleLog(
                which.name,
                0,
                f"written with {noun} version {stored}, this build knows up to "
                f"{wanted['metadata'][key]}",
                "start the build that wrote it, or one that is newer",
            )
    if metadata.get("cift.shard") != wanted["metadata"]["cift.shard"]:
        raise IncompatibleLog(
            which.name,
            0,
            f"it belongs to shard {metadata.get('cift.shard')}",
            "set the shard that the data folder was written with",
        )


def _check_config(which: Log, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    """Refuse what could drop, thin out, rewrite or misplace messages."""
    differences = [
        f"{key} is {found.get(key, default)!r} and must be {wanted.get(key, default)!r}"
        for key, default in (
            ("retention", "limits"),
            ("storage", "file"),
            ("discard", "old"),
            ("deny_delete", False),
            ("deny_purge", False),
            ("max_age", 0),
            ("max_msgs", -1),
            ("max_msgs_per_subject", -1),
            ("sealed", False),
            ("allow_rollup_hdrs", False),
            ("persist_mode", ""),
            ("mirror", None),
            ("sources", None),
            ("subject_transform", None),
        )
        if found.get(key, default) != wanted.get(key, default)
    ]
    if sorted(found["subjects"]) != sorted(wanted["subjects"]):
        differences.append(f"subjects are {found['subjects']} and must be {wanted['subjects']}")
    if found["max_bytes"] <= 0:
        differences.append("max_bytes is not set")
    if differences:
        raise IncompatibleLog(
            which.name,
            0,
            "its stream is configured in a way that can lose messages: " + "; ".join(differences),
            "stop the mesh, set the stream back with the nats tool (or start from another data "
            "folder), and start again",
        )
