"""`cift conformance`: facts from other venues' test suites and documents, replayed and judged.

Prints one line per failed case, what was skipped and why by name, and last
`N passed, N failed, N skipped`.
"""

import argparse
import asyncio
import contextlib
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Protocol

import grpc

from cift.client import CiftError
from cift.local.mesh import MeshError
from cift.tools.cases import (
    Case,
    CaseError,
    Seen,
    Step,
    differences,
    missing_features,
    read_cases,
)
from cift.tools.conformance_engine import EngineVenue
from cift.tools.conformance_mesh import open_mesh_venue
from cift.tools.mesh import add_mesh_arguments, open_mesh
from cift.tools.report import console, progress

__all__ = ["Venue", "add_arguments", "judge", "run"]


class Venue(Protocol):
    """Something that performs the steps of a case."""

    cases_at_once: int
    """How many it plays side by side."""

    def play(self, case: Case) -> AsyncIterator[tuple[Step, Seen]]:
        """Perform the steps in order on a fresh symbol; what was seen after each."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.add_argument("cases", type=Path, metavar="DIR", help="folder of *.json cases, or one")
    parser.add_argument(
        "--via", choices=("engine", "mesh"), default="engine", help="default: engine"
    )
    add_mesh_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Judge every case; 0: none failed, 1: one failed, 2: no cases, or no mesh."""
    try:
        return asyncio.run(_run(args, read_cases(args.cases)))
    except (CaseError, MeshError, CiftError, ValueError) as error:
        print(f"conformance: {error}", file=sys.stderr)
    except grpc.aio.AioRpcError as error:
        print(f"conformance: {error.code().name}: {error.details()}", file=sys.stderr)
    return 2


async def judge(case: Case, venue: Venue) -> str | None:
    """Play a case; the first step that differs, in words, or None."""
    number = 0
    try:
        async with contextlib.aclosing(venue.play(case)) as steps:  # type: ignore[type-var]
            async for step, seen in steps:
                number += 1
                if found := [*seen.faults, *differences(case, step, seen)]:
                    return f"step {number} ({step['op']} {step.get('id', '')}): {'; '.join(found)}"
    except grpc.aio.AioRpcError as error:
        return f"step {number + 1}: {error.code().name}: {error.details()}"
    except CiftError as error:
        return f"step {number + 1}: {error}"
    except TimeoutError:
        return f"step {number + 1}: what it must bring does not come"
    return None


async def _run(args: argparse.Namespace, cases: Sequence[Case]) -> int:
    missing = {case.id: missing_features(case) for case in cases}
    runnable = [case for case in cases if not missing[case.id]]
    skipped = [case for case in cases if missing[case.id]]
    async with _venue(args, runnable) as venue:
        with progress() as bar:
            task = bar.add_task(f"via {args.via}", total=len(runnable))
            room = asyncio.Semaphore(venue.cases_at_once)

            async def judged(case: Case) -> str | None:
                async with room:
                    difference = await judge(case, venue)
                bar.advance(task)
                return difference

            differences_found = await asyncio.gather(*map(judged, runnable))
    failed = 0
    for case, difference in zip(runnable, differences_found, strict=True):
        if difference:
            failed += 1
            console.print(f"FAILED {case.id}: {difference}", markup=False)
    for case in skipped:
        console.print(f"skipped {case.id}: {', '.join(missing[case.id])}", markup=False)
    _print_missing(Counter(name for case in skipped for name in missing[case.id]))
    passed = len(runnable) - failed
    console.print(f"{passed} passed, {failed} failed, {len(skipped)} skipped")
    return 1 if failed else 0


@contextlib.asynccontextmanager
async def _venue(args: argparse.Namespace, cases: Sequence[Case]) -> AsyncIterator[Venue]:
    if args.via == "engine":
        yield EngineVenue()
        return
    async with open_mesh(args) as mesh, open_mesh_venue(mesh, cases) as venue:
        yield venue


def _print_missing(counts: Counter[str]) -> None:
    if counts:
        console.print("not offered, by the number of cases that need it:")
    for name, count in counts.most_common():
        console.print(f"  {name}: {count}", markup=False)
