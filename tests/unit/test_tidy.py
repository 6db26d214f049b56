"""The style that a machine can guard: boundaries, leftovers, sizes, dead files, addresses."""

import ast
import functools
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cift import cli

ROOT = Path(__file__).resolve().parents[2]
SELF = Path(__file__).resolve().relative_to(ROOT).as_posix()

SERVICES = ("analytics", "market_data", "matching", "order_entry", "risk")
LINE_COLUMNS = 100
FILE_LINES = 720
"""Files are near 500 lines; past this one they want to be two."""
FILE_BYTES = 1 << 20
DATA_BYTES = 400_000
SOURCE = (".py", ".rs", ".proto", ".capnp", ".sql", ".sh", ".conf")
GENERATED = re.compile(
    r"(_pb2|_pb2_grpc)\.pyi?$|/generated/|^services/cift/kit/layout\.py$|/Cargo\.lock$"
    r"|^requirements\.lock$"
)

# What a part of the package may import from it, besides itself and the generated `cift.*.v1`.
MAY_IMPORT = {
    "common": set(),
    "client": set(),
    "kit": set(),
    "local": {"kit"},
    "tools": {"client", "kit", "local"},
    "cli": {"kit", "local", "tools"},
    **{service: {"kit"} for service in SERVICES},
}
# The first path below services/cift that may import a library; the rest goes through it.
ONLY_FROM = {
    "nats": ("kit/bus/",),
    "clickhouse_connect": ("kit/stores/clickhouse.py",),
    "chdb": ("kit/stores/clickhouse.py",),
}

LEFTOVERS = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|\b(todo|unimplemented|dbg)!\(|NotImplementedError|\bbreakpoint\(\)"
    r"|\bpdb\b|console\.log\("
)
UNREASONED = re.compile(
    r"#\[ignore\]|pytest\.mark\.(skip|xfail)\b(?!if)|#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)"
)
REGISTRIES = re.compile(
    r"https?://[a-z0-9.-]*(pypi|pythonhosted|npmjs|crates|golang|maven|debian)[a-z0-9.-]*"
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(root|work|home/\w+|Users/\w+|tmp/\w+)/")
REPORTS = re.compile(r"(status|summary|report|phase|completion|progress)[^/]*\.md$", re.IGNORECASE)
# No clock, input, output, thread, float, random number or unordered map in a state machine.
IMPURE = re.compile(
    r"\bstd::(time|thread|fs|net|env|io|process|sync)\b|\bHashMap\b|\bHashSet\b|\bf32\b|\bf64\b"
    r"|\brand::|\bSystemTime\b|\bInstant\b|\be?println!|\bpyo3\b"
)


@functools.cache
def files() -> tuple[str, ...]:
    """Every file of the checkout that is not ignored, as a path from its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(f for f in set(listed.stdout.split("\0")) if f and (ROOT / f).is_file()))


@functools.cache
def text(file: str) -> str:
    """The text of a file; empty for a binary one."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def written(*suffixes: str) -> list[str]:
    """The files with one of these endings that a person wrote."""
    return [f for f in files() if f.endswith(suffixes) and not GENERATED.search(f)]


def hits(pattern: re.Pattern[str], among: list[str]) -> Iterator[str]:
    """Where a pattern stands, as `file:line: text`; this file is full of patterns."""
    for file in among:
        if file == SELF:
            continue
        for number, line in enumerate(text(file).splitlines(), 1):
            if pattern.search(line):
                yield f"{file}:{number}: {line.strip()[:120]}"


def nothing(found: Iterator[str] | list[str]) -> None:
    """Fail with one line for each thing found."""
    lines = list(found)
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


@functools.cache
def imports(file: str) -> frozenset[str]:
    """The modules that a Python file imports, wherever in it; `from a import b` gives both."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text(file), file)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{file}: imports are absolute"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def package_files() -> list[str]:
    return [f for f in written(".py") if f.startswith("services/cift/")]


def test_parts_import_only_what_they_may() -> None:
    def found() -> Iterator[str]:
        for file in package_files():
            part = file.split("/")[2].removesuffix(".py")
            if part == "__init__":
                continue
            assert part in MAY_IMPORT, f"{file}: say in MAY_IMPORT what {part} may import"
            for module in imports(file):
                first, _, rest = module.removeprefix("cift.").partition(".")
                if not module.startswith("cift.") or rest.startswith("v1") or first == part:
                    continue
                if first in MAY_IMPORT and first not in MAY_IMPORT[part]:
                    yield f"{file}: {part} must not import {module}"

    nothing(found())


def test_libraries_stay_behind_their_module() -> None:
    nothing(
        f"{file}: only {' and '.join(places)} may import {library}"
        for file in package_files()
        for library, places in ONLY_FROM.items()
        if any(m == library or m.startswith(f"{library}.") for m in imports(file))
        and not file.removeprefix("services/cift/").startswith(places)
    )


def test_the_engine_is_a_function() -> None:
    def found() -> Iterator[str]:
        for file in written(".rs"):
            if not file.startswith("rust_core/crates/engine/src/"):
                continue
            code = text(file).partition("#[cfg(test)]\nmod ")[0]
            for number, line in enumerate(code.splitlines(), 1):
                if IMPURE.search(line.partition("//")[0]):
                    yield f"{file}:{number}: {line.strip()}"

    nothing(found())


def test_nothing_is_left_over() -> None:
    nothing(hits(LEFTOVERS, written(*SOURCE, ".toml", "Makefile")))


def test_an_exception_to_a_rule_has_a_reason() -> None:
    nothing(hits(UNREASONED, written(".py", ".rs")))


def test_lines_fit() -> None:
    nothing(
        f"{file}:{number}: {len(line)} columns"
        for file in written(*SOURCE, "Makefile", "/run")
        for number, line in enumerate(text(file).splitlines(), 1)
        if len(line) > LINE_COLUMNS
    )


def test_text_ends_with_a_newline_and_has_no_stray_blanks() -> None:
    def found() -> Iterator[str]:
        for file in written(*SOURCE, ".toml", ".md", ".yaml", "Makefile"):
            if text(file) and not text(file).endswith("\n"):
                yield f"{file}: no newline at the end"
            yield from hits(re.compile(r"[ \t]+$|\r"), [file])

    nothing(found())


def test_files_are_of_a_size_to_read() -> None:
    nothing(
        f"{file}: {lines} lines"
        for file in written(*SOURCE)
        if (lines := text(file).count("\n")) > FILE_LINES
    )


def test_nothing_large_is_kept() -> None:
    sizes = {file: (ROOT / file).stat().st_size for file in files()}
    nothing([f"{file}: {size} bytes" for file, size in sizes.items() if size > FILE_BYTES])
    data = sum(size for file, size in sizes.items() if file.startswith("tests/data/"))
    assert data <= DATA_BYTES


def test_no_registry_and_no_machine_is_named() -> None:
    everything = [f for f in files() if text(f)]
    nothing(hits(REGISTRIES, everything))
    nothing(hits(MACHINE_PATHS, everything))


def test_reports_are_in_git_not_in_files() -> None:
    nothing([file for file in files() if REPORTS.search(file)])


def test_generated_files_say_so() -> None:
    nothing(
        f"{file}: neither generated nor written by a person?"
        for file in files()
        if GENERATED.search(file)
        and file.endswith((".py", ".rs", ".pyi"))
        and not file.endswith(".pyi")  # protoc writes no line into these.
        and not re.search(r"(?i)generated", text(file)[:500])
    )


def test_every_python_module_is_used() -> None:
    used = {m for f in files() if f.endswith(".py") and f != SELF for m in imports(f)}
    used.update(module for module, _ in cli.COMMANDS.values())
    scripts = "\n".join(text(f) for f in ("Makefile", "pyproject.toml"))

    def found() -> Iterator[str]:
        for file in package_files():
            module = file.removeprefix("services/").removesuffix(".py").replace("/", ".")
            if module.endswith((".__init__", ".__main__")) or module in used:
                continue
            run = re.search(rf"\b{re.escape(module)}\b", scripts)
            script = '__name__ == "__main__"' in text(file)
            if not run and not script:
                yield f"{file}: nothing imports it"

    nothing(found())


def test_every_rust_module_is_declared() -> None:
    def found() -> Iterator[str]:
        for file in written(".rs"):
            path = Path(file)
            if "src" not in path.parts or path.stem in {"lib", "main", "mod"}:
                continue
            if path.parent.name == "bin":
                continue
            around = [path.parent / f"{name}.rs" for name in ("lib", "main", "mod")]
            around.append(path.parent.parent / f"{path.parent.name}.rs")
            declared = rf"\bmod {path.stem}\b"
            if not any(
                re.search(declared, text(p.as_posix())) for p in around if p.as_posix() in files()
            ):
                yield f"{file}: no module declares it"

    nothing(found())


def test_every_subcommand_exists() -> None:
    nothing(
        f"cift {name}: {module} is missing"
        for name, (module, _) in cli.COMMANDS.items()
        if importlib.util.find_spec(module) is None
    )
