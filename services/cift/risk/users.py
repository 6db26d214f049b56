"""The part of AdminService that is about who may call: users and their API keys.

A firm's keys see the firm's users, operators see all. Only operators make and change users and
keys, and none gives away a scope that the own key lacks, be it to a new key, to a user, or by
enabling a user who has it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cift.kit.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
)
from cift.kit.rpc import Call, Principal, rpc
from cift.kit.stores.records import SCOPES, User
from cift.risk import shown, validation
from cift.risk.access import actor, is_operator
from cift.risk.pages import page
from cift.risk.reference import check_etag
from cift.risk.terms import Terms
from cift.risk.v1 import admin_service_pb2 as pb

__all__ = ["Users"]

SECRET_BYTES = 32


class Users(Terms):
    """Changes users and keys over a `Reference`, and lists them."""

    @rpc("admin")
    async def create_user(self, request: pb.CreateUserRequest, call: Call) -> pb.CreateUserResponse:
        """Add a user, who has no keys yet."""
        wanted = request.user
        validation.user(wanted)
        _may_give(call.principal, wanted.scopes)
        terms = User(
            id=0,
            firm_id=await self._firm_id(wanted.firm),
            name=wanted.name,
            display_name=wanted.display_name,
            scopes=_in_order(wanted.scopes),
            enabled=not wanted.disabled,
        )
        stored = await self._reference.add_user(terms, actor(call))
        if replace(stored, id=0) != terms:
            raise AlreadyExists("USER_EXISTS", f"user {wanted.name} of {wanted.firm} is another")
        return pb.CreateUserResponse(user=shown.user(stored, wanted.firm))

    @rpc("read|admin")
    async def get_user(self, request: pb.GetUserRequest, call: Call) -> pb.GetUserResponse:
        """Tell a user, if the caller may see it."""
        firm = request.firm or call.principal.firm_name
        validation.refuse(
            [*validation.name("firm", firm), *validation.user_name("name", request.name)]
        )
        stored = None
        if firm == call.principal.firm_name or is_operator(call.principal):
            stored = await self._reference.user(firm, request.name)
        if stored is None:
            raise _unknown(firm, request.name)
        return pb.GetUserResponse(user=shown.user(stored, firm))

    @rpc("admin")
    async def update_user(self, request: pb.UpdateUserRequest, call: Call) -> pb.UpdateUserResponse:
        """Change a user; every service reads users anew twice a second."""
        wanted = request.user
        fields = validation.user_fields(wanted, request.update_mask.paths)

        def changed(stored: User) -> User:
            check_etag(wanted.etag, stored.revision, f"user {wanted.name} of {wanted.firm}")
            terms: dict[str, dict[str, Any]] = {
                "display_name": {"display_name": wanted.display_name},
                "scopes": {"scopes": _in_order(wanted.scopes)},
                "disabled": {"enabled": not wanted.disabled},
            }
            put = stored
            for field in fields:
                put = replace(put, **terms[field])
            enabling = put.enabled and not stored.enabled  # It gives all of them again.
            held = set() if enabling else set(stored.scopes)
            _may_give(call.principal, set(put.scopes) - held)
            return put

        put = await self._reference.update_user(wanted.firm, wanted.name, changed, actor(call))
        if put is None:
            raise _unknown(wanted.firm, wanted.name)
        return pb.UpdateUserResponse(user=shown.user(put, wanted.firm))

    @rpc("read|admin")
    async def list_users(self, request: pb.ListUsersRequest, call: Call) -> pb.ListUsersResponse:
        """List users: of a firm, of the caller's, or all."""
        firm = request.firm
        if firm:
            validation.refuse(validation.name("firm", firm))
        if not is_operator(call.principal):
            if firm not in ("", call.principal.firm_name):
                raise NotFound("UNKNOWN_FIRM", f"no firm {firm} that this key may look into")
            firm = call.principal.firm_name
        found, token = await page(
            request,
            ["users", firm],
            lambda after, maximum: self._lists.users(firm, after, maximum),
            lambda named: [named[1], named[0].name],
            str,
            str,
        )
        users = [shown.user(stored, of) for stored, of in found]
        return pb.ListUsersResponse(users=users, next_page_token=token)

    @rpc("admin")
    async def create_api_key(
        self, request: pb.CreateApiKeyRequest, call: Call
    ) -> pb.CreateApiKeyResponse:
        """Make a secret, store its hash, and tell it once."""
        wanted = request.api_key
        validation.api_key(wanted)
        _may_give(call.principal, wanted.scopes)
        firm_id = await self._firm_id(wanted.firm)

        def refuse(user: User) -> None:
            whose = f"user {user.name} of {wanted.firm}"
            if not user.enabled:
                raise FailedPrecondition(
                    "USER_DISABLED", f"{whose} is disabled: enable it, or name another user"
                )
            if not set(wanted.scopes) <= set(user.scopes):
                raise FailedPrecondition(
                    "SCOPE_BEYOND_USER",
                    f"{whose} may have keys with {', '.join(user.scopes)} only: give it the scope, "
                    "or name another user",
                )

        secret = secrets.token_urlsafe(SECRET_BYTES)
        key = await self._reference.add_key(
            secret,
            firm_id=firm_id,
            user=wanted.user,
            refuse=refuse,
            scopes=list(wanted.scopes),
            service_scopes=_in_order(call.principal.scopes),
            label=wanted.label,
            actor=actor(call),
        )
        if key is None:
            raise _unknown(wanted.firm, wanted.user)
        return pb.CreateApiKeyResponse(api_key=shown.api_key(key, wanted.firm), secret=secret)

    @rpc("admin")
    async def list_api_keys(
        self, request: pb.ListApiKeysRequest, _call: Call
    ) -> pb.ListApiKeysResponse:
        """List keys, without anything of their secrets."""
        firm, user = request.firm, request.user
        violations = validation.name("firm", firm) if firm or user else []
        violations += validation.user_name("user", user) if user else []
        validation.refuse(violations)
        found, token = await page(
            request,
            ["keys", firm, user],
            lambda after, maximum: self._lists.keys(firm, user, after, maximum),
            lambda named: [named[0].id],
            int,
        )
        keys = [shown.api_key(key, of) for key, of in found]
        return pb.ListApiKeysResponse(api_keys=keys, next_page_token=token)

    @rpc("admin")
    async def disable_api_key(
        self, request: pb.DisableApiKeyRequest, call: Call
    ) -> pb.DisableApiKeyResponse:
        """Disable a key; every service reads the keys anew twice a second."""
        if not 1 <= request.id < 1 << 63:
            raise InvalidArgument.of([("id", "must be the number of a key")])
        if not await self._reference.disable_key(request.id, actor(call)):
            raise NotFound("UNKNOWN_KEY", f"no API key {request.id}")
        return pb.DisableApiKeyResponse()

    async def _firm_id(self, name: str) -> int:
        number = await self._reference.firm_id(name)
        if number is None:
            raise NotFound("UNKNOWN_FIRM", f"no firm {name}")
        return number


def _may_give(principal: Principal, scopes: Iterable[str]) -> None:
    """Refuse who gives away what the own key lacks."""
    lacking = [scope for scope in _in_order(scopes) if scope not in principal.scopes]
    if lacking:
        raise PermissionDenied(
            "SCOPE_NOT_HELD",
            f"this key lacks the scope `{'`, `'.join(lacking)}` and so cannot give it: use a key "
            "that has it",
        )


def _unknown(firm: str, name: str) -> NotFound:
    return NotFound("UNKNOWN_USER", f"no user {name} of firm {firm} that this key may see")


def _in_order(scopes: Iterable[str]) -> tuple[str, ...]:
    held = set(scopes)
    return tuple(scope for scope in SCOPES if scope in held)
