"""The Python client of CIFT Markets: asyncio, typed, decimals in and out.

    from cift.client import CiftClient, NewOrder, Side

    async with CiftClient(api_key="demo-trade-key") as cift:
        order = NewOrder("DEMO-1", "AMZN", Side.BUY, quantity=100, price="223.18")
        result = await cift.submit(order)
        print(result.outcome, result.order_id, result.fills)

Every command carries a client order id; one that is left empty is made up. A call whose outcome
did not come is repeated under the same id, which is safe: the exchange takes it once and answers
with the first outcome. Business refusals are values (`result.rejected`), everything else is a
`CiftError`. `cift.client.kinds` has a function for each kind of order, `CiftClient.admin` and
`CiftClient.market` what an operator does.
"""

from cift.client import kinds
from cift.client.admin import (
    Account,
    Admin,
    ApiKey,
    AuctionRules,
    Check,
    Exposure,
    Instrument,
    Limits,
    Position,
    ScheduledSession,
    TickBand,
    TradingRules,
)
from cift.client.client import CiftClient, Endpoints, Retry
from cift.client.enums import (
    Allocation,
    AuctionCriterion,
    Contingency,
    ExecType,
    IcebergMode,
    Liquidity,
    MarketResidual,
    OrdStatus,
    OrdType,
    Outcome,
    PegPrice,
    PostOnly,
    RejectReason,
    RestatementReason,
    SelfTradePrevention,
    SessionState,
    Side,
    TimeInForce,
    WaitFor,
)
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
from cift.client.market import Market
from cift.client.session import Session
from cift.client.streams import BookView
from cift.client.types import (
    BookLevel,
    BookUpdate,
    CancelOrder,
    Command,
    Execution,
    Fill,
    InstrumentStatus,
    MassCancel,
    NewOrder,
    Order,
    OrderList,
    Peg,
    Place,
    ReplaceOrder,
    Result,
    Trade,
    TrailingStop,
)

__all__ = [
    "Account",
    "Admin",
    "Allocation",
    "ApiKey",
    "AuctionCriterion",
    "AuctionRules",
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
    "Contingency",
    "Endpoints",
    "ExecType",
    "Execution",
    "Exposure",
    "Fill",
    "IcebergMode",
    "Instrument",
    "InstrumentStatus",
    "InternalError",
    "Limits",
    "Liquidity",
    "Market",
    "MarketResidual",
    "MassCancel",
    "NewOrder",
    "NotFoundError",
    "OrdStatus",
    "OrdType",
    "Order",
    "OrderList",
    "Outcome",
    "Peg",
    "PegPrice",
    "Place",
    "Position",
    "PostOnly",
    "RejectReason",
    "ReplaceOrder",
    "RequestError",
    "RestatementReason",
    "Result",
    "Retry",
    "ScheduledSession",
    "SelfTradePrevention",
    "Session",
    "SessionState",
    "Side",
    "SlowConsumerError",
    "TickBand",
    "TimeInForce",
    "Trade",
    "TradingRules",
    "TrailingStop",
    "UnavailableError",
    "UnknownOutcomeError",
    "WaitFor",
    "kinds",
]
