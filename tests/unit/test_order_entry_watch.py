"""LogWatch: what keeps new orders out."""

from typing import Any

import pytest

from cift.kit.bus import Log, shard_logs
from cift.kit.bus.logs import LogState
from cift.order_entry import watch as module
from cift.order_entry.watch import MAX_AHEAD_MESSAGES, LogWatch

LOGS = shard_logs()
ROWS = [
    # last of ORDERS, last of FILLS, fullness of FILLS; full, behind
    (5, 5, 0.1, "", ""),
    (MAX_AHEAD_MESSAGES + 5, 5, 0.1, "", ""),
    (MAX_AHEAD_MESSAGES + 6, 5, 0.1, "", "FILLS is 16385 messages behind"),
    (5, 5, 0.96, "FILLS is 96% full", ""),
]


async def test_fullness_and_a_standstill_are_seen_and_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    watch = LogWatch(nothing, LOGS, 0.95)
    states: dict[str, LogState] = {}

    async def read_state(_bus: object, which: Log) -> LogState:
        return states[which.name]

    monkeypatch.setattr(module, "read_state", read_state)
    for orders, fills, fullness, full, behind in [*ROWS, ROWS[0]]:
        for which, last in zip(LOGS.all(), (orders, fills, fills), strict=True):
            used = round(1_000 * fullness) if which is LOGS.fills else 0
            states[which.name] = LogState(1, last, last, used, 1_000, 0)
        await watch.look()
        assert (watch.full, watch.behind) == (full, behind)
