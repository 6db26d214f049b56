"""A protoc plugin: the gRPC classes of Python, with types.

grpcio-tools holds grpc's own plugin inside its protoc and not as a program of its own, which is
what buf wants. This one hands the request on to it, and adds a `_pb2_grpc.pyi` to each module,
since grpc ships no types.
"""

# ruff: noqa: INP001  (a script beside the schemas, not a package)

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import (
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)
from grpc_tools import protoc


def main() -> int:
    """Read a request, write a response, as plugins do."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    described = list(request.proto_file)
    wanted = [file for file in described if file.service and file.name in request.file_to_generate]
    with tempfile.TemporaryDirectory() as scratch:
        descriptors = Path(scratch, "descriptors.bin")
        descriptors.write_bytes(FileDescriptorSet(file=described).SerializeToString())
        arguments = [f"--descriptor_set_in={descriptors}", f"--grpc_python_out={scratch}"]
        if protoc.main(["protoc", *arguments, *(file.name for file in wanted)]) != 0:
            response.error = "grpc's own plugin refused the services"
        for file in wanted:
            name = file.name.replace(".proto", "_pb2_grpc.py")
            response.file.add(name=name, content=Path(scratch, name).read_text())
            response.file.add(name=name + "i", content="\n".join(grpc_stub(file, described)))
    sys.stdout.buffer.write(response.SerializeToString())
    return 0


def grpc_stub(file: FileDescriptorProto, described: Sequence[FileDescriptorProto]) -> Iterator[str]:
    """Types of the classes in a `_pb2_grpc.py`, as grpc.aio uses them; grpc itself has no types."""
    modules = {f".{other.package}.{message.name}": other.name.removesuffix(".proto") + "_pb2"
               for other in described for message in other.message_type}  # fmt: skip
    used = {modules[name] for service in file.service for method in service.method
            for name in (method.input_type, method.output_type)}  # fmt: skip
    yield f"# Generated from protos/{file.name} by protos/grpc_plugin.py. DO NOT EDIT."
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


if __name__ == "__main__":
    sys.exit(main())
