"""Generate every file that stands between a schema and its readers; `make gen` runs it.

Writes below the current folder, which must be the root of a checkout:

- services/cift/<service>/v1/: protobuf and gRPC Python, with type stubs;
- rust_core/crates/wire/src/generated/: protobuf messages by prost, and the layout of the Cap'n
  Proto structs as constants that the compiler compares with the engine's records;
- services/cift/kit/layout.py: the same layout as numpy dtypes.

It needs Python packages of the development extra and cargo, neither protoc nor capnp: buf.gen.yaml
says how the Python is made, with the protoc inside grpcio-tools, and pycapnp reads the Cap'n Proto
schemas.
"""

# ruff: noqa: INP001  (a script beside the schemas, not a package)

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import capnp_layout
from google.protobuf.descriptor_pb2 import FileDescriptorSet

PROTOS = Path("protos")
PYTHON = Path("services")
RUST = Path("rust_core/crates/wire/src/generated")


def main() -> int:
    """Generate everything, or say what is missing."""
    if not (PROTOS / "cift").is_dir():
        print("Run this in the root of a checkout: make gen", file=sys.stderr)
        return 1
    buf("generate")
    with tempfile.TemporaryDirectory() as scratch:
        descriptors = Path(scratch, "descriptors.binpb")
        buf("build", "--output", str(descriptors))
        write_packages(FileDescriptorSet.FromString(descriptors.read_bytes()))
        write_rust(descriptors)
    capnp_layout.write(RUST, PYTHON / "cift/kit/layout.py")
    layout = str(PYTHON / "cift/kit/layout.py")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--quiet",
            "--isolated",
            "--line-length=100",
            layout,
        ],
        check=True,
    )
    rust = sorted(str(path) for path in RUST.glob("*.rs"))
    subprocess.run(["rustfmt", "--edition", "2021", *rust], check=True)
    return 0


def buf(*arguments: str) -> None:
    """Run buf with this Python, and the programs beside it, first in the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    subprocess.run(["buf", *arguments], check=True, env=os.environ | {"PATH": path})


def write_packages(described: FileDescriptorSet) -> None:
    """Make a package of each folder of generated modules."""
    ours = {file.package for file in described.file if file.package.startswith("cift.")}
    for package in ours:
        name = package.removeprefix("cift.").removesuffix(".v1").replace("_", " ")
        init = f'"""Generated protobuf of {name}, version 1."""\n'
        Path(PYTHON, *package.split("."), "__init__.py").write_text(init)


def write_rust(descriptors: Path) -> None:
    """Let prost write the messages; the small program that calls it is no part of the product."""
    RUST.mkdir(parents=True, exist_ok=True)
    manifest = Path("rust_core/gen/Cargo.toml")
    command = ["cargo", "run", "--quiet", "--locked", "--manifest-path", str(manifest), "--"]
    target = os.environ.get("CARGO_TARGET_DIR") or str(Path("rust_core/target").resolve())
    subprocess.run(
        [*command, str(descriptors), str(RUST)],
        check=True,
        env=os.environ | {"CARGO_TARGET_DIR": target},
    )


if __name__ == "__main__":
    sys.exit(main())
