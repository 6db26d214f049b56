"""What a list call gives: all of it, or page by page as it is read."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

__all__ = ["Pages"]

T = TypeVar("T")
PAGE_SIZE = 1_000
"""The most that the exchange tells at a time."""


class Pages(Generic[T]):
    """A list that comes in pages; nothing is asked for before it is used.

    accounts = await client.admin.list_accounts()
    async for entry in client.admin.list_audit_entries():
        ...
    """

    def __init__(self, read: Callable[[int, str], Awaitable[tuple[list[T], str]]]) -> None:
        """`read` takes a page's size and token, and gives its items and the next token."""
        self._read = read

    async def __aiter__(self) -> AsyncIterator[T]:
        """One after the other; the next page is asked for when the one before was read."""
        token = ""
        while True:
            items, token = await self._read(PAGE_SIZE, token)
            for item in items:
                yield item
            if not token:
                return

    def __await__(self) -> Generator[Any, None, list[T]]:
        """All of them."""
        return self.first(None).__await__()

    async def first(self, number: int | None) -> list[T]:
        """The first so many of them, or fewer if there are no more; None: all."""
        items: list[T] = []
        token = ""
        while number is None or len(items) < number:
            wanted = PAGE_SIZE if number is None else number - len(items)
            page, token = await self._read(min(PAGE_SIZE, wanted), token)
            items += page
            if not token:
                break
        return items[:number]
