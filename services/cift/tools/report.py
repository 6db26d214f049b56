"""Latencies, their percentiles and the tables and progress bars that people read."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

__all__ = ["Latency", "console", "latency_table", "progress"]

console = Console(file=None, highlight=False, soft_wrap=True)
"""Where results go: standard output."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of one kind of latency, in nanoseconds."""

    count: int
    p50_ns: int
    p90_ns: int
    p99_ns: int
    p999_ns: int
    max_ns: int

    @classmethod
    def of(cls, values_ns: Sequence[int] | NDArray[np.int64]) -> "Latency":
        """Take the percentiles of `values_ns`, each a value that occurred; of none: all zero."""
        if len(values_ns) == 0:
            return cls(0, 0, 0, 0, 0, 0)
        ranked = np.sort(np.asarray(values_ns, dtype=np.int64))
        # In thousandths and whole numbers: the smallest value that so many are not above.
        places = (-(-len(ranked) * share // 1000) - 1 for share in (500, 900, 990, 999, 1000))
        return cls(len(ranked), *(int(ranked[place]) for place in places))

    def as_json(self) -> dict[str, float | int]:
        """Write it for a JSON document, in microseconds."""
        return {
            "count": self.count,
            "p50_us": self.p50_ns / 1000,
            "p90_us": self.p90_ns / 1000,
            "p99_us": self.p99_ns / 1000,
            "p999_us": self.p999_ns / 1000,
            "max_us": self.max_ns / 1000,
        }


def latency_table(rows: Iterable[tuple[str, int, float, Latency]]) -> Table:
    """Make the table of (what, operations, seconds, latency)."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for name in ("operations", "per second", "p50", "p99", "p99.9"):
        table.add_column(name, justify="right")
    for what, operations, seconds, latency in rows:
        rate = operations / seconds if seconds > 0 else 0.0
        values = (latency.p50_ns, latency.p99_ns, latency.p999_ns)
        table.add_row(what, f"{operations:,}", f"{rate:,.0f}", *(duration_text(v) for v in values))
    return table


def duration_text(value_ns: int) -> str:
    """Write a duration with the unit that suits it."""
    if value_ns < 1_000:
        return f"{value_ns} ns"
    if value_ns < 1_000_000:
        return f"{value_ns / 1_000:.3g} µs"
    if value_ns < 1_000_000_000:
        return f"{value_ns / 1_000_000:.3g} ms"
    return f"{value_ns / 1_000_000_000:.3g} s"


def progress() -> AbstractContextManager[Progress]:
    """Make a progress bar on standard error, shown only to a person."""
    error = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=error,
        transient=True,
        disable=not sys.stderr.isatty(),
    )
