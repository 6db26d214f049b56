# Generated from protos/cift/matching/v1/matching_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.matching.v1 import matching_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class MatchingServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def GetBook(
        self,
        request: matching_service_pb2.GetBookRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListInstruments(
        self,
        request: matching_service_pb2.ListInstrumentsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetStatus(
        self,
        request: matching_service_pb2.GetStatusRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class MatchingServiceServicer:
    async def GetBook(
        self, request: matching_service_pb2.GetBookRequest, context: grpc.aio.ServicerContext
    ) -> matching_service_pb2.GetBookResponse: ...
    async def ListInstruments(
        self, request: matching_service_pb2.ListInstrumentsRequest, context: grpc.aio.ServicerContext
    ) -> matching_service_pb2.ListInstrumentsResponse: ...
    async def GetStatus(
        self, request: matching_service_pb2.GetStatusRequest, context: grpc.aio.ServicerContext
    ) -> matching_service_pb2.GetStatusResponse: ...

def add_MatchingServiceServicer_to_server(
    servicer: MatchingServiceServicer, server: grpc.aio.Server
) -> None: ...
