"""Settings of risk."""

from dataclasses import dataclass

from cift.kit.config import CommonSettings, setting

__all__ = ["RiskSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSettings(CommonSettings):
    """Bounds of what clients may take of the process that judges orders."""

    checks_per_second_of_key: int = setting(
        1_000,
        help="dry runs of one API key a second, and at once; beyond: RESOURCE_EXHAUSTED",
        minimum=1,
        maximum=1_000_000,
    )
    checks_per_second_of_firm: int = setting(
        2_000, help="the same of all keys of a firm", minimum=1, maximum=1_000_000
    )
