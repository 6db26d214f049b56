"""How a path of last trades is printed on a mesh: tick by tick where it matters.

Stops and trailing stops see of a straight move only where it ends and the first trade that reaches
them. So a move goes in strides while nothing that waits is near, and tick by tick past each price
that something waits for.
"""

from collections.abc import Sequence
from decimal import Decimal

__all__ = ["next_price"]

NEAR_TICKS = 2
"""So close to a price that something waits for, every tick is printed."""
STRIDE_TICKS = 500


def next_price(
    at: Decimal, turn: Decimal, tick: Decimal, waiting_for: Sequence[Decimal]
) -> Decimal:
    """Say what is printed after `at` on the way to `turn`, given the prices that may trigger."""
    sign = 1 if turn > at else -1
    left = (turn - at) * sign
    ahead = [gap for price in waiting_for if (gap := (price - at) * sign) > 0]
    stride = STRIDE_TICKS * tick
    if ahead:
        # Up to the last tick that is not near; then one by one.
        free = (min(ahead) - NEAR_TICKS * tick) // tick * tick
        stride = max(tick, min(stride, free))
    return at + sign * min(left, stride)
