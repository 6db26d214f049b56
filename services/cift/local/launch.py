"""Becomes another program after a few steps that only the child itself can take.

Run as a script by `process.py`, in a fresh and isolated interpreter, so that the supervisor never
forks with threads alive:

1. a process group of its own, so that Ctrl-C in a terminal reaches the supervisor alone;
2. a signal for the day that the supervisor dies without a word (Linux);
3. a lower priority, and an unprivileged user when the program refuses to be root.

As that user it may keep one capability, to pass through folders that only root may enter: a
checkout below root's home is common, and PostgreSQL, which refuses root, must still find its files.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    """Read `parent death_signal nice uid gid keep_access program arguments…`, and become it."""
    parent, death_signal, nice, uid, gid, keep_access = (int(a) for a in sys.argv[1:7])
    program = sys.argv[7:]
    os.setpgid(0, 0)
    if nice:
        os.nice(nice)
    if uid >= 0:
        become(uid, gid, keep_access=bool(keep_access))
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        raise SystemExit("the supervisor is gone")
    os.execv(program[0], program)


def become(uid: int, gid: int, *, keep_access: bool) -> None:
    """Change to another user for good."""
    if keep_access:
        prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if keep_access:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        if ctypes.CDLL(None, use_errno=True).capset(header, sets) != 0:
            raise OSError(ctypes.get_errno(), "capset")
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def prctl(option: int, *arguments: int) -> None:
    """Call prctl(2), which the standard library does not have."""
    values = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    if ctypes.CDLL(None, use_errno=True).prctl(option, *values) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


if __name__ == "__main__":
    main()
