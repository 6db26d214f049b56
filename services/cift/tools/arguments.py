"""Kinds of command-line arguments that several tools take; a wrong one is a line of help."""

import argparse
from collections.abc import Callable
from decimal import Decimal

__all__ = ["decimal", "integer", "words"]


def integer(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds, as `type=` of an argument."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, not {value}")
        return value

    return number


def decimal(text: str) -> Decimal:
    """A decimal, as `type=` of an argument."""
    try:
        value = Decimal(text)
    except ArithmeticError:
        value = Decimal("nan")
    if not value.is_finite():
        raise argparse.ArgumentTypeError(f"{text!r} is not a decimal")
    return value


def words(text: str) -> list[str]:
    """Words with commas between them, as `type=` of an argument."""
    return [word.strip() for word in text.split(",") if word.strip()]
