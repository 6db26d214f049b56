"""Lists in pages, as AIP-158 has them: a bounded size and a token that is opaque and checked.

A token holds the key of the last thing on its page, and what the list was asked for: one that is
sent with another request, or that was not made here, is refused.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from cift.kit.errors import InvalidArgument
from cift.risk.validation import page as page_size

__all__ = ["Key", "page", "read_token", "write_token"]

T = TypeVar("T")
Key = list[Any]
"""What things of a list are ordered by."""

DIGEST_BYTES = 6
TOKEN_CHARACTERS_MAX = 1_000


async def page(
    request: Any,
    asked: Sequence[str],
    fetch: Callable[[Key | None, int], Awaitable[Sequence[T]]],
    key: Callable[[T], Key],
    *parts: type,
) -> tuple[Sequence[T], str]:
    """One page of a list, and the token of the next.

    `asked` names the list and what it was asked for; `fetch` gives at most so many things after a
    key, None: from the beginning. `parts` are the types of a key's parts.
    """
    size = page_size(request.page_size)
    after = read_token(request.page_token, asked, parts)
    try:
        found = await fetch(after, size + 1)
    except asyncpg.DataError:
        if after is None:
            raise
        raise _not_ours() from None  # Its parts have the types, not the bounds, of such a key.
    if len(found) <= size:
        return found, ""
    return found[:size], write_token(asked, key(found[size - 1]))


def write_token(asked: Sequence[str], key: Key) -> str:
    """Write a token."""
    text = json.dumps([list(asked), key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(text) + text).decode().rstrip("=")


def read_token(token: str, asked: Sequence[str], parts: Sequence[type]) -> Key | None:
    """Read a token of the same list; None when it is empty. The digest is no secret: whoever makes
    a token up may put anything there."""
    if not token:
        return None
    try:
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise ValueError
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        digest, text = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        if digest != _digest(text):
            raise ValueError
        before, key = json.loads(text)
        if not isinstance(key, list) or [type(part) for part in key] != list(parts):
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _not_ours() from None
    if before != list(asked):
        said = "is of a list that was asked for something else: begin without a token"
        raise InvalidArgument.of([("page_token", said)])
    found: Key = key
    return found


def _not_ours() -> InvalidArgument:
    said = "must be the next_page_token of the page before"
    return InvalidArgument.of([("page_token", said)])


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()[:DIGEST_BYTES]
