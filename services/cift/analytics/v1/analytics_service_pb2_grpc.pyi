# Generated from protos/cift/analytics/v1/analytics_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.analytics.v1 import analytics_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class AnalyticsServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def GetVolume(
        self,
        request: analytics_service_pb2.GetVolumeRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def GetVwap(
        self,
        request: analytics_service_pb2.GetVwapRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListBars(
        self,
        request: analytics_service_pb2.ListBarsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class AnalyticsServiceServicer:
    async def GetVolume(
        self, request: analytics_service_pb2.GetVolumeRequest, context: grpc.aio.ServicerContext
    ) -> analytics_service_pb2.GetVolumeResponse: ...
    async def GetVwap(
        self, request: analytics_service_pb2.GetVwapRequest, context: grpc.aio.ServicerContext
    ) -> analytics_service_pb2.GetVwapResponse: ...
    async def ListBars(
        self, request: analytics_service_pb2.ListBarsRequest, context: grpc.aio.ServicerContext
    ) -> analytics_service_pb2.ListBarsResponse: ...

def add_AnalyticsServiceServicer_to_server(
    servicer: AnalyticsServiceServicer, server: grpc.aio.Server
) -> None: ...
