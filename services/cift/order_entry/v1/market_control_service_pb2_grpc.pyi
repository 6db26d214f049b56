# Generated from protos/cift/order_entry/v1/market_control_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.order_entry.v1 import market_control_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class MarketControlServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def SetSession(
        self,
        request: market_control_service_pb2.SetSessionRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SetLastTrade(
        self,
        request: market_control_service_pb2.SetLastTradeRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def BustTrade(
        self,
        request: market_control_service_pb2.BustTradeRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CancelAll(
        self,
        request: market_control_service_pb2.CancelAllRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ListSessions(
        self,
        request: market_control_service_pb2.ListSessionsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def KillSession(
        self,
        request: market_control_service_pb2.KillSessionRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...

class MarketControlServiceServicer:
    async def SetSession(
        self, request: market_control_service_pb2.SetSessionRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.SetSessionResponse: ...
    async def SetLastTrade(
        self, request: market_control_service_pb2.SetLastTradeRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.SetLastTradeResponse: ...
    async def BustTrade(
        self, request: market_control_service_pb2.BustTradeRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.BustTradeResponse: ...
    async def CancelAll(
        self, request: market_control_service_pb2.CancelAllRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.CancelAllResponse: ...
    async def ListSessions(
        self, request: market_control_service_pb2.ListSessionsRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.ListSessionsResponse: ...
    async def KillSession(
        self, request: market_control_service_pb2.KillSessionRequest, context: grpc.aio.ServicerContext
    ) -> market_control_service_pb2.KillSessionResponse: ...

def add_MarketControlServiceServicer_to_server(
    servicer: MarketControlServiceServicer, server: grpc.aio.Server
) -> None: ...
