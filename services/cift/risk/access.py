"""Who may see and do what to whom.

An account is seen by its firm's keys and by operators, those with scope `admin`; to others it does
not exist. Firms and the venue are no secret, but only operators may look into another firm, or at
the venue as a whole.
"""

from typing import Any

from cift.kit.errors import InvalidArgument, NotFound, PermissionDenied
from cift.kit.rpc import Call, Principal
from cift.kit.stores.records import Actor, Holder, Level
from cift.risk import validation
from cift.risk.reference import NamedAccount, NamedHolder, Reference

__all__ = [
    "actor",
    "find_holder",
    "is_operator",
    "needs_operator",
    "own_account",
    "seconds_to_wait",
    "unknown_account",
]

WAIT_SECONDS = 10.0
"""Longest wait for a change to take effect when the caller set no deadline, or a later one."""
ANSWER_SECONDS = 0.1
"""Kept of the caller's deadline, so that it hears why there was no other answer."""


def actor(call: Call) -> str:
    """Who a change is written down for."""
    who = call.principal
    return str(Actor(str(who.key_id), who.user, who.firm_name if who.user else ""))


def seconds_to_wait(call: Call) -> float:
    """How long a call may wait, from now on, for a change to take effect."""
    left = call.seconds_left()
    return WAIT_SECONDS if left is None else max(0.0, min(left - ANSWER_SECONDS, WAIT_SECONDS))


def is_operator(principal: Principal) -> bool:
    """Whether a key may see and change everything."""
    return "admin" in principal.scopes


def needs_operator(principal: Principal, what: str) -> None:
    """Refuse who is no operator."""
    if not is_operator(principal):
        raise PermissionDenied("SCOPE_REQUIRED", f"{what} needs a key with the scope `admin`")


def unknown_account(account: str) -> NotFound:
    """What is said of an account that isn't there, or isn't the caller's."""
    return NotFound("UNKNOWN_ACCOUNT", f"no account {account} of this key's firm")


async def own_account(
    reference: Reference, name: str, principal: Principal, field: str = "account"
) -> NamedAccount:
    """An account that the caller may see."""
    validation.refuse(validation.name(field, name))
    named = await reference.account(name)
    if named is None or (named.account.firm_id != principal.firm and not is_operator(principal)):
        raise unknown_account(name)
    return named


async def find_holder(
    reference: Reference, request: Any, principal: Principal, prefix: str = ""
) -> NamedHolder:
    """The account, firm or venue that a request names, if the caller may look at it."""
    which = request.WhichOneof("holder")
    match which:
        case "account":
            named = await own_account(reference, request.account, principal, prefix + "account")
            holder = Holder(Level.ACCOUNT, named.account.id)
            return NamedHolder(holder, named.account.name, named.account.firm_id)
        case "firm":
            validation.refuse(validation.name(prefix + "firm", request.firm))
            if request.firm != principal.firm_name:
                needs_operator(principal, f"firm {request.firm}")
            number = await reference.firm_id(request.firm)
            if number is None:
                raise NotFound("UNKNOWN_FIRM", f"no firm {request.firm}")
            return NamedHolder(Holder(Level.FIRM, number), request.firm, number)
        case "venue" if request.venue:
            needs_operator(principal, "the venue as a whole")
            return NamedHolder(Holder(Level.VENUE), "")
        case "venue":
            raise InvalidArgument.of([(prefix + "venue", "must be true, or another holder named")])
    text = "must be given: one of account, firm and venue"
    raise InvalidArgument.of([(prefix + "holder", text)])
