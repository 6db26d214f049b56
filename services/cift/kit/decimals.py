"""Decimals at the edge: text on the outside, integers with a scale inside, never a float.

`parse("223.18", 4)` is 2231800 and `render(2231800, 4)` is "223.1800": a scale is the number of
fraction digits that one unit stands for, as in schemas/types.capnp.
"""

import re

__all__ = ["DecimalError", "parse", "ratio_half_even", "render"]

MAX_LENGTH = 38
PATTERN = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?", re.ASCII)


class DecimalError(ValueError):
    """The text is not a decimal, or is finer than the scale; the message says which."""


def parse(text: str, scale: int) -> int:
    """Turn a decimal into units of 10^-scale, exactly as the core does."""
    match = PATTERN.fullmatch(text)
    if match is None or len(text) > MAX_LENGTH:
        raise DecimalError(f"must be a decimal of at most {MAX_LENGTH} characters, such as 12.5")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > scale:
        raise DecimalError(f"must have at most {scale} fraction digits")
    units = int(whole + fraction.ljust(scale, "0"))
    return -units if sign == "-" else units


def render(units: int, scale: int) -> str:
    """Write units of 10^-scale as a decimal with `scale` fraction digits."""
    digits = str(abs(units)).rjust(scale + 1, "0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else f"{sign}{digits}"


def ratio_half_even(numerator: int, denominator: int, digits: int) -> int:
    """Divide, rounded half to even, in units of 10^-digits; the denominator is positive."""
    unit: int = 10**digits
    quotient, rest = divmod(numerator * unit, denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and quotient % 2 == 1):
        quotient += 1
    return quotient
