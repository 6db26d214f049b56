"""Whose limits, fees, kill switch or profit is meant: an account's, a firm's, the venue's."""

from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["VENUE", "Holder", "HolderLike", "holder_fields", "holder_of"]


@dataclass(frozen=True, slots=True)
class Holder:
    """An account, a firm or the venue; exactly one of the three is given."""

    account: str = ""
    firm: str = ""
    venue: bool = False

    def __post_init__(self) -> None:
        if bool(self.account) + bool(self.firm) + self.venue != 1:
            raise ValueError("name an account, a firm or the venue, one of them")

    def __str__(self) -> str:
        return self.account or (f"firm {self.firm}" if self.firm else "the venue")


VENUE = Holder(venue=True)
"""All accounts of the exchange together."""
HolderLike: TypeAlias = Holder | str
"""A string is an account's name."""


def holder_fields(holder: HolderLike) -> dict[str, Any]:
    """The field of a request that names the holder."""
    if isinstance(holder, str):
        holder = Holder(account=holder)
    if holder.account:
        return {"account": holder.account}
    return {"firm": holder.firm} if holder.firm else {"venue": True}


def holder_of(message: Any) -> Holder:
    """From a message that has one of the three."""
    name = message.WhichOneof("holder")
    return VENUE if name == "venue" else Holder(**{name: getattr(message, name)})
