"""`cift tap`: the logs as readable lines, one for each message, command and event.

    cift tap                      everything there is, all three logs
    cift tap orders.fills.AMZN    what happened on one symbol
    cift tap orders.new.> -f      what is asked, as it comes

Lines of a message are indented below its head. Names of accounts and symbols come from the
reference data in the log itself, so a tap always reads from the beginning and prints from `--from`.
"""

import argparse
import asyncio
import contextlib
import os
import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import cift_core
from cift.kit import frames, subjects
from cift.kit.bus import (
    Bus,
    BusError,
    BusUnavailable,
    Log,
    LogMessage,
    LogReader,
    connect,
    read_state,
    shard_logs,
)
from cift.kit.config import PREFIX
from cift.kit.decimals import render
from cift.kit.layout import (
    BatchStatus,
    CommandKind,
    Contingency,
    ExecType,
    Liquidity,
    OrdStatus,
    OrdType,
    OutcomeKind,
    PegPrice,
    SelfTrade,
    SessionState,
    Side,
    TimeInForce,
    VerdictKind,
)
from cift.kit.logging import configure
from cift.local.mesh import NATS_OFFSET
from cift.local.up import DEFAULT_PORT_BASE
from cift.tools.arguments import integer

__all__ = ["Decoder", "add_arguments", "run"]

DEFAULT_URL = f"nats://127.0.0.1:{DEFAULT_PORT_BASE + NATS_OFFSET}"
"""That of `cift up`."""
TIMER = 0xFFFF_FFFF
"""The command index of events that no command caused."""
INDEX_BITS, SEQUENCE_BITS = 13, 42
FLAG_LEAVES = 1
FLAGS = {
    1: "ends with session",
    2: "post only",
    3: "post only or repriced",
    4: "all or none",
    5: "reduce only",
}
"""By bit of a command's flags."""
FLAG_TERMS = 1 << 6
TRAILS_BPS, TAKES_PROFIT, PEG_BIT = 1, 2, 8
"""Of the flags of terms."""
PAYLOADS = {
    CommandKind.SET_INSTRUMENT: frames.instruments,
    CommandKind.SET_ACCOUNT: frames.accounts,
    CommandKind.SET_LIMITS: frames.limits,
    CommandKind.SET_RULES: frames.rules,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument(
        "subject",
        nargs="?",
        default="orders.>",
        metavar="SUBJECT",
        help="such as orders.new.AMZN, orders.fills.>, default: orders.> (all three logs)",
    )
    parser.add_argument(
        "--from", type=integer(1, 2**63), default=1, dest="first", metavar="N", help="sequence"
    )
    parser.add_argument(
        "--count", type=integer(0, 2**63), default=0, metavar="N", help="stop after N messages"
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on as messages come")
    parser.add_argument(
        "--url",
        default=os.environ.get(f"{PREFIX}NATS_URL", DEFAULT_URL),
        help=f"NATS server; default: {PREFIX}NATS_URL, or the one of `cift up`: {DEFAULT_URL}",
    )
    parser.add_argument(
        "--shard", type=integer(0, 255), default=0, help="number of the shard (default: 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Print; 0 at the end, 1 when a log cannot be read, 2 for a subject of no log."""
    configure("tap", "warning")
    logs = [log for log in shard_logs(args.shard).all() if _may_match(args.subject, log)]
    if not logs:
        print(f"tap: {args.subject} is the subject of no log", file=sys.stderr)
        return 2
    try:
        asyncio.run(_tap(args, logs))
    except BrokenPipeError:
        sys.stderr.close()
    except (BusError, cift_core.CiftError) as error:
        print(f"tap: {error}", file=sys.stderr)
        return 1
    return 0


async def _tap(args: argparse.Namespace, chosen: list[Log]) -> None:
    decoder = Decoder()
    bus = await connect(args.url, "tap", timeout_s=5.0)
    try:
        # ORDERS is always read: reference data comes in it before anything that uses it.
        orders = shard_logs(args.shard).orders
        sources = [await _Source.open(bus, log) for log in dict.fromkeys([orders, *chosen])]
        printed = 0
        async with contextlib.AsyncExitStack() as stack:
            for source in sources:
                await stack.enter_async_context(source.reader)
            sequence = 0
            while not args.count or printed < args.count:
                sequence += 1
                ended = True
                for source in sources:
                    message = await source.take(sequence, follow=args.follow)
                    if message is None:
                        continue
                    ended = False
                    decoder.learn(message.data)
                    if sequence >= args.first and _matches(args.subject, message.subject):
                        printed += 1
                        for line in decoder.lines(source.log, message):
                            print(line, flush=args.follow)
                if ended and not args.follow:
                    return
    finally:
        await bus.stop()


class _Source:
    """A log that is read in step with the others."""

    def __init__(self, log: Log, reader: LogReader, first: int, last: int) -> None:
        self.log = log
        self.reader = reader
        self._first = first
        self._last = last
        self._queue: deque[LogMessage] = deque()

    @classmethod
    async def open(cls, bus: Bus, log: Log) -> "_Source":
        """Look where a log begins and ends now; RISKED may begin late."""
        state = await read_state(bus, log)
        if state is None:
            raise BusUnavailable(f"there is no log {log.name}")
        return cls(log, LogReader(bus, log, after=state.first - 1), state.first, state.last)

    async def take(self, sequence: int, *, follow: bool) -> LogMessage | None:
        """Return message `sequence`, waiting for it if need be; None: it is not in this log."""
        if sequence < self._first or (sequence > self._last and not follow):
            return None
        while not self._queue:
            self._queue.extend(await self.reader.next_batch())
        return self._queue.popleft()


class Decoder:
    """Turns messages into lines, with the names that it has learned."""

    def __init__(self) -> None:
        self._symbols: dict[int, str] = {}
        self._accounts: dict[int, str] = {}
        self._scales: dict[int, tuple[int, int]] = {}

    def learn(self, frame: bytes) -> None:
        """Note the names and scales that a message brings."""
        for row in frames.instruments(frame):
            self._symbols[int(row["id"])] = _text(row["symbol"])
            self._scales[int(row["id"])] = (int(row["price_scale"]), int(row["quantity_scale"]))
        for row in frames.accounts(frame):
            self._accounts[int(row["id"])] = _text(row["name"])

    def lines(self, log: Log, message: LogMessage) -> Iterator[str]:
        """Yield the head of a message, then a line for each thing in it."""
        frame = message.data
        head = cift_core.header(frame)
        stored = datetime.fromtimestamp(message.timestamp_ns / 1e9, UTC)
        yield (
            f"{log.name} {message.sequence} {stored:%Y-%m-%d %H:%M:%S.%f} {message.subject} "
            f"{_head_text(head)}"
        )
        if head.log == "fills":
            for index, row in enumerate(frames.outcomes(frame)):
                yield f"  {index} {self._outcome(row)}"
            for index, row in enumerate(frames.events(frame)):
                yield f"  event {index} {self._event(row)}"
            for row in frames.statuses(frame):
                yield f"  status {self._status(row)}"
            return
        verdicts = frames.verdicts(frame) if head.log == "risked" else None
        for index, row in enumerate(frames.commands(frame)):
            text = self._command(row, frame)
            yield f"  {index} {text}{_verdict(verdicts[index]) if verdicts is not None else ''}"

    def _command(self, row: Any, frame: bytes) -> str:
        kind = CommandKind(int(row["kind"]))
        if kind == CommandKind.TICK:
            return f"tick {datetime.fromtimestamp(int(row['expire_time']), UTC):%H:%M:%S}"
        if kind in PAYLOADS:
            payload = PAYLOADS[kind](frame)[int(row["payload_index"])]
            return f"{_words(kind)} {self._payload(kind, payload)}"
        if kind in (CommandKind.SET_SESSION, CommandKind.SET_LAST_TRADE, CommandKind.BUST_TRADE):
            return f"{_words(kind)} {self._operators(kind, row)}"
        target = _target(row, frame)
        words = [_words(kind), self._account(row), _text(row["cl_ord_id"]) or "-"]
        if kind == CommandKind.NEW_ORDER:
            words += [self._terms(row), *self._rare_terms(row, frame)]
        elif kind == CommandKind.MASS_CANCEL:
            words += [
                self._symbol(row) if row["instrument"] else "every symbol",
                _words(Side(int(row["side"]))) if row["side"] else "both sides",
                *([f"tag {_tag(row['order_id'])}"] if row["order_id"] else []),
            ]
        elif kind == CommandKind.CANCEL_ORDER:
            words += [target]
        else:
            leaves = " open" if int(row["flags"]) & FLAG_LEAVES else ""
            price, quantity = self._price(row, "price"), self._quantity(row, "quantity")
            words += [target, f"to {quantity}{leaves} @ {price or 'unchanged'}"]
            words += [f"stop {self._price(row, 'stop_price')}"] if row["stop_price"] else []
        return " ".join(words)

    def _payload(self, kind: CommandKind, row: Any) -> str:
        """Name what reference data is about."""
        if kind == CommandKind.SET_INSTRUMENT:
            return _text(row["symbol"])
        if kind == CommandKind.SET_ACCOUNT:
            return f"{_text(row['name'])} firm {int(row['firm'])}"
        if kind == CommandKind.SET_RULES:
            return self._symbol(row)
        return self._account(row)

    def _operators(self, kind: CommandKind, row: Any) -> str:
        """Say what an operator does to a market."""
        price = self._price(row, "price")
        if kind == CommandKind.SET_SESSION:
            session = _words(SessionState(int(row["payload_index"])))
            return f"{self._symbol(row)} {session}{f' reference {price}' if price else ''}"
        if kind == CommandKind.SET_LAST_TRADE:
            return f"{self._symbol(row)} @ {price}"
        return (
            f"match {int(row['expire_time'])} {self._account(row)} "
            f"{_words(Side(int(row['side'])))} {self._quantity(row, 'quantity')} "
            f"{self._symbol(row)} @ {price} order {_place(int(row['order_id']))}"
        )

    def _rare_terms(self, row: Any, frame: bytes) -> Iterator[str]:
        """Yield what few orders say."""
        for name in ("stop_price", "display_quantity", "min_quantity"):
            if row[name]:
                read = self._price if name.endswith("price") else self._quantity
                yield f"{name.replace('_', ' ')} {read(row, name)}"
        for bit, words in FLAGS.items():
            if int(row["flags"]) >> bit & 1:
                yield words
        if row["self_trade_prevention"]:
            yield f"self-trade {_words(SelfTrade(int(row['self_trade_prevention'])))}"
        if row["self_trade_group"]:
            yield f"group {int(row['self_trade_group'])}"
        if int(row["time_in_force"]) == TimeInForce.GTD:
            ends = datetime.fromtimestamp(int(row["expire_time"]) / 1e9, UTC)
            yield f"until {ends:%Y-%m-%d %H:%M:%S.%f}"
        link = int(row["link"])
        if link:
            tied = _words(Contingency(link & 0xFF))
            yield f"{tied} {(link >> 16 & 0xFF) + 1} of {link >> 8 & 0xFF}"
        if int(row["flags"]) & FLAG_TERMS:
            yield from self._more_terms(row, frames.terms(frame)[int(row["payload_index"])])

    def _more_terms(self, order: Any, terms: Any) -> Iterator[str]:
        price_scale, quantity_scale = self._scales.get(int(order["instrument"]), (0, 0))
        flags = int(terms["flags"])
        if terms["trailing_offset"]:
            trails = int(terms["trailing_offset"])
            by = f"{trails} bps" if flags & TRAILS_BPS else render(trails, price_scale)
            yield f"trails by {by}"
        if terms["activation_price"]:
            favour = "to take profit" if flags & TAKES_PROFIT else "to stop loss"
            yield f"from {render(int(terms['activation_price']), price_scale)} {favour}"
        if terms["min_visible_quantity"]:
            yield f"min visible {render(int(terms['min_visible_quantity']), quantity_scale)}"
        if follows := flags >> PEG_BIT & 3:
            offset = render(int(terms["peg_offset"]), price_scale)
            yield f"pegged to {_words(PegPrice(follows))} {offset}"
        if terms["tag"]:
            yield f"tag {_tag(terms['tag'])}"

    def _status(self, row: Any) -> str:
        words = [self._symbol(row), _words(SessionState(int(row["session"])))]
        if row["price"]:
            at = f"{self._quantity(row, 'quantity')} @ {self._price(row, 'price')}"
            words.append(f"would trade {at}, left {self._quantity(row, 'imbalance')}")
        return " ".join(words)

    def _terms(self, row: Any) -> str:
        price = self._price(row, "price")
        return (
            f"{_words(Side(int(row['side'])))} {self._quantity(row, 'quantity')} "
            f"{self._symbol(row)} @ {price or 'market'} "
            f"{_words(TimeInForce(int(row['time_in_force'])))} "
            f"{_words(OrdType(int(row['ord_type'])))}"
        )

    def _outcome(self, row: Any) -> str:
        kind = OutcomeKind(int(row["kind"]))
        words = [_words(kind)]
        if row["order_id"]:
            words.append(f"order {_place(int(row['order_id']))}")
        if kind == OutcomeKind.REPEAT:
            words.append(f"first at {_place(int(row['first_place']))}")
        if row["reason"] or row["cancel_reason"]:
            words.append(f"reason {int(row['reason'])}/{int(row['cancel_reason'])}")
        return " ".join([*words, f"events {int(row['first_event'])}+{int(row['event_count'])}"])

    def _event(self, row: Any) -> str:
        kind = ExecType(int(row["exec_type"]))
        words = [_words(kind), f"order {_place(int(row['order_id']))}", self._account(row)]
        words += [_text(row["cl_ord_id"]) or "-"]
        if row["instrument"]:
            words.append(self._terms(row))
        if kind in (ExecType.TRADE, ExecType.TRADE_BUST):
            words += [
                _words(Liquidity(int(row["liquidity"]))),
                f"{self._quantity(row, 'last_quantity')} @ {self._price(row, 'last_price')}",
                f"match {int(row['match_id'])}",
            ]
        if row["reason"]:
            words.append(f"reason {int(row['reason'])}")
        status = _words(OrdStatus(int(row["ord_status"])))
        leaves, done = self._quantity(row, "leaves_quantity"), self._quantity(row, "cum_quantity")
        by = int(row["command_index"])
        words += [
            f"→ {status}, open {leaves}, traded {done}",
            "timer" if by == TIMER else f"by {by}",
        ]
        return " ".join(words)

    def _account(self, row: Any) -> str:
        if not row["account"]:
            return "every account"
        return self._accounts.get(int(row["account"]), f"account {int(row['account'])}")

    def _symbol(self, row: Any) -> str:
        return self._symbols.get(int(row["instrument"]), f"instrument {int(row['instrument'])}")

    def _price(self, row: Any, name: str) -> str:
        scale = self._scales.get(int(row["instrument"]), (0, 0))[0]
        return render(int(row[name]), scale) if row[name] else ""

    def _quantity(self, row: Any, name: str) -> str:
        return render(int(row[name]), self._scales.get(int(row["instrument"]), (0, 0))[1])


def _head_text(head: cift_core.Header) -> str:
    words = [f"origin {head.origin:x}", f"batch {head.batch}"]
    if head.log == "orders":
        words.append(f"saw FILLS {head.fills_seen}")
    else:
        time = datetime.fromtimestamp(head.time_ns / 1e9, UTC)
        words += [f"at {time:%H:%M:%S.%f}", f"hash {head.state_hash:016x}"]
        if head.status:
            words.append(_words(BatchStatus(head.status)))
    return " ".join(words)


def _target(row: Any, frame: bytes) -> str:
    """Name the order that a cancel or replace is about; RISKED has it in the verdict."""
    names = frames.orig_cl_ord_ids(frame)
    index = int(row["orig_cl_ord_id_index"])
    if 0 < index <= len(names):
        return _text(names[index - 1]["text"])
    return f"order {_place(int(row['order_id']))}" if row["order_id"] else "order"


def _verdict(row: Any) -> str:
    kind = VerdictKind(int(row["kind"]))
    words = [f" → {_words(kind)}"]
    if row["order_id"]:
        words.append(f"order {_place(int(row['order_id']))}")
    if kind == VerdictKind.REPEAT:
        words.append(f"first at {_place(int(row['first_place']))}")
    if row["reason"] or row["cancel_reason"]:
        words.append(f"reason {int(row['reason'])}/{int(row['cancel_reason'])}")
    return " ".join(words)


def _place(number: int) -> str:
    """Write an order id, or a place, as shard.sequence.index."""
    sequence = number >> INDEX_BITS & (1 << SEQUENCE_BITS) - 1
    return f"{number >> INDEX_BITS + SEQUENCE_BITS}.{sequence}.{number & (1 << INDEX_BITS) - 1}"


def _words(value: Any) -> str:
    return str(value.name).lower().replace("_", " ")


def _text(value: Any) -> str:
    return bytes(value).rstrip(b"\0").decode("ascii", errors="replace")


def _tag(number: Any) -> str:
    """Read a label from the word that holds it, first byte lowest."""
    return _text(int(number).to_bytes(8, "little"))


def _matches(pattern: str, subject: str) -> bool:
    """Whether a subject matches a pattern with the wildcards of NATS."""
    wanted, tokens = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, tokens = wanted[:-1], tokens[: len(wanted) - 1]
        if not tokens or len(tokens) < len(wanted):
            return False
    return len(wanted) == len(tokens) and all(
        w in ("*", t) for w, t in zip(wanted, tokens, strict=True)
    )


def _may_match(pattern: str, log: Log) -> bool:
    """Whether a pattern names subjects of this log at all."""
    symbol = pattern.split(".")[-1]
    token = symbol if subjects.is_symbol(symbol) else subjects.VENUE
    return _matches(pattern, log.subject(token))
