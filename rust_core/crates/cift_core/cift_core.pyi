# ruff: noqa: PYI021, PYI054  (there is no Python source to hold docstrings and defaults)
"""The core of CIFT Markets: the pipeline's batch calls, and the engine for its own sake.

Bytes go in and bytes come out; the interpreter lock is released while a batch is worked on. An
object may be used from any thread, by one at a time.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

class CiftError(Exception):
    """What the core refuses; base of the tree."""

class LogError(CiftError):
    """A log can't be followed: bad frame, wrong sequence, unknown version, digest mismatch."""

class BadRequest(CiftError):
    """A malformed request; `violations` names each field and what is wrong with it."""

    violations: tuple[tuple[str, str], ...]

class NotFound(CiftError):
    """No such thing for this firm."""

class Overloaded(CiftError):
    """A bounded queue is full; try again."""

@final
class Header:
    """The numbers at the head of a frame; those that its log doesn't have are 0."""

    @property
    def log(self) -> str:
        """'orders', 'risked' or 'fills'."""

    @property
    def shard(self) -> int:
        """0 to 255."""

    @property
    def sequence(self) -> int:
        """Place in the log, from 1; 0 in ORDERS, which is written before it has one."""

    @property
    def time_ns(self) -> int:
        """Journal time, nanoseconds since the Unix epoch; 0 in ORDERS."""

    @property
    def origin(self) -> int:
        """The process that wrote the ORDERS batch; 1: the relay of reference data."""

    @property
    def batch(self) -> int:
        """The batch's number among that origin's, from 1."""

    @property
    def fills_seen(self) -> int:
        """ORDERS: the last FILLS sequence its origin had seen; RISKED: the last risk applied."""

    @property
    def input_digest(self) -> bytes:
        """16 bytes, low first: the digest of the message of the log before; zeros in ORDERS."""

    @property
    def state_hash(self) -> int:
        """Running hash of the writer's state after the message; 0 in ORDERS."""

    @property
    def status(self) -> int:
        """What became of the batch: 0 applied, 1 repeated, 2 void, 3 held."""

    @property
    def count(self) -> int:
        """Commands in it, or outcomes; 0 unless the batch was applied."""

def header(frame: bytes) -> Header:
    """Check a frame of any log in full and return the numbers at its head. LogError: bad frame."""

def digest(frame: bytes) -> bytes:
    """XXH3-128 of the segment, 16 bytes, low first, as the next log's message carries it."""

@final
class RiskStage:
    """Risk as a function: ORDERS and FILLS in, RISKED out. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last ORDERS sequence applied, 0 at first."""

    @property
    def fills_applied(self) -> int:
        """The last FILLS sequence applied, 0 at first."""

    @property
    def state_hash(self) -> int:
        """Running hash of the state, as the last RISKED message carries it."""

    def fills_wanted(self, sequence: int, orders: bytes) -> int:
        """Return p(n): the FILLS sequence up to which to apply fills, and no further, before this,
        the next ORDERS message. LogError: bad frame.
        """

    def apply_fills(self, sequence: int, fills: bytes) -> None:
        """Apply the next FILLS message, `fills_applied` + 1.

        LogError: not the next one, bad frame, or not caused by the RISKED message written here.
        """

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes) -> bytes:
        """Apply the next ORDERS message, stored at `timestamp_ns`, and return its RISKED message.

        LogError: not the next one, bad frame, or fills not applied up to exactly p(n).
        """

    @property
    def money_scale(self) -> int:
        """Decimals of money: 12."""

    def account_firm(self, name: str) -> int | None:
        """Return the id of the firm that owns an account; None: there is no such account."""

    def account_id(self, name: str) -> int | None:
        """Return the id of an account; None: there is no such account."""

    def account_name(self, account: int) -> str | None:
        """Return the name of an account; None: there is no such account."""

    def account_names(self, firm: int | None = None) -> list[str]:
        """Return the names of the accounts of a firm, or (None) of all accounts, in order."""

    def positions(self, account: str) -> list[PositionRow]:
        """Return where an account has a position, had one, or has open orders, by symbol."""

    def exposure(self, account: str) -> ExposureRow | None:
        """Return what an account has at stake; None: there is no such account."""

    def profit_and_loss(self, level: int, holder: int = 0) -> ProfitAndLossRow | None:
        """Return what a holder has won and lost; None: there is no such holder.

        `level`: 0 an account, 1 a firm, each with its id; 2 the venue, whose id is 0. ValueError:
        another level.
        """

    def limits(self, account: str, instrument: int = 0) -> LimitsRow | None:
        """Return an account's limits on all instruments (0) or its own on one; None: none given."""

    def limits_of(self, level: int, holder: int = 0) -> list[LimitsRow]:
        """Return all limits of a holder as they were set: those on all instruments first, then
        those on one, by instrument id. `level`, `holder`: as for `profit_and_loss`.

        A firm, or the venue, that was never given limits on all instruments has no such row.
        """

    def kill_switches(self) -> list[tuple[int, int]]:
        """Return the kill switches that are on: level and holder, as of `profit_and_loss`."""

    def changed_positions(self, fills: bytes) -> list[tuple[str, str]]:
        """Return whose position or open quantity a FILLS message touched: account and symbol, each
        pair once, as they came. What moves with the price alone isn't in it. LogError: bad frame.
        """

    def breaches(
        self,
        sequence: int,
        fills: bytes,
        firm: int | None = None,
        account: str = "",
        firm_names: Mapping[int, str] = ...,
    ) -> bytes:
        """Return a StreamBreachesResponse of the orders and replaces of a FILLS message that risk
        refused for a reason of its own: limits, kill switches, a disabled account.

        Of one account, of all of a firm ("") or of all there are (None, ""). `firm_names` gives the
        `firm` of a breach by the firm's id; empty where it has none. `through_sequence` is set.
        LogError: bad frame, or another message. NotFound: the firm has no such account.
        """

    def check(self, request: bytes, firm: int | None = None) -> bytes:
        """Answer a CheckOrderRequest with a CheckOrderResponse, for a firm or (None) an operator.

        BadRequest: it can't be read. NotFound: the firm has no such account.
        """

    def instruments(self) -> list[InstrumentInfo]:
        """Return the instruments, by symbol; their `resting_orders` is 0."""

@final
class MatchingStage:
    """Matching as a function: RISKED in, FILLS out. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last RISKED sequence applied, 0 at first."""

    @property
    def state_hash(self) -> int:
        """Running hash of the state, as the last FILLS message carries it."""

    def apply(self, sequence: int, risked: bytes) -> bytes:
        """Apply the next RISKED message and return its FILLS message.

        LogError: not the next one, or bad frame.
        """

    @property
    def open_orders(self) -> int:
        """How many orders rest in all books."""

    def book(self, symbol: str, max_orders: int, operator: bool = False) -> bytes:
        """Return a GetBookResponse with at most `max_orders` orders a side, in priority order.

        To an operator it says whose they are, what they hide, and at most `max_orders` of those
        that wait outside of the limit book. KeyError: unknown symbol.
        """

    def list_instruments(self, after: str, most: int, operator: bool = False) -> bytes:
        """Return a ListInstrumentsResponse with at most `most` instruments behind a symbol.

        To an operator it counts market orders that rest, too.
        """

    def instruments(self) -> list[InstrumentInfo]:
        """Return the instruments, by symbol."""

@final
class Replayer:
    """Risk and matching in one function from ORDERS to RISKED and FILLS. One thread at a time."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last ORDERS sequence applied, 0 at first. CiftError after `into_stages`."""

    @property
    def fills_applied(self) -> int:
        """p of that message: what risk has applied of FILLS. CiftError after `into_stages`."""

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes) -> tuple[bytes, bytes]:
        """Apply the next ORDERS message, stored at `timestamp_ns`; return RISKED and FILLS.

        LogError: not the next one, or bad frame. CiftError after `into_stages`.
        """

    def into_stages(self) -> tuple[RiskStage, MatchingStage]:
        """Turn into the two stages as they stand; risk goes on reading FILLS after `fills_applied`.
        The replayer can't be used any more.
        """

@final
class InstrumentInfo:
    """An instrument with its present terms."""

    @property
    def id(self) -> int:
        """From 1."""

    @property
    def symbol(self) -> str:
        """^[A-Z0-9][A-Z0-9_-]{0,31}$."""

    @property
    def currency(self) -> str:
        """Currency of its price."""

    @property
    def price_scale(self) -> int:
        """Decimals of a price."""

    @property
    def quantity_scale(self) -> int:
        """Decimals of a quantity; with `price_scale` at most 12."""

    @property
    def tick_size(self) -> int:
        """Prices are multiples of it, in 10^-price_scale."""

    @property
    def lot_size(self) -> int:
        """Quantities are multiples of it, in 10^-quantity_scale."""

    @property
    def trading(self) -> bool:
        """Whether it takes orders."""

    @property
    def resting_orders(self) -> int:
        """Number of resting orders; 0 where that isn't known."""

@final
class PositionRow:
    """The position of one account in one instrument."""

    @property
    def symbol(self) -> str:
        """The instrument."""

    @property
    def price_scale(self) -> int:
        """Decimals of its prices."""

    @property
    def quantity_scale(self) -> int:
        """Decimals of its quantities."""

    @property
    def quantity(self) -> int:
        """Bought minus sold, in 10^-quantity_scale."""

    @property
    def open_buy_quantity(self) -> int:
        """Open buy quantity, in 10^-quantity_scale."""

    @property
    def open_sell_quantity(self) -> int:
        """Open sell quantity, in 10^-quantity_scale."""

    @property
    def net_cost(self) -> int:
        """Money paid minus money received, fees not counted, in 10^-12 of the currency unit."""

    @property
    def currency(self) -> str:
        """Currency of the money here: the instrument's."""

    @property
    def cost(self) -> int:
        """What the position cost (a short one: brought) at average price; never negative. As all
        money in 10^-12 of the currency unit.
        """

    @property
    def average_price(self) -> int | None:
        """Cost over quantity, rounded down, in 10^-(price_scale + 6); None: no position."""

    @property
    def realized(self) -> int:
        """Profit and loss of what was closed, at average cost, fees not counted."""

    @property
    def unrealized(self) -> int | None:
        """Profit and loss of the position at the reference price; None: there is no such price."""

    @property
    def fees(self) -> int:
        """Fees paid, less rebates received."""

    @property
    def reference_price(self) -> int:
        """Price it is counted at, in 10^-price_scale: the last trade's, before one the
        instrument's; 0: there is none.
        """

@final
class ExposureRow:
    """What one account has at stake; money in 10^-12 of its currency unit.

    What is tied up is rounded up, what there is down.
    """

    @property
    def currency(self) -> str:
        """The account's currency."""

    @property
    def open_orders(self) -> int:
        """Number of open orders."""

    @property
    def reserved(self) -> int:
        """Money reserved for open orders, beyond `used`."""

    @property
    def used(self) -> int:
        """Money that positions tie up: their initial margin at cost."""

    @property
    def buying_power(self) -> int | None:
        """Money left for orders; None: the check is off."""

    @property
    def credit(self) -> int | None:
        """Buying power before any order; None: the check is off."""

    @property
    def gross_exposure(self) -> int | None:
        """Cost of positions and open orders; None: no limit asks for it, so it isn't kept."""

    @property
    def equity(self) -> int:
        """Credit, realised and unrealised profit, less fees."""

    @property
    def maintenance_margin(self) -> int:
        """What positions must keep of equity at reference prices."""

    @property
    def close_only(self) -> bool:
        """A loss, or the maintenance margin, is at its limit: only orders that can but reduce a
        position are let through.
        """

    @property
    def killed(self) -> bool:
        """A kill switch of the account, its firm or the venue is on."""

@final
class ProfitAndLossRow:
    """What an account, a firm or the venue has won and lost, in 10^-12 of its currency unit."""

    @property
    def day(self) -> int:
        """Since 00:00 UTC, realised and at reference prices, less fees; rounded down."""

    @property
    def total(self) -> int:
        """In all, realised and at reference prices, less fees; rounded down."""

    @property
    def realized(self) -> int | None:
        """Profit and loss of what was closed; None: not an account."""

    @property
    def unrealized(self) -> int | None:
        """Profit and loss of positions at reference prices, where there are any; None: not an
        account.
        """

    @property
    def fees(self) -> int | None:
        """Fees paid, less rebates received; None: not an account."""

    @property
    def traded_30_days(self) -> int | None:
        """Traded in the last 30 UTC days, this one included; None: no fees have tiers, or it isn't
        an account.
        """

    @property
    def currency(self) -> str:
        """Currency of the money here; "": the accounts have several, and it is counted in the unit
        that all currencies share, once there are limits; before, sums have no meaning.
        """

@final
class LimitsRow:
    """The limits of one account, of a firm or of the venue; None: the check is off."""

    @property
    def instrument(self) -> int:
        """Id of the instrument that they are about; 0: all."""

    @property
    def symbol(self) -> str:
        """Its symbol; "": all."""

    @property
    def max_order_quantity(self) -> int | None:
        """Largest quantity of one order, in the instrument's quantity units."""

    @property
    def max_order_notional(self) -> int | None:
        """Largest notional of one order, in 10^-12 of a unit of the instrument's currency.

        All other money is in the holder's.
        """

    @property
    def collar_bps(self) -> int | None:
        """Largest distance of a price from the reference price, in basis points."""

    @property
    def max_position(self) -> int | None:
        """Largest absolute position, in the instrument's quantity units."""

    @property
    def max_open_orders(self) -> int | None:
        """Largest number of open orders."""

    @property
    def credit(self) -> int | None:
        """Buying power before any order."""

    @property
    def max_gross_position(self) -> int | None:
        """Largest absolute position with the open orders of both sides, in quantity units."""

    @property
    def max_gross_exposure(self) -> int | None:
        """Largest sum of what positions cost and open orders may cost."""

    @property
    def messages_per_second(self) -> int | None:
        """How many new orders and replaces may come a second; None: so is `message_burst`."""

    @property
    def message_burst(self) -> int | None:
        """The most of them at once."""

    @property
    def duplicate_window_ms(self) -> int | None:
        """How close two of the same order count as in a row; None: so is `duplicate_max`."""

    @property
    def duplicate_max(self) -> int | None:
        """The most of the same order in a row."""

    @property
    def restricted(self) -> bool:
        """No order is let through."""

    @property
    def max_short(self) -> int | None:
        """What may be sold beyond the position, in quantity units."""

    @property
    def max_daily_loss(self) -> int | None:
        """Largest loss since 00:00 UTC."""

_ReferenceValue: TypeAlias = int | str | Sequence[Sequence[int]]

def encode_reference(
    batch: int,
    items: Sequence[tuple[str, Mapping[str, _ReferenceValue]]],
    shard: int = 0,
    urgent: bool = False,
) -> bytes:
    """Return an ORDERS frame of origin 1, the relay, that sets 1 to 4096 pieces of reference data;
    `urgent`: of origin 2^64 - 1, the relay of what waits for no other.

    A kind is 'instrument', 'account', 'limits', 'rules', 'fees', 'conversion', 'kill' or 'unkill';
    its fields are a dict of those of schemas/types.capnp in snake case, names and currencies as
    text, money as decimal text of an integer; what is left out is 0. But for:

    - account: `self_trade_prevention`, a SelfTrade, 0 to 5.
    - rules: `ticks`, up to 8 (from, size); `schedule`, up to 9 (second of the UTC day,
      SessionState, weekdays with bit 0 Monday).
    - limits, fees, kill, unkill: `level`, 'account' (default), 'firm' or 'venue', and `account`,
      the id of the account or firm, 0 for the venue. Of limits `messages_per_second`,
      `message_burst`, `duplicate_window_ms` and `duplicate_max` for `flow`.
    - fees: `tiers`, up to 8 (traded in 30 days from, maker's rate, taker's rate): whole currency
      units, and millionths of the notional, negative for a rebate. Empty: the holder has no
      schedule.
    - conversion: `currency`, and `value` in 10^-9 of the unit that all currencies share.

    ValueError: a field that is unknown or out of its type.
    """

def reject_text(reason: int) -> str:
    """Return a cift.common.v1.RejectReason in words, with what to do, as responses have it."""

def risk_reasons() -> list[int]:
    """Return the reasons that are risk's own, limits and switches, in order of precedence."""

@final
class Submitted:
    """What became of a request at once."""

    @property
    def ticket(self) -> int:
        """Its ticket, from 1; 0: it is answered already, and nothing of it will be in the log."""

    @property
    def response(self) -> bytes | None:
        """The answer, with ticket 0."""

    @property
    def wait_received(self) -> bool:
        """Whether it waits only until the journal has it."""

@final
class Frozen:
    """A batch ready to be published, the same bytes each time it is sent."""

    @property
    def batch(self) -> int:
        """Its number, 1, 2, 3 … of this origin."""

    @property
    def token(self) -> str:
        """Last token of its subject: the symbol it is about alone, or '_venue'."""

    @property
    def frame(self) -> bytes:
        """The ORDERS message."""

    @property
    def count(self) -> int:
        """Its commands, 1 to 4096."""

@final
class Applied:
    """What a FILLS message meant for those who wait."""

    @property
    def completed(self) -> list[tuple[int, bytes]]:
        """Tickets that are answered, with their responses."""

    @property
    def repeats(self) -> list[tuple[int, list[int]]]:
        """Tickets of repeated commands, with the FILLS messages to give `complete_repeats`."""

    @property
    def own_batch(self) -> int:
        """The batch of this origin that it is about; 0: another origin's."""

    @property
    def status(self) -> int:
        """What became of the batch: 0 applied, 1 repeated, 2 void, 3 held."""

    @property
    def origin(self) -> int:
        """Who wrote the batch."""

@final
class Gateway:
    """Order entry without its I/O: requests become batches of ORDERS, FILLS become answers.

    A *ticket* is one request: one contiguous run of commands in one batch. Call `freeze` and send
    what it returns, one batch at a time; tell `stored` or `refused`; feed every FILLS message from
    1 on to `apply_fills`.
    """

    METHOD_SUBMIT: int
    METHOD_CANCEL: int
    METHOD_REPLACE: int
    METHOD_BATCH: int
    METHOD_SESSION: int
    METHOD_ORDER_LIST: int
    METHOD_MASS_CANCEL: int
    METHOD_SET_SESSION: int
    METHOD_SET_LAST_TRADE: int
    METHOD_CANCEL_ALL: int

    def __new__(cls, shard: int, origin: int, max_pending: int = 65536) -> Self:
        """Start empty. `origin`: random, 2 to 2^64 - 2; `max_pending`: most commands that wait."""

    @property
    def pending(self) -> int:
        """Commands that are in no frozen batch yet."""

    @property
    def waiting(self) -> int:
        """Commands whose outcome isn't known, `pending` ones included."""

    @property
    def applied(self) -> int:
        """The last FILLS sequence applied, 0 at first."""

    def submit(self, method: int, request: bytes, firm: int, session: int = 0) -> Submitted:
        """Take a protobuf request of METHOD_SUBMIT to METHOD_MASS_CANCEL: all of its commands or
        none. The orders of a list are one command each for all bounds but that of a request.

        `session`: from 1 for METHOD_SESSION, else 0. BadRequest: it can't be read, or has other
        than 1 to 1000 commands. NotFound: the firm has no such account. Overloaded: `max_pending`.
        """

    def control(self, method: int, request: bytes) -> Submitted:
        """Take an operator's request of METHOD_SET_SESSION to METHOD_CANCEL_ALL.

        Whatever was asked for, its answer is a CancelAllResponse: what became of the command.
        BadRequest: it can't be read. NotFound: no such symbol or account. Overloaded:
        `max_pending`.
        """

    def bust_sequence(self, request: bytes) -> int:
        """Return which FILLS message to give to `bust_trade` with a BustTradeRequest.

        BadRequest: it can't be read. NotFound: there is no such message.
        """

    def bust_trade(self, request: bytes, frame: bytes) -> Submitted:
        """Take a BustTradeRequest with its FILLS message: a command for each side of the trade.

        Its answer is as of `control`. NotFound: there is no such trade. LogError: bad frame, or
        another message. BadRequest, Overloaded: as ever.
        """

    def freeze(self, fills_seen: int) -> Frozen | None:
        """Freeze the next batch, stamped with the last FILLS sequence seen; None: nothing pends."""

    def freeze_tick(self, unix_second: int, fills_seen: int) -> Frozen:
        """Freeze a batch that only carries journal time."""

    def stored(self, batch: int, sequence: int) -> list[tuple[int, bytes]]:
        """Note that the journal has a batch; return tickets that wait for no more, answered."""

    def refused(self, batch: int) -> list[int]:
        """Take back the batch frozen last, which the journal certainly did not store.

        Returns its tickets, which are forgotten; the next batch gets its number. LogError: it is
        not the last one, or its outcome is known.
        """

    def apply_fills(self, sequence: int, frame: bytes) -> Applied:
        """Apply the next FILLS message, `applied` + 1. LogError: it isn't that; stop."""

    def complete_repeats(self, ticket: int, frames: dict[int, bytes]) -> bytes:
        """Answer a ticket with the first outcomes from FILLS messages by sequence.

        b"": the ticket was forgotten. LogError: they aren't the messages that were asked for.
        """

    def unknown(self, ticket: int) -> bytes:
        """Answer a ticket with OUTCOME_UNKNOWN and forget it; b"": it was forgotten before."""

    def forget(self, ticket: int) -> None:
        """Forget a ticket whose client went away; what it asked for still happens."""

    def cancel_session(self, session: int, killed: bool = False) -> int:
        """Append cancels for the session's cancel_on_disconnect orders, open or on their way; of a
        killed one for every order, with KILL_SWITCH as their reason.

        Returns how many. `max_pending` doesn't hold here: who is gone can't try again.
        """

    def origins_with_orders(self) -> list[int]:
        """Tell the origins whose sessions have open orders, rising."""

    def cancel_origin(self, origin: int) -> int:
        """Append cancels for the open cancel_on_disconnect orders of another origin, whose process
        is gone. Returns how many; `max_pending` doesn't hold here.
        """

    def kill_session(self, session: int) -> Submitted:
        """Take an operator's kill of a session, from 1: a command after which no new order and no
        replace of it counts, and behind it cancels for all its orders, open or on their way.

        Its answer is as of `control`. `max_pending` doesn't hold here: it makes less of what waits.
        """

    def open_in_session(self, session: int) -> int:
        """Return how many orders are open that a session sent."""

    def get_order(self, request: bytes, firm: int) -> bytes | None:
        """Answer a GetOrderRequest with a GetOrderResponse; None: it isn't in memory.

        BadRequest: it can't be read. NotFound: the firm has no such account.
        """

    def executions(self, sequence: int, frame: bytes, firm: int, account: str = "") -> bytes:
        """Return a StreamExecutionsResponse of any FILLS message for a firm, or one account of it.

        LogError: bad frame. BadRequest, NotFound: as `account_id`.
        """

    def account_id(self, name: str, firm: int) -> int:
        """Return the id of a firm's account. BadRequest: no name. NotFound: not the firm's."""

    def instrument(self, symbol: str) -> InstrumentInfo | None:
        """Return an instrument; its `resting_orders` is 0."""

@final
class FeedUpdate:
    """What a message changed for those who watch one symbol; b"" where nothing did."""

    @property
    def symbol(self) -> str:
        """The symbol; "": trades of all."""

    @property
    def book(self) -> bytes:
        """StreamBookResponse: one delta for each command that changed the book."""

    @property
    def trades(self) -> bytes:
        """StreamTradesResponse: trades, and those that were undone."""

    @property
    def top(self) -> bytes:
        """StreamTopOfBookResponse."""

    @property
    def status(self) -> bytes:
        """StreamStatusResponse: session and auction indication as they are after the message."""

@final
class MarketDataFeed:
    """Books and trades of a shard: FILLS in; snapshots, deltas and trades out, encoded once."""

    def __new__(cls, shard: int = 0) -> Self:
        """Start before the first message of a shard, 0 to 255."""

    @property
    def applied(self) -> int:
        """The last FILLS sequence applied, 0 at first."""

    def apply(self, sequence: int, frame: bytes) -> list[FeedUpdate]:
        """Apply the next FILLS message, `applied` + 1, and encode what is watched of it.

        LogError: it isn't that; stop.
        """

    def watch(self, symbol: str, kind: str) -> None:
        """Encode 'book', 'trades', 'top' or 'status' of a symbol from now on.

        "" with 'trades': the trades of all.

        KeyError: no symbol has this form. ValueError: no such kind.
        """

    def unwatch(self, symbol: str, kind: str) -> None:
        """End a `watch`."""

    def book(self, symbol: str, depth: int) -> bytes:
        """Return a GetBookResponse with at most `depth` levels a side. KeyError: unknown symbol."""

    def book_stream_snapshot(self, symbol: str, resynchronized: bool = False) -> bytes:
        """Return a StreamBookResponse with the whole book. KeyError: unknown symbol."""

    def top(self, symbols: list[str]) -> bytes:
        """Return a StreamTopOfBookResponse of these symbols; those not traded are left out."""

    def status(self, symbols: list[str]) -> bytes:
        """Return a StreamStatusResponse of these symbols; those not traded are left out."""

    def trades(self, sequence: int, frame: bytes, symbol: str = "") -> bytes:
        """Return a StreamTradesResponse of any FILLS message; "": trades of all symbols.

        LogError: bad frame, or a trade is not told in pairs.
        """

@final
class Event:
    """One thing that happened to one order; prices and quantities are integers as given."""

    @property
    def exec_type(self) -> str:
        """'new', 'trade', 'replaced', 'canceled', 'expired', 'rejected', 'cancel_rejected',
        'restated', 'triggered', 'suspended' or 'trade_bust'.
        """

    @property
    def ord_status(self) -> str:
        """'new', 'partially_filled', 'filled', 'canceled', 'expired', 'rejected' or 'none'."""

    @property
    def side(self) -> str:
        """'buy' or 'sell'; 'none' when a cancel was refused."""

    @property
    def liquidity(self) -> str | None:
        """'maker' or 'taker' of a trade, 'auction' of one in an auction, where nobody takes."""

    @property
    def reason(self) -> int:
        """Why it was refused, as cift.common.v1.RejectReason; why it was canceled, expired or
        restated, as cift.common.v1.RestatementReason; 0: as asked.
        """

    @property
    def account(self) -> int:
        """The order's account."""

    @property
    def order_id(self) -> int:
        """The caller's id of the order."""

    @property
    def order_sequence(self) -> int:
        """1, 2, 3 … per order; 0 when it never became one, and on busts."""

    @property
    def price(self) -> int:
        """Limit price; 0 on market orders."""

    @property
    def quantity(self) -> int:
        """Traded plus open, while it lives."""

    @property
    def last_price(self) -> int:
        """Price of this trade."""

    @property
    def last_quantity(self) -> int:
        """Quantity of this trade."""

    @property
    def cum_quantity(self) -> int:
        """Traded so far."""

    @property
    def leaves_quantity(self) -> int:
        """Still open."""

    @property
    def match_id(self) -> int:
        """Shared by both sides of a trade, 1, 2, 3 …; 0: no trade."""

    @property
    def rests(self) -> bool:
        """Whether the order rests in the book after this."""

@final
class OpenOrder:
    """An order that rests."""

    @property
    def order_id(self) -> int:
        """The caller's id."""

    @property
    def account(self) -> int:
        """Its account."""

    @property
    def side(self) -> str:
        """'buy' or 'sell'."""

    @property
    def price(self) -> int:
        """Limit price."""

    @property
    def quantity(self) -> int:
        """Traded plus open."""

    @property
    def cum_quantity(self) -> int:
        """Traded so far."""

    @property
    def leaves_quantity(self) -> int:
        """Still open."""

    @property
    def shown_quantity(self) -> int:
        """What it shows of what is open."""

    @property
    def waits(self) -> bool:
        """It waits for its stop price."""

    @property
    def waiting_for(self) -> str | None:
        """'counterparty', 'stop', 'auction', 'linked_order' or 'peg'; None: it is in the book."""

    @property
    def triggered(self) -> bool:
        """Its stop price was reached."""

    @property
    def watermark(self) -> int:
        """The best price since its stop trails; 0: it doesn't."""

@final
class FastOrderBook:
    """One order book with price-time priority, for its own sake: commands in, events out.

    Prices are 1 to 10^12, quantities likewise, both integers in units of the caller's choice. Order
    ids are the caller's, 64 bits; one is free again when its order has ended. `len` is the number
    of resting orders. What is refused is an event with its reason, not an exception.

    >>> book = FastOrderBook()
    >>> [event.exec_type for event in book.submit(1, "sell", price=101, quantity=5)]
    ['new']
    >>> [event.exec_type for event in book.submit(2, "buy", price=102, quantity=3)]
    ['new', 'trade', 'trade']
    >>> book.best_ask
    (101, 2, 1)
    """

    def __new__(
        cls,
        symbol: str = "X",
        tick_size: int = 1,
        lot_size: int = 1,
        policies: int = 0,
        reference_price: int = 0,
    ) -> Self:
        """Start empty. `policies` says how the instrument trades, as `policies` of an instrument in
        schemas/types.capnp; 0: price, then time. `reference_price`: what bands are around, and
        auctions lean to, before there was an auction or a trade; 0: none. ValueError: the symbol
        isn't ^[A-Z0-9][A-Z0-9_-]{0,31}$, or there is no such tick, lot, policy or price.
        """

    def __len__(self) -> int: ...
    def submit(
        self,
        order_id: int,
        side: str,
        price: int,
        quantity: int,
        ord_type: str = "limit",
        time_in_force: str = "gtc",
        account: int = 0,
        *,
        stop_price: int = 0,
        display_quantity: int = 0,
        min_visible_quantity: int = 0,
        min_quantity: int = 0,
        all_or_none: bool = False,
        post_only: str | None = None,
        self_trade: str | None = None,
        self_trade_group: int = 0,
        trailing_offset: int = 0,
        trailing_bps: bool = False,
        activation_price: int = 0,
        take_profit: bool = False,
        expire_time_ns: int = 0,
        peg: str | None = None,
        peg_offset: int = 0,
        tag: str | None = None,
    ) -> list[Event]:
        """Send an order. `side`: 'buy', 'sell'; `ord_type`: 'limit', 'market', 'market_to_limit',
        'stop', 'stop_limit', 'pegged' (price 0 without "limit", optional on 'pegged');
        `time_in_force`: 'day', 'gtc', 'ioc', 'fok', 'gtd' (until `expire_time_ns`), 'at_the_open',
        'at_the_close', 'good_for_auction'.

        A stop waits until the last trade reaches `stop_price`, or trails it by `trailing_offset`
        (price units, or basis points), from `activation_price` on if that is given. An iceberg
        shows `display_quantity` at a time and is refilled when less than `min_visible_quantity`
        shows. `post_only`: 'reject', 'reprice'. `self_trade`: 'allow', 'cancel_resting',
        'cancel_aggressing', 'cancel_both', 'decrement_both', else what the policies say; among
        orders of one group, else of one account. A pegged order follows `peg`, 'bid', 'ask' or
        'mid', plus `peg_offset`, no further than its price if it has one. `tag`: a label for
        `mass_cancel`, 1 to 8 printable ASCII characters. ValueError: another word than these.
        """

    def submit_list(self, contingency: str, orders: Sequence[dict[str, Any]]) -> list[Event]:
        """Send orders that are tied, all of them or none; each is a dict of `submit`'s arguments.

        'one_cancels_other': two orders of one side and quantity; when one trades, is triggered or
        ends, the other is canceled. 'bracket': an entry, then one or two exits of the other side
        that wait until it has traded; two of them cancel each other. ValueError: another word than
        these, another number of orders, or a dict that holds something else.

        >>> book = FastOrderBook()
        >>> entry = {"order_id": 1, "side": "buy", "price": 100, "quantity": 5}
        >>> gain = {"order_id": 2, "side": "sell", "price": 110, "quantity": 5}
        >>> [event.exec_type for event in book.submit_list("bracket", [entry, gain])]
        ['new', 'new']
        >>> [event.exec_type for event in book.submit(3, "sell", price=100, quantity=5)]
        ['new', 'trade', 'trade', 'triggered']
        >>> book.best_ask
        (110, 5, 1)
        """

    def mass_cancel(
        self, account: int = 0, side: str | None = None, tag: str | None = None
    ) -> list[Event]:
        """Cancel all orders, lowest of the engine's own ids first; or those of an account other
        than 0, of a side, with a tag.
        """

    def bust(
        self,
        match_id: int,
        side: str,
        price: int,
        quantity: int,
        order_id: int = 0,
        account: int = 0,
    ) -> list[Event]:
        """Undo one side of a trade; the other side is another call. Books stay as they are.

        The trade's price and quantity, and whose it was, come back as given in an event
        'trade_bust'. A match id that there was not, or a side twice, is 'rejected'.
        """

    def cancel(self, order_id: int, account: int = 0) -> list[Event]:
        """Cancel an order of the account."""

    def replace(
        self,
        order_id: int,
        price: int | None = None,
        quantity: int | None = None,
        leaves_quantity: int | None = None,
        account: int = 0,
        stop_price: int | None = None,
    ) -> list[Event]:
        """Change an order's price, the stop price it waits for, its total `quantity` or the open
        `leaves_quantity`.

        Less keeps its place in the queue; more, or another price, loses it and may trade.
        ValueError: both quantities are given.
        """

    def set_session(self, state: str, reference_price: int = 0) -> list[Event]:
        """Say what may be done: 'continuous', 'opening_auction', 'closing_auction',
        'volatility_auction', 'pre_open', 'halted', 'cancel_only', 'post_close', 'closed'.

        What has collected trades at one price when the state becomes 'continuous' or 'post_close'.
        ValueError: another word than these, or no price.
        """

    def set_last_trade(self, price: int) -> list[Event]:
        """Say what the last trade was; stops follow. ValueError: not a price."""

    def set_rules(
        self,
        *,
        static_band_bps: int = 0,
        dynamic_band_bps: int = 0,
        band_halts: bool = False,
        protection_bps: int = 0,
        auction_seconds: int = 0,
        ticks: Sequence[tuple[int, int]] = ...,
        schedule: Sequence[tuple[int, str, int]] = ...,
    ) -> None:
        """Say what bounds prices and when there is trading, all of it at once; 0 and []: nothing.

        Limit prices keep within the static band around the price of the last auction, trades within
        the dynamic band around the trade before: one outside starts a volatility auction of
        `auction_seconds` (0: until it is ended), or halts. Market orders trade up to
        `protection_bps` from the best price that they find. `ticks`: up to 8 pairs of a first price
        and the tick from there on. `schedule`: up to 9 of second of the UTC day, state, and days
        with bit 0 for Monday. ValueError: out of bounds, or not rising.
        """

    @property
    def session(self) -> str:
        """The state that was set last."""

    @property
    def last_trade(self) -> int | None:
        """Price of the last trade."""

    @property
    def indication(self) -> tuple[int, int, int] | None:
        """Price, quantity and imbalance of an auction if it took place now."""

    @property
    def last_auction(self) -> tuple[int, int] | None:
        """Price and quantity of the last auction in which something traded."""

    @property
    def resting_markets(self) -> tuple[int, int]:
        """Number of market orders that rest, buys and sells."""

    def advance(self, time_ns: int) -> list[Event]:
        """Set the time, nanoseconds since the Unix epoch: 'day' orders expire at 00:00 UTC.

        ValueError: it would go back.
        """

    def apply(self, commands: object, terms: object | None = None) -> NDArray[np.void]:
        """Apply up to 4096 commands, an array of `command_dtype()`; return what happened.

        `order_id` is the caller's id on all commands, and on the events, which are of
        `event_dtype()` and whose `command_index` says which command caused them. An order with bit
        6 of its `flags` has `terms[payload_index]`, of `terms_dtype()`. Legs of a list, see `link`
        in schemas/types.capnp, are consecutive. A mass cancel has its tag in `order_id`, a bust its
        match id in `expire_time`. Sessions and last trades may be set. The interpreter is free
        meanwhile. ValueError: a command is of another kind, or names terms that are not there.
        """

    def send(
        self, requests: object, out: NDArray[np.void] | None = None
    ) -> tuple[NDArray[np.void], NDArray[np.void]]:
        """Send any number of plain requests, an array of `request_dtype()`, in the shortest way;
        return their answers and the trades.

        A request is a new order, a cancel or a replace (`kind` 1, 2, 3) of the order `order_id`;
        its other fields are those of a command. A replace with bit 0 of its `flags` has the
        quantity that shall be open. The answer of the same place, of `answer_dtype()`, says what
        the order has traded because of it, what is open now, how many trades there were, the
        `status` (1 new, 2 partially filled, 3 filled, 4 canceled, 6 the request was refused) and
        why. Trades, of `deal_dtype()`, name the place of their request and both orders. Each
        request is served as if it came alone. `out`: where answers are written, as many. The
        interpreter is free meanwhile. ValueError: another dtype, or `out` doesn't fit.

        >>> requests = np.zeros(2, request_dtype())
        >>> requests["order_id"], requests["kind"], requests["side"] = [1, 2], 1, [2, 1]
        >>> requests["ord_type"], requests["time_in_force"] = 2, 2
        >>> requests["price"], requests["quantity"] = [101, 102], [5, 3]
        >>> answers, deals = FastOrderBook().send(requests)
        >>> answers[["executed_quantity", "leaves_quantity", "status"]].tolist()
        [(0, 5, 1), (3, 0, 3)]
        >>> deals[["request", "resting_id", "price", "quantity"]].tolist()
        [(1, 1, 101, 3)]
        """

    @property
    def others(self) -> NDArray[np.void]:
        """What the last `send` did beside trades to other orders than those of its requests, of
        `event_dtype()`: stops that it reached, orders that it ended so that nobody trades with
        himself. `command_index` is the place of the request.
        """

    @property
    def best_bid(self) -> tuple[int, int, int] | None:
        """Price, quantity and number of orders of the highest bid."""

    @property
    def best_ask(self) -> tuple[int, int, int] | None:
        """Price, quantity and number of orders of the lowest ask."""

    def depth(
        self, levels: int = 10
    ) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """Return the best levels of bids and asks: price, quantity, number of orders."""

    def queue(self, side: str, price: int) -> list[int]:
        """Return the ids of the orders at a price, first to trade first."""

    def order(self, order_id: int) -> OpenOrder | None:
        """Return an order that rests."""

    @property
    def state_hash(self) -> int:
        """Running hash: books that were sent the same in the same calls have the same."""

def command_dtype() -> np.dtype[np.void]:
    """Return the dtype of a command: `Command` of schemas/types.capnp, 128 bytes."""

def terms_dtype() -> np.dtype[np.void]:
    """Return the dtype of an order's terms: `OrderTerms` of schemas/types.capnp, 64 bytes."""

def event_dtype() -> np.dtype[np.void]:
    """Return the dtype of an event: `Event` of schemas/fills.capnp, 192 bytes."""

def request_dtype() -> np.dtype[np.void]:
    """Return the dtype of what `FastOrderBook.send` takes, 40 bytes."""

def answer_dtype() -> np.dtype[np.void]:
    """Return the dtype of its answers, 24 bytes."""

def deal_dtype() -> np.dtype[np.void]:
    """Return the dtype of its trades, 48 bytes."""

@final
class FastMarketData:
    """The market data of one book, for its own sake: events of a `FastOrderBook` in, figures out.

    Fractions are exact: (numerator, denominator). Days begin at 00:00 UTC. A trade that was undone
    stays in every figure as it was counted; `prints` says that it was undone.

    >>> book, data = FastOrderBook(), FastMarketData()
    >>> data.apply(book.apply(b""))
    []
    >>> data.depth()
    ([], [])
    """

    def __new__(cls, symbol: str = "X", bar_ns: int = 60_000_000_000) -> Self:
        """Start empty; bars are `bar_ns` nanoseconds long. ValueError: symbol or length is bad."""

    def apply(self, events: object, time_ns: int | None = None) -> list[tuple[str, int, int, int]]:
        """Apply up to 40000 events, an array of `event_dtype()`, as of `time_ns` (None: as before).

        Returns the levels that changed, as they are now: side, price, quantity (0: gone), number of
        orders. CiftError: an event doesn't fit to the book, which is of no use then.
        """

    @property
    def best_bid(self) -> tuple[int, int, int] | None:
        """Price, quantity and number of orders of the highest bid."""

    @property
    def best_ask(self) -> tuple[int, int, int] | None:
        """Price, quantity and number of orders of the lowest ask."""

    def depth(
        self, levels: int = 10
    ) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """Return the best levels of bids and asks: price, quantity, number of orders."""

    @property
    def prints(self) -> list[tuple[int, int, int, str]]:
        """Trades of the last `apply`: match id, price, quantity, and the aggressor's side, 'buy' or
        'sell', or 'auction', where nobody is it, or 'bust' of one that was undone.
        """

    @property
    def volume(self) -> int:
        """Quantity traded today."""

    @property
    def trades(self) -> int:
        """Number of trades today."""

    @property
    def vwap(self) -> tuple[int, int] | None:
        """Volume-weighted average price of today's trades."""

    @property
    def microprice(self) -> tuple[int, int] | None:
        """Both best prices weighted by the quantity of the other side; None: a side is empty."""

    @property
    def imbalance(self) -> int:
        """Sum of today's order-flow imbalance (Cont, Kukanov, Stoikov 2014)."""

    @property
    def bars(self) -> list[tuple[int, int, int, int, int, int, int]]:
        """Bars that the last `apply` ended: start_ns, open, high, low, close, volume, trades."""

@final
class RiskVerdict:
    """What risk says of an order."""

    @property
    def accepted(self) -> bool:
        """Whether it may go to the book; what it needs is reserved then."""

    @property
    def order_id(self) -> int:
        """Its id from now on; 0 when refused."""

    @property
    def reason(self) -> int:
        """Why not, as cift.common.v1.RejectReason; 0 when accepted."""

    @property
    def text(self) -> str:
        """The same in words; empty when accepted."""

@final
class RiskCheck:
    """What one check says of an order."""

    @property
    def name(self) -> str:
        """Such as 'position'; the same as in a CheckOrderResponse."""

    @property
    def level(self) -> str:
        """Whose limit: 'account', 'firm' or 'venue'."""

    @property
    def passed(self) -> bool:
        """Whether the order passes; a check that is off lets everything pass."""

    @property
    def off(self) -> bool:
        """Whether it is off for the holder."""

    @property
    def limit(self) -> int | None:
        """The limit, in `unit`; None: it is off."""

    @property
    def value(self) -> int:
        """The value with this order."""

    @property
    def headroom(self) -> int | None:
        """Limit minus value; None: it is off."""

    @property
    def unit(self) -> str:
        """'count' (or yes and no, both 0), 'quantity' and 'price' (of the instrument), 'money' in
        10^-12 or 'money_bps' in 10^-16 of the currency unit.
        """

    @property
    def reason(self) -> int:
        """What an order is told that fails it, as cift.common.v1.RejectReason."""

@final
class RiskDryRun:
    """What an order would be told, check by check."""

    @property
    def accepted(self) -> bool:
        """Whether it would go to the book."""

    @property
    def reason(self) -> int:
        """The first reason why not, as cift.common.v1.RejectReason; 0: none."""

    @property
    def text(self) -> str:
        """The same in words; empty when accepted."""

    @property
    def checks(self) -> list[RiskCheck]:
        """Every check, in order of precedence, of each the account's, firm's, venue's; empty when
        the order is refused for what it is before any limit counts.
        """

@final
class FastRiskEngine:
    """Pre-trade risk for its own sake: limits in, verdicts out; the caller tells what happened.

    Prices and quantities are integers in 10^-scale, money is in 10^-12 of a currency unit, and
    limits, fees and switches are of an account, of a firm (all its accounts together) or of the
    venue: `level` 'account', 'firm' or 'venue', and the id of the `holder`, 0 for the venue.

    >>> risk = FastRiskEngine()
    >>> risk.set_instrument(1)
    >>> risk.set_account(7)
    >>> risk.set_limits(7, max_position=10)
    >>> order = risk.submit(7, 1, "buy", price=100, quantity=8)
    >>> risk.submit(7, 1, "buy", price=100, quantity=8).reason
    3
    >>> risk.trade(order.order_id, price=99, quantity=8)
    >>> risk.position(7, 1)
    8

    Orders by the thousand go in as an array, and come back as one, without an object for each:

    >>> orders = np.zeros(3, fast_order_dtype())
    >>> orders["account"], orders["instrument"], orders["side"] = [7, 7, 8], 1, 1
    >>> orders["price"], orders["quantity"] = 100, [2, 1, 1]
    >>> verdicts = risk.submit_many(orders)
    >>> verdicts["accepted"].tolist(), verdicts["reason"].tolist()
    ([True, False, False], [0, 3, 15])
    >>> trades = np.zeros(1, fast_trade_dtype())
    >>> trades["order_id"], trades["price"], trades["quantity"] = verdicts["order_id"][0], 100, 2
    >>> risk.trade_many(trades).tolist(), risk.position(7, 1)
    ([0], 10)
    """

    def __new__(cls) -> Self:
        """Start empty. Bounded: 2^22 open orders, and 2^25 that ended less than 24 hours ago by
        what `advance` was told; beyond that orders are refused with SYSTEM_UNAVAILABLE.
        """

    def set_instrument(
        self,
        instrument: int,
        price_scale: int = 0,
        quantity_scale: int = 0,
        tick_size: int = 1,
        lot_size: int = 1,
        reference_price: int = 0,
        initial_margin_bps: int = 10_000,
        *,
        maintenance_margin_bps: int = 0,
        currency: str = "X",
        min_quantity: int = 0,
        max_quantity: int = 0,
        enabled: bool = True,
    ) -> None:
        """Add an instrument, id from 1, or change its terms; id, scales and currency never change.

        Margins: parts of the notional that orders need as buying power, and of what positions are
        worth that must be there as equity. `max_quantity` 0: only the engine's bound. ValueError:
        out of bounds.
        """

    def set_account(
        self, account: int, enabled: bool = True, firm: int = 1, currency: str = "X"
    ) -> None:
        """Add an account, id from 1, of a firm; it can't trade before it has limits. Its firm and
        currency never change. ValueError: out of bounds.
        """

    def set_limits(
        self,
        account: int,
        max_order_quantity: int | None = None,
        max_order_notional: int | None = None,
        collar_bps: int | None = None,
        max_position: int | None = None,
        max_open_orders: int | None = None,
        credit: int | None = None,
        instrument: int = 0,
        *,
        level: str = "account",
        max_gross_position: int | None = None,
        max_gross_exposure: int | None = None,
        messages_per_second: int | None = None,
        message_burst: int | None = None,
        duplicate_window_ms: int | None = None,
        duplicate_max: int | None = None,
        restricted: bool = False,
        max_short: int | None = None,
        max_daily_loss: int | None = None,
    ) -> None:
        """Set all limits of a holder, whose id `account` is; or those on one instrument: quantity,
        the positions, `max_short` and `restricted`. What they mean: see `LimitsRow`.

        None: the check is off. A firm's and the venue's hold for all their accounts together,
        besides each account's own. ValueError: out of bounds, or there is no such holder.
        """

    def set_fees(
        self, tiers: Sequence[tuple[int, int, int]], holder: int = 0, level: str = "venue"
    ) -> None:
        """Say what is paid for trades: an account's own schedule counts, else its firm's, else the
        venue's. Up to 8 tiers: from so much traded in 30 days (whole currency units; the first from
        0, rising), the maker's and the taker's rate in millionths of the notional, negative for a
        rebate. []: the holder has no schedule of its own. ValueError: anything else.
        """

    def set_conversion(self, currency: str, value: int) -> None:
        """Say what one unit of a currency is worth, in 10^-9 of a unit that all share, 1 to 10^15.

        Limits on money count what is in another currency than the holder's by it. ValueError: out
        of bounds.
        """

    def set_last_trade(self, instrument: int, price: int) -> None:
        """Say what the last trade was: what collars are around and positions are counted at.
        ValueError: no such instrument, or not a price.
        """

    def kill(self, level: str = "venue", holder: int = 0) -> list[int]:
        """Switch a kill switch on: no order of the holder is let through from here on.

        Returns the ids of its open orders, rising, for the caller to cancel and to `end`.
        """

    def unkill(self, level: str = "venue", holder: int = 0) -> None:
        """Switch it off; those of other levels stay on."""

    def kill_switches(self) -> list[tuple[str, int]]:
        """Return the kill switches that are on: level and holder."""

    def submit(
        self,
        account: int,
        instrument: int,
        side: str,
        price: int,
        quantity: int,
        ord_type: str = "limit",
        reduce_only: bool = False,
        stop_price: int = 0,
    ) -> RiskVerdict:
        """Judge an order and reserve what it needs. `ord_type`: 'limit', 'market', 'stop',
        'stop_limit', 'market_to_limit' (price 0 without "limit"), or 'pegged', whose price is
        optional.

        A `reduce_only` order is refused unless, with the account's other open orders on its side,
        it can only reduce the position; while it is open, so is any other that would break that.
        """

    def check(
        self,
        account: int,
        instrument: int,
        side: str,
        price: int,
        quantity: int,
        ord_type: str = "limit",
        reduce_only: bool = False,
        stop_price: int = 0,
    ) -> RiskDryRun:
        """Say what `submit` would say now, check by check; nothing is reserved.

        >>> risk = FastRiskEngine()
        >>> risk.set_instrument(1)
        >>> risk.set_account(7)
        >>> risk.set_limits(7, max_position=10)
        >>> told = risk.check(7, 1, "buy", price=100, quantity=12)
        >>> told.accepted, [check for check in told.checks if not check.passed]
        (False, [RiskCheck(position of the account: 12 of 10, fails)])
        """

    def submit_many(self, orders: NDArray[np.void]) -> NDArray[np.void]:
        """Judge any number of orders, one after the other as `submit` does, in messages of up to
        4096; return a verdict for each.

        `orders` is a one-dimensional array of `fast_order_dtype()`: `account`, `instrument`,
        `side` (1 buy, 2 sell), `ord_type` and `time_in_force` as in cift.common.v1 (0: a limit
        order that stays), `reduce_only`, `price`, `quantity`, `stop_price`. What comes back is of
        `fast_verdict_dtype()`: `order_id` (0: refused), `reason` as cift.common.v1.RejectReason,
        `accepted`. What is wrong with an order, an unknown account included, is its verdict. The
        interpreter is free meanwhile. ValueError: another shape or dtype; nothing happened then.
        """

    def replace(
        self, order_id: int, price: int | None = None, quantity: int | None = None
    ) -> RiskVerdict:
        """Judge another limit price or total quantity of an open order; once accepted it has them.

        An order whose quantity is no more than what it has traded ends. KeyError: it isn't open.
        ValueError: not above 0.
        """

    def trade(self, order_id: int, price: int, quantity: int, maker: bool = False) -> None:
        """Tell that an order traded, and whether it rested before, for its fee. KeyError: it isn't
        open. ValueError: more than was open, or not a price.
        """

    def trade_many(self, trades: NDArray[np.void]) -> NDArray[np.uint16]:
        """Tell of any number of trades, one after the other: a one-dimensional array of
        `fast_trade_dtype()` with `order_id`, `price`, `quantity`, `maker`.

        Returns for each 0, or why it can't have been and wasn't taken in, as
        cift.common.v1.RejectReason: 5 the order isn't open, 13 more than was open, 18 not a price.
        ValueError: another shape or dtype.
        """

    def end(self, order_id: int) -> None:
        """Tell that an order ended: what it still reserved is free. KeyError: it isn't open."""

    def end_many(self, order_ids: NDArray[np.uint64]) -> NDArray[np.uint16]:
        """Tell that any number of orders ended; for each 0, or 5: it wasn't open. ValueError: not a
        one-dimensional array of uint64.
        """

    def advance(self, time_ns: int) -> None:
        """Set the time, nanoseconds since the Unix epoch. ValueError: it would go back."""

    def position(self, account: int, instrument: int) -> int:
        """Return bought minus sold."""

    def positions(self, account: int) -> list[PositionRow]:
        """Return what an account has where, by instrument; the symbol of instrument 1 is 'I1'."""

    def exposure(self, account: int) -> ExposureRow | None:
        """Return what an account has at stake; None: there is no such account."""

    def profit_and_loss(self, level: str = "venue", holder: int = 0) -> ProfitAndLossRow | None:
        """Return what a holder has won and lost; None: there is no such holder."""

    def limits_of(self, level: str = "venue", holder: int = 0) -> list[LimitsRow]:
        """Return all limits of a holder: those on all instruments first, then those on one."""

    def buying_power(self, account: int) -> int | None:
        """Return the money left for orders; None: the check is off, or there is no such account."""

    def open_orders(self, account: int) -> int:
        """Return the number of open orders."""

    @property
    def state_hash(self) -> int:
        """Running hash: engines that were told the same, in the same batches, have the same."""

def fast_order_dtype() -> np.dtype[np.void]:
    """Return the dtype of the orders of `FastRiskEngine.submit_many`, 40 bytes."""

def fast_verdict_dtype() -> np.dtype[np.void]:
    """Return the dtype of its verdicts, 16 bytes."""

def fast_trade_dtype() -> np.dtype[np.void]:
    """Return the dtype of the trades of `FastRiskEngine.trade_many`, 32 bytes."""
