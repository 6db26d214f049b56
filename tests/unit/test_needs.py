"""What a test needs beyond a bare machine: found, named when it is not, or demanded."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "from tests.support import needs\n" + "".join(
    f"def {hook}({argument}): needs.{call}({argument})\n"
    for hook, argument, call in (
        ("pytest_configure", "config", "configure"),
        ("pytest_runtest_setup", "item", "setup"),
        ("pytest_terminal_summary", "terminalreporter", "summary"),
    )
)
TESTS = """
import pytest

@pytest.mark.needs("java")
def test_of_java() -> None: pass

def test_of_nothing() -> None: pass
"""


def run(folder: Path, *, path: Path, require: str = "") -> subprocess.CompletedProcess[str]:
    """Run the tests above with the programs of one folder and this `CIFT_REQUIRE`."""
    (folder / "conftest.py").write_text(PLUGIN)
    (folder / "test_it.py").write_text(TESTS)
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", str(folder)),
        cwd=folder,
        env={"PATH": str(path), "PYTHONPATH": str(ROOT), "CIFT_REQUIRE": require},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


def test_what_is_missing_is_named(tmp_path: Path, empty: Path) -> None:
    done = run(tmp_path, path=empty)
    assert done.returncode == 0, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
    assert "test_it.py::test_of_java: java\n" in done.stdout


def test_what_is_required_fails(tmp_path: Path, empty: Path) -> None:
    done = run(tmp_path, path=empty, require="java, go")
    assert done.returncode == 1, done.stdout
    assert "1 passed, 1 error" in done.stdout  # Before its fixtures, as a set-up that failed.
    assert "not here: java; CIFT_REQUIRE has java" in done.stdout


def test_what_is_there_runs(tmp_path: Path, empty: Path) -> None:
    (empty / "java").touch(mode=0o755)
    done = run(tmp_path, path=empty, require="java")
    assert "2 passed" in done.stdout, done.stdout


def test_a_requirement_of_something_else_is_refused(tmp_path: Path, empty: Path) -> None:
    done = run(tmp_path, path=empty, require="jvaa")
    assert done.returncode != 0
    assert "CIFT_REQUIRE names jvaa; it may name java, go, node, browser" in done.stderr
