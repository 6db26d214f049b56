"""Messages of the logs as numpy arrays, without a copy.

`events(frame)` is a view of the frame's bytes: field names are those of the schemas in snake case,
text is bytes without padding, enumerations are the numbers of the classes in `cift.kit.layout`.
Every call checks the whole frame first (`cift_core.header`) and raises `cift_core.LogError`.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cift.kit import layout
from cift_core import Header, header

__all__ = [
    "accounts",
    "commands",
    "events",
    "fees",
    "header",
    "instruments",
    "limits",
    "orig_cl_ord_ids",
    "outcomes",
    "rules",
    "statuses",
    "terms",
    "verdicts",
]

WORD = 8
TABLE_BYTES = 8
ROOT_BYTES = 8

Records = NDArray[np.void]


def commands(frame: bytes) -> Records:
    """Commands of ORDERS or RISKED."""
    return _records(frame, "commands", layout.COMMAND)


def orig_cl_ord_ids(frame: bytes) -> Records:
    """Client order ids that cancels and replaces name, of ORDERS; field `text`."""
    return _records(frame, "orig_cl_ord_ids", layout.CL_ORD_ID)


def verdicts(frame: bytes) -> Records:
    """Verdicts of RISKED, one for each command."""
    return _records(frame, "verdicts", layout.VERDICT)


def outcomes(frame: bytes) -> Records:
    """Outcomes of FILLS, one for each command."""
    return _records(frame, "outcomes", layout.OUTCOME)


def events(frame: bytes) -> Records:
    """Events of FILLS."""
    return _records(frame, "events", layout.EVENT)


def instruments(frame: bytes) -> Records:
    """Instruments that a message of any log sets."""
    return _records(frame, "instruments", layout.INSTRUMENT)


def accounts(frame: bytes) -> Records:
    """Accounts that a message of any log sets."""
    return _records(frame, "accounts", layout.ACCOUNT)


def limits(frame: bytes) -> Records:
    """Limits that a message of any log sets."""
    return _records(frame, "limits", layout.LIMITS)


def terms(frame: bytes) -> Records:
    """Terms that commands of ORDERS or RISKED name."""
    return _records(frame, "terms", layout.ORDER_TERMS)


def rules(frame: bytes) -> Records:
    """Rules of instruments that ORDERS or RISKED sets."""
    return _records(frame, "rules", layout.INSTRUMENT_RULES)


def fees(frame: bytes) -> Records:
    """Schedules of fees that ORDERS or RISKED sets."""
    return _records(frame, "fees", layout.FEE_SCHEDULE)


def statuses(frame: bytes) -> Records:
    """What instruments are at, of FILLS."""
    return _records(frame, "statuses", layout.MARKET_STATUS)


def _records(frame: bytes, name: str, dtype: np.dtype[Any]) -> Records:
    """Find a list by its pointer; a log that has no such list has none of its elements."""
    head: Header = header(frame)
    place = layout.POINTERS[head.log].get(name)
    # Null pointers at the end are left out; the root says how many there are.
    (pointers,) = struct.unpack_from("<H", frame, TABLE_BYTES + 6)
    if place is None or place >= pointers:
        return np.empty(0, dtype)
    at = TABLE_BYTES + ROOT_BYTES + WORD * (layout.DATA_WORDS[head.log] + place)
    offset, size = struct.unpack_from("<iI", frame, at)
    if size == 0:
        return np.empty(0, dtype)
    # Behind the pointer by so many words is the list's tag, then its elements.
    start = at + WORD + (offset >> 2) * WORD + WORD
    count = (size >> 3) * WORD // dtype.itemsize
    return np.frombuffer(frame, dtype, count, start)
