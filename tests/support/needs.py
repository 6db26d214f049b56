"""Tests that need more than a bare machine has: they run where it is found, else they are named.

    @pytest.mark.needs("go")
    def test_…

A test whose need is missing is skipped, and the end of the run lists it by name. `CIFT_REQUIRE`
makes a missing need fail instead: `CIFT_REQUIRE=java,go,node,browser make test`.
"""

import os
import shutil
from collections.abc import Iterable
from typing import NoReturn

import pytest

__all__ = ["NEEDS", "find", "missing", "required", "unmet"]

VARIABLE = "CIFT_REQUIRE"
NEEDS = {
    "java": ("java",),
    "go": ("go",),
    "node": ("node",),
    "browser": (
        *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        *("chrome", "firefox"),
    ),
}
"""What may be needed, and the programs any of which will do."""
MARK = "not here: "


def find(need: str) -> str | None:
    """Where the program is that meets a need; None when there is none."""
    return next((path for name in NEEDS[need] if (path := shutil.which(name)) is not None), None)


def required() -> frozenset[str]:
    """What `CIFT_REQUIRE` names; a name that is none would demand nothing, so it is an error."""
    names = frozenset(n for n in os.environ.get(VARIABLE, "").replace(",", " ").split() if n)
    if unknown := sorted(names - set(NEEDS)):
        raise pytest.UsageError(
            f"{VARIABLE} names {', '.join(unknown)}; it may name {', '.join(NEEDS)}"
        )
    return names


def missing(needs: Iterable[str]) -> list[str]:
    """Those of the needs that this machine does not meet."""
    return [need for need in needs if find(need) is None]


def unmet(needs: Iterable[str], why: str) -> NoReturn:
    """End the test that runs: failed when one of the needs is required, else skipped."""
    if demanded := sorted(required() & set(needs)):
        pytest.fail(f"{MARK}{why}; {VARIABLE} has {', '.join(demanded)}", pytrace=False)
    pytest.skip(f"{MARK}{why}")


def configure(config: pytest.Config) -> None:
    """Declare the marker, and refuse a wrong `CIFT_REQUIRE` before any test runs."""
    config.addinivalue_line("markers", f"needs(name, …): programs among {', '.join(NEEDS)}")
    required()


def setup(item: pytest.Item) -> None:
    """Before a test and its fixtures: end it when a need of its is not met."""
    needs = [str(name) for marker in item.iter_markers("needs") for name in marker.args]
    if absent := missing(needs):
        unmet(absent, ", ".join(absent))


def summary(reporter: pytest.TerminalReporter) -> None:
    """After the last test: the names of those that did not run for want of something."""
    lines = []
    for report in reporter.getreports("skipped"):
        # A skip tells its place and its reason: (file, line, "Skipped: …").
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        _, found, why = reason.partition(MARK)
        if found:
            lines.append(f"{report.nodeid}: {why}")
    if lines:
        reporter.section(f"not run, for want of something; {VARIABLE} makes it fail")
        for line in sorted(lines):
            reporter.line(line)
