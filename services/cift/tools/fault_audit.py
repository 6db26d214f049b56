"""The audit after a campaign: logs, clients, market data, PostgreSQL and ClickHouse must agree.

FILLS is read once; everything else is held against it. That FILLS itself is what ORDERS leads to is
the business of `cift logs verify`, which replays in another process.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import asyncpg
import numpy as np

import cift_core
from cift.analytics.v1 import analytics_service_pb2, analytics_service_pb2_grpc
from cift.kit import frames
from cift.kit.bus import LogReader, connect, read_state, shard_logs
from cift.kit.layout import CommandKind, ExecType, Liquidity, OutcomeKind
from cift.market_data.v1 import market_data_service_pb2
from cift.matching.v1 import matching_service_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.fault_clients import Client
from cift.tools.mesh import MeshClient, Trader, bearer, channel

__all__ = ["Audit", "LogTables", "audit", "read_logs"]

CATCH_UP_SECONDS_MAX = 60.0
TOLD_MAX = 20
COMPARED = (
    *("exec_type", "side", "ord_type", "time_in_force", "ord_status", "liquidity", "reason"),
    *("flags", "command_index", "order_sequence", "order_id", "match_id"),
)
COMPARED_UNITS = (
    *("price", "quantity", "last_price", "last_quantity", "cum_quantity", "leaves_quantity"),
)
ORDER_COMMANDS = (CommandKind.NEW_ORDER, CommandKind.CANCEL_ORDER, CommandKind.REPLACE_ORDER)


@dataclass(slots=True)
class Audit:
    """What was compared, and what did not agree."""

    faults: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def fault(self, text: str) -> None:
        """Note a disagreement; beyond the first ones they are only counted."""
        if len(self.faults) < TOLD_MAX:
            self.faults.append(text)
        self.figures["faults"] = self.figures.get("faults", 0) + 1


@dataclass(frozen=True, slots=True)
class Command:
    """A command where it stands in the logs, with its outcome."""

    place: tuple[int, int]
    account: int
    cl_ord_id: str
    kind: int
    outcome: int
    order_id: int
    reason: int


@dataclass(slots=True)
class LogTables:
    """ORDERS and FILLS, read whole."""

    last: int
    commands: list[Command]
    events: Any
    """Every event of FILLS, in order."""
    sequences: Any
    """The sequence of each event's message."""
    indices: Any
    """The index of each event in its message."""
    accounts: dict[str, int]
    instruments: dict[str, int]


async def read_logs(nats_url: str) -> LogTables:
    """Read ORDERS and FILLS to their common end, waiting until FILLS has reached it."""
    bus = await connect(nats_url, "audit")
    try:
        logs = shard_logs()
        orders_state = await read_state(bus, logs.orders)
        last = 0 if orders_state is None else orders_state.last
        orders = [f async for f in _frames(LogReader(bus, logs.orders), last)]
        fills = [f async for f in _frames(LogReader(bus, logs.fills), last)]
    finally:
        await bus.stop()
    return _tables(orders, fills)


async def _frames(reader: LogReader, last: int) -> Any:
    async with reader, asyncio.timeout(CATCH_UP_SECONDS_MAX):
        while reader.taken < last:
            for message in await reader.next_batch():
                if message.sequence <= last:
                    yield message.data


def _tables(orders: Sequence[bytes], fills: Sequence[bytes]) -> LogTables:
    commands: list[Command] = []
    accounts: dict[str, int] = {}
    instruments: dict[str, int] = {}
    for sequence, (asked, happened) in enumerate(zip(orders, fills, strict=True), start=1):
        if cift_core.header(happened).status == 0:
            commands.extend(_commands(sequence, asked, happened))
        accounts.update((_text(a["name"]), int(a["id"])) for a in frames.accounts(happened))
        instruments.update((_text(i["symbol"]), int(i["id"])) for i in frames.instruments(happened))
    events = [frames.events(f) for f in fills]
    counts = [len(e) for e in events]
    return LogTables(
        last=len(fills),
        commands=commands,
        events=np.concatenate(events),
        sequences=np.repeat(np.arange(1, len(fills) + 1), counts),
        indices=np.concatenate([np.arange(n) for n in counts]),
        accounts=accounts,
        instruments=instruments,
    )


def _commands(sequence: int, asked: bytes, happened: bytes) -> Iterable[Command]:
    for index, (command, outcome) in enumerate(
        zip(frames.commands(asked), frames.outcomes(happened), strict=True)
    ):
        if command["kind"] in ORDER_COMMANDS:
            yield Command(
                (sequence, index),
                int(command["account"]),
                _text(command["cl_ord_id"]),
                int(command["kind"]),
                int(outcome["kind"]),
                int(outcome["order_id"]),
                int(outcome["reason"]),
            )


async def audit(
    mesh: MeshClient,
    tables: LogTables,
    clients: Sequence[Client],
    trader: Trader,
    symbols: Sequence[str],
    postgres_dsn: str,
) -> Audit:
    """Hold every view against the logs."""
    found = Audit()
    _check_clients(found, tables, clients)
    _check_events(found, tables)
    await _check_executions(found, tables, mesh, trader)
    await _check_books(found, mesh, symbols)
    await _check_postgres(found, tables, postgres_dsn)
    await _check_clickhouse(found, tables, mesh, symbols)
    return found


def _check_clients(found: Audit, tables: LogTables, clients: Sequence[Client]) -> None:
    """Nothing acknowledged is missing, nothing took effect twice, nothing is out of order."""
    effective: dict[tuple[int, str], list[Command]] = defaultdict(list)
    stored: dict[tuple[int, int], Command] = {}
    for command in tables.commands:
        stored[command.place] = command
        if command.outcome != OutcomeKind.REPEAT:
            effective[command.account, command.cl_ord_id].append(command)
    for client in clients:
        account = tables.accounts[client.account]
        last = (0, 0)
        for note in client.notes:
            name = f"client {client.number}, command {note.cl_ord_id}"
            for text in note.contradictions:
                found.fault(f"{name}: {text}")
            took_effect = effective.pop((account, note.cl_ord_id), [])
            if len(took_effect) != 1:
                found.fault(f"{name}: took effect {len(took_effect)} times")
                continue
            command = took_effect[0]
            if command.place <= last:
                found.fault(f"{name}: at {command.place}, after a later one at {last}")
            last = command.place
            _check_note(found, name, note, command, stored)
        for text in client.refusals:
            found.fault(f"client {client.number} was told {text}")
    own = {tables.accounts[client.account] for client in clients}
    for (account, cl_ord_id), commands in effective.items():
        if account in own:
            found.fault(f"{cl_ord_id}: in the log at {commands[0].place}, of no client")
    found.figures["commands"] = sum(len(client.notes) for client in clients)
    found.figures["repeats in the log"] = sum(
        c.outcome == OutcomeKind.REPEAT for c in tables.commands
    )


def _check_note(
    found: Audit, name: str, note: Any, command: Command, stored: dict[tuple[int, int], Command]
) -> None:
    result: order_pb2.CommandResult | None = note.result
    if result is None:
        found.fault(f"{name}: never answered")
        return
    told = (result.place.sequence, result.place.index)
    if told != command.place:
        found.fault(f"{name}: told {told}, took effect at {command.place}")
    accepted = result.outcome == order_pb2.OUTCOME_ACCEPTED
    if accepted != (command.outcome == OutcomeKind.ACCEPTED):
        found.fault(f"{name}: told {result.outcome}, the log says {command.outcome}")
    if accepted and result.order_id != command.order_id:
        found.fault(f"{name}: told order {result.order_id}, the log says {command.order_id}")
    if not accepted and int(result.reject_reason) != command.reason:
        found.fault(f"{name}: told {result.reject_reason}, the log says {command.reason}")
    if note.received is not None:
        place = (note.received.sequence, note.received.index)
        at = stored.get(place)
        if at is None or at.cl_ord_id != note.cl_ord_id:
            found.fault(f"{name}: told received at {place}, which is not its place")


def _check_events(found: Audit, tables: LogTables) -> None:
    """Orders' own sequences have no gaps, quantities add up, matches count 1, 2, 3 … in pairs."""
    events = tables.events
    sequences: dict[int, int] = {}
    for order_id, number in zip(events["order_id"], events["order_sequence"], strict=True):
        if not number:
            continue
        if number != sequences.get(order_id, 0) + 1:
            found.fault(f"order {order_id}: event {number} after {sequences.get(order_id, 0)}")
        sequences[order_id] = number
    trades = events[events["exec_type"] == ExecType.TRADE]
    takers, makers = trades[0::2], trades[1::2]
    count = len(takers)
    pairs = (
        len(makers) == count
        and np.array_equal(takers["match_id"], np.arange(1, count + 1))
        and np.array_equal(makers["match_id"], takers["match_id"])
        and np.array_equal(makers["last_quantity"], takers["last_quantity"])
        and np.array_equal(makers["last_price"], takers["last_price"])
        and bool(np.all(takers["liquidity"] == Liquidity.TAKER))
        and bool(np.all(makers["liquidity"] == Liquidity.MAKER))
    )
    if not pairs:
        found.fault("trades are not pairs of taker and maker with match ids 1, 2, 3 …")
    live = events[np.isin(events["ord_status"], (1, 2))]
    if np.any(live["quantity"] != live["cum_quantity"] + live["leaves_quantity"]):
        found.fault("a live order's quantity is not what traded plus what is open")
    found.figures["events"] = len(events)
    found.figures["trades"] = count
    found.figures["orders"] = len(sequences)


async def _check_executions(
    found: Audit, tables: LogTables, mesh: MeshClient, trader: Trader
) -> None:
    """The firm's execution stream, from the beginning, has exactly the log's events."""
    request = order_entry_service_pb2.StreamExecutionsRequest()
    call = mesh.order_entry.StreamExecutions(request, metadata=bearer(trader.key))
    told: list[tuple[int, int, int, int, int]] = []
    async with asyncio.timeout(CATCH_UP_SECONDS_MAX):
        while True:
            piece = await call.read()
            told.extend(
                (e.place.sequence, e.place.index, e.exec_type, e.order_id, e.match_id)
                for e in piece.executions
            )
            if piece.through_sequence >= tables.last:
                break
    call.cancel()
    own = [tables.accounts[name] for name in trader.accounts]
    rows = np.isin(tables.events["account"], own)
    events = tables.events[rows]
    columns = (
        tables.sequences[rows],
        tables.indices[rows],
        *(events[name] for name in ("exec_type", "order_id", "match_id")),
    )
    logged = list(zip(*(column.tolist() for column in columns), strict=True))
    found.figures["executions streamed"] = len(told)
    if told != logged:
        place = next((i for i, (a, b) in enumerate(zip(told, logged, strict=False)) if a != b), -1)
        found.fault(
            f"the execution stream has {len(told)} events, the log {len(logged)}; "
            f"they differ from number {place + 1}"
        )


async def _check_books(found: Audit, mesh: MeshClient, symbols: Sequence[str]) -> None:
    """What market data shows is what rests in matching, level by level."""
    for symbol in symbols:
        shown = (
            await mesh.market_data.GetBook(
                market_data_service_pb2.GetBookRequest(symbol=symbol, depth=10_000),
                metadata=mesh.admin_metadata,
            )
        ).book
        resting = await mesh.matching.GetBook(
            matching_service_pb2.GetBookRequest(symbol=symbol, max_orders=10_000),
            metadata=mesh.admin_metadata,
        )
        for side in ("bids", "asks"):
            levels = [
                (Decimal(v.price), Decimal(v.quantity), v.order_count) for v in getattr(shown, side)
            ]
            if levels != _levels(getattr(resting, side)):
                found.fault(f"{symbol}: {side} of market data and of matching differ")


def _levels(orders: Iterable[Any]) -> list[tuple[Decimal, Decimal, int]]:
    levels: dict[Decimal, tuple[Decimal, int]] = {}
    for order in orders:
        quantity, count = levels.get(Decimal(order.price), (Decimal(0), 0))
        levels[Decimal(order.price)] = (quantity + Decimal(order.leaves_quantity), count + 1)
    return [(price, *level) for price, level in levels.items()]


async def _check_postgres(found: Audit, tables: LogTables, dsn: str) -> None:
    """PostgreSQL holds every event once, and every order as its last event left it."""
    connection = await asyncpg.connect(dsn)
    try:
        deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
        while True:
            reached = await connection.fetchval("SELECT min(sequence) FROM projection_cursor")
            if (reached or 0) >= tables.last or time.monotonic() > deadline:
                break
            await asyncio.sleep(0.1)
        names = (*COMPARED, *(f"{name}_units" for name in COMPARED_UNITS))
        rows = await connection.fetch(
            f"SELECT sequence, index, account_id, instrument_id, {', '.join(names)}, cl_ord_id "
            "FROM executions ORDER BY sequence, index"
        )
        orders = await connection.fetch(
            "SELECT order_id, last_sequence, last_index, ord_status, cum_quantity_units, "
            "leaves_quantity_units FROM orders ORDER BY order_id"
        )
    finally:
        await connection.close()
    events = tables.events
    columns = [tables.sequences, tables.indices, events["account"], events["instrument"]]
    columns += [events[name] for name in (*COMPARED, *COMPARED_UNITS)]
    names_column = [_text(v) for v in events["cl_ord_id"]]
    logged = list(zip(*(c.tolist() for c in columns), names_column, strict=True))
    stored = [tuple(row) for row in rows]
    found.figures["rows in PostgreSQL"] = len(stored)
    if stored != logged:
        found.fault(f"PostgreSQL has {len(stored)} executions, the log {len(logged)}, or others")
    last: dict[int, tuple[int, ...]] = {}
    for place, event in enumerate(events):
        if event["order_sequence"]:
            last[int(event["order_id"])] = (
                int(event["order_id"]),
                int(tables.sequences[place]),
                int(tables.indices[place]),
                int(event["ord_status"]),
                int(event["cum_quantity"]),
                int(event["leaves_quantity"]),
            )
    if [tuple(row) for row in orders] != [last[order_id] for order_id in sorted(last)]:
        found.fault("the orders in PostgreSQL are not as their last events in the log left them")


async def _check_clickhouse(
    found: Audit, tables: LogTables, mesh: MeshClient, symbols: Sequence[str]
) -> None:
    """ClickHouse counts every trade once: number, quantity and notional per symbol."""
    takers = tables.events[
        (tables.events["exec_type"] == ExecType.TRADE)
        & (tables.events["liquidity"] == Liquidity.TAKER)
    ]
    connection = channel(mesh.addresses.analytics)
    stub = analytics_service_pb2_grpc.AnalyticsServiceStub(connection)
    counted = 0
    try:
        for symbol in symbols:
            own = takers[takers["instrument"] == tables.instruments[symbol]]
            answer = await _volume(stub, symbol, tables.last, mesh)
            told = (answer.trade_count, Decimal(answer.volume), Decimal(answer.notional))
            notional = int((own["last_price"] * own["last_quantity"]).sum())
            logged = (len(own), Decimal(int(own["last_quantity"].sum())), Decimal(notional))
            if told != logged:
                found.fault(f"{symbol}: ClickHouse counts {told}, the log {logged}")
            counted += answer.trade_count
    finally:
        await connection.close()
    found.figures["trades in ClickHouse"] = counted


async def _volume(stub: Any, symbol: str, last: int, mesh: MeshClient) -> Any:
    deadline = time.monotonic() + CATCH_UP_SECONDS_MAX
    while True:
        answer = await stub.GetVolume(
            analytics_service_pb2.GetVolumeRequest(symbol=symbol), metadata=mesh.admin_metadata
        )
        if answer.through_sequence >= last or time.monotonic() > deadline:
            return answer
        await asyncio.sleep(0.1)


def _text(value: Any) -> str:
    return bytes(value).rstrip(b"\0").decode("ascii")
