"""Kinds of command-line arguments that several tools take; a wrong one is a line of help."""

import argparse
from collections.abc import Callable

__all__ = ["integer"]


def integer(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds, as `type=` of an argument."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}, not {value}")
        return value

    return number
