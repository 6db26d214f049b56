"""The Python client of CIFT Markets: asyncio, typed, decimals in and out.

    from cift.client import CiftClient, NewOrder, Side

    async with CiftClient(api_key="demo-trade-key") as cift:
        order = NewOrder("DEMO-1", "AMZN", Side.BUY, quantity=100, price="223.18")
        result = await cift.submit(order)
        print(result.outcome, result.order_id, result.fills)

Every command carries a client order id; one that is left empty is made up. A call whose outcome
did not come is repeated under the same id, which is safe: the exchange takes it once and answers
with the first outcome. Business refusals are values (`result.rejected`), everything else is a
`CiftError`.
"""

from cift.client.admin import Account, Admin, ApiKey, Check, Exposure, Instrument, Limits, Position
from cift.client.client import CiftClient, Endpoints, Retry
from cift.client.errors import (
    AuthError,
    CiftError,
    ConflictError,
    InternalError,
    NotFoundError,
    RequestError,
    SlowConsumerError,
    UnavailableError,
    UnknownOutcomeError,
)
from cift.client.session import Session
from cift.client.streams import BookView
from cift.client.types import (
    BookLevel,
    BookUpdate,
    CancelOrder,
    Command,
    ExecType,
    Execution,
    Fill,
    Liquidity,
    NewOrder,
    Order,
    OrdStatus,
    OrdType,
    Outcome,
    Place,
    RejectReason,
    ReplaceOrder,
    Result,
    Side,
    TimeInForce,
    Trade,
    WaitFor,
)

__all__ = [
    "Account",
    "Admin",
    "ApiKey",
    "AuthError",
    "BookLevel",
    "BookUpdate",
    "BookView",
    "CancelOrder",
    "Check",
    "CiftClient",
    "CiftError",
    "Command",
    "ConflictError",
    "Endpoints",
    "ExecType",
    "Execution",
    "Exposure",
    "Fill",
    "Instrument",
    "InternalError",
    "Limits",
    "Liquidity",
    "NewOrder",
    "NotFoundError",
    "OrdStatus",
    "OrdType",
    "Order",
    "Outcome",
    "Place",
    "Position",
    "RejectReason",
    "ReplaceOrder",
    "RequestError",
    "Result",
    "Retry",
    "Session",
    "Side",
    "SlowConsumerError",
    "TimeInForce",
    "Trade",
    "UnavailableError",
    "UnknownOutcomeError",
    "WaitFor",
]
