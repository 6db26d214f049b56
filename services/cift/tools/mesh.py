"""The way from a tool to a mesh: its addresses, and the operator's calls that tools need.

A tool works as any client does. With a fresh token it makes its own firm, accounts, key and
instruments, so that it can run twice on one mesh, or beside real trading, and see only itself.
"""

import argparse
import asyncio
import base64
import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from cift.analytics.v1 import analytics_service_pb2, analytics_service_pb2_grpc
from cift.client import (
    Account,
    AuctionRules,
    CiftClient,
    Endpoints,
    Instrument,
    Limits,
    SelfTradePrevention,
)
from cift.common.v1 import types_pb2
from cift.local.mesh import LocalMesh, MeshOptions
from cift.local.ports import HOST
from cift.market_data.v1 import market_data_service_pb2, market_data_service_pb2_grpc
from cift.matching.v1 import matching_service_pb2, matching_service_pb2_grpc
from cift.order_entry.v1 import (
    market_control_service_pb2_grpc,
    order_entry_service_pb2,
    order_entry_service_pb2_grpc,
)
from cift.risk.v1 import risk_service_pb2, risk_service_pb2_grpc

__all__ = [
    "SIDES",
    "TIMES_IN_FORCE",
    "Addresses",
    "MeshClient",
    "Trader",
    "add_mesh_arguments",
    "bearer",
    "channel",
    "fresh_token",
    "open_mesh",
]

T = TypeVar("T")
KEY_VARIABLE = "CIFT_API_KEY"

PROBE_SYMBOL = "AMZN"
"""A symbol of the demonstration data, to ask how far a projection is."""
CREATE_AT_ONCE = 16
KEY_SECONDS_MAX = 10.0
"""Longest wait for a new key to be known to every service; it is within a second normally."""

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.max_send_message_length", 64 << 20),
    ("grpc.enable_http_proxy", 0),
    ("grpc.use_local_subchannel_pool", 1),
    # Servers are killed under some of our tools: try again soon.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 250),
)

SIDES = {"buy": types_pb2.SIDE_BUY, "sell": types_pb2.SIDE_SELL}
TIMES_IN_FORCE = {
    "": types_pb2.TIME_IN_FORCE_UNSPECIFIED,
    "DAY": types_pb2.TIME_IN_FORCE_DAY,
    "GTC": types_pb2.TIME_IN_FORCE_GTC,
    "IOC": types_pb2.TIME_IN_FORCE_IOC,
    "FOK": types_pb2.TIME_IN_FORCE_FOK,
    "GFA": types_pb2.TIME_IN_FORCE_GOOD_FOR_AUCTION,
    "ATO": types_pb2.TIME_IN_FORCE_AT_THE_OPEN,
    "ATC": types_pb2.TIME_IN_FORCE_AT_THE_CLOSE,
}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the five services listen, and an operator's key."""

    order_entry: str
    matching: str
    risk: str
    analytics: str
    market_data: str
    admin_key: str

    @classmethod
    def of_base(cls, target: str, admin_key: str) -> "Addresses":
        """Name a running mesh by `host:port-base`, as `cift up --port-base` takes it."""
        host, _, port = target.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError(f"{target!r} is not HOST:PORT_BASE")
        return cls(
            order_entry=f"{host}:{int(port) + 1}",
            matching=f"{host}:{int(port) + 2}",
            risk=f"{host}:{int(port) + 3}",
            analytics=f"{host}:{int(port) + 4}",
            market_data=f"{host}:{int(port) + 5}",
            admin_key=admin_key,
        )

    @classmethod
    def of_local(cls, mesh: LocalMesh) -> "Addresses":
        """Name a mesh that this process runs, services that it is without included."""
        return cls.of_base(f"{HOST}:{mesh.port_base}", mesh.keys["admin"])


@dataclass(frozen=True, slots=True)
class Trader:
    """A firm made for one run of a tool: its accounts and the key that acts for them."""

    firm: str
    accounts: Sequence[str]
    key: str


def add_mesh_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which mesh a tool works on."""
    group = parser.add_argument_group("mesh")
    group.add_argument(
        "--target",
        metavar="HOST:PORT_BASE",
        help="a running mesh, as `cift up --port-base` makes it; default: one of its own",
    )
    group.add_argument(
        "--key",
        default=os.environ.get(KEY_VARIABLE, ""),
        help=f"operator's API key at the target (default: {KEY_VARIABLE})",
    )
    group.add_argument(
        "--durability",
        choices=("fsync", "page-cache"),
        default="fsync",
        help="of the mesh of its own (default: fsync)",
    )


@contextlib.asynccontextmanager
async def open_mesh(args: argparse.Namespace) -> AsyncIterator["MeshClient"]:
    """Open the mesh that `add_mesh_arguments` names; one of its own is gone afterwards."""
    if args.target:
        async with MeshClient(Addresses.of_base(args.target, args.key)) as client:
            yield client
        return
    with tempfile.TemporaryDirectory(prefix="cift-", ignore_cleanup_errors=True) as folder:
        options = MeshOptions(data_dir=Path(folder), durability=args.durability)
        async with LocalMesh(options) as mesh, MeshClient(Addresses.of_local(mesh)) as client:
            yield client


def fresh_token() -> str:
    """Make a short name part that no run before had: letters and digits."""
    return base64.b32encode(int(time.time()).to_bytes(5) + secrets.token_bytes(5)).decode()


def bearer(key: str) -> tuple[tuple[str, str], ...]:
    """Make the metadata that carries a key."""
    return (("authorization", f"Bearer {key}"),)


def channel(address: str) -> Any:
    """Open a plain channel to a service, quick to reconnect."""
    return grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)


class MeshClient:
    """Channels and stubs to the services of one mesh, and what an operator does there."""

    def __init__(self, addresses: Addresses, *, without: frozenset[str] = frozenset()) -> None:
        self.addresses = addresses
        self._without = without
        self.admin_metadata = bearer(addresses.admin_key)
        self.order_entry_channel = channel(addresses.order_entry)
        self._channels = [self.order_entry_channel]
        self.order_entry = order_entry_service_pb2_grpc.OrderEntryServiceStub(
            self.order_entry_channel
        )
        self.control = market_control_service_pb2_grpc.MarketControlServiceStub(
            self.order_entry_channel
        )
        self.market_data = market_data_service_pb2_grpc.MarketDataServiceStub(
            self._open(addresses.market_data)
        )
        self.matching = matching_service_pb2_grpc.MatchingServiceStub(
            self._open(addresses.matching)
        )
        self.risk = risk_service_pb2_grpc.RiskServiceStub(self._open(addresses.risk))
        self.analytics = analytics_service_pb2_grpc.AnalyticsServiceStub(
            self._open(addresses.analytics)
        )
        self._operator = CiftClient(
            Endpoints(
                addresses.order_entry,
                addresses.matching,
                addresses.risk,
                addresses.analytics,
                addresses.market_data,
            ),
            api_key=addresses.admin_key,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.gather(self._operator.close(), *(c.close() for c in self._channels))

    async def create_trader(self, token: str, accounts: int, currency: str = "USD") -> Trader:
        """Make a firm, accounts whose limits are all off, and a key known to every service."""
        firm = f"T{token}"
        names = [f"{firm}-{n}" for n in range(1, accounts + 1)]
        admin = self._operator.admin
        await admin.create_firm(firm)

        async def open_account(name: str) -> None:
            await admin.create_account(Account(name, firm, currency))
            await self._operator.risk.set_limits(name, Limits())

        await _some_at_a_time(open_account, names)
        key = await admin.create_api_key(firm, ["read", "trade"], "a tool's run")
        await self._until_known(key.secret, names[0])
        return Trader(firm, names, key.secret)

    async def create_instruments(
        self,
        symbols: Sequence[str],
        *,
        currency: str = "USD",
        tick: str = "1",
        lot: str = "1",
        price_scale: int = 0,
        quantity_scale: int = 0,
        auction: AuctionRules | None = None,
    ) -> None:
        """Make instruments that are alike, on which orders of one account may trade together."""
        await self.create_all(
            [
                Instrument(
                    symbol=symbol,
                    currency=currency,
                    price_scale=price_scale,
                    quantity_scale=quantity_scale,
                    tick_size=tick,
                    lot_size=lot,
                    # A recorded or made-up flow is not sent by those who made it.
                    self_trade_prevention=SelfTradePrevention.ALLOW,
                    auction=auction,
                )
                for symbol in symbols
            ]
        )

    async def create_all(self, instruments: Sequence[Instrument]) -> None:
        """Make instruments, some at a time."""
        await _some_at_a_time(self._operator.admin.create_instrument, instruments)

    async def projected(self) -> int:
        """Return the journal sequence up to which analytics has counted."""
        answer = await self.analytics.GetVolume(
            analytics_service_pb2.GetVolumeRequest(symbol=PROBE_SYMBOL),
            metadata=self.admin_metadata,
        )
        return int(answer.through_sequence)

    async def _until_known(self, secret: str, account: str) -> None:
        """Return once the services that read keys by themselves have read this one."""
        order = order_entry_service_pb2.GetOrderRequest(account=account, cl_ord_id="none")
        asks: dict[str, tuple[Any, Any]] = {
            "order_entry": (self.order_entry.GetOrder, order),
            "market_data": (
                self.market_data.GetBook,
                market_data_service_pb2.GetBookRequest(symbol="NONE"),
            ),
            "matching": (self.matching.GetStatus, matching_service_pb2.GetStatusRequest()),
            "risk": (self.risk.GetExposure, risk_service_pb2.GetExposureRequest(account=account)),
        }
        deadline = time.monotonic() + KEY_SECONDS_MAX
        for service in asks.keys() - self._without:
            call, request = asks[service]
            while not await _knows(call, request, secret):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"a new key is not known after {KEY_SECONDS_MAX:g} s")
                await asyncio.sleep(0.05)

    def _open(self, address: str) -> Any:
        self._channels.append(channel(address))
        return self._channels[-1]


async def _some_at_a_time(work: Callable[[T], Awaitable[None]], items: Iterable[T]) -> None:
    waiting = iter(items)

    async def take() -> None:
        for item in waiting:
            await work(item)

    await asyncio.gather(*(take() for _ in range(CREATE_AT_ONCE)))


async def _knows(call: Any, request: Any, secret: str) -> bool:
    try:
        await call(request, metadata=bearer(secret))
    except grpc.aio.AioRpcError as error:
        if error.code() == grpc.StatusCode.UNAUTHENTICATED:
            return False
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
    return True
