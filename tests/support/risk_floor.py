"""A firm and a market of a test's own on a mesh, and orders said as a trader says them.

`ann` and `bob` are accounts of one firm, `zed` and `yan` of another. `buy 10 @ 99` is a limit
order, `sell 5` a market order, `reduce-only` may follow.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cift.client import (
    VENUE,
    Account,
    CancelOrder,
    Check,
    CiftClient,
    Holder,
    Instrument,
    Level,
    Limits,
    NewOrder,
    Result,
    Retry,
    Side,
)
from tests.support.mesh_thread import MeshThread

__all__ = ["Firm", "Floor", "make_firms", "open_floor"]

PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
LINE = re.compile(r"(buy|sell) ([\d.]+)(?: @ ([\d.]+))?( reduce-only)?")
NO_LIMITS = Limits()
KEY_SECONDS = 1.0
"""A new key is known to every service after so long."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm with a key of its own, made before the tests that use it."""

    name: str
    key: str


async def make_firms(mesh: MeshThread, prefix: str, number: int) -> list[Firm]:
    """So many firms, whose keys are known when this returns."""
    async with mesh.client("admin", timeout_seconds=10, retry=PATIENT) as operator:

        async def make(name: str) -> Firm:
            await operator.admin.create_firm(name)
            key = await operator.admin.create_api_key(name, ["read", "trade"], "a test's")
            return Firm(name, key.secret)

        firms = [await make(f"{prefix}{number}") for number in range(number)]
    await asyncio.sleep(KEY_SECONDS)
    return firms


@dataclass(slots=True)
class Floor:
    """What one test trades on."""

    operator: CiftClient
    clients: dict[str, CiftClient]
    """Of each account, by who it is."""
    accounts: dict[str, str]
    """The account's name, by who it is."""
    firm: str
    symbol: str
    sent: Any = field(default_factory=lambda: count(1))

    def holder(self, level: Level) -> Holder:
        """Whose limits ann has at a level."""
        return {
            Level.ACCOUNT: Holder(account=self.accounts["ann"]),
            Level.FIRM: Holder(firm=self.firm),
            Level.VENUE: VENUE,
        }[level]

    def order(self, who: str, line: str) -> NewOrder:
        """What a line says."""
        match = LINE.fullmatch(line)
        assert match is not None, line
        side, quantity, price, reduce_only = match.groups()
        return NewOrder(
            self.accounts[who],
            self.symbol,
            Side[side.upper()],
            quantity,
            price,
            reduce_only=bool(reduce_only),
        )

    async def submit(self, who: str, line: str) -> Result:
        """Send an order."""
        return await self.clients[who].submit(self.order(who, line))

    async def accepted(self, *lines: str) -> None:
        """Send orders such as `zed: sell 5 @ 100`, which are accepted; risk knows what traded."""
        for line in lines:
            who, _, order = line.partition(": ")
            result = await self.submit(who, order)
            assert result.accepted, (line, result)
        await self.settle()

    async def check(self, who: str, line: str) -> Check:
        """Ask what risk would say to an order."""
        return await self.clients[who].risk.check_order(self.order(who, line))

    async def look(self, who: str, line: str) -> Check:
        """What an operator is told of the same, the venue's numbers too."""
        return await self.operator.risk.check_order(self.order(who, line))

    async def settle(self) -> None:
        """Risk has applied every fill so far: it does before it judges this."""
        none = CancelOrder(self.accounts["ann"], orig_cl_ord_id=f"none-{next(self.sent)}")
        assert (await self.clients["ann"].cancel(none)).rejected


@asynccontextmanager
async def open_floor(
    mesh: MeshThread,
    firm: Firm,
    other: Firm,
    *,
    limits: Limits | None = NO_LIMITS,
    currency: str = "USD",
    **terms: Any,
) -> AsyncIterator[Floor]:
    """A floor of a firm and another, with a market of the firm's name at 100; closed, all is gone.

    `limits`: of ann, None: none were ever given; `currency`: hers; `terms`: of the instrument.
    """
    names = {"ann": f"{firm.name}-ANN", "bob": f"{firm.name}-BOB"}
    others = {"zed": f"{firm.name}-ZED", "yan": f"{firm.name}-YAN"}
    async with (
        mesh.client("admin", timeout_seconds=10, retry=PATIENT) as operator,
        CiftClient(operator.endpoints, api_key=firm.key, retry=PATIENT) as own,
        CiftClient(operator.endpoints, api_key=other.key, retry=PATIENT) as theirs,
    ):
        market = {"currency": "USD", "price_scale": 2, "tick_size": "0.01", "reference_price": 100}

        async def open_account(who: str, name: str) -> None:
            owner = firm.name if who in names else other.name
            money = currency if who == "ann" else "USD"
            await operator.admin.create_account(Account(name, owner, money))
            wanted = limits if who == "ann" else Limits()
            if wanted is not None:
                await operator.risk.set_limits(name, wanted)

        await asyncio.gather(
            operator.admin.create_instrument(Instrument(symbol=firm.name, **{**market, **terms})),
            *(open_account(*item) for item in (names | others).items()),
        )
        clients = dict.fromkeys(names, own) | dict.fromkeys(others, theirs)
        try:
            yield Floor(operator, clients, names | others, firm.name, firm.name)
        finally:
            await operator.market.cancel_all(symbol=firm.name)
