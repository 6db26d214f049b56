"""A short kill campaign: the long one is `make faults`."""

from pathlib import Path

import pytest

from cift.tools.faults import Campaign, run_campaign

SEED = 20120621


@pytest.mark.timeout(300)
async def test_kills_and_zombies_lose_and_double_nothing(tmp_path: Path) -> None:
    campaign = Campaign(
        seed=SEED,
        kills=8,
        clients=3,
        durability="page-cache",
        damages=("a truncated tail of ORDERS",),
    )
    outcome = await run_campaign(campaign, tmp_path)
    assert outcome.faults == []
    assert outcome.kills.total() >= 8
    assert outcome.zombies.total() >= 1
    assert outcome.figures["trades"] > 100
    assert outcome.figures["trades"] == outcome.figures["trades in ClickHouse"]
    assert "of FILLS" in outcome.verified
    assert outcome.damages["a truncated tail of ORDERS"].startswith("ORDERS ")
