"""Clients of the kill campaign: they trade, lose their connections, and send the same again.

A client keeps each command until it has an answer that ends the matter, and sends it again, byte
for byte and under the same client order id, as long as it has not. What it was told stays in its
notes; the audit holds them against the logs.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import grpc

from cift.common.v1 import types_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_entry_service_pb2_grpc, order_pb2
from cift.tools.mesh import bearer, channel

__all__ = ["Client", "Note", "Style"]

Style = Literal["unary", "batch", "session"]

TRY_SECONDS_MAX = 2.0
"""A call without an answer for so long is given up and made again."""
PAUSE_SECONDS = (0.02, 0.15)
PACE_SECONDS_MAX = 0.05
"""Longest rest between calls: a campaign is about kills, and its audit reads every event."""
BATCH_MAX = 12
SESSION_WINDOW = 8
MID_PRICE = 1000
KNOWN_ORDERS_MAX = 64
RETRYABLE = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.INTERNAL,
    }
)


@dataclass(slots=True)
class Note:
    """What a client knows of one command of its own."""

    number: int
    """1, 2, 3 … in the order in which the client made its commands."""
    cl_ord_id: str
    command: order_pb2.Command
    received: types_pb2.Place | None = None
    """Where the journal stored it, when the client was told that before the result."""
    result: order_pb2.CommandResult | None = None
    """The first answer that ended the matter."""
    sends: int = 0
    contradictions: list[str] = field(default_factory=list)


class Client:
    """One client with an account of its own, trading with the others on shared symbols."""

    def __init__(
        self,
        number: int,
        style: Style,
        seed: int,
        *,
        account: str,
        key: str,
        symbols: Sequence[str],
        addresses: Callable[[], Sequence[str]],
    ) -> None:
        self.number = number
        self.style = style
        self.account = account
        self.notes: list[Note] = []
        self.retries = 0
        self.longest_gap_seconds = 0.0
        """Longest time between two answers that told something, while there was work to do."""
        self.refusals: list[str] = []
        """Answers that no client should get; empty when all is well."""
        self._random = random.Random(f"{seed}.{number}")
        self._metadata = bearer(key)
        self._symbols = symbols
        self._addresses = addresses
        self._channels: dict[str, Any] = {}
        self._known: list[str] = []
        self._symbol_of: dict[str, str] = {}
        self._answered_at = 0.0
        self._attempts = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Trade until `stopping`, then until every command has its answer."""
        self._answered_at = time.monotonic()
        try:
            while not stopping.is_set():
                if self.style == "session":
                    await self._session(stopping)
                else:
                    size = 1 if self.style == "unary" else self._random.randint(2, BATCH_MAX)
                    await self._deliver([self._new_note() for _ in range(size)])
                    await self._rest()
            await self.confirm()
        finally:
            await asyncio.gather(*(c.close() for c in self._channels.values()))

    async def confirm(self) -> None:
        """Send the last commands once more: the answer must be the first outcome again."""
        for note in self.notes[-5:]:
            await self._deliver([note], again=True)

    # Making commands.

    def _new_note(self) -> Note:
        number = len(self.notes) + 1
        name = f"c{self.number}.{number}"
        note = Note(number, name, self._new_command(name))
        self.notes.append(note)
        return note

    def _new_command(self, name: str) -> order_pb2.Command:
        draw = self._random
        kind = draw.random()
        if kind < 0.65 or not self._known:
            return order_pb2.Command(new_order=self._new_order(name))
        target = draw.choice(self._known)
        if kind < 0.85:
            cancel = order_pb2.CancelOrder(
                account=self.account, cl_ord_id=name, orig_cl_ord_id=target
            )
            return order_pb2.Command(cancel_order=cancel)
        replace = order_pb2.ReplaceOrder(
            account=self.account,
            cl_ord_id=name,
            orig_cl_ord_id=target,
            symbol=self._symbol_of[target],
            leaves_quantity=str(draw.randint(1, 60)),
        )
        if draw.random() < 0.5:
            replace.price = str(MID_PRICE + draw.randint(-6, 6))
        return order_pb2.Command(replace_order=replace)

    def _new_order(self, name: str) -> order_pb2.NewOrder:
        draw = self._random
        buy = draw.random() < 0.5
        order = order_pb2.NewOrder(
            account=self.account,
            cl_ord_id=name,
            symbol=draw.choice(self._symbols),
            side=types_pb2.SIDE_BUY if buy else types_pb2.SIDE_SELL,
            ord_type=types_pb2.ORD_TYPE_LIMIT,
            time_in_force=draw.choices(
                (
                    types_pb2.TIME_IN_FORCE_GTC,
                    types_pb2.TIME_IN_FORCE_IOC,
                    types_pb2.TIME_IN_FORCE_FOK,
                ),
                (80, 12, 8),
            )[0],
            quantity=str(draw.randint(1, 50)),
            # Around the middle, a little on the passive side: about half of the orders trade.
            price=str(MID_PRICE + draw.randint(-5, 3) * (1 if buy else -1)),
        )
        if draw.random() < 0.05:
            order.ord_type = types_pb2.ORD_TYPE_MARKET
            order.time_in_force = types_pb2.TIME_IN_FORCE_UNSPECIFIED
            order.price = ""
        self._known.append(name)
        self._symbol_of[name] = order.symbol
        if len(self._known) > KNOWN_ORDERS_MAX:
            self._symbol_of.pop(self._known.pop(0))
        return order

    # Sending them until they are answered.

    async def _deliver(self, notes: Sequence[Note], *, again: bool = False) -> None:
        """Send `notes` as one call, again and again, until each has its answer."""
        wait_for = order_pb2.WAIT_FOR_RESULT
        if not again and self._random.random() < 0.15:
            wait_for = order_pb2.WAIT_FOR_RECEIVED
        while again or any(note.result is None for note in notes):
            try:
                results = await self._call(notes, wait_for)
            except grpc.aio.AioRpcError as error:
                await self._after_error(error)
                continue
            finally:
                self.retries += notes[0].sends > 1 and not again
            self._take(notes, results)
            known = all(r.outcome != order_pb2.OUTCOME_UNKNOWN for r in results)
            if again and known:
                return
            if not known:
                await self._pause()
            wait_for = order_pb2.WAIT_FOR_RESULT

    async def _call(
        self, notes: Sequence[Note], wait_for: order_pb2.WaitFor
    ) -> Sequence[order_pb2.CommandResult]:
        for note in notes:
            note.sends += 1
        method, request = _as_call(notes, wait_for)
        stub = order_entry_service_pb2_grpc.OrderEntryServiceStub(self._channel())
        response = await getattr(stub, method)(
            request, metadata=self._metadata, timeout=TRY_SECONDS_MAX
        )
        return response.results if method == "SubmitBatch" else [response.result]

    async def _session(self, stopping: asyncio.Event) -> None:
        """Keep a window of messages on one stream after another until `stopping`."""
        waiting: list[list[Note]] = []
        while waiting or not stopping.is_set():
            call = order_entry_service_pb2_grpc.OrderEntryServiceStub(self._channel()).Session(
                metadata=self._metadata
            )
            try:
                await self._speak(call, waiting, stopping)
            except grpc.aio.AioRpcError as error:
                await self._after_error(error)
            except (asyncio.InvalidStateError, TimeoutError):
                await self._pause()
            finally:
                call.cancel()
            self.retries += len(waiting)

    async def _speak(self, call: Any, waiting: list[list[Note]], stopping: asyncio.Event) -> None:
        """Use one stream: first all that waits from earlier ones, in order, then new commands."""
        for notes in waiting:
            await self._write(call, notes)
        while waiting or not stopping.is_set():
            while len(waiting) < SESSION_WINDOW and not stopping.is_set():
                notes = [self._new_note() for _ in range(self._random.randint(1, BATCH_MAX))]
                waiting.append(notes)
                await self._write(call, notes)
            async with asyncio.timeout(TRY_SECONDS_MAX):
                response = await call.read()
            if response is grpc.aio.EOF:
                raise TimeoutError("the session ended")
            if response.error:
                self.refusals.append(response.error)
            self._take(waiting[0], response.results)
            if any(note.result is None for note in waiting[0]):
                raise TimeoutError("an outcome is not known")
            waiting.pop(0)
            await self._rest()

    async def _write(self, call: Any, notes: Sequence[Note]) -> None:
        for note in notes:
            note.sends += 1
        request = order_entry_service_pb2.SessionRequest(
            request_id=notes[0].number, commands=[note.command for note in notes]
        )
        async with asyncio.timeout(TRY_SECONDS_MAX):
            await call.write(request)

    def _take(self, notes: Sequence[Note], results: Sequence[order_pb2.CommandResult]) -> None:
        """Write down what was told; an answer that contradicts an earlier one is a fault."""
        told = False
        for note, result in zip(notes, results, strict=True):
            if result.outcome == order_pb2.OUTCOME_RECEIVED:
                note.received = note.received or result.place
                told = True
            elif result.outcome in (order_pb2.OUTCOME_ACCEPTED, order_pb2.OUTCOME_REJECTED):
                told = True
                if note.result is None:
                    note.result = result
                elif difference := _contradiction(note.result, result):
                    note.contradictions.append(difference)
        if told:
            now = time.monotonic()
            self.longest_gap_seconds = max(self.longest_gap_seconds, now - self._answered_at)
            self._answered_at = now

    async def _after_error(self, error: grpc.aio.AioRpcError) -> None:
        if error.code() not in RETRYABLE:
            self.refusals.append(f"{error.code().name}: {error.details()}")
        await self._pause()

    async def _rest(self) -> None:
        await asyncio.sleep(self._random.uniform(0, PACE_SECONDS_MAX))

    async def _pause(self) -> None:
        self._attempts += 1
        await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))

    def _channel(self) -> Any:
        """Return a channel to one of the order entries that there are just now, in turn."""
        addresses = self._addresses()
        address = addresses[self._attempts % len(addresses)]
        if address not in self._channels:
            self._channels[address] = channel(address)
        return self._channels[address]


def _as_call(notes: Sequence[Note], wait_for: order_pb2.WaitFor) -> tuple[str, Any]:
    if len(notes) > 1:
        commands = [note.command for note in notes]
        return "SubmitBatch", order_entry_service_pb2.SubmitBatchRequest(
            commands=commands, wait_for=wait_for
        )
    command = notes[0].command
    kind = command.WhichOneof("command")
    if kind == "new_order":
        return "SubmitOrder", order_entry_service_pb2.SubmitOrderRequest(
            order=command.new_order, wait_for=wait_for
        )
    if kind == "cancel_order":
        return "CancelOrder", order_entry_service_pb2.CancelOrderRequest(
            cancel=command.cancel_order, wait_for=wait_for
        )
    return "ReplaceOrder", order_entry_service_pb2.ReplaceOrderRequest(
        replace=command.replace_order, wait_for=wait_for
    )


def _contradiction(first: order_pb2.CommandResult, later: order_pb2.CommandResult) -> str:
    """Say how a later answer to the same command differs from the first, or nothing."""
    for name in ("outcome", "order_id", "reject_reason", "place"):
        if getattr(first, name) != getattr(later, name):
            return f"{name} was {getattr(first, name)}, then {getattr(later, name)}"
    return ""
