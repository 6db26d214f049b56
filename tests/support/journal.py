"""A shard's three logs made in memory: commands in, the frames of ORDERS, RISKED and FILLS out.

The frames are the real ones: ORDERS is written here word for word as schemas/orders.capnp says, the
other two come out of the core. Prices and quantities are units; instruments have scale 2 and 0
unless a test says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cift.kit import frames, layout
from cift.kit.bus import LogSettings
from cift.kit.layout import CommandKind, ExecType, OrdType, SessionState, Side, TimeInForce
from cift_core import Replayer

__all__ = [
    "ACCOUNT",
    "Journal",
    "auction",
    "bust",
    "cancel",
    "new",
    "operate",
    "orders_frame",
    "random_flow",
]

START_NS = 1_700_000_000 * 10**9
STEP_NS = 10**9
RELAY = 1
MONEY = 10**12
ACCOUNT = 1
FOR_AUCTION: dict[str, Any] = {"time_in_force": TimeInForce.GOOD_FOR_AUCTION}


def orders_frame(
    origin: int, batch: int, fills_seen: int, lists: dict[str, np.ndarray[Any, Any]]
) -> bytes:
    """Write an ORDERS message: a segment table, the root, its data, its pointers, its lists."""
    # Pointers after the fifth are there as far as their lists hold something.
    present = {name for name, rows in lists.items() if len(rows)}
    last = max((layout.POINTERS["orders"][name] for name in present), default=0)
    names = {n: place for n, place in layout.POINTERS["orders"].items() if place <= max(last, 4)}
    version = 1 | LogSettings().semantics_version << 16
    data = np.array([version, origin, batch, fills_seen], "<u8").tobytes()
    pointers, body = [], b""
    for name, place in names.items():
        rows = lists.get(name)
        if rows is None or not len(rows):
            pointers.append(0)
            continue
        words = rows.dtype.itemsize // 8
        offset = len(names) - place - 1 + len(body) // 8
        pointers.append(1 | offset << 2 | 7 << 32 | words * len(rows) << 35)
        body += np.array([len(rows) << 2 | words << 32], "<u8").tobytes() + rows.tobytes()
    root = 4 << 32 | len(names) << 48
    segment = np.array([root], "<u8").tobytes() + data + np.array(pointers, "<u8").tobytes() + body
    return np.array([0, len(segment) // 8], "<u4").tobytes() + segment


def new(
    cl_ord_id: str,
    side: Side,
    quantity: int,
    price: int,
    *,
    instrument: int = 1,
    account: int = ACCOUNT,
    time_in_force: TimeInForce = TimeInForce.GTC,
    **fields: int,
) -> np.ndarray[Any, Any]:
    """A limit order, unless `fields` of the command say otherwise."""
    row = np.zeros(1, layout.COMMAND)
    row["kind"], row["side"], row["ord_type"] = CommandKind.NEW_ORDER, side, OrdType.LIMIT
    row["time_in_force"], row["account"], row["instrument"] = time_in_force, account, instrument
    row["cl_ord_id"], row["quantity"], row["price"] = cl_ord_id.encode(), quantity, price
    for name, value in fields.items():
        row[name] = value
    return row


def cancel(order_id: int, *, instrument: int = 1, account: int = ACCOUNT) -> np.ndarray[Any, Any]:
    """A cancel by order id."""
    row = np.zeros(1, layout.COMMAND)
    row["kind"], row["order_id"] = CommandKind.CANCEL_ORDER, order_id
    row["account"], row["instrument"] = account, instrument
    return row


def operate(kind: CommandKind, *, instrument: int = 1, **fields: int) -> np.ndarray[Any, Any]:
    """An operator's command."""
    row = np.zeros(1, layout.COMMAND)
    row["kind"], row["instrument"] = kind, instrument
    for name, value in fields.items():
        row[name] = value
    return row


@dataclass
class Journal:
    """Frames by sequence: entry 0 is message 1."""

    orders: list[bytes] = field(default_factory=list)
    risked: list[bytes] = field(default_factory=list)
    fills: list[bytes] = field(default_factory=list)
    replayer: Replayer = field(default_factory=Replayer)
    batches: dict[int, int] = field(default_factory=dict)

    def reference(
        self,
        symbols: Sequence[str] = ("AAA", "BBB"),
        accounts: Sequence[str] = ("ONE", "TWO"),
        policies: int = 0,
    ) -> None:
        """Instruments and accounts, numbered from 1, with every limit out of the way."""
        instruments = np.zeros(len(symbols), layout.INSTRUMENT)
        for row, symbol in zip(instruments, symbols, strict=True):
            row["symbol"], row["currency"] = symbol.encode(), b"USD"
        instruments["id"] = np.arange(1, len(symbols) + 1)
        instruments["price_scale"], instruments["flags"] = 2, 1
        instruments["policies"] = policies
        instruments["tick_size"] = instruments["lot_size"] = instruments["min_quantity"] = 1
        rows = np.zeros(len(accounts), layout.ACCOUNT)
        for row, name in zip(rows, accounts, strict=True):
            row["name"], row["currency"] = name.encode(), b"USD"
        rows["id"] = rows["firm"] = np.arange(1, len(accounts) + 1)
        rows["flags"] = 1
        limits = np.zeros(len(accounts), layout.LIMITS)
        limits["account"] = rows["id"]
        lists = {"instruments": instruments, "accounts": rows, "limits": limits}
        commands = []
        for kind, name in (
            (CommandKind.SET_INSTRUMENT, "instruments"),
            (CommandKind.SET_ACCOUNT, "accounts"),
            (CommandKind.SET_LIMITS, "limits"),
        ):
            for place in range(len(lists[name])):
                command = np.zeros(1, layout.COMMAND)
                command["kind"], command["payload_index"] = kind, place
                commands.append(command)
        self.append(RELAY, {"commands": np.concatenate(commands), **lists})

    def send(self, *commands: np.ndarray[Any, Any]) -> bytes:
        """One batch of orders; its FILLS frame."""
        return self.append(7, {"commands": np.concatenate(commands)})

    def append(self, origin: int, lists: dict[str, np.ndarray[Any, Any]]) -> bytes:
        """One batch of an origin, stamped with all fills so far; its FILLS frame."""
        batch = self.batches[origin] = self.batches.get(origin, 0) + 1
        sequence = len(self.orders) + 1
        frame = orders_frame(origin, batch, sequence - 1, lists)
        time_ns = START_NS + sequence * STEP_NS
        risked, fills = self.replayer.apply(sequence, time_ns, frame)
        self.orders.append(frame)
        self.risked.append(risked)
        self.fills.append(fills)
        return fills


def auction(journal: Journal, instrument: int = 1) -> None:
    """An opening auction in which 5 trade at 1000, in three messages: begun, collected, ended."""

    def session(state: SessionState) -> np.ndarray[Any, Any]:
        return operate(CommandKind.SET_SESSION, instrument=instrument, payload_index=state)

    number = len(journal.orders)
    journal.send(session(SessionState.OPENING_AUCTION))
    journal.send(
        new(f"ab{number}", Side.BUY, 8, 1000, instrument=instrument, **FOR_AUCTION),
        new(f"as{number}", Side.SELL, 5, 1000, instrument=instrument, account=2, **FOR_AUCTION),
    )
    journal.send(session(SessionState.CONTINUOUS))


def bust(journal: Journal, match_id: int) -> bytes:
    """Undo both sides of a trade, the buyer's first; the FILLS frame of that."""
    events = np.concatenate([frames.events(frame) for frame in journal.fills])
    sides = events[(events["match_id"] == match_id) & (events["exec_type"] == ExecType.TRADE)]
    return journal.send(
        *(
            operate(
                CommandKind.BUST_TRADE,
                instrument=int(event["instrument"]),
                side=int(event["side"]),
                account=int(event["account"]),
                order_id=int(event["order_id"]),
                price=int(event["last_price"]),
                quantity=int(event["last_quantity"]),
                expire_time=match_id,
            )
            for event in np.sort(sides, order="side")
        )
    )


def random_flow(journal: Journal, batches: int, seed: int) -> None:
    """Orders that rest, trade and are cancelled, on two instruments, for two accounts."""
    random = np.random.default_rng(seed)
    placed: list[tuple[int, int, int]] = []
    for _ in range(batches):
        sequence = len(journal.orders) + 1
        commands = []
        for index in range(int(random.integers(1, 12))):
            instrument, account = (int(x) for x in random.integers(1, 3, 2))
            if placed and random.random() < 0.2:
                order_id, instrument, account = placed[int(random.integers(len(placed)))]
                commands.append(cancel(order_id, instrument=instrument, account=account))
                continue
            side = (Side.BUY, Side.SELL)[int(random.integers(2))]
            price, quantity = 1000 + int(random.integers(-5, 6)), int(random.integers(1, 200))
            commands.append(
                new(
                    f"{sequence}-{index}",
                    side,
                    quantity,
                    price,
                    instrument=instrument,
                    account=account,
                    time_in_force=(TimeInForce.GTC, TimeInForce.IOC)[int(random.random() < 0.2)],
                )
            )
            placed.append((sequence << 13 | index, instrument, account))
        journal.send(*commands)
