"""Conformance cases (`cift-conformance-1`): reading them, what they need, judging what happened.

A venue, be it the engine or a whole mesh, performs the steps and tells what it saw as `Seen`; the
judge compares that with every field that a step expects. A case that needs something this build
does not offer is skipped, and the missing thing is named.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

__all__ = [
    "BookSeen",
    "Case",
    "CaseError",
    "OrderSeen",
    "Seen",
    "Side",
    "Step",
    "TradeSeen",
    "TrailingSeen",
    "differences",
    "missing_features",
    "read_case",
    "read_cases",
]

SCHEMA = "cift-conformance-1"
Side = Literal["buy", "sell"]
Step = Mapping[str, Any]

STP_MODES = frozenset({"none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"})
RULES: Mapping[str, frozenset[Any]] = {
    "market_residual": frozenset({"cancel", "rest", "rest_at_last_trade"}),
    "iceberg": frozenset({"visible_then_hidden_fifo", "visible_then_hidden_prorata"}),
    "stp": STP_MODES,
    "auction": frozenset(
        {"max_volume", "min_surplus", "market_pressure", "reference", "midpoint_floor"}
    ),
    "auction_tie_candidates": frozenset({"order_prices", "all_ticks"}),
    "auction_market_orders": frozenset({True, False}),
    "allocation": frozenset({"top_then_pro_rata_round_down_min2_then_fifo"}),
}
ORDER_TYPES = frozenset({"limit", "market", "stop", "stop_limit"})
TIMES_IN_FORCE = frozenset({"GTC", "IOC", "FOK", "GFA", "DAY"})
NEW_FIELDS = {"id", "side", "type", "price", "qty", "tif", "owner", "stop_price", "display_qty"}
TRAILING_FIELDS = {"id", "side", "kind", "activation_price", "trailing_bips", "price", "owner"}
STEPS: Mapping[str, frozenset[str]] = {
    "new": frozenset(NEW_FIELDS | {"min_visible_qty", "aon", "stp"}),
    "cancel": frozenset({"id", "owner"}),
    "amend": frozenset({"id", "price", "open_qty", "owner"}),
    "auction_start": frozenset(),
    "uncross": frozenset({"reference_price"}),
    "set_last_price": frozenset({"price"}),
    "trailing_stop": frozenset(TRAILING_FIELDS | {"last_price_at_entry", "qty"}),
    "trade_price_path": frozenset({"prices"}),
}
JUDGED = ("op", "expect", "derived", "note")
SIDES: tuple[tuple[str, Side], ...] = (("bids", "buy"), ("asks", "sell"))


class CaseError(Exception):
    """A file that is not a conformance case."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case, as it stands in its file."""

    id: str
    path: Path
    rules: Mapping[str, Any]
    tick: Decimal
    lot: Decimal
    steps: Sequence[Step]

    @property
    def price_scale(self) -> int:
        """Decimals of the prices in it."""
        names = ("price", "stop_price", "activation_price", "last_price_at_entry")
        prices = [
            Decimal(s[n]) for s in self.steps for n in (*names, "reference_price") if s.get(n)
        ]
        paths = [Decimal(price) for s in self.steps for price in s.get("prices", ())]
        return _decimals([self.tick, *prices, *paths])

    @property
    def quantity_scale(self) -> int:
        """Decimals of the quantities in it."""
        names = ("qty", "open_qty", "display_qty", "min_visible_qty")
        return _decimals([self.lot, *(Decimal(s[n]) for s in self.steps for n in names if n in s)])


class TradeSeen(NamedTuple):
    """A trade by the case's order ids."""

    maker: str
    taker: str
    price: Decimal
    quantity: Decimal


class OrderSeen(NamedTuple):
    """The state of an order."""

    status: str
    """`open`, `pending_trigger`, `filled`, `cancelled` or `rejected`."""
    open_quantity: Decimal
    filled_quantity: Decimal
    displayed_quantity: Decimal | None = None
    """What it shows; None: all that is open."""


class BookSeen(NamedTuple):
    """A resting order, as a queue in priority order lists it."""

    id: str
    price: Decimal
    quantity: Decimal
    """What it shows."""
    open_quantity: Decimal | None = None
    """What is open; None: what it shows."""


class TrailingSeen(NamedTuple):
    """The trailing stop of a case."""

    triggered: bool
    trigger_trade_price: Decimal | None
    watermark: Decimal | None
    working_limit_price: Decimal | None


@dataclass(slots=True)
class Seen:
    """What a venue saw of one step."""

    accepted: bool
    trades: list[TradeSeen] = field(default_factory=list)
    """In the order in which they happened."""
    resting: dict[Side, list[BookSeen]] = field(default_factory=dict)
    """Every resting limit order of both sides after the step, first to trade first."""
    resting_markets: Mapping[Side, int] = field(default_factory=dict)
    """Number of market orders that rest."""
    last_price: Decimal | None = None
    trailing: TrailingSeen | None = None
    orders: dict[str, OrderSeen] = field(default_factory=dict)
    """At least those that the step names or expects something of."""
    faults: list[str] = field(default_factory=list)
    """What is wrong whatever the step expects: two views that contradict each other."""


def read_cases(folder: Path) -> list[Case]:
    """Read every case of a folder, by file name; of a file: that one."""
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else [folder]
    if not paths:
        raise CaseError(f"{folder}: no *.json there")
    return [read_case(path) for path in paths]


def read_case(path: Path) -> Case:
    """Read one case."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("schema") != SCHEMA:
            raise CaseError(f"{path}: schema is {document.get('schema')!r}, not {SCHEMA}")
        return Case(
            id=document["id"],
            path=path,
            rules=document.get("rules", {}),
            tick=Decimal(document["instrument"]["tick"]),
            lot=Decimal(document["instrument"]["lot"]),
            steps=document["steps"],
        )
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}") from error
    except (AttributeError, KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise CaseError(f"{path}: not a case: {error!r}") from error


def missing_features(case: Case) -> list[str]:
    """Name what the case needs and this build lacks, each once; empty: it can run."""
    missing = {
        f"rule {name}={_name(value)}": None
        for name, value in case.rules.items()
        if not set(value if isinstance(value, list) else [value]) <= RULES.get(name, set())
    }
    for step in case.steps:
        missing.update(dict.fromkeys(_missing_of_step(step)))
    return list(missing)


def differences(case: Case, step: Step, seen: Seen) -> Iterator[str]:
    """Say in words what differs from what `step` expects, stated or derived."""
    for source in ("expect", "derived"):
        for name, wanted in step.get(source, {}).items():
            judge = JUDGES.get(name)
            if judge is None:
                yield f"{source} field {name!r} is not known"
                continue
            yield from (f"{name}: {text}" for text in judge(case, step, seen, wanted))


def _missing_of_step(step: Step) -> Iterator[str]:
    op = step["op"]
    if op not in STEPS:
        yield f"op {op}"
        return
    if op == "new":
        if step["type"] not in ORDER_TYPES:
            yield f"type {step['type']}"
        if step.get("tif", "GTC") not in TIMES_IN_FORCE:
            yield f"tif {step['tif']}"
    for name in step:
        if name not in STEPS[op] and name not in JUDGED:
            yield name
    if (step.get("stp") or "none") not in STP_MODES:
        yield f"stp={step['stp']}"


def _name(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _trades(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    expected = [
        TradeSeen(t["maker"], t["taker"], Decimal(t["price"]), Decimal(t["qty"])) for t in wanted
    ]
    if seen.trades != expected:
        yield f"{_trades_text(seen.trades)}, expected {_trades_text(expected)}"


def _fills(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for name, fill in wanted.items():
        own = [t for t in seen.trades if name in (t.maker, t.taker)]
        quantity = sum((t.quantity for t in own), Decimal(0))
        notional = sum((t.quantity * t.price for t in own), Decimal(0))
        if quantity != Decimal(fill["qty"]):
            yield f"{name} filled {quantity}, expected {fill['qty']}"
        if "notional" in fill and notional != Decimal(fill["notional"]):
            yield f"{name} notional {notional}, expected {fill['notional']}"


def _matched(_case: Case, step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    traded = any(step["id"] in (t.taker, t.maker) for t in seen.trades)
    if traded != wanted:
        yield f"{traded}, expected {wanted}"


def _fully_filled(_case: Case, step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    filled = seen.orders[step["id"]].status == "filled"
    if filled != wanted:
        yield f"{filled}, expected {wanted}"


def _result(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    result = "accepted" if seen.accepted else "rejected"
    if result != wanted:
        yield f"{result}, expected {wanted}"


def _book(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    yield from _levels(seen, wanted, whole=frozenset(wanted))


def _book_top(_case: Case, step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    whole = {**step.get("derived", {}), **step.get("expect", {})}.get("book_complete_sides", ())
    yield from _levels(seen, wanted, whole=frozenset(whole))


def _levels(seen: Seen, wanted: Any, whole: frozenset[str]) -> Iterator[str]:
    """Compare the levels given; a side in `whole` has no level more."""
    for name, side in SIDES:
        if name not in wanted:
            continue
        actual = _level_list(seen.resting[side])
        expected = [(Decimal(v[0]), Decimal(v[1]), *v[2:3]) for v in wanted[name]]
        shown = actual if name in whole else actual[: len(expected)]
        same = len(shown) == len(expected) and all(
            a[: len(e)] == e for a, e in zip(shown, expected, strict=True)
        )
        if not same:
            yield f"{name} {_level_text(shown)}, expected {_level_text(expected)}"


def _complete_sides(_case: Case, step: Step, _seen: Seen, wanted: Any) -> Iterator[str]:
    """Judged with `book_top`, which says how many levels there are."""
    if wanted and "book_top" not in {**step.get("derived", {}), **step.get("expect", {})}:
        yield "stands without book_top"


def _book_totals(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for name, side in SIDES:
        if name in wanted:
            orders = _order_count(seen, side)
            volume = sum(
                (o.quantity if o.open_quantity is None else o.open_quantity)
                for o in seen.resting[side]
            )
            if orders != wanted[name]["orders"] or volume != Decimal(wanted[name]["volume"]):
                yield f"{name} {orders} orders, {volume}, expected {wanted[name]}"


def _order_counts(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for name, side in SIDES:
        if name in wanted and _order_count(seen, side) != wanted[name]:
            yield f"{name} {_order_count(seen, side)}, expected {wanted[name]}"


def _order_count(seen: Seen, side: Side) -> int:
    """Count the resting orders of a side, those that are not shown included."""
    return len(seen.resting[side]) + seen.resting_markets.get(side, 0)


def _displayed_totals(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for name, side in SIDES:
        if name in wanted and _volume(seen.resting[side]) != Decimal(wanted[name]):
            yield f"{name} {_volume(seen.resting[side])}, expected {wanted[name]}"


def _orders(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for name, state in wanted.items():
        order = seen.orders[name]
        displayed = order.displayed_quantity
        shown = order.open_quantity if displayed is None else displayed
        actual = {
            "status": order.status,
            "open_qty": order.open_quantity,
            "filled_qty": order.filled_quantity,
            "displayed_qty": shown,
            "hidden_qty": order.open_quantity - shown,
        }
        for key, value in state.items():
            if key not in actual:
                yield f"{name}: field {key!r} is not known"
            elif actual[key] != (value if key == "status" else Decimal(value)):
                yield f"{name}: {key} {actual[key]}, expected {value}"


def _queue(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    for place, ids in wanted.items():
        side, _, price = place.partition("@")
        actual = [o.id for o in seen.resting[side] if o.price == Decimal(price)]
        if actual != ids:
            yield f"{place} {actual}, expected {ids}"


def _auction_trades(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    expected = sorted(
        TradeSeen(t["seller"], t["buyer"], Decimal(t["price"]), Decimal(t["qty"])) for t in wanted
    )
    if sorted(seen.trades) != expected:
        yield f"{_trades_text(seen.trades)}, expected {_trades_text(expected)}"


def _auction_price(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    prices = {t.price for t in seen.trades}
    expected = set() if wanted is None else {Decimal(wanted)}
    if prices != expected:
        yield f"{' '.join(map(str, prices)) or 'none'}, expected {wanted}"


def _auction_volume(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    volume = sum((t.quantity for t in seen.trades), Decimal(0))
    if volume != Decimal(wanted or 0):
        yield f"{volume}, expected {wanted}"


def _last_price(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
    if seen.last_price != (None if wanted is None else Decimal(wanted)):
        yield f"{seen.last_price}, expected {wanted}"


def _trailing(name: str) -> Callable[[Case, Step, Seen, Any], Iterator[str]]:
    """Judge one field of the trailing stop."""

    def judge(_case: Case, _step: Step, seen: Seen, wanted: Any) -> Iterator[str]:
        actual = None if seen.trailing is None else getattr(seen.trailing, name)
        expected = Decimal(wanted) if isinstance(wanted, str) else wanted
        if actual != expected:
            yield f"{actual}, expected {wanted}"

    return judge


JUDGES = {
    "auction_trades": _auction_trades,
    "auction_price": _auction_price,
    "auction_volume": _auction_volume,
    "last_price": _last_price,
    "triggered": _trailing("triggered"),
    "trigger_trade_price": _trailing("trigger_trade_price"),
    "watermark": _trailing("watermark"),
    "working_limit_price": _trailing("working_limit_price"),
    "trades": _trades,
    "fills": _fills,
    "matched": _matched,
    "fully_filled": _fully_filled,
    "result": _result,
    "book": _book,
    "book_top": _book_top,
    "book_complete_sides": _complete_sides,
    "book_totals": _book_totals,
    "order_counts": _order_counts,
    "displayed_totals": _displayed_totals,
    "orders": _orders,
    "queue": _queue,
}


def _decimals(values: Sequence[Decimal]) -> int:
    return max(max(0, -int(value.normalize().as_tuple().exponent)) for value in values)


def _level_list(resting: Sequence[BookSeen]) -> list[tuple[Decimal, Decimal, int]]:
    levels: list[tuple[Decimal, Decimal, int]] = []
    for order in resting:
        if levels and levels[-1][0] == order.price:
            price, quantity, count = levels[-1]
            levels[-1] = (price, quantity + order.quantity, count + 1)
        else:
            levels.append((order.price, order.quantity, 1))
    return levels


def _volume(resting: Sequence[BookSeen]) -> Decimal:
    return sum((o.quantity for o in resting), Decimal(0))


def _trades_text(trades: Sequence[TradeSeen]) -> str:
    return " ".join(f"{t.quantity}@{t.price} {t.maker}<{t.taker}" for t in trades) or "none"


def _level_text(levels: Sequence[Sequence[Any]]) -> str:
    return " ".join("/".join(map(str, level)) for level in levels) or "none"
