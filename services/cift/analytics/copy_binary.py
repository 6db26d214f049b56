"""PostgreSQL's binary COPY format, made from numpy columns in one go.

Each row is a 16-bit field count, then per field a 32-bit length and the bytes, big-endian. When no
field is NULL or of varying width all rows have one size, so a table is one structured array. Text
is padded with spaces to its width; the statement that reads the staging table trims it.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["copy_bytes"]

HEADER = b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8
TRAILER = b"\xff\xff"
INTEGERS = {"int2": ">i2", "int4": ">i4", "int8": ">i8"}
SPACE, ZERO = 0x20, 0x00


def copy_bytes(rows: int, columns: Mapping[str, tuple[str, NDArray[np.generic]]]) -> bytes:
    """Encode `rows` rows; a column is (type, values), the type int2, int4, int8 or text."""
    fields: list[tuple[str, str]] = [("count", ">i2")]
    values: dict[str, NDArray[np.generic]] = {}
    lengths: dict[str, int] = {}
    for name, (kind, column) in columns.items():
        if kind == "text":
            raw = np.ascontiguousarray(column)
            padded = raw.view(np.uint8).copy()
            padded[padded == ZERO] = SPACE
            value = padded.view(raw.dtype)
            width = f"S{raw.dtype.itemsize}"
        else:
            value = column
            width = INTEGERS[kind]
        lengths[name] = np.dtype(width).itemsize
        fields += [(f"{name} length", ">i4"), (name, width)]
        values[name] = value
    table = np.empty(rows, np.dtype(fields))
    table["count"] = len(columns)
    for name, value in values.items():
        table[f"{name} length"] = lengths[name]
        table[name] = value
    return HEADER + table.tobytes() + TRAILER
