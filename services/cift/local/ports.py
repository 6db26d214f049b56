"""Ports of a local mesh: a block of 32 from a base, checked before anything starts."""

import contextlib
import os
import socket

__all__ = ["BLOCK_PORTS", "HOST", "PortTakenError", "find_block", "port_is_free"]

HOST = "127.0.0.1"
BLOCK_PORTS = 32
GUARD_OFFSET = BLOCK_PORTS - 1
# Below the range that systems hand out by themselves (32768 and up on Linux), so that no outgoing
# connection of another program sits on one of ours.
FIRST_BASE, LAST_BASE = 20000, 31968


class PortTakenError(Exception):
    """No block of ports is free."""


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # A connection that a former server closed lingers for a minute; it does not stop a new one.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def find_block(offsets: tuple[int, ...]) -> tuple[int, socket.socket]:
    """Find a base whose ports are all free; keep the socket open for as long as they are used.

    The socket guards the block against another mesh on this machine, without a file to clean up.
    """
    count = (LAST_BASE - FIRST_BASE) // BLOCK_PORTS
    first = os.getpid() % count
    for step in range(count):
        base = FIRST_BASE + (first + step) % count * BLOCK_PORTS
        guard = socket.socket()
        with contextlib.suppress(OSError):
            guard.bind((HOST, base + GUARD_OFFSET))
            if all(port_is_free(base + offset) for offset in offsets):
                return base, guard
        guard.close()
    raise PortTakenError(f"no block of {BLOCK_PORTS} free ports from {FIRST_BASE} to {LAST_BASE}")
