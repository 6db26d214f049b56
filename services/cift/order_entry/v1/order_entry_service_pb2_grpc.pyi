# Generated from protos/cift/order_entry/v1/order_entry_service.proto by protos/grpc_plugin.py. DO NOT EDIT.
from collections.abc import AsyncIterable, AsyncIterator, Sequence

import grpc
from cift.order_entry.v1 import order_entry_service_pb2

_Metadata = Sequence[tuple[str, str | bytes]]

class OrderEntryServiceStub:
    def __init__(self, channel: grpc.aio.Channel) -> None: ...
    def SubmitOrder(
        self,
        request: order_entry_service_pb2.SubmitOrderRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def CancelOrder(
        self,
        request: order_entry_service_pb2.CancelOrderRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def ReplaceOrder(
        self,
        request: order_entry_service_pb2.ReplaceOrderRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SubmitOrderList(
        self,
        request: order_entry_service_pb2.SubmitOrderListRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def MassCancel(
        self,
        request: order_entry_service_pb2.MassCancelRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def SubmitBatch(
        self,
        request: order_entry_service_pb2.SubmitBatchRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def Session(
        self,
        request_iterator: AsyncIterable[order_entry_service_pb2.SessionRequest] | None = None,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.StreamStreamCall: ...
    def GetOrder(
        self,
        request: order_entry_service_pb2.GetOrderRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryUnaryCall: ...
    def StreamExecutions(
        self,
        request: order_entry_service_pb2.StreamExecutionsRequest,
        *,
        timeout: float | None = None,
        metadata: _Metadata | None = None,
        wait_for_ready: bool | None = None,
    ) -> grpc.aio.UnaryStreamCall: ...

class OrderEntryServiceServicer:
    async def SubmitOrder(
        self, request: order_entry_service_pb2.SubmitOrderRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.SubmitOrderResponse: ...
    async def CancelOrder(
        self, request: order_entry_service_pb2.CancelOrderRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.CancelOrderResponse: ...
    async def ReplaceOrder(
        self, request: order_entry_service_pb2.ReplaceOrderRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.ReplaceOrderResponse: ...
    async def SubmitOrderList(
        self, request: order_entry_service_pb2.SubmitOrderListRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.SubmitOrderListResponse: ...
    async def MassCancel(
        self, request: order_entry_service_pb2.MassCancelRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.MassCancelResponse: ...
    async def SubmitBatch(
        self, request: order_entry_service_pb2.SubmitBatchRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.SubmitBatchResponse: ...
    def Session(
        self, request_iterator: AsyncIterator[order_entry_service_pb2.SessionRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[order_entry_service_pb2.SessionResponse]: ...
    async def GetOrder(
        self, request: order_entry_service_pb2.GetOrderRequest, context: grpc.aio.ServicerContext
    ) -> order_entry_service_pb2.GetOrderResponse: ...
    def StreamExecutions(
        self, request: order_entry_service_pb2.StreamExecutionsRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[order_entry_service_pb2.StreamExecutionsResponse]: ...

def add_OrderEntryServiceServicer_to_server(
    servicer: OrderEntryServiceServicer, server: grpc.aio.Server
) -> None: ...
