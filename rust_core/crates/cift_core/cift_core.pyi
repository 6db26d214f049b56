"""The core of CIFT Markets."""

class CiftError(Exception):
    """What the core refuses; base of the tree."""

class LogError(CiftError):
    """A log can't be followed: bad frame, wrong sequence, unknown version, digest mismatch."""

class BadRequest(CiftError):
    """A malformed request; `violations` names each field and what is wrong with it."""

    violations: tuple[tuple[str, str], ...]

class NotFound(CiftError):
    """No such thing for this firm."""

class Overloaded(CiftError):
    """A bounded queue is full; try again."""
