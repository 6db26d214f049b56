# Generated from protos/cift/market_data/v1/market_data_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.market_data.v1 import market_data_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class MarketDataServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def GetBook(
        self,
        request: market_data_service_pb2.GetBookRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def StreamBook(
        self,
        request: market_data_service_pb2.StreamBookRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...
    def StreamTopOfBook(
        self,
        request: market_data_service_pb2.StreamTopOfBookRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...
    def StreamTrades(
        self,
        request: market_data_service_pb2.StreamTradesRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...
    def StreamStatus(
        self,
        request: market_data_service_pb2.StreamStatusRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...

class MarketDataServiceServicer:
    async def GetBook(
        self, request: market_data_service_pb2.GetBookRequest, context: grpc.aio.ServicerContext
    ) -> market_data_service_pb2.GetBookResponse: ...
    def StreamBook(
        self, request: market_data_service_pb2.StreamBookRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[market_data_service_pb2.StreamBookResponse]: ...
    def StreamTopOfBook(
        self, request: market_data_service_pb2.StreamTopOfBookRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[market_data_service_pb2.StreamTopOfBookResponse]: ...
    def StreamTrades(
        self, request: market_data_service_pb2.StreamTradesRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[market_data_service_pb2.StreamTradesResponse]: ...
    def StreamStatus(
        self, request: market_data_service_pb2.StreamStatusRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[market_data_service_pb2.StreamStatusResponse]: ...

def add_MarketDataServiceServicer_to_server(
    servicer: MarketDataServiceServicer, server: grpc.aio.Server
) -> None: ...
