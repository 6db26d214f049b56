"""The client itself: connections, retries, and the calls that have one answer."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from cift.client import messages, streams, types
from cift.client.admin import Admin
from cift.client.enums import Outcome, WaitFor
from cift.client.errors import CiftError, UnavailableError, UnknownOutcomeError, from_rpc
from cift.client.market import Market
from cift.client.pages import Pages
from cift.client.risk import Risk
from cift.client.session import SESSION_METADATA, Session
from cift.client.types import (
    BookUpdate,
    CancelOrder,
    Command,
    Execution,
    InstrumentStatus,
    MassCancel,
    NewOrder,
    Order,
    OrderList,
    ReplaceOrder,
    Result,
    Trade,
)
from cift.order_entry.v1 import order_entry_service_pb2, order_entry_service_pb2_grpc, order_pb2

__all__ = ["CiftClient", "Endpoints", "Retry"]

T = TypeVar("T")
MAX_BATCH = 1_000
MAX_RECEIVE_BYTES = 64 << 20
"""One journal message may hold 40,000 executions."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the services are, `host:port` each."""

    order_entry: str
    matching: str
    risk: str
    analytics: str
    market_data: str

    @classmethod
    def local(cls, port_base: int = 50050, host: str = "127.0.0.1") -> "Endpoints":
        """A mesh started with `cift up --port-base`."""
        return cls(*(f"{host}:{port_base + number}" for number in range(1, 6)))

    @classmethod
    def single(cls, address: str) -> "Endpoints":
        """Everything behind one address, such as a proxy that routes by service."""
        return cls(address, address, address, address, address)


@dataclass(frozen=True, slots=True)
class Retry:
    """How a call is repeated that found the exchange unavailable or its outcome unknown.

    The pause doubles from `first_pause_seconds` to `longest_pause_seconds`, with jitter, or is the
    one the server asked for if that is longer; there are at most `attempts`, and all of them
    together take at most `total_seconds`.
    """

    attempts: int = 10
    first_pause_seconds: float = 0.05
    longest_pause_seconds: float = 2.0
    total_seconds: float = 30.0


class CiftClient:
    """Calls the exchange on behalf of one API key; safe to share between tasks of one loop."""

    def __init__(
        self,
        endpoints: Endpoints | str | None = None,
        *,
        api_key: str,
        timeout_seconds: float = 5.0,
        retry: Retry | None = None,
    ) -> None:
        """`endpoints`: None: a local mesh on the default ports; a string: one address for all.

        `timeout_seconds` bounds each attempt of a call.
        """
        if isinstance(endpoints, str):
            endpoints = Endpoints.single(endpoints)
        self.endpoints = endpoints or Endpoints.local()
        self.retry = retry or Retry()
        self._timeout_seconds = timeout_seconds
        self._metadata = (("authorization", f"Bearer {api_key}"),)
        self._channels: dict[str, grpc.aio.Channel] = {}
        self._orders = order_entry_service_pb2_grpc.OrderEntryServiceStub(
            self.channel(self.endpoints.order_entry)
        )
        self.admin = Admin(self)
        """Firms, accounts, keys, instruments, locates, fees, and who changed them."""
        self.risk = Risk(self)
        """Limits, positions, profit and loss, dry runs, breaches, kill switches."""
        self.market = Market(self)
        """Sessions, auctions, halts, busts: the operator's hand on a market."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; calls under way fail."""
        for channel in self._channels.values():
            await channel.close()

    async def submit(self, order: NewOrder, wait_for: WaitFor = WaitFor.RESULT) -> Result:
        """Send a new order."""
        order = types.with_id(order)
        request = order_entry_service_pb2.SubmitOrderRequest(
            order=messages.new_order_message(order), wait_for=order_pb2.WaitFor.ValueType(wait_for)
        )
        return await self._command(self._orders.SubmitOrder, request)

    async def cancel(self, cancel: CancelOrder, wait_for: WaitFor = WaitFor.RESULT) -> Result:
        """Cancel an order."""
        cancel = types.with_id(cancel)
        request = order_entry_service_pb2.CancelOrderRequest(
            cancel=messages.cancel_order_message(cancel),
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        return await self._command(self._orders.CancelOrder, request)

    async def replace(self, replace: ReplaceOrder, wait_for: WaitFor = WaitFor.RESULT) -> Result:
        """Change price or quantity of an order."""
        replace = types.with_id(replace)
        request = order_entry_service_pb2.ReplaceOrderRequest(
            replace=messages.replace_order_message(replace),
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        return await self._command(self._orders.ReplaceOrder, request)

    async def submit_list(
        self, orders: OrderList, wait_for: WaitFor = WaitFor.RESULT
    ) -> list[Result]:
        """Send an order list, all of it accepted or nothing; one result for each order."""
        orders = types.with_id(orders)
        request = order_entry_service_pb2.SubmitOrderListRequest(
            list=messages.order_list_message(orders),
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        return await self._commands(self._orders.SubmitOrderList, request, "list")

    async def mass_cancel(self, cancel: MassCancel, wait_for: WaitFor = WaitFor.RESULT) -> Result:
        """Cancel all open orders of an account, or those of one symbol, side or tag."""
        cancel = types.with_id(cancel)
        request = order_entry_service_pb2.MassCancelRequest(
            mass_cancel=messages.mass_cancel_message(cancel),
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        return await self._command(self._orders.MassCancel, request)

    async def batch(
        self, commands: Sequence[Command], wait_for: WaitFor = WaitFor.RESULT
    ) -> list[Result]:
        """Send up to 1,000 commands that take effect in order; one result each."""
        if not 1 <= len(commands) <= MAX_BATCH:
            raise ValueError(f"a batch has 1 to {MAX_BATCH} commands, not {len(commands)}")
        request = order_entry_service_pb2.SubmitBatchRequest(
            commands=[messages.command_message(types.with_id(c)) for c in commands],
            wait_for=order_pb2.WaitFor.ValueType(wait_for),
        )
        return await self._commands(self._orders.SubmitBatch, request, "batch")

    @asynccontextmanager
    async def session(self, *, window: int = 256, resend: bool = True) -> AsyncIterator[Session]:
        """Open a pipelined session; orders marked `cancel_on_disconnect` end with it.

        At most `window` requests wait for their answer. When the connection breaks, what was not
        answered is sent again on a new one, unless `resend` is False: then it fails with
        UnknownOutcomeError.
        """
        session = Session(self._open_session, self.retry, window=window, resend=resend)
        await session.start()
        try:
            yield session
            await session.flush()
        finally:
            await session.close()

    async def get_order(self, account: str, *, cl_ord_id: str = "", order_id: int = 0) -> Order:
        """Look an order up by either id."""
        if bool(order_id) == bool(cl_ord_id):
            raise ValueError("name the order by `order_id` or by `cl_ord_id`, one of them")
        request = order_entry_service_pb2.GetOrderRequest(account=account)
        if order_id:
            request.order_id = order_id
        else:
            request.cl_ord_id = cl_ord_id
        reply = await self.query(self._orders.GetOrder, request)
        return messages.order_of(reply.order)

    def stream_executions(
        self,
        account: str = "",
        *,
        after_sequence: int = 0,
        live_only: bool = False,
        resume: bool = True,
    ) -> AsyncGenerator[Execution, None]:
        """Executions of the firm's accounts (or one), after a sequence, then live, gapless.

        A broken stream is resumed where it stopped, unless `resume` is False. `live_only` leaves
        out what happened before; leave the iterator with `aclose` or cancel its task.
        """
        return streams.executions(self, account, after_sequence, live_only, resume)

    def stream_trades(
        self,
        symbol: str = "",
        *,
        after_sequence: int = 0,
        live_only: bool = False,
        resume: bool = True,
    ) -> AsyncGenerator[Trade, None]:
        """Trades of one symbol or all, after a sequence, then live, gapless."""
        return streams.trades(self, symbol, after_sequence, live_only, resume)

    def stream_book(self, symbol: str, *, resume: bool = True) -> AsyncGenerator[BookUpdate, None]:
        """A snapshot of the book, then one update for each command that changed it.

        After a break, or when this reader was too slow, another snapshot comes. `BookView` keeps
        a book by them.
        """
        return streams.book(self, symbol, resume)

    def stream_status(
        self, *symbols: str, resume: bool = True
    ) -> AsyncGenerator[InstrumentStatus, None]:
        """What instruments are at: all of them at first, then each that changes.

        While orders collect it tells what an auction would do now.
        """
        return streams.statuses(self, symbols, resume)

    async def get_book(self, symbol: str, depth: int = 10) -> BookUpdate:
        """The best `depth` levels of both sides now."""
        return await streams.get_book(self, symbol, depth)

    # What the other modules of the client are built on.

    def channel(self, address: str) -> grpc.aio.Channel:
        """The connection to one address, made at first use."""
        if address not in self._channels:
            self._channels[address] = grpc.aio.insecure_channel(address, options=_options())
        return self._channels[address]

    async def call(self, method: Callable[..., Awaitable[T]], request: Any) -> T:
        """One attempt of a unary call; raises a CiftError."""
        try:
            return await method(request, metadata=self._metadata, timeout=self._timeout_seconds)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error) from error

    async def query(self, method: Callable[..., Awaitable[T]], request: Any) -> T:
        """A unary call that may be repeated without harm, until it is answered."""
        return await self.retrying(lambda: self.call(method, request))

    def pages(
        self, method: Callable[..., Awaitable[Any]], request: Any, items: Callable[[Any], list[T]]
    ) -> Pages[T]:
        """A list call: `items` takes what an answer lists out of it."""

        async def read(size: int, token: str) -> tuple[list[T], str]:
            request.page_size, request.page_token = size, token
            reply = await self.query(method, request)
            return items(reply), reply.next_page_token

        return Pages(read)

    def open(self, method: Callable[..., Any], request: Any) -> Any:
        """A server stream."""
        return method(request, metadata=self._metadata)

    async def retrying(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat `attempt` while it is unavailable or unknown, within the bounds of `retry`.

        UnavailableError is only raised if no attempt may have been taken.
        """
        policy = self.retry
        loop = asyncio.get_running_loop()
        end = loop.time() + policy.total_seconds
        pause = policy.first_pause_seconds
        doubt: UnknownOutcomeError | None = None
        for number in range(1, policy.attempts + 1):
            try:
                return await attempt()
            except (UnavailableError, UnknownOutcomeError) as error:
                if isinstance(error, UnknownOutcomeError):
                    doubt = error
                wait = pause * random.uniform(0.5, 1.0)
                if isinstance(error, UnavailableError) and error.retry_after_seconds:
                    wait = max(wait, min(error.retry_after_seconds, policy.longest_pause_seconds))
                if number == policy.attempts or loop.time() + wait > end:
                    raise (doubt or error) from error
            await asyncio.sleep(wait)
            pause = min(pause * 2, policy.longest_pause_seconds)
        raise CiftError("a retry policy needs at least one attempt")

    def _open_session(self, before: str) -> Any:
        """A stream that goes on with an earlier one, if that is named."""
        resumed = ((SESSION_METADATA, before),) if before else ()
        return self._orders.Session(metadata=(*self._metadata, *resumed))

    async def _command(self, method: Callable[..., Awaitable[Any]], request: Any) -> Result:
        async def attempt() -> Result:
            result = messages.result_of((await self.call(method, request)).result)
            if result.outcome == Outcome.UNKNOWN:
                raise UnknownOutcomeError(f"the outcome of {result.cl_ord_id} did not come in time")
            return result

        return await self.retrying(attempt)

    async def _commands(
        self, method: Callable[..., Awaitable[Any]], request: Any, what: str
    ) -> list[Result]:
        async def attempt() -> list[Result]:
            reply = await self.call(method, request)
            results = [messages.result_of(result) for result in reply.results]
            if any(result.outcome == Outcome.UNKNOWN for result in results):
                raise UnknownOutcomeError(f"the outcome of the {what} did not come in time")
            return results

        return await self.retrying(attempt)


def _options() -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.enable_retries", 0),
        ("grpc.initial_reconnect_backoff_ms", 50),
        ("grpc.min_reconnect_backoff_ms", 50),
        ("grpc.max_reconnect_backoff_ms", 1_000),
    ]
