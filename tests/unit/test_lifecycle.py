"""Starting in order, stopping in reverse, within a bound, with the right exit status."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from cift.kit.lifecycle import Lifecycle, StartError


class Recorder:
    """A part that writes down what happens to it."""

    def __init__(self, name: str, book: list[str], *, stop_seconds: float = 0.0) -> None:
        self.name, self.book, self.stop_seconds = name, book, stop_seconds

    async def start(self) -> None:
        self.book.append(f"start {self.name}")

    async def stop(self) -> None:
        await asyncio.sleep(self.stop_seconds)
        self.book.append(f"stop {self.name}")


class Broken(Recorder):
    async def start(self) -> None:
        raise RuntimeError("no")


class Refusing(Recorder):
    async def start(self) -> None:
        raise StartError("mend this")


class Endless(Recorder):
    async def start(self) -> None:
        await asyncio.sleep(3600)


async def test_parts_start_in_order_and_stop_in_reverse() -> None:
    book: list[str] = []
    life = Lifecycle()
    asyncio.get_running_loop().call_soon(life.request_stop)
    assert await life.run(Recorder("a", book)) == 0
    life = Lifecycle()
    asyncio.get_running_loop().call_later(0.02, life.request_stop)
    book.clear()
    assert await life.run(Recorder("a", book), Recorder("b", book)) == 0
    assert book == ["start a", "start b", "stop b", "stop a"]


async def test_a_signal_asks_for_a_stop() -> None:
    book: list[str] = []
    asyncio.get_running_loop().call_later(0.02, os.kill, os.getpid(), signal.SIGTERM)
    assert await Lifecycle().run(Recorder("a", book)) == 0
    assert book == ["start a", "stop a"]


async def test_what_started_is_stopped_when_the_next_part_cannot_start() -> None:
    book: list[str] = []
    assert await Lifecycle().run(Recorder("a", book), Broken("b", book), Recorder("c", book)) == 1
    assert book == ["start a", "stop a"]


async def test_a_refusal_to_start_reaches_the_caller_after_the_stop() -> None:
    book: list[str] = []
    with pytest.raises(StartError, match="mend this"):
        await Lifecycle().run(Recorder("a", book), Refusing("b", book))
    assert book == ["start a", "stop a"]


async def test_a_stop_during_a_start_ends_the_start() -> None:
    book: list[str] = []
    life = Lifecycle()
    asyncio.get_running_loop().call_later(0.02, life.request_stop)
    assert await life.run(Recorder("a", book), Endless("b", book)) == 0
    assert book == ["start a", "stop a"]


async def test_a_task_that_breaks_stops_the_process() -> None:
    async def breaks() -> None:
        await asyncio.sleep(0.01)
        raise AssertionError("invariant")

    book: list[str] = []
    life = Lifecycle()
    life.spawn(breaks(), "breaks")
    assert await life.run(Recorder("a", book)) == 1
    assert book == ["start a", "stop a"]


async def test_a_stop_has_a_bound() -> None:
    book: list[str] = []
    life = Lifecycle(drain_seconds=0.05)
    asyncio.get_running_loop().call_later(0.02, life.request_stop)
    assert await life.run(Recorder("a", book), Recorder("slow", book, stop_seconds=60)) == 0
    assert "stop slow" not in book


def test_a_refusal_is_one_line_and_its_own_exit_status() -> None:
    code = (
        "import sys; from cift.kit.lifecycle import run, StartError\n"
        "async def main(): raise StartError('port 1 is taken')\n"
        "sys.exit(run(main))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stderr) == (78, "cannot start: port 1 is taken\n")
