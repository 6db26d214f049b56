# ruff: noqa: PYI021  (there is no Python source to hold the docstrings)
"""The core of CIFT Markets: the pipeline's batch calls, and the engine for its own sake.

Bytes go in and bytes come out; the interpreter lock is released while a batch is worked on. An
object may be used from any thread, by one at a time.
"""

from typing import Self, final

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

    def positions(self, account: str) -> list[PositionRow]:
        """Return where an account has a position or open orders, by symbol."""

    def exposure(self, account: str) -> ExposureRow | None:
        """Return what an account has at stake; None: there is no such account."""

    def limits(self, account: str, instrument: int = 0) -> LimitsRow | None:
        """Return an account's limits on all instruments (0) or its own on one; None: none given."""

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

        Whose they are is said only to an operator. KeyError: unknown symbol.
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
        """Money paid minus money received, in 10^-12 of the currency unit."""

@final
class ExposureRow:
    """What one account has at stake; money in 10^-12 of its currency unit."""

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
        """Money that positions tie up."""

    @property
    def buying_power(self) -> int | None:
        """Money left for orders; None: the check is off."""

@final
class LimitsRow:
    """The limits of one account; None: the check is off."""

    @property
    def max_order_quantity(self) -> int | None:
        """Largest quantity of one order, in the instrument's quantity units."""

    @property
    def max_order_notional(self) -> int | None:
        """Largest notional of one order, in 10^-12 of the currency unit."""

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
        """Buying power before any order, in 10^-12 of the currency unit."""

def encode_reference(
    batch: int, items: list[tuple[str, dict[str, int | str]]], shard: int = 0
) -> bytes:
    """Return an ORDERS frame of origin 1, the relay, that sets 1 to 4096 pieces of reference data.

    A kind is 'instrument', 'account' or 'limits'; its fields are those of schemas/types.capnp in
    snake case, names and currencies as text, `max_order_notional` and `credit` as decimal text of
    an integer; what is left out is 0. ValueError: a field that is unknown or out of its type.
    """

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

    def __new__(cls, shard: int, origin: int, max_pending: int = 65536) -> Self:
        """Start empty. `origin`: random, from 2; `max_pending`: the most commands that wait."""

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
        """Take a protobuf request of one of the METHODs: all of its commands or none.

        `session`: from 1 for METHOD_SESSION, else 0. BadRequest: it can't be read, or has other
        than 1 to 1000 commands. NotFound: the firm has no such account. Overloaded: `max_pending`.
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

    def cancel_session(self, session: int) -> int:
        """Append cancels for the session's cancel_on_disconnect orders, open or on their way.

        Returns how many. `max_pending` doesn't hold here: who is gone can't try again.
        """

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
        """StreamTradesResponse."""

    @property
    def top(self) -> bytes:
        """StreamTopOfBookResponse."""

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
        """Encode 'book', 'trades' or 'top' of a symbol from now on; "" with 'trades': all.

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

    def trades(self, sequence: int, frame: bytes, symbol: str = "") -> bytes:
        """Return a StreamTradesResponse of any FILLS message; "": trades of all symbols.

        LogError: bad frame.
        """
