"""RiskService: limits, positions and exposure, out of the state machine that judges the orders.

An account is seen by its firm's keys and by operators; to others it does not exist.
"""

__all__ = ["Risk"]
