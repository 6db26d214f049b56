"""Generate every file that stands between a schema and its readers; `make gen` runs it.

Writes below the current folder, which must be the root of a checkout:

- services/cift/<service>/v1/: protobuf and gRPC Python, with type stubs;
- rust_core/crates/wire/src/generated/: protobuf messages by prost, and the layout of the Cap'n
  Proto structs as constants that the compiler compares with the engine's records;
- services/cift/kit/layout.py: the same layout as numpy dtypes.

It needs Python packages of the development extra and cargo, neither protoc nor capnp: protoc comes
inside grpcio-tools, and pycapnp reads the Cap'n Proto schemas.
"""

# ruff: noqa: INP001  (a script beside the schemas, not a package)

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import capnp_layout
from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from grpc_tools import protoc

PROTOS = Path("protos")
PYTHON = Path("services")
RUST = Path("rust_core/crates/wire/src/generated")
NOTICE = "Generated from {source} by protos/generate.py. DO NOT EDIT."


def main() -> int:
    """Generate everything, or say what is missing."""
    if not (PROTOS / "cift").is_dir():
        print("Run this in the root of a checkout: make gen", file=sys.stderr)
        return 1
    sources = sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        descriptors = Path(scratch, "descriptors.bin")
        run_protoc(sources, descriptors)
        described = FileDescriptorSet.FromString(descriptors.read_bytes())
        write_python(described)
        write_rust(descriptors)
    capnp_layout.write(RUST, PYTHON / "cift/kit/layout.py")
    layout = str(PYTHON / "cift/kit/layout.py")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", layout], check=True)
    rust = sorted(str(path) for path in RUST.glob("*.rs"))
    subprocess.run(["rustfmt", "--edition", "2021", *rust], check=True)
    return 0


def run_protoc(sources: list[str], descriptors: Path) -> None:
    """Write message and service Python beside each other, and the descriptors with comments."""
    arguments = [
        "protoc",
        f"--proto_path={PROTOS}",
        f"--proto_path={files('grpc_tools') / '_proto'}",
        f"--python_out={PYTHON}",
        f"--pyi_out={PYTHON}",
        f"--descriptor_set_out={descriptors}",
        "--include_source_info",
        *sources,
    ]
    if protoc.main(arguments) != 0:
        sys.exit("protoc refused the files above")
    services = [source for source in sources if source.endswith("_service.proto")]
    arguments = ["protoc", f"--proto_path={PROTOS}", f"--grpc_python_out={PYTHON}", *services]
    if protoc.main(arguments) != 0:
        sys.exit("protoc refused the services above")


def write_python(described: FileDescriptorSet) -> None:
    """Add what protoc leaves out: packages, and types of the gRPC classes."""
    for file in described.file:
        folder = PYTHON / Path(file.name).parent
        name = file.package.removeprefix("cift.").removesuffix(".v1").replace("_", " ")
        init = f'"""Generated protobuf of {name}, version 1."""\n'
        (folder / "__init__.py").write_text(init)
        if file.service:
            path = PYTHON / file.name.replace(".proto", "_pb2_grpc.pyi")
            path.write_text("\n".join(grpc_stub(file, described)))


def grpc_stub(file: FileDescriptorProto, described: FileDescriptorSet) -> Iterator[str]:
    """Types of the classes in a `_pb2_grpc.py`, as grpc.aio uses them; grpc itself has no types."""
    modules = {f".{other.package}.{message.name}": other.name.removesuffix(".proto") + "_pb2"
               for other in described.file for message in other.message_type}  # fmt: skip
    used = {modules[name] for service in file.service for method in service.method
            for name in (method.input_type, method.output_type)}  # fmt: skip
    yield f"# {NOTICE.format(source='protos/' + file.name)}"
    yield "from collections.abc import AsyncIterable, AsyncIterator, Sequence"
    yield ""
    yield "import grpc"
    for module in sorted(used):
        package, _, name = module.replace("/", ".").rpartition(".")
        yield f"from {package} import {name}"
    yield ""
    yield "_Metadata = Sequence[tuple[str, str | bytes]]"
    for service in file.service:
        yield from stub_class(service, modules)
        yield from servicer_class(service, modules)
        yield ""
        yield f"def add_{service.name}Servicer_to_server("
        yield f"    servicer: {service.name}Servicer, server: grpc.aio.Server"
        yield ") -> None: ..."
    yield ""


def python_type(full_name: str, modules: dict[str, str]) -> str:
    """`_pb2` module and class of a message, as a stub names it."""
    return f"{modules[full_name].rpartition('/')[2]}.{full_name.rpartition('.')[2]}"


def stub_class(service: ServiceDescriptorProto, modules: dict[str, str]) -> Iterator[str]:
    """The client's class: a call is awaited, or read as a stream."""
    yield ""
    yield f"class {service.name}Stub:"
    yield "    def __init__(self, channel: grpc.aio.Channel) -> None: ..."
    for method in service.method:
        request = python_type(method.input_type, modules)
        if method.client_streaming:
            request_argument = f"request_iterator: AsyncIterable[{request}] | None = None"
        else:
            request_argument = f"request: {request}"
        yield f"    def {method.name}("
        yield "        self,"
        yield f"        {request_argument},"
        yield "        *,"
        yield "        timeout: float | None = None,"
        yield "        metadata: _Metadata | None = None,"
        yield "        wait_for_ready: bool | None = None,"
        yield f"    ) -> {call_type(method)}: ..."


def call_type(method: MethodDescriptorProto) -> str:
    """The class of grpc.aio that stands for a call under way."""
    sides = ("Stream" if method.client_streaming else "Unary",
             "Stream" if method.server_streaming else "Unary")  # fmt: skip
    return f"grpc.aio.{''.join(sides)}Call"


def servicer_class(service: ServiceDescriptorProto, modules: dict[str, str]) -> Iterator[str]:
    """The server's class; streams are asynchronous generators."""
    yield ""
    yield f"class {service.name}Servicer:"
    for method in service.method:
        request = python_type(method.input_type, modules)
        response = python_type(method.output_type, modules)
        if method.client_streaming:
            argument = f"request_iterator: AsyncIterator[{request}]"
        else:
            argument = f"request: {request}"
        word = "def" if method.server_streaming else "async def"
        result = f"AsyncIterator[{response}]" if method.server_streaming else response
        yield f"    {word} {method.name}("
        yield f"        self, {argument}, context: grpc.aio.ServicerContext"
        yield f"    ) -> {result}: ..."


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
